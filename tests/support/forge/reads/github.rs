//! What GitHub shows.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::{Asked, Face as _, Memory, Reply};
use super::Verdict;

const DENIED: &str = "Resource not accessible by integration";

pub fn answer(asked: &Asked, memory: &Memory) -> Option<Reply> {
    let shown = &memory.shown;
    let parts = asked.parts();
    let fine = |value: Value| Some(Reply::json(200, &value));
    let refused = |status, message: &str| Some(Reply::json(status, &json!({ "message": message })));
    let missing = || refused(404, "Not Found");
    if parts == ["api", "graphql"] && asked.text("/query")?.contains("entries(first: 100)") {
        if shown.is_closed("queue") {
            return fine(json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "no" }] }));
        }
        assert_eq!(asked.body["variables"], json!({ "owner": "acme", "name": "shop", "branch": "main" }));
        let entry = |(at, (number, commit, base)): (usize, &(u64, String, String))| {
            json!({
                "position": at + 1, "pullRequest": { "number": number }, "headCommit": { "oid": commit }, "baseCommit": { "oid": base },
            })
        };
        // In no order of their own.
        let nodes: Vec<Value> = shown.queue.iter().enumerate().rev().map(entry).collect();
        let queue = (!nodes.is_empty()).then(|| json!({ "entries": { "nodes": nodes } }));
        return fine(json!({ "data": { "repository": { "mergeQueue": queue } } }));
    }
    if parts == ["api", "graphql"] && asked.text("/query")?.contains("mergeQueue") {
        return fine(
            json!({ "data": { "repository": { "mergeQueue": shown.guarded.then(|| json!({ "id": "MQ_1" })) } } }),
        );
    }
    if let ["api", "v3", "orgs", "acme", "teams", "platform", "members"] = parts.as_slice() {
        return if shown.is_closed("team") {
            missing()
        } else {
            fine(shown.team.iter().map(|name| user(name)).collect())
        };
    }
    let ["api", "v3", "repos", "acme", "shop", rest @ ..] = parts.as_slice() else { return None };
    if asked.method != "GET" {
        return None;
    }
    match rest {
        [] => fine(json!({ "id": 1, "full_name": "acme/shop", "default_branch": shown.branches.first()?.0 })),
        ["pulls", number, "files"] => {
            let file = |(status, old, new): (&str, Option<&str>, Option<&str>)| match status {
                "renamed" => json!({ "filename": new, "status": status, "previous_filename": old }),
                _ => json!({ "filename": new.or(old), "status": status }),
            };
            fine(memory.pull(number)?.files.iter().map(|one| file(one.parts())).collect())
        }
        ["pulls", "7", "reviews"] => {
            if shown.is_closed("reviews") {
                return refused(403, DENIED);
            }
            let review = |one: &super::Kept| {
                json!({
                    "id": 80, "user": user(&one.who), "body": "",
                    "state": match one.verdict {
                        Verdict::Approved => "APPROVED",
                        Verdict::Changes => "CHANGES_REQUESTED",
                        Verdict::Dismissed => "DISMISSED",
                    },
                    "submitted_at": one.at, "commit_id": one.head, "author_association": "MEMBER",
                })
            };
            fine(shown.reviews.iter().map(review).collect())
        }
        ["collaborators", name, "permission"] => {
            if shown.is_closed("writers") {
                return refused(403, DENIED);
            }
            if let Some(role) = shown.permission(name) {
                // The permission has fewer words than the role.
                let permission = match role {
                    "maintain" => "write",
                    "triage" => "read",
                    other => other,
                };
                return fine(json!({ "permission": permission, "role_name": role, "user": user(name) }));
            }
            let Some(kept) = shown.reviews.iter().find(|one| one.who == *name) else { return missing() };
            fine(json!({ "permission": if kept.writes { "write" } else { "read" }, "user": user(name) }))
        }
        ["issues", "comments", id] => match memory.comments.iter().find(|one| one.id.to_string() == *id) {
            Some(comment) => fine(super::super::github::GitHub.comment(comment)),
            None => missing(),
        },
        ["git", "ref", name] => match name.strip_prefix("heads/").and_then(|name| shown.head(name)) {
            Some(head) => {
                fine(json!({ "ref": format!("refs/{name}"), "object": { "type": "commit", "sha": head } }))
            }
            None => missing(),
        },
        ["commits", hash] => match shown.commit(hash).filter(|_| !shown.is_closed("contents")) {
            Some(found) => fine(commit(found)),
            None => missing(),
        },
        ["contents", path @ ..] => match shown.file(&asked.query["ref"], &path.join("/")) {
            Some(text) if !shown.is_closed("contents") => {
                fine(json!({ "type": "file", "encoding": "base64", "content": BASE64_STANDARD.encode(text) }))
            }
            _ => missing(),
        },
        ["compare", both] => {
            let (from, to) = both.split_once("...")?;
            let Some(commits) = shown.between(from, to) else { return missing() };
            let behind = shown.between(to, from)?.len();
            let status = match (commits.is_empty(), behind) {
                (true, 0) => "identical",
                (false, 0) => "ahead",
                (true, _) => "behind",
                (false, _) => "diverged",
            };
            fine(json!({
                "status": status, "total_commits": commits.len(),
                "commits": commits.iter().map(commit).collect::<Vec<_>>(),
            }))
        }
        ["commits", hash, "status"] => {
            let own = shown.statuses.iter().filter(|(commit, ..)| commit == hash);
            let status =
                |(_, name, state): &(String, String, &str)| json!({ "context": name, "state": state });
            fine(json!({ "state": "success", "statuses": own.map(status).collect::<Vec<_>>() }))
        }
        ["commits", _, "check-runs"] => fine(json!({ "total_count": 0, "check_runs": [] })),
        ["branches", "main"] => fine(json!({
            "name": "main", "protected": shown.guarded, "protection": { "enabled": shown.guarded },
        })),
        ["branches", "main", "protection"] => match (shown.is_closed("protection"), shown.guarded) {
            (true, _) => refused(403, DENIED),
            (false, false) => refused(404, "Branch not protected"),
            (false, true) => fine(json!({
                "required_pull_request_reviews": {
                    "dismiss_stale_reviews": true, "require_last_push_approval": false,
                    "required_approving_review_count": 1, "bypass_pull_request_allowances": { "users": [], "teams": [], "apps": [] },
                },
                "required_status_checks": { "contexts": ["stackstep / shop / prod"] },
                "enforce_admins": { "enabled": false }, "allow_force_pushes": { "enabled": false },
                "allow_deletions": { "enabled": false },
            })),
        },
        ["rules", "branches", "main"] => fine(if shown.guarded {
            json!([
                { "type": "pull_request", "ruleset_id": 42, "parameters": {
                    "required_approving_review_count": 2, "dismiss_stale_reviews_on_push": true,
                    "require_last_push_approval": true } },
                { "type": "non_fast_forward", "ruleset_id": 42 },
            ])
        } else {
            json!([])
        }),
        ["rulesets"] => fine(if shown.guarded {
            json!([
                { "id": 42, "name": "main", "target": "branch", "enforcement": "active" },
                { "id": 43, "name": "tags", "target": "tag", "enforcement": "active" },
                { "id": 44, "name": "old tags", "target": "tag", "enforcement": "disabled" },
            ])
        } else {
            json!([])
        }),
        ["rulesets", "42"] => {
            let mut settings = json!({ "id": 42, "name": "main" });
            if !shown.is_closed("protection") {
                settings["bypass_actors"] =
                    json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }]);
            }
            fine(settings)
        }
        ["rulesets", "43"] => fine(json!({
            "id": 43, "name": "tags",
            "conditions": { "ref_name": { "include": ["refs/tags/v*"], "exclude": [] } },
            "rules": [{ "type": "creation" }, { "type": "update" }, { "type": "deletion" }],
            "bypass_actors": [{ "actor_id": 7, "actor_type": "Team", "bypass_mode": "always" }],
        })),
        ["rulesets", "44"] => {
            fine(json!({ "id": 44, "name": "old tags", "rules": [{ "type": "creation" }] }))
        }
        ["environments", "production"] if shown.guarded => fine(json!({
            "name": "production",
            "protection_rules": [
                { "type": "required_reviewers", "prevent_self_review": true, "reviewers": [
                    { "type": "User", "reviewer": user("ann") }, { "type": "Team", "reviewer": { "slug": "platform" } },
                ] },
                { "type": "branch_policy" },
            ],
            "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true },
        })),
        ["environments", "production"] => fine(json!({
            "name": "production", "protection_rules": [], "deployment_branch_policy": null,
        })),
        ["environments", "production", "deployment-branch-policies"] => fine(json!({
            "total_count": 2,
            "branch_policies": [{ "id": 1, "name": "main" }, { "id": 2, "name": "v*", "type": "tag" }],
        })),
        ["environments", _] => missing(),
        ["actions", "runs", id] => match shown.has_ended(id) {
            Some(true) => fine(json!({ "id": 30, "status": "completed", "conclusion": "failure" })),
            Some(false) => fine(json!({ "id": 30, "status": "in_progress", "conclusion": null })),
            None => missing(),
        },
        ["actions", "runs", "4711", "approvals"] => {
            let of = |environment: &str, who: &str, approved: bool| {
                json!({
                    "state": if approved { "approved" } else { "rejected" }, "comment": "Ship it!",
                    "environments": [{ "name": environment }], "user": user(who),
                })
            };
            let own = shown.gate.iter().map(|(who, approved)| of("production", who, *approved));
            fine(own.chain([of("staging", "zoe", true), of("qa-approval", "joe", true)]).collect())
        }
        _ => None,
    }
}

fn user(name: &str) -> Value {
    json!({ "login": name, "type": if name.ends_with("[bot]") { "Bot" } else { "User" } })
}

fn commit((hash, parents): &(String, Vec<String>)) -> Value {
    json!({ "sha": hash, "parents": parents.iter().map(|hash| json!({ "sha": hash })).collect::<Vec<_>>() })
}
