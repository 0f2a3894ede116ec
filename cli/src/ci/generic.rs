//! A CI system without a file of its own: what `CI=true` and the most common names tell.
//!
//! The engine has variables for the same purpose, and they are read first:
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>. The others are those of Woodpecker's relatives, such as
//! Crow CI (<https://crowci.dev/v4-6/usage/env-vars-usage>), and of git plugins.

use super::context::{branch_of, first, text};
use super::{CiSystem, Context, Origin, origin};
use crate::env::Env;

/// Any CI system.
pub struct Generic;

impl CiSystem for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn detect(&self, env: &Env) -> bool {
        let ci = env.get("CI").is_some_and(|ci| !ci.eq_ignore_ascii_case("false") && ci != "0");
        ci || env.get("PULUMI_CI_SYSTEM").is_some()
    }

    fn origin(&self, env: &Env) -> Origin {
        origin::of_forge_type(env)
    }

    fn context(&self, env: &Env) -> Context {
        let number = first(env, &["PULUMI_PR_NUMBER", "CI_COMMIT_PULL_REQUEST"]);
        let change_request = number.and_then(|number| number.parse().ok());
        let built = first(env, &["CI_COMMIT_SHA", "GIT_COMMIT", "COMMIT_SHA"]).map(str::to_owned);
        Context {
            repository: text(env, "CI_REPO"),
            // Of a change request, what was built can be a merge commit.
            commit: text(env, "PULUMI_CI_PULL_REQUEST_SHA").or(built.filter(|_| number.is_none())),
            branch: first(
                env,
                &[
                    "PULUMI_CI_BRANCH_NAME",
                    "CI_COMMIT_SOURCE_BRANCH",
                    "CI_COMMIT_BRANCH",
                    "GIT_BRANCH",
                    "BRANCH_NAME",
                ],
            )
            .and_then(branch_of),
            tag: first(env, &["CI_COMMIT_TAG", "TAG_NAME"]).map(str::to_owned),
            change_request,
            target_branch: text(env, "CI_COMMIT_TARGET_BRANCH"),
            build_url: first(env, &["PULUMI_CI_BUILD_URL", "CI_PIPELINE_URL", "CI_BUILD_URL", "BUILD_URL"])
                .map(str::to_owned),
            event: first(env, &["PULUMI_CI_BUILD_TYPE", "CI_PIPELINE_EVENT"]).map(str::to_owned),
            ..Context::default()
        }
    }
}
