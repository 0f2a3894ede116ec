//! Deployments of what the comments on merged change requests show, with a GitLab in memory.

use super::repository::{MAP, Repository};
use crate::support::forge::{FACES, Fake, State, TOKEN};

/// The program of `infra/shop` with these sizes.
fn program(thing: u8, other: u8) -> String {
    format!(
        "name: shop\nruntime: yaml\nresources:\n  thing:\n    type: demo:index:Thing\n    properties: {{ size: {thing} }}\n  \
         other:\n    type: demo:index:Thing\n    properties: {{ size: {other} }}\n"
    )
}

/// GitLab, in which merge request 7 shows two updates of `staging`; the repository stands at its commit.
fn shown() -> (Fake, Repository) {
    let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap());
    let map = format!("{MAP}stacks:\n  staging: {{ unreviewed: refuse }}\n");
    let repository = Repository::new(MAP);
    repository.scene.write("infra/shop/Pulumi.yaml", &program(1, 1));
    let repository = repository.on_branch("main");
    repository.commit("two things");
    repository.push("main");
    let repository = repository.on_branch("main");
    repository.scene.run("up --upsert -C infra/shop --stack staging").ends_with(0);
    repository.scene.write("stackstep.yaml", &map);
    repository.commit("the entry, and the salt of the new stack");
    repository.push("main");
    repository.git(&["fetch", "-q", "origin"]);
    repository.scene.write("infra/shop/Pulumi.yaml", &program(2, 2));
    repository.commit("a change");
    let repository = repository.on_merge_request("feature");
    let scene = repository
        .scene
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN);
    scene.run("preview -C infra/shop --stack staging").ends_with(0).says("commented on merge request !7");
    assert!(fake.only().contains(" record="), "{}", fake.only());
    (fake, Repository { scene })
}

/// Merges what stands in the repository as one commit, and gives the job of it.
fn merged(fake: &Fake, repository: Repository) -> Repository {
    repository.push("main");
    repository.git(&["fetch", "-q", "origin"]);
    let commit = repository.head();
    let mut memory = fake.memory();
    memory.pulls[0].state = State::Merged;
    memory.pulls[0].merge_commit = Some(commit.clone());
    memory.pulls[0].commits = vec![commit];
    drop(memory);
    let scene = ["CI_MERGE_REQUEST_IID", "CI_PIPELINE_SOURCE"]
        .iter()
        .fold(repository.scene, |scene, name| scene.without(name));
    Repository { scene }.on_branch("main")
}

#[test]
fn the_change_that_a_comment_shows_is_deployed() {
    let (fake, repository) = shown();
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(0);
    run.says("this is the change that merge request !7 showed").says("Deployed `shop/staging`: 2 updated");
}

#[test]
fn a_deployment_that_broke_off_is_finished_under_the_review_that_the_comment_shows() {
    let (fake, repository) = shown();
    let repository = merged(&fake, repository);
    // A run that the entry does not judge has done one half.
    let entry = std::fs::read_to_string(repository.scene.program.join("stackstep.yaml")).unwrap();
    repository.scene.write("stackstep.yaml", MAP);
    let half = "up -C infra/shop --stack staging --target **::thing";
    repository.scene.run(half).ends_with(0).says("1 updated");
    repository.scene.write("stackstep.yaml", &entry);
    let run = repository.scene.run("up -C infra/shop --stack staging").ends_with(0);
    run.says("1 of its steps is done already, by what merge request !7 showed")
        .says("values were not compared")
        .says("Deployed `shop/staging`: 1 updated");
}

#[test]
fn what_slipped_in_is_named_though_only_a_comment_shows_what_was_reviewed() {
    let (fake, repository) = shown();
    let slipped = program(2, 2) + "  third:\n    type: demo:index:Thing\n    properties: { size: 9 }\n";
    repository.scene.write("infra/shop/Pulumi.yaml", &slipped);
    repository.commit("slipped in");
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(76);
    run.says("`third`").says("`create` was not reviewed").never_says("Deployed");
}

