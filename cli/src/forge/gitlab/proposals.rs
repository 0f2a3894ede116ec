//! Proposals on GitLab: <https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions>,
//! <https://docs.gitlab.com/api/merge_requests/#create-mr>.

use serde_json::json;

use super::super::{ChangeRequest, Place, Proposals, ProposedFile, RequestFor};
use super::{GitLab, project, read_change_request};
use crate::base::http::{Method, Request};

impl Proposals for GitLab {
    fn bring_file(&self, place: &Place, file: &ProposedFile<'_>, is_branch_there: bool) -> Vec<Request> {
        let mut fields = json!({
            "branch": file.branch,
            "commit_message": file.title,
            "actions": [{ "action": "update", "file_path": file.path, "content": file.after }],
        });
        if !is_branch_there {
            fields["start_sha"] = file.base_commit.into();
        }
        vec![place.body_request(Method::POST, &format!("{}/repository/commits", project(place)), &fields)]
    }

    fn open_change_request(&self, place: &Place, file: &ProposedFile<'_>) -> RequestFor<ChangeRequest> {
        let fields = json!({
            "source_branch": file.branch,
            "target_branch": file.base,
            "title": file.title,
            "description": file.body,
            "remove_source_branch": true,
        });
        let request =
            place.body_request(Method::POST, &format!("{}/merge_requests", project(place)), &fields);
        RequestFor::new(request, read_change_request)
    }

    fn needed_for_proposals(&self) -> &'static str {
        "the token needs the scope `api`, and its user the role Developer at least; a job's own token can't do this \
         (https://docs.gitlab.com/api/merge_requests/#create-mr)"
    }
}
