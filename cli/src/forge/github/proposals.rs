//! Proposals on GitHub: <https://docs.github.com/en/rest/git/refs#create-a-reference>,
//! <https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents>,
//! <https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request>.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::super::{ChangeRequest, Place, Proposals, ProposedFile, RequestFor, encoded_path};
use super::{GitHub, read_change_request, repository};
use crate::base::http::{Method, Request};

impl Proposals for GitHub {
    fn bring_file(&self, place: &Place, file: &ProposedFile<'_>, is_branch_there: bool) -> Vec<Request> {
        let branch = json!({ "ref": format!("refs/heads/{}", file.branch), "sha": file.base_commit });
        let branch = place.body_request(Method::POST, &format!("{}/git/refs", repository(place)), &branch);
        let path = format!("{}/contents/{}", repository(place), encoded_path(file.path));
        let content = json!({
            "message": file.title,
            "content": BASE64_STANDARD.encode(file.after),
            "sha": file.blob_before(),
            "branch": file.branch,
        });
        let content = place.body_request(Method::PUT, &path, &content);
        let branch = (!is_branch_there).then_some(branch);
        branch.into_iter().chain([content]).collect()
    }

    fn open_change_request(&self, place: &Place, file: &ProposedFile<'_>) -> RequestFor<ChangeRequest> {
        let fields =
            json!({ "title": file.title, "body": file.body, "head": file.branch, "base": file.base });
        let request = place.body_request(Method::POST, &format!("{}/pulls", repository(place)), &fields);
        RequestFor::new(request, read_change_request)
    }

    fn needed_for_proposals(&self) -> &'static str {
        "the token needs Contents and Pull requests: Read and write, in a workflow `permissions: { contents: write, pull-requests: write }` and the setting \"Allow GitHub Actions to create and approve pull requests\" \
         (https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request)"
    }
}
