//! Only what is left to do of a set: rows that are deployed already, and rows that nothing has changed.

use std::os::unix::fs::PermissionsExt as _;

use super::{PROGRAM, SETTINGS, Tenants};
use crate::support::checkout::{Checkout, Event};

/// An entry, by which the ledger has each deployment.
pub(super) const ENTRY: &str = "stacks: { \"*\": { unreviewed: allow } }\n";

/// Two rows.
pub(super) const TWO: &str = "id,size\nacme,small\nbeta,small\n";

/// The set in a job of the default branch, as it is committed now.
pub(super) fn in_a_job(tenants: Tenants) -> Tenants {
    let checkout = Checkout::of(&tenants.scene.program);
    checkout.push("main");
    checkout.git(&["fetch", "-q", "origin"]);
    let variables = checkout.job(Event::Branch("main"));
    let scene = variables.into_iter().fold(tenants.scene, |scene, (name, value)| match value {
        Some(value) => scene.with(name, &value),
        None => scene.without(name),
    });
    Tenants { scene }
}

/// A set whose rows a command prints: one, of the size in the variable `SIZE`.
fn of_a_command() -> Tenants {
    let settings = SETTINGS.replace("rows: tenants.csv", "rows: { run: [./list.sh], as: json, env: [SIZE] }");
    let tenants = Tenants::with_settings(&format!("{settings}{ENTRY}"), "");
    let path = tenants.scene.program.join("list.sh");
    std::fs::write(&path, "#!/bin/sh\necho \"[{\\\"id\\\": \\\"acme\\\", \\\"size\\\": \\\"$SIZE\\\"}]\"\n")
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    tenants.commit("");
    Tenants { scene: tenants.scene.with("SIZE", "small") }
}

/// The numbers of updates of the two rows' stacks.
pub(super) fn updates(tenants: &Tenants) -> [usize; 2] {
    ["acme", "beta"].map(|stack| tenants.updates(stack))
}

#[test]
fn a_row_that_is_deployed_at_this_commit_is_passed_over() {
    let tenants = in_a_job(Tenants::with_settings(&format!("{SETTINGS}{ENTRY}"), TWO));
    let tenants = Tenants { scene: tenants.scene.without("DB_beta") };
    tenants.up().ends_with(80);
    assert_eq!(updates(&tenants), [1, 0]);
    let tenants = Tenants { scene: tenants.scene.with("DB_beta", "hunter2-of-beta") };
    tenants
        .scene
        .run("fleet up --set tenants --resume")
        .ends_with(0)
        .says("tenant/acme: not run: it was deployed at this commit already");
    assert_eq!(updates(&tenants), [1, 1]);
}

#[test]
fn a_row_of_another_commit_is_deployed_again() {
    let tenants = in_a_job(Tenants::with_settings(&format!("{SETTINGS}{ENTRY}"), TWO));
    tenants.up().ends_with(0);
    tenants.commit(TWO);
    let tenants = in_a_job(tenants);
    tenants.scene.run("fleet up --set tenants --resume").ends_with(0);
    assert_eq!(updates(&tenants), [2, 2]);
}

#[test]
fn a_row_that_says_something_else_at_the_same_commit_is_deployed_again() {
    let tenants = in_a_job(of_a_command());
    tenants.up().ends_with(0);
    tenants.scene.run("fleet up --set tenants --resume").ends_with(0).says("not run");
    assert_eq!(tenants.updates("acme"), 1);
    let tenants = Tenants { scene: tenants.scene.with("SIZE", "large") };
    tenants.scene.run("fleet up --set tenants --resume").ends_with(0).never_says("not run");
    assert_eq!((tenants.updates("acme"), tenants.size("acme")), (2, "large".into()));
}

