//! The issues of Gitea and Forgejo. Who closed one stands in its timeline: <https://docs.gitea.com/api/>.

use serde_json::{Value, json};

use super::super::{
    Issue, IssueChange, Issues, Place, RequestFor, Survey, SurveyAnswers, SurveyPart, encoded, one_field,
    read_each, text_at,
};
use super::{Gitea, read_person, repository};
use crate::base::http::{Method, Request};

/// The most pages of a timeline, of 50 events each.
const PAGES: usize = 20;

impl Issues for Gitea {
    fn open_issue(&self, place: &Place, title: &str, body: &str) -> RequestFor<Issue> {
        let path = format!("{}/issues", repository(place));
        let request = place.body_request(Method::POST, &path, &json!({ "title": title, "body": body }));
        RequestFor::new(request, read_issue).needing_by_default(self.needed_for_issues())
    }

    fn issue(&self, place: &Place, number: u64) -> Survey<Issue> {
        let (place, needs) = (place.clone(), self.needed_for_issues());
        let path = format!("{}/issues/{number}", repository(&place));
        let next = move |answers: &SurveyAnswers| {
            let part = |name: &str, path: &str| {
                SurveyPart::new(name, place.get_request(path), "read the issue", needs)
            };
            if !answers.has("issue") {
                return vec![part("issue", &path)];
            }
            let closed = answers.one("issue").and_then(read_issue).is_some_and(|issue| !issue.open);
            let page = next_page(answers).filter(|_| closed);
            page.map(|page| part(&page.to_string(), &format!("{path}/timeline?page={page}&limit=50")))
                .into_iter()
                .collect()
        };
        Survey::new(next, |answers| {
            let issue = read_issue(answers.one("issue")?)?;
            let events = (1..=PAGES).filter_map(|page| answers.list(&page.to_string(), "")).flatten();
            let mut closings = events.filter(|event| event.get("type").is_some_and(|kind| kind == "close"));
            let closing = closings.next_back();
            Some(Issue { closed_by: closing.and_then(|event| read_person(event.get("user")?)), ..issue })
        })
    }

    fn issues_of(&self, place: &Place, author: &str) -> RequestFor<Vec<Issue>> {
        let path = format!(
            "{}/issues?type=issues&state=all&limit=50&created_by={}",
            repository(place),
            encoded(author)
        );
        RequestFor::new(place.get_request(&path), |answer| read_each(Some(answer), read_issue))
            .needing_by_default(self.needed_for_issues())
    }

    fn change_issue(&self, place: &Place, number: u64, change: &IssueChange<'_>) -> Request {
        let path = format!("{}/issues/{number}", repository(place));
        let mut fields = json!({});
        if let Some(open) = change.open {
            fields["state"] = if open { "open" } else { "closed" }.into();
        }
        if let Some(body) = change.body {
            fields["body"] = body.into();
        }
        place.body_request(Method::PATCH, &path, &fields)
    }

    fn comment_on_issue(&self, place: &Place, number: u64, body: &str) -> Request {
        let path = format!("{}/issues/{number}/comments", repository(place));
        place.body_request(Method::POST, &path, &one_field("body", body))
    }

    fn needed_for_issues(&self) -> &'static str {
        "the token needs the scope `write:issue` (https://docs.gitea.com/development/oauth2-provider#scopes)"
    }
}

/// The next page of the timeline; none after an empty one.
fn next_page(answers: &SurveyAnswers) -> Option<usize> {
    let is_full = |page: &usize| answers.list(&page.to_string(), "").is_some_and(|items| !items.is_empty());
    let page = (1..=PAGES).take_while(is_full).count() + 1;
    (page <= PAGES && !answers.has(&page.to_string())).then_some(page)
}

fn read_issue(answer: &Value) -> Option<Issue> {
    Some(Issue {
        number: answer.get("number")?.as_u64()?,
        open: answer.get("state")?.as_str()? == "open",
        closed_by: None,
        author: answer.get("user").and_then(read_person),
        body: text_at(answer, "/body").unwrap_or_default(),
        url: text_at(answer, "/html_url"),
    })
}
