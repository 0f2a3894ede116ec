//! What a sweep tells people, there once: two sweeps can be at it at the same time, and one can be killed behind a comment that
//! no ledger knows of yet. A comment or an issue of ours is found again by the marker at its beginning; of two that were written
//! at once the first one stays.

use crate::base::error::{Error, Result};
use crate::forge::trouble::{Trouble, TroubleKind};
use crate::forge::{Client, Comment, Issue, IssueChange};

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

/// The number of the open issue of ours with this marker, which is opened unless it is there. None if the forge has no issues.
pub(super) async fn open_issue_once(
    client: &Client<'_>,
    marker: &str,
    title: &str,
    text: &str,
) -> Result<Option<u64>> {
    let own = client.own_author().await;
    let there = async |author: &str| {
        let issues = client.issues_of(author).await.map_err(not_written)?.unwrap_or_default();
        let is_it = |issue: &Issue| issue.open && issue.body.starts_with(marker);
        let mut numbers: Vec<u64> = issues.into_iter().filter(is_it).map(|issue| issue.number).collect();
        numbers.sort_unstable();
        Ok::<_, Error>(numbers)
    };
    if let Some(author) = &own
        && let Some(first) = there(author).await?.first()
    {
        return Ok(Some(*first));
    }
    let body = format!("{marker}\n{text}");
    let Some(opened) = client.open_issue(title, &body).await.map_err(not_written)? else { return Ok(None) };
    let Some(author) = own else { return Ok(Some(opened.number)) };
    let numbers = there(&author).await?;
    let Some((first, others)) = numbers.split_first() else { return Ok(Some(opened.number)) };
    for second in others {
        let closed = IssueChange { open: Some(false), body: None };
        let why = format!("#{first} is about the same.");
        match client.change_issue(*second, &closed, &format!("close issue #{second}"), &why).await {
            // The other sweep was faster.
            Err(trouble) if trouble.kind != TroubleKind::Missing => return Err(not_written(trouble)),
            _ => {}
        }
    }
    Ok(Some(*first))
}

/// The error of a comment or an issue that the forge did not take.
fn not_written(trouble: Trouble) -> Error {
    Error::Refused {
        what: trouble.problem.what,
        hint: trouble.problem.hint.unwrap_or_else(|| NEEDED.to_owned()),
        reason: crate::report::Reason::Gate,
    }
}
