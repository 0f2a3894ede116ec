//! What Gitea and Forgejo show. A real one is asked in `tests/runners/gitea`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::{Asked, Face as _, Memory, Reply};
use super::Verdict;

pub fn answer(asked: &Asked, memory: &Memory) -> Option<Reply> {
    let shown = &memory.shown;
    let parts = asked.parts();
    let fine = |value: Value| Some(Reply::json(200, &value));
    let refused = |status: u16| Some(Reply::json(status, &json!({ "message": "no" })));
    let missing = || refused(404);
    match parts.as_slice() {
        ["api", "v1", "orgs", "acme", "teams"] if shown.is_closed("team") => return refused(403),
        ["api", "v1", "orgs", "acme", "teams"] => {
            return fine(json!([{ "id": 1, "name": "Owners" }, { "id": 2, "name": "platform" }]));
        }
        ["api", "v1", "teams", "2", "members"] => {
            return fine(shown.team.iter().map(|name| user(name)).collect());
        }
        _ => {}
    }
    let ["api", "v1", "repos", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
    if asked.method != "GET" {
        return None;
    }
    match rest {
        [] => fine(json!({ "id": 1, "full_name": "acme/shop", "default_branch": shown.branches.first()?.0 })),
        ["pulls", number, "files"] => {
            let file = |(status, old, new): (&str, Option<&str>, Option<&str>)| match status {
                "removed" => json!({ "filename": old, "status": "deleted" }),
                "renamed" => json!({ "filename": new, "status": status, "previous_filename": old }),
                "modified" => json!({ "filename": new, "status": "changed" }),
                _ => json!({ "filename": new, "status": status }),
            };
            fine(memory.pull(number)?.files.iter().map(|one| file(one.parts())).collect())
        }
        ["pulls", "7", "reviews"] if shown.is_closed("reviews") => refused(403),
        ["pulls", "7", "reviews"] => {
            // Smaller pages than were asked for, and no word of a further one.
            let page = asked.number("page", 1);
            let review = |one: &super::Kept| {
                json!({
                    "id": 1, "user": user(&one.who), "team": null, "official": one.writes, "stale": false,
                    "dismissed": one.verdict == Verdict::Dismissed,
                    "state": if one.verdict == Verdict::Changes { "REQUEST_CHANGES" } else { "APPROVED" },
                    "commit_id": one.head, "submitted_at": one.at,
                })
            };
            fine(shown.reviews.iter().skip((page - 1) * 2).take(2).map(review).collect())
        }
        ["issues", "comments", id] => match memory.comments.iter().find(|one| one.id.to_string() == *id) {
            Some(comment) => fine(super::super::gitea::Gitea.comment(comment)),
            None => missing(),
        },
        // Only who administers the repository may ask.
        ["collaborators", _, "permission"] if shown.is_closed("writers") => refused(403),
        ["collaborators", name, "permission"] => {
            let permission = match shown.permission(name) {
                Some("maintain" | "write") => "write",
                Some("admin") => "admin",
                Some(_) => "read",
                None => "none",
            };
            fine(json!({ "permission": permission, "role_name": permission, "user": user(name) }))
        }
        ["branches", "main"] if !shown.commits.is_empty() || shown.branches.is_empty() => fine(json!({
            "name": "main", "commit": { "id": shown.head("main").unwrap_or_default() }, "protected": shown.guarded,
            "required_approvals": if shown.guarded { 2 } else { 0 },
            "effective_branch_protection_name": if shown.guarded { "ma*" } else { "" },
        })),
        ["branches", name @ ..] => match shown.head(&name.join("/")) {
            Some(head) => fine(json!({ "name": name.join("/"), "commit": { "id": head } })),
            None => missing(),
        },
        ["git", "commits", hash] => match shown.commit(hash).filter(|_| !shown.is_closed("contents")) {
            Some(found) => fine(commit(found)),
            None => missing(),
        },
        ["contents", path @ ..] => match shown.file(&asked.query["ref"], &path.join("/")) {
            Some(text) if !shown.is_closed("contents") => {
                fine(json!({ "type": "file", "encoding": "base64", "content": BASE64_STANDARD.encode(text) }))
            }
            _ => missing(),
        },
        ["commits"] => match shown.between(&asked.query["not"], &asked.query["sha"]) {
            Some(commits) => fine(commits.iter().map(commit).collect()),
            None => missing(),
        },
        ["commits", hash, "status"] => {
            let own = shown.statuses.iter().filter(|(commit, ..)| commit == hash);
            fine(
                json!({ "statuses": own.map(|(_, name, state)| json!({ "context": name, "status": state })).collect::<Vec<_>>() }),
            )
        }
        ["branch_protections" | "tag_protections"] if shown.is_closed("protection") => refused(403),
        ["branch_protections"] => fine(if shown.guarded {
            json!([{
                "rule_name": "ma*", "enable_push": false, "required_approvals": 2, "dismiss_stale_approvals": true,
                "block_admin_merge_override": false, "enable_force_push": false, "enable_status_check": true,
                "status_check_contexts": ["stackstep / shop / prod"],
            }])
        } else {
            json!([])
        }),
        ["tag_protections"] => fine(if shown.guarded {
            json!([{ "name_pattern": "v*", "whitelist_usernames": ["ann"], "whitelist_teams": [] }])
        } else {
            json!([])
        }),
        _ => None,
    }
}

fn user(name: &str) -> Value {
    json!({ "id": 3, "login": name })
}

fn commit((hash, parents): &(String, Vec<String>)) -> Value {
    json!({ "sha": hash, "parents": parents.iter().map(|hash| json!({ "sha": hash })).collect::<Vec<_>>() })
}
