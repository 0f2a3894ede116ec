//! CircleCI.
//!
//! Variables: <https://circleci.com/docs/reference/variables/>. Those of pull requests exist only where CircleCI is
//! connected as GitHub's OAuth app or to Bitbucket Cloud; elsewhere a change request looks like a push.

use super::context::{app, first, number, slug, text};
use super::{CiSystem, Context, IdentityToken, Origin};
use crate::env::Env;

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
        // A fork's branch is called `pull/7` here: https://circleci.com/blog/triggering-trusted-ci-jobs-on-untrusted-forks/
        let pull = env.get("CIRCLE_BRANCH").and_then(|branch| branch.strip_prefix("pull/")?.parse().ok());
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
            source_repository: source,
            fork: (fork || change_request.is_some()).then_some(fork),
            build_url: text(env, "CIRCLE_BUILD_URL"),
            actor: text(env, "CIRCLE_USERNAME"),
            bot: app(env.get("CIRCLE_USERNAME")),
            ..Context::default()
        }
        .settled();
        if context.change_request.is_none() && context.fork.is_none() && context.tag.is_none() {
            // A push, or a change request that is not told as one.
            return Context { trusted: None, ..context };
        }
        context
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            remote: first(env, &["CIRCLE_REPOSITORY_URL", "CIRCLE_PULL_REQUEST"]).map(str::to_owned),
            run: number(env, "CIRCLE_BUILD_NUM"),
            ..Origin::default()
        }
    }

    fn withheld_secrets(&self, _env: &Env, context: &Context) -> Option<&'static str> {
        Some(if context.fork == Some(true) {
            "builds of forks get no secrets unless the project passes them on \
             (https://circleci.com/docs/oss/#pass-secrets-to-builds-from-forked-pull-requests)"
        } else {
            "the variables of a context reach only jobs that name it under `context:` in their workflow \
             (https://circleci.com/docs/contexts/)"
        })
    }

    fn secret_variables(&self) -> &'static [&'static str] {
        &["CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2", "CIRCLE_TOKEN"]
    }

    fn identity_token(&self, env: &Env, _audience: &str) -> IdentityToken {
        // Their audience is the organization's id: https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
        for name in ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"] {
            if env.get(name).is_some() {
                return IdentityToken::InVariable(name);
            }
        }
        IdentityToken::None { reason: "the job has no `CIRCLE_OIDC_TOKEN_V2`: it needs to use a context" }
    }

    // How long a cancelled job has is not documented.
}
