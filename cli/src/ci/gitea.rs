//! Gitea Actions and Forgejo Actions: GitHub's variables, commands and event, with a few differences.
//!
//! Variables: <https://docs.gitea.com/usage/actions/actions-variables>,
//! <https://forgejo.org/docs/latest/user/actions/reference/>. Their runners set `GITEA_ACTIONS`; Forgejo's sets
//! `FORGEJO_ACTIONS` besides: <https://code.forgejo.org/forgejo/runner/src/branch/main/internal/app/run/runner.go>.

use std::path::PathBuf;

use super::context::number;
use super::github::{self, GitHubActions, id_token_request, read};
use super::origin::own_token;
use super::workflow_command as command;
use super::{Append, CiSystem, Context, IdentityToken, Level, Output};
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
        // The user that the job's token is of:
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

    fn secret_variables(&self) -> &'static [&'static str] {
        &[
            "ACTIONS_RUNTIME_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "GITEA_TOKEN",
            "FORGEJO_TOKEN",
            "GITHUB_TOKEN",
            "GH_TOKEN",
        ]
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

    fn temporary_folder(&self, env: &Env) -> Option<PathBuf> {
        GitHubActions.temporary_folder(env)
    }

    fn group(&self, title: &str) -> String {
        command::group(title)
    }

    fn end_group(&self) -> String {
        command::END_GROUP.to_owned()
    }

    fn mask(&self, line: &str) -> String {
        command::mask(line)
    }

    fn begin_foreign(&self, token: &str) -> String {
        command::stop(token)
    }

    fn end_foreign(&self, token: &str) -> String {
        command::resume(token)
    }

    fn annotation(&self, level: Level, title: &str, message: &str) -> String {
        command::annotation(level, title, message)
    }

    fn refuses_output_name(&self, name: &str) -> Option<&'static str> {
        command::refuses_output_name(name)
    }

    fn output_names_ignore_case(&self) -> bool {
        true
    }

    fn outputs(&self, env: &Env, outputs: &[Output], random: &mut dyn FnMut() -> String) -> Option<Append> {
        GitHubActions.outputs(env, outputs, random)
    }

    fn post_step_state(
        &self,
        env: &Env,
        state: &[Output],
        random: &mut dyn FnMut() -> String,
    ) -> Option<Append> {
        GitHubActions.post_step_state(env, state, random)
    }

    fn workspaces(&self, env: &Env) -> Vec<PathBuf> {
        GitHubActions.workspaces(env)
    }

    fn how_to_tell_the_event(&self) -> &'static str {
        GitHubActions.how_to_tell_the_event()
    }

    fn strip_from_engine(&self) -> &'static [&'static str] {
        GitHubActions.strip_from_engine()
    }

    fn path_file(&self, env: &Env, folder: &str) -> Option<Append> {
        GitHubActions.path_file(env, folder)
    }

    fn summary(&self, env: &Env) -> Option<(PathBuf, usize)> {
        GitHubActions.summary(env)
    }
}

/// The page of this run: it is counted in the repository, where GitHub's is known by its id.
/// <https://github.com/go-gitea/gitea/blob/main/models/actions/run.go>
fn build_url(env: &Env) -> Option<String> {
    let server = env.get("GITHUB_SERVER_URL")?.trim_end_matches('/');
    let (repository, run) = (env.get("GITHUB_REPOSITORY")?, env.get("GITHUB_RUN_NUMBER")?);
    Some(format!("{server}/{repository}/actions/runs/{run}"))
}
