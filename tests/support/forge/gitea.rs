//! The face of Gitea and Forgejo: comments come in one page.

use serde_json::{Value, json};

use super::issues::{self, IssueWords};
use super::{Asked, Face, ME, Memory, Op, Pull, Reply, State, Stored, TOKEN};

pub struct Gitea;

const ISSUES: IssueWords = IssueWords {
    path: &["api", "v1", "repos", "acme", "shop"],
    body: "body",
    number: "number",
    url: "html_url",
    open: "open",
    comments: "comments",
    change: ("PATCH", "state", ["open", "closed"]),
    author: ("user", "created_by"),
    closed_by: None,
};

impl Face for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply> {
        super::reads::gitea::answer(asked, memory)
    }

    fn issues(&self, asked: &Asked, memory: &mut Memory) -> Option<Reply> {
        issues::answer(self, &ISSUES, asked, memory)
    }

    fn authorization(&self) -> String {
        format!("token {TOKEN}")
    }

    fn read(&self, asked: &Asked) -> Option<Op> {
        let parts = asked.parts();
        if parts == ["api", "v1", "user"] {
            return Some(Op::Me);
        }
        let ["api", "v1", "repos", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
        Some(match (asked.method.as_str(), rest) {
            ("GET", ["issues", number, "comments"]) => {
                Op::List { number: number.parse().ok()?, page: 1, size: usize::MAX }
            }
            ("POST", ["issues", number, "comments"]) => {
                Op::Create { number: number.parse().ok()?, body: asked.text("/body")? }
            }
            ("PATCH", ["issues", "comments", id]) => {
                Op::Update { id: id.parse().ok()?, body: asked.text("/body")? }
            }
            ("POST", ["issues", "comments", id, "reactions"]) => {
                Op::React { id: id.parse().ok()?, word: asked.text("/content")? }
            }
            ("DELETE", ["issues", "comments", id]) => Op::Delete { id: id.parse().ok()? },
            ("GET", ["commits", commit, "pull"]) => Op::OfCommit((*commit).to_owned()),
            ("GET", ["pulls"]) => Op::OfBranch(String::new()),
            ("GET", ["pulls", number]) => Op::ChangeRequest(number.parse().ok()?),
            ("POST", ["statuses", _]) => Op::Status(asked.body.clone()),
            _ => return None,
        })
    }

    fn comment(&self, one: &Stored) -> Value {
        json!({
            "id": one.id, "user": { "login": one.author }, "body": one.body, "created_at": one.created,
            "updated_at": one.at, "pull_request_url": "https://gitea.example/acme/shop/pulls/7",
        })
    }

    fn pull(&self, one: &Pull) -> Value {
        json!({
            "number": one.number,
            "state": if one.state == State::Open { "open" } else { "closed" },
            "merged": one.state == State::Merged,
            "is_locked": one.locked,
            "head": { "ref": one.branch, "sha": one.head, "repo_id": if one.fork { 2 } else { 1 } },
            "base": { "ref": one.target, "repo_id": 1 },
            "user": { "id": 3, "login": one.author },
            "merged_at": (one.state == State::Merged).then_some(&one.closed_at),
            "closed_at": (one.state != State::Open).then_some(&one.closed_at),
            "merge_commit_sha": one.merge_commit,
            "labels": one.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
            "changed_files": one.files.len() + usize::from(one.has_more_files),
        })
    }

    fn me(&self) -> Value {
        json!({ "login": ME })
    }

    fn list_of_nothing(&self) -> u16 {
        500
    }

    fn list(&self, items: Vec<Value>, _next: Option<String>) -> Reply {
        Reply::json(200, &Value::Array(items))
    }

    fn page(&self) -> Option<&'static str> {
        None
    }

    fn of_commit(&self, _commit: &str, pulls: Vec<Value>) -> Reply {
        match pulls.first() {
            Some(pull) => Reply::json(200, pull),
            None => self.error(404, "pull request does not exist"),
        }
    }

    fn error(&self, status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "message": message, "url": "https://gitea.example/api/swagger" }))
    }
}
