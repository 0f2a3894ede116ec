//! What GitLab shows.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::{Asked, Face as _, Memory, Reply};
use super::{Kept, Verdict};

pub fn answer(asked: &Asked, memory: &Memory) -> Option<Reply> {
    let shown = &memory.shown;
    let parts = asked.parts();
    let fine = |value: Value| Some(Reply::json(200, &value));
    let refused =
        |status: u16| Some(Reply::json(status, &json!({ "message": format!("{status} Forbidden") })));
    let missing = || Some(Reply::json(404, &json!({ "message": "404 Not Found" })));
    if let ["api", "v4", "groups", "acme/platform", "members", "all"] = parts.as_slice() {
        return if shown.is_closed("team") {
            missing()
        } else {
            fine(shown.team.iter().map(|name| user(name)).collect())
        };
    }
    let ["api", "v4", "projects", "acme/shop", rest @ ..] = parts.as_slice() else { return None };
    if asked.method != "GET" {
        return None;
    }
    let last = |verdict| last_of(&shown.reviews, verdict);
    match rest {
        [] => fine(json!({
            "id": 1, "path_with_namespace": "acme/shop", "default_branch": shown.branches.first().map(|(name, _)| name),
            "merge_trains_enabled": shown.guarded, "only_allow_merge_if_pipeline_succeeds": shown.guarded,
            "allow_pipeline_trigger_approve_deployment": false,
        })),
        ["merge_trains", _] if shown.is_closed("queue") => refused(403),
        ["merge_trains", "main"] => {
            assert_eq!(
                (asked.query["scope"].as_str(), asked.query["sort"].as_str()),
                ("active", "asc"),
                "the next one first"
            );
            let car = |(number, commit, _): &(u64, String, String)| json!({ "id": number + 100, "merge_request": { "iid": number }, "pipeline": { "sha": commit } });
            fine(shown.queue.iter().map(car).collect())
        }
        ["merge_requests", number, "diffs"] => {
            let file = |(status, old, new): (&str, Option<&str>, Option<&str>)| {
                json!({
                    "old_path": old.or(new), "new_path": new.or(old), "new_file": status == "added",
                    "renamed_file": status == "renamed", "deleted_file": status == "removed",
                })
            };
            fine(memory.pull(number)?.files.iter().map(|one| file(one.parts())).collect())
        }
        ["merge_requests", "7", "approvals" | "reviewers" | "versions"] if shown.is_closed("reviews") => {
            refused(403)
        }
        ["merge_requests", "7", "approvals"] => {
            let by = |one: &&Kept| json!({ "user": user(&one.who), "approved_at": one.at });
            fine(
                json!({ "approved": true, "approved_by": last(Verdict::Approved).iter().map(by).collect::<Vec<_>>() }),
            )
        }
        ["merge_requests", "7", "reviewers"] => {
            let by = |one: &&Kept| json!({ "user": user(&one.who), "state": "requested_changes", "created_at": "2026-11-01T10:00:00.000Z" });
            fine(last(Verdict::Changes).iter().map(by).collect())
        }
        ["merge_requests", "7", "versions"] => {
            let version = |(at, head): &(String, String)| json!({ "id": 1, "head_commit_sha": head, "created_at": at, "state": "collected" });
            fine(shown.pushes.iter().rev().map(version).collect())
        }
        ["merge_requests", "7", "notes"] if !shown.reviews.is_empty() => {
            let note = |one: &Kept| {
                let body = match one.verdict {
                    Verdict::Changes => "requested changes",
                    Verdict::Approved | Verdict::Dismissed => "approved this merge request",
                };
                json!({ "id": 9, "system": true, "body": body, "author": user(&one.who), "created_at": one.at })
            };
            let comments = memory.comments.iter().map(|one| super::super::gitlab::GitLab.comment(one));
            fine(comments.chain(shown.reviews.iter().map(note)).collect())
        }
        ["merge_requests", "7", "notes", id] => {
            match memory.comments.iter().find(|one| one.id.to_string() == *id) {
                Some(comment) => fine(super::super::gitlab::GitLab.comment(comment)),
                None => missing(),
            }
        }
        ["members", "all", _] if shown.is_closed("writers") => refused(403),
        ["members", "all", id] => {
            let own = |(name, _): &&(String, &str)| super::super::account(name).to_string() == *id;
            let Some((name, word)) = shown.permissions.iter().find(own) else { return missing() };
            let level = match *word {
                "admin" => 50,
                "maintain" => 40,
                "write" => 30,
                "triage" => 20,
                _ => 10,
            };
            fine(
                json!({ "id": super::super::account(name), "username": name, "state": "active", "access_level": level }),
            )
        }
        ["repository", "branches", name] => match shown.head(name) {
            Some(head) => fine(json!({ "name": name, "commit": { "id": head } })),
            None => missing(),
        },
        ["repository", "commits"] => {
            let (from, to) = asked.query["ref_name"].split_once("..")?;
            shown.between(from, to).map_or_else(missing, |list| fine(list.iter().map(commit).collect()))
        }
        ["repository", "commits", hash, "statuses"] => {
            let words = |state: &str| if state == "failure" { "failed".to_owned() } else { state.to_owned() };
            let own = shown
                .statuses
                .iter()
                .filter(|(commit, name, _)| commit == hash && *name == asked.query["name"]);
            fine(own.map(|(_, name, state)| json!({ "name": name, "status": words(state) })).collect())
        }
        ["repository", "commits", hash] => {
            match shown.commit(hash).filter(|_| !shown.is_closed("contents")) {
                Some(found) => fine(commit(found)),
                None => missing(),
            }
        }
        ["repository", "files", path] => match shown.file(&asked.query["ref"], path) {
            Some(text) if !shown.is_closed("contents") => fine(
                json!({ "file_path": path, "encoding": "base64", "content": BASE64_STANDARD.encode(text) }),
            ),
            _ => missing(),
        },
        ["repository", "merge_base"] => {
            // Two parameters have one name, of which the map keeps the last; the first is the commit that is asked about.
            let refs: Vec<&str> = asked.refs.iter().map(String::as_str).collect();
            let [one, other] = refs.as_slice() else { return refused(400) };
            match shown.base(one, other) {
                Some(base) => fine(json!({ "id": base })),
                None => missing(),
            }
        }
        ["protected_branches" | "protected_tags" | "approvals" | "approval_rules" | "variables"]
            if shown.is_closed("protection") =>
        {
            refused(403)
        }
        ["protected_branches"] => fine(if shown.guarded {
            json!([{
                "name": "ma*", "allow_force_push": false,
                "push_access_levels": [
                    { "access_level": 0, "access_level_description": "No one" },
                    { "access_level": 40, "access_level_description": "Maintainers" },
                ],
                "merge_access_levels": [{ "access_level": 30, "access_level_description": "Developers + Maintainers" }],
            }])
        } else {
            json!([])
        }),
        ["protected_tags"] => fine(if shown.guarded {
            json!([{ "name": "v*", "create_access_levels": [{ "access_level": 40, "access_level_description": "Maintainers" }] }])
        } else {
            json!([])
        }),
        ["approvals"] => fine(json!({
            "reset_approvals_on_push": shown.guarded, "merge_requests_author_approval": !shown.guarded,
            "merge_requests_disable_committers_approval": shown.guarded,
        })),
        ["approval_rules"] => fine(if shown.guarded {
            json!([
                { "name": "All", "rule_type": "any_approver", "approvals_required": 2, "protected_branches": [] },
                { "name": "Other", "approvals_required": 5, "protected_branches": [{ "name": "release" }] },
            ])
        } else {
            json!([])
        }),
        ["protected_environments"] if shown.is_closed("environments") => missing(),
        ["protected_environments"] => fine(if shown.guarded {
            json!([{
                "name": "production",
                "deploy_access_levels": [{ "access_level": 40, "access_level_description": "Maintainers" }],
                "approval_rules": [{ "access_level_description": "platform", "required_approvals": 1 }],
            }])
        } else {
            json!([])
        }),
        ["jobs", id] => match shown.has_ended(id) {
            Some(ended) => fine(json!({ "id": 30, "status": if ended { "failed" } else { "running" } })),
            None => missing(),
        },
        ["environments"] => fine(json!([{ "id": 5, "name": asked.query["name"] }])),
        ["variables"] => fine(json!([
            { "key": "AWS_SECRET_ACCESS_KEY", "value": "hunter2-in-a-variable", "protected": shown.guarded, "environment_scope": "*" },
            { "key": "REGION", "value": "eu", "protected": false, "environment_scope": "*" },
        ])),
        ["deployments"] => {
            assert_eq!(asked.query["environment"], "production");
            fine(json!([{ "id": 42, "deployable": { "id": 99 } }, { "id": 41, "deployable": { "id": 98 } }]))
        }
        ["deployments", "42"] => {
            let by = |(who, approved): &(String, bool)| {
                json!({
                    "user": user(who), "status": if *approved { "approved" } else { "rejected" },
                    "created_at": "2026-11-21T10:00:00.000Z", "comment": "Ship it!",
                })
            };
            fine(json!({
                "id": 42, "environment": { "name": "production" },
                "approvals": shown.gate.iter().map(by).collect::<Vec<_>>(),
            }))
        }
        _ => None,
    }
}

/// The last review of each person, if it says this.
pub fn last_of(reviews: &[Kept], verdict: Verdict) -> Vec<&Kept> {
    let is_last = |at: usize| reviews[at + 1..].iter().all(|later| later.who != reviews[at].who);
    (0..reviews.len())
        .filter(|at| is_last(*at))
        .map(|at| &reviews[at])
        .filter(|one| one.verdict == verdict)
        .collect()
}

fn user(name: &str) -> Value {
    json!({ "id": 3, "username": name, "name": "Somebody", "state": "active" })
}

fn commit((hash, parents): &(String, Vec<String>)) -> Value {
    json!({ "id": hash, "short_id": &hash[..8], "parent_ids": parents })
}
