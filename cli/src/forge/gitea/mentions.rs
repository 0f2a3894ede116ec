//! Mentions on Gitea and Forgejo: `@ann` and `@acme/oncall`. A commit can't be commented on there.

use super::Gitea;
use crate::base::http::Url;
use crate::forge::{Mentions, encoded_path, page_below};

impl Mentions for Gitea {
    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String> {
        page_below(api, "api/v1/", &format!("{}/pulls/{number}", encoded_path(repository)))
    }
}
