//! Stacks whose entry a commit has removed from `stackstep.yaml`, and stacks that never had one.

use super::repository::{MAP, Repository};

/// The map, with an entry for each of two stacks that forbids updates.
fn strict() -> String {
    let entry = "{ unreviewed: allow, rules: { max-updates: 0 } }";
    format!("{MAP}stacks:\n  staging: {entry}\n  prod: {entry}\n")
}

/// A repository that has deployed `staging` under a rule against updates, and whose next commit has an update and this
/// `stackstep.yaml`.
fn with_an_update_and(stackstep: Option<&str>) -> Repository {
    let repository = Repository::new(&strict()).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    match stackstep {
        Some(text) => repository.scene.write("stackstep.yaml", text),
        None => std::fs::remove_file(repository.scene.program.join("stackstep.yaml")).unwrap(),
    }
    repository.commit("loosened as far as it goes");
    repository.push("main");
    repository.on_branch("main")
}

#[test]
fn an_entry_that_a_commit_removes_judges_that_commit() {
    let gone = with_an_update_and(Some(MAP)).scene.run("deploy").ends_with(74);
    gone.says("max-updates").says("it has no entry `stacks.staging` any more").never_says("Deployed");
    let no_file = with_an_update_and(None).scene.run("up -C infra/shop --stack staging").ends_with(74);
    no_file.says("max-updates").never_says("Deployed");
}

#[test]
fn an_entry_whose_removal_was_deployed_judges_nothing_more() {
    let repository = with_an_update_and(Some(MAP));
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 2", "size: 1"));
    repository.commit("only the removal");
    repository.push("main");
    let repository = repository.on_branch("main");
    repository.scene.run("deploy").ends_with(0).says("judged by: `stacks.staging` of commit");
    repository.scene.write("infra/shop/Pulumi.yaml", &program);
    repository.commit("the update");
    repository.push("main");
    repository.on_branch("main").scene.run("deploy").ends_with(0).never_says("judged by").says("Deployed");
}

#[test]
fn a_stack_without_an_entry_is_held_as_well() {
    let repository = Repository::new(MAP).on_branch("main");
    repository.scene.run("deploy --upsert").ends_with(0);
    let line = ["hold", "-C", "infra/shop", "--stack", "staging", "--reason", "an incident"];
    repository.scene.run_args(&line).ends_with(0);
    repository.scene.run("deploy").ends_with(73).says("an incident").never_says("Deployed");
    repository.scene.run("preview -C infra/shop --stack staging").ends_with(0);
}

#[test]
fn an_entry_that_was_removed_judges_the_next_tag() {
    let repository = Repository::new(&strict());
    repository.git(&["fetch", "-q", "origin"]);
    let tagged = repository.on_tag("v1");
    tagged.scene.run("up --upsert -C infra/shop --stack prod").ends_with(0);
    let program = std::fs::read_to_string(tagged.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    tagged.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    tagged.scene.write("stackstep.yaml", MAP);
    tagged.commit("loosened as far as it goes");
    tagged.push("main");
    tagged.git(&["fetch", "-q", "origin"]);
    let run = tagged.on_tag("v2").scene.run("up -C infra/shop --stack prod").ends_with(74);
    run.says("max-updates").says("it has no entry `stacks.prod` any more").never_says("Deployed");
}

#[test]
fn a_ledger_that_cannot_be_read_is_told_where_other_stacks_have_an_entry() {
    let staging_only = format!("{MAP}stacks:\n  prod: {{ unreviewed: allow }}\n");
    let repository = Repository::new(&staging_only).on_branch("main");
    let folder = repository.scene.root().join("state/.stackstep/ledger/shop");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(folder.join("staging"), folder.join("staging")).unwrap();
    let run = repository.scene.run("deploy --upsert").ends_with(0);
    run.says("note: whether the stack is held is not known: ").says("Deployed");
}
