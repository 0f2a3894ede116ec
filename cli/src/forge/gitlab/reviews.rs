//! Approvals of merge requests on GitLab, and the members of its groups.
//! <https://docs.gitlab.com/api/merge_request_approvals/>
//!
//! An approval has no commit: the one that was at the head then is found by the time, among the versions of the diff.
//! Approvals are taken back on a push only where the project says so, so an older one may still be there.

use serde_json::Value;

use super::{GitLab, merge_request, read_person};
use crate::forge::{
    Forge as _, Person, Place, Reading, Review, ReviewState, Reviews, Survey, SurveyAnswers, SurveyPart,
    encoded, head_at, is_true, text_at,
};

/// What GitLab notes by itself on a merge request.
const APPROVED: &str = "approved this merge request";
const REQUESTED: &str = "requested changes";

impl Reviews for GitLab {
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>> {
        let own = place.clone();
        let next = move |_: &SurveyAnswers| {
            let get = |name: &str, path: &str| {
                let path = format!("{}/{path}", merge_request(&own, change_request));
                let needs = GitLab.needed_to_read(Reading::Reviews);
                SurveyPart::new(name, own.get_request(&path), "read the approvals", needs)
            };
            vec![
                get("approvals", "approvals"),
                // https://docs.gitlab.com/api/merge_requests/#list-merge-request-reviewers
                get("reviewers", "reviewers"),
                get("notes", "notes?per_page=100&sort=asc&order_by=created_at"),
                // https://docs.gitlab.com/api/merge_requests/#list-merge-request-diff-versions
                get("versions", "versions?per_page=100"),
            ]
        };
        Survey::new(next, read_reviews)
    }

    // With those whom the group has from the groups above it:
    // https://docs.gitlab.com/api/group_members/#list-all-group-members-including-inherited-and-invited-members
    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>> {
        let path = format!("groups/{}/members/all?per_page=100", encoded(team));
        let (own, do_what) = (place.clone(), format!("read the members of `@{team}`"));
        let next = move |_: &SurveyAnswers| {
            let needs = GitLab.needed_to_read(Reading::Teams);
            vec![SurveyPart::new("members", own.get_request(&path), &do_what, needs)]
        };
        Some(Survey::new(next, |answers| {
            let active = |one: &&Value| one.get("state").is_none_or(|state| state == "active");
            answers.list("members", "")?.into_iter().filter(active).map(read_person).collect()
        }))
    }
}

fn read_reviews(answers: &SurveyAnswers) -> Option<Vec<Review>> {
    let versions = answers.list("versions", "")?;
    // The latest version comes first.
    let heads = || {
        let read = |version: &&'_ Value| {
            Some((
                version.get("created_at")?.as_str()?.to_owned(),
                version.get("head_commit_sha")?.as_str()?.to_owned(),
            ))
        };
        versions.iter().rev().map(read).collect::<Option<Vec<_>>>()
    };
    let heads = heads()?;
    let notes = answers.list("notes", "")?;
    let time_of = |person: &Person, words: &str| {
        let of_person = |note: &&Value| {
            is_true(note, "/system")
                && text_at(note, "/body").is_some_and(|body| body.starts_with(words))
                && text_at(note, "/author/username").is_some_and(|name| person.is_named(&name))
        };
        notes.iter().rfind(|note| of_person(note)).and_then(|note| text_at(note, "/created_at"))
    };
    let review = |person: Person, state, at: Option<String>| {
        let heads = heads.iter().map(|(since, head)| (since.as_str(), head.as_str()));
        Review {
            commit: at.as_deref().and_then(|at| head_at(heads, at)).map(str::to_owned),
            at,
            person,
            state,
            // Only those can approve who may: https://docs.gitlab.com/user/project/merge_requests/approvals/rules/#eligible-approvers
            may_write: Some(true),
        }
    };
    let mut reviews = Vec::new();
    for one in answers.one("approvals")?.get("approved_by")?.as_array()? {
        let person = read_person(one.get("user")?)?;
        // Versions before 18 do not tell the time.
        let at = text_at(one, "/approved_at").or_else(|| time_of(&person, APPROVED));
        reviews.push(review(person, ReviewState::Approved, at));
    }
    for one in answers.list("reviewers", "")? {
        let person = read_person(one.get("user")?)?;
        match one.get("state").and_then(Value::as_str) {
            Some("requested_changes") => {
                // A verdict takes the place of the one before.
                reviews.retain(|review| !review.person.is_same(&person));
                let at = time_of(&person, REQUESTED);
                reviews.push(review(person, ReviewState::ChangesRequested, at));
            }
            Some("reviewed") if !reviews.iter().any(|review| review.person.is_same(&person)) => {
                reviews.push(review(person, ReviewState::Commented, None));
            }
            _ => {}
        }
    }
    // Who approved once and is no longer among those who did: it was taken back, or reset by a push.
    for note in &notes {
        let approved =
            is_true(note, "/system") && text_at(note, "/body").is_some_and(|body| body.starts_with(APPROVED));
        let Some(person) = note.get("author").filter(|_| approved).and_then(read_person) else { continue };
        if !reviews.iter().any(|review| review.person.is_same(&person)) {
            let at = time_of(&person, APPROVED);
            reviews.push(review(person, ReviewState::Dismissed, at));
        }
    }
    Some(reviews)
}
