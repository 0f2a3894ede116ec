//! CircleCI.
//!
//! Variables: <https://circleci.com/docs/reference/variables/>. Those of pull requests exist only if CircleCI is
//! connected as GitHub's OAuth app or to Bitbucket Cloud; otherwise a change request looks like a push.
//!
//! A step is the unit of the log: there are no groups, no annotations, no commands and no summary page. There is no
//! command that masks either: CircleCI itself hides the values of contexts and of the project's variables, from four
//! characters on (<https://circleci.com/docs/guides/security/env-vars/#secrets-masking>). Values for later steps are in
//! the file that `BASH_ENV` names, which bash reads at the beginning of each step
//! (<https://circleci.com/docs/guides/security/set-environment-variable/>). It has no size limit of its own. Outputs
//! get there by `outputs-file`, which the orb sets to this file; a person can name another file.

use std::path::PathBuf;

use super::context::{change_of_ref, first_set, is_app, named_folders, number, slug, text};
use super::{
    Advice, Append, CiSystem, Context, Delivery, Handover, IdentityToken, JobFolders, Output,
    StepEnvironment, SystemVariables, export_line,
};
use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::base::text::shell_word;
use crate::ci::names::{ENV_PREFIX, variable_name};

/// CircleCI.
pub struct CircleCi;

impl CiSystem for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("CIRCLECI")
    }

    fn context(&self, env: &Env) -> Context {
        let link = env.get("CIRCLE_PULL_REQUEST");
        // A fork's branch is called `pull/7` here, and its ref can be requested by an API:
        // https://circleci.com/blog/triggering-trusted-ci-jobs-on-untrusted-forks/
        let pull = env.get("CIRCLE_BRANCH").and_then(change_of_ref);
        // CIRCLE_PR_*: "only available on forked PRs".
        let fork = pull.is_some()
            || ["CIRCLE_PR_NUMBER", "CIRCLE_PR_REPONAME", "CIRCLE_PR_USERNAME"]
                .iter()
                .any(|name| env.get(name).is_some());
        let change_request =
            number(env, "CIRCLE_PR_NUMBER").or(pull).or_else(|| link?.rsplit('/').next()?.parse().ok());
        let repository = match (env.get("CIRCLE_PROJECT_USERNAME"), env.get("CIRCLE_PROJECT_REPONAME")) {
            (Some(owner), Some(name)) => Some(format!("{owner}/{name}")),
            _ => env.get("CIRCLE_REPOSITORY_URL").and_then(slug),
        };
        let source = match (env.get("CIRCLE_PR_USERNAME"), env.get("CIRCLE_PR_REPONAME")) {
            (Some(owner), Some(name)) => Some(format!("{owner}/{name}")),
            _ if change_request.is_some() && !fork => repository.clone(),
            _ => None,
        };
        let context = Context {
            repository,
            commit: text(env, "CIRCLE_SHA1"),
            branch: text(env, "CIRCLE_BRANCH").filter(|_| pull.is_none()),
            tag: text(env, "CIRCLE_TAG"),
            change_request,
            proposed: fork || link.is_some(),
            source_repository: source,
            fork: (fork || change_request.is_some() || link.is_some()).then_some(fork),
            build_url: text(env, "CIRCLE_BUILD_URL"),
            actor: text(env, "CIRCLE_USERNAME"),
            bot: is_app(env.get("CIRCLE_USERNAME")),
            ..Context::default()
        }
        .settled();
        if context.change_request.is_none() && context.fork.is_none() && context.tag.is_none() {
            // A push, or a change request without the variables of one.
            return Context { trusted: None, ..context };
        }
        context
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            remote: first_set(env, &["CIRCLE_REPOSITORY_URL", "CIRCLE_PULL_REQUEST"]).map(str::to_owned),
            run: number(env, "CIRCLE_BUILD_NUM"),
            ..Origin::default()
        }
    }

    fn identity_token(&self, env: &Env, _audience: &str) -> IdentityToken {
        // The audience is the organization's id:
        // https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
        for name in ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"] {
            if env.get(name).is_some() {
                return IdentityToken::InVariable(name);
            }
        }
        IdentityToken::None { reason: "the job has no `CIRCLE_OIDC_TOKEN_V2`: it needs to use a context" }
    }

    // The time that a cancelled job has is not documented.

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2", "CIRCLE_TOKEN"],
            // https://circleci.com/docs/guides/security/set-environment-variable/#using-parameters-and-bash-environment
            step_files: &["BASH_ENV"],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces, ..JobFolders::UNKNOWN }
    }

    fn handover(&self) -> Handover {
        Handover {
            // The orb's step with `when: always` reads it.
            post_step: |env, state, _| for_later_steps(env, state.iter().map(state_line).collect()),
            // Only bash reads the file: https://circleci.com/docs/guides/security/set-environment-variable/
            environment: StepEnvironment {
                delivery: |env, variables, _| {
                    for_later_steps(env, variables.iter().map(export_line).collect())
                },
                ..StepEnvironment::NONE
            },
            path: |env, folder| {
                for_later_steps(env, format!("export PATH={}:\"$PATH\"\n", shell_word(folder)))
            },
            ..Handover::FILES_ONLY
        }
    }

    fn advice(&self) -> Advice {
        Advice { withheld_secrets: |_, context| Some(withheld_secrets(context)), ..Advice::GENERAL }
    }
}

