//! Reviews on Gitea and Forgejo, and the members of their teams. The API is described at each server under `/api/swagger`.

use serde_json::Value;

use super::{Gitea, read_person, repository};
use crate::forge::{
    Forge as _, Person, Place, Reading, Review, ReviewState, Reviews, Survey, SurveyAnswers, SurveyPart,
    encoded, is_true, number_at, text_at,
};

/// The most pages of reviews.
const PAGES: usize = 40;

impl Reviews for Gitea {
    // The list has pages and no word of a further one, and a server can make them smaller: an empty one is the end.
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>> {
        let own = place.clone();
        let next = move |answers: &SurveyAnswers| {
            let full =
                |page: &usize| answers.list(&page.to_string(), "").is_some_and(|items| !items.is_empty());
            let page = (1..=PAGES).take_while(full).count() + 1;
            let path = format!("{}/pulls/{change_request}/reviews?page={page}&limit=50", repository(&own));
            let needs = Gitea.needed_to_read(Reading::Reviews);
            vec![SurveyPart::new(&page.to_string(), own.get_request(&path), "read the reviews", needs)]
        };
        Survey::new(next, |answers| {
            let mut reviews = Vec::new();
            for page in 1..=PAGES {
                let items = answers.list(&page.to_string(), "")?;
                if items.is_empty() {
                    return Some(reviews);
                }
                reviews.extend(items.into_iter().filter_map(read_review));
            }
            None
        })
    }

    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>> {
        let (organization, name) = team.split_once('/')?;
        let (organization, name) = (organization.to_owned(), name.to_owned());
        let (own, do_what) = (place.clone(), format!("read the members of `@{team}`"));
        let wanted = name.clone();
        let next = move |answers: &SurveyAnswers| {
            let get = |part: &str, path: &str| {
                SurveyPart::new(part, own.get_request(path), &do_what, Gitea.needed_to_read(Reading::Teams))
            };
            let mut parts = vec![get("teams", &format!("orgs/{}/teams?limit=50", encoded(&organization)))];
            if let Some(id) = team_of(answers, &wanted) {
                parts.push(get("members", &format!("teams/{id}/members?limit=50")));
            }
            parts
        };
        // A team that is not in the list has no answer: nobody is in it, but nobody knows either.
        Some(Survey::new(next, |answers| answers.list("members", "")?.into_iter().map(read_person).collect()))
    }
}

/// The number of a team.
fn team_of(answers: &SurveyAnswers, name: &str) -> Option<String> {
    let teams = answers.list("teams", "")?;
    let own = |team: &&Value| text_at(team, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name));
    number_at(teams.into_iter().find(own)?, "/id")
}

/// Reads a review. None for one that is not submitted, for a request for one, and for one of an account that is gone.
fn read_review(answer: &Value) -> Option<Review> {
    let state = match answer.get("state")?.as_str()? {
        "APPROVED" => ReviewState::Approved,
        "REQUEST_CHANGES" => ReviewState::ChangesRequested,
        "COMMENT" => ReviewState::Commented,
        _ => return None,
    };
    let dismissed = is_true(answer, "/dismissed") && state != ReviewState::Commented;
    Some(Review {
        person: answer.get("user").and_then(read_person)?,
        state: if dismissed { ReviewState::Dismissed } else { state },
        commit: text_at(answer, "/commit_id").filter(|commit| !commit.is_empty()),
        at: text_at(answer, "/submitted_at"),
        // A review is official if its author may write, or is in the list of the branch's protection.
        // https://docs.gitea.com/usage/access-control/protected-branches
        may_write: answer.get("official").and_then(Value::as_bool),
    })
}
