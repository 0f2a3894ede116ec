//! Woodpecker CI.
//!
//! Variables: <https://woodpecker-ci.org/docs/usage/environment#built-in-environment-variables>. The commit of a pull
//! request is its head, as the webhooks of each forge are read:
//! <https://github.com/woodpecker-ci/woodpecker/tree/main/server/forge>.
//!
//! The log has no commands, and steps can pass on only files of their shared workspace: outputs are in `outputs-file`.
//! Woodpecker itself hides values of the secret store.

use std::time::Duration;

use super::context::{branch_of, change_of_ref, is_app, named_folders, number, text};
use super::{Advice, CiSystem, Context, IdentityToken, JobFolders, SystemVariables, engine_told, origin};
use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::ci::names::variable_name;

/// Woodpecker CI.
pub struct Woodpecker;

/// The beginning of a plugin's settings: <https://woodpecker-ci.org/docs/usage/plugins/creating-plugins#settings>.
const SETTING: &str = "PLUGIN_";

impl CiSystem for Woodpecker {
    fn name(&self) -> &'static str {
        "woodpecker-ci"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("CI") == Some("woodpecker") || env.get("CI_SYSTEM_NAME") == Some("woodpecker")
    }

    fn context(&self, env: &Env) -> Context {
        let change_request = number(env, "CI_COMMIT_PULL_REQUEST");
        let event = env.get("CI_PIPELINE_EVENT");
        // A deployment has the ref of the pipeline that a person deploys, and no variable of its own for a tag.
        let deployed = env.get("CI_COMMIT_REF").filter(|_| event == Some("deployment"));
        let of_deployed = deployed.and_then(|reference| reference.strip_prefix("refs/tags/"));
        let tag = text(env, "CI_COMMIT_TAG").or_else(|| of_deployed.map(str::to_owned));
        // For a pull request it is the target, for a tag the branch that it was made on, for a deployment any ref.
        let built = match event {
            Some("deployment") => deployed.and_then(|reference| reference.strip_prefix("refs/heads/")),
            _ => env.get("CI_COMMIT_BRANCH").filter(|_| tag.is_none()),
        };
        let branch = match change_request {
            Some(_) => text(env, "CI_COMMIT_SOURCE_BRANCH"),
            None => built.and_then(branch_of),
        };
        let default = env.get("CI_REPO_DEFAULT_BRANCH");
        let of_the_reference = env.get("CI_COMMIT_REF").and_then(change_of_ref);
        Context {
            repository: text(env, "CI_REPO"),
            commit: text(env, "CI_COMMIT_SHA"),
            default_branch: branch.as_deref().and_then(|branch| Some(branch == default?)),
            default_branch_name: default.map(str::to_owned),
            branch,
            tag,
            change_request: change_request.or(of_the_reference),
            proposed: of_the_reference.is_some() || event.is_some_and(|event| !is_of_our_own(event, env)),
            target_branch: text(env, "CI_COMMIT_TARGET_BRANCH"),
            build_url: text(env, "CI_PIPELINE_URL"),
            actor: text(env, "CI_PIPELINE_AUTHOR"),
            bot: is_app(env.get("CI_PIPELINE_AUTHOR")),
            event: event.map(str::to_owned),
            scheduled: event.map(|event| event == "cron"),
            attempt: env.get("CI_PIPELINE_NUMBER").map(|_| reruns(env).saturating_add(1)),
            public: env.get("CI_REPO_PRIVATE").map(|private| private == "false"),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        let attempt = number(env, "CI_PIPELINE_NUMBER").map(|_| reruns(env));
        Origin { attempt, ..origin::origin_by_forge_type(env) }
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "Woodpecker makes no identity tokens: use an access token in a secret of the repository",
        }
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        let variable = format!("{SETTING}{}", variable_name(name));
        env.get(&variable).map(|value| (variable, value))
    }

    fn grace_period(&self, _env: &Env) -> Duration {
        // A container is stopped, and killed 20 s later: `WOODPECKER_BACKEND_DOCKER_STOP_TIMEOUT`,
        // https://github.com/woodpecker-ci/woodpecker/blob/main/pipeline/backend/docker/flags.go
        Duration::from_secs(14)
    }
    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["CI_NETRC_PASSWORD"],
            kept_from_engine: &[SETTING, "CI_NETRC_"],
            told_to_engine: |env| {
                let context = Woodpecker.context(env);
                engine_told::variables("Woodpecker CI", env, &context, env.get("CI_PIPELINE_NUMBER"))
            },
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, &["CI_WORKSPACE"]), ..JobFolders::UNKNOWN }
    }

    fn advice(&self) -> Advice {
        Advice {
            // https://woodpecker-ci.org/docs/usage/project-settings#require-approval-for
            maintainers_way: |_| {
                "a maintainer who has read the change can approve its pipeline, in a project whose secrets allow the event"
                    .to_owned()
            },
            ..Advice::GENERAL
        }
    }
}

