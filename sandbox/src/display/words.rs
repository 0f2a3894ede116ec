//! What each operation is called while it goes on, when it is done, and when it is only planned.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/rows.go>

use crate::engine::Kind;
use crate::engine::step::Op;

/// The two columns in front of a row.
pub fn mark(op: Op) -> &'static str {
    match op {
        Op::Same => "  ",
        Op::Create => "+ ",
        Op::Update | Op::Refresh | Op::RemovePendingReplace => "~ ",
        Op::Delete => "- ",
        Op::Replace => "+-",
        Op::CreateReplacement => "++",
        Op::DeleteReplaced => "--",
        Op::Read => "> ",
        Op::Discard => "< ",
    }
}

/// The terminal colour of an operation.
pub fn color(op: Op) -> &'static str {
    match op {
        Op::Same => "",
        Op::Create | Op::CreateReplacement => "\u{1b}[32m",
        Op::Update | Op::Refresh | Op::RemovePendingReplace => "\u{1b}[33m",
        Op::Delete | Op::DeleteReplaced | Op::Discard => "\u{1b}[31m",
        Op::Replace => "\u{1b}[35m",
        Op::Read => "\u{1b}[36m",
    }
}

/// While it goes on.
pub fn doing(op: Op) -> &'static str {
    match op {
        Op::Same => "",
        Op::Create => "creating",
        Op::Update => "updating",
        Op::Delete => "deleting",
        Op::Replace => "replacing",
        Op::CreateReplacement => "creating replacement",
        Op::DeleteReplaced => "deleting original",
        Op::Read => "reading",
        Op::Discard => "discarding",
        Op::Refresh => "refreshing",
        Op::RemovePendingReplace => "completing pending replace",
    }
}

/// When it is done.
pub fn done(op: Op) -> &'static str {
    match op {
        Op::Same => "",
        Op::Create => "created",
        Op::Update => "updated",
        Op::Delete => "deleted",
        Op::Replace => "replaced",
        Op::CreateReplacement => "created replacement",
        Op::DeleteReplaced => "deleted original",
        Op::Read => "read",
        Op::Discard => "discarded",
        Op::Refresh => "refresh",
        Op::RemovePendingReplace => "completed pending replace",
    }
}

/// In a preview.
pub fn planned(op: Op) -> &'static str {
    match op {
        Op::Same => "",
        Op::Create => "create",
        Op::Update => "update",
        Op::Delete => "delete",
        Op::Replace => "replace",
        Op::CreateReplacement => "create replacement",
        Op::DeleteReplaced => "delete original",
        Op::Read => "read",
        Op::Discard => "discarded",
        Op::Refresh => "refreshing",
        Op::RemovePendingReplace => "complete pending replace",
    }
}

/// The headline of a run.
pub fn headline(kind: Kind, preview: bool) -> &'static str {
    match (kind, preview) {
        (Kind::Update, true) => "Previewing update",
        (Kind::Refresh, true) => "Previewing refresh",
        (Kind::Destroy, true) => "Previewing destroy",
        (Kind::Update, false) => "Updating",
        (Kind::Refresh, false) => "Refreshing",
        (Kind::Destroy, false) => "Destroying",
    }
}
