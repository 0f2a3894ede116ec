//! The CI systems on which stackstep runs: one file a system, pure and synchronous.
//!
//! A CI system ([`CiSystem`]) tells the facts of the job ([`Context`]) and gives the step's inputs. Everything else is
//! a facet, each with a default for a system that has nothing of the kind: [`variables`], [`folders`], [`log_format`],
//! [`handover`], [`advice`]. A CI system never comments on a change request: that is a forge's work, and the two are
//! separate (CircleCI builds GitHub repositories too).
//!
//! A new system is a file here, a line in [`SYSTEMS`], and its fixtures in `tests/fixtures/ci/`:
//! `docs/adding-a-ci-system.md`.

mod advice;
mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod cloud_build;
mod codebuild;
mod codefresh;
mod comment;
pub mod console;
mod context;
mod disarm;
mod engine_told;
mod folders;
mod foreign;
mod generic;
mod gitea;
mod github;
mod gitlab;
pub mod ground;
mod handover;
mod identity;
mod jenkins;
mod kept_log;
mod label;
mod local;
mod log_format;
pub mod names;
mod origin;
pub mod standing;
pub mod starter;
mod step_variable;
mod system;
mod travis;
mod variables;
mod woodpecker;
mod workflow_command;

use crate::base::env::Env;

pub use advice::Advice;
pub use comment::{CommentPointer, StartedBy};
pub use context::{Context, queued_change_request};
pub use disarm::json_without_commands;
pub use folders::JobFolders;
pub use handover::{
    Append, Delivery, Handover, Output, OutputRules, OutputsForm, OutputsWay, RandomWord, STEP_OUTPUTS,
    STEP_SECRETS, STEP_STATE, StepEnvironment,
};
pub use identity::{IdentityToken, OWN_VARIABLE, TokenRequest};
pub use label::SetLabel;
pub use log_format::{Annotation, GroupMark, Level, LogCommands, LogFormat};
pub use step_variable::{StepVariable, export_line};
pub use system::CiSystem;
pub(crate) use system::{TEN_SECONDS, share_of};
pub use variables::SystemVariables;

/// The variable that lets a run begin even if the log shows the values of variables.
pub const ALLOW_DEBUG_TRACE: &str = "STACKSTEP_ALLOW_DEBUG_TRACE";

/// The systems, in the order in which they are tried. One that shares another's variables comes before it, those with
/// weak signs come last, and the very last one always matches.
pub static SYSTEMS: &[&dyn CiSystem] = &[
    &gitea::FORGEJO,
    &gitea::GITEA,
    &github::GitHubActions,
    &gitlab::GitLabCi,
    &circleci::CircleCi,
    &azure::AzurePipelines,
    &buildkite::Buildkite,
    &bitbucket::BitbucketPipelines,
    &codebuild::CodeBuild,
    &codefresh::Codefresh,
    &travis::Travis,
    &jenkins::Jenkins,
    &cloud_build::CloudBuild,
    &woodpecker::Woodpecker,
    &generic::Generic,
    &local::Local,
];

/// The system whose variables are in `env`.
pub fn detect(env: &Env) -> &'static dyn CiSystem {
    SYSTEMS.iter().copied().find(|system| system.detect(env)).unwrap_or(&local::Local)
}

/// The source of the identity token for `audience`: the variable that a person set, or the system's own way.
pub fn identity_token(system: &dyn CiSystem, env: &Env, audience: &str) -> IdentityToken {
    if env.get(OWN_VARIABLE).is_some() {
        return IdentityToken::InVariable(OWN_VARIABLE);
    }
    system.identity_token(env, audience)
}

/// The secret values that the system put into the environment, with their variables.
pub fn secrets<'e>(system: &dyn CiSystem, env: &'e Env) -> Vec<(&'e str, &'e str)> {
    let variables = system.variables();
    env.iter()
        .filter(|(name, value)| !value.is_empty() && (*name == OWN_VARIABLE || variables.is_secret(name)))
        .collect()
}
