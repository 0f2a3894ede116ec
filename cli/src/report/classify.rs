//! Which [`Reason`] a failure has: pure rules over what the engine, the program and the providers said.
//!
//! In doubt [`Reason::Unknown`]: a wrong reason costs more than none.

use super::facts::{Ending, Facts};
use super::model::{Diagnostic, Policies, Severity, Step, StepStatus};
use super::reason::Reason;
use super::rules;

/// What there is to judge by.
pub(super) struct Evidence<'a> {
    pub facts: &'a Facts,
    pub diagnostics: &'a [Diagnostic],
    pub policies: &'a Policies,
    pub steps: &'a [Step],
    pub cancelled_by_engine: bool,
    pub internal_error: Option<&'a str>,
}

/// A reason, and the words that it was found in.
pub(super) struct Finding {
    pub reason: Reason,
    pub message: Option<String>,
}

impl Evidence<'_> {
    /// Why the run did not succeed.
    pub fn judge(&self) -> Finding {
        let said = self.said();
        let first = said.first().map(|text| (*text).to_owned());
        let finding = |reason, message: Option<String>| Finding { reason, message };
        match self.facts.ending {
            Ending::TimedOut => return finding(Reason::Timeout, None),
            Ending::Cancelled { .. } => return finding(Reason::Cancelled, None),
            Ending::NotStarted => return finding(Reason::Engine, first),
            Ending::Signalled(signal) => {
                let killed = format!("the engine was killed by signal {signal}");
                return finding(Reason::Engine, Some(killed));
            }
            Ending::Exited(_) => {}
        }
        if let Some((reason, text)) = said.iter().find_map(|text| Some((rules::reason_of(text)?, *text))) {
            return finding(reason, Some(text.to_owned()));
        }
        if let Some(violation) = self.policies.violations.iter().find(|found| found.level == "mandatory") {
            return finding(Reason::Policy, Some(format!("{}: {}", violation.policy, violation.message)));
        }
        if self.cancelled_by_engine {
            return finding(Reason::Cancelled, first);
        }
        if self.steps.iter().any(|step| step.status == StepStatus::Failed) {
            return finding(Reason::Provider, first);
        }
        if let Some(error) = self.internal_error {
            return finding(Reason::Engine, Some(error.to_owned()));
        }
        // The statuses that the CLI declares stable:
        // <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/cmdutil/exit_codes.go>
        let reason = match self.facts.ending {
            Ending::Exited(2) => Reason::Config,
            Ending::Exited(3) => Reason::Auth,
            Ending::Exited(4) => Reason::Provider,
            Ending::Exited(5) => Reason::Policy,
            Ending::Exited(6) => Reason::StackNotFound,
            Ending::Exited(7) => Reason::ChangesUnexpected,
            Ending::Exited(8) => Reason::Cancelled,
            Ending::Exited(9) => Reason::Timeout,
            Ending::Exited(255) => Reason::Engine,
            _ => Reason::Unknown,
        };
        finding(reason, first)
    }

    /// What was said, the most telling first: errors of resources, other errors, standard error, and what
    /// the program itself wrote.
    fn said(&self) -> Vec<&str> {
        let of = |severity: Severity, with_urn: bool| {
            let chosen =
                move |said: &&Diagnostic| said.severity == severity && said.urn.is_some() == with_urn;
            self.diagnostics.iter().filter(chosen).map(|said| said.message.as_str())
        };
        let errors = of(Severity::Error, true).chain(of(Severity::Error, false));
        let program = of(Severity::ProgramError, true).chain(of(Severity::ProgramError, false));
        let all = errors.chain(std::iter::once(self.facts.stderr.trim())).chain(program);
        all.filter(|text| !text.is_empty() && !is_empty_talk(text)).collect()
    }
}

/// "update failed" says nothing that the exit status does not say.
pub(super) fn is_empty_talk(text: &str) -> bool {
    matches!(
        text,
        "update failed"
            | "preview failed"
            | "destroy failed"
            | "refresh failed"
            | "resource monitor shut down while waiting on step's done channel"
    )
}
