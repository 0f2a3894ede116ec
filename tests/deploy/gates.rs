//! The gates of a deployment, with the ledger beside the state in a folder.

use super::repository::{MAP, Repository};
use crate::support::checkout;
use crate::support::forge::{FACES, Fake, TOKEN};

/// The map, with entries for two stacks.
fn file(staging: &str, prod: &str) -> String {
    format!(
        "{MAP}stacks:\n  staging: {{ unreviewed: allow{staging} }}\n  prod: {{ unreviewed: allow{prod} }}\n"
    )
}

/// The kinds of the entries in the ledger of a stack.
fn ledger(repository: &Repository, stack: &str) -> Vec<String> {
    checkout::ledger(&repository.scene.root().join("state"), stack)
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
    let refused = tag(early).ends_with(73).never_says("Deployed").says("Update of `shop/prod` was refused");
    refused.says("`staging` has not deployed these inputs");

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
    assert_eq!(ledger(&repository, "staging"), ["refused"]);
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

/// A repository whose stack `staging` takes these approvals at the gate of the environment `production`.
fn with_a_gate(approvals: &str) -> Repository {
    let settings = format!(", environment: production, approvals: {{ by: [environment], {approvals} }}");
    Repository::new(&file(&settings, "")).on_branch("main")
}

#[test]
fn a_gate_that_nobody_is_known_to_have_opened_is_one_approval_of_anybody() {
    let run = with_a_gate("needed: 1").scene.run("deploy --upsert").ends_with(0);
    run.says("the gate of `production` counts as the approval: who has approved is not known here")
        .says("Deployed `shop/staging`");
}

#[test]
fn a_gate_that_nobody_is_known_to_have_opened_is_not_two_people_and_nobody_certain() {
    for (approvals, whom) in [
        ("needed: 2", "approvals of 2 people"),
        ("needed: 1, from: [ann]", "an approval of ann"),
        ("needed: 1, from: [\"@acme/platform\"]", "an approval of @acme/platform"),
    ] {
        let run = with_a_gate(approvals).scene.run("deploy --upsert").ends_with(75);
        run.says(&format!("does not count for {whom}: who opened it is not known here"))
            .says("hint: let reviews count")
            .never_says("Deployed");
    }
}

#[test]
fn a_step_does_not_choose_the_gate_that_counts() {
    let run = with_a_gate("needed: 1").scene.run("deploy --upsert --environment playground").ends_with(75);
    run.says("the gate of `playground` does not count: the stack's entry says that its environment is `production`")
        .never_says("Deployed");
}

#[test]
fn a_gate_that_somebody_else_opened_is_no_approval_of_those_who_are_named() {
    let gitlab = FACES.iter().find(|face| face.name() == "gitlab").unwrap();
    let fake = Fake::start(*gitlab);
    fake.memory().shown.gate = vec![("bob".to_owned(), true)];
    let run = |from: &str| {
        let repository = with_a_gate(&format!("needed: 1, from: [{from}]"));
        let scene = repository.scene.with("STACKSTEP_FORGE_URL", &fake.server.url());
        let scene = scene.with("STACKSTEP_FORGE_TOKEN", TOKEN).with("CI_JOB_ID", "99");
        scene.run("deploy --upsert")
    };
    run("ann").ends_with(75).says("`bob` does not count: they are not named").never_says("Deployed");
    run("bob").ends_with(0).says("approved by `bob` at the gate of `production`").says("Deployed");
}

#[test]
fn a_refused_deployment_is_no_failed_preview_and_its_cause_stands_beside_rules_that_allow_it() {
    let entry = ", approvals: { needed: 1 }, rules: { max-deletes: 0 }";
    let run = Repository::new(&file(entry, "")).on_branch("main").scene.run("deploy --upsert").ends_with(75);
    run.says("Update of `shop/staging` was refused: 2 to create")
        .says("error: `up` is refused: an approval is missing")
        .never_says("failed");
}

#[test]
fn without_a_token_for_the_forge_the_way_out_names_the_variable_that_takes_one() {
    let repository = Repository::new(&file(", approvals: { needed: 1 }", "")).on_branch("main");
    let repository = Repository { scene: repository.scene.with("CI_SERVER_URL", "https://gitlab.com") };
    let run = repository.scene.run("deploy --upsert").ends_with(75);
    run.says("the change requests can't be read: there is no token for GitLab")
        .says("`STACKSTEP_FORGE_TOKEN`");
    let job = repository.scene.with("CI_JOB_TOKEN", "glcbt-0123456789");
    job.run("deploy --upsert").ends_with(75).says("`STACKSTEP_FORGE_TOKEN`").never_says("Deployed");
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
    repository.scene.run("deploy").ends_with(73).says("a check after the deployment failed: `false`");
}

/// A repository whose map lets `main` deploy `staging`, with the reviewed result of merge request 7.
fn reviewed(settings: &str) -> (Repository, String) {
    let repository = Repository::new(
        &file("", "").replace("staging: { unreviewed: allow", &format!("staging: {{ {settings}")),
    );
    let main = repository.head();
    let repository = repository.on_branch("main");
    repository.scene.run("up --upsert -C infra/network --stack prod").ends_with(0);
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    // The first preview creates the stack, which writes the salt of its secrets into its file.
    repository.scene.run("preview --upsert -C infra/shop --stack staging").ends_with(0);
    repository.commit("a change");
    let result = repository.scene.root().join("preview.json").display().to_string();
    let change =
        Repository { scene: repository.scene.without("CI_COMMIT_BRANCH") }.on_merge_request("feature");
    let line = format!("preview --upsert -C infra/shop --stack staging --comment off --result-file {result}");
    change.scene.run(&line).ends_with(0);
    assert_ne!(main, change.head());
    let scene = ["CI_MERGE_REQUEST_IID", "CI_PIPELINE_SOURCE"]
        .iter()
        .fold(change.scene, |scene, name| scene.without(name));
    (Repository { scene }, result)
}

/// Merges the change as one new commit with the same files, and gives the job of it.
fn squashed(repository: Repository) -> Repository {
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let commit = repository.git(&["commit-tree", &tree, "-p", "origin/main", "-m", "squashed"]);
    repository.git(&["checkout", "-q", &commit]);
    repository.push("main");
    repository.on_branch("main")
}

#[test]
fn the_reviewed_tree_is_deployed_however_it_is_merged() {
    let (repository, result) = reviewed("unreviewed: refuse");
    repository.git(&["fetch", "-q", "origin"]);
    let repository = squashed(repository);
    let run = repository.scene.run(&format!("deploy --reviewed {result}")).ends_with(0);
    run.says("this is the change that was reviewed").says("Deployed `shop/staging`");
}

#[test]
fn a_change_that_slipped_in_between_is_refused_with_what_differs() {
    let (repository, result) = reviewed("unreviewed: refuse");
    repository.git(&["fetch", "-q", "origin"]);
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    let more = "  other:\n    type: demo:index:Thing\n    properties: { size: 9 }\noutputs:";
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("outputs:", more));
    repository.commit("slipped in");
    let repository = squashed(repository);
    let run = repository.scene.run(&format!("deploy --reviewed {result}")).ends_with(76);
    run.says("this is not the change that was reviewed").says("other").never_says("Deployed");
}

