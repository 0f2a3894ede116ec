//! The files of a pull request on Bitbucket Cloud.

use super::{Bitbucket, pull_request};
use crate::forge::{FileChange, Merging, Place, RequestFor, read_each, text_at};

impl Merging for Bitbucket {
    fn changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<Vec<FileChange>>> {
        Some(changed_files(place, number))
    }
}

// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-pull-request-id-diffstat-get
fn changed_files(place: &Place, number: u64) -> RequestFor<Vec<FileChange>> {
    let path = format!("{}/diffstat?pagelen=100", pull_request(place, number));
    RequestFor::new(place.get_request(&path), |answer| {
        read_each(answer.get("values"), |file| {
            let (old, new) = (text_at(file, "/old/path"), text_at(file, "/new/path"));
            match file.get("status")?.as_str()? {
                "removed" => Some(FileChange { written: None, removed: Some(old?) }),
                "renamed" => Some(FileChange { written: Some(new?), removed: Some(old?) }),
                _ => Some(FileChange { written: Some(new.or(old)?), removed: None }),
            }
        })
    })
}
