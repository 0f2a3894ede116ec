//! Files and history on Bitbucket Cloud: <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-source/>,
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/>.

use super::{Bitbucket, repository};
use crate::forge::{
    Contents, FileForm, FileRequest, HistoryCommit, Place, RequestFor, encoded, encoded_path, read_each,
    text_at,
};

impl Contents for Bitbucket {
    fn default_branch(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request(&repository(place)), |answer| text_at(answer, "/mainbranch/name"))
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/#api-repositories-workspace-repo-slug-refs-branches-name-get
    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String> {
        let path = format!("{}/refs/branches/{}", repository(place), encoded_path(branch));
        RequestFor::new(place.get_request(&path), |answer| text_at(answer, "/target/hash"))
    }

    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit> {
        let path = format!("{}/commit/{}", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), |answer| HistoryCommit::read(answer, "/hash", "/hash"))
    }

    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest {
        let path = format!("{}/src/{}/{}", repository(place), encoded(commit), encoded_path(path));
        FileRequest { request: place.get_request(&path), form: FileForm::Raw }
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/#api-repositories-workspace-repo-slug-merge-base-revspec-get
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool> {
        let path = format!("{}/merge-base/{}..{}", repository(place), encoded(commit), encoded(tip));
        let commit = commit.to_owned();
        RequestFor::new(place.get_request(&path), move |answer| {
            Some(text_at(answer, "/hash")?.eq_ignore_ascii_case(&commit))
        })
    }

    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>> {
        let path =
            format!("{}/commits/{}?exclude={}&pagelen=100", repository(place), encoded(to), encoded(from));
        RequestFor::new(place.get_request(&path), |answer| {
            read_each(answer.get("values"), |commit| HistoryCommit::read(commit, "/hash", "/hash"))
        })
    }
}
