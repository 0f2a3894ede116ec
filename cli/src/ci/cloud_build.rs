//! Google Cloud Build.
//!
//! A step's environment says nothing but `BUILDER_OUTPUT`; all else are substitutions, which the build's file hands
//! over under their own names, one by one or with `automapSubstitutions: true`:
//! <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>.

use super::context::{differ, first, number, slug, text};
use super::identity::percent_encoded;
use super::{CiSystem, Context, IdentityToken, Origin, engine_told};
use crate::env::Env;

/// Google Cloud Build.
pub struct CloudBuild;

impl CiSystem for CloudBuild {
    fn name(&self) -> &'static str {
        "google-cloud-build"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("BUILDER_OUTPUT").is_some()
            || env.get("BUILD_ID").is_some() && env.get("PROJECT_ID").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        // Triggers of pull requests only; a trigger of pushes knows none.
        let change_request = number(env, "_PR_NUMBER");
        let repository = text(env, "REPO_FULL_NAME").or_else(|| text(env, "REPO_NAME"));
        let source = change_request.and(env.get("_HEAD_REPO_URL")).and_then(slug);
        Context {
            fork: differ(source.as_deref(), repository.as_deref().filter(|name| name.contains('/'))),
            repository,
            commit: first(env, &["COMMIT_SHA", "REVISION_ID"]).map(str::to_owned),
            branch: first(env, &["_HEAD_BRANCH", "BRANCH_NAME"]).map(str::to_owned),
            tag: text(env, "TAG_NAME"),
            change_request,
            source_repository: source,
            target_branch: text(env, "_BASE_BRANCH"),
            build_url: build_url(env),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        // Of a pull request the one that the change comes from: on the same forge.
        Origin { remote: text(env, "_HEAD_REPO_URL"), ..Origin::default() }
    }

    fn maintainers_way(&self, _context: &Context) -> String {
        // https://cloud.google.com/build/docs/automating-builds/github/build-repos-from-github#comment_control
        "a maintainer who has read the change can start the build with a comment `/gcbrun`, with a trigger whose \
         service account may read the credentials"
            .to_owned()
    }

    fn tell_engine(&self, env: &Env) -> Vec<(&'static str, String)> {
        engine_told::variables("Google Cloud Build", env, &self.context(env), env.get("BUILD_ID"))
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "Cloud Build hands out Google credentials, not identity tokens of the build: write the output of \
                     `gcloud auth print-identity-token --audiences=…` into `STACKSTEP_ID_TOKEN`, or use an access \
                     token from Secret Manager (`availableSecrets`)",
        }
    }

    // A cancelled build sends no signal.
}

fn build_url(env: &Env) -> Option<String> {
    let (build, project) = (env.get("BUILD_ID")?, env.get("PROJECT_ID")?);
    let region = env.get("LOCATION").map(|region| format!(";region={region}")).unwrap_or_default();
    Some(format!(
        "https://console.cloud.google.com/cloud-build/builds{region}/{build}?project={}",
        percent_encoded(project)
    ))
}
