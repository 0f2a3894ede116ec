//! The face of Azure Repos: a comment is the first of a thread.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Asked, Face, ME, Memory, Op, Pull, Reply, State, Stored, TOKEN};

pub struct Azure;

impl Face for Azure {
    fn name(&self) -> &'static str {
        "azure-repos"
    }

    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply> {
        super::reads::azure::answer(asked, memory)
    }

    fn authorization(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!(":{TOKEN}")))
    }

    fn read(&self, asked: &Asked) -> Option<Op> {
        assert!(asked.query.get("api-version").is_some_and(|version| version.starts_with("7.1")));
        let parts = asked.parts();
        if parts == ["_apis", "connectionData"] {
            return Some(Op::Me);
        }
        let ["acme", "_apis", "git", "repositories", "shop", rest @ ..] = parts.as_slice() else {
            return None;
        };
        Some(match (asked.method.as_str(), rest) {
            ("GET", ["pullRequests", number, "threads"]) => {
                Op::List { number: number.parse().ok()?, page: 1, size: usize::MAX }
            }
            ("POST", ["pullRequests", number, "threads"]) => {
                assert_eq!(asked.body.get("status"), None, "an active thread can hold back the merge");
                Op::Create { number: number.parse().ok()?, body: asked.text("/comments/0/content")? }
            }
            ("PATCH", ["pullRequests", "7", "threads", thread, "comments", "1"]) => {
                Op::Update { id: thread.parse().ok()?, body: asked.text("/content")? }
            }
            ("DELETE", ["pullRequests", "7", "threads", thread, "comments", "1"]) => {
                Op::Delete { id: thread.parse().ok()? }
            }
            ("PATCH", ["pullRequests", "7", "threads", thread]) => {
                assert_eq!(asked.body, json!({ "status": "closed" }));
                Op::Hide { id: thread.parse().ok()? }
            }
            ("POST", ["pullrequestquery"]) => Op::OfCommit(asked.text("/queries/0/items/0")?),
            ("GET", ["pullrequests"]) => {
                assert_eq!(asked.query["searchCriteria.status"], "active");
                let branch =
                    asked.query.get("searchCriteria.sourceRefName").map_or("refs/heads/", String::as_str);
                Op::OfBranch(branch.strip_prefix("refs/heads/")?.to_owned())
            }
            ("GET", ["pullRequests", number]) => Op::ChangeRequest(number.parse().ok()?),
            ("POST", ["commits", _, "statuses"]) => Op::Status(asked.body.clone()),
            _ => return None,
        })
    }

    fn comment(&self, one: &Stored) -> Value {
        json!({
            "id": one.id,
            "status": if one.hidden { json!("closed") } else { Value::Null },
            "isDeleted": false,
            "threadContext": null,
            "comments": [self.updated(one)],
        })
    }

    fn updated(&self, one: &Stored) -> Value {
        json!({
            "id": 1, "author": { "id": one.author, "displayName": "Somebody" },
            "content": one.body, "commentType": "text", "lastContentUpdatedDate": one.at,
        })
    }

    fn pull(&self, one: &Pull) -> Value {
        json!({
            "pullRequestId": one.number,
            "status": match one.state {
                State::Open => "active",
                State::Merged => "completed",
                State::Closed => "abandoned",
            },
            "sourceRefName": format!("refs/heads/{}", one.branch),
            "lastMergeSourceCommit": { "commitId": one.head },
            "targetRefName": format!("refs/heads/{}", one.target),
            "createdBy": { "id": one.author, "displayName": "Somebody", "uniqueName": format!("{}@example.com", one.author) },
            "closedDate": (one.state != State::Open).then(|| one.closed_at.replace('Z', ".1234567Z")),
            "lastMergeCommit": { "commitId": one.merge_commit.as_deref().unwrap_or("0000000000000000000000000000000000000000") },
            "labels": one.labels.iter().map(|name| json!({ "id": "1", "name": name, "active": true })).collect::<Vec<_>>(),
            "repository": { "id": "2f3d", "name": "shop" },
            "forkSource": if one.fork { json!({ "name": "refs/heads/x" }) } else { Value::Null },
        })
    }

    fn me(&self) -> Value {
        json!({ "authenticatedUser": { "id": ME } })
    }

    fn list(&self, items: Vec<Value>, _next: Option<String>) -> Reply {
        Reply::json(200, &json!({ "count": items.len(), "value": items }))
    }

    fn page(&self) -> Option<&'static str> {
        None
    }

    fn of_commit(&self, commit: &str, pulls: Vec<Value>) -> Reply {
        let results = if pulls.is_empty() { json!([{}, {}]) } else { json!([{ commit: pulls }, {}]) };
        Reply::json(200, &json!({ "results": results }))
    }

    fn error(&self, status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "$id": "1", "message": message, "typeKey": "Exception" }))
    }

    fn created(&self) -> u16 {
        200
    }
}
