//! A CI system without a file of its own, read by `CI=true` and the most common variables.
//!
//! The engine has variables for the same purpose, and they are read first:
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>. The others are those of Woodpecker's relatives, such as
//! Crow CI (<https://crowci.dev/v4-6/usage/env-vars-usage>), and of git plugins.

use super::context::{branch_of, change_of_ref, first_set, named_folders, text};
use super::{CiSystem, Context, JobFolders, SystemVariables, foreign, origin};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Any CI system.
pub struct Generic;

impl CiSystem for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn detect(&self, env: &Env) -> bool {
        let ci = env.get("CI").is_some_and(|ci| !ci.eq_ignore_ascii_case("false") && ci != "0");
        ci || env.get("PULUMI_CI_SYSTEM").is_some() || foreign::told_facts(env).is_some()
    }

    fn origin(&self, env: &Env) -> Origin {
        origin::origin_by_forge_type(env)
    }

    fn context(&self, env: &Env) -> Context {
        let number = first_set(env, &["PULUMI_PR_NUMBER", "CI_COMMIT_PULL_REQUEST"])
            .filter(|number| !number.eq_ignore_ascii_case("false"));
        let told = foreign::told_facts(env).unwrap_or_default();
        // A run that is started for a change's ref has no number of the change.
        let of_a_ref =
            ["CI_COMMIT_REF", "PULUMI_CI_BRANCH_NAME", "CI_COMMIT_BRANCH", "GIT_BRANCH", "BRANCH_NAME"]
                .iter()
                .find_map(|name| change_of_ref(env.get(name)?));
        let change_request = number.and_then(|number| number.parse().ok()).or(told.number).or(of_a_ref);
        let event = first_set(
            env,
            &["PULUMI_CI_BUILD_TYPE", "CI_PIPELINE_EVENT", "CI_BUILD_EVENT", "DRONE_BUILD_EVENT"],
        );
        let proposed =
            number.is_some() || told.proposed || of_a_ref.is_some() || event.is_some_and(names_a_change);
        let built = first_set(env, &["CI_COMMIT_SHA", "GIT_COMMIT", "COMMIT_SHA"]).map(str::to_owned);
        Context {
            repository: text(env, "CI_REPO").or(told.repository),
            // For a change request, the commit that was built can be a merge commit.
            commit: text(env, "PULUMI_CI_PULL_REQUEST_SHA").or(built.filter(|_| !proposed)).or(told.commit),
            proposed,
            fork: told.fork,
            source_repository: told.source,
            branch: first_set(
                env,
                &[
                    "PULUMI_CI_BRANCH_NAME",
                    "CI_COMMIT_SOURCE_BRANCH",
                    "CI_COMMIT_BRANCH",
                    "GIT_BRANCH",
                    "BRANCH_NAME",
                ],
            )
            .map(str::to_owned)
            .or(told.branch)
            .as_deref()
            .and_then(branch_of),
            tag: first_set(env, &["CI_COMMIT_TAG", "TAG_NAME"]).map(str::to_owned),
            change_request,
            target_branch: text(env, "CI_COMMIT_TARGET_BRANCH"),
            build_url: first_set(
                env,
                &["PULUMI_CI_BUILD_URL", "CI_PIPELINE_URL", "CI_BUILD_URL", "BUILD_URL"],
            )
            .map(str::to_owned),
            event: event.map(str::to_owned),
            // A change request is never trusted here, whatever its variables say about its origin.
            trusted: (told.fork == Some(true)).then_some(false),
            ..Context::default()
        }
    }

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            // The variables of Drone and Harness.
            step_files: &["DRONE_OUTPUT", "DRONE_OUTPUT_SECRET", "HARNESS_OUTPUT_SECRET_FILE"],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, WORKSPACES), ..JobFolders::UNKNOWN }
    }
}

/// The variables that name the checkout folder on the systems of [`foreign`] and on Woodpecker's relatives.
const WORKSPACES: &[&str] = &[
    "CI_WORKSPACE",
    "DRONE_WORKSPACE",
    "APPVEYOR_BUILD_FOLDER",
    "CIRRUS_WORKING_DIR",
    "BITRISE_SOURCE_DIR",
    "CM_BUILD_DIR",
    "SD_SOURCE_DIR",
    "VELA_BUILD_WORKSPACE",
];

/// Whether the name of the event that started the run is one of a change request.
fn names_a_change(event: &str) -> bool {
    let event = event.to_ascii_lowercase().replace(['-', ' '], "_");
    ["pull_request", "merge_request", "pullrequest", "mergerequest"].iter().any(|word| event.contains(word))
}
