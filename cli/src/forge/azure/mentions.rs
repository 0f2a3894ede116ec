//! Mentions on Azure Repos, by the ID of a person or group: `@<8C8C7D32-…>`. A name alone tells nobody, and a commit can't
//! be commented on by a request.
//! <https://learn.microsoft.com/azure/devops/organizations/notifications/at-mentions>

use super::AzureRepos;
use crate::base::http::Url;
use crate::forge::{Mentions, encoded, encoded_path};

impl Mentions for AzureRepos {
    fn mention(&self, name: &str) -> String {
        format!("@<{name}>")
    }

    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String> {
        let (project, name) = repository.split_once('/')?;
        let path = format!("{}/_git/{}/pullrequest/{number}", encoded_path(project), encoded(name));
        api.join(&path).ok().map(Into::into)
    }
}
