//! Votes on Azure Repos, and the members of its teams.
//! <https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-reviewers>
//!
//! A vote has neither a time nor a commit. The time is that of the note that the system adds to the pull request for each
//! vote; the commit is the head of the iteration that was there then. Votes are reset on a push only where a policy says so.

use serde_json::Value;

use super::{AzureRepos, VERSION, pull_request, read_person};
use crate::forge::{
    Forge as _, Person, Place, Reading, Review, ReviewState, Reviews, Survey, SurveyAnswers, SurveyPart,
    encoded, head_at, is_true, text_at,
};

impl Reviews for AzureRepos {
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>> {
        let own = place.clone();
        let next = move |_: &SurveyAnswers| {
            let get = |name: &str, path: &str| {
                let path = format!("{}{path}?{VERSION}", pull_request(&own, change_request));
                let needs = AzureRepos.needed_to_read(Reading::Reviews);
                SurveyPart::new(name, own.get_request(&path), "read the votes", needs)
            };
            vec![
                get("reviewers", "/reviewers"),
                get("threads", "/threads"),
                // https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-iterations/list
                get("iterations", "/iterations"),
            ]
        };
        Survey::new(next, read_reviews)
    }

    // `project/team`, or a team of the repository's own project.
    // https://learn.microsoft.com/rest/api/azure/devops/core/teams/get-team-members-with-extended-properties
    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>> {
        let own_project = place.repository.split('/').next().unwrap_or_default();
        let (project, name) = team.split_once('/').unwrap_or((own_project, team));
        let path = format!(
            "_apis/projects/{}/teams/{}/members?$top=1000&{VERSION}",
            encoded(project),
            encoded(name)
        );
        let (own, do_what) = (place.clone(), format!("read the members of `@{team}`"));
        let next = move |_: &SurveyAnswers| {
            let needs = AzureRepos.needed_to_read(Reading::Teams);
            vec![SurveyPart::new("members", own.get_request(&path), &do_what, needs)]
        };
        Some(Survey::new(next, |answers| {
            let members = answers.list("members", "/value")?;
            members.into_iter().map(|member| read_person(member.get("identity")?)).collect()
        }))
    }
}

fn read_reviews(answers: &SurveyAnswers) -> Option<Vec<Review>> {
    let threads = answers.list("threads", "/value")?;
    let iterations = answers.list("iterations", "/value")?;
    let head = |iteration: &&Value| {
        Some((text_at(iteration, "/createdDate")?, text_at(iteration, "/sourceRefCommit/commitId")?))
    };
    let heads: Vec<(String, String)> = iterations.iter().map(head).collect::<Option<_>>()?;
    let mut reviews = Vec::new();
    for reviewer in answers.list("reviewers", "/value")? {
        let person = read_person(reviewer)?;
        // A group has the vote of its members, who are in the list themselves.
        if is_true(reviewer, "/isContainer") {
            continue;
        }
        let vote = reviewer.get("vote")?.as_i64()?;
        // Approved, and approved with suggestions; waiting for the author, and rejected.
        let state = match vote {
            5 | 10 => ReviewState::Approved,
            -10 | -5 => ReviewState::ChangesRequested,
            _ => ReviewState::Dismissed,
        };
        let noted = threads.iter().rev().find(|thread| is_vote(thread, &person, vote));
        if state == ReviewState::Dismissed && noted.is_none() {
            // Somebody who has not voted.
            continue;
        }
        let at = noted.and_then(|thread| text_at(thread, "/publishedDate"));
        let heads = heads.iter().map(|(since, head)| (since.as_str(), head.as_str()));
        reviews.push(Review {
            commit: at.as_deref().and_then(|at| head_at(heads, at)).map(str::to_owned),
            at,
            person,
            state,
            // Who votes has the permission "Contribute to pull requests":
            // https://learn.microsoft.com/azure/devops/organizations/security/permissions#git-repository-object-level
            may_write: Some(true),
        });
    }
    Some(reviews)
}

/// Whether a thread is the system's note of this vote. A person can write a thread with the same properties, but not in
/// somebody else's name: it has to be the voter's own, or the service's.
/// <https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/list>
fn is_vote(thread: &Value, person: &Person, vote: i64) -> bool {
    let property = |name: &str| text_at(thread, &format!("/properties/{name}/$value"));
    let identity = |number: &str| text_at(thread, &format!("/identities/{number}/id"));
    let voter = property("CodeReviewVotedByTfId")
        .or_else(|| property("CodeReviewVotedByIdentity").and_then(|number| identity(&number)));
    let author = thread.pointer("/comments/0/author");
    let by_service = author.is_some_and(|author| {
        is_true(author, "/isContainer") || text_at(author, "/id").is_some_and(|id| id.starts_with(SERVICE))
    });
    let by_voter = author.and_then(|author| text_at(author, "/id")).is_some_and(|id| is_id(&id, &person.id));
    property("CodeReviewThreadType").as_deref() == Some("VoteUpdate")
        && property("CodeReviewVoteResult").and_then(|result| result.parse().ok()) == Some(vote)
        && voter.is_some_and(|voter| is_id(&voter, &person.id))
        && (by_service || by_voter)
}

/// How the ids of Azure DevOps' own services begin.
const SERVICE: &str = "00000002-0000-8888-8000-";

/// Whether both are one id. Some answers have it without hyphens.
fn is_id(one: &str, other: &str) -> bool {
    one.replace('-', "").eq_ignore_ascii_case(&other.replace('-', ""))
}
