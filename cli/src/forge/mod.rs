//! The forges, on which people review: one file a forge, pure. A forge ([`Forge`]) makes the requests and reads the
//! answers, in facets: [`Comments`], [`ChangeRequests`], [`Statuses`], and [`Deployments`] if it has a page of them.
//! Sending, paging, retries and the behaviours of comments are the same for all, and are elsewhere ([`client`],
//! [`crate::publish::comment`]).
//!
//! A new forge is a file here, a line in [`FORGES`], and a face in the tests' fake. It is never chosen by the CI
//! system's name alone: CircleCI and Azure Pipelines build repositories of GitHub too ([`place`]).

mod api;
pub mod client;
mod model;
mod parts;
pub mod place;
pub mod trouble;

mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;

pub use api::{ChangeRequests, Comments, Deployments, Forge, Place, RequestFor, Statuses};
pub use client::Client;
pub use model::{ChangeRequest, Comment, CommitStatus, Deployment, State};
use parts::{begins_with_name, cut_to, encoded, encoded_path, number_at, one_field, read_list, text_at};
pub use trouble::Trouble;

/// The forges, in the order in which a host is matched.
pub static FORGES: &[&dyn Forge] =
    &[&github::GitHub, &gitlab::GitLab, &azure::AzureRepos, &bitbucket::Bitbucket, &gitea::Gitea];

/// The forge with this name, by the words of the input `forge`.
pub fn forge_by_name(name: &str) -> Option<&'static dyn Forge> {
    FORGES.iter().copied().find(|forge| forge.name() == name)
}
