//! The forges, on which people review: one file or folder a forge, pure. A forge ([`Forge`]) makes the requests and reads
//! the answers, in facets: [`Comments`], [`ChangeRequests`], [`Statuses`], [`Reviews`], [`Contents`], [`Protections`],
//! [`Runs`], [`Mentions`], [`Merging`], [`Deployments`] if it has a page of them, [`Proposals`] if a request opens change requests, and [`Conversations`] if comments can start commands
//! there. A question of several requests is a [`Survey`].
//! Sending, paging, retries and the behaviours of comments are the same for all, and are elsewhere ([`client`],
//! [`crate::publish::comment`]).
//!
//! A new forge is a file here, a line in [`FORGES`], and a face in the tests' fake. It is never chosen by the CI
//! system's name alone: CircleCI and Azure Pipelines build repositories of GitHub too ([`place`]).

mod api;
pub mod client;
mod contents;
mod conversation;
mod gate;
mod issues;
mod model;
mod parts;
mod people;
pub mod place;
mod proposals;
pub mod protection;
mod reading;
mod refusal;
mod request;
mod review;
mod runs;
mod survey;
pub mod trouble;

mod azure;
mod bitbucket;
mod gitea;
mod github;
mod gitlab;

pub use api::{
    ChangeRequests, Comments, Contents, Conversations, Deployments, Forge, Issues, Mentions, Merging, Place,
    Proposals, Protections, Reviews, Runs, Statuses,
};
pub use client::Client;
pub use client::contents::RepositoryFile;
pub use client::history::MergedBetween;
use contents::read_base64_file;
pub use contents::{FileAnswer, FileForm, FileRequest, HistoryCommit, LARGEST_FILE};
pub use conversation::{Permission, Reaction, WrittenComment};
pub use gate::{GateApproval, GatedJob};
pub use issues::{Issue, IssueChange};
pub use model::{
    ChangeRequest, Comment, CommitStatus, Deployment, FileChange, KeptRecord, NewRecord, QueuedRequest,
    RepositoryFacts, State, StatusThere,
};
use parts::{
    begins_with_name, cut_to, encoded, encoded_path, is_true, number_at, one_field, page_below, read_each,
    read_list, text_at,
};
pub use people::Person;
pub use proposals::ProposedFile;
pub use reading::Reading;
pub use request::RequestFor;
use review::head_at;
pub use review::{Review, ReviewState};
pub use runs::{AskedRun, RunStanding};
pub use survey::{Survey, SurveyAnswers, SurveyPart};
pub use trouble::Trouble;

/// The forges, in the order in which a host is matched.
pub static FORGES: &[&dyn Forge] =
    &[&github::GitHub, &gitlab::GitLab, &azure::AzureRepos, &bitbucket::Bitbucket, &gitea::Gitea];

/// The forge with this name, by the words of the input `forge`.
pub fn forge_by_name(name: &str) -> Option<&'static dyn Forge> {
    FORGES.iter().copied().find(|forge| forge.name() == name)
}
