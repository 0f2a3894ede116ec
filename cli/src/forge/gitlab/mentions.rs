//! Mentions on GitLab: `@ann`, and groups as `@acme/oncall`.
//! <https://docs.gitlab.com/user/discussions/#mentions>

use super::{GitLab, project};
use crate::base::http::{Method, Url};
use crate::forge::{Mentions, Place, RequestFor, encoded, encoded_path, one_field, page_below};

impl Mentions for GitLab {
    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String> {
        page_below(api, "api/v4/", &format!("{}/-/merge_requests/{number}", encoded_path(repository)))
    }

    // https://docs.gitlab.com/api/commits/#post-comment-to-commit
    fn comment_on_commit(&self, place: &Place, commit: &str, body: &str) -> Option<RequestFor<()>> {
        let path = format!("{}/repository/commits/{}/comments", project(place), encoded(commit));
        Some(RequestFor::new(place.body_request(Method::POST, &path, &one_field("note", body)), |_| Some(())))
    }
}
