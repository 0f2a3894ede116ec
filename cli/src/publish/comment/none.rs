//! The comment of many stacks after a commit that leaves nothing to do: what an earlier run has said does not hold any more.

use std::collections::BTreeMap;

use super::marker::{Marker, Subject};
use super::own::CommentSearch;
use super::task::{is_same, newest_first};
use super::{Mode, Posted, Wanted};
use crate::base::git::short_commit;
use crate::forge::{Client, Trouble};
use crate::render;

/// Lets the comment of an earlier run say that there is nothing to do. Where there is none, none is written.
pub async fn post_none(
    client: &Client<'_>,
    number: u64,
    wanted: &Wanted,
    commit: Option<&str>,
    why: &str,
) -> Result<Posted, Trouble> {
    let marker = Marker {
        subject: Subject::Aggregate,
        key: wanted.key.clone().unwrap_or_default(),
        commit: commit.unwrap_or_default().to_owned(),
        stamp: wanted.stamp.clone(),
        backend_url: String::new(),
        more: BTreeMap::new(),
    };
    let search = CommentSearch { client, number, official_action: false };
    let akin = search.akin(&marker).await?;
    let ours = search.ours(akin, None).await;
    let Some((newest, _)) = newest_first(&ours) else { return Ok(Posted::Nothing) };
    if newest.1.stamp.is_later_than(&wanted.stamp) {
        return Ok(Posted::Outdated);
    }
    let flavor = client.place().forge.flavor();
    let text = nothing_to_do(why, commit, flavor.html);
    // A comment that says so already stays as it is, whichever run wrote it.
    let there = newest.0.body.find("## ").and_then(|start| newest.0.body.get(start..));
    if there.is_some_and(|there| is_same(there, &text)) {
        return Ok(Posted::Unchanged);
    }
    let body = format!("{}\n{text}", marker.write(flavor));
    if wanted.mode == Mode::Append {
        return client.create_comment(number, &body).await.map(|_| Posted::Created);
    }
    client.update_comment(number, &newest.0, &body).await.map(|()| Posted::Updated)
}

fn nothing_to_do(why: &str, commit: Option<&str>, html: bool) -> String {
    let now =
        commit.map(|commit| format!(" at {}", render::code(short_commit(commit), html))).unwrap_or_default();
    format!(
        "## ✅ Nothing to do\n\nFor this change{now}, {why}. What an earlier run said here does not hold any more.\n"
    )
}
