//! Whether a stack was at rest while it was looked at. What is found beside a deployment is half of that deployment, and no
//! drift; what is not found beside one may be there.

use crate::report::{Report, Severity, Status, StepStatus};

/// What was seen of a stack at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackAtRest {
    /// The identity of its state, or the reason why it is not known.
    pub identity: Result<String, String>,
    /// Who works on it, one line each. None if the backend tells the engine only.
    pub at_work: Option<Vec<String>>,
}

/// The reason why what was found between two moments is not known to be drift. None if the stack was at rest.
pub fn was_not_at_rest(before: &StackAtRest, after: &StackAtRest) -> Option<String> {
    let at_work = |seen: &StackAtRest| seen.at_work.iter().flatten().next().cloned();
    if let Some(holder) = at_work(before).or_else(|| at_work(after)) {
        return Some(format!("somebody works on the stack: {holder}"));
    }
    match (&before.identity, &after.identity) {
        (Ok(before), Ok(after)) if before == after => None,
        (Ok(_), Ok(_)) => Some("somebody has deployed the stack while it was looked at".to_owned()),
        (Err(why), _) | (_, Err(why)) => {
            Some(format!("whether somebody has deployed the stack meanwhile is not known: {why}"))
        }
    }
}

/// The reason why a look's own report does not tell whether there is drift. None if it does.
pub fn why_not_told(report: &Report) -> Option<String> {
    let said = || report.message.clone().unwrap_or_else(|| "the engine did not say why".to_owned());
    if report.status != Status::Succeeded {
        return Some(said());
    }
    if report.has_changes.is_none() {
        return Some("the engine's event log is missing or could not be read whole".to_owned());
    }
    let bad = |status| matches!(status, StepStatus::Failed | StepStatus::Unfinished);
    if let Some(step) = report.steps.iter().find(|step| bad(step.status)) {
        return Some(format!("`{}` could not be read", step.name));
    }
    let error = report.diagnostics.iter().find(|said| said.severity == Severity::Error);
    error.map(|error| error.message.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::found::tests::looked;
    use super::*;
    use crate::report::Diagnostic;

    fn seen(identity: Result<&str, &str>, at_work: Option<&[&str]>) -> StackAtRest {
        let owned = |text: &str| text.to_owned();
        StackAtRest {
            identity: identity.map(owned).map_err(owned),
            at_work: at_work.map(|all| all.iter().map(|one| owned(one)).collect()),
        }
    }

    #[test]
    fn a_stack_is_at_rest_if_its_state_stays_and_nobody_holds_a_lock() {
        let rest = seen(Ok("a"), Some(&[]));
        assert_eq!(was_not_at_rest(&rest, &rest), None);
        let of_a_database = seen(Ok("a"), None);
        assert_eq!(was_not_at_rest(&of_a_database, &of_a_database), None);
        for (other, why) in [
            (seen(Ok("b"), Some(&[])), "has deployed the stack while"),
            (seen(Ok("a"), Some(&["the lock of ci@a"])), "works on the stack: the lock of ci@a"),
            (seen(Err("no answer"), Some(&[])), "is not known: no answer"),
        ] {
            for pair in [(&rest, &other), (&other, &rest)] {
                let said = was_not_at_rest(pair.0, pair.1).unwrap();
                assert!(said.contains(why), "{said}");
            }
        }
    }

    #[test]
    fn a_report_that_failed_or_is_cut_or_has_an_error_tells_nothing() {
        assert_eq!(why_not_told(&looked(&[("a", "update", &[])])), None);
        let mut failed = looked(&[]);
        (failed.status, failed.message) = (Status::Failed, Some("the service is away".to_owned()));
        assert_eq!(why_not_told(&failed).unwrap(), "the service is away");
        let mut cut = looked(&[]);
        cut.has_changes = None;
        assert!(why_not_told(&cut).unwrap().contains("event log"));
        let mut step = looked(&[("a", "update", &[])]);
        step.steps[0].status = StepStatus::Unfinished;
        assert!(why_not_told(&step).unwrap().contains("`a` could not be read"));
        let mut said = looked(&[]);
        said.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            urn: None,
            name: None,
            kind: None,
            message: "no such region".to_owned(),
            times: 1,
        });
        assert_eq!(why_not_told(&said).unwrap(), "no such region");
    }
}
