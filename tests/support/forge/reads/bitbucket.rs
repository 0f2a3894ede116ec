//! What Bitbucket shows: hashes of a pull request's commits have 12 letters.

use serde_json::{Value, json};

use super::super::{Asked, Face as _, Memory, Reply};
use super::gitlab::last_of;
use super::{Kept, Verdict};

pub fn answer(asked: &Asked, memory: &Memory) -> Option<Reply> {
    let shown = &memory.shown;
    let parts = asked.parts();
    let fine = |value: Value| Some(Reply::json(200, &value));
    let list = |items: Vec<Value>| Some(Reply::json(200, &json!({ "values": items, "pagelen": 100 })));
    let refused =
        |status: u16| Some(Reply::json(status, &json!({ "type": "error", "error": { "message": "no" } })));
    let missing = || refused(404);
    match parts.as_slice() {
        ["2.0", "workspaces", "platform", "members"] => {
            let members = shown.team.iter().map(|name| json!({ "user": user(name) })).collect();
            return if shown.is_closed("team") { refused(403) } else { list(members) };
        }
        ["2.0", "workspaces", "acme", "permissions", "repositories", "shop"] => {
            let writer = |one: &Kept| json!({ "permission": if one.writes { "write" } else { "read" }, "user": user(&one.who) });
            let writers = shown.reviews.iter().map(writer).collect();
            return if shown.is_closed("writers") { refused(403) } else { list(writers) };
        }
        _ => {}
    }
    let ["2.0", "repositories", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
    if asked.method != "GET" {
        return None;
    }
    match rest {
        [] => fine(
            json!({ "uuid": "{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}", "full_name": "acme/shop", "mainbranch": { "type": "branch", "name": shown.branches.first()?.0 } }),
        ),
        ["pullrequests", number, "diffstat"] => {
            let at = |path: Option<&str>| path.map(|path| json!({ "path": path, "type": "commit_file" }));
            let file = |(status, old, new): (&str, Option<&str>, Option<&str>)| json!({ "type": "diffstat", "status": status, "old": at(old), "new": at(new) });
            list(memory.pull(number)?.files.iter().map(|one| file(one.parts())).collect())
        }
        ["pullrequests", "7", "activity"] if shown.is_closed("reviews") => refused(403),
        ["pullrequests", "7"] if !shown.reviews.is_empty() => {
            let mut pull = super::super::bitbucket::Bitbucket.pull(memory.pulls.first()?);
            let of = |verdict, approved: bool, state: &str| {
                last_of(&shown.reviews, verdict)
                    .into_iter()
                    .map(|one| json!({ "user": user(&one.who), "role": "REVIEWER", "approved": approved, "state": state, "participated_on": one.at }))
                    .collect::<Vec<_>>()
            };
            pull["participants"] = json!(
                [of(Verdict::Approved, true, "approved"), of(Verdict::Changes, false, "changes_requested")]
                    .concat()
            );
            fine(pull)
        }
        ["pullrequests", "7", "activity"] => {
            let updates = shown.pushes.iter().map(|(at, head)| {
                (at.clone(), json!({ "update": { "date": at, "source": { "commit": { "hash": &head[..12] } }, "state": "OPEN" } }))
            });
            let reviews = shown.reviews.iter().map(|one| {
                let entry = json!({ "date": one.at, "user": user(&one.who) });
                let kind = if one.verdict == Verdict::Changes { "changes_requested" } else { "approval" };
                (one.at.clone(), json!({ kind: entry }))
            });
            let mut entries: Vec<(String, Value)> = updates.chain(reviews).collect();
            entries.sort_by(|one, other| other.0.cmp(&one.0));
            list(entries.into_iter().map(|(_, entry)| entry).collect())
        }
        ["refs", "branches", name @ ..] => match shown.head(&name.join("/")) {
            Some(head) => fine(json!({ "name": name.join("/"), "target": { "hash": head } })),
            None => missing(),
        },
        ["commit", hash] => match shown.commit(hash).filter(|_| !shown.is_closed("contents")) {
            Some(found) => fine(commit(found)),
            None => missing(),
        },
        ["src", hash, path @ ..] => match shown.file(hash, &path.join("/")) {
            // The file itself, whatever is in it.
            Some(text) if !shown.is_closed("contents") => {
                Some(Reply::Answer(200, vec![("content-type", "text/plain".to_owned())], text.to_owned()))
            }
            _ => missing(),
        },
        ["merge-base", both] => {
            let (one, other) = both.split_once("..")?;
            shown
                .base(one, other)
                .map_or_else(missing, |base| fine(json!({ "type": "commit", "hash": base })))
        }
        ["commits", to] => shown
            .between(&asked.query["exclude"], to)
            .map_or_else(missing, |commits| list(commits.iter().map(commit).collect())),
        ["commit", hash, "statuses"] => {
            let words = |state: &str| match state {
                "success" => "SUCCESSFUL",
                "failure" => "FAILED",
                _ => "INPROGRESS",
            };
            let own = shown.statuses.iter().filter(|(commit, ..)| commit == hash);
            list(
                own.map(|(_, name, state)| json!({ "key": name, "name": name, "state": words(state) }))
                    .collect(),
            )
        }
        ["branch-restrictions"] if shown.is_closed("protection") => refused(403),
        ["branch-restrictions"] => {
            let rule = |kind: &str, value: Option<u64>| json!({ "kind": kind, "branch_match_kind": "branching_model", "branch_type": "production", "pattern": "", "value": value, "users": [], "groups": [] });
            let other = json!({ "kind": "require_approvals_to_merge", "branch_match_kind": "glob", "pattern": "release/*", "value": 9 });
            list(if shown.guarded {
                vec![
                    other,
                    rule("push", None),
                    rule("force", None),
                    rule("delete", None),
                    rule("enforce_merge_checks", None),
                    rule("require_approvals_to_merge", Some(2)),
                    rule("reset_pullrequest_approvals_on_change", None),
                    rule("require_passing_builds_to_merge", Some(1)),
                ]
            } else {
                vec![other]
            })
        }
        ["branching-model"] => {
            fine(json!({ "production": { "branch": { "name": "main" } }, "branch_types": [] }))
        }
        ["environments"] if shown.is_closed("environments") => refused(403),
        ["environments"] => list(vec![json!({
            "name": "Production", "uuid": "{1}", "restrictions": { "admin_only": shown.guarded },
        })]),
        _ => None,
    }
}

fn user(name: &str) -> Value {
    json!({ "uuid": name, "account_id": format!("557058:{name}"), "nickname": "Somebody", "type": "user" })
}

fn commit((hash, parents): &(String, Vec<String>)) -> Value {
    json!({ "hash": hash, "parents": parents.iter().map(|hash| json!({ "hash": hash })).collect::<Vec<_>>() })
}
