//! Does what a step does: asks the simulated provider, and lets go wrong what shall go wrong.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step.go>

use std::rc::Rc;

use super::deployment::Deployment;
use super::event::Severity;
use super::step::{Op, Step};
use super::{now, simulate};
use crate::faults;
use crate::program::check::PROVIDER_PREFIX;
use crate::value::{UNKNOWN, Value};

/// What has become of an operation that failed, with its number in events.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/status.go>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It did not happen.
    Wholly = 0,
    /// It happened in part.
    Partly = 1,
    /// Nobody knows.
    Unknown = 2,
}

/// Why a step failed.
pub struct Trouble {
    /// The reason.
    pub message: String,
    /// What has become of the operation.
    pub status: Failed,
    /// It was refused before anything happened, so that the run can go on.
    pub harmless: bool,
}

impl Deployment<'_> {
    /// Does what a step does, to its states.
    pub(super) fn apply(&mut self, step: &mut Step) -> Result<(), Trouble> {
        self.refuse_protected(step)?;
        self.speak(step);
        let failure = self.failure(step);
        if let Some(failure) = failure.filter(|failure| failure.status != Failed::Partly) {
            return Err(failure);
        }
        let failure = self.failure(step);
        self.change(step)?;
        failure.map_or(Ok(()), Err)
    }

    fn refuse_protected(&self, step: &Step) -> Result<(), Trouble> {
        let Some(old) = step.old.as_ref().filter(|old| old.protect && !self.run.options.ignore_protect)
        else {
            return Ok(());
        };
        // Whether a protected resource may be replaced has been decided before.
        if step.op != Op::Delete {
            return Ok(());
        }
        let urn = &old.urn;
        let message = format!(
            "resource {urn:?} cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the \
             `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the \
             command:\n`pulumi state unprotect '{urn}'`"
        );
        Err(Trouble { message, status: Failed::Wholly, harmless: true })
    }

    /// What a provider has to say about an operation.
    fn speak(&mut self, step: &Step) {
        if self.run.preview {
            return;
        }
        for fault in self.run.faults.of(&step.urn, step.op) {
            for (severity, text) in [(Severity::Warning, &fault.warn), (Severity::Info, &fault.info)] {
                if let Some(text) = text {
                    self.say(Some(&step.urn), severity, &format!("{text}\n"));
                }
            }
        }
    }

    fn failure(&self, step: &Step) -> Option<Trouble> {
        let fails = |fault: &&faults::ResourceFault| !self.run.preview || fault.in_preview;
        let fault =
            self.run.faults.of(&step.urn, step.op).filter(fails).find(|fault| fault.fail.is_some())?;
        let status = if fault.partial { Failed::Partly } else { Failed::Wholly };
        Some(Trouble { message: fault.fail.clone()?, status, harmless: false })
    }

    fn change(&mut self, step: &mut Step) -> Result<(), Trouble> {
        let preview = self.run.preview;
        let wanted = self.run.wanted(&step.urn);
        if let (Op::Same | Op::Update, Some(old), Some(new)) = (step.op, &step.old, &mut step.new) {
            let new = Rc::make_mut(new);
            new.id.clone_from(&old.id);
            new.created.clone_from(&old.created);
            if step.op == Op::Same {
                new.outputs.clone_from(&old.outputs);
                new.modified.clone_from(&old.modified);
            } else {
                new.outputs = simulate::updated(old, new, wanted);
                new.modified = Some(now());
            }
        }
        if let (Op::Create | Op::CreateReplacement, Some(new)) = (step.op, &mut step.new) {
            let new = Rc::make_mut(new);
            if !preview && new.custom {
                let replaced = step.old.as_ref().and_then(|old| old.id.as_deref());
                new.id = Some(simulate::id(&new.type_, &new.urn, replaced));
            }
            if preview && new.type_.starts_with(PROVIDER_PREFIX) {
                new.id = Some(UNKNOWN.to_owned());
            }
            if new.custom {
                new.outputs = simulate::created(new, wanted);
            }
            new.created = Some(now());
            new.modified.clone_from(&new.created);
        }
        if step.op == Op::CreateReplacement
            && !step.deletes_first
            && let Some(old) = &mut step.old
        {
            Rc::make_mut(old).delete = true;
        }
        if step.op == Op::Read
            && let Some(new) = &mut step.new
        {
            let new = Rc::make_mut(new);
            let fail = |message| Trouble { message, status: Failed::Unknown, harmless: false };
            new.outputs = super::read::stack_reference(self.run, &new.inputs).map_err(fail)?;
        }
        if step.op == Op::Refresh {
            super::refresh::apply(self.run, step);
        }
        if let Some(new) = step.new.as_mut().filter(|_| !matches!(step.op, Op::Replace | Op::Refresh)) {
            let new = Rc::make_mut(new);
            if step.op != Op::Same {
                for fault in self.run.faults.of(&step.urn, step.op) {
                    // A preview can't know what a provider will answer.
                    let answer = |value| if self.run.preview { Value::Unknown } else { faults::value(value) };
                    let outputs = fault.outputs.iter().map(|(name, value)| (name.clone(), answer(value)));
                    new.outputs.extend(outputs);
                }
            }
            simulate::hide_secrets(new);
        }
        Ok(())
    }
}