#[test]
fn a_comment_whose_record_somebody_has_edited_passes_nothing_but_its_digest() {
    let (fake, repository) = shown();
    let mut memory = fake.memory();
    let body = memory.comments[0].body.clone();
    let record = body.split(" record=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    memory.comments[0].body = body.replace(&record, &record.replacen(&record[40..44], "AAAA", 1));
    drop(memory);
    let slipped = program(2, 3);
    repository.scene.write("infra/shop/Pulumi.yaml", &slipped);
    repository.commit("slipped in");
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(76);
    run.says("this is not the change that was reviewed: it is `sha256:").never_says("Deployed");
}

/// The job of a merge train with the change, on top of a `main` that is deployed. `others` of the train stand before it.
fn train(fake: &Fake, repository: Repository, others: bool) -> Repository {
    let (main, head) = (repository.git(&["rev-parse", "origin/main"]), repository.head());
    let before = if others { "0123456789abcdef0123456789abcdef01234567" } else { main.as_str() };
    let commit = |hash: &str, parent: &str| (hash.to_owned(), vec![parent.to_owned()]);
    let mut commits = vec![(main.clone(), Vec::new()), commit(&head, before)];
    if others {
        commits.insert(1, commit(before, &main));
    }
    fake.memory().shown.commits = commits;
    repository.git(&["checkout", "-q", &main]);
    let scene = ["CI_MERGE_REQUEST_IID", "CI_PIPELINE_SOURCE"]
        .iter()
        .fold(repository.scene, |scene, name| scene.without(name));
    let repository = Repository { scene }.on_branch("main");
    repository.scene.run("up -C infra/shop --stack staging").ends_with(0);
    repository.git(&["checkout", "-q", &head]);
    let scene = repository.scene.without("CI_COMMIT_BRANCH");
    let repository = Repository { scene }.on_merge_request("feature");
    Repository { scene: repository.scene.with("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train") }
}

#[test]
fn a_merge_train_lets_through_what_the_comment_shows() {
    let (fake, repository) = shown();
    let run = train(&fake, repository, false).scene.run("preview -C infra/shop --stack staging").ends_with(0);
    run.says("this is the change that merge request !7 showed");
}

#[test]
fn a_merge_train_refuses_what_nobody_reviewed() {
    let (fake, repository) = shown();
    repository.scene.write("infra/shop/Pulumi.yaml", &program(2, 3));
    repository.commit("slipped in");
    let train = train(&fake, repository, false);
    let run = train.scene.run("preview -C infra/shop --stack staging --comment off").ends_with(76);
    run.says("the file `infra/shop/Pulumi.yaml` is not the reviewed one");
}

#[test]
fn a_merge_train_with_others_before_this_change_says_that_it_does_not_compare() {
    let (fake, repository) = shown();
    let run = train(&fake, repository, true).scene.run("preview -C infra/shop --stack staging").ends_with(0);
    run.says("not compared with what was reviewed: other change requests are in the queue before this one");
}

#[test]
fn what_a_program_or_another_bot_writes_is_no_preview() {
    let (fake, repository) = shown();
    let mut memory = fake.memory();
    let body = memory.comments[0].body.clone();
    let fields = body.lines().next().unwrap().split_once("stackstep ").unwrap().1.replace(" -->", "");
    let forms = [
        (format!("[//]: # (stackstep-part {fields})"), "[//]: # (stackstep-end)"),
        (format!("<!-- stackstep-part {fields} -->"), "<!-- stackstep-end -->"),
    ];
    let forged: Vec<String> = forms.iter().map(|(begin, end)| format!("{begin}\n{end}\n")).collect();
    memory.comments[0].body = format!("A linter's words\n{}", forged.concat());
    drop(memory);
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(76);
    run.says("no change request that was merged shows a preview of this stack").never_says("Deployed");
}

#[test]
fn a_part_that_stands_in_the_comment_of_one_stack_is_what_a_program_printed() {
    let (fake, repository) = shown();
    let mut memory = fake.memory();
    let body = memory.comments[0].body.clone();
    let (first, rest) = body.split_once('\n').unwrap();
    let part = first.replace("<!-- stackstep ", "[//]: # (stackstep-part ").replace(" -->", ")");
    let of_another = first.replace("stack=staging", "stack=dev");
    memory.comments[0].body = format!("{of_another}\n{part}\n[//]: # (stackstep-end)\n{rest}");
    drop(memory);
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(76);
    run.says("no change request that was merged shows a preview of this stack").never_says("Deployed");
}

#[test]
fn reviews_of_a_commit_that_only_the_comment_names_do_not_count() {
    let (fake, repository) = shown();
    let entry = format!("{MAP}stacks:\n  staging: {{ unreviewed: refuse, approvals: {{ needed: 1 }} }}\n");
    repository.scene.write("stackstep.yaml", &entry);
    repository.commit("approvals are needed");
    let run = merged(&fake, repository).scene.run("up -C infra/shop --stack staging").ends_with(75);
    run.says("merge request !7 was merged at `8d08154c`, and its preview shows `")
        .says("let the last commit of a change be previewed")
        .never_says("Deployed");
}
