//! What Azure Repos and Azure Pipelines show.

use serde_json::{Value, json};

use super::super::{Asked, Face as _, Memory, Reply};
use super::gitlab::last_of;
use super::{Kept, Verdict};

const SERVICE: &str = "00000002-0000-8888-8000-000000000000";

pub fn answer(asked: &Asked, memory: &Memory) -> Option<Reply> {
    let shown = &memory.shown;
    let parts = asked.parts();
    let fine = |value: Value| Some(Reply::json(200, &value));
    let list = |items: Vec<Value>| Some(Reply::json(200, &json!({ "count": items.len(), "value": items })));
    let refused = |status: u16| {
        Some(Reply::json(status, &json!({ "$id": "1", "message": "TF401019", "typeKey": "Exception" })))
    };
    let missing = || refused(404);
    if let ["_apis", "projects", "acme", "teams", "platform", "members"] = parts.as_slice() {
        let members = shown.team.iter().map(|name| json!({ "identity": user(name) })).collect();
        return if shown.is_closed("team") { refused(403) } else { list(members) };
    }
    if let ["acme", "_apis", rest @ ..] = parts.as_slice()
        && rest[0] != "git"
    {
        return elsewhere(asked, memory, rest);
    }
    if let ["acme", "_apis", "git", "policy", "configurations"] = parts.as_slice() {
        assert_eq!(
            (asked.query["repositoryId"].as_str(), asked.query["refName"].as_str()),
            ("2f3d", "refs/heads/main")
        );
        let policy = |kind: &str, settings: Value, blocking: bool| json!({ "isEnabled": true, "isBlocking": blocking, "isDeleted": false, "type": { "id": kind }, "settings": settings });
        let approvers = |number: u64| json!({ "minimumApproverCount": number, "creatorVoteCounts": false, "resetOnSourcePush": true, "blockLastPusherVote": true });
        return match (shown.is_closed("protection"), shown.guarded) {
            (true, _) => refused(403),
            (_, true) => list(vec![
                policy("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", approvers(2), true),
                policy("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", approvers(9), false),
                policy(
                    "cbdc66da-9728-4af8-aada-9a5a32e4a226",
                    json!({ "statusName": "stackstep / shop / prod" }),
                    true,
                ),
            ]),
            _ => list(Vec::new()),
        };
    }
    let ["acme", "_apis", "git", "repositories", "shop", rest @ ..] = parts.as_slice() else { return None };
    match (asked.method.as_str(), rest) {
        ("GET", []) => fine(json!({
            "id": "2f3d", "name": "shop", "project": { "id": "4a5b", "name": "acme" },
            "defaultBranch": format!("refs/heads/{}", shown.branches.first().map_or("main", |(name, _)| name)),
        })),
        ("GET", ["pullRequests", "7", "reviewers"]) if shown.is_closed("reviews") => refused(403),
        ("GET", ["pullRequests", "7", "reviewers"]) => {
            let voted =
                |verdict, vote: i64| last_of(&shown.reviews, verdict).into_iter().map(move |one| (one, vote));
            let votes = voted(Verdict::Approved, 10)
                .chain(voted(Verdict::Changes, -5))
                .chain(voted(Verdict::Dismissed, 0));
            let mut reviewers: Vec<Value> = votes
                .map(|(one, vote)| {
                    let mut reviewer = user(&one.who);
                    reviewer["vote"] = json!(vote);
                    reviewer
                })
                .collect();
            // The team has the vote of its member.
            reviewers.push(
                json!({ "id": "team", "displayName": "[acme]\\platform", "isContainer": true, "vote": 10 }),
            );
            list(reviewers)
        }
        ("GET", ["pullRequests", "7", "iterations"]) => {
            let iteration = |(at, (time, head)): (usize, &(String, String))| json!({ "id": at + 1, "createdDate": time, "sourceRefCommit": { "commitId": head } });
            list(shown.pushes.iter().enumerate().map(iteration).collect())
        }
        ("GET", ["pullRequests", "7", "threads"]) if !shown.reviews.is_empty() => {
            let vote = |one: &Kept| {
                let result = match one.verdict {
                    Verdict::Approved => "10",
                    Verdict::Changes => "-5",
                    Verdict::Dismissed => "0",
                };
                json!({
                    "id": 143, "publishedDate": one.at, "isDeleted": false,
                    "comments": [{ "id": 1, "commentType": "system", "author": { "id": SERVICE, "displayName": "Microsoft.VisualStudio.Services.TFS" } }],
                    "properties": {
                        "CodeReviewThreadType": { "$type": "System.String", "$value": "VoteUpdate" },
                        "CodeReviewVotedByIdentity": { "$type": "System.String", "$value": "1" },
                        "CodeReviewVoteResult": { "$type": "System.String", "$value": result },
                    },
                    "identities": { "1": user(&one.who) },
                })
            };
            let comments = memory.comments.iter().map(|one| super::super::azure::Azure.comment(one));
            list(comments.chain(shown.reviews.iter().map(vote)).chain(shown.forged.clone()).collect())
        }
        ("GET", ["stats", "branches"]) => match shown.head(&asked.query["name"]) {
            Some(head) => fine(json!({ "name": asked.query["name"], "commit": { "commitId": head } })),
            None => missing(),
        },
        ("GET", ["commits", hash]) => match shown.commit(hash).filter(|_| !shown.is_closed("contents")) {
            Some((hash, parents)) => fine(json!({ "commitId": hash, "parents": parents })),
            None => missing(),
        },
        ("GET", ["items"]) => {
            assert_eq!(asked.query["versionDescriptor.versionType"], "commit");
            match shown
                .file(&asked.query["versionDescriptor.version"], asked.query["path"].strip_prefix('/')?)
            {
                Some(text) if !shown.is_closed("contents") => {
                    fine(json!({ "gitObjectType": "blob", "path": asked.query["path"], "content": text }))
                }
                _ => missing(),
            }
        }
        ("GET", ["commits", hash, "mergebases"]) => match shown.base(hash, &asked.query["otherCommitId"]) {
            Some(base) => list(vec![json!({ "commitId": base })]),
            None => missing(),
        },
        ("POST", ["commitsbatch"]) => {
            let commits =
                shown.between(&asked.text("/itemVersion/version")?, &asked.text("/compareVersion/version")?);
            // The list has no parents.
            commits.map_or_else(missing, |commits| {
                list(commits.iter().map(|(hash, _)| json!({ "commitId": hash })).collect())
            })
        }
        ("GET", ["commits", hash, "statuses"]) => {
            let words = |state: &str| match state {
                "success" => "succeeded",
                "failure" => "failed",
                _ => "pending",
            };
            let own = shown.statuses.iter().filter(|(commit, ..)| commit == hash);
            list(own.map(|(_, name, state)| json!({ "state": words(state), "context": { "name": name, "genre": "stackstep" } })).collect())
        }
        _ => None,
    }
}

