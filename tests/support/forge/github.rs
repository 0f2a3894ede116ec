//! GitHub's face.

use serde_json::{Value, json};

use super::issues::{self, IssueWords};
use super::{Asked, Face, ME, Memory, Op, Pull, Reply, State, Stored, TOKEN, link};

pub struct GitHub;

const ISSUES: IssueWords = IssueWords {
    path: &["api", "v3", "repos", "acme", "shop"],
    body: "body",
    number: "number",
    url: "html_url",
    open: "open",
    comments: "comments",
    change: ("PATCH", "state", ["open", "closed"]),
    author: ("user", "creator"),
    closed_by: Some("login"),
};

impl Face for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply> {
        super::reads::github::answer(asked, memory)
    }

    fn issues(&self, asked: &Asked, memory: &mut Memory) -> Option<Reply> {
        issues::answer(self, &ISSUES, asked, memory)
    }

    fn records(&self, asked: &Asked, memory: &mut Memory) -> Option<Reply> {
        let ["api", "v3", "repos", "acme", "shop", "deployments"] = asked.parts().as_slice() else {
            return None;
        };
        let task = asked.text("/task").or_else(|| asked.query.get("task").cloned());
        let task = task.filter(|task| task.starts_with("stackstep-ledger:"))?;
        if asked.method == "POST" {
            let mut record = asked.body.clone();
            record["id"] = json!(1000 + memory.records.len());
            memory.records.push(record.clone());
            return Some(Reply::json(201, &record));
        }
        let found = memory.records.iter().rev().filter(|one| one["task"] == task.as_str());
        Some(self.list(found.take(100).cloned().collect(), None))
    }

    fn authorization(&self) -> String {
        format!("Bearer {TOKEN}")
    }

    fn read(&self, asked: &Asked) -> Option<Op> {
        let parts = asked.parts();
        if parts == ["api", "graphql"] {
            let query = asked.text("/query")?;
            if query.contains("viewer") {
                return Some(Op::Me);
            }
            assert!(query.contains("minimizeComment") && query.contains("OUTDATED"), "{query}");
            let node = asked.text("/variables/id")?;
            return Some(Op::Hide { id: node.strip_prefix("IC_")?.parse().ok()? });
        }
        let ["api", "v3", "repos", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
        Some(match (asked.method.as_str(), rest) {
            ("GET", ["issues", number, "comments"]) => Op::List {
                number: number.parse().ok()?,
                page: asked.number("page", 1),
                size: asked.number("per_page", 30).min(100),
            },
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
            ("GET", ["commits", commit, "pulls"]) => Op::OfCommit((*commit).to_owned()),
            ("GET", ["pulls"]) => {
                assert_eq!(asked.query["state"], "open");
                Op::OfBranch(asked.query.get("head").cloned().unwrap_or_default())
            }
            ("GET", ["pulls", number]) => Op::ChangeRequest(number.parse().ok()?),
            ("POST", ["statuses", _]) => Op::Status(asked.body.clone()),
            ("POST", ["check-runs"]) | ("PATCH", ["check-runs", "5"]) => Op::Check(asked.body.clone()),
            ("POST", ["deployments"]) => Op::Deploy(asked.body.clone()),
            ("POST", ["deployments", "99", "statuses"]) => Op::DeployEnd(asked.body.clone()),
            _ => return None,
        })
    }

    fn comment(&self, one: &Stored) -> Value {
        json!({
            "id": one.id, "node_id": format!("IC_{}", one.id), "body": one.body,
            "user": { "login": one.author, "type": if one.author.ends_with("[bot]") { "Bot" } else { "User" } },
            "created_at": one.created, "updated_at": one.at,
            "issue_url": "https://api.github.com/repos/acme/shop/issues/7",
        })
    }

    fn hidden(&self, _comment: &Stored) -> Value {
        json!({ "data": { "minimizeComment": { "minimizedComment": { "isMinimized": true } } } })
    }

    fn pull(&self, one: &Pull) -> Value {
        let head = if one.fork { "bob/shop" } else { "acme/shop" };
        json!({
            "number": one.number,
            "state": if one.state == State::Open { "open" } else { "closed" },
            "merged_at": (one.state == State::Merged).then_some(&one.closed_at),
            "closed_at": (one.state != State::Open).then_some(&one.closed_at),
            "locked": one.locked,
            "head": { "ref": one.branch, "sha": one.head, "repo": { "full_name": head } },
            "base": { "ref": one.target, "repo": { "full_name": "acme/shop", "id": 1 } },
            "user": { "login": one.author, "type": "User" },
            "merge_commit_sha": one.merge_commit.as_deref().unwrap_or("0000000000000000000000000000000000000000"),
            "labels": one.labels.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
            "changed_files": one.files.len() + usize::from(one.has_more_files),
        })
    }

    fn me(&self) -> Value {
        json!({ "data": { "viewer": { "login": ME } } })
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
        Reply::json(
            status,
            &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }),
        )
    }

    fn deployed(&self) -> Value {
        json!({ "id": 99 })
    }
}
