//! What the map says for an event, and whose map it is.

use super::repository::{MAP, Repository};

#[test]
fn a_push_to_a_mapped_branch_deploys_its_stack() {
    let repository = Repository::new(MAP).on_branch("main");
    let run = repository.scene.run("deploy --upsert").ends_with(0);
    run.says("a commit on the branch `main` deploys `staging`: `deploy.branches.main`")
        .says("Deployed `shop/staging`");
}

#[test]
fn a_stack_is_deployed_in_each_project_that_has_it() {
    let repository = Repository::new(MAP);
    repository.git(&["fetch", "-q", "origin"]);
    let repository = repository.on_tag("v1");
    let run = repository.scene.run("deploy --upsert").ends_with(0);
    run.says("the tag `v1` deploys `prod`").says("Deployed `network/prod`").says("Deployed `shop/prod`");
}

#[test]
fn an_event_that_is_not_in_the_map_is_skipped_with_a_clear_word() {
    let repository = Repository::new(MAP).on_branch("wip");
    repository
        .scene
        .run("deploy")
        .ends_with(0)
        .says("a commit on the branch `wip` is not in the map of `stackstep.yaml`")
        .never_says("backend");
}

#[test]
fn otherwise_error_fails_an_event_that_is_not_in_the_map() {
    let file = format!("{MAP}  otherwise: error\n");
    let repository = Repository::new(&file).on_branch("wip");
    repository.scene.run("deploy").ends_with(2).says("hint: add a line for it below `deploy`");
}

#[test]
fn a_merge_request_previews_what_merging_and_tagging_would_deploy() {
    let repository = Repository::new(MAP).on_merge_request("feature");
    let run = repository.scene.run("deploy --upsert --comment off").ends_with(0);
    run.says("change request 7 into the branch `main` previews `staging`, `prod`")
        .says("Preview of `shop/staging`")
        .says("Preview of `network/prod`")
        .says("Preview of `shop/prod`");
}

#[test]
fn a_change_is_previewed_by_the_default_branchs_map_and_not_by_its_own() {
    let repository = Repository::new(MAP);
    repository.scene.write("stackstep.yaml", "deploy: { branches: { main: qa } }\n");
    repository.commit("another map");
    let repository = repository.on_merge_request("feature");
    repository.scene.run("deploy --dry-run").ends_with(0).says("previews `staging`, `prod`");
}

#[test]
fn a_branch_can_not_map_itself_to_a_stack() {
    let repository = Repository::new(MAP);
    repository.scene.write("stackstep.yaml", "deploy: { branches: { wip: prod } }\n");
    repository.commit("mine");
    repository.push("wip");
    let repository = repository.on_branch("wip");
    repository.scene.run("deploy").ends_with(0).says("`wip` is not in the map");
}

#[test]
fn a_map_that_only_the_change_has_deploys_nothing() {
    let repository = Repository::new("stack: staging\n");
    repository.scene.write("stackstep.yaml", MAP);
    repository.commit("a map");
    repository.push("wip");
    let repository = repository.on_branch("wip");
    repository.scene.run("deploy").ends_with(73).says("may not judge itself").says("merge the map");
}

#[test]
fn without_the_default_branchs_file_nothing_is_deployed_and_a_preview_says_so() {
    let repository = Repository::new(MAP);
    repository.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    repository.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    let release = repository.on_branch("release/1");
    release.scene.run("deploy").ends_with(73).says("can't be read").says("fetch-depth: 0");
    let change = Repository { scene: release.scene }.on_merge_request("feature");
    change
        .scene
        .run("deploy --upsert --comment off")
        .ends_with(0)
        .says("not judged")
        .says("Preview of `shop/prod`");
}

