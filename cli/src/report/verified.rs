//! What the checks after a deployment mean for the run.

use super::checks::{CheckOutcome, CheckResult};
use super::model::{Report, Status};
use crate::base::error::{EXIT_CHECK_FAILED, EXIT_CHECK_UNCLEAR};
use crate::base::reason::Reason;
use crate::base::words::enum_of_words;

enum_of_words! {
    /// What an inconclusive check means for the run.
    pub enum Inconclusive {
        /// The run fails.
        Fail = "fail",
        /// The run passes, and the report says it.
        Pass = "pass",
    }
}

/// Checks that a message names; the report has all of them.
const NAMED: usize = 3;

impl Report {
    /// The outcome of all checks together, which is the worst of them. None if there are none.
    pub fn verified(&self) -> Option<CheckOutcome> {
        self.checks.iter().map(|check| check.outcome).max()
    }

    /// How many checks had this outcome.
    pub fn checks_with(&self, outcome: CheckOutcome) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }

    /// Takes in the results of the checks after a deployment that succeeded. One that failed, or was inconclusive where
    /// that fails, is the run's failure; what was deployed is all the same. `stopped_by` is the signal that ended them.
    pub fn take_checks(
        &mut self,
        results: Vec<CheckResult>,
        inconclusive: Inconclusive,
        stopped_by: Option<u8>,
    ) {
        self.checks = results;
        let (reason, exit_code) = match (self.verified(), stopped_by) {
            (_, Some(signal)) => (Reason::Cancelled, 128 + i32::from(signal)),
            (Some(CheckOutcome::Failed), None) => (Reason::Verification, i32::from(EXIT_CHECK_FAILED)),
            (Some(CheckOutcome::Inconclusive), None) if inconclusive == Inconclusive::Fail => {
                (Reason::Verification, i32::from(EXIT_CHECK_UNCLEAR))
            }
            _ => return,
        };
        self.status = if stopped_by.is_some() { Status::Cancelled } else { Status::Failed };
        self.reason = Some(reason);
        self.exit_code = exit_code;
        self.message = Some(self.check_message(stopped_by.is_some()));
        self.hint = Some(self.check_hint(stopped_by.is_some()).to_owned());
    }

    /// "deployed, but 1 of 3 checks failed: health: status 503, and 200 was wanted".
    fn check_message(&self, stopped: bool) -> String {
        if stopped {
            return "deployed, but the checks after it were stopped".to_owned();
        }
        let worst = self.verified().unwrap_or(CheckOutcome::Passed);
        let bad: Vec<&CheckResult> = self.checks.iter().filter(|check| check.outcome == worst).collect();
        let named: Vec<String> = bad.iter().take(NAMED).map(|check| check.in_one_line()).collect();
        let more = if bad.len() > NAMED { "; …" } else { "" };
        format!("deployed, but {}: {}{more}", self.check_counts().unwrap_or_default(), named.join("; "))
    }

    fn check_hint(&self, stopped: bool) -> &'static str {
        let was_bad = |check: &CheckResult| {
            check.outcome != CheckOutcome::Failed || check.before == Some(CheckOutcome::Failed)
        };
        match self.verified() {
            _ if stopped => "what was deployed stays; run the job again to have it checked",
            Some(CheckOutcome::Failed) if self.checks.iter().all(was_bad) => {
                "it failed before this deployment as well: look at what the check asks before what was deployed"
            }
            Some(CheckOutcome::Failed) => Reason::Verification.way_out(self.command),
            _ => {
                "what was deployed stays, and whether it works is not known: see why the check had no clear result, and \
                 run the job again; `inconclusive: pass` in `stackstep.yaml` lets such a run pass"
            }
        }
    }

    /// "1 of 3 checks failed", "2 of 3 checks inconclusive"; none if all have passed.
    pub fn check_counts(&self) -> Option<String> {
        let all = self.checks.len();
        let many = if all == 1 { "check" } else { "checks" };
        let [failed, unclear] =
            [CheckOutcome::Failed, CheckOutcome::Inconclusive].map(|outcome| self.checks_with(outcome));
        match (failed, unclear) {
            (0, 0) => None,
            (0, unclear) => Some(format!("{unclear} of {all} {many} inconclusive")),
            (failed, 0) => Some(format!("{failed} of {all} {many} failed")),
            (failed, unclear) => Some(format!("{failed} of {all} {many} failed, {unclear} inconclusive")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::checks::CheckKind;
    use crate::report::{Ending, Events, Facts, Operation, report};

    fn checked(outcomes: &[CheckOutcome], inconclusive: Inconclusive) -> Report {
        let mut report = report(Events::default(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
        let names = ["one", "two", "three", "four", "five"];
        let result = |(name, outcome): (&&str, &CheckOutcome)| CheckResult {
            message: (*outcome != CheckOutcome::Passed).then(|| "no answer".to_owned()),
            ..CheckResult::new(*name, CheckKind::Http, *outcome)
        };
        report.take_checks(names.iter().zip(outcomes).map(result).collect(), inconclusive, None);
        report
    }

    const PASSED: CheckOutcome = CheckOutcome::Passed;
    const FAILED: CheckOutcome = CheckOutcome::Failed;
    const UNCLEAR: CheckOutcome = CheckOutcome::Inconclusive;

    #[test]
    fn a_check_that_failed_fails_the_run_whatever_the_others_say() {
        let report = checked(&[PASSED, UNCLEAR, FAILED], Inconclusive::Pass);
        assert_eq!((report.status, report.exit_code), (Status::Failed, 77));
        assert_eq!(report.reason, Some(Reason::Verification));
        assert_eq!(
            report.message.as_deref(),
            Some("deployed, but 1 of 3 checks failed, 1 inconclusive: three: no answer")
        );
    }

    #[test]
    fn an_inconclusive_check_fails_the_run_unless_it_may_pass_and_is_told_in_either_case() {
        let failed = checked(&[PASSED, UNCLEAR], Inconclusive::Fail);
        assert_eq!((failed.status, failed.exit_code), (Status::Failed, 78));
        let passed = checked(&[PASSED, UNCLEAR], Inconclusive::Pass);
        assert_eq!((passed.status, passed.exit_code, passed.reason), (Status::Succeeded, 0, None));
        assert_eq!(passed.check_counts().as_deref(), Some("1 of 2 checks inconclusive"));
    }

    #[test]
    fn checks_that_pass_change_nothing() {
        let report = checked(&[PASSED, PASSED], Inconclusive::Fail);
        assert_eq!((report.status, report.exit_code, report.check_counts()), (Status::Succeeded, 0, None));
    }

    #[test]
    fn no_more_checks_are_named_than_a_line_holds() {
        let message = checked(&[FAILED; 5], Inconclusive::Fail).message.unwrap();
        assert!(
            message.contains("three") && !message.contains("four") && message.ends_with("…"),
            "{message}"
        );
    }

    #[test]
    fn a_signal_makes_the_run_cancelled_and_not_failed() {
        let mut report = checked(&[], Inconclusive::Fail);
        report.take_checks(
            vec![CheckResult::new("one", CheckKind::Tcp, UNCLEAR)],
            Inconclusive::Fail,
            Some(15),
        );
        assert_eq!((report.status, report.exit_code), (Status::Cancelled, 143));
    }

    #[test]
    fn a_check_that_had_failed_before_is_not_blamed_on_the_deployment() {
        let mut report = checked(&[], Inconclusive::Fail);
        let before = CheckResult { before: Some(FAILED), ..CheckResult::new("one", CheckKind::Http, FAILED) };
        report.take_checks(vec![before], Inconclusive::Fail, None);
        assert!(report.hint.unwrap().starts_with("it failed before this deployment as well"));
    }
}
