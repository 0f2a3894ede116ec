//! Approvals on Bitbucket Cloud, and the members of its workspaces.
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/>
//!
//! An approval has no commit: the one that was at the head then is found by the time, in the pull request's activity. There
//! a commit stands with the first 12 letters of its hash, of which anybody can make two with the same, so the commit itself
//! is read as well.

use serde_json::Value;

use super::{Bitbucket, pull_request, read_person, repository};
use crate::forge::{
    Forge as _, Person, Place, Reading, Review, ReviewState, Reviews, Survey, SurveyAnswers, SurveyPart,
    encoded, encoded_path, head_at, text_at,
};

/// The letters of a whole hash.
const HASH: usize = 40;

impl Reviews for Bitbucket {
    // Everybody who sees the repository can approve. Who may write is told to its administrators.
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>> {
        let own = place.clone();
        let next = move |answers: &SurveyAnswers| {
            let get = |name: &str, path: &str, what| {
                let needs = Bitbucket.needed_to_read(what);
                SurveyPart::new(name, own.get_request(path), "read the approvals", needs)
            };
            let request = pull_request(&own, change_request);
            let (workspace, name) = own.repository.split_once('/').unwrap_or_default();
            // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-permissions-repositories-repo-slug-get
            let writers = format!(
                "workspaces/{}/permissions/repositories/{}?pagelen=100",
                encoded(workspace),
                encoded(name)
            );
            let mut parts = vec![
                get("request", &request, Reading::Reviews),
                // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-pullrequests-pull-request-id-activity-get
                get("activity", &format!("{request}/activity?pagelen=50"), Reading::Reviews),
                get("writers", &writers, Reading::Writers).or_unknown(),
            ];
            for review in read_short(answers).unwrap_or_default() {
                if let Some(short) = review.commit.filter(|hash| hash.len() < HASH) {
                    let path = format!("{}/commit/{}", repository(&own), encoded(&short));
                    parts.push(get(&commit_part(&short), &path, Reading::Contents).or_unknown());
                }
            }
            parts
        };
        Survey::new(next, |answers| {
            let mut reviews = read_short(answers)?;
            for review in &mut reviews {
                review.commit = review.commit.take().and_then(|hash| whole(&hash, answers));
            }
            Some(reviews)
        })
    }

    // The members of a workspace. Of its groups the API tells no members:
    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/#api-workspaces-workspace-members-get
    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>> {
        if team.contains('/') {
            return None;
        }
        let path = format!("workspaces/{}/members?pagelen=100", encoded_path(team));
        let (own, do_what) = (place.clone(), format!("read the members of `@{team}`"));
        let next = move |_: &SurveyAnswers| {
            let needs = Bitbucket.needed_to_read(Reading::Teams);
            vec![SurveyPart::new("members", own.get_request(&path), &do_what, needs)]
        };
        Some(Survey::new(next, |answers| {
            let members = answers.list("members", "/values")?;
            members.into_iter().map(|member| read_person(member.get("user")?)).collect()
        }))
    }
}

fn commit_part(short: &str) -> String {
    format!("commit/{short}")
}

/// The whole hash of a commit. None if it could not be read.
fn whole(hash: &str, answers: &SurveyAnswers) -> Option<String> {
    if hash.len() >= HASH {
        return Some(hash.to_owned());
    }
    text_at(answers.one(&commit_part(hash))?, "/hash").filter(|whole| whole.starts_with(hash))
}

/// The reviews with the commits as they stand in the activity.
fn read_short(answers: &SurveyAnswers) -> Option<Vec<Review>> {
    let activity = answers.list("activity", "/values")?;
    let writers = answers.list("writers", "/values");
    let may_write = |person: &Person| {
        let own = |one: &&&Value| text_at(one, "/user/uuid").is_some_and(|id| person.is_named(&id));
        let found = writers.as_ref()?.iter().find(own);
        // Who is not in the list of the workspace is a stranger to it.
        Some(
            found
                .is_some_and(|one| matches!(text_at(one, "/permission").as_deref(), Some("write" | "admin"))),
        )
    };
    // The latest entry comes first.
    let head = |entry: &&Value| {
        Some((text_at(entry, "/update/date")?, text_at(entry, "/update/source/commit/hash")?))
    };
    let heads: Vec<(String, String)> = activity.iter().rev().filter_map(head).collect();
    let mut reviews = Vec::new();
    for one in answers.one("request")?.get("participants")?.as_array()? {
        let Some(person) = one.get("user").and_then(read_person) else { continue };
        let (state, kind) = match (one.get("state").and_then(Value::as_str), one.get("approved")) {
            (Some("changes_requested"), _) => (ReviewState::ChangesRequested, "changes_requested"),
            (Some("approved"), _) | (_, Some(Value::Bool(true))) => (ReviewState::Approved, "approval"),
            _ if one.get("participated_on").is_some_and(|at| !at.is_null()) => {
                (ReviewState::Commented, "comment")
            }
            _ => continue,
        };
        let own = |entry: &&&Value| {
            text_at(entry, &format!("/{kind}/user/uuid")).is_some_and(|id| person.is_named(&id))
        };
        let entry = activity.iter().find(own);
        let at = entry.and_then(|entry| text_at(entry, &format!("/{kind}/date")));
        let heads = heads.iter().map(|(since, head)| (since.as_str(), head.as_str()));
        reviews.push(Review {
            commit: at.as_deref().and_then(|at| head_at(heads, at)).map(str::to_owned),
            at,
            may_write: may_write(&person),
            person,
            state,
        });
    }
    Some(reviews)
}
