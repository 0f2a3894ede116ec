//! What a look makes of its report, and when it is too soon for another one.

use std::time::{Duration, UNIX_EPOCH};

use super::{ends_by_itself, is_recent, judge};
use crate::base::moment::Moment;
use crate::report::{
    DriftAcceptance, DriftOutcome, Ending, Events, Facts, Operation, Reason, Report, Status, report,
};

fn looked() -> Report {
    let mut report = report(Events::default(), Facts::new(Operation::Refresh, "prod", Ending::Exited(0), 0));
    report.has_changes = Some(true);
    report
}

fn found(found: bool) -> DriftOutcome {
    DriftOutcome { found: Some(found), ..DriftOutcome::default() }
}

#[test]
fn drift_fails_a_run_only_where_that_is_asked_for_and_nobody_has_accepted_it() {
    let accepted = DriftOutcome {
        accepted: Some(DriftAcceptance { by: Some("ann".to_owned()), ..DriftAcceptance::default() }),
        ..found(true)
    };
    for (outcome, fails, expected) in [
        (found(true), true, (Status::Failed, 7)),
        (found(true), false, (Status::Succeeded, 0)),
        (found(false), true, (Status::Succeeded, 0)),
        (accepted, true, (Status::Succeeded, 0)),
    ] {
        let mut report = looked();
        judge(&mut report, &outcome, fails);
        assert_eq!((report.status, report.exit_code), expected, "{outcome:?} {fails}");
    }
}

#[test]
fn what_is_not_known_is_79_whatever_the_engine_has_said_and_never_no_drift() {
    for fails in [true, false] {
        let mut report = looked();
        report.has_changes = Some(false);
        judge(&mut report, &DriftOutcome::not_known("the lock of ci@a"), fails);
        assert_eq!(
            (report.status, report.exit_code, report.reason),
            (Status::Failed, 79, Some(Reason::Incomplete))
        );
        assert_eq!((report.has_changes, report.changes, report.incomplete), (None, None, true));
        assert!(report.message.unwrap().ends_with("is not known: the lock of ci@a"));
    }
}

#[test]
fn a_run_that_was_stopped_or_could_not_sign_in_keeps_its_own_status() {
    let of = |status, exit_code| {
        let mut report = looked();
        (report.status, report.exit_code) = (status, exit_code);
        ends_by_itself(&report)
    };
    assert!(
        of(Status::Cancelled, 143)
            && of(Status::Failed, 70)
            && of(Status::Failed, 3)
            && of(Status::Failed, 6)
    );
    assert!(!of(Status::Failed, 255) && !of(Status::Failed, 79) && !of(Status::Succeeded, 0));
}

#[test]
fn a_look_is_recent_until_the_interval_is_over_and_one_of_the_future_is_not() {
    let at = |text: &str| UNIX_EPOCH + Duration::from_secs(Moment::parse(text).unwrap().unix());
    let hour = Duration::from_secs(3600);
    let look = "2026-11-30T10:00:00Z";
    assert!(is_recent(look, hour, at("2026-11-30T10:59:59Z")));
    assert!(!is_recent(look, hour, at("2026-11-30T11:00:00Z")));
    assert!(!is_recent(look, hour, at("2026-11-30T09:00:00Z")));
    assert!(!is_recent("yesterday", hour, at(look)));
}
