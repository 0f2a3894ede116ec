//! Buildkite.
//!
//! Variables: <https://buildkite.com/docs/pipelines/configure/environment-variables>.
//! Groups: <https://buildkite.com/docs/pipelines/configure/managing-log-output>.

use std::time::Duration;

use super::context::{change_of_ref, commit_hash, differ, is_app, named_folders, number, slug, text};
use super::log_format::one_line;
use super::{CiSystem, Context, IdentityToken, JobFolders, LogFormat, SystemVariables, share_of};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Buildkite.
pub struct Buildkite;

impl CiSystem for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("BUILDKITE")
    }

    fn context(&self, env: &Env) -> Context {
        // `false` if there is no pull request.
        let change_request = number(env, "BUILDKITE_PULL_REQUEST");
        let repository = env.get("BUILDKITE_REPO").and_then(slug);
        // A build that somebody starts for a ref has no pull request.
        let of_the_reference =
            ["BUILDKITE_BRANCH", "BUILDKITE_REFSPEC"].iter().find_map(|name| change_of_ref(env.get(name)?));
        let told = env.get("BUILDKITE_PULL_REQUEST").is_some_and(|number| number != "false");
        let proposed = told || of_the_reference.is_some();
        let source = env.get("BUILDKITE_PULL_REQUEST_REPO").filter(|_| proposed).and_then(slug);
        let tag = text(env, "BUILDKITE_TAG");
        // A build that is triggered by another one has the branch only.
        let forks_branch =
            env.get("BUILDKITE_BRANCH").is_some_and(|name| name.contains(':') && tag.is_none());
        // A tag's name is in both variables; a fork's branch comes as `owner:branch`, and git allows no colon in a
        // name.
        let branch = text(env, "BUILDKITE_BRANCH")
            .filter(|branch| Some(branch) != tag.as_ref())
            .map(|branch| branch.rsplit_once(':').map_or(branch.clone(), |(_, name)| name.to_owned()));
        let queue = env.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH");
        let target = queue.or_else(|| env.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH"));
        Context {
            fork: differ(source.as_deref(), repository.as_deref()).or(forks_branch.then_some(true)),
            proposed,
            repository,
            // The variable can be `HEAD` too.
            commit: env.get("BUILDKITE_COMMIT").and_then(commit_hash),
            default_branch: env
                .get("BUILDKITE_PIPELINE_DEFAULT_BRANCH")
                .map(|default| branch.as_deref() == Some(default)),
            default_branch_name: text(env, "BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
            branch,
            tag,
            change_request: change_request.or(of_the_reference),
            source_repository: source,
            target_branch: target.map(str::to_owned),
            build_url: text(env, "BUILDKITE_BUILD_URL"),
            actor: text(env, "BUILDKITE_BUILD_CREATOR"),
            bot: is_app(env.get("BUILDKITE_BUILD_CREATOR")),
            event: text(env, "BUILDKITE_SOURCE"),
            attempt: number(env, "BUILDKITE_RETRY_COUNT").map(|retries| retries.saturating_add(1)),
            merge_queue: queue.is_some(),
            scheduled: env.get("BUILDKITE_SOURCE").map(|source| source == "schedule"),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        // https://buildkite.com/docs/pipelines/configure/environment-variables#BUILDKITE_PIPELINE_PROVIDER
        let forge = match env.get("BUILDKITE_PIPELINE_PROVIDER") {
            Some("github" | "github_enterprise") => Some("github"),
            Some("gitlab" | "gitlab_ee") => Some("gitlab"),
            Some("bitbucket") => Some("bitbucket"),
            _ => None,
        };
        Origin {
            forge,
            remote: text(env, "BUILDKITE_REPO"),
            counted: text(env, "BUILDKITE_PIPELINE_SLUG"),
            run: number(env, "BUILDKITE_BUILD_NUMBER"),
            attempt: number(env, "BUILDKITE_RETRY_COUNT"),
            ..Origin::default()
        }
    }

    fn identity_token(&self, _env: &Env, audience: &str) -> IdentityToken {
        // https://buildkite.com/docs/agent/cli/reference/oidc
        IdentityToken::Command(
            ["buildkite-agent", "oidc", "request-token", "--audience", audience].map(str::to_owned).to_vec(),
        )
    }

    /// The agent tells each job its settings: <https://buildkite.com/docs/agent/self-hosted/configure>. Up to version
    /// 3, a negative second number counts back from the first; version 4 has one number.
    fn grace_period(&self, env: &Env) -> Duration {
        let seconds = |name| env.get(name)?.trim().trim_end_matches('s').parse::<i64>().ok();
        let whole = seconds("BUILDKITE_CANCEL_GRACE_PERIOD").unwrap_or(10);
        let until_killed = match seconds("BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS") {
            Some(back) if back < 0 => whole.saturating_add(back),
            Some(own) => own,
            None => whole,
        };
        let until_killed = seconds("BUILDKITE_CANCEL_SIGNAL_TIMEOUT").unwrap_or(until_killed);
        share_of(Duration::from_secs(u64::try_from(until_killed).unwrap_or_default()))
    }

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &[
                "BUILDKITE_AGENT_ACCESS_TOKEN",
                "BUILDKITE_AGENT_TOKEN",
                "BUILDKITE_S3_SECRET_ACCESS_KEY",
            ],
            // https://buildkite.com/docs/pipelines/configure/environment-variables
            step_files: &["BUILDKITE_ENV_FILE"],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        let workspaces = |env: &Env| named_folders(env, &["BUILDKITE_BUILD_CHECKOUT_PATH"]);
        JobFolders { workspaces, ..JobFolders::UNKNOWN }
    }

    fn log(&self) -> LogFormat {
        // A group ends at the beginning of the next one.
        LogFormat { open_group: |title, _| format!("--- {}\n", one_line(title)), ..LogFormat::PLAIN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::GroupMark;

    #[test]
    fn a_build_that_is_started_for_the_ref_of_a_change_is_not_known_to_be_our_own() {
        let pairs = [("BUILDKITE_PULL_REQUEST", "false"), ("BUILDKITE_REPO", "git@github.com:acme/shop.git")];
        for reference in ["refs/pull/7/head", "pull/7/merge"] {
            let branch = [("BUILDKITE_BRANCH", reference), ("BUILDKITE_COMMIT", "8d08154")];
            let context = Buildkite.context(&Env::from_pairs("/", pairs.into_iter().chain(branch)));
            assert_eq!((context.change_request, context.trusted), (Some(7), None), "{reference}");
        }
    }

    #[test]
    fn a_group_is_a_line_that_begins_with_three_hyphens() {
        let (log, mark) = (Buildkite.log(), GroupMark { number: 1, at: 0 });
        let group = (log.open_group)("Preview of\ndev", mark) + &(log.close_group)(mark);
        assert_eq!(group, "--- Preview of dev\n");
    }
}