fn workspaces(env: &Env) -> Vec<PathBuf> {
    // The default is `~/project`.
    let home = |folder: PathBuf| match folder.strip_prefix("~") {
        Ok(rest) => env.get("HOME").map(|home| PathBuf::from(home).join(rest)),
        Err(_) => Some(folder),
    };
    named_folders(env, &["CIRCLE_WORKING_DIRECTORY"]).into_iter().filter_map(home).collect()
}

fn withheld_secrets(context: &Context) -> &'static str {
    if context.fork == Some(true) {
        "builds of forks get no secrets unless the project passes them on \
         (https://circleci.com/docs/oss/#pass-secrets-to-builds-from-forked-pull-requests)"
    } else {
        "the variables of a context reach only jobs that name it under `context:` in their workflow \
         (https://circleci.com/docs/contexts/)"
    }
}

/// The delivery of lines to the shells of later steps. None if `BASH_ENV` names no file.
fn for_later_steps(env: &Env, text: String) -> Option<Delivery> {
    Some(Delivery::Append(Append { path: env.get("BASH_ENV")?.into(), text }))
}

fn state_line(Output { name, value }: &Output) -> String {
    format!("export {ENV_PREFIX}{}={}\n", variable_name(name), shell_word(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Env {
        Env::from_pairs("/", [("CIRCLECI", "true"), ("BASH_ENV", "/tmp/.bash_env-1-0-build")])
    }

    #[test]
    fn each_ref_of_a_change_is_a_forks() {
        for branch in ["pull/7", "pull/7/head", "pull/7/merge", "refs/pull/7/head"] {
            let context = CircleCi.context(&Env::from_pairs("/", [("CIRCLE_BRANCH", branch)]));
            assert_eq!((context.change_request, context.fork), (Some(7), Some(true)), "{branch}");
        }
        let own = CircleCi.context(&Env::from_pairs("/", [("CIRCLE_BRANCH", "pull/request-form")]));
        assert_eq!((own.change_request, own.fork), (None, None));
    }

    fn added(text: &str) -> Delivery {
        Delivery::Append(Append { path: "/tmp/.bash_env-1-0-build".into(), text: text.to_owned() })
    }

    #[test]
    fn a_folder_comes_to_the_front_of_the_path_of_later_steps() {
        let delivery = (CircleCi.handover().path)(&job(), "/home/it's $(me)/bin");
        assert_eq!(delivery.unwrap(), added("export PATH='/home/it'\\''s $(me)/bin':\"$PATH\"\n"));
    }

    #[test]
    fn a_later_step_finds_what_a_killed_run_has_left() {
        let state = [Output { name: "unfinished".into(), value: "/tmp/a b/unfinished.json".into() }];
        let delivery = (CircleCi.handover().post_step)(&job(), &state, &mut String::new);
        assert_eq!(delivery.unwrap(), added("export STACKSTEP_UNFINISHED='/tmp/a b/unfinished.json'\n"));
    }

    #[test]
    fn without_the_file_of_later_steps_nothing_is_written() {
        let (env, handover) = (Env::from_pairs("/", [("CIRCLECI", "true")]), CircleCi.handover());
        assert_eq!((handover.path)(&env, "/bin"), None);
        assert_eq!((handover.post_step)(&env, &[], &mut String::new), None);
    }
}
