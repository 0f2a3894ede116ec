//! GitLab CI.
//!
//! Variables: <https://docs.gitlab.com/ci/variables/predefined_variables/>.

use std::time::Duration;

use super::comment::{self, StartedBy};
use super::context::{change_of_ref, differ, first_set, is_app, named_folders, number, text};
use super::log_format::one_line;
use super::{
    Advice, CiSystem, Context, GroupMark, Handover, IdentityToken, JobFolders, LogFormat, OutputsForm,
    SystemVariables, TEN_SECONDS, share_of,
};
use crate::base::env::Env;
use crate::base::origin::{GateClue, Origin, OwnToken};

/// GitLab CI.
pub struct GitLabCi;

impl CiSystem for GitLabCi {
    fn name(&self) -> &'static str {
        "gitlab-ci"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("GITLAB_CI")
    }

    fn context(&self, env: &Env) -> Context {
        let change_request =
            number(env, "CI_MERGE_REQUEST_IID").or_else(|| number(env, "CI_EXTERNAL_PULL_REQUEST_IID"));
        // Set in pipelines for merged results and in merge trains only: there CI_COMMIT_SHA is a merge commit.
        let head = text(env, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
        let built = text(env, "CI_COMMIT_SHA");
        let (commit, merge_commit) = match head {
            Some(head) => (Some(head), built),
            None => (text(env, "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA").or(built), None),
        };
        let source = first_set(
            env,
            &["CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"],
        );
        // A pipeline for a fork's merge request runs in the fork unless a member of the parent starts it there.
        let target =
            first_set(env, &["CI_MERGE_REQUEST_PROJECT_PATH", "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"]);
        let branch = first_set(
            env,
            &[
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
                "CI_COMMIT_BRANCH",
            ],
        );
        Context {
            repository: target.or_else(|| env.get("CI_PROJECT_PATH")).map(str::to_owned),
            commit,
            merge_commit,
            branch: branch.map(str::to_owned),
            tag: text(env, "CI_COMMIT_TAG"),
            change_request: change_request.or_else(|| change_of_ref(env.get("CI_COMMIT_REF_NAME")?)),
            proposed: proposed(env),
            source_repository: source.map(str::to_owned),
            target_branch: first_set(
                env,
                &["CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"],
            )
            .map(str::to_owned),
            fork: differ(source, target),
            build_url: first_set(env, &["CI_JOB_URL", "CI_PIPELINE_URL"]).map(str::to_owned),
            actor: text(env, "GITLAB_USER_LOGIN"),
            bot: bot(env.get("GITLAB_USER_LOGIN")),
            event: text(env, "CI_PIPELINE_SOURCE"),
            default_branch: env
                .get("CI_DEFAULT_BRANCH")
                .map(|default| env.get("CI_COMMIT_BRANCH") == Some(default)),
            default_branch_name: text(env, "CI_DEFAULT_BRANCH"),
            merge_queue: env.get("CI_MERGE_REQUEST_EVENT_TYPE") == Some("merge_train"),
            scheduled: env.get("CI_PIPELINE_SOURCE").map(|source| source == "schedule"),
            // The visibility of the project that the pipeline runs in, which can be the fork.
            public: env
                .get("CI_PROJECT_VISIBILITY")
                .filter(|_| target.is_none() || target == env.get("CI_PROJECT_PATH"))
                .map(|visibility| visibility == "public"),
            ..Context::default()
        }
        .settled()
    }

    // https://docs.gitlab.com/ci/variables/predefined_variables/#predefined-variables-for-merge-request-pipelines
    fn target_commit(&self, env: &Env) -> Option<String> {
        env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA").map(str::to_owned)
    }

    fn origin(&self, env: &Env) -> Origin {
        let (run, attempt) = (number(env, "CI_PIPELINE_ID"), number(env, "CI_JOB_ID"));
        // Pipelines for external pull requests exist for repositories of GitHub only:
        // https://docs.gitlab.com/ci/ci_cd_for_external_repos/#pipelines-for-external-pull-requests
        if let Some(target) = env.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY") {
            let remote = Some(format!("https://github.com/{target}"));
            return Origin { forge: Some("github"), remote, run, attempt, ..Origin::default() };
        }
        let server = env.get("CI_SERVER_URL").zip(env.get("CI_PROJECT_PATH"));
        Origin {
            forge: Some("gitlab"),
            remote: server.map(|(server, path)| format!("{}/{path}", server.trim_end_matches('/'))),
            api: text(env, "CI_API_V4_URL"),
            token: env.get("CI_JOB_TOKEN").map(|_| OwnToken {
                variable: "CI_JOB_TOKEN",
                // https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access
                mute: Some(
                    "GitLab's job token can't write comments: set `STACKSTEP_FORGE_TOKEN` to a project access token with the \
                     scope `api` and the role Reporter; without one, `counts-file` and `report-file` as artifacts show \
                     the result in the merge request",
                ),
            }),
            run,
            attempt,
            gate: Some(GateClue { run: text(env, "CI_PIPELINE_ID"), job: text(env, "CI_JOB_ID") }),
            ..Origin::default()
        }
    }

    fn started_by(&self, env: &Env) -> Option<StartedBy> {
        comment::of_gitlab(env)
    }

    fn identity_token(&self, env: &Env, _audience: &str) -> IdentityToken {
        // The pipeline names the variable and its audience: https://docs.gitlab.com/ci/yaml/#id_tokens. This name
        // is the one of https://www.pulumi.com/docs/administration/access-identity/oidc-issuers/gitlab/.
        if env.get("GITLAB_OIDC_TOKEN").is_some() {
            return IdentityToken::InVariable("GITLAB_OIDC_TOKEN");
        }
        IdentityToken::None {
            reason: "the job has no `id_tokens: GITLAB_OIDC_TOKEN: aud: urn:pulumi:org:ORGANIZATION`",
        }
    }

    /// The time depends on the executor. The shell's waits 10 minutes between SIGTERM and SIGKILL
    /// (<https://docs.gitlab.com/runner/executors/shell/#terminate-and-kill-processes>), and so does the one for ssh.
    /// In a container each process gets SIGTERM, the youngest first; the next one when it has ended or after 6 s. Then
    /// the container is stopped like any other:
    /// <https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/executors/docker/docker.go>
    fn grace_period(&self, env: &Env) -> Duration {
        // "All executors except shell and ssh": https://docs.gitlab.com/ci/variables/predefined_variables/
        if env.is_true("CI_DISPOSABLE_ENVIRONMENT") { share_of(TEN_SECONDS) } else { Duration::from_secs(60) }
    }
    fn variables(&self) -> SystemVariables {
        SystemVariables {
            secret: &[
                "CI_JOB_TOKEN",
                "CI_REGISTRY_PASSWORD",
                "CI_DEPLOY_PASSWORD",
                "CI_DEPENDENCY_PROXY_PASSWORD",
                "GITLAB_OIDC_TOKEN",
            ],
            shown_by,
            ..SystemVariables::NONE
        }
    }

    fn folders(&self) -> JobFolders {
        JobFolders { workspaces: |env| named_folders(env, &["CI_PROJECT_DIR"]), ..JobFolders::UNKNOWN }
    }

    fn log(&self) -> LogFormat {
        // There are no masks that a job can set: GitLab hides the values of variables that are masked in its settings, and
        // what stackstep writes is masked by stackstep. https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable
        LogFormat {
            // https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
            open_group: |title, GroupMark { number, at }| {
                let title = one_line(title);
                format!("\u{1b}[0Ksection_start:{at}:stackstep_{number}[collapsed=true]\r\u{1b}[0K{title}\n")
            },
            close_group: |GroupMark { number, at }| {
                format!("\u{1b}[0Ksection_end:{at}:stackstep_{number}\r\u{1b}[0K\n")
            },
            ..LogFormat::PLAIN
        }
    }

    /// A job with the keyword `environment` is a deployment of its own, or stops the environment, unless its action only looks.
    /// A deployment that is recorded beside a stop would start the environment again:
    /// <https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/deployments/update_environment_service.rb>.
    /// <https://docs.gitlab.com/ci/variables/predefined_variables/>
    fn records_deployment(&self, env: &Env, environment: &str) -> bool {
        env.get("CI_ENVIRONMENT_NAME") == Some(environment)
            && env.get("CI_ENVIRONMENT_ACTION").is_none_or(|action| matches!(action, "start" | "stop"))
    }

    fn handover(&self) -> Handover {
        Handover { outputs_file_form, ..Handover::FILES_ONLY }
    }

    fn advice(&self) -> Advice {
        Advice { maintainers_way, withheld_secrets, ..Advice::GENERAL }
    }
}

