//! Bitbucket's face: a page names the next one in its body.

use serde_json::{Value, json};

use super::{Asked, Face, ME, Memory, Op, Pull, Reply, State, Stored, TOKEN};

pub struct Bitbucket;

impl Face for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn shown(&self, asked: &Asked, memory: &Memory) -> Option<Reply> {
        super::reads::bitbucket::answer(asked, memory)
    }

    fn authorization(&self) -> String {
        format!("Bearer {TOKEN}")
    }

    fn read(&self, asked: &Asked) -> Option<Op> {
        let parts = asked.parts();
        if parts == ["2.0", "user"] {
            return Some(Op::Me);
        }
        let ["2.0", "repositories", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
        Some(match (asked.method.as_str(), rest) {
            ("GET", ["pullrequests", number, "comments"]) => Op::List {
                number: number.parse().ok()?,
                page: asked.number("page", 1),
                size: asked.number("pagelen", 10).min(100),
            },
            ("POST", ["pullrequests", number, "comments"]) => {
                Op::Create { number: number.parse().ok()?, body: asked.text("/content/raw")? }
            }
            ("PUT", ["pullrequests", "7", "comments", id]) => {
                Op::Update { id: id.parse().ok()?, body: asked.text("/content/raw")? }
            }
            ("DELETE", ["pullrequests", "7", "comments", id]) => Op::Delete { id: id.parse().ok()? },
            ("GET", ["commit", commit, "pullrequests"]) => Op::OfCommit((*commit).to_owned()),
            ("GET", ["pullrequests"]) => {
                assert_eq!(asked.query["state"], "OPEN");
                let Some(query) = asked.query.get("q") else { return Some(Op::OfBranch(String::new())) };
                let query = query.strip_prefix("source.branch.name = \"")?;
                Op::OfBranch(query.strip_suffix('"')?.to_owned())
            }
            ("GET", ["pullrequests", number]) => Op::ChangeRequest(number.parse().ok()?),
            ("POST", ["commit", _, "statuses", "build"]) => {
                assert!(asked.text("/key")?.len() <= 40);
                Op::Status(asked.body.clone())
            }
            _ => return None,
        })
    }

    fn comment(&self, one: &Stored) -> Value {
        json!({
            "id": one.id, "user": { "uuid": one.author }, "content": { "raw": one.body }, "deleted": false,
            "updated_on": one.at,
        })
    }

    fn pull(&self, one: &Pull) -> Value {
        let source = if one.fork { "bob/shop" } else { "acme/shop" };
        json!({
            "id": one.number,
            "state": match one.state {
                State::Open => "OPEN",
                State::Merged => "MERGED",
                State::Closed => "DECLINED",
            },
            "source": {
                "branch": { "name": one.branch }, "commit": { "hash": one.head }, "repository": { "full_name": source },
            },
            "destination": { "branch": { "name": one.target }, "repository": { "full_name": "acme/shop", "uuid": "{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}" } },
            "updated_on": one.closed_at,
            "author": { "uuid": one.author, "nickname": "Somebody", "type": "user" },
            "merge_commit": one.merge_commit.as_ref().map(|hash| json!({ "hash": hash })),
        })
    }

    fn me(&self) -> Value {
        json!({ "uuid": ME, "display_name": "CI" })
    }

    fn list(&self, items: Vec<Value>, next: Option<String>) -> Reply {
        let mut page = json!({ "values": items, "pagelen": 100 });
        if let Some(next) = next {
            page["next"] = json!(next);
        }
        Reply::json(200, &page)
    }

    fn page(&self) -> Option<&'static str> {
        Some("page")
    }

    fn of_commit(&self, _commit: &str, pulls: Vec<Value>) -> Reply {
        self.list(pulls, None)
    }

    fn error(&self, status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "type": "error", "error": { "message": message } }))
    }
}
