//! GitHub Actions.
//!
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
//! Events: <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>, with
//! the payloads of <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.

use std::path::PathBuf;

use serde_json::Value;

use super::advice::BY_A_BRANCH;
use super::comment::{self, StartedBy};
use super::context::{branch_of, change_of_ref, differ, is_app, named_folders, number, text};
use super::identity::with_parameter;
use super::label;
use super::origin::own_token;
use super::workflow_command as command;
use super::{
    Advice, CiSystem, Context, Handover, IdentityToken, JobFolders, LogFormat, SetLabel, SystemVariables,
    TokenRequest,
};
use crate::base::env::Env;
use crate::base::origin::{GateClue, Origin};

/// GitHub Actions.
pub struct GitHubActions;

impl CiSystem for GitHubActions {
    fn name(&self) -> &'static str {
        "github-actions"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("GITHUB_ACTIONS")
    }

    fn context(&self, env: &Env) -> Context {
        let context = Context { build_url: build_url(env), ..read(env) };
        // The name of every app ends like this, and no person's can: brackets are not allowed in a login.
        let bot = context.actor.as_deref().map(|actor| actor.ends_with("[bot]"));
        Context { bot, ..context }.settled()
    }

    fn origin(&self, env: &Env) -> Origin {
        // https://docs.github.com/en/actions/concepts/security/github_token
        Origin {
            forge: Some("github"),
            token: own_token(env, &["GITHUB_TOKEN"]),
            author: Some("github-actions[bot]"),
            run: run_reported_on(env).or_else(|| number(env, "GITHUB_RUN_ID")),
            gate: Some(GateClue { run: text(env, "GITHUB_RUN_ID"), job: None }),
            ..origin(env)
        }
    }

    fn started_by(&self, env: &Env) -> Option<StartedBy> {
        comment::of_github(env)
    }

    fn label_set(&self, env: &Env) -> Option<SetLabel> {
        label::of_github(env)
    }

    fn identity_token(&self, env: &Env, audience: &str) -> IdentityToken {
        id_token_request(env, audience).unwrap_or(IdentityToken::None {
            reason: "the job may not ask for an identity token: it needs `permissions: id-token: write`, \
                     which a pull request from a fork never gets",
        })
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        // The runner's own rule: upper case, blanks become underscores, hyphens stay.
        let variable = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
        let value = env.get(&variable)?;
        Some((variable, value))
    }

    fn step_inputs_prefix(&self) -> Option<&'static str> {
        Some("INPUT_")
    }

    // The grace period is that of 10 s: SIGINT, SIGTERM after 7.5 s, everything is killed 2.5 s later:
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation

    fn variables(&self) -> SystemVariables {
        SystemVariables {
            // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files
            step_files: &[
                "GITHUB_ENV",
                "GITHUB_OUTPUT",
                "GITHUB_PATH",
                "GITHUB_STATE",
                "GITHUB_STEP_SUMMARY",
            ],
            ..VARIABLES
        }
    }

    fn folders(&self) -> JobFolders {
        FOLDERS
    }

    fn log(&self) -> LogFormat {
        LogFormat { shows_annotations: true, ..command::LOG }
    }

    fn handover(&self) -> Handover {
        command::HANDOVER
    }

    fn advice(&self) -> Advice {
        Advice { maintainers_way, withheld_secrets: |_, context| Some(withheld_secrets(context)), ..ADVICE }
    }
}

/// The folders of a runner of GitHub's kind; Gitea's and Forgejo's have the same ones.
pub(super) const FOLDERS: JobFolders = JobFolders {
    workspaces: |env| named_folders(env, &["GITHUB_WORKSPACE"]),
    temporary: |env| env.get("RUNNER_TEMP").map(PathBuf::from),
    ..JobFolders::UNKNOWN
};

