//! Files and history on GitLab: <https://docs.gitlab.com/api/repository_files/>,
//! <https://docs.gitlab.com/api/repositories/>, <https://docs.gitlab.com/api/commits/>.

use serde_json::Value;

use super::{GitLab, project};
use crate::forge::{
    Contents, FileForm, FileRequest, HistoryCommit, Place, RequestFor, encoded, read_base64_file, read_each,
    text_at,
};

impl Contents for GitLab {
    fn default_branch(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request(&project(place)), |answer| text_at(answer, "/default_branch"))
    }

    // https://docs.gitlab.com/api/branches/#get-single-repository-branch
    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String> {
        let path = format!("{}/repository/branches/{}", project(place), encoded(branch));
        RequestFor::new(place.get_request(&path), |answer| text_at(answer, "/commit/id"))
    }

    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit> {
        let path = format!("{}/repository/commits/{}", project(place), encoded(commit));
        RequestFor::new(place.get_request(&path), read_commit)
    }

    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest {
        let path = format!("{}/repository/files/{}?ref={}", project(place), encoded(path), encoded(commit));
        FileRequest { request: place.get_request(&path), form: FileForm::Json(read_base64_file) }
    }

    // https://docs.gitlab.com/api/repositories/#merge-base
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool> {
        let path = format!(
            "{}/repository/merge_base?refs[]={}&refs[]={}",
            project(place),
            encoded(commit),
            encoded(tip)
        );
        let commit = commit.to_owned();
        RequestFor::new(place.get_request(&path), move |answer| {
            Some(text_at(answer, "/id")?.eq_ignore_ascii_case(&commit))
        })
    }

    // A range of revisions takes the place of a branch's name: https://docs.gitlab.com/api/commits/#list-repository-commits
    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>> {
        let range = encoded(&format!("{from}..{to}"));
        let path = format!("{}/repository/commits?ref_name={range}&per_page=100", project(place));
        RequestFor::new(place.get_request(&path), |answer| read_each(Some(answer), read_commit))
    }
}

fn read_commit(answer: &Value) -> Option<HistoryCommit> {
    let parents = read_each(answer.get("parent_ids"), |one| one.as_str().map(str::to_owned));
    Some(HistoryCommit { hash: text_at(answer, "/id")?, parents })
}
