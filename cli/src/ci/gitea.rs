//! Gitea Actions and Forgejo Actions: GitHub's variables, commands and event, with a few differences.
//!
//! Variables: <https://docs.gitea.com/usage/actions/actions-variables>,
//! <https://forgejo.org/docs/latest/user/actions/reference/>. Their runners set `GITEA_ACTIONS`; Forgejo's sets
//! `FORGEJO_ACTIONS` besides: <https://code.forgejo.org/forgejo/runner/src/branch/main/internal/app/run/runner.go>.

use super::comment::{self, StartedBy};
use super::context::number;
use super::github::{self, GitHubActions, id_token_request, read};
use super::origin::own_token;
use super::workflow_command as command;
use super::{Advice, CiSystem, Context, Handover, IdentityToken, JobFolders, LogFormat, SystemVariables};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Gitea Actions or Forgejo Actions.
pub struct GiteaActions {
    name: &'static str,
    sign: &'static str,
    author: &'static str,
}

/// Gitea Actions.
pub static GITEA: GiteaActions =
    GiteaActions { name: "gitea-actions", sign: "GITEA_ACTIONS", author: "gitea-actions" };
/// Forgejo Actions.
pub static FORGEJO: GiteaActions =
    GiteaActions { name: "forgejo-actions", sign: "FORGEJO_ACTIONS", author: "forgejo-actions" };

impl CiSystem for GiteaActions {
    fn name(&self) -> &'static str {
        self.name
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true(self.sign)
    }

    fn context(&self, env: &Env) -> Context {
        Context { build_url: build_url(env), ..read(env) }.settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        // The user of the job's token:
        // https://github.com/go-gitea/gitea/blob/main/models/user/user_system.go
        Origin {
            forge: Some("gitea"),
            token: own_token(env, &["FORGEJO_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN"]),
            author: Some(self.author),
            token_in_github_input: true,
            run: number(env, "GITHUB_RUN_NUMBER"),
            ..github::origin(env)
        }
    }

    fn started_by(&self, env: &Env) -> Option<StartedBy> {
        comment::of_github(env)
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        id_token_request(env, audience).unwrap_or(IdentityToken::None {
            reason: "the job may not ask for an identity token: Forgejo needs `enable-openid-connect: true`, \
                     and Gitea has none",
        })
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        GitHubActions.step_input(env, name)
    }

    fn step_inputs_prefix(&self) -> Option<&'static str> {
        Some("INPUT_")
    }

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "FORGEJO_TOKEN"],
            step_files: &[
                "GITEA_ENV",
                "GITEA_OUTPUT",
                "GITEA_PATH",
                "GITEA_STATE",
                "GITEA_STEP_SUMMARY",
                "FORGEJO_ENV",
                "FORGEJO_OUTPUT",
                "FORGEJO_PATH",
                "FORGEJO_STATE",
                "FORGEJO_STEP_SUMMARY",
            ],
            ..github::VARIABLES
        }
    }

    fn folders(&self) -> JobFolders {
        github::FOLDERS
    }

    fn log(&self) -> LogFormat {
        command::LOG
    }

    fn handover(&self) -> Handover {
        command::HANDOVER
    }

    fn advice(&self) -> Advice {
        github::ADVICE
    }
}

/// The page of this run. It has the run's number in the repository, where GitHub's has the run's id.
/// <https://github.com/go-gitea/gitea/blob/main/models/actions/run.go>
fn build_url(env: &Env) -> Option<String> {
    let server = env.get("GITHUB_SERVER_URL")?.trim_end_matches('/');
    let (repository, run) = (env.get("GITHUB_REPOSITORY")?, env.get("GITHUB_RUN_NUMBER")?);
    Some(format!("{server}/{repository}/actions/runs/{run}"))
}
