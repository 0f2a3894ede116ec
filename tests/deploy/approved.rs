//! What people approved at a gate of the CI system: nothing else is deployed, whether or not something was reviewed.

use super::repository::{MAP, Repository};
use crate::support::json;

/// A repository whose map lets `main` deploy `staging`, for which nobody asks for a review, on its branch `main`, and the
/// result of the preview that a gate has shown.
fn shown_at_a_gate() -> (Repository, String) {
    let file = format!("{MAP}stacks:\n  staging: {{ unreviewed: allow }}\n");
    let repository = Repository::new(&file).on_branch("main");
    // The first preview creates the stack, which writes the salt of its secrets into its file.
    repository.scene.run("preview --upsert -C infra/shop --stack staging").ends_with(0);
    let result = repository.scene.root().join("shown.json").display().to_string();
    let line = format!("preview --upsert -C infra/shop --stack staging --result-file {result}");
    repository.scene.run(&line).ends_with(0);
    (repository, result)
}

/// Lets the program be another one on `main`.
fn with_another_size(repository: Repository) -> Repository {
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    repository.commit("more");
    repository.push("main");
    repository.on_branch("main")
}

fn digest_in(result: &str) -> String {
    json(result)["review"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_the_gate_has_shown_is_deployed() {
    let (repository, result) = shown_at_a_gate();
    let digest = digest_in(&result);
    let run =
        repository.scene.run(&format!("deploy --upsert --approved-change {result},{digest}")).ends_with(0);
    run.says("at the gate: this is the change that was reviewed").says("Deployed `shop/staging`");
}

#[test]
fn what_the_gate_has_not_shown_is_not_deployed() {
    let (repository, result) = shown_at_a_gate();
    let repository = with_another_size(repository);
    for approved in [result.clone(), digest_in(&result)] {
        let run =
            repository.scene.run(&format!("deploy --upsert --approved-change {approved}")).ends_with(76);
        run.says("another change was approved at the gate").says("reason: reviewed").never_says("Deployed");
    }
}

#[test]
fn an_approval_at_the_gate_does_not_stand_for_a_review() {
    let (repository, result) = shown_at_a_gate();
    let other = with_another_size(repository);
    let shown = other.scene.root().join("other.json").display().to_string();
    let line = format!("preview --upsert -C infra/shop --stack staging --result-file {shown}");
    other.scene.run(&line).ends_with(0);
    let run = other
        .scene
        .run(&format!("deploy --upsert --approved-change {shown} --reviewed {result}"))
        .ends_with(76);
    run.says("this is not the change that was reviewed")
        .never_says("approved at the gate")
        .never_says("Deployed");
}

#[test]
fn a_comment_is_nothing_that_a_gate_has_shown() {
    let (repository, _) = shown_at_a_gate();
    let run = repository.scene.run("deploy --upsert --approved-change comment").ends_with(2);
    run.says("`approved-change` names `comment`").never_says("Deployed");
}
