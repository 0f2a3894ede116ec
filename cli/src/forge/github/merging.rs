//! What a pull request on GitHub merges: its files, and its place in the merge queue.

use serde_json::{Value, json};

use super::{GitHub, graphql, repository};
use crate::base::http::{Method, Request};
use crate::forge::{
    FileChange, Forge as _, Merging, Place, QueuedRequest, Reading, RequestFor, read_each, text_at,
};

impl Merging for GitHub {
    fn changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<Vec<FileChange>>> {
        Some(changed_files(place, number))
    }

    fn count_of_changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<u64>> {
        Some(count_of_changed_files(place, number))
    }

    fn queue(&self, place: &Place, branch: &str) -> Option<RequestFor<Vec<QueuedRequest>>> {
        Some(queue(place, branch))
    }
}

// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
fn changed_files(place: &Place, number: u64) -> RequestFor<Vec<FileChange>> {
    let path = format!("{}/pulls/{number}/files?per_page=100", repository(place));
    RequestFor::new(place.get_request(&path), |answer| read_each(Some(answer), FileChange::read))
}

fn count_of_changed_files(place: &Place, number: u64) -> RequestFor<u64> {
    let path = format!("{}/pulls/{number}", repository(place));
    RequestFor::new(place.get_request(&path), |answer| answer.get("changed_files")?.as_u64())
}

impl FileChange {
    /// Reads a file of GitHub's list, and of Gitea's, which says `deleted` for `removed`.
    pub(in crate::forge) fn read(file: &Value) -> Option<Self> {
        let path = text_at(file, "/filename")?;
        Some(match file.get("status")?.as_str()? {
            "removed" | "deleted" => Self { written: None, removed: Some(path) },
            "renamed" => Self { written: Some(path), removed: Some(text_at(file, "/previous_filename")?) },
            _ => Self { written: Some(path), removed: None },
        })
    }
}

/// The request for the pull requests in a branch's merge queue, which the REST API does not have. It is the first page: of a
/// longer queue the later ones are not known.
/// <https://docs.github.com/en/graphql/reference/objects#mergequeueentry>
fn queue(place: &Place, branch: &str) -> RequestFor<Vec<QueuedRequest>> {
    let (owner, name) = place.repository.split_once('/').unwrap_or_default();
    let query = "query($owner: String!, $name: String!, $branch: String!) { repository(owner: $owner, name: $name) \
                 { mergeQueue(branch: $branch) { entries(first: 100) { nodes \
                 { position pullRequest { number } headCommit { oid } baseCommit { oid } } } } } }";
    let body = json!({ "query": query, "variables": { "owner": owner, "name": name, "branch": branch } });
    let request = Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) };
    let queue = RequestFor::new(place.signed(request), |answer| {
        let queue = answer.pointer("/data/repository/mergeQueue")?;
        if queue.is_null() {
            return Some(Vec::new());
        }
        let mut entries = read_each(queue.pointer("/entries/nodes"), |entry| {
            let request = QueuedRequest {
                number: entry.pointer("/pullRequest/number")?.as_u64()?,
                commit: text_at(entry, "/headCommit/oid"),
                base: text_at(entry, "/baseCommit/oid"),
            };
            Some((entry.get("position")?.as_u64()?, request))
        })?;
        entries.sort_by_key(|(position, _)| *position);
        Some(entries.into_iter().map(|(_, request)| request).collect())
    });
    queue.needing_by_default(GitHub.needed_to_read(Reading::Reviews))
}
