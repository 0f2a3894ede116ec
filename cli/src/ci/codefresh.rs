//! Codefresh.
//!
//! Variables: <https://codefresh.io/docs/docs/pipelines/variables/>. Those of a change are what the git provider
//! sends with its event.

use super::context::{app, number, text};
use super::identity::with_parameter;
use super::{CiSystem, Context, IdentityToken, TokenRequest};
use crate::env::Env;

/// Codefresh.
pub struct Codefresh;

impl CiSystem for Codefresh {
    fn name(&self) -> &'static str {
        "codefresh"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("CF_BUILD_ID").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        let change_request = number(env, "CF_PULL_REQUEST_NUMBER");
        let repository = env
            .get("CF_REPO_OWNER")
            .zip(env.get("CF_REPO_NAME"))
            .map(|(owner, name)| format!("{owner}/{name}"));
        let tag = text(env, "CF_RELEASE_TAG");
        // Bitbucket sends a short hash only.
        let commit = text(env, "CF_PULL_REQUEST_HEAD_COMMIT_SHA").or_else(|| text(env, "CF_REVISION"));
        let branch = text(env, "CF_PULL_REQUEST_HEAD_BRANCH").or_else(|| text(env, "CF_BRANCH"));
        Context {
            repository,
            commit,
            branch: branch.filter(|branch| Some(branch) != tag.as_ref()),
            tag,
            change_request,
            target_branch: text(env, "CF_PULL_REQUEST_TARGET"),
            fork: change_request.and(env.get("CF_PULL_REQUEST_IS_FORK")).map(|fork| fork == "true"),
            build_url: text(env, "CF_BUILD_URL"),
            actor: text(env, "CF_BUILD_INITIATOR"),
            bot: app(env.get("CF_BUILD_INITIATOR")),
            event: text(env, "CF_BUILD_TRIGGER"),
            ..Context::default()
        }
        .settled()
    }

    fn secret_variables(&self) -> &'static [&'static str] {
        &["CF_OIDC_REQUEST_TOKEN", "CF_API_KEY", "ID_TOKEN"]
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        // https://codefresh.io/docs/docs/integrations/oidc-pipelines/, and the step that does the same:
        // https://github.com/codefresh-io/steps/blob/master/incubating/obtain-oidc-id-token/step.yaml
        let (Some(url), Some(_)) = (env.get("CF_OIDC_REQUEST_URL"), env.get("CF_OIDC_REQUEST_TOKEN")) else {
            return IdentityToken::None {
                reason: "the build has no `CF_OIDC_REQUEST_URL`: OpenID Connect is not set up for the account",
            };
        };
        IdentityToken::Request(TokenRequest {
            method: "GET",
            url: with_parameter(url, "audience", audience),
            bearer: "CF_OIDC_REQUEST_TOKEN",
            scheme: "",
            answer: "id_token",
        })
    }

    // How long a terminated build's step has is not documented.
}