#[test]
fn a_dry_run_hands_on_what_it_would_do_and_needs_no_credentials() {
    let repository = Repository::new(&format!("{MAP}stacks:\n  staging: {{ environment: stage }}\n"));
    let repository = repository.on_branch("main");
    let file = repository.scene.root().join("out.env");
    let scene = repository.scene.without("PULUMI_BACKEND_URL").without("PULUMI_CONFIG_PASSPHRASE");
    scene
        .run(&format!("deploy --dry-run --outputs-file {}", file.display()))
        .ends_with(0)
        .never_says("engine:");
    let text = std::fs::read_to_string(file).unwrap();
    for line in ["COMMAND=up", "ENVIRONMENT=stage", "SKIP=false"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains(r#""cwd":"infra/shop""#) && text.contains(r#""stack":"staging""#), "{text}");
}

#[test]
fn a_job_for_one_stack_skips_what_is_for_another() {
    let repository = Repository::new(MAP).on_branch("main");
    repository
        .scene
        .run("deploy --stack prod")
        .ends_with(0)
        .says("this job is for `prod`")
        .never_says("Deployed");
    repository.scene.run("deploy --stack staging --upsert").ends_with(0).says("Deployed `shop/staging`");
}

#[test]
fn without_a_map_the_line_to_use_is_named() {
    let repository = Repository::new("stack: staging\n").on_branch("main");
    repository
        .scene
        .run("deploy")
        .ends_with(2)
        .says("there is no map for `deploy`")
        .says("stackstep up --stack");
}

#[test]
fn two_stacks_for_one_branch_and_stacks_that_no_project_has_are_refused() {
    let two = Repository::new("deploy: { branches: { main: staging, \"m*\": prod } }\n").on_branch("main");
    two.scene.run("deploy").ends_with(2).says("`main` fits two lines");
    let none = Repository::new("deploy: { branches: { main: live } }\n").on_branch("main");
    none.scene
        .run("deploy")
        .ends_with(2)
        .says("no project has the stack `live`")
        .says("`prod`, `qa`, `staging`");
}

#[test]
fn a_change_that_would_be_previewed_in_no_project_is_an_error() {
    let repository = Repository::new("deploy: { branches: { main: live }, tags: { \"v*\": real } }\n");
    let repository = repository.on_merge_request("feature");
    repository.scene.run("deploy").ends_with(2).says("no project has the stack `live`");
}

#[test]
fn a_step_that_names_no_command_runs_the_map_if_there_is_one() {
    let repository = Repository::new(MAP).on_branch("wip");
    repository.scene.run("run").ends_with(0).says("is not in the map");
    let asked = Repository::new(MAP).on_branch("wip");
    let scene = asked.scene.with("STACKSTEP_INPUT_COMMAND", "deploy");
    scene.run("run").ends_with(0).says("is not in the map");
}

#[test]
fn an_entry_of_a_stack_has_inputs_for_that_stack_only() {
    let file =
        "expect-no-changes: false\nstacks:\n  \"st*\": { expect-no-changes: true, unreviewed: allow }\n";
    let repository = Repository::new(file).on_branch("main");
    let run = |stack: &str| repository.scene.run(&format!("preview --upsert -C infra/shop --stack {stack}"));
    run("staging").ends_with(7);
    run("qa").ends_with(0);
    let flag =
        repository.scene.run("preview --upsert -C infra/shop --stack staging --expect-no-changes=false");
    flag.ends_with(0);
}

#[test]
fn a_mistake_in_an_entry_stops_a_run_of_that_repository() {
    let file = "stacks:\n  prod: { unreviewd: allow }\n";
    let repository = Repository::new(file).on_branch("main");
    let run = repository.scene.run("up --upsert -C infra/shop --stack prod").ends_with(2);
    run.says("`stacks.prod.unreviewd`").says("did you mean `unreviewed`?").never_says("Deployed");
}

#[test]
fn a_step_of_the_official_actions_profile_that_runs_the_map_has_all_inputs() {
    for command in ["deploy", ""] {
        let repository = Repository::new(MAP).on_branch("main");
        let scene = repository
            .scene
            .with("STACKSTEP_INPUT_COMMAND", command)
            .with("STACKSTEP_INPUT_PROFILE", "official-action")
            .with("STACKSTEP_INPUT_STACK", "prod");
        scene.run("run").ends_with(0).says("this job is for `prod`").never_says("Deployed");
    }
}