#[test]
fn only_the_rows_that_have_changed_since_a_commit_are_deployed() {
    let tenants = Tenants::new(TWO);
    tenants.up().ends_with(0);
    tenants.commit("id,size\nbeta,small\nacme,large\n");
    tenants
        .scene
        .run("fleet up --set tenants --since=HEAD~1")
        .ends_with(0)
        .says("left out, as nothing that they are made from has changed: 1 stack");
    assert_eq!(updates(&tenants), [2, 1]);
}

#[test]
fn a_tombstone_is_a_change_of_its_row() {
    let tenants = Tenants::new("id,size,state\nacme,small,\nbeta,small,\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size,state\nacme,small,removed\nbeta,small,\n");
    tenants.scene.run("fleet up --set tenants --since=HEAD~1").ends_with(0);
    assert_eq!((tenants.stacks(), tenants.updates("beta")), (vec!["beta".to_owned()], 1));
}

#[test]
fn a_change_of_the_program_or_of_the_settings_affects_every_row() {
    for (file, text) in [
        ("infra/tenant/Pulumi.yaml", format!("{PROGRAM}  more: x\n")),
        ("stackstep.yaml", format!("{SETTINGS}# more\n")),
    ] {
        let tenants = Tenants::new(TWO);
        tenants.scene.write(file, &text);
        tenants.commit(TWO);
        let shown = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").stdout();
        assert!(shown.contains("tenant/acme") && shown.contains("tenant/beta"), "{file}\n{shown}");
    }
}

#[test]
fn where_nothing_has_changed_there_is_nothing_to_do() {
    let tenants = Tenants::new(TWO);
    tenants.scene.write("README.md", "x");
    tenants.commit(TWO);
    tenants.scene.run("fleet up --set tenants --since=HEAD~1").ends_with(0).says("nothing to do");
    assert_eq!(tenants.stacks(), [""; 0]);
}

#[test]
fn a_program_that_names_the_file_of_the_rows_is_affected_by_each_of_them() {
    let tenants = Tenants::new(TWO);
    tenants.scene.write("infra/tenant/Pulumi.yaml", &format!("# reads ../../tenants.csv\n{PROGRAM}"));
    tenants.commit(TWO);
    tenants.commit("id,size\nacme,large\nbeta,small\n");
    let shown = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").stdout();
    assert!(shown.contains("tenant/acme") && shown.contains("tenant/beta"), "{shown}");
}

#[test]
fn what_a_command_has_printed_before_is_not_known() {
    let tenants = of_a_command();
    tenants.commit("");
    let run = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").ends_with(0);
    assert!(run.stdout().contains("tenant/acme"), "{}", run.stdout());
    run.says("it is not known whether 1 rows of the set `tenants` have changed")
        .says("a command prints them");
}

#[test]
fn earlier_rows_that_can_not_be_read_leave_nothing_out() {
    let tenants = Tenants::new("id,size\nacme,\"small\n");
    tenants.commit(TWO);
    let run = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").ends_with(0);
    assert!(run.stdout().contains("tenant/beta"), "{}", run.stdout());
    run.says("they can't be read");
}

#[test]
fn without_a_commit_each_row_is_compared_with_what_its_stack_has_deployed() {
    let tenants = in_a_job(Tenants::with_settings(&format!("{SETTINGS}{ENTRY}"), TWO));
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,large\nbeta,small\n");
    let tenants = in_a_job(tenants);
    tenants.scene.run("fleet up --set tenants --since").ends_with(0);
    assert_eq!(updates(&tenants), [2, 1]);
}

#[test]
fn a_commit_that_is_not_there_and_a_sample_are_refused() {
    let tenants = Tenants::new(TWO);
    tenants.scene.run("fleet up --set tenants --since=nowhere").ends_with(2).says("`nowhere`");
    tenants
        .scene
        .run("fleet preview --set tenants --since=HEAD --skipped 1")
        .ends_with(2)
        .says("`--skipped` can't be set with `--set`");
    assert_eq!(tenants.stacks(), [""; 0]);
}
