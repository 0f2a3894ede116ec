//! `comment-command`: carries out the `/stackstep …` of the comment on a change request that started the job.
//!
//! The event is a pointer. The comment, its author, what the author may do and the change request are read from the forge;
//! which commands are on, and for whom, stands in the default branch's `stackstep.yaml`, and the job runs in a checkout of that
//! branch. What is not known is refused. Each command is answered once, in the thread.

mod answer;
mod approve;
mod ask;
mod extend;
mod named_commit;
mod permitted;
mod preview;
mod review;
mod thread;
mod verbs;

use super::default_checkout::{self, DefaultCheckout, not_known, refused};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::moment::Moment;
use crate::base::suggest::nearest;
use crate::base::words::Words as _;
use crate::ci::console::Console;
use crate::ci::{self, CommentPointer, StartedBy};
use crate::delivery::comment_commands::CommentCommand;
use crate::delivery::comment_text::{WrittenCommand, commands_in};
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::ForgeAccess;
use crate::forge::{Reaction, WrittenComment};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};
use answer::ThreadAnswer;
pub use ask::CommentAsk;
use thread::{CarriedOut, Thread, flags_of};

/// Carries out the command of the comment that started the job. Returns the exit status.
pub async fn run(
    ask: &CommentAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let pointer = match ci::detect(env).started_by(env) {
        Some(StartedBy::Comment(pointer)) => pointer,
        Some(StartedBy::NoCommand(why)) => return Ok(nothing(console, why)),
        None => {
            return Err(Error::input(
                "no comment on a change request has started this job",
                "start it by one: on GitHub, Gitea and Forgejo by the event `issue_comment`, on GitLab by a webhook that \
                 triggers a pipeline, see docs/comment-commands.md",
            ));
        }
    };
    if let Some(told) = pointer.text.as_deref().map(commands_in) {
        if told.is_empty() {
            return Ok(nothing(console, NO_COMMAND));
        }
        if ask.leaves(&told) {
            return Ok(nothing(console, ANOTHER_JOB));
        }
    }
    let known = flags_of(flags, Command::Refresh);
    let request = RunRequest::new(Some(Command::Refresh), &known, env);
    let mut found = prepare(&request, Until::TheVerdict, console);
    found.tell(console);
    let inputs = found.take_inputs()?;
    let Some(access) = ForgeAccess::find(found.ci, env, &found.context, &inputs)? else {
        return Err(Error::input(
            "the forge of the comment is not known, or there is no token for it",
            "hand the job's token to the step: `GITHUB_TOKEN`, or `STACKSTEP_FORGE_TOKEN`",
        ));
    };
    let client = access.client();
    let history = RepositoryHistory::new(&found.top(), env, &found.context, Some(&client));
    let checkout = DefaultCheckout::find("comment-command", &found, &history).await?;
    let comment = client.written_comment(pointer.change_request, pointer.comment).await.map_err(not_known)?;
    if comment.author.bot || answer::is_ours(&comment.body) {
        return Ok(nothing(console, "a program has written the comment"));
    }
    let commands = commands_in(&comment.body);
    let Some(written) = commands.first().cloned() else { return Ok(nothing(console, NO_COMMAND)) };
    if ask.leaves(&commands) {
        return Ok(nothing(console, ANOTHER_JOB));
    }
    let answer = ThreadAnswer { client: &client, pointer: &pointer, written: &written };
    if answer.is_there().await? {
        return Ok(nothing(console, "the command was answered already"));
    }
    answer.react(Reaction::Seen, console).await;
    let found = &found;
    let work = async |console: &mut Console| -> Result<CarriedOut> {
        let command = asked_for(&commands)?;
        refuse_an_edited(&comment, &pointer)?;
        let definition = default_checkout::definition(&checkout, &history).await?;
        let request = client.change_request(pointer.change_request).await.map_err(not_known)?;
        let thread = Thread {
            found,
            flags,
            client: &client,
            checkout,
            definition,
            pointer: &pointer,
            comment,
            request,
            written: written.clone(),
        };
        permitted::refuse_a_stranger(&thread, command).await?;
        Box::pin(carry_out(command, &thread, console, signals)).await
    };
    let done = work(console).await;
    answer.write(&done, console).await;
    done.map(|done| {
        done.said.iter().for_each(|line| console.line(line));
        done.status
    })
}

const NO_COMMAND: &str = "the comment has no command: no line of it begins with `/stackstep`";

const ANOTHER_JOB: &str = "another job takes this command, as `--only` or `--except` says";

/// Ends a job that has nothing to do.
fn nothing(console: &Console, why: &str) -> u8 {
    console.line(&format!("nothing to do: {why}"));
    0
}

/// The command of a comment. Fails if it has several, or one that there is not.
fn asked_for(commands: &[WrittenCommand]) -> Result<CommentCommand> {
    let [written] = commands else {
        return Err(Error::input(
            format!("the comment has {} commands, and none of them was carried out", commands.len()),
            "write one command in a comment, and a comment for each",
        ));
    };
    CommentCommand::from_word(&written.word).ok_or_else(|| {
        let words = CommentCommand::WORDS;
        let all = format!("there are `{}`", words.join("`, `"));
        let hint = match nearest(&written.word, words.iter().copied()) {
            Some(near) => format!("did you mean `/stackstep {near}`? {all}"),
            None => all,
        };
        let what = match written.word.as_str() {
            "" => "the comment names no command".to_owned(),
            word => format!("there is no command `{}`", answer::cut(word)),
        };
        Error::input(what, hint)
    })
}

/// Refuses a comment whose text is not the one that started the job.
fn refuse_an_edited(comment: &WrittenComment, pointer: &CommentPointer) -> Result<()> {
    let moments = Moment::parse(&comment.created).zip(Moment::parse(&comment.updated));
    let is_unchanged = moments.is_some_and(|(created, updated)| created == updated)
        && pointer.text.as_ref().is_none_or(|text| text.trim() == comment.body.trim());
    let is_of_the_request = comment.change_request.is_none_or(|number| number == pointer.change_request);
    let what = match (is_unchanged, is_of_the_request) {
        (true, true) => return Ok(()),
        (false, _) => "the comment was edited, and nobody knows by whom".to_owned(),
        (_, false) => format!("the comment is not on the change request {}", pointer.change_request),
    };
    Err(refused(what, "write the command in a new comment"))
}

async fn carry_out(
    command: CommentCommand,
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    match command {
        CommentCommand::Preview => Box::pin(preview::preview(thread, console, signals)).await,
        CommentCommand::Review => Box::pin(review::review(thread, console, signals)).await,
        CommentCommand::Approve => Box::pin(approve::approve(thread, console, signals)).await,
        CommentCommand::Accept => Box::pin(verbs::accept(thread, console, signals)).await,
        CommentCommand::Hold => Box::pin(verbs::hold(thread, false, console, signals)).await,
        CommentCommand::Release => Box::pin(verbs::hold(thread, true, console, signals)).await,
        CommentCommand::Unlock => Box::pin(verbs::unlock(thread, console, signals)).await,
        CommentCommand::Extend => Box::pin(extend::extend(thread, console, signals)).await,
    }
}
