//! The kinds of runs: GitHub's events in each shape that a stranger can give them, and the other CI systems by their
//! own environments.

use serde_json::{Value, json};

use crate::ci::cases;

/// The commit of the branch that the change goes to.
pub const BASE: &str = "1111111111111111111111111111111111111111";
/// The commit of the change.
pub const HEAD: &str = "2222222222222222222222222222222222222222";
/// A commit of which no event tells.
pub const OTHER: &str = "4444444444444444444444444444444444444444";

/// The branch of a merge queue.
const QUEUE: &str = "refs/heads/gh-readonly-queue/main/pr-7-88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9";

/// What lies in the work folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// The target's own commit.
    AtBase,
    /// The change's commit.
    AtHead,
    /// Another one.
    AtAnother,
    /// Files without a repository.
    NoGit,
}

/// Whose change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The repository's own.
    Ours,
    /// A fork's, in a run without the target's credentials.
    Fork,
    /// The system does not tell.
    Untold,
    /// A merge queue's.
    Queue,
    /// The run has the credentials of the repository that the change goes to; whether it is known to be a fork's.
    WithTheTargetsCredentials { fork: bool },
    /// The run has credentials, and its own commit can be anybody's: nothing proves whose code it has.
    OfNobodyKnows,
}

/// A run.
#[derive(Clone)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// Whose change.
    pub whose: Whose,
    /// The CI system's variables.
    pub environment: Vec<(String, String)>,
    /// The content of the event's file.
    pub event: Option<String>,
    /// Where the work folder can be at.
    pub folders: &'static [Folder],
}

const EVERYWHERE: &[Folder] = &[Folder::AtBase, Folder::AtHead, Folder::AtAnother, Folder::NoGit];
const TWO: &[Folder] = &[Folder::AtHead, Folder::NoGit];

/// All of them.
pub fn all() -> Vec<Run> {
    let mut runs = github();
    runs.extend(others());
    runs
}

fn github() -> Vec<Run> {
    let fork = Whose::WithTheTargetsCredentials { fork: true };
    let unknown = Whose::WithTheTargetsCredentials { fork: false };
    let (ours, theirs) = (json!({"full_name": "acme/shop"}), json!({"full_name": "mallory/shop"}));
    vec![
        run("push", "push", Whose::Ours, TWO, Some(json!({"head_commit": {"id": BASE}}))),
        run("schedule", "schedule", Whose::Ours, TWO, Some(json!({"schedule": "0 4 * * *"}))),
        run("dispatch", "workflow_dispatch", Whose::Ours, TWO, Some(json!({"inputs": {}}))),
        run("own pull request", "pull_request", Whose::Ours, TWO, Some(pull_request(&ours))),
        run("fork's pull request", "pull_request", Whose::Fork, TWO, Some(pull_request(&theirs))),
        run(
            "deleted fork's pull request",
            "pull_request",
            Whose::Fork,
            TWO,
            Some(pull_request(&Value::Null)),
        ),
        run(
            "merge queue",
            "merge_group",
            Whose::Queue,
            TWO,
            Some(json!({"merge_group": {"base_ref": "refs/heads/main"}})),
        ),
        run("target: fork", "pull_request_target", fork, EVERYWHERE, Some(pull_request(&theirs))),
        run(
            "target: deleted fork",
            "pull_request_target",
            fork,
            EVERYWHERE,
            Some(pull_request(&Value::Null)),
        ),
        run(
            "target: empty repository",
            "pull_request_target",
            unknown,
            EVERYWHERE,
            Some(pull_request(&json!({}))),
        ),
        run("target: no event", "pull_request_target", unknown, EVERYWHERE, None),
        run("target: empty event", "pull_request_target", unknown, EVERYWHERE, Some(json!({}))),
        run(
            "target: event of a push",
            "pull_request_target",
            unknown,
            EVERYWHERE,
            Some(json!({"head_commit": {"id": BASE}})),
        ),
        run("workflow run: fork", "workflow_run", fork, EVERYWHERE, Some(after(&theirs))),
        run("workflow run: deleted fork", "workflow_run", fork, EVERYWHERE, Some(after(&Value::Null))),
        run("workflow run: empty repository", "workflow_run", unknown, EVERYWHERE, Some(after(&json!({})))),
        run("workflow run: no event", "workflow_run", unknown, EVERYWHERE, None),
        run("comment on a pull request", "issue_comment", unknown, EVERYWHERE, Some(comment())),
        run("comment: no event", "issue_comment", unknown, EVERYWHERE, None),
        run("dispatch by an app", "repository_dispatch", unknown, EVERYWHERE, Some(dispatch())),
        run("an issue", "issues", unknown, EVERYWHERE, Some(json!({"issue": {"number": 3}}))),
        run("somebody's star", "watch", unknown, EVERYWHERE, Some(json!({"action": "started"}))),
        run("deployment of main", "deployment", unknown, EVERYWHERE, Some(deployment("main", BASE))),
        at_head("deployment of a fork's head", "deployment", Some(deployment(HEAD, HEAD))),
        at_head("deployment of a fork's ref", "deployment_status", Some(deployment("pull/7/head", HEAD))),
        at_head("deployment of nobody", "deployment_status", None),
        at_head("an event that nobody knows", "something_new", Some(json!({"action": "x"}))),
        at_head("a package", "registry_package", Some(json!({}))),
        at_head("no event's name", "", Some(pull_request(&ours))),
        at_head("an event's name in other letters", "Push", Some(json!({"head_commit": {"id": HEAD}}))),
        run(
            "workflow run after a deployment",
            "workflow_run",
            unknown,
            EVERYWHERE,
            Some(after_event("deployment_status", &ours)),
        ),
        run(
            "workflow run after what nobody knows",
            "workflow_run",
            unknown,
            EVERYWHERE,
            Some(after_event("something_new", &ours)),
        ),
        damaged("target: damaged event", "pull_request_target", unknown, "{\"pull_request\": {"),
        damaged("target: a list", "pull_request_target", unknown, "[]"),
        damaged("workflow run: null", "workflow_run", unknown, "null"),
        damaged("comment: damaged event", "issue_comment", unknown, "\u{0}"),
    ]
}