/// Whether the event, by its name, is about the repository's own code. The person who starts a deployment chooses its
/// ref: a branch, a tag or any commit that the forge has.
fn is_of_our_own(event: &str, env: &Env) -> bool {
    let reference = env.get("CI_COMMIT_REF").unwrap_or_default();
    match event {
        "push" | "tag" | "release" | "cron" | "manual" => true,
        "deployment" => reference.starts_with("refs/heads/") || reference.starts_with("refs/tags/"),
        _ => false,
    }
}

/// The number of times that the pipeline was started again; not set on its first run.
fn reruns(env: &Env) -> u64 {
    number(env, "CI_PIPELINE_RERUNS").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_the_setting_of_that_name() {
        let env = Env::from_pairs("/", [("PLUGIN_LOCK_TIMEOUT", "5m")]);
        assert_eq!(Woodpecker.step_input(&env, "lock-timeout"), Some(("PLUGIN_LOCK_TIMEOUT".into(), "5m")));
        assert_eq!(Woodpecker.step_input(&env, "stack"), None);
    }

    #[test]
    fn a_deployments_ref_is_no_branch() {
        let deployment = [("CI_PIPELINE_EVENT", "deployment"), ("CI_COMMIT_BRANCH", "8d08154")];
        assert_eq!(Woodpecker.context(&Env::from_pairs("/", deployment)).branch, None);
    }

    #[test]
    fn a_deployment_is_of_the_branch_or_the_tag_that_its_ref_names() {
        let context = |reference: &str| {
            let deployment = [("CI_PIPELINE_EVENT", "deployment"), ("CI_COMMIT_REF", reference)];
            let context = Woodpecker.context(&Env::from_pairs("/", deployment));
            (context.branch, context.tag)
        };
        assert_eq!(context("refs/tags/v1.2.0"), (None, Some("v1.2.0".to_owned())));
        assert_eq!(context("refs/heads/main"), (Some("main".to_owned()), None));
        assert_eq!(context("8d08154"), (None, None));
    }

    #[test]
    fn an_event_that_is_not_known_is_about_a_change() {
        let proposed = |event: &str, reference: &str| {
            let pairs = [("CI_PIPELINE_EVENT", event), ("CI_COMMIT_REF", reference)];
            Woodpecker.context(&Env::from_pairs("/", pairs)).proposed
        };
        assert!(!proposed("push", "refs/heads/main") && !proposed("deployment", "refs/heads/main"));
        assert!(proposed("deployment", "8d08154") && proposed("deployment", "") && proposed("something", ""));
        assert!(proposed("manual", "refs/pull/7/head"));
    }

    #[test]
    fn settings_and_credentials_of_the_clone_stay_with_us() {
        let variables = Woodpecker.variables();
        assert_eq!(variables.kept_from_engine, ["PLUGIN_", "CI_NETRC_"]);
        assert!(variables.is_secret("CI_NETRC_PASSWORD"));
    }
}
