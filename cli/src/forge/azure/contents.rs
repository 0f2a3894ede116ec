//! Files and history on Azure Repos: <https://learn.microsoft.com/rest/api/azure/devops/git/items>,
//! <https://learn.microsoft.com/rest/api/azure/devops/git/commits>.

use serde_json::{Value, json};

use super::{AzureRepos, VERSION, repository};
use crate::base::http::{Method, Request};
use crate::forge::{
    Contents, FileAnswer, FileForm, FileRequest, HistoryCommit, Place, RequestFor, encoded, is_true,
    read_each, text_at,
};

impl Contents for AzureRepos {
    fn default_branch(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request(&format!("{}?{VERSION}", repository(place))), |answer| {
            text_at(answer, "/defaultBranch")?.strip_prefix("refs/heads/").map(str::to_owned)
        })
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/stats/get
    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String> {
        let path = format!("{}/stats/branches?name={}&{VERSION}", repository(place), encoded(branch));
        RequestFor::new(place.get_request(&path), |answer| text_at(answer, "/commit/commitId"))
    }

    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit> {
        let path = format!("{}/commits/{}?{VERSION}", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), read_commit)
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/items/get
    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest {
        let path = format!(
            "{}/items?path={}&versionDescriptor.version={}&versionDescriptor.versionType=commit&includeContent=true\
             &$format=json&{VERSION}",
            repository(place),
            encoded(&format!("/{path}")),
            encoded(commit)
        );
        FileRequest { request: place.get_request(&path), form: FileForm::Json(read_item) }
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/merge-bases/list
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool> {
        let path = format!(
            "{}/commits/{}/mergebases?otherCommitId={}&{VERSION}",
            repository(place),
            encoded(commit),
            encoded(tip)
        );
        let commit = commit.to_owned();
        RequestFor::new(place.get_request(&path), move |answer| {
            let bases = read_each(answer.get("value"), |base| text_at(base, "/commitId"))?;
            Some(bases.iter().any(|base| base.eq_ignore_ascii_case(&commit)))
        })
    }

    // The commits of `compareVersion` that `itemVersion` does not have:
    // https://learn.microsoft.com/rest/api/azure/devops/git/commits/get-commits-batch
    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>> {
        let version = |commit: &str| json!({ "versionType": "commit", "version": commit });
        let body = json!({ "itemVersion": version(from), "compareVersion": version(to), "$top": 1000 });
        let path = format!("{}/commitsbatch?$top=1000&{VERSION}", repository(place));
        let request = Request { repeatable: true, ..place.body_request(Method::POST, &path, &body) };
        RequestFor::new(request, |answer| read_each(answer.get("value"), read_commit))
    }
}

fn read_item(answer: &Value) -> Option<FileAnswer> {
    if is_true(answer, "/isFolder") || answer.get("gitObjectType").is_some_and(|kind| kind != "blob") {
        return Some(FileAnswer::NotAFile);
    }
    text_at(answer, "/content").map(|content| FileAnswer::Content(content.into_bytes()))
}

fn read_commit(answer: &Value) -> Option<HistoryCommit> {
    let parents = read_each(answer.get("parents"), |one| one.as_str().map(str::to_owned));
    Some(HistoryCommit { hash: text_at(answer, "/commitId")?, parents })
}