fn pull_request(source: &Value) -> Value {
    json!({
        "action": "opened",
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": false},
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "ref": "evil", "repo": source},
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/shop"}},
        },
    })
}

fn after(head: &Value) -> Value {
    after_event("pull_request", head)
}

fn after_event(event: &str, head: &Value) -> Value {
    json!({
        "action": "completed",
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": false},
        "workflow_run": {
            "id": 5, "event": event, "head_sha": HEAD, "head_branch": "evil",
            "head_repository": head, "pull_requests": [],
        },
    })
}

fn dispatch() -> Value {
    json!({"action": "deploy", "client_payload": {"ref": "refs/pull/7/head"}})
}

fn deployment(reference: &str, commit: &str) -> Value {
    json!({"action": "created", "deployment": {"ref": reference, "sha": commit, "environment": "production"}})
}

/// A run on an event whose own commit is the change's.
fn at_head(name: &str, kind: &str, event: Option<Value>) -> Run {
    let mut run = run(name, kind, Whose::OfNobodyKnows, EVERYWHERE, event);
    for (name, value) in &mut run.environment {
        match name.as_str() {
            "GITHUB_SHA" => HEAD.clone_into(value),
            "GITHUB_REF" | "GITHUB_REF_NAME" => value.clear(),
            _ => {}
        }
    }
    run
}

fn comment() -> Value {
    json!({
        "action": "created",
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": false},
        "issue": {"number": 7, "pull_request": {"url": "x"}},
        "comment": {"body": "/deploy", "author_association": "NONE", "user": {"login": "mallory"}},
    })
}

fn run(name: &str, kind: &str, whose: Whose, folders: &'static [Folder], event: Option<Value>) -> Run {
    let event = event.map(|mut event| {
        if let Value::Object(members) = &mut event {
            let repository = json!({"full_name": "acme/shop", "default_branch": "main", "private": false});
            members.entry("repository").or_insert(repository);
        }
        event.to_string()
    });
    Run { name: name.to_owned(), whose, environment: github_variables(kind), event, folders }
}

fn damaged(name: &str, kind: &str, whose: Whose, event: &str) -> Run {
    let environment = github_variables(kind);
    Run { name: name.to_owned(), whose, environment, event: Some(event.to_owned()), folders: EVERYWHERE }
}

fn github_variables(kind: &str) -> Vec<(String, String)> {
    let change = kind == "pull_request";
    let queue = kind == "merge_group";
    let pairs = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", kind),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SHA", if change { "3333333333333333333333333333333333333333" } else { BASE }),
        (
            "GITHUB_REF",
            if change {
                "refs/pull/7/merge"
            } else if queue {
                QUEUE
            } else {
                "refs/heads/main"
            },
        ),
        (
            "GITHUB_REF_NAME",
            if change {
                "7/merge"
            } else if queue {
                &QUEUE[11..]
            } else {
                "main"
            },
        ),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("GITHUB_RUN_ID", "77"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_ACTOR", "mallory"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The other systems: what a push is, a change request of the repository itself, and one of a fork.
fn others() -> Vec<Run> {
    let found = cases().into_iter().filter(|case| case.system != "github-actions").filter_map(|case| {
        let whose = match case.name.as_str() {
            "push" | "tag" | "schedule" => Whose::Ours,
            "merge-queue" | "merge-train" => Whose::Queue,
            "pull-request" if matches!(case.system.as_str(), "aws-codebuild" | "woodpecker-ci") => {
                Whose::Untold
            }
            "pull-request-target-fork" => Whose::WithTheTargetsCredentials { fork: true },
            "pull-request-fork" | "external-pull-request-fork" | "fork-in-the-parent" => Whose::Fork,
            _ => return None,
        };
        let environment = case.env.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let name = format!("{}: {}", case.system, case.name);
        let folders = if let Whose::WithTheTargetsCredentials { .. } = whose { TWO } else { &TWO[..1] };
        Some(Run { name, whose, environment, event: case.event(), folders })
    });
    found.collect()
}
