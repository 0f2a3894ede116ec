//! The event that a report is.

use crate::base::error::{
    EXIT_APPROVAL, EXIT_CHECK_FAILED, EXIT_CHECK_UNCLEAR, EXIT_REFUSED, EXIT_REVIEWED, EXIT_RULES,
};
use crate::delivery::notify::NotifyEvent;
use crate::engine::job::Job;
use crate::inputs::Effect;
use crate::report::{Operation, Reason, Report, Status, StepStatus};

/// The event of a run with this report. None for a run that deploys nothing, one that succeeded or was skipped, a stranger's,
/// and one that was cancelled before it had begun to change anything.
pub fn event_of(job: &Job<'_>, report: &Report) -> Option<NotifyEvent> {
    let changes = job.inputs.command.effect() == Effect::Changes && !job.inputs.operation.preview_only;
    if changes { event_of_deployment(report) } else { None }
}

fn event_of_deployment(report: &Report) -> Option<NotifyEvent> {
    let has_begun = !report.preview_only
        && (report.incomplete || report.steps.iter().any(|step| step.status != StepStatus::Planned));
    match report.status {
        Status::Succeeded | Status::Skipped => return None,
        Status::Failed if report.reason == Some(Reason::Untrusted) => return None,
        Status::Cancelled if !has_begun => return None,
        Status::Failed | Status::Cancelled => {}
    }
    let failed = match report.command {
        Operation::Destroy => NotifyEvent::DestroyFailed,
        _ => NotifyEvent::Failed,
    };
    if report.status == Status::Cancelled {
        return Some(failed);
    }
    Some(match u8::try_from(report.exit_code) {
        Ok(EXIT_APPROVAL) => NotifyEvent::Waiting,
        Ok(EXIT_REFUSED | EXIT_RULES | EXIT_REVIEWED) => NotifyEvent::Refused,
        Ok(EXIT_CHECK_FAILED | EXIT_CHECK_UNCLEAR) => NotifyEvent::VerificationFailed,
        _ => failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Ending, Events, Facts, Step};

    fn report(command: Operation, status: Status, exit_code: i32) -> Report {
        let facts = Facts::new(command, "prod", Ending::NotStarted, exit_code);
        Report { status, exit_code, ..crate::report::report(Events::default(), facts) }
    }

    fn step(status: StepStatus) -> Step {
        let json = serde_json::json!({
            "urn": "u", "type": "t", "name": "n", "operation": "create", "status": "done", "parent": null,
            "began": null, "ended": null, "id": null, "retained": false, "replace_keys": [], "diffs": [],
            "more_diffs": 0,
        });
        Step { status, ..serde_json::from_value(json).unwrap() }
    }

    #[test]
    fn each_exit_status_has_its_event() {
        for (exit_code, event) in [
            (75, NotifyEvent::Waiting),
            (73, NotifyEvent::Refused),
            (74, NotifyEvent::Refused),
            (76, NotifyEvent::Refused),
            (77, NotifyEvent::VerificationFailed),
            (78, NotifyEvent::VerificationFailed),
            (255, NotifyEvent::Failed),
            (70, NotifyEvent::Failed),
            (2, NotifyEvent::Failed),
        ] {
            let report = report(Operation::Up, Status::Failed, exit_code);
            assert_eq!(event_of_deployment(&report), Some(event), "{exit_code}");
        }
    }

    #[test]
    fn a_destruction_that_failed_has_an_event_of_its_own_and_one_that_was_refused_has_not() {
        let of = |exit_code| event_of_deployment(&report(Operation::Destroy, Status::Failed, exit_code));
        assert_eq!(of(255), Some(NotifyEvent::DestroyFailed));
        assert_eq!(of(74), Some(NotifyEvent::Refused));
    }

    #[test]
    fn a_run_that_was_cancelled_before_it_changed_anything_says_nothing() {
        let mut report = report(Operation::Up, Status::Cancelled, 143);
        report.incomplete = false;
        assert_eq!(event_of_deployment(&report), None);
        report.steps = vec![step(StepStatus::Planned)];
        assert_eq!(event_of_deployment(&report), None);
        report.steps = vec![step(StepStatus::Unfinished)];
        assert_eq!(event_of_deployment(&report), Some(NotifyEvent::Failed));
        report.preview_only = true;
        assert_eq!(event_of_deployment(&report), None, "it was a preview");
    }

    #[test]
    fn what_succeeded_what_was_skipped_and_what_is_a_strangers_says_nothing() {
        for status in [Status::Succeeded, Status::Skipped] {
            assert_eq!(event_of_deployment(&report(Operation::Up, status, 0)), None);
        }
        let mut untrusted = report(Operation::Up, Status::Failed, 73);
        untrusted.reason = Some(Reason::Untrusted);
        assert_eq!(event_of_deployment(&untrusted), None);
    }
}