/// The rules for variables on GitHub, Gitea and Forgejo.
pub(super) const VARIABLES: SystemVariables = SystemVariables {
    secret: &["ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
    // The program must not decide what the post step does.
    kept_from_engine: &["GITHUB_STATE"],
    ..SystemVariables::NONE
};

/// The advice for GitHub, Gitea and Forgejo.
pub(super) const ADVICE: Advice = Advice {
    how_to_tell_the_event: "pass the job's variables into the container (`docker run -e GITHUB_EVENT_NAME -e GITHUB_EVENT_PATH -e GITHUB_SHA \
         -e GITHUB_REF -e GITHUB_REPOSITORY …`), and mount the file that `GITHUB_EVENT_PATH` names",
    ..Advice::GENERAL
};

fn maintainers_way(context: &Context) -> String {
    match (context.fork, context.actor.as_deref(), context.change_request) {
        // Dependabot's runs get the secrets of its own store, and a re-run keeps its permissions:
        // https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
        (Some(false) | None, Some("dependabot[bot]"), _) => {
            "a maintainer can give Dependabot's runs credentials for previews under \
             Settings > Secrets and variables > Dependabot"
                .to_owned()
        }
        (_, _, Some(number)) => format!(
            "a maintainer who has read the change can run it from a branch of this repository: \
             `git fetch origin pull/{number}/head && git push origin FETCH_HEAD:refs/heads/preview-{number}`"
        ),
        _ => BY_A_BRANCH.to_owned(),
    }
}

fn withheld_secrets(context: &Context) -> &'static str {
    if context.fork == Some(true) {
        "runs for a fork's pull request get no secrets \
         (https://docs.github.com/en/actions/reference/security/secrets)"
    } else if context.actor.as_deref() == Some("dependabot[bot]") {
        "runs that Dependabot starts get only the secrets of its own store \
         (https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions)"
    } else {
        "a secret of an environment reaches only jobs with `environment:`, and a called workflow gets secrets only \
         by `secrets:` (https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets)"
    }
}

/// The address of the repository; Gitea and Forgejo tell it in the same way.
pub(super) fn origin(env: &Env) -> Origin {
    let server = env.get("GITHUB_SERVER_URL").zip(env.get("GITHUB_REPOSITORY"));
    Origin {
        remote: server.map(|(server, name)| format!("{}/{name}", server.trim_end_matches('/'))),
        api: text(env, "GITHUB_API_URL"),
        forge_token_input: Some("forge-token"),
        attempt: number(env, "GITHUB_RUN_ATTEMPT"),
        ..Origin::default()
    }
}

/// Events whose code is certainly the repository's own: only people who may write to the repository can cause them and
/// choose their commit.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>
const OF_OUR_OWN_CODE: &[&str] =
    &["push", "schedule", "workflow_dispatch", "release", "create", "merge_group"];

/// Events of a change request that run on its code, without the repository's credentials for a fork.
const OF_A_CHANGE: &[&str] = &["pull_request", "pull_request_review", "pull_request_review_comment"];

/// Events that run with the repository's credentials whoever caused them, and whose own commit (`GITHUB_SHA`) is one of
/// the default branch, or of the branch that a change goes to. For any other event it can be a commit of a fork: the
/// person who creates a deployment chooses its commit.
const AT_OUR_OWN_COMMIT: &[&str] = &[
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "delete",
    "discussion",
    "discussion_comment",
    "fork",
    "gollum",
    "issue_comment",
    "issues",
    "label",
    "milestone",
    "page_build",
    "public",
    "pull_request_comment",
    "pull_request_target",
    "repository_dispatch",
    "status",
    "watch",
    "workflow_run",
];

/// Whether the run has the repository's credentials by the event alone. The name of the event decides, never the shape
/// of its payload; an unknown name counts as an event of strangers.
fn with_base_credentials(env: &Env, event: &Value) -> bool {
    match env.get("GITHUB_EVENT_NAME") {
        Some("workflow_run") => !follows_merged_code(env, event),
        Some(kind) => !OF_OUR_OWN_CODE.contains(&kind) && !OF_A_CHANGE.contains(&kind),
        None => true,
    }
}

/// Whether only people who may write to the repository can have made the event's own commit.
fn is_at_our_own_commit(env: &Env, event: &Value) -> bool {
    let default = string(event, "/repository/default_branch");
    let is_default =
        |reference: &str| branch_of(reference).is_some_and(|name| default.as_ref() == Some(&name));
    match env.get("GITHUB_EVENT_NAME") {
        None => false,
        Some("deployment" | "deployment_status") => {
            let sha = string(event, "/deployment/sha");
            string(event, "/deployment/ref").is_some_and(|reference| is_default(&reference))
                && sha.is_some_and(|sha| env.get("GITHUB_SHA") == Some(&sha))
        }
        Some(kind) if AT_OUR_OWN_COMMIT.contains(&kind) => change_of_ref(reference(env)).is_none(),
        // Only a whole ref counts, as a name alone could be a tag's.
        Some(_) => reference(env).starts_with("refs/heads/") && is_default(reference(env)),
    }
}

