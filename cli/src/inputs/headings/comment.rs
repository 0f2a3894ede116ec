//! The comment on the change request: the second part of "Result and report".

use std::path::PathBuf;

use crate::base::words::enum_of_words;
use crate::inputs::command::{OPERATIONS, OPERATIONS_AND_REPORT};
use crate::inputs::input::Audience;
use crate::inputs::row::{choice, flag, heading, number, optional_choice, optional_flag, path, trimmed_text};

/// The reason why nobody else needs the official action's inputs about comments.
const WAYS_TO_SAY_COMMENT: &str =
    "it is the official GitHub action's way to say `comment`, and nobody moves from that action to here";

heading! {
    /// The inputs about the comment on the change request.
    pub struct CommentInputs under Report {
        mode: Option<CommentChoice> = optional_choice("comment", OPERATIONS_AND_REPORT, "How the report is commented on the change request: `update` edits the comment that is there, `new` writes another one and removes the old ones, `append` only writes another one, `aggregate` adds the stack to one comment for all stacks. `required` is `update`, and fails the step (exit status 72) when it can't.")
            .default_in_words("`update` where a token is at hand that can; with `profile: official-action` what `comment-on-pr` says"),
        when: CommentWhen = choice("comment-when", OPERATIONS_AND_REPORT, "When there is a comment. One that stands there already is brought up to date all the same.")
            .default("always"),
        key: Option<String> = trimmed_text("comment-key", OPERATIONS_AND_REPORT, "Keeps comments and statuses apart that are for the same stack and command."),
        merged: bool = flag("comment-merged", OPERATIONS_AND_REPORT, "After a push to the default branch, comment on the change request that was merged by it.")
            .default("false"),
        author: Option<String> = trimmed_text("comment-author", OPERATIONS_AND_REPORT, "Whose comments are our own, where the token can't ask who it is: the user's name on the forge.")
            .default_in_words("who the token belongs to"),
        template: Option<PathBuf> = path("comment-template", OPERATIONS_AND_REPORT, "A template (minijinja) for the comment instead of the built-in one."),
        on_pr: Option<bool> = optional_flag("comment-on-pr", OPERATIONS_AND_REPORT, "The official action's way to ask for a comment: `true` is `comment: update`, `false` is `comment: off`.")
            .only_for(Audience::OfficialAction, WAYS_TO_SAY_COMMENT),
        edit_pr_comment: bool = flag("edit-pr-comment", OPERATIONS_AND_REPORT, "The official action's way to choose between `comment: update` and `comment: append`.")
            .default("true")
            .only_for(Audience::OfficialAction, WAYS_TO_SAY_COMMENT),
        change_request: Option<u32> = number("change-request", 1..=2_147_483_647, OPERATIONS_AND_REPORT, "The number of the change request to comment on.")
            .aliases(&["comment-on-pr-number"])
            .default_in_words("the one that the job runs for"),
        always_include_summary: bool = flag("always-include-summary", OPERATIONS, "The official action's way to shorten a comment from its front. A report here keeps its counts in any size, so this changes nothing.")
            .default("false")
            .only_for(Audience::OfficialAction, "it is there for people who move from the official GitHub action, and changes nothing"),
    }
}

enum_of_words! {
    /// The way in which the report is commented on the change request.
    pub enum CommentChoice {
        /// The comment that is there is edited.
        Update = "update",
        /// Another one is written, and the old ones are taken away.
        New = "new",
        /// Another one is written.
        Append = "append",
        /// The stack is added to one comment for all stacks.
        Aggregate = "aggregate",
        /// There is no comment.
        Off = "off",
        /// As `update`, and the step fails when it can't.
        Required = "required",
    }
}

enum_of_words! {
    /// The runs after which there is a comment. One that is there already is brought up to date whatever this says.
    pub enum CommentWhen {
        /// After every run.
        Always = "always",
        /// When something changes, may have changed, or went wrong.
        Changes = "changes",
        /// When something went wrong.
        Failure = "failure",
    }
}
