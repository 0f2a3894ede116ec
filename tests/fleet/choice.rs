//! The stacks that a fleet is about.

use super::Monorepo;

const TWO_ENVIRONMENTS: &str = "stacks:\n  dev: { environment: staging, unreviewed: allow }\n  prod: { environment: production, unreviewed: allow }\n";

fn two() -> Monorepo {
    Monorepo::new(&[("shop", &["dev", "prod"], &[])], TWO_ENVIRONMENTS)
}

#[test]
fn credentials_of_two_environments_do_not_meet_in_one_job() {
    let run = two().fleet("preview").ends_with(2);
    run.says("2 environments").says("`production`: `shop/prod`").says("--environment");
}

#[test]
fn the_steps_environment_chooses_its_stacks() {
    let monorepo = two();
    monorepo.fleet("up --upsert --environment staging").ends_with(0);
    assert_eq!(monorepo.page()["stacks"].as_array().unwrap().len(), 1);
    assert_eq!(monorepo.end("shop/dev", "status"), "succeeded");
}

#[test]
fn nobody_destroys_all_by_naming_none() {
    two().fleet("destroy --environment staging").ends_with(2).says("`fleet destroy` names no stack");
}

#[test]
fn a_name_that_no_stack_has_is_an_error_that_lists_them() {
    two().fleet("preview shop/prd").ends_with(2).says("`shop/dev`, `shop/prod`");
}

#[test]
fn only_what_a_change_can_affect_is_previewed() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    monorepo.commit("the salts of the new stacks");
    monorepo.scene.write("infra/network/notes.txt", "x");
    monorepo.commit("a note");
    let run = monorepo.fleet("preview --since=HEAD~1").ends_with(0);
    run.says("left out, as nothing that they are made from has changed: 1 stack");
    let page = monorepo.page();
    let names: Vec<_> = page["stacks"].as_array().unwrap().iter().map(|one| one["project"].clone()).collect();
    assert_eq!(names, ["network", "shop"]);
}

#[test]
fn where_nothing_is_affected_later_steps_know_it() {
    let monorepo = Monorepo::shop("");
    monorepo.scene.write("README.md", "x");
    monorepo.commit("a page");
    let outputs = monorepo.scene.root().join("out.env");
    let run =
        monorepo.fleet(&format!("preview --since=HEAD~1 --outputs-file {}", outputs.display())).ends_with(0);
    run.says("nothing to do");
    let text = std::fs::read_to_string(outputs).unwrap();
    assert!(text.contains("SKIP=true") || text.contains("skip=true"), "{text}");
}

#[test]
fn a_project_that_can_not_be_read_stops_only_what_may_be_its_own() {
    let monorepo = Monorepo::shop("");
    monorepo.scene.write("infra/broken/Pulumi.yaml", "name: [");
    monorepo.commit("a project file that is no project");
    for meant in ["", " prod", " '*/prod'"] {
        monorepo.fleet(&format!("preview --upsert{meant}").replace('\'', "")).ends_with(2).says("broken");
    }
    monorepo.fleet("preview --upsert page/prod").ends_with(0).says("broken");
    // Its outputs may be what `page` reads.
    monorepo.fleet("preview --upsert page/prod --since=HEAD").ends_with(2).says("broken");
}

#[test]
fn two_projects_of_one_name_are_not_told_apart_by_it() {
    let monorepo = Monorepo::shop("");
    monorepo.scene.write("infra/other/Pulumi.yaml", "name: page\nruntime: yaml\n");
    monorepo.commit("a second page");
    monorepo.fleet("preview --upsert page/prod").ends_with(2).says("the project `page` is there 2 times");
    monorepo.fleet("preview --upsert shop/prod network/prod").ends_with(0);
}
