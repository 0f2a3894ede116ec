//! What a merge request on GitLab merges: its files, and its place in the merge train.

use super::{GitLab, merge_request, project};
use crate::forge::{
    FileChange, Merging, Place, QueuedRequest, RequestFor, encoded, is_true, read_each, text_at,
};

/// The permission to read a merge train.
const TRAIN: &str = "the token needs the scope `read_api`, and its user the role Developer; a job's own token can't read this \
                     (https://docs.gitlab.com/api/merge_trains/)";

impl Merging for GitLab {
    fn changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<Vec<FileChange>>> {
        Some(changed_files(place, number))
    }

    fn count_of_changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<u64>> {
        Some(count_of_changed_files(place, number))
    }

    fn queue(&self, place: &Place, branch: &str) -> Option<RequestFor<Vec<QueuedRequest>>> {
        Some(train(place, branch))
    }
}

// https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs
fn changed_files(place: &Place, number: u64) -> RequestFor<Vec<FileChange>> {
    let path = format!("{}/diffs?per_page=100", merge_request(place, number));
    RequestFor::new(place.get_request(&path), |answer| {
        read_each(Some(answer), |file| {
            let (old, new) = (text_at(file, "/old_path")?, text_at(file, "/new_path")?);
            Some(match () {
                () if is_true(file, "/deleted_file") => FileChange { written: None, removed: Some(old) },
                () if is_true(file, "/renamed_file") => FileChange { written: Some(new), removed: Some(old) },
                () => FileChange { written: Some(new), removed: None },
            })
        })
    })
}

/// The request for the number of files. Of a diff that GitLab does not keep whole the number is `1000+`, which is none.
/// <https://docs.gitlab.com/api/merge_requests/#retrieve-a-merge-request>
fn count_of_changed_files(place: &Place, number: u64) -> RequestFor<u64> {
    RequestFor::new(place.get_request(&merge_request(place, number)), |answer| {
        text_at(answer, "/changes_count")?.parse().ok()
    })
}

// https://docs.gitlab.com/api/merge_trains/#list-all-merge-requests-in-a-merge-train
fn train(place: &Place, branch: &str) -> RequestFor<Vec<QueuedRequest>> {
    let path =
        format!("{}/merge_trains/{}?scope=active&sort=asc&per_page=100", project(place), encoded(branch));
    let train = RequestFor::new(place.get_request(&path), |answer| {
        read_each(Some(answer), |car| {
            Some(QueuedRequest {
                number: car.pointer("/merge_request/iid")?.as_u64()?,
                commit: text_at(car, "/pipeline/sha"),
                base: None,
            })
        })
    });
    train.needing_by_default(TRAIN)
}
