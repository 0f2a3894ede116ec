//! Which [`Reason`] a failure has: pure rules over what the engine, the program and the providers said.
//!
//! In doubt [`Reason::Unknown`]: a wrong reason costs more than none.

use super::facts::{Ending, Facts};
use super::model::{Diagnostic, Policies, Severity, Step, StepStatus};
use super::reason::Reason;
use super::rules::{Voice, reason_of};
use super::urn::STACK_TYPE;

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
#[derive(Debug)]
pub(super) struct Finding {
    pub reason: Reason,
    pub message: Option<String>,
}

impl Evidence<'_> {
    /// Why the run did not succeed.
    pub fn judge(&self) -> Finding {
        let found = self.by_ending().or_else(|| self.by_words()).or_else(|| self.by_events());
        let (reason, message) = found.unwrap_or((Reason::Unknown, None));
        Finding { reason, message: message.or_else(|| self.first_words()) }
    }

    /// What we did ourselves, and the statuses that the CLI uses for one thing only:
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/cmd/exit_codes.go>
    fn by_ending(&self) -> Option<(Reason, Option<String>)> {
        let reason = match self.facts.ending {
            Ending::TimedOut => Reason::Timeout,
            Ending::Cancelled { .. } | Ending::Exited(8) => Reason::Cancelled,
            Ending::Signalled(signal) => {
                return Some((Reason::Engine, Some(format!("the engine was killed by signal {signal}"))));
            }
            Ending::NotStarted => Reason::Engine,
            Ending::Exited(3) => Reason::Auth,
            Ending::Exited(6) => Reason::StackNotFound,
            Ending::Exited(7) => Reason::ChangesUnexpected,
            Ending::Exited(_) => return None,
        };
        Some((reason, None))
    }

    /// What was said in words that mean one thing only.
    fn by_words(&self) -> Option<(Reason, Option<String>)> {
        let errors =
            self.errors().find_map(|(text, voice)| Some((reason_of(text, voice)?, Some(text.to_owned()))));
        errors.or_else(|| {
            let mandatory = self.policies.violations.iter().find(|found| found.level == "mandatory")?;
            Some((Reason::Policy, Some(format!("{}: {}", mandatory.policy, mandatory.message))))
        })
    }

    /// What happened: a resource failed, or the program spoke before it ended.
    fn by_events(&self) -> Option<(Reason, Option<String>)> {
        if self.cancelled_by_engine {
            return Some((Reason::Cancelled, None));
        }
        let provider = self.errors().find(|(_, voice)| *voice == Voice::Resource);
        if let Some((text, _)) = provider {
            return Some((Reason::Provider, Some(text.to_owned())));
        }
        if self.steps.iter().any(|step| step.status == StepStatus::Failed) {
            return Some((Reason::Provider, None));
        }
        for (text, voice) in self.program() {
            if let Some(reason) = reason_of(text, voice) {
                return Some((reason, Some(text.to_owned())));
            }
        }
        if let Some(error) = self.internal_error {
            return Some((Reason::Engine, Some(error.to_owned())));
        }
        // The remaining statuses are wide, so they come last.
        let reason = match self.facts.ending {
            Ending::Exited(2) => Reason::Config,
            Ending::Exited(4) => Reason::Provider,
            Ending::Exited(5) => Reason::Policy,
            Ending::Exited(9) => Reason::Timeout,
            Ending::Exited(255) => Reason::Engine,
            _ => return None,
        };
        Some((reason, None))
    }

    /// Errors, the most telling first: those of resources, the others, the engine's standard error.
    fn errors(&self) -> impl Iterator<Item = (&str, Voice)> {
        let (resources, others): (Vec<_>, Vec<_>) =
            self.said(Severity::Error, Voice::Error).partition(|(_, voice)| *voice == Voice::Resource);
        let stderr = std::iter::once((from_error(self.facts.stderr.trim()), Voice::Stderr));
        let all = resources.into_iter().chain(others).chain(stderr);
        all.filter(|(text, _)| !text.is_empty())
    }

    /// What the program wrote, its standard error first.
    fn program(&self) -> impl Iterator<Item = (&str, Voice)> {
        self.said(Severity::ProgramError, Voice::Program).chain(self.said(Severity::Info, Voice::Program))
    }

    fn said(&self, severity: Severity, voice: Voice) -> impl Iterator<Item = (&str, Voice)> {
        let chosen =
            self.diagnostics.iter().filter(move |said| said.severity == severity && !said.says_nothing());
        chosen.map(move |said| {
            let of_resource = said.kind.as_deref().is_some_and(|kind| kind != STACK_TYPE);
            let voice = if voice == Voice::Error && of_resource { Voice::Resource } else { voice };
            (said.message.as_str(), voice)
        })
    }

    fn first_words(&self) -> Option<String> {
        let errors = self.errors().next().map(|(text, _)| text.to_owned());
        errors.or_else(|| Some(self.said(Severity::ProgramError, Voice::Program).next()?.0.to_owned()))
    }
}

/// What stands before the error is talk: which login is used, which version is new.
fn from_error(stderr: &str) -> &str {
    let starts = stderr.match_indices("error: ").map(|(at, _)| at);
    let mut starts =
        starts.filter(|&at| stderr.get(..at).is_none_or(|head| head.is_empty() || head.ends_with('\n')));
    starts.next().and_then(|at| stderr.get(at..)).unwrap_or(stderr)
}
