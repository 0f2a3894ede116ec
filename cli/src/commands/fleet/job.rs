//! The job of a fleet: what is asked, and what was found before it is known which stacks it is about.

use super::ask::FleetAsk;
use super::members::many;
use crate::base::git;
use crate::ci::console::Console;
use crate::inputs::{Command, Inputs};
use crate::run::prepare::{Prepared, RunRequest};

/// The job of a fleet.
#[derive(Clone, Copy)]
pub(super) struct FleetJob<'a> {
    /// What is asked.
    pub ask: &'a FleetAsk,
    /// The command.
    pub command: Command,
    /// What was found of the job.
    pub found: &'a Prepared<'a>,
    /// The inputs.
    pub inputs: &'a Inputs,
    /// What each run has in common.
    pub request: &'a RunRequest<'a>,
}

impl FleetJob<'_> {
    /// The commit that it is about: the job's, or that of the checkout.
    pub fn commit(&self) -> Option<String> {
        self.found.context.commit.clone().or_else(|| git::commit_around(&self.found.top()))
    }

    /// Tells how many stacks are left out, as no change can affect them.
    pub fn tell_unaffected(&self, unaffected: usize, console: &Console) {
        if unaffected > 0 && self.ask.choice.skipped.is_none() {
            console.line(&format!(
                "left out, as nothing that they are made from has changed: {}",
                many(unaffected)
            ));
        }
    }
}
