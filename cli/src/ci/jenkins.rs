//! Jenkins.
//!
//! Variables: <https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables>; those of a change
//! request exist in multibranch jobs only:
//! <https://github.com/jenkinsci/branch-api-plugin/blob/master/src/main/resources/jenkins/branch/BranchNameContributor/buildEnv.properties>.
//! `GIT_*` come from the git plugin: <https://plugins.jenkins.io/git/#plugin-content-environment-variables>.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::context::{change_of_ref, first_set, is_app, named_folders, number, slug, text};
use super::{
    Append, CiSystem, Context, Handover, IdentityToken, JobFolders, Output, OutputsWay, RandomWord,
    STEP_OUTPUTS, SystemVariables,
};
use crate::base::env::Env;
use crate::base::origin::Origin;

/// Jenkins.
pub struct Jenkins;

/// Variables that other plugins set when a job builds a change that is not merged: GitHub Pull Request Builder
/// (<https://plugins.jenkins.io/ghprb/>), GitHub Integration (<https://plugins.jenkins.io/github-pullrequest/>), GitLab
/// (<https://plugins.jenkins.io/gitlab-plugin/>), Bitbucket
/// (<https://plugins.jenkins.io/bitbucket-push-and-pull-request/>,
/// <https://plugins.jenkins.io/bitbucket-pullrequest-builder/>), Gerrit Trigger
/// (<https://plugins.jenkins.io/gerrit-trigger/>). The origin of the change is not read from them.
const CHANGES_OF_PLUGINS: &[&str] = &[
    "ghprbPullId",
    "GITHUB_PR_NUMBER",
    "gitlabMergeRequestIid",
    "BITBUCKET_PULL_REQUEST_ID",
    "pullRequestId",
    "GERRIT_CHANGE_NUMBER",
];

impl CiSystem for Jenkins {
    fn name(&self) -> &'static str {
        "jenkins"
    }

    fn detect(&self, env: &Env) -> bool {
        env.get("JENKINS_URL").is_some()
            || env.get("JENKINS_HOME").is_some() && env.get("BUILD_TAG").is_some()
    }

    fn context(&self, env: &Env) -> Context {
        let repository = first_set(env, &["GIT_URL", "GIT_URL_1"]).and_then(slug);
        let built = text(env, "GIT_COMMIT");
        let change = ["CHANGE_ID", "CHANGE_TARGET", "CHANGE_FORK"].iter().any(|name| env.get(name).is_some());
        let of_the_reference =
            ["BRANCH_NAME", "GIT_BRANCH"].iter().find_map(|name| change_of_ref(env.get(name)?));
        let of_a_plugin = first_set(env, CHANGES_OF_PLUGINS).filter(|_| !merged_by_a_plugin(env));
        let name = env.get("BRANCH_NAME").unwrap_or_default();
        // A multibranch job builds a change merged into its target, unless the job's name says otherwise.
        let (commit, merge_commit) = match change {
            true if name.ends_with("-head") => (built, None),
            true if name.ends_with("-merge") => (None, built),
            true => (None, None),
            false => (built, None),
        };
        let tag = text(env, "TAG_NAME");
        let branch = if change {
            text(env, "CHANGE_BRANCH")
        } else {
            text(env, "BRANCH_NAME").or_else(|| {
                env.get("GIT_BRANCH").map(|name| name.strip_prefix("origin/").unwrap_or(name).to_owned())
            })
        };
        let source = env.get("CHANGE_FORK").map(|fork| fork_name(fork, repository.as_deref()));
        // CHANGE_FORK is not set if there is no fork, or if the plugin is too old for it; the plugins that set it also
        // set CHANGE_BRANCH.
        let fork = match (change, &source, env.get("CHANGE_BRANCH")) {
            (true, Some(_), _) => Some(true),
            (true, None, Some(_)) => Some(false),
            _ => None,
        };
        Context {
            commit,
            merge_commit,
            branch: branch.filter(|_| tag.is_none()),
            tag,
            change_request: number(env, "CHANGE_ID")
                .or_else(|| of_a_plugin?.parse().ok())
                .or(of_the_reference),
            proposed: change || of_a_plugin.is_some() || of_the_reference.is_some(),
            source_repository: source.or_else(|| repository.clone().filter(|_| fork == Some(false))),
            repository,
            target_branch: text(env, "CHANGE_TARGET"),
            fork,
            build_url: text(env, "BUILD_URL"),
            actor: text(env, "CHANGE_AUTHOR"),
            bot: is_app(env.get("CHANGE_AUTHOR")),
            default_branch: env.get("BRANCH_IS_PRIMARY").map(|primary| primary == "true"),
            ..Context::default()
        }
        .settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        Origin {
            remote: first_set(env, &["GIT_URL", "GIT_URL_1", "CHANGE_URL"]).map(str::to_owned),
            counted: text(env, "JOB_NAME"),
            run: number(env, "BUILD_NUMBER"),
            ..Origin::default()
        }
    }

    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "Jenkins makes identity tokens with the OpenID Connect Provider plugin only: bind its id token \
                     credential to `STACKSTEP_ID_TOKEN` with `withCredentials`",
        }
    }

    fn grace_period(&self, _env: &Env) -> Duration {
        // An aborted step counts as not stopped after 20 s (`REMOTE_TIMEOUT`). Nothing is killed then, but the pipeline
        // goes on, and the report should be published by then.
        // https://github.com/jenkinsci/workflow-durable-task-step-plugin/blob/master/src/main/java/org/jenkinsci/plugins/workflow/steps/durable_task/DurableTaskStep.java
        Duration::from_secs(15)
    }
    fn variables(&self) -> SystemVariables {
        SystemVariables {
            // Jenkins finds a job's processes by these variables when a step is aborted and when its node is given
            // back, and ends each with SIGTERM, its children first: as long as stackstep lives, the engine is among
            // them. Without these variables, an engine that outlives stackstep in the middle of a change is not ended
            // with the node; `stackstep finish`, which the library runs in its `finally`, deals with it.
            // https://www.jenkins.io/doc/book/using/aborting-a-build/
            // https://github.com/jenkinsci/durable-task-plugin/blob/master/src/main/java/org/jenkinsci/plugins/durabletask/FileMonitoringTask.java
            // https://github.com/jenkinsci/workflow-durable-task-step-plugin/blob/master/src/main/java/org/jenkinsci/plugins/workflow/support/steps/ExecutorStepExecution.java
            kept_from_engine: &[
                "JENKINS_NODE_COOKIE",
                "JENKINS_SERVER_COOKIE",
                "HUDSON_COOKIE",
                "HUDSON_SERVER_COOKIE",
            ],
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders {
            workspaces: |env| named_folders(env, &["WORKSPACE"]),
            temporary: |env| env.get("WORKSPACE_TMP").map(PathBuf::from),
            ..JobFolders::UNKNOWN
        }
    }

    fn handover(&self) -> Handover {
        Handover { outputs: OutputsWay::Append(as_json), ..Handover::FILES_ONLY }
    }
}