fn shown_by(env: &Env) -> Option<&'static str> {
    // https://docs.gitlab.com/ci/variables/variables_troubleshooting/#enable-debug-logging
    // The values that the runner takes for a yes: Go's `strconv.ParseBool` of the text in lower case.
    // https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/common/build.go
    let on = |value: &str| matches!(value.trim().to_ascii_lowercase().as_str(), "1" | "t" | "true");
    env.get("CI_DEBUG_TRACE").is_some_and(on).then_some("CI_DEBUG_TRACE")
}

fn outputs_file_form(env: &Env) -> OutputsForm {
    // Both limits can be changed on a self-managed instance, and a job can't read them: these are the defaults.
    // https://docs.gitlab.com/ci/variables/dotenv_variables/#dotenv-file-requirements
    // https://docs.gitlab.com/user/gitlab_com/#cicd
    let ours = env.get("CI_SERVER_HOST") == Some("gitlab.com");
    OutputsForm::Dotenv {
        // A file of exactly 5 KB is refused, and its job with it:
        // https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/ci/parse_dotenv_artifact_service.rb
        bytes: 5 * 1024 - 1,
        variables: if ours { 50 } else { 20 },
        name: 255,
        refuses: refused_in_dotenv,
    }
}

fn maintainers_way(context: &Context) -> String {
    // https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/#run-pipelines-in-the-parent-project
    if context.fork == Some(true) {
        "a member of the parent project who has read the change can start a pipeline for it there: \
         `Run pipeline` in the merge request's Pipelines tab"
            .to_owned()
    } else {
        "a maintainer who has read the change can start its pipeline: `Run pipeline` in the merge request's \
         Pipelines tab"
            .to_owned()
    }
}

