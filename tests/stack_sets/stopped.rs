//! Rows that are stopped and rows that a brake holds, in the end of a fleet: its result, its comment, its status, its outputs.

use super::{SETTINGS, Tenants};
use crate::support::checkout::{Checkout, Event};
use crate::support::forge::{FACES, Fake, TOKEN};
use crate::support::json;

/// The set in a job of a merge request.
fn on_gitlab(tenants: Tenants, fake: &Fake) -> Tenants {
    let checkout = Checkout::of(&tenants.scene.program);
    checkout.push("feature");
    let variables = checkout.job(Event::MergeRequest("feature"));
    let scene = variables.into_iter().fold(tenants.scene, |scene, (name, value)| match value {
        Some(value) => scene.with(name, &value),
        None => scene.without(name),
    });
    let scene = scene
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN)
        .with("STACKSTEP_COMMIT_STATUS", "true");
    Tenants { scene }
}

fn gitlab() -> Fake {
    Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap())
}

/// The set in a job that has a result file.
fn with_a_result(tenants: Tenants) -> (Tenants, std::path::PathBuf) {
    let file = tenants.scene.root().join("fleet.json");
    let scene = tenants.scene.with("STACKSTEP_RESULT_FILE", file.to_str().unwrap());
    (Tenants { scene }, file)
}

#[test]
fn a_row_that_is_stopped_is_in_the_result_with_its_reason() {
    let (tenants, file) = with_a_result(Tenants::new("id,size\nacme,small\nbeta\n"));
    tenants.up().ends_with(80).says("tenant/beta");
    let page = json(&file);
    let [good, stopped] = page["stacks"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&good["stack"], &good["end"]["status"]), (&"acme".into(), &"succeeded".into()));
    assert_eq!(stopped["stack"], "beta");
    assert_eq!((&stopped["end"]["status"], &stopped["end"]["exit_status"]), (&"failed".into(), &80.into()));
    let why = stopped["end"]["not_run"].as_str().unwrap();
    assert!(why.contains("`tenants.csv`, line 3: it has 1 cell"), "{why}");
    assert_eq!(tenants.stacks(), ["acme"]);
}

#[test]
fn rows_that_are_all_stopped_are_not_nothing_to_do() {
    let (tenants, file) = with_a_result(Tenants::new("id,size\nacme\nbeta\n"));
    tenants.up().ends_with(80).never_says("nothing to do").says("tenant/acme").says("tenant/beta");
    assert_eq!(json(&file)["stacks"].as_array().unwrap().len(), 2);
    assert_eq!(tenants.stacks(), [""; 0]);
}

#[test]
fn tombstones_that_the_brake_holds_are_in_the_result() {
    let settings = SETTINGS.replace("max-created: 5", "max-created: 5\n    max-removals: 1");
    let (tenants, file) =
        with_a_result(Tenants::with_settings(&settings, "id,size,state\nacme,small,\nbeta,small,\n"));
    tenants.up().ends_with(0);
    tenants.commit("id,size,state\nacme,,removed\nbeta,,removed\n");
    tenants.up().ends_with(80).never_says("nothing to do");
    let page = json(&file);
    for line in page["stacks"].as_array().unwrap() {
        let why = line["end"]["not_run"].as_str().unwrap();
        assert_eq!(why, "2 stacks would be removed, and `max-removals` allows 1: none is removed");
    }
    assert_eq!((page["stacks"].as_array().unwrap().len(), tenants.stacks().len()), (2, 2));
}

#[test]
fn outputs_say_that_rows_were_stopped() {
    let tenants = Tenants::new("id,size\nacme\n");
    let file = tenants.scene.root().join("out.env");
    let tenants = Tenants { scene: tenants.scene.with("STACKSTEP_OUTPUTS_FILE", file.to_str().unwrap()) };
    tenants.up().ends_with(80);
    let outputs = std::fs::read_to_string(file).unwrap().to_lowercase();
    assert!(outputs.contains("status=failed") || outputs.contains("status='failed'"), "{outputs}");
    assert!(!outputs.contains("skip=") && !outputs.contains("changes=false"), "{outputs}");
    assert!(outputs.contains("acme"), "{outputs}");
}

#[test]
fn a_comment_and_a_status_name_the_row_that_is_stopped() {
    let fake = gitlab();
    let tenants = Tenants::new("id,size\nacme,small\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,small\nbeta\n");
    let tenants = on_gitlab(tenants, &fake);
    tenants.scene.run("fleet preview --set tenants").ends_with(80);
    let body = fake.only();
    assert!(body.contains("beta") && body.contains("it has 1 cell"), "{body}");
    assert!(!body.contains("1 stack: no changes"), "{body}");
    let statuses = format!("{:?}", fake.memory().statuses);
    assert!(statuses.contains("failed") && !statuses.contains("success"), "{statuses}");
}

#[test]
fn an_earlier_comment_does_not_become_one_of_nothing_to_do_when_every_row_is_stopped() {
    let fake = gitlab();
    let tenants = Tenants::new("id,size\nacme,small\n");
    tenants.up().ends_with(0);
    let tenants = on_gitlab(tenants, &fake);
    tenants.scene.run("fleet preview --set tenants").ends_with(0).says("commented on merge request !7");
    tenants.commit("id,size\nacme\n");
    let tenants = on_gitlab(tenants, &fake);
    tenants.scene.run("fleet preview --set tenants").ends_with(80).says("comment updated");
    let body = fake.only();
    assert!(body.contains("acme") && body.contains("it has 1 cell"), "{body}");
    assert!(!body.to_lowercase().contains("nothing to do"), "{body}");
}

#[test]
fn a_run_without_anything_to_do_takes_an_earlier_result_away() {
    let (tenants, file) = with_a_result(Tenants::new("id,size,state\nacme,small,\n"));
    tenants.up().ends_with(0);
    assert!(file.exists());
    tenants.scene.run("fleet up --set tenants --since=HEAD").ends_with(0).says("nothing to do");
    assert!(!file.exists());
}

#[test]
fn a_destroy_of_a_stack_with_a_tombstone_destroys_it_and_removes_no_stack() {
    let tenants = Tenants::new("id,size,state\nacme,small,\nbeta,small,\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size,state\nacme,,removed\nbeta,small,\n");
    tenants
        .scene
        .run("fleet destroy --set tenants acme")
        .ends_with(0)
        .says("set `tenants`: 1 to destroy")
        .never_says("nothing to do");
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
    assert_eq!((tenants.updates("acme"), tenants.updates("beta")), (2, 1));
}
