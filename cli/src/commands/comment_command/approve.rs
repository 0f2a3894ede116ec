//! `/stackstep approve`: approves what our comment on the change request shows, stack by stack. Each is an entry of the stack's
//! ledger, which the deployment counts as it counts an approving review.

use super::super::default_checkout::{not_known, refused};
use super::thread::{CarriedOut, Thread};
use super::verbs::{StackOfProject, context, stack_named, stacks};
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::base::moment::Moment;
use crate::ci::Context;
use crate::ci::console::Console;
use crate::commands::ledger_verb;
use crate::engine::job::Job;
use crate::forge::Comment;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::{ApprovalWay, EntryApprover, EntryKind};
use crate::process::signals::Signals;
use crate::publish::comment::previewed::{ShownPreview, shown_preview};
use crate::report::short_digest;
use crate::run::gates::ledger;
use crate::run::prepare::{RunRequest, Until, prepare};

/// A stack with the preview that our comment shows of it.
struct ShownStack {
    stack: StackOfProject,
    flags: Flags,
    shown: ShownPreview,
}

/// Approves what is shown.
pub(super) async fn approve(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    if !thread.request.open {
        return Err(refused(
            format!("{} is not open", thread.name()),
            "approve a change before it is merged",
        ));
    }
    let context = context(thread);
    let shown = shown_stacks(thread, &context, console).await?;
    for one in &shown {
        refuse_what_is_not_shown_now(thread, one)?;
    }
    let mut said = Vec::new();
    for one in &shown {
        let request = RunRequest::new(Some(Command::Refresh), &one.flags, thread.found.env);
        let request = RunRequest { context: Some(&context), ..request };
        let (job, ledger) = ledger_verb::with_ledger_of("approve", &request, console, signals).await?;
        said.push(Box::pin(write(thread, one, &job, &ledger, console)).await?);
    }
    Ok(CarriedOut { said, status: 0 })
}

/// The stacks that the command names, or all that are shown, each with what is shown of it.
async fn shown_stacks(
    thread: &Thread<'_>,
    context: &Context,
    console: &mut Console,
) -> Result<Vec<ShownStack>> {
    let names = &thread.written.arguments;
    let wanted: Vec<StackOfProject> = if names.is_empty() {
        stacks(thread)?
    } else {
        names.iter().map(|name| stack_named(thread, name)).collect::<Result<_>>()?
    };
    let author = thread.client.own_author().await.unwrap_or_default();
    let comments = thread.client.comments(thread.request.number).await.map_err(not_known)?;
    let mut found = Vec::new();
    for stack in wanted {
        let flags = stack.flags(thread);
        match preview_of(thread, &flags, context, &comments, &author, console)? {
            Some(shown) => found.push(ShownStack { stack, flags, shown }),
            None if names.is_empty() => {}
            None => return Err(not_shown(&format!("of `{}/{}`", stack.project, stack.stack), thread)),
        }
    }
    if found.is_empty() { Err(not_shown("of a stack", thread)) } else { Ok(found) }
}

fn not_shown(what: &str, thread: &Thread<'_>) -> Error {
    refused(
        format!("no comment of ours on {} shows a preview {what}", thread.name()),
        "write `/stackstep preview`, or let the pipeline of the change preview it; then approve what is shown",
    )
}

/// The preview that our comment shows of the stack of these flags.
fn preview_of(
    thread: &Thread<'_>,
    flags: &Flags,
    context: &Context,
    comments: &[Comment],
    author: &str,
    console: &mut Console,
) -> Result<Option<ShownPreview>> {
    let request = RunRequest::new(Some(Command::Refresh), flags, thread.found.env);
    let mut found = prepare(&RunRequest { context: Some(context), ..request }, Until::FirstError, console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let identity = found.into_job()?.identity().unwrap_or_default();
    Ok(shown_preview(comments, author, &identity))
}

/// Refuses a preview of another commit than the head, one without a digest, and one that is newer than the approval.
fn refuse_what_is_not_shown_now(thread: &Thread<'_>, one: &ShownStack) -> Result<()> {
    let name = format!("{}/{}", one.stack.project, one.stack.stack);
    let again = "read the newest preview, and approve that in a new comment";
    let head = thread.request.head.as_deref().unwrap_or_default();
    if head.is_empty() || !head.eq_ignore_ascii_case(&one.shown.commit) {
        return Err(refused(
            format!(
                "the preview of `{name}` is of `{}`, and {} is at `{}`",
                short_commit(&one.shown.commit),
                thread.name(),
                short_commit(head)
            ),
            again,
        ));
    }
    if one.shown.digest.is_none() {
        return Err(refused(
            format!("the preview of `{name}` has no digest, so that it is not known what would be approved"),
            "let it be previewed again: one that failed has none",
        ));
    }
    let moments = one.shown.at.as_deref().and_then(Moment::parse).zip(Moment::parse(&thread.comment.created));
    match moments {
        Some((shown, approved)) if approved > shown => Ok(()),
        _ => Err(refused(format!("the preview of `{name}` was shown after the approval was written"), again)),
    }
}

/// Writes the approval into the ledger.
async fn write(
    thread: &Thread<'_>,
    one: &ShownStack,
    job: &Job<'_>,
    ledger: &Ledger,
    console: &Console,
) -> Result<String> {
    let person = &thread.comment.author;
    let number = thread.request.number;
    let id = format!("{}#{number} comment {}", thread.client.place().repository, thread.pointer.comment);
    let reason = format!("`/stackstep approve` on {}", thread.name());
    let mut entry = ledger_verb::entry(job, EntryKind::Approved, &reason, console);
    // The time counts by the forge's clock, as that of the comment with the preview does.
    entry.time = thread.comment.created.clone();
    entry.actor = Some(person.id.clone());
    entry.commit = Some(one.shown.commit.clone());
    entry.digest.clone_from(&one.shown.digest);
    entry.change_requests = vec![number];
    entry.approvers = vec![EntryApprover::new(Some(&person.id), ApprovalWay::Comment, Some(&id))];
    let written = ledger::append(ledger, entry, console).await?;
    let entry_number = written.map_or(0, |entry| entry.number);
    let digest = one.shown.digest.as_deref().map(short_digest).unwrap_or_default();
    Ok(format!(
        "`{}/{}`: the change `{digest}` at commit `{}` is approved by `{}` (entry {entry_number} of the ledger)",
        one.stack.project,
        one.stack.stack,
        short_commit(&one.shown.commit),
        person.shown
    ))
}
