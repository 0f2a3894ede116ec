//! Files and history on GitHub: <https://docs.github.com/en/rest/repos/contents>,
//! <https://docs.github.com/en/rest/commits/commits>.

use super::{GitHub, repository};
use crate::forge::{
    Contents, FileForm, FileRequest, HistoryCommit, Place, RequestFor, encoded, encoded_path,
    read_base64_file, read_each, text_at,
};

impl Contents for GitHub {
    // https://docs.github.com/en/rest/repos/repos#get-a-repository
    fn default_branch(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request(&repository(place)), |answer| text_at(answer, "/default_branch"))
    }

    // Unlike the request for a branch, this one follows no branch that has been renamed.
    // https://docs.github.com/en/rest/git/refs#get-a-reference
    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String> {
        let path = format!("{}/git/ref/{}", repository(place), encoded(&format!("heads/{branch}")));
        RequestFor::new(place.get_request(&path), |answer| text_at(answer, "/object/sha"))
    }

    // https://docs.github.com/en/rest/commits/commits#get-a-commit
    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit> {
        let path = format!("{}/commits/{}?per_page=1", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), |answer| HistoryCommit::read(answer, "/sha", "/sha"))
    }

    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest {
        let path = format!("{}/contents/{}?ref={}", repository(place), encoded_path(path), encoded(commit));
        FileRequest { request: place.get_request(&path), form: FileForm::Json(read_base64_file) }
    }

    // https://docs.github.com/en/rest/commits/commits#compare-two-commits
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool> {
        let path = format!("{}/compare/{}...{}?per_page=1", repository(place), encoded(commit), encoded(tip));
        RequestFor::new(place.get_request(&path), |answer| match answer.get("status")?.as_str()? {
            "ahead" | "identical" => Some(true),
            "behind" | "diverged" => Some(false),
            _ => None,
        })
    }

    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>> {
        let path = format!("{}/compare/{}...{}?per_page=100", repository(place), encoded(from), encoded(to));
        RequestFor::new(place.get_request(&path), |answer| {
            read_each(answer.get("commits"), |commit| HistoryCommit::read(commit, "/sha", "/sha"))
        })
    }
}