fn withheld_secrets(env: &Env, _context: &Context) -> Option<&'static str> {
    (env.get("CI_COMMIT_REF_PROTECTED") == Some("false")).then_some(
        "this branch or tag is not protected, so protected variables are not there \
         (https://docs.gitlab.com/ci/variables/#protect-a-cicd-variable)",
    )
}

/// Whether the pipeline is for a merge request. A child pipeline of one, and a pipeline that is started for its ref,
/// have another source. <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#parent-child-pipelines>
fn proposed(env: &Env) -> bool {
    let source = env.get("CI_PIPELINE_SOURCE").unwrap_or_default();
    let of_one =
        |name: &str| name.starts_with("CI_MERGE_REQUEST_") || name.starts_with("CI_EXTERNAL_PULL_REQUEST_");
    matches!(source, "merge_request_event" | "external_pull_request_event")
        || env.iter().any(|(name, value)| of_one(name) && !value.is_empty())
        || env.get("CI_COMMIT_REF_NAME").and_then(change_of_ref).is_some()
}

/// Whether the user is a bot. Those of project and group access tokens have names of a special form; a name that a
/// person chose for a program can't be told from a person's.
/// <https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects>
fn bot(login: Option<&str>) -> Option<bool> {
    let rest = login?.strip_prefix("project_").or_else(|| login?.strip_prefix("group_"));
    let token = rest.and_then(|rest| rest.split_once("_bot")).is_some_and(|(id, end)| {
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && (end.is_empty() || end.starts_with('_'))
    });
    if token { Some(true) } else { is_app(login) }
}

/// The reason why a value would not reach later jobs unchanged.
/// <https://docs.gitlab.com/ci/variables/dotenv_variables/#format-requirements>
fn refused_in_dotenv(value: &str) -> Option<&'static str> {
    // The line ends are those of Ruby and of GitLab's runner.
    if value.contains(['\r', '\n', '\0']) {
        Some("it has several lines")
    } else if value.trim() != value {
        Some("GitLab takes the blanks from its ends")
    } else if value.contains('$') || names_a_variable(value) {
        Some("GitLab would replace what looks like a variable in it")
    } else {
        None
    }
}

