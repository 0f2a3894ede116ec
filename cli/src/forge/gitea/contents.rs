//! Files and history on Gitea and Forgejo. The API is described at each server under `/api/swagger`.

use serde_json::Value;

use super::{Gitea, repository};
use crate::forge::{
    Contents, FileForm, FileRequest, HistoryCommit, Place, RequestFor, encoded, encoded_path,
    read_base64_file, read_each, text_at,
};

/// What leaves out of a commit all that costs the server time.
const PLAIN: &str = "stat=false&verification=false&files=false";

impl Contents for Gitea {
    fn default_branch(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request(&repository(place)), |answer| text_at(answer, "/default_branch"))
    }

    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String> {
        let path = format!("{}/branches/{}", repository(place), encoded_path(branch));
        RequestFor::new(place.get_request(&path), |answer| text_at(answer, "/commit/id"))
    }

    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit> {
        let path = format!("{}/git/commits/{}?{PLAIN}", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), |answer| HistoryCommit::read(answer, "/sha", "/sha"))
    }

    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest {
        let path = format!("{}/contents/{}?ref={}", repository(place), encoded_path(path), encoded(commit));
        FileRequest { request: place.get_request(&path), form: FileForm::Json(read_base64_file) }
    }

    // There is no request for it: of the commits that `commit` contains and the tip does not, there is none.
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool> {
        RequestFor::new(place.get_request(&list(place, tip, commit, 1)), |answer| {
            Some(answer.as_array()?.is_empty())
        })
    }

    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>> {
        RequestFor::new(place.get_request(&list(place, from, to, 50)), |answer: &Value| {
            read_each(Some(answer), |commit| HistoryCommit::read(commit, "/sha", "/sha"))
        })
    }
}

/// The path of the list of commits that `to` contains and `from` does not.
fn list(place: &Place, from: &str, to: &str, limit: u64) -> String {
    format!("{}/commits?sha={}&not={}&limit={limit}&{PLAIN}", repository(place), encoded(to), encoded(from))
}