fn reference(env: &Env) -> &str {
    env.get("GITHUB_REF").unwrap_or_default()
}

/// The context from the variables and the event, which Gitea and Forgejo share.
pub(super) fn read(env: &Env) -> Context {
    let event = env.event().unwrap_or(&Value::Null);
    let context = about(env, event);
    if !with_base_credentials(env, event) {
        return context;
    }
    let base = text(env, "GITHUB_SHA").filter(|_| is_at_our_own_commit(env, event));
    // Without the event's name the meaning of its payload is not known.
    let told = context.own_commits.iter().filter(|_| context.event.is_some());
    let own_commits = base.iter().chain(told).cloned().collect();
    Context { base_credentials: true, base_commit: base, own_commits, ..context }
}

/// The change request, branch and commit of the run, before its credentials are judged.
fn about(env: &Env, event: &Value) -> Context {
    let kind = env.get("GITHUB_EVENT_NAME").unwrap_or_default();
    let name = text(env, "GITHUB_REF_NAME");
    let (branch, tag) = match env.get("GITHUB_REF_TYPE") {
        Some("tag") => (None, name),
        _ => (name, None),
    };
    let default = string(event, "/repository/default_branch");
    let context = Context {
        repository: text(env, "GITHUB_REPOSITORY"),
        commit: text(env, "GITHUB_SHA"),
        default_branch: default.as_ref().map(|default| branch.as_ref() == Some(default)),
        default_branch_name: default,
        branch,
        tag,
        actor: text(env, "GITHUB_ACTOR"),
        bot: is_app(env.get("GITHUB_ACTOR")),
        event: text(env, "GITHUB_EVENT_NAME"),
        attempt: number(env, "GITHUB_RUN_ATTEMPT"),
        scheduled: env.get("GITHUB_EVENT_NAME").map(|kind| kind == "schedule"),
        public: event.pointer("/repository/private").and_then(Value::as_bool).map(|private| !private),
        ..Context::default()
    };
    match kind {
        "workflow_run" => workflow_run(context, env, event),
        // Gitea's event of a comment has the pull request as well, of whose code the run has nothing:
        // https://github.com/go-gitea/gitea/blob/main/modules/structs/hook.go
        "issue_comment" if comment::is_on_a_pull_request(event) => of_comment(context, event),
        _ if event.get("pull_request").is_some_and(Value::is_object) => pull_request(context, env, event),
        // An issue has no change; without the issue in the event it is not known.
        "issue_comment" => Context { proposed: event.get("issue").is_none(), ..context },
        _ => match change_of_ref(reference(env)) {
            // The event can't be read: the commit is a merge, and the origin of the change is not known.
            Some(number) => Context {
                change_request: Some(number),
                merge_commit: context.commit,
                commit: None,
                branch: text(env, "GITHUB_HEAD_REF"),
                target_branch: text(env, "GITHUB_BASE_REF"),
                ..context
            },
            None => Context { proposed: kind.is_empty() || kind.starts_with("pull_request"), ..context },
        },
    }
}

