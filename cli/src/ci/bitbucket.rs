//! Bitbucket Pipelines.
//!
//! Variables: <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>.

use super::context::{named_folders, number, text};
use super::{Advice, CiSystem, Context, IdentityToken, JobFolders, SystemVariables};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Bitbucket Pipelines.
pub struct BitbucketPipelines;

impl CiSystem for BitbucketPipelines {
    fn name(&self) -> &'static str {
        "bitbucket-pipelines"
    }

    fn detect(&self, env: &Env) -> bool {
        // No variable names the system only.
        env.get("BITBUCKET_BUILD_NUMBER").is_some() && env.get("BITBUCKET_COMMIT").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        let repository = text(env, "BITBUCKET_REPO_FULL_NAME");
        let change_request = number(env, "BITBUCKET_PR_ID");
        let build_url = repository
            .as_ref()
            .zip(env.get("BITBUCKET_BUILD_NUMBER"))
            .map(|(name, build)| format!("https://bitbucket.org/{name}/pipelines/results/{build}"));
        Context {
            // The head of the source branch; the target is merged into it in the work folder only.
            commit: text(env, "BITBUCKET_COMMIT"),
            branch: text(env, "BITBUCKET_BRANCH"),
            tag: text(env, "BITBUCKET_TAG"),
            change_request,
            proposed: env.get("BITBUCKET_PR_ID").is_some(),
            // Pull requests from forks start no pipeline:
            // https://support.atlassian.com/bitbucket-cloud/docs/pipeline-start-conditions/#Pull-Requests
            fork: change_request.map(|_| false),
            source_repository: change_request.and(repository.clone()),
            repository,
            target_branch: text(env, "BITBUCKET_PR_DESTINATION_BRANCH"),
            build_url,
            // An id, as no variable has the name.
            actor: text(env, "BITBUCKET_STEP_TRIGGERER_UUID"),
            attempt: number(env, "BITBUCKET_STEP_RUN_NUMBER"),
            public: env.get("BITBUCKET_REPO_IS_PRIVATE").map(|private| private == "false"),
            ..Context::default()
        }
        .settled()
    }

    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    fn target_commit(&self, env: &Env) -> Option<String> {
        text(env, "BITBUCKET_PR_DESTINATION_COMMIT")
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            forge: Some("bitbucket"),
            remote: text(env, "BITBUCKET_GIT_HTTP_ORIGIN"),
            run: number(env, "BITBUCKET_BUILD_NUMBER"),
            attempt: number(env, "BITBUCKET_STEP_RUN_NUMBER"),
            ..Origin::default()
        }
    }

    fn identity_token(&self, env: &Env, _audience: &str) -> IdentityToken {
        // https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
        if env.get("BITBUCKET_STEP_OIDC_TOKEN").is_some() {
            return IdentityToken::InVariable("BITBUCKET_STEP_OIDC_TOKEN");
        }
        IdentityToken::None { reason: "the step has no `oidc: true`" }
    }

    // The time that a stopped step has is not documented.

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &["BITBUCKET_STEP_OIDC_TOKEN"],
            // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
            step_files: &["BITBUCKET_PIPELINES_VARIABLES_PATH"],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, &["BITBUCKET_CLONE_DIR"]), ..JobFolders::UNKNOWN }
    }

    fn advice(&self) -> Advice {
        Advice {
            withheld_secrets: |_, _| {
                Some(
                    "the variables of a deployment reach only steps with `deployment:` \
                     (https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/)",
                )
            },
            ..Advice::GENERAL
        }
    }
}
