//! The choice of comments by the inputs, and how a missing comment is reported: as an error, a warning or a line in the
//! log.

use super::{Sent, miss};
use crate::base::error::Problem;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::inputs::Inputs;
use crate::inputs::headings::CommentChoice;
use crate::publish::comment::Mode;

/// The inputs' choice of comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// No comment.
    Off,
    /// No input says anything: a comment if a token allows it.
    IfPossible(Mode),
    /// The inputs ask for a comment.
    Asked(Mode),
    /// The inputs require a comment: the step fails without it.
    Required,
}

impl Choice {
    /// The choice by the inputs; the inputs of the official action keep their meaning.
    pub fn from_inputs(inputs: &Inputs) -> Self {
        match inputs.comment.mode {
            Some(CommentChoice::Off) => Self::Off,
            Some(CommentChoice::Required) => Self::Required,
            Some(CommentChoice::Update) => Self::Asked(Mode::Update),
            Some(CommentChoice::New) => Self::Asked(Mode::New),
            Some(CommentChoice::Append) => Self::Asked(Mode::Append),
            Some(CommentChoice::Aggregate) => Self::Asked(Mode::Aggregate),
            None => Self::where_comment_is_not_set(inputs),
        }
    }

    fn where_comment_is_not_set(inputs: &Inputs) -> Self {
        let edit = if inputs.comment.edit_pr_comment { Mode::Update } else { Mode::Append };
        match inputs.comment.on_pr {
            Some(true) => Self::Asked(edit),
            // The official action comments on a number whatever `comment-on-pr` says:
            // https://github.com/pulumi/actions/blob/main/src/main.ts
            _ if inputs.official_action && inputs.comment.change_request.is_some() => Self::Asked(edit),
            Some(false) => Self::Off,
            None if inputs.official_action => Self::Off,
            None => Self::IfPossible(edit),
        }
    }

    /// What to do with an earlier comment. None if there shall be no comment.
    pub fn mode(self) -> Option<Mode> {
        match self {
            Self::Off => None,
            Self::IfPossible(mode) | Self::Asked(mode) => Some(mode),
            Self::Required => Some(Mode::Update),
        }
    }
}

/// The facts that decide how a missing comment is reported.
pub(super) struct Telling<'a> {
    /// The log.
    pub console: &'a Console,
    /// The inputs' choice of comments.
    pub choice: Choice,
    /// Whether it is certain that the run is about a change request.
    pub sure: bool,
    /// The command is `report`: publishing is the whole job, so a missing comment fails it.
    pub later: bool,
}

impl Telling<'_> {
    /// Reports that there is no comment, and why.
    pub fn missed(&self, why: &Problem) -> Sent {
        let missed = why.clone().retold(|what| format!("no comment: {what}"));
        match self.choice {
            Choice::Asked(_) if self.later => return self.failed(missed),
            Choice::IfPossible(_) if self.later && self.sure => return self.failed(missed),
            Choice::Off => miss(self.console, &why.to_string()),
            Choice::IfPossible(_) if !self.sure => self.console.line(&missed.to_string().replace('\n', "; ")),
            Choice::IfPossible(_) => self.console.annotate(Level::Notice, "stackstep", &missed.to_string()),
            Choice::Asked(_) => miss(self.console, &missed.to_string()),
            Choice::Required => return self.failed(missed),
        }
        Sent::default()
    }

    /// Reports a missing comment that fails the step.
    fn failed(&self, missed: Problem) -> Sent {
        self.console.annotate(Level::Error, "stackstep", &missed.to_string());
        Sent { missed: Some(missed) }
    }
}