/// The context of a pull request. `GITHUB_SHA` is a merge commit that nobody wrote, or the target's commit
/// (`pull_request_target`).
fn pull_request(context: Context, env: &Env, event: &Value) -> Context {
    let at_target = with_base_credentials(env, event);
    let head = string(event, "/pull_request/head/repo/full_name");
    let base = string(event, "/pull_request/base/repo/full_name").or_else(|| context.repository.clone());
    // The repository of the change is null if it was deleted, so it was another one.
    let deleted = event.pointer("/pull_request/head/repo").is_some_and(Value::is_null);
    let commit = string(event, "/pull_request/head/sha");
    let merge = if at_target { string(event, "/pull_request/merge_commit_sha") } else { context.commit };
    let fork = if deleted { Some(true) } else { differ(head.as_deref(), base.as_deref()) };
    let target = string(event, "/pull_request/base/sha");
    let written = [commit.clone(), merge.clone()].into_iter().filter(|_| fork == Some(false));
    Context {
        change_request: event.pointer("/pull_request/number").and_then(Value::as_u64),
        proposed: true,
        own_commits: [target].into_iter().chain(written).flatten().collect(),
        // Gitea and Forgejo build the head itself.
        merge_commit: merge.filter(|merge| Some(merge) != commit.as_ref()),
        commit,
        branch: text(env, "GITHUB_HEAD_REF").or_else(|| string(event, "/pull_request/head/ref")),
        tag: None,
        target_branch: text(env, "GITHUB_BASE_REF").or_else(|| string(event, "/pull_request/base/ref")),
        fork,
        source_repository: head,
        ..context
    }
}

/// The context of a run that another run started. It has the target's permissions, whatever started the first one.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run>
fn workflow_run(context: Context, env: &Env, event: &Value) -> Context {
    if follows_merged_code(env, event) {
        return context;
    }
    let head = string(event, "/workflow_run/head_repository/full_name");
    // It is null when the fork has been deleted: https://github.com/github/rest-api-description/issues/1586
    let deleted = event.pointer("/workflow_run/head_repository").is_some_and(Value::is_null);
    let fork = if deleted { Some(true) } else { differ(head.as_deref(), context.repository.as_deref()) };
    // A first run that had the repository's permissions does not tell whose change it was about.
    let first = string(event, "/workflow_run/event").unwrap_or_default();
    let fork = fork.filter(|fork| *fork || first == "pull_request");
    let commit = string(event, "/workflow_run/head_sha");
    Context {
        change_request: event.pointer("/workflow_run/pull_requests/0/number").and_then(Value::as_u64),
        proposed: true,
        own_commits: commit.iter().filter(|_| fork == Some(false)).cloned().collect(),
        commit,
        branch: string(event, "/workflow_run/head_branch"),
        fork,
        source_repository: head,
        target_branch: string(event, "/workflow_run/pull_requests/0/base/ref"),
        default_branch: Some(false),
        ..context
    }
}

/// Whether a `workflow_run` follows a run of this repository's own code, such as one of a push or of a schedule.
fn follows_merged_code(env: &Env, event: &Value) -> bool {
    let first = string(event, "/workflow_run/event").unwrap_or_default();
    let ours = OF_OUR_OWN_CODE.contains(&first.as_str());
    let head = string(event, "/workflow_run/head_repository/full_name");
    ours && differ(head.as_deref(), env.get("GITHUB_REPOSITORY")) == Some(false)
}

/// The run that started this one. Its results are as old as it is, and the later of two runs can end first.
fn run_reported_on(env: &Env) -> Option<u64> {
    let is_one = env.get("GITHUB_EVENT_NAME") == Some("workflow_run");
    env.event().filter(|_| is_one)?.pointer("/workflow_run/id")?.as_u64()
}

/// The context of a comment on a pull request: the event tells neither the origin of the change nor its commit.
fn of_comment(context: Context, event: &Value) -> Context {
    Context {
        change_request: event.pointer("/issue/number").and_then(Value::as_u64),
        proposed: true,
        commit: None,
        branch: None,
        ..context
    }
}

fn string(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// The page of this run and attempt.
fn build_url(env: &Env) -> Option<String> {
    let (server, repository, run) =
        (env.get("GITHUB_SERVER_URL")?, env.get("GITHUB_REPOSITORY")?, env.get("GITHUB_RUN_ID")?);
    let attempt = env.get("GITHUB_RUN_ATTEMPT").map(|n| format!("/attempts/{n}")).unwrap_or_default();
    Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
}

/// The request for an identity token:
/// <https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
pub(super) fn id_token_request(env: &Env, audience: &str) -> Option<IdentityToken> {
    let url = env.get("ACTIONS_ID_TOKEN_REQUEST_URL")?;
    env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?;
    Some(IdentityToken::Request(TokenRequest {
        method: "GET",
        url: with_parameter(url, "audience", audience),
        bearer: "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        scheme: "Bearer ",
        answer: "value",
    }))
}