/// The outputs as one JSON object, from which the library makes the result of its pipeline step. The log is left out,
/// because Jenkins writes a pipeline's variables to disk again and again.
fn as_json(env: &Env, outputs: &[Output], _random: RandomWord<'_>) -> Option<Append> {
    let path = PathBuf::from(env.get(STEP_OUTPUTS)?);
    let fields: Map<String, Value> = outputs
        .iter()
        .filter(|output| output.name != "output")
        .map(|output| (output.name.clone(), Value::String(output.value.clone())))
        .collect();
    Some(Append { path, text: format!("{}\n", Value::Object(fields)) })
}

/// Whether one of these plugins says that the change is merged by now.
fn merged_by_a_plugin(env: &Env) -> bool {
    env.get("GERRIT_EVENT_TYPE") == Some("change-merged")
        || env.get("gitlabMergeRequestState") == Some("merged")
}

/// The fork as `owner/name`. It comes as `owner` alone if the name is the same.
fn fork_name(fork: &str, repository: Option<&str>) -> String {
    match repository.and_then(|repository| repository.rsplit_once('/')) {
        Some((_, name)) if !fork.contains('/') => format!("{fork}/{name}"),
        _ => fork.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, value: &str) -> Output {
        Output { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn outputs_are_one_json_object_without_the_log() {
        let env = Env::from_pairs("/", [(STEP_OUTPUTS, "/tmp/outputs")]);
        let outputs = [output("status", "succeeded"), output("output", "log"), output("u\"rl", "a\n$x")];
        let append = as_json(&env, &outputs, &mut String::new).unwrap();
        assert_eq!(append.path, PathBuf::from("/tmp/outputs"));
        assert_eq!(append.text, "{\"status\":\"succeeded\",\"u\\\"rl\":\"a\\n$x\"}\n");
    }

    #[test]
    fn without_the_library_nothing_is_handed_on() {
        assert!(!Jenkins.handover().takes_outputs(&Env::default()));
    }
}
