//! GitLab's face.

use serde_json::{Value, json};

use super::issues::{self, IssueWords};
use super::{Asked, Face, ME, Memory, Op, Pull, Reply, State, Stored, TOKEN, link};

pub struct GitLab;

const ISSUES: IssueWords = IssueWords {
    path: &["api", "v4", "projects", "acme/shop"],
    body: "description",
    number: "iid",
    url: "web_url",
    open: "opened",
    comments: "notes",
    change: ("PUT", "state_event", ["reopen", "close"]),
    author: ("author", "author_username"),
    closed_by: Some("username"),
};

impl Face for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply> {
        super::reads::gitlab::answer(asked, memory)
    }

    fn issues(&self, asked: &Asked, memory: &mut Memory) -> Option<Reply> {
        issues::answer(self, &ISSUES, asked, memory)
    }

    fn authorization(&self) -> String {
        format!("Bearer {TOKEN}")
    }

    fn read(&self, asked: &Asked) -> Option<Op> {
        let parts = asked.parts();
        if parts == ["api", "v4", "user"] {
            return Some(Op::Me);
        }
        let ["api", "v4", "projects", "acme/shop", rest @ ..] = parts.as_slice() else { return None };
        Some(match (asked.method.as_str(), rest) {
            ("GET", ["merge_requests", number, "notes"]) => Op::List {
                number: number.parse().ok()?,
                page: asked.number("page", 1),
                size: asked.number("per_page", 20).min(100),
            },
            ("POST", ["merge_requests", number, "notes"]) => {
                Op::Create { number: number.parse().ok()?, body: asked.text("/body")? }
            }
            ("PUT", ["merge_requests", "7", "notes", id]) => {
                Op::Update { id: id.parse().ok()?, body: asked.text("/body")? }
            }
            ("POST", ["merge_requests", "7", "notes", id, "award_emoji"]) => {
                Op::React { id: id.parse().ok()?, word: asked.text("/name")? }
            }
            ("DELETE", ["merge_requests", "7", "notes", id]) => Op::Delete { id: id.parse().ok()? },
            ("GET", ["repository", "commits", commit, "merge_requests"]) => {
                Op::OfCommit((*commit).to_owned())
            }
            ("GET", ["merge_requests"]) => {
                assert_eq!(asked.query["state"], "opened");
                Op::OfBranch(asked.query.get("source_branch").cloned().unwrap_or_default())
            }
            ("GET", ["merge_requests", number]) => Op::ChangeRequest(number.parse().ok()?),
            ("POST", ["statuses", _]) => Op::Status(asked.body.clone()),
            ("POST", ["deployments"]) => Op::Deploy(asked.body.clone()),
            ("PUT", ["environments", "5"]) | ("POST", ["environments", "5", "stop"]) => {
                Op::DeployEnd(asked.body.clone())
            }
            _ => return None,
        })
    }

    fn comment(&self, one: &Stored) -> Value {
        // What GitLab itself notes, such as "added 1 commit", stands among the notes.
        json!({
            "id": one.id, "author": { "id": super::account(&one.author), "username": one.author }, "body": one.body, "system": one.author == "GitLab",
            "created_at": one.created, "updated_at": one.at, "noteable_iid": 7,
        })
    }

    fn pull(&self, one: &Pull) -> Value {
        json!({
            "iid": one.number,
            "state": match one.state {
                State::Open => "opened",
                State::Merged => "merged",
                State::Closed => "closed",
            },
            "discussion_locked": one.locked,
            "target_branch": one.target,
            "author": { "id": 3, "username": one.author, "state": "active" },
            "merged_at": (one.state == State::Merged).then(|| one.closed_at.replace('Z', ".000Z")),
            "closed_at": (one.state == State::Closed).then(|| one.closed_at.replace('Z', ".000Z")),
            "merge_commit_sha": one.merge_commit,
            "squash_commit_sha": null,
            "labels": one.labels,
            "changes_count": format!("{}{}", one.files.len(), if one.has_more_files { "+" } else { "" }),
            "source_branch": one.branch,
            "sha": one.head,
            "source_project_id": if one.fork { 2 } else { 1 },
            "target_project_id": 1,
        })
    }

    fn me(&self) -> Value {
        json!({ "id": 3, "username": ME })
    }

    fn list(&self, items: Vec<Value>, next: Option<String>) -> Reply {
        Reply::Answer(200, link(next), Value::Array(items).to_string())
    }

    fn page(&self) -> Option<&'static str> {
        Some("page")
    }

    fn of_commit(&self, _commit: &str, pulls: Vec<Value>) -> Reply {
        self.list(pulls, None)
    }

    fn error(&self, status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "message": format!("{status} {message}") }))
    }

    fn deployed(&self) -> Value {
        json!({ "id": 9, "environment": self.deployment_ended() })
    }

    fn deployment_ended(&self) -> Value {
        json!({ "id": 5, "name": "production", "external_url": null })
    }
}
