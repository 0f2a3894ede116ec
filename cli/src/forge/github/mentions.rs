//! Mentions on GitHub: `@ann` and `@acme/oncall`.
//! <https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#mentioning-people-and-teams>

use super::{GitHub, repository};
use crate::base::http::{Method, Url};
use crate::forge::{Mentions, Place, RequestFor, encoded, encoded_path, one_field, page_below};

/// The permission for a comment on a commit.
const COMMENT_ON_COMMIT: &str = "the token needs \"Contents\" of the repository, in a job `contents: write` \
                                 (https://docs.github.com/en/rest/commits/comments#create-a-commit-comment)";

impl Mentions for GitHub {
    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String> {
        let path = format!("{}/pull/{number}", encoded_path(repository));
        let host = api.host_str()?.strip_prefix("api.").filter(|_| api.path() == "/");
        match host {
            Some(host) => Some(format!("https://{host}/{path}")),
            None => page_below(api, "api/v3/", &path),
        }
    }

    // https://docs.github.com/en/rest/commits/comments#create-a-commit-comment
    fn comment_on_commit(&self, place: &Place, commit: &str, body: &str) -> Option<RequestFor<()>> {
        let path = format!("{}/commits/{}/comments", repository(place), encoded(commit));
        let request = place.body_request(Method::POST, &path, &one_field("body", body));
        Some(RequestFor::new(request, |_| Some(())).needing_by_default(COMMENT_ON_COMMIT))
    }
}
