//! Mentions on Bitbucket, by the ID of an Atlassian account: `@{557058:…}`. A name alone tells nobody.
//! <https://developer.atlassian.com/cloud/bitbucket/bitbucket-api-changes-gdpr/#mentions>

use serde_json::json;

use super::{Bitbucket, repository};
use crate::base::http::{Method, Url};
use crate::forge::{Mentions, Place, RequestFor, encoded, encoded_path};

impl Mentions for Bitbucket {
    fn mention(&self, name: &str) -> String {
        format!("@{{{}}}", name.trim_matches(['{', '}']))
    }

    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String> {
        let host = api.host_str()?.strip_prefix("api.")?;
        Some(format!("https://{host}/{}/pull-requests/{number}", encoded_path(repository)))
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/#api-repositories-workspace-repo-slug-commit-commit-comments-post
    fn comment_on_commit(&self, place: &Place, commit: &str, body: &str) -> Option<RequestFor<()>> {
        let path = format!("{}/commit/{}/comments", repository(place), encoded(commit));
        let request = place.body_request(Method::POST, &path, &json!({ "content": { "raw": body } }));
        Some(RequestFor::new(request, |_| Some(())))
    }
}