/// Whether the value holds `%NAME%`, which GitLab replaces too, on every operating system. Two hexadecimal digits
/// between percent signs are part of a URL.
/// <https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/variables/collection/item.rb>
fn names_a_variable(value: &str) -> bool {
    let mut between: Vec<_> = value.split('%').skip(1).collect();
    between.pop();
    between.iter().any(|name| {
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let escaped = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        begins && !escaped && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_section_with_a_name_and_two_times() {
        let log = GitLabCi.log();
        assert_eq!(
            (log.open_group)("Preview of\ndev", GroupMark { number: 2, at: 1_700_000_000 })
                + &(log.close_group)(GroupMark { number: 2, at: 1_700_000_060 }),
            "\u{1b}[0Ksection_start:1700000000:stackstep_2[collapsed=true]\r\u{1b}[0KPreview of dev\n\
             \u{1b}[0Ksection_end:1700000060:stackstep_2\r\u{1b}[0K\n"
        );
    }

    #[test]
    fn a_job_of_the_environment_is_a_deployment_by_itself() {
        let records = |pairs: &[(&str, &str)]| {
            GitLabCi.records_deployment(&Env::from_pairs("/", pairs.iter().copied()), "production")
        };
        for action in ["start", "stop"] {
            assert!(records(&[("CI_ENVIRONMENT_NAME", "production"), ("CI_ENVIRONMENT_ACTION", action)]));
        }
        assert!(!records(&[("CI_ENVIRONMENT_NAME", "production"), ("CI_ENVIRONMENT_ACTION", "prepare")]));
        assert!(!records(&[("CI_ENVIRONMENT_NAME", "staging")]) && !records(&[]));
    }

    #[test]
    fn a_gate_is_asked_for_by_the_job_and_never_for_a_repository_of_another_forge() {
        let gate = |pairs: &[(&str, &str)]| {
            let job = [("CI_PIPELINE_ID", "41"), ("CI_JOB_ID", "42")];
            GitLabCi.origin(&Env::from_pairs("/", pairs.iter().copied().chain(job))).gate
        };
        let own = GateClue { run: Some("41".to_owned()), job: Some("42".to_owned()) };
        assert_eq!(gate(&[]), Some(own));
        assert_eq!(gate(&[("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", "acme/shop")]), None);
    }

    #[test]
    fn what_the_runner_takes_for_yes_shows_the_variables() {
        let shows = |value| shown_by(&Env::from_pairs("/", [("CI_DEBUG_TRACE", value)]));
        for value in ["true", "True", "TRUE", "1", "t", "T"] {
            assert_eq!(shows(value), Some("CI_DEBUG_TRACE"), "{value}");
        }
        for value in ["", "false", "0", "f", "yes", "on"] {
            assert_eq!(shows(value), None, "{value}");
        }
    }

    #[test]
    fn a_child_pipeline_of_a_merge_request_is_one_of_a_change() {
        let proposed = |pairs: &[(&str, &str)]| {
            let source = ("CI_PIPELINE_SOURCE", "parent_pipeline");
            GitLabCi.context(&Env::from_pairs("/", pairs.iter().copied().chain([source]))).proposed
        };
        assert!(proposed(&[("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shop")]));
        assert!(proposed(&[("CI_COMMIT_REF_NAME", "refs/merge-requests/7/head")]));
        assert!(!proposed(&[("CI_COMMIT_REF_NAME", "main"), ("CI_OPEN_MERGE_REQUESTS", "acme/shop!7")]));
    }

    #[test]
    fn what_gitlab_would_change_in_a_dotenv_file_is_refused() {
        for value in ["two\nlines", "a\rb", " a", "a\t", "$HOME", "5$", "${X}", "100%CI_JOB_TOKEN%"] {
            assert!(refused_in_dotenv(value).is_some(), "{value:?}");
        }
        for value in
            ["", "a b", "'\"#=\\`", "100%", "a%20b%C3%A4%20c", "50% of 60%", "\u{1F600}", "{\"a\":1}"]
        {
            assert_eq!(refused_in_dotenv(value), None, "{value:?}");
        }
    }

    #[test]
    fn the_user_of_an_access_token_is_a_program() {
        assert_eq!(bot(Some("project_4321_bot_1f3a")), Some(true));
        assert_eq!(bot(Some("group_4_bot")), Some(true));
        assert_eq!(bot(Some("project_x_bot")), None);
        assert_eq!(bot(Some("ada")), None);
    }
}
