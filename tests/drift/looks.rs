//! One look at one stack.

use super::{LARGER, Looked};

#[test]
fn what_is_as_it_was_deployed_is_no_drift() {
    let looked = Looked::new();
    looked.look("--fail-on-drift").ends_with(0).says("no drift");
    assert_eq!(looked.output(), "false");
    assert_eq!(looked.result()["drift"]["found"], false);
    assert_eq!(looked.last_entry()["status"], "none");
}

#[test]
fn what_differs_is_named_with_its_properties_and_passes() {
    let looked = Looked::new().finding(LARGER);
    looked.look("").ends_with(0);
    assert_eq!(looked.output(), "true");
    let result = looked.result();
    assert_eq!(result["drift"]["found"], true);
    assert_eq!(result["steps"][0]["name"], "thing");
    assert_eq!(result["steps"][0]["diffs"][0]["path"], "size");
    let entry = looked.last_entry();
    assert_eq!((entry["kind"].as_str(), entry["status"].as_str()), (Some("drift"), Some("found")));
    assert_eq!(entry["digest"], result["drift"]["digest"]);
}

#[test]
fn what_differs_fails_the_step_where_that_is_asked_for() {
    let looked = Looked::new().finding(LARGER);
    let junit = looked.path("junit.xml");
    looked
        .look(&format!("--fail-on-drift --junit-file {}", junit.display()))
        .ends_with(7)
        .says("accept --drift");
    assert_eq!(looked.output(), "true");
    assert_eq!(looked.result()["reason"], "changes-unexpected");
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("name=\"drift thing\"") && junit.contains("it differs in size"), "{junit}");
}

#[test]
fn what_is_gone_is_drift() {
    let looked = Looked::new().finding("resources: [{ match: thing, on: [read], gone: true }]");
    looked.look("--fail-on-drift").ends_with(7);
    assert_eq!(looked.result()["steps"][0]["operation"], "delete");
}

#[test]
fn a_look_changes_nothing_and_takes_no_lock() {
    let looked = Looked::new().finding(LARGER);
    let state = looked.path("state/.pulumi/stacks/shop/staging.json");
    let before = std::fs::read(&state).unwrap();
    looked.look("").ends_with(0);
    assert_eq!(std::fs::read(&state).unwrap(), before);
    looked.look("").ends_with(0);
}

#[test]
fn beside_somebody_who_works_on_the_stack_it_is_not_known() {
    for faults in [LARGER, "{}"] {
        let looked = Looked::new().finding(faults);
        let lock = looked.lock();
        looked.look("").ends_with(79).says("the lock of ann@laptop").never_says("no drift");
        assert_eq!(looked.output(), "unknown");
        let result = looked.result();
        assert!(result["drift"]["found"].is_null() && result["has_changes"].is_null());
        assert_eq!(looked.last_entry()["status"], "not-known");
        std::fs::remove_file(lock).unwrap();
        looked.look("").ends_with(0);
        assert_ne!(looked.output(), "unknown");
    }
}

#[test]
fn a_provider_that_can_not_be_read_and_a_log_that_is_cut_are_not_known() {
    for (faults, said) in [
        (
            "resources: [{ match: thing, on: [read], fail: the service is away, in-preview: true }]",
            "the service is away",
        ),
        ("event-log: { stops-after: 2 }", "is not known"),
        ("event-log: { missing: true }", "is not known"),
    ] {
        let looked = Looked::new().finding(faults);
        looked.look("").ends_with(79).says(said).never_says("no drift");
        assert_eq!(looked.output(), "unknown", "{faults}");
        assert!(looked.result()["drift"]["why"].as_str().is_some_and(|why| !why.is_empty()), "{faults}");
    }
}

#[test]
fn what_is_ignored_is_no_drift_and_is_named() {
    let looked = Looked::with_section("{ stacks: [staging], ignore: [\"demo:*#size\"] }").finding(LARGER);
    looked
        .look("--fail-on-drift")
        .ends_with(0)
        .says("no drift")
        .says("not counted, by `drift.ignore`: `thing#size`");
    assert_eq!(looked.output(), "false");
    assert_eq!(looked.result()["drift"]["ignored"][0], "thing#size");
}

#[test]
fn a_stack_is_not_looked_at_twice_within_the_interval() {
    let looked = Looked::with_section("{ stacks: [staging], min-interval: 12h }");
    looked.look("").ends_with(0);
    let again = looked.finding(LARGER);
    again.look("--fail-on-drift").ends_with(0).says("it is not looked at twice within 12h");
    assert_eq!((again.output().as_str(), again.result()["status"].as_str()), ("", Some("skipped")));
    assert_eq!(again.kinds().iter().filter(|kind| *kind == "drift").count(), 1);
}

#[test]
fn an_unknown_look_does_not_count_as_one() {
    let looked = Looked::with_section("{ stacks: [staging], min-interval: 12h }");
    let lock = looked.lock();
    looked.look("").ends_with(79);
    std::fs::remove_file(lock).unwrap();
    looked.look("").ends_with(0).says("no drift");
}

#[test]
fn a_change_s_own_job_does_not_look() {
    let looked = Looked::new();
    let job = Looked { repository: looked.repository.on_merge_request("wip") };
    job.look("").ends_with(73).says("`drift` is refused: this job is for change request 7");
    assert_eq!(job.kinds().iter().filter(|kind| *kind == "drift").count(), 0);
}

#[test]
fn a_secret_is_never_shown() {
    let faults = "resources: [{ match: thing, on: [read], drift: { size: hunter2-hunter2 } }]";
    let looked = Looked::new().finding(faults).with("PULUMI_ACCESS_TOKEN", "hunter2-hunter2");
    let report = looked.path("report.html");
    looked.look(&format!("--report-file {}", report.display())).ends_with(0).never_says("hunter2-hunter2");
    for text in [
        std::fs::read_to_string(report).unwrap(),
        looked.result().to_string(),
        looked.last_entry().to_string(),
    ] {
        assert!(!text.contains("hunter2-hunter2"), "{text}");
    }
}

#[test]
fn a_step_asks_for_it_by_its_command() {
    let looked = Looked::new().finding(LARGER).with("STACKSTEP_COMMAND", "drift");
    looked.run("run -C infra/shop --stack staging --fail-on-drift").ends_with(7);
}

#[test]
fn a_stack_that_is_not_there_is_not_known_to_have_none() {
    let looked = Looked::new();
    looked.repository.scene.write("infra/shop/Pulumi.other.yaml", "config: {}\n");
    looked.run("drift -C infra/shop --stack other").ends_with(6).never_says("no drift");
}
