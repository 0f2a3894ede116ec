//! The brake of a set's fleet: what all rows together would change is known before anything is begun.

use serde_json::Value;

use super::{SETTINGS, Tenants};
use crate::support::checkout::Checkout;
use crate::support::json;

/// Three stacks that are there, and then this section.
fn three(section: &str) -> Tenants {
    let tenants = Tenants::new("id,size,state\nacme,small,\nbeta,small,\ngamma,small,\n");
    tenants.up().ends_with(0);
    tenants.scene.write("stackstep.yaml", &format!("{SETTINGS}{section}"));
    tenants
}

fn updates(tenants: &Tenants) -> [usize; 3] {
    ["acme", "beta", "gamma"].map(|stack| tenants.updates(stack))
}

#[test]
fn more_changes_than_may_be_are_known_before_anything_is_begun() {
    let tenants = three("fleet: { max-changes: 2, parallel-stacks: 3 }\n");
    tenants.commit("id,size,state\nacme,large,\nbeta,large,\ngamma,large,\n");
    tenants
        .up()
        .ends_with(74)
        .says("all stacks are previewed first")
        .says("3 resources are changed, and `fleet.max-changes` allows 2")
        .never_says("hunter2");
    assert_eq!(updates(&tenants), [1, 1, 1]);
    assert_eq!(Checkout::of(&tenants.scene.program).git(&["status", "--porcelain"]), "");
}

#[test]
fn what_the_limit_allows_is_done_after_the_previews() {
    let tenants = three("fleet: { max-changes: 3, parallel-stacks: 3 }\n");
    tenants.commit("id,size,state\nacme,large,\nbeta,large,\ngamma,large,\n");
    tenants.up().ends_with(0).says("all stacks are previewed first");
    assert_eq!((updates(&tenants), tenants.size("gamma")), ([2, 2, 2], "large".into()));
}

#[test]
fn what_a_tombstone_would_delete_is_counted_before_it_is_done() {
    let tenants = three("fleet: { max-deletes: 0 }\n");
    tenants.commit("id,size,state\nacme,small,removed\nbeta,large,\ngamma,small,\n");
    tenants.up().ends_with(74).says("deleted or replaced, and `fleet.max-deletes` allows 0");
    assert_eq!((tenants.stacks().len(), updates(&tenants)), (3, [1, 1, 1]));
}

#[test]
fn all_stacks_of_a_set_are_not_destroyed_against_the_brake() {
    let tenants = three("fleet: { max-deletes: 2 }\n");
    tenants.commit("id,size,state\nacme,small,\nbeta,small,\ngamma,small,\n");
    tenants.scene.run("fleet destroy --set tenants --all").ends_with(74).says("`fleet.max-deletes` allows 2");
    assert_eq!(updates(&tenants), [1, 1, 1]);
}

#[test]
fn a_new_stack_deletes_nothing() {
    let settings = format!("{SETTINGS}fleet: {{ max-deletes: 0 }}\n");
    let tenants = Tenants::with_settings(&settings, "id,size\nacme,small\n");
    tenants.up().ends_with(0).says("tenant/acme: not run: it is a new stack: its changes are not known");
    assert_eq!(tenants.stacks(), ["acme"]);
}

#[test]
fn what_a_new_stack_would_change_is_not_known_unless_the_set_says_it() {
    let settings = format!("{SETTINGS}fleet: {{ max-changes: 9 }}\n");
    let tenants = Tenants::with_settings(&settings, "id,size\nacme,small\nbeta,small\n");
    tenants
        .up()
        .ends_with(74)
        .says("it is not known what `tenant/acme` would change, as it is a new stack")
        .says("`new-stack-changes`");
    let counted = settings.replace("max-created: 5", "max-created: 5\n    new-stack-changes: 5");
    tenants.scene.write("stackstep.yaml", &counted);
    tenants.up().ends_with(74).says("10 resources are changed, and `fleet.max-changes` allows 9");
    assert_eq!(tenants.stacks(), [""; 0]);
    tenants.scene.write("stackstep.yaml", &counted.replace("max-changes: 9", "max-changes: 10"));
    tenants.up().ends_with(0);
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
}

#[test]
fn a_new_stack_counts_as_something() {
    let settings = SETTINGS.replace("max-created: 5", "new-stack-changes: 0");
    Tenants::with_settings(&settings, "id,size\nacme,small\n").up().ends_with(2).says("new-stack-changes");
}

#[test]
fn a_preview_shows_a_new_stack_as_one_of_which_the_changes_are_not_known() {
    let tenants = Tenants::new("id,size\nacme,small\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,large\nbeta,small\n");
    let path = tenants.scene.root().join("fleet.json");
    let line = format!("fleet preview --set tenants --result-file {}", path.display());
    tenants.scene.run(&line).ends_with(0).says("tenant/beta: not run: it is a new stack");
    let page = json(&path);
    let beta = page["stacks"].as_array().unwrap().iter().find(|one| one["stack"] == "beta").unwrap();
    assert_eq!(beta["end"]["not_run"], "it is a new stack: its changes are not known");
    assert_eq!((&beta["end"]["changes"], &beta["end"]["has_changes"]), (&Value::Null, &Value::Null));
    assert_eq!(tenants.stacks(), ["acme"]);
}
