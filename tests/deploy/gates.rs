//! The gates of a deployment, with the ledger beside the state in a folder.

use super::repository::{MAP, Repository};

/// The map, with entries for two stacks.
fn file(staging: &str, prod: &str) -> String {
    format!(
        "{MAP}stacks:\n  staging: {{ unreviewed: allow{staging} }}\n  prod: {{ unreviewed: allow{prod} }}\n"
    )
}

/// The entries of the ledger of a stack of the project `shop`, as their kinds.
fn ledger(repository: &Repository, stack: &str) -> Vec<String> {
    let folder = repository.scene.root().join(format!("state/.stackstep/ledger/shop/{stack}"));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with('0'));
    paths.sort();
    paths.iter().map(|path| crate::support::json(path)["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_deployment_is_reserved_finished_and_verified_in_the_ledger() {
    let repository = Repository::new(&file("", "")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0).says("judged by: `stacks.staging` of this commit");
    assert_eq!(ledger(&repository, "staging"), ["reserved", "finished", "verified"]);
}

#[test]
fn production_deploys_only_what_staging_has_verified() {
    let repository = Repository::new(&file("", ", after: staging"));
    repository.git(&["fetch", "-q", "origin"]);
    let tag = |repository: Repository| repository.on_tag("v1").scene.run("deploy --upsert --cwd infra/shop");
    let early = Repository::new(&file("", ", after: staging"));
    early.git(&["fetch", "-q", "origin"]);
    tag(early).ends_with(73).says("`staging` has not deployed these inputs").never_says("Deployed");

    let repository = repository.on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let repository = Repository { scene: repository.scene.without("CI_COMMIT_BRANCH") };
    tag(repository).ends_with(0).says("Deployed `shop/prod`");
}

#[test]
fn a_commit_that_does_not_touch_the_program_does_not_block_production() {
    let repository = Repository::new(&file("", ", after: staging")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    repository.scene.write("README.md", "words\n");
    repository.commit("words");
    repository.push("main");
    let tagged = Repository { scene: repository.scene.without("CI_COMMIT_BRANCH") }.on_tag("v2");
    tagged.scene.run("deploy --upsert --cwd infra/shop").ends_with(0).says("Deployed `shop/prod`");
}

#[test]
fn another_program_has_to_go_to_staging_first() {
    let repository = Repository::new(&file("", ", after: staging")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    repository.commit("more");
    repository.push("main");
    let tagged = Repository { scene: repository.scene.without("CI_COMMIT_BRANCH") }.on_tag("v2");
    let run = tagged.scene.run("deploy --upsert --cwd infra/shop").ends_with(73);
    run.says("`staging` has not deployed these inputs; the last that it verified is commit")
        .never_says("Deployed");
}

#[test]
fn a_tag_on_a_commit_that_is_not_merged_deploys_nothing() {
    let repository = Repository::new(&file("", ""));
    repository.scene.write("README.md", "not merged\n");
    repository.commit("not merged");
    repository.push("wip");
    repository.git(&["fetch", "-q", "origin"]);
    let tagged = repository.on_tag("v1");
    tagged
        .scene
        .run("deploy --upsert")
        .ends_with(73)
        .says("which `main` does not contain")
        .never_says("Deployed");
}

#[test]
fn an_old_job_that_is_run_again_deploys_nothing() {
    let repository = Repository::new(&file("", "")).on_branch("main");
    let old = repository.head();
    repository.scene.write("README.md", "newer\n");
    repository.commit("newer");
    repository.push("main");
    repository.git(&["checkout", "-q", &old]);
    repository.scene.run("deploy --upsert").ends_with(73).says("is not the head of `main` any more");
    assert!(ledger(&repository, "staging").is_empty());
}

#[test]
fn a_rule_of_the_entry_refuses_and_nothing_is_changed() {
    let repository = Repository::new(&file(", rules: { max-creates: 0 }", "")).on_branch("main");
    let run = repository.scene.run("deploy --upsert").ends_with(74);
    run.says("max-creates").never_says("Deployed");
    assert!(ledger(&repository, "staging").is_empty());
}

#[test]
fn a_loosened_rule_holds_from_the_next_deployment_on() {
    let strict = file(", rules: { max-updates: 0 }", "");
    let repository = Repository::new(&strict).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    repository.scene.write("stackstep.yaml", &file("", ""));
    repository.commit("loosened together with what it would let through");
    repository.push("main");
    let repository = repository.on_branch("main");
    let run = repository.scene.run("deploy").ends_with(74);
    run.says("max-updates").says("loosens what has to hold").never_says("Deployed");
}

#[test]
fn an_approval_that_is_missing_ends_before_the_deployment() {
    let repository = Repository::new(&file(", approvals: { needed: 1 }", "")).on_branch("main");
    let run = repository.scene.run("deploy --upsert").ends_with(75);
    run.says("an approval is missing").says("reason: approval").never_says("Deployed");
}

#[test]
fn what_nobody_reviewed_is_refused_or_warned_of() {
    let reviewed = |word: &str| {
        file("", "").replace("staging: { unreviewed: allow", &format!("staging: {{ unreviewed: {word}"))
    };
    let refused = Repository::new(&reviewed("refuse")).on_branch("main");
    refused.scene.run("deploy --upsert").ends_with(76).says("reason: reviewed").never_says("Deployed");
    let warned = Repository::new(&reviewed("warn")).on_branch("main");
    warned.scene.run("deploy --upsert").ends_with(0).says("not reviewed:").says("Deployed");
}

#[test]
fn a_ledger_entry_that_can_not_be_read_is_not_taken_for_absent() {
    let repository = Repository::new(&file("", "")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let folder = repository.scene.root().join("state/.stackstep/ledger/shop/staging");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::write(&path, "{\"v\": 1, \"number\":").unwrap();
    }
    repository.scene.run("deploy").ends_with(73).says("can't be read").never_says("Deployed");
}

#[test]
fn up_of_a_stack_with_an_entry_is_judged_as_well() {
    let repository = Repository::new(&file(", rules: { max-creates: 0 }", "")).on_branch("main");
    repository.scene.run("up --upsert -C infra/shop --stack staging").ends_with(74).never_says("Deployed");
}

#[test]
fn a_stack_that_is_held_is_previewed_and_not_deployed_until_it_is_released() {
    let repository = Repository::new(&file("", "")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let stack = ["-C", "infra/shop", "--stack", "staging", "--reason", "the database is being moved"];
    let with = |verb: &'static str| [&[verb][..], &stack[..]].concat();
    repository.scene.run_args(&with("hold")).ends_with(0).says("is held");
    repository
        .scene
        .run("deploy")
        .ends_with(73)
        .says("the database is being moved")
        .says("stackstep release");
    repository.scene.run("preview -C infra/shop --stack staging").ends_with(0);
    repository.scene.run_args(&with("release")).ends_with(0).says("is released");
    repository.scene.run("deploy").ends_with(0);
    repository.scene.run_args(&with("release")).ends_with(2).says("is not held");
    repository.scene.run("release -C infra/shop --stack staging").ends_with(2).says("--reason");
}

#[test]
fn a_failed_check_holds_the_stack_if_the_entry_says_so() {
    let held = ", checks: [{ run: [\"false\"] }], on-failed-check: hold";
    let repository = Repository::new(&file(held, "")).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(77).says("the stack is held");
    assert_eq!(ledger(&repository, "staging"), ["reserved", "finished", "verified", "held"]);
    repository.scene.run("deploy").ends_with(73).says("a check after the deployment failed");
}
