//! All stacks of the section, in every project that has them.

use super::{LARGER, Looked, output};
use crate::support::Run;

/// The stacks `prod` of both projects are there.
fn both(section: &str) -> Looked {
    let looked = Looked::with_section(section);
    for project in ["network", "shop"] {
        looked.run(&format!("up -C infra/{project} --stack prod --upsert")).ends_with(0);
    }
    looked
}

fn look(looked: &Looked, more: &str) -> (Run, String) {
    let file = looked.path("all.env");
    let _ = std::fs::remove_file(&file);
    let run = looked.run(&format!("drift --outputs-file {} {more}", file.display()));
    (run, output(&file, "drift"))
}

#[test]
fn each_stack_of_the_section_is_looked_at_in_every_project_that_has_it() {
    let looked = both("{ stacks: [\"prod*\", staging] }").finding(LARGER);
    let (run, drift) = look(&looked, "");
    run.ends_with(0).says(
        "drift is looked for in `prod` in `infra/network`, `prod` in `infra/shop`, `staging` in `infra/shop`",
    );
    assert_eq!(drift, "true");
}

#[test]
fn drift_of_one_is_drift_and_fails_where_that_is_asked_for() {
    let looked = both("{ stacks: [prod, staging] }");
    let (run, drift) = look(&looked, "--fail-on-drift");
    run.ends_with(0);
    assert_eq!(drift, "false");
    let looked = looked
        .finding("resources: [{ match: \"urn:pulumi:prod::shop::**\", on: [read], drift: { size: 20 } }]");
    let (run, drift) = look(&looked, "--fail-on-drift");
    run.ends_with(7);
    assert_eq!(drift, "true");
}

#[test]
fn what_is_not_known_of_some_is_done_in_part() {
    let looked = both("{ stacks: [prod, staging] }");
    looked.lock();
    let (run, drift) = look(&looked, "");
    run.ends_with(80);
    assert_eq!(drift, "unknown");
    let looked = Looked::new();
    looked.lock();
    let (run, drift) = look(&looked, "");
    run.ends_with(79);
    assert_eq!(drift, "unknown");
}

#[test]
fn without_a_stack_or_a_section_it_is_said_what_is_missing() {
    let looked = Looked::with_section("{ min-interval: 1h }");
    looked.run("drift").ends_with(2).says("has no `drift.stacks`");
    let looked = Looked::with_section("{ stacks: [nowhere] }");
    looked
        .run("drift")
        .ends_with(2)
        .says("no project of the repository has a configuration file of a stack `nowhere`");
}

#[test]
fn no_more_issues_are_opened_than_one_run_may() {
    let (looked, fake) = both("{ stacks: [prod, staging], max-issues: 2 }").finding(LARGER).on("gitlab");
    look(&looked, "").0.ends_with(0).says("as many as `drift.max-issues` allows");
    assert_eq!(fake.memory().issues.len(), 2);
    look(&looked, "").0.ends_with(0);
    assert_eq!(fake.memory().issues.len(), 3, "the next run opens the rest");
    look(&looked, "").0.ends_with(0);
    assert_eq!(fake.memory().issues.len(), 3);
}