#[test]
fn a_digest_passes_only_if_it_is_equal() {
    let (repository, result) = reviewed("unreviewed: refuse");
    let digest = crate::support::json(&result)["review"]["digest"].as_str().unwrap().to_owned();
    repository.git(&["fetch", "-q", "origin"]);
    let repository = squashed(repository);
    let other = digest.replace(&digest[7..20], "0123456789abc");
    repository.scene.run(&format!("deploy --reviewed {other}")).ends_with(76).never_says("Deployed");
    repository.scene.run(&format!("deploy --reviewed {digest}")).ends_with(0).says("Deployed `shop/staging`");
}

#[test]
fn several_stacks_are_reviewed_together_by_one_digest_over_their_results() {
    let (repository, result) = reviewed("unreviewed: refuse");
    let other = repository.scene.root().join("network.json").display().to_string();
    let line =
        format!("preview --upsert -C infra/network --stack staging --comment off --result-file {other}");
    repository.scene.run(&line).ends_with(0);
    let together = repository.scene.root().join("together.md").display().to_string();
    repository.scene.run(&format!("report {result} {other} --markdown-file {together}")).ends_with(0);
    let page = std::fs::read_to_string(&together).unwrap();
    let root = page.split("All changes together: `").nth(1).unwrap().split('`').next().unwrap().to_owned();

    repository.git(&["fetch", "-q", "origin"]);
    let repository = squashed(repository);
    let deploy = |named: &[&str]| repository.scene.run(&format!("deploy --reviewed {}", named.join(",")));
    let run = deploy(&[&root, &result]).ends_with(76);
    run.says("is neither that of one of the 1 result files").never_says("Deployed");
    let of_other = crate::support::json(&other)["review"]["digest"].as_str().unwrap().to_owned();
    let run = deploy(&[&of_other, &result, &other]).ends_with(76);
    run.says("of this stack is not among the digests that `reviewed` names").never_says("Deployed");
    let run = deploy(&[&root, &result, &other]).ends_with(0);
    run.says("this is the change that was reviewed").says("Deployed `shop/staging`");
}

#[test]
fn a_reviewed_result_of_another_stack_or_one_that_is_cut_off_is_refused() {
    let (repository, result) = reviewed("unreviewed: refuse");
    repository.git(&["fetch", "-q", "origin"]);
    let repository = squashed(repository);
    let text = std::fs::read_to_string(&result).unwrap();
    let cut = repository.scene.root().join("cut.json");
    std::fs::write(&cut, &text[..text.len() / 2]).unwrap();
    let run = repository.scene.run(&format!("deploy --reviewed {}", cut.display())).ends_with(76);
    run.says("is cut off").never_says("Deployed");
    let line = format!("up --upsert -C infra/network --stack prod --reviewed {result}");
    repository.scene.run(&line).ends_with(76).says("is about another").never_says("Deployed");
}
