//! Travis CI.
//!
//! Variables: <https://docs.travis-ci.com/user/environment-variables/#default-environment-variables>.
//!
//! The log has folds and no other commands: no masks (Travis itself hides the values of encrypted variables, from three
//! characters on: <https://docs.travis-ci.com/user/best-practices-security/>), no annotations, no outputs, no summary
//! page. Values for later stages go through a workspace (<https://docs.travis-ci.com/user/using-workspaces/>), by
//! `outputs-file`. A log may have 4 MB (<https://docs.travis-ci.com/user/common-build-problems/#log-length-exceeded>).

use super::context::{differ, named_folders, number, text};
use super::log_format::one_line;
use super::{Advice, CiSystem, Context, IdentityToken, JobFolders, LogFormat};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Travis CI.
pub struct Travis;

/// The end of Travis's own folds, which hides the mark: the line is overwritten, and its rest is cleared.
/// <https://github.com/travis-ci/travis-build/blob/master/lib/travis/build/bash/travis_fold.bash>
const OUT_OF_SIGHT: &str = "\r\u{1b}[0K";

impl CiSystem for Travis {
    fn name(&self) -> &'static str {
        "travis-ci"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("TRAVIS")
    }

    fn context(&self, env: &Env) -> Context {
        // `false` if there is no pull request.
        let change_request = number(env, "TRAVIS_PULL_REQUEST");
        let built = text(env, "TRAVIS_COMMIT");
        let target = text(env, "TRAVIS_BRANCH");
        let common = Context {
            repository: text(env, "TRAVIS_REPO_SLUG"),
            build_url: text(env, "TRAVIS_BUILD_WEB_URL"),
            event: text(env, "TRAVIS_EVENT_TYPE"),
            scheduled: env.get("TRAVIS_EVENT_TYPE").map(|event| event == "cron"),
            proposed: env.get("TRAVIS_PULL_REQUEST").is_some_and(|number| number != "false")
                || env.get("TRAVIS_EVENT_TYPE") == Some("pull_request"),
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
            // TRAVIS_BRANCH is the tag's name if a tag is built.
            let tag = text(env, "TRAVIS_TAG");
            Context { commit: built, branch: target.filter(|_| tag.is_none()), tag, ..common }
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin { run: number(env, "TRAVIS_BUILD_NUMBER"), ..Origin::default() }
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "Travis CI makes no identity tokens: use an access token in an encrypted variable",
        }
    }

    // A cancelled job's machine is removed; the time that it has is not documented.

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, &["TRAVIS_BUILD_DIR"]), ..JobFolders::UNKNOWN }
    }

    fn log(&self) -> LogFormat {
        LogFormat {
            // Each fold has a name of its own, by which its end is matched.
            open_group: |title, mark| {
                format!("travis_fold:start:stackstep.{}{OUT_OF_SIGHT}{}\n", mark.number, one_line(title))
            },
            close_group: |mark| format!("travis_fold:end:stackstep.{}{OUT_OF_SIGHT}", mark.number),
            ..LogFormat::PLAIN
        }
    }

    fn advice(&self) -> Advice {
        Advice { withheld_secrets, ..Advice::GENERAL }
    }
}

fn withheld_secrets(env: &Env, _context: &Context) -> Option<&'static str> {
    (env.get("TRAVIS_SECURE_ENV_VARS") == Some("false")).then_some(
        "this build has no encrypted variables, as none for a fork's pull request has \
         (https://docs.travis-ci.com/user/environment-variables/)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::GroupMark;

    #[test]
    fn each_fold_has_a_name_of_its_own_and_is_closed_by_it() {
        let log = Travis.log();
        let folds = [(1, "Preview\nof dev"), (2, "Update")].map(|(number, title)| {
            let mark = GroupMark { number, at: 0 };
            (log.open_group)(title, mark) + &(log.close_group)(mark)
        });
        assert_eq!(
            folds.concat(),
            "travis_fold:start:stackstep.1\r\u{1b}[0KPreview of dev\ntravis_fold:end:stackstep.1\r\u{1b}[0K\
             travis_fold:start:stackstep.2\r\u{1b}[0KUpdate\ntravis_fold:end:stackstep.2\r\u{1b}[0K"
        );
    }
}
