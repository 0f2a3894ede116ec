//! A command in its thread, and what it comes to.

use super::super::default_checkout::{DefaultCheckout, refused};
use crate::base::error::Result;
use crate::ci::{CommentPointer, Context};
use crate::delivery::Definition;
use crate::delivery::comment_commands::CommentCommands;
use crate::delivery::comment_text::WrittenCommand;
use crate::forge::{ChangeRequest, Client, WrittenComment};
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Input};
use crate::run::prepare::Prepared;

/// What a command has come to.
#[derive(Debug)]
pub(super) struct CarriedOut {
    /// What was done, in lines for a person.
    pub said: Vec<String>,
    /// The exit status.
    pub status: u8,
}

impl CarriedOut {
    pub fn fine(said: impl Into<String>) -> Self {
        Self { said: vec![said.into()], status: 0 }
    }
}

/// A command in its thread, with what is known of it.
pub(super) struct Thread<'a> {
    pub found: &'a Prepared<'a>,
    pub flags: &'a Flags,
    pub client: &'a Client<'a>,
    /// The default branch, whose commit is checked out.
    pub checkout: DefaultCheckout,
    /// The sections of the default branch's `stackstep.yaml`.
    pub definition: Definition,
    pub pointer: &'a CommentPointer,
    pub comment: WrittenComment,
    pub request: ChangeRequest,
    pub written: WrittenCommand,
}

impl Thread<'_> {
    /// The change request in the forge's words.
    pub fn name(&self) -> String {
        self.client.place().forge.request(self.request.number)
    }

    /// The facts of a job that the comment's author has started for the change at this commit.
    pub fn context_at(&self, commit: &str) -> Context {
        self.checkout.proposed(&self.found.context, &self.comment.author.id, &self.request, commit)
    }
}

/// The flags of inputs that a command reads.
pub(super) fn flags_of(flags: &Flags, command: Command) -> Flags {
    let reads = |name: &str| Input::find(name).is_some_and(|input| input.applies_to(command));
    flags.iter().filter(|(name, _)| reads(name)).map(|(name, values)| (*name, values.clone())).collect()
}

/// The commands that are on. Fails if there are none.
pub(super) fn commands_on(definition: &Definition) -> Result<&CommentCommands> {
    definition.comment_commands.as_ref().ok_or_else(|| {
        refused(
            "comment commands are off here",
            "to switch them on, add `comment-commands: {}` to `stackstep.yaml` of the default branch",
        )
    })
}
