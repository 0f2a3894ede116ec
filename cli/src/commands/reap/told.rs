//! A comment of a sweep, there once: two sweeps can be at it at the same time, and one can be killed behind a comment that no
//! ledger knows of yet. A comment of ours is found again by the marker at its beginning; of two that were written at once the
//! first one stays.

use crate::base::error::{Error, Result};
use crate::forge::trouble::Trouble;
use crate::forge::{Client, Comment};

/// The way out where a comment or an issue could not be written.
const NEEDED: &str = "let the token write comments and issues, see docs/reap.md";

/// Comments on a change request, unless a comment of ours with this marker is there.
pub(super) async fn comment_once(client: &Client<'_>, number: u64, marker: &str, text: &str) -> Result<()> {
    let own = client.own_author().await;
    let there = async |author: &str| {
        let mut comments = client.comments(number).await.map_err(not_written)?;
        comments.retain(|comment: &Comment| comment.author == author && comment.body.starts_with(marker));
        Ok(comments)
    };
    if let Some(author) = &own
        && !there(author).await?.is_empty()
    {
        return Ok(());
    }
    let body = format!("{marker}\n{text}\n");
    client.create_comment(number, &body).await.map_err(not_written)?;
    let Some(author) = own else { return Ok(()) };
    for second in there(&author).await?.iter().skip(1) {
        client.delete_comment(number, second).await.map_err(not_written)?;
    }
    Ok(())
}

/// The error of a comment or an issue that the forge did not take.
pub(super) fn not_written(trouble: Trouble) -> Error {
    Error::Refused {
        what: trouble.problem.what,
        hint: trouble.problem.hint.unwrap_or_else(|| NEEDED.to_owned()),
        reason: crate::report::Reason::Gate,
    }
}
