//! Which [`Reason`] a failure has: pure rules over what the engine, the program and the providers said.
//!
//! In doubt [`Reason::Unknown`]: a wrong reason costs more than none.

use super::facts::{Ending, Facts};
use super::model::{Diagnostic, Policies, Severity, Step, StepStatus};
use super::rules::{Voice, crash, is_provider_gone, reason_of};
use super::telling::telling_from;
use super::urn::STACK_TYPE;
use crate::base::reason::Reason;

/// What there is to judge by.
pub(super) struct Evidence<'a> {
    pub facts: &'a Facts,
    pub diagnostics: &'a [Diagnostic],
    pub policies: &'a Policies,
    pub steps: &'a [Step],
    /// Whether the engine had registered the stack: its program was running.
    pub program_ran: bool,
    pub cancelled_by_engine: bool,
    pub internal_error: Option<&'a str>,
    /// Whether the engine wrote its summary: the log goes on to its end.
    pub summarised: bool,
}

/// A reason, and the words that it was found in.
#[derive(Debug)]
pub(super) struct ReasonFound {
    pub reason: Reason,
    pub message: Option<String>,
}

impl Evidence<'_> {
    /// Why the run did not succeed.
    pub fn judge(&self) -> ReasonFound {
        let found = self.by_ending().or_else(|| self.by_words()).or_else(|| self.by_events());
        let (reason, message) = found.unwrap_or((Reason::Unknown, None));
        let message = message.filter(|text| !only_says_that_it_failed(text)).or_else(|| self.first_words());
        ReasonFound { reason, message: message.map(|text| self.in_words(&text)) }
    }

    /// Whether nothing is left half-done: the engine came to its end, and no resource was begun without an end, or
    /// failed.
    pub fn ended_well(&self) -> bool {
        let left = |step: &Step| matches!(step.status, StepStatus::Unfinished | StepStatus::Failed);
        self.summarised && !self.steps.iter().any(left)
    }

    /// The message with the line that matters first; what gRPC says of a process that is gone needs words of its own.
    fn in_words(&self, text: &str) -> String {
        let text = telling_from(text, self.facts.folders.as_ref());
        if is_provider_gone(&text) {
            return format!(
                "a provider's process ended before it answered: cancelled, or out of memory?\n{text}"
            );
        }
        text
    }

    /// What we did ourselves, and the statuses that the CLI uses for one thing only:
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/cmd/exit_codes.go>
    fn by_ending(&self) -> Option<(Reason, Option<String>)> {
        let reason = match self.facts.ending {
            Ending::TimedOut => Reason::Timeout,
            Ending::Halted => Reason::Reviewed,
            Ending::Cancelled { .. } | Ending::Exited(8) => Reason::Cancelled,
            Ending::Signalled(signal) => {
                return Some((Reason::Engine, Some(format!("the engine was killed by signal {signal}"))));
            }
            Ending::NotStarted => Reason::Engine,
            Ending::Exited(2) => {
                let line = crash(&self.facts.stderr)?;
                return Some((Reason::Engine, Some(format!("the engine crashed: {line}"))));
            }
            Ending::Exited(3) => Reason::Auth,
            Ending::Exited(6) => Reason::StackNotFound,
            Ending::Exited(7) => Reason::ChangesUnexpected,
            Ending::Exited(_) => return None,
        };
        Some((reason, None))
    }

    /// What was said in words that mean one thing only.
    fn by_words(&self) -> Option<(Reason, Option<String>)> {
        let errors = self.errors().find_map(|(text, voice)| {
            let reason = reason_of(text, voice).filter(|reason| !self.only_follows(*reason, text))?;
            Some((reason, Some(text.to_owned())))
        });
        errors.or_else(|| {
            let mandatory = self.policies.violations.iter().find(|found| found.level == "mandatory")?;
            Some((Reason::Policy, Some(format!("{}: {}", mandatory.policy, mandatory.message))))
        })
    }

    /// Whether a program's exception is nothing but the end of a program whose resource failed before.
    fn only_follows(&self, reason: Reason, text: &str) -> bool {
        let resource_spoke = self.errors().any(|(_, voice)| voice == Voice::Resource);
        reason == Reason::Program
            && resource_spoke
            && (self.a_step_failed() || text.contains("failed to register"))
    }

    fn a_step_failed(&self) -> bool {
        self.steps.iter().any(|step| step.status == StepStatus::Failed)
    }

    /// What happened: a resource failed, or the program spoke before it ended.
    fn by_events(&self) -> Option<(Reason, Option<String>)> {
        if self.cancelled_by_engine {
            return Some((Reason::Cancelled, None));
        }
        let provider = self.errors().find(|(_, voice)| *voice == Voice::Resource);
        if let Some((text, _)) = provider {
            // A program can say that a resource is at fault without having asked its provider.
            let by_program = !self.a_step_failed() && reason_of(text, Voice::Error) == Some(Reason::Program);
            let reason = if by_program { Reason::Program } else { Reason::Provider };
            return Some((reason, Some(text.to_owned())));
        }
        if self.a_step_failed() {
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
        self.by_wide_status().or_else(|| self.by_program())
    }

    /// The remaining statuses are wide, so they come last.
    fn by_wide_status(&self) -> Option<(Reason, Option<String>)> {
        let reason = match self.facts.ending {
            Ending::Exited(2) => Reason::Config,
            // 10: a provider has to await what it began, since 3.27x.
            Ending::Exited(4 | 10) => Reason::Provider,
            Ending::Exited(5) => Reason::Policy,
            Ending::Exited(9) => Reason::Timeout,
            Ending::Exited(255) => Reason::Engine,
            _ => return None,
        };
        Some((reason, None))
    }

    /// A program that ran until it said why it ends: neither the engine nor a resource said anything, and the stack had
    /// been begun. Node's `RunError` comes without a mark of its own:
    /// <https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/cmd/run/run.ts>
    fn by_program(&self) -> Option<(Reason, Option<String>)> {
        let ended_by_itself =
            matches!(self.facts.ending, Ending::Exited(_)) && self.facts.stderr.trim().is_empty();
        if !ended_by_itself || !self.program_ran {
            return None;
        }
        let (text, _) = self.texts(Severity::Error, Voice::Error).next().or_else(|| self.program().next())?;
        Some((Reason::Program, Some(text.to_owned())))
    }

    /// Errors, the most telling first: those of resources, the others, the engine's standard error.
    fn errors(&self) -> impl Iterator<Item = (&str, Voice)> {
        let (resources, others): (Vec<_>, Vec<_>) =
            self.texts(Severity::Error, Voice::Error).partition(|(_, voice)| *voice == Voice::Resource);
        let stderr = std::iter::once((from_error(self.facts.stderr.trim()), Voice::Stderr));
        let all = resources.into_iter().chain(others).chain(stderr);
        all.filter(|(text, _)| !text.is_empty())
    }

    /// What the program wrote, its standard error first.
    fn program(&self) -> impl Iterator<Item = (&str, Voice)> {
        self.texts(Severity::ProgramError, Voice::Program).chain(self.texts(Severity::Info, Voice::Program))
    }

    fn texts(&self, severity: Severity, voice: Voice) -> impl Iterator<Item = (&str, Voice)> {
        let chosen =
            self.diagnostics.iter().filter(move |said| said.severity == severity && !said.says_nothing());
        chosen.map(move |said| {
            let of_resource = said.kind.as_deref().is_some_and(|kind| kind != STACK_TYPE);
            let voice = if voice == Voice::Error && of_resource { Voice::Resource } else { voice };
            (said.message.as_str(), voice)
        })
    }

    fn first_words(&self) -> Option<String> {
        let mut errors = self.errors().map(|(text, _)| text).filter(|text| !only_says_that_it_failed(text));
        let error = errors.next().map(str::to_owned);
        error.or_else(|| Some(self.texts(Severity::ProgramError, Voice::Program).next()?.0.to_owned()))
    }
}

/// Whether the words say nothing of what failed: that stands in what the program wrote.
fn only_says_that_it_failed(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("program exited with non-zero exit code") && text.trim().lines().count() == 1
}

/// Skips the notices before the first `error:` line (login used, new version available). Warnings alone are no error.
fn from_error(stderr: &str) -> &str {
    let only_warns = || stderr.lines().all(|line| line.trim().is_empty() || line.starts_with("warning: "));
    error_of(stderr).unwrap_or(if only_warns() { "" } else { stderr })
}

/// The error that the CLI itself says on its standard error, and what follows it.
pub(super) fn error_of(stderr: &str) -> Option<&str> {
    let starts = stderr.match_indices("error: ").map(|(at, _)| at);
    let mut starts =
        starts.filter(|&at| stderr.get(..at).is_none_or(|head| head.is_empty() || head.ends_with('\n')));
    starts.next().and_then(|at| stderr.get(at..))
}