/// What is not the repository's.
fn elsewhere(asked: &Asked, memory: &Memory, parts: &[&str]) -> Option<Reply> {
    let shown = &memory.shown;
    let list = |items: Vec<Value>| Some(Reply::json(200, &json!({ "count": items.len(), "value": items })));
    match parts {
        ["distributedtask", "environments"] if shown.is_closed("environments") => {
            Some(Reply::json(403, &json!({ "message": "no" })))
        }
        ["distributedtask", "environments"] => {
            list(vec![json!({ "id": 12, "name": "production-2" }), json!({ "id": 11, "name": "production" })])
        }
        ["pipelines", "checks", "configurations"] => {
            assert_eq!(
                (asked.query["resourceType"].as_str(), asked.query["resourceId"].as_str()),
                ("environment", "11")
            );
            if !shown.guarded {
                return list(Vec::new());
            }
            list(vec![
                json!({ "id": 22, "type": { "id": "8C6F20A7-A545-4486-9777-F762FAFE0D4D", "name": "Approval" }, "settings": {
                    "approvers": [{ "displayName": "platform", "id": "1" }], "requesterCannotBeApprover": true,
                } }),
                json!({ "id": 23, "type": { "id": "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7", "name": "Task Check" }, "settings": {
                    "definitionRef": { "name": "evaluatebranchProtection" },
                    "inputs": { "allowedBranches": "refs/heads/main, refs/tags/v*" },
                } }),
            ])
        }
        ["build", "builds", "4711", "timeline"] => {
            let record = |id: &str, parent: Option<&str>, kind: &str, name: &str| json!({ "id": id, "parentId": parent, "type": kind, "name": name, "identifier": name });
            Some(Reply::json(
                200,
                &json!({ "records": [
                record("s1", None, "Stage", "staging"), record("c1", Some("s1"), "Checkpoint", "Checkpoint"),
                record("a1", Some("c1"), "Checkpoint.Approval", "Checkpoint.Approval"),
                record("s2", None, "Stage", "production"), record("c2", Some("s2"), "Checkpoint", "Checkpoint"),
                record("a2", Some("c2"), "Checkpoint.Approval", "Checkpoint.Approval"),
            ] }),
            ))
        }
        ["pipelines", "approvals"] => {
            assert_eq!(
                (asked.query["approvalIds"].as_str(), asked.query["$expand"].as_str()),
                ("a2", "steps")
            );
            let step = |(who, approved): &(String, bool)| {
                json!({
                    "actualApprover": user(who), "assignedApprover": { "displayName": "platform" }, "comment": "Ship it!",
                    "status": if *approved { "approved" } else { "rejected" }, "lastModifiedOn": "2026-11-21T10:00:00.123Z",
                })
            };
            list(vec![
                json!({ "id": "a2", "status": "approved", "steps": shown.gate.iter().map(step).collect::<Vec<_>>() }),
            ])
        }
        _ => None,
    }
}

fn user(name: &str) -> Value {
    json!({ "id": name, "displayName": "Somebody", "uniqueName": format!("{name}@example.com") })
}
