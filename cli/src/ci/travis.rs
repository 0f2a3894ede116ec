//! Travis CI.
//!
//! Variables: <https://docs.travis-ci.com/user/environment-variables/#default-environment-variables>.

use super::context::{differ, number, text};
use super::{CiSystem, Context, IdentityToken, Origin};
use crate::env::Env;

/// Travis CI.
pub struct Travis;

impl CiSystem for Travis {
    fn name(&self) -> &'static str {
        "travis-ci"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("TRAVIS")
    }

    fn context(&self, env: &Env) -> Context {
        // `false` where there is no pull request.
        let change_request = number(env, "TRAVIS_PULL_REQUEST");
        let built = text(env, "TRAVIS_COMMIT");
        let target = text(env, "TRAVIS_BRANCH");
        let common = Context {
            repository: text(env, "TRAVIS_REPO_SLUG"),
            build_url: text(env, "TRAVIS_BUILD_WEB_URL"),
            event: text(env, "TRAVIS_EVENT_TYPE"),
            scheduled: env.get("TRAVIS_EVENT_TYPE").map(|event| event == "cron"),
            ..Context::default()
        };
        if change_request.is_some() {
            // TRAVIS_COMMIT is the merge commit, TRAVIS_BRANCH the target.
            Context {
                change_request,
                commit: text(env, "TRAVIS_PULL_REQUEST_SHA"),
                merge_commit: built,
                branch: text(env, "TRAVIS_PULL_REQUEST_BRANCH"),
                target_branch: target,
                fork: differ(env.get("TRAVIS_PULL_REQUEST_SLUG"), env.get("TRAVIS_REPO_SLUG")),
                source_repository: text(env, "TRAVIS_PULL_REQUEST_SLUG"),
                ..common
            }
        } else {
            // TRAVIS_BRANCH is the tag's name where a tag is built.
            let tag = text(env, "TRAVIS_TAG");
            Context { commit: built, branch: target.filter(|_| tag.is_none()), tag, ..common }
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin { run: number(env, "TRAVIS_BUILD_NUMBER"), ..Origin::default() }
    }

    fn withheld_secrets(&self, env: &Env, _context: &Context) -> Option<&'static str> {
        (env.get("TRAVIS_SECURE_ENV_VARS") == Some("false")).then_some(
            "this build has no encrypted variables, as none for a fork's pull request has \
             (https://docs.travis-ci.com/user/environment-variables/)",
        )
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "Travis CI makes no identity tokens: use an access token in an encrypted variable",
        }
    }

    // A cancelled job's machine is taken away; how long it has is not documented.
}
