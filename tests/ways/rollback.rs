//! `stackstep rollback --to <commit>`: a deployment of what was deployed before, with its own preview, digest and gates.

use super::shop::Shop;
use crate::deploy::repository::Repository;
use crate::support::{Run, json};

/// The stack has deployed a thing of size 2. Returns the commit with size 1 too, on which the entry stands already.
fn moved_on(entry: &str) -> (Shop, String) {
    let shop = Shop::deployed(entry);
    let before = shop.repository.head();
    let shop = accepted(shop.slips_in(2));
    (shop, before)
}

/// The head of `main` is accepted and deployed.
fn accepted(shop: Shop) -> Shop {
    shop.deploy("").ends_with(76);
    shop.verb("accept", &["--digest", &shop.digest(), "--reason", "seen"]).ends_with(0);
    shop.deploy("").ends_with(0);
    shop
}

fn rollback(shop: &Shop, to: &str, more: &[&str]) -> Run {
    shop.verb("rollback", &[&["--to", to, "--comment", "off"], more].concat())
}

/// The digest of the rollback, by its preview.
fn digest(shop: &Shop, to: &str) -> String {
    let result = shop.repository.scene.root().join("rollback.json");
    rollback(shop, to, &["--preview-only", "--result-file", &result.display().to_string()]).ends_with(0);
    json(result)["review"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_deployed_before_is_deployed_once_its_preview_was_looked_at() {
    let (shop, before) = moved_on("");
    let temporary = shop.repository.scene.root().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let shop = shop.with("TMPDIR", &temporary.display().to_string());
    let head = shop.repository.head();
    let shown = rollback(&shop, &before[..8], &["--preview-only"]).ends_with(0);
    shown.says(&format!("Preview of the rollback of `shop/staging` to {}", &before[..8]));
    let digest = digest(&shop, &before);
    let run = rollback(&shop, &before[..8], &["--reviewed", &digest]).ends_with(0);
    run.says(&format!("Rolled back `shop/staging` to {}: 1 updated", &before[..8]))
        .says("this is the reviewed change `sha256:");
    let count = shop.kinds().len() as u64;
    assert_eq!(shop.kinds()[usize::try_from(count).unwrap() - 3..], ["reserved", "finished", "verified"]);
    let reserved = shop.entry(count - 2);
    assert_eq!(reserved["commit"].as_str(), Some(before.as_str()));
    assert_eq!(reserved["reason"].as_str(), Some(format!("rollback to {}", &before[..8]).as_str()));
    // Neither the checkout of the job nor a folder of ours is left changed.
    assert_eq!(
        (shop.repository.head(), shop.repository.git(&["status", "--porcelain"])),
        (head, String::new())
    );
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nobody_has_reviewed_a_rollback_that_names_no_digest() {
    let (shop, before) = moved_on("");
    let run = rollback(&shop, &before, &[]).ends_with(76);
    run.says(&format!("Rollback of `shop/staging` to {} was refused", &before[..8]))
        .says("a rollback is no change that a change request shows")
        .says("--preview-only")
        .never_says("Rolled back");
    let other = format!("sha256:{}", "0".repeat(64));
    rollback(&shop, &before, &["--reviewed", &other]).ends_with(76).never_says("Rolled back");
    let last = shop.kinds().len() as u64;
    assert_eq!(shop.entry(last)["kind"], "refused");
    let digest = shop.entry(last)["digest"].as_str().unwrap().to_owned();
    shop.verb("accept", &["--digest", &digest, "--reason", "back"]).ends_with(0);
    rollback(&shop, &before, &[]).ends_with(0).says("accepted by").says("Rolled back");
}

#[test]
fn what_cannot_come_back_is_said_loudly() {
    let shop = Shop::deployed("");
    let before = shop.repository.head();
    let more = "  other:\n    type: demo:index:Thing\n    properties: { size: 9 }\noutputs:";
    let shop = accepted(shop.changes(&["outputs:"], more));
    let lost =
        "CAN'T COME BACK: what is in the resources that this rollback deletes: `other` (demo:index:Thing)";
    rollback(&shop, &before, &["--preview-only"]).ends_with(0).says(lost);
    let reviewed = digest(&shop, &before);
    rollback(&shop, &before, &["--reviewed", &reviewed]).ends_with(0).says(lost);
    let with_both = shop.repository.head();
    let reviewed = digest(&shop, &with_both);
    rollback(&shop, &with_both, &["--reviewed", &reviewed])
        .ends_with(0)
        .says("deleted or replaced since: they are created empty: `other` (demo:index:Thing)");
}

#[test]
fn the_present_file_judges_and_not_that_of_the_commit() {
    let shop = Shop::deployed(", rules: { max-updates: 0 }");
    // The first commit has no entry, and neither rules nor reviews.
    let before = shop.repository.git(&["rev-parse", "HEAD~1"]);
    let path = shop.repository.scene.program.join("infra/shop/Pulumi.yaml");
    let program = std::fs::read_to_string(&path).unwrap();
    shop.repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    let file = std::fs::read_to_string(shop.repository.scene.program.join("stackstep.yaml")).unwrap();
    shop.repository.scene.write("stackstep.yaml", "deploy: { branches: { main: staging } }\n");
    shop.deploy("").ends_with(0);
    shop.repository.scene.write("stackstep.yaml", &file);
    let shop = shop.pushed();
    rollback(&shop, &before, &[]).ends_with(74).says("max-updates").never_says("Rolled back");
}

#[test]
fn only_a_commit_that_the_default_branch_contains_is_rolled_back_to() {
    let (shop, before) = moved_on("");
    let head = shop.repository.head();
    shop.repository.git(&["checkout", "-q", "-b", "wip", &before]);
    shop.repository.commit("never merged");
    let wip = shop.repository.head();
    shop.repository.git(&["checkout", "-q", &head]);
    rollback(&shop, &wip, &[]).ends_with(73).says("`main` does not contain commit").never_says("Rolled back");
    rollback(&shop, "main", &[]).ends_with(2).says("`main` is not a commit");
    rollback(&shop, "0123456789", &[]).ends_with(2).says("this checkout has no commit");
    shop.repository.git(&["checkout", "-q", &before]);
    let old = Shop { repository: shop.repository.on_branch("main") };
    rollback(&old, &before, &[]).ends_with(73).says("is not the head of `main` any more");
}

#[test]
fn a_merge_request_rolls_nothing_back() {
    let (shop, before) = moved_on("");
    let scene = shop.repository.scene.without("CI_COMMIT_BRANCH");
    let shop = Shop { repository: Repository { scene }.on_merge_request("wip") };
    rollback(&shop, &before, &[]).ends_with(73).says("change request 7").never_says("Rolled back");
}

#[test]
fn a_rollback_may_follow_a_failed_check_and_nothing_may_follow_a_person_s_hold() {
    let (shop, before) = held_by_its_check();
    shop.deploy("").ends_with(73).says("a check after the deployment failed: `test`");
    let reviewed = digest(&shop, &before);
    shop.verb("hold", &["--reason", "the database is being moved"]).ends_with(0);
    let run = rollback(&shop, &before, &["--reviewed", &reviewed]).ends_with(73);
    run.says("the database is being moved").never_says("Rolled back");
    let shop = {
        let entries = shop.kinds().len();
        let path = format!("state/.stackstep/ledger/shop/staging/{entries:012}.json");
        std::fs::remove_file(shop.repository.scene.root().join(path)).unwrap();
        shop
    };
    rollback(&shop, &before, &["--reviewed", &reviewed]).ends_with(77).says("Rolled back");
    shop.deploy("").ends_with(73);
}

/// A stack whose check after the deployment has failed and holds it, and a later head of `main`, which was never deployed.
/// Returns the commit that was deployed before, too.
fn held_by_its_check() -> (Shop, String) {
    let check = "checks: [{ run: [\"test\", \"-e\", \"ok\"] }], on-failed-check: hold";
    let shop = Shop::deployed(&format!(", {check}"));
    let before = shop.repository.head();
    let shop = shop.slips_in(2);
    shop.deploy("").ends_with(76);
    shop.verb("accept", &["--digest", &shop.digest(), "--reason", "seen"]).ends_with(0);
    shop.deploy("").ends_with(77);
    (shop.slips_in(3), before)
}

#[test]
fn the_hold_of_a_failed_check_stops_a_rollback_to_what_was_not_deployed_before() {
    let (shop, before) = held_by_its_check();
    let last = shop.repository.git(&["rev-parse", "HEAD~1"]);
    for commit in [shop.repository.head(), last] {
        let reviewed = digest(&shop, &commit);
        let run = rollback(&shop, &commit, &["--reviewed", &reviewed]).ends_with(73);
        run.says("a check after the deployment failed: `test`").never_says("Rolled back");
    }
    let reviewed = digest(&shop, &before);
    // The check fails there too.
    rollback(&shop, &before, &["--reviewed", &reviewed]).ends_with(77).says("Rolled back");
}

#[test]
fn the_checks_of_a_rollback_run_in_the_checkout_that_judges_it() {
    let check = "checks: [{ run: [\"test\", \"-e\", \"ok\"] }]";
    let shop = Shop::deployed(&format!(", {check}"));
    let without = shop.repository.head();
    shop.repository.scene.write("ok", "");
    let shop = accepted(shop.slips_in(2));
    let reviewed = digest(&shop, &without);
    rollback(&shop, &without, &["--reviewed", &reviewed]).ends_with(0).says("Rolled back");
}

#[test]
fn a_checkout_without_the_history_fetches_the_commit() {
    let (shop, before) = moved_on("");
    let reviewed = digest(&shop, &before);
    let program = shop.repository.scene.program.clone();
    let remote = shop.repository.git(&["remote", "get-url", "origin"]);
    std::fs::remove_dir_all(&program).unwrap();
    std::fs::create_dir(&program).unwrap();
    shop.repository.git(&["clone", "-q", "--depth=1", &remote, "."]);
    let shop = Shop { repository: shop.repository.on_branch("main") };
    rollback(&shop, &before, &["--reviewed", &reviewed]).ends_with(0).says("Rolled back");
}

#[test]
fn a_rule_that_the_next_commit_drops_holds_for_it_after_a_rollback_too() {
    let shop = Shop::deployed(", rules: { max-updates: 0 }");
    let before = shop.repository.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
    shop.deploy("").ends_with(0);
    let file = format!("{}stacks:\n  staging: {{ unreviewed: allow }}\n", crate::deploy::repository::MAP);
    shop.repository.scene.write("stackstep.yaml", &file);
    let shop = shop.slips_in(2);
    shop.deploy("").ends_with(74).never_says("Deployed");
    rollback(&shop, &before, &[]).ends_with(0);
    shop.deploy("").ends_with(74).says("max-updates").never_says("Deployed");
}
