//! Proposals on Gitea and Forgejo. The API is described at each server under `/api/swagger`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::super::{ChangeRequest, Place, Proposals, ProposedFile, RequestFor, encoded_path};
use super::{Gitea, read_change_request, repository};
use crate::base::http::{Method, Request};

impl Proposals for Gitea {
    fn bring_file(&self, place: &Place, file: &ProposedFile<'_>, is_branch_there: bool) -> Vec<Request> {
        let path = format!("{}/contents/{}", repository(place), encoded_path(file.path));
        let mut fields = json!({
            "message": file.title,
            "content": BASE64_STANDARD.encode(file.after),
            "sha": file.blob_before(),
        });
        if is_branch_there {
            fields["branch"] = file.branch.into();
        } else {
            (fields["branch"], fields["new_branch"]) = (file.base.into(), file.branch.into());
        }
        vec![place.body_request(Method::PUT, &path, &fields)]
    }

    fn open_change_request(&self, place: &Place, file: &ProposedFile<'_>) -> RequestFor<ChangeRequest> {
        let fields =
            json!({ "title": file.title, "body": file.body, "head": file.branch, "base": file.base });
        let request = place.body_request(Method::POST, &format!("{}/pulls", repository(place)), &fields);
        RequestFor::new(request, read_change_request)
    }

    fn needed_for_proposals(&self) -> &'static str {
        "the token needs the scopes `write:repository` and `write:issue` \
         (https://docs.gitea.com/development/oauth2-provider#scopes)"
    }
}
