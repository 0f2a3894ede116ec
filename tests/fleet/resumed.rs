//! A fleet that goes on where an earlier one was stopped.

use super::Monorepo;

/// An entry, by which the ledger has each deployment.
const ENTRY: &str = "stacks: { prod: { unreviewed: allow } }\n";

#[test]
fn what_was_deployed_at_this_commit_is_passed_over() {
    let monorepo = Monorepo::shop(ENTRY).failing("shop");
    monorepo.fleet("up --upsert").ends_with(80);
    let monorepo = monorepo.healed();
    monorepo.fleet("up --upsert --resume").ends_with(0);
    assert_eq!(monorepo.end("network/prod", "not_run"), "it was deployed at this commit already");
    assert_eq!(monorepo.end("shop/prod", "status"), "succeeded");
}

#[test]
fn another_commit_is_deployed_everywhere() {
    let monorepo = Monorepo::shop(ENTRY);
    monorepo.fleet("up --upsert").ends_with(0);
    monorepo.scene.write("README.md", "x");
    monorepo.commit("a page");
    monorepo.checkout().push("main");
    monorepo.checkout().git(&["fetch", "-q", "origin"]);
    let monorepo = monorepo.job(crate::support::checkout::Event::Branch("main"));
    monorepo.fleet("up --resume").ends_with(0);
    assert!(monorepo.end("network/prod", "not_run").is_null());
}

#[test]
fn without_the_flag_nothing_is_passed_over() {
    let monorepo = Monorepo::shop(ENTRY);
    monorepo.fleet("up --upsert").ends_with(0);
    monorepo.fleet("up").ends_with(0);
    assert!(monorepo.end("network/prod", "not_run").is_null());
}
