//! A call of `review up` or `review down`: by the job itself, or by somebody who asks for it on a fork's change request.

use super::place::NOT_YET;
use crate::base::env::Env;
use crate::ci::{self, Context};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::run::prepare::RunRequest;

/// The way in which somebody who may push has let a fork's commit have a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum ForkGrant {
    /// By a comment that names the commit.
    Comment,
    /// By the label of the section `review`, which they have set at that commit.
    Label,
}

/// What a verb is called with.
#[derive(Clone, Copy)]
pub(in crate::commands) struct ReviewCall<'a> {
    /// The flags.
    pub flags: &'a Flags,
    /// The environment, in whose folder the change lies.
    pub env: &'a Env,
    /// The facts of the job, where they are others than the CI system tells.
    pub context: Option<&'a Context>,
    /// The way in which a fork's commit was let in. None for any other change.
    pub grant: Option<ForkGrant>,
}

impl<'a> ReviewCall<'a> {
    /// The call of the job itself.
    pub fn by_the_job(flags: &'a Flags, env: &'a Env) -> Self {
        Self { flags, env, context: None, grant: None }
    }

    /// The facts of the job.
    pub fn context(&self) -> Context {
        self.context.cloned().unwrap_or_else(|| ci::detect(self.env).context(self.env))
    }

    /// The request of a command with these flags.
    pub(super) fn request(&self, command: Command, flags: &'a Flags) -> RunRequest<'a> {
        RunRequest { context: self.context, ..RunRequest::new(Some(command), flags, self.env) }
    }

    /// The request by which a change without credentials is passed over, as its preview is.
    pub(super) fn like_a_preview(&self, flags: &'a Flags) -> RunRequest<'a> {
        RunRequest { review: Some(&NOT_YET), ..self.request(Command::Preview, flags) }
    }
}
