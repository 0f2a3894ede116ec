//! Reviews on GitHub, and the members of its teams: <https://docs.github.com/en/rest/pulls/reviews>.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{GitHub, read_person, repository};
use crate::forge::{
    Forge as _, Person, Place, Reading, Review, ReviewState, Reviews, Survey, SurveyAnswers, SurveyPart,
    encoded, text_at,
};

/// The most people whose permission is asked for.
const PEOPLE: usize = 40;

impl Reviews for GitHub {
    // Anybody who sees a public repository can approve. GitHub itself counts those who may write:
    // https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/approving-a-pull-request-with-required-reviews
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>> {
        let own = place.clone();
        let next = move |answers: &SurveyAnswers| {
            if !answers.has("reviews") {
                let path = format!("{}/pulls/{change_request}/reviews?per_page=100", repository(&own));
                let needs = GitHub.needed_to_read(Reading::Reviews);
                return vec![SurveyPart::new("reviews", own.get_request(&path), "read the reviews", needs)];
            }
            let judges = answers.list("reviews", "").unwrap_or_default();
            let people: BTreeSet<String> = judges
                .into_iter()
                .filter(|review| read_state(review).is_some_and(|state| state != ReviewState::Commented))
                .filter_map(|review| read_person(review.get("user")?))
                .filter(|person| !person.bot)
                .map(|person| person.id)
                .collect();
            people.into_iter().take(PEOPLE).map(|name| permission_of(&own, &name)).collect()
        };
        Survey::new(next, read_reviews)
    }

    // https://docs.github.com/en/rest/teams/members#list-team-members
    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>> {
        let (organization, slug) = team.split_once('/')?;
        let path = format!("orgs/{}/teams/{}/members?per_page=100", encoded(organization), encoded(slug));
        let (own, do_what) = (place.clone(), format!("read the members of `@{team}`"));
        let next = move |_: &SurveyAnswers| {
            let needs = GitHub.needed_to_read(Reading::Teams);
            vec![SurveyPart::new("members", own.get_request(&path), &do_what, needs)]
        };
        Some(Survey::new(next, |answers| answers.list("members", "")?.into_iter().map(read_person).collect()))
    }
}

/// The request for what a person may do.
/// <https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user>
fn permission_of(place: &Place, name: &str) -> SurveyPart {
    let path = format!("{}/collaborators/{}/permission", repository(place), encoded(name));
    let needs = GitHub.needed_to_read(Reading::Writers);
    let do_what = format!("read what `{name}` may do");
    SurveyPart::new(&permission_part(name), place.get_request(&path), &do_what, needs).or_unknown()
}

fn read_reviews(answers: &SurveyAnswers) -> Option<Vec<Review>> {
    let mut reviews = Vec::new();
    for review in answers.list("reviews", "")? {
        // One that is not submitted yet is seen by its author only.
        let Some(state) = read_state(review) else { continue };
        // The account can be gone.
        let Some(person) = review.get("user").and_then(read_person) else { continue };
        // `maintain` counts as `write` here, and `triage` as `read`. Somebody with no permission at all is answered with a
        // permission of `none`, or is not found.
        let permission =
            answers.one(&permission_part(&person.id)).map(|answer| text_at(answer, "/permission"));
        let may_write = match permission {
            Some(permission) => Some(matches!(permission?.as_str(), "admin" | "write" | "maintain")),
            None => answers.is_missing(&permission_part(&person.id)).then_some(false),
        };
        reviews.push(Review {
            commit: text_at(review, "/commit_id"),
            at: text_at(review, "/submitted_at"),
            person,
            state,
            may_write,
        });
    }
    Some(reviews)
}

fn read_state(review: &Value) -> Option<ReviewState> {
    Some(match review.get("state")?.as_str()? {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        "COMMENTED" => ReviewState::Commented,
        _ => return None,
    })
}

/// The name of the request for what a person may do.
fn permission_part(name: &str) -> String {
    format!("permission/{name}")
}
