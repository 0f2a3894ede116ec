//! The commit of a change that a command is about: the head, if the comment means that one. Of a fork's change it has to be
//! named, as its code gets what the job has.

use super::super::default_checkout::refused;
use super::thread::Thread;
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::base::words::Words as _;
use crate::delivery::comment_commands::CommentCommand;

/// The commit at the change's head, if the comment means that one. `digits`: the fewest that name a commit.
///
/// # Errors
/// The change is not open, its head is not known, another commit is named, or none where it comes from a fork.
pub(super) fn named_commit(thread: &Thread<'_>, command: CommentCommand, digits: usize) -> Result<String> {
    let request = &thread.request;
    if !request.open {
        return Err(refused(format!("{} is not open", thread.name()), "open it again, or a new one"));
    }
    let Some(head) = request.head.clone().filter(|head| is_hash(head) && matches!(head.len(), 40 | 64))
    else {
        return Err(refused(
            format!("the commit at the head of {} is not known", thread.name()),
            "comment again later",
        ));
    };
    let word = command.word();
    let named = match thread.written.arguments.as_slice() {
        [] => None,
        [named] if named.len() >= digits && is_hash(named) => Some(named.to_ascii_lowercase()),
        _ => {
            return Err(Error::input(
                format!("what stands after `{word}` is not a commit"),
                format!("write it as `{}`, with {digits} digits of the commit at least", command.usage()),
            ));
        }
    };
    let start = head.get(..digits).unwrap_or(&head);
    match named {
        Some(named) if head.to_ascii_lowercase().starts_with(&named) => Ok(head),
        Some(named) => Err(refused(
            format!("`{}` is not the head of {}, which is at `{head}`", short_commit(&named), thread.name()),
            format!("read that commit, then write `/stackstep {word} {start}`"),
        )),
        None if request.fork == Some(false) => Ok(head),
        None => Err(refused(
            format!("{} comes from a fork, whose code would have this job's credentials", thread.name()),
            format!("read the commit `{head}`, then allow that one: `/stackstep {word} {start}`"),
        )),
    }
}

fn is_hash(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
