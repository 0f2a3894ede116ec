//! Where people review: one file a forge, pure. A forge says which request asks for what and reads the answer;
//! sending, paging, retries and the comment's behaviours are written once, above ([`client`], [`crate::publish::comment`]).
//!
//! A new forge is a file here, a line in [`FORGES`], and a face in the tests' fake. It is never chosen by the CI
//! system's name alone: CircleCI and Azure Pipelines build repositories of GitHub too ([`place`]).

mod api;
pub mod client;
mod parts;
pub mod place;
pub mod trouble;

mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;

pub use api::{ChangeRequest, Comment, CommitStatus, Deployment, Forge, Place, State};
pub use client::Client;
use parts::{cut, each, field, id, is_called, part, parts, text};
pub use trouble::Trouble;

/// The forges, in the order in which they are asked whether a host is theirs.
pub static FORGES: &[&dyn Forge] =
    &[&github::GitHub, &gitlab::GitLab, &azure::AzureRepos, &bitbucket::Bitbucket, &gitea::Gitea];

/// The forge of that name, as the input `forge` has it.
pub fn named(name: &str) -> Option<&'static dyn Forge> {
    FORGES.iter().copied().find(|forge| forge.name() == name)
}
