//! Whether the author of a comment may give its command.

use super::super::default_checkout::{not_known, refused};
use super::thread::{Thread, commands_on};
use crate::base::error::Result;
use crate::base::words::Words as _;
use crate::delivery::comment_commands::{CommentCommand, OFF, WhoMay};
use crate::forge::Permission;

/// Fails unless the author of the comment may give the command here.
pub(super) async fn refuse_a_stranger(thread: &Thread<'_>, command: CommentCommand) -> Result<()> {
    let (row, author) = (command.row(), &thread.comment.author);
    let word = command.word();
    let commands = commands_on(&thread.definition)?;
    match commands.who_may(command) {
        WhoMay::Nobody => {
            return Err(refused(
                format!("`{word}` is off here"),
                format!("`comment-commands.{word}: {OFF}` of the default branch's `stackstep.yaml` says so"),
            ));
        }
        WhoMay::Permitted(least) => refuse_less_than(thread, *least, word).await?,
        WhoMay::Named(names) => {
            refuse_others(thread, names, word).await?;
            // Whoever the file names may have lost what they could do.
            if row.least != Permission::Read {
                refuse_less_than(thread, row.least, word).await?;
            }
        }
    }
    if !row.never_the_author {
        return Ok(());
    }
    match &thread.request.author {
        Some(own) if own.is_same(author) => Err(refused(
            format!(
                "`{}` has opened {}, and nobody may `{word}` their own change",
                author.shown,
                thread.name()
            ),
            "let another person do it",
        )),
        Some(_) => Ok(()),
        None => Err(refused(
            format!("who has opened {} is not known", thread.name()),
            "open a new one with the same commits",
        )),
    }
}

async fn refuse_less_than(thread: &Thread<'_>, least: Permission, word: &str) -> Result<()> {
    let shown = &thread.comment.author.shown;
    let has = thread.client.permission(&thread.comment.account).await.map_err(not_known)?;
    if has.is_some_and(|has| has.reaches(least)) {
        return Ok(());
    }
    let has = has.map_or("none", |has| has.word());
    Err(refused(
        format!("`{word}` takes the permission `{}`, and `{shown}` has `{has}`", least.word()),
        format!("ask somebody who has it; `comment-commands.{word}` of `stackstep.yaml` says who may"),
    ))
}

async fn refuse_others(thread: &Thread<'_>, names: &[String], word: &str) -> Result<()> {
    let author = &thread.comment.author;
    let (teams, people): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.starts_with('@'));
    if people.into_iter().any(|name| author.is_named(name)) {
        return Ok(());
    }
    for team in teams {
        let members = thread.client.team_members(team.trim_start_matches('@')).await.map_err(not_known)?;
        let Some(members) = members else {
            return Err(refused(
                format!("the members of `{team}` are not known: the forge tells none of a team of this name"),
                format!("name the people in `comment-commands.{word}`"),
            ));
        };
        if members.iter().any(|member| member.is_same(author)) {
            return Ok(());
        }
    }
    Err(refused(
        format!("`{}` is not one of those who may `{word}`", author.shown),
        format!("ask one of them: `comment-commands.{word}` of `stackstep.yaml` names {}", names.join(", ")),
    ))
}
