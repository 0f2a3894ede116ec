//! GitHub's issues: <https://docs.github.com/en/rest/issues/issues>.

use serde_json::{Value, json};

use super::super::{Issue, Issues, Place, RequestFor, Survey, SurveyPart, one_field, text_at};
use super::{GitHub, read_person, repository};
use crate::base::http::{Method, Request};

impl Issues for GitHub {
    fn open_issue(&self, place: &Place, title: &str, body: &str) -> RequestFor<Issue> {
        let path = format!("{}/issues", repository(place));
        let request = place.body_request(Method::POST, &path, &json!({ "title": title, "body": body }));
        RequestFor::new(request, read_issue).needing_by_default(self.needed_for_issues())
    }

    fn issue(&self, place: &Place, number: u64) -> Survey<Issue> {
        let (place, needs) = (place.clone(), self.needed_for_issues());
        let path = format!("{}/issues/{number}", repository(&place));
        let next =
            move |_: &_| vec![SurveyPart::new("issue", place.get_request(&path), "read the issue", needs)];
        Survey::new(next, |answers| read_issue(answers.one("issue")?))
    }

    fn reopen_issue(&self, place: &Place, number: u64) -> Request {
        let path = format!("{}/issues/{number}", repository(place));
        place.body_request(Method::PATCH, &path, &one_field("state", "open"))
    }

    fn comment_on_issue(&self, place: &Place, number: u64, body: &str) -> Request {
        let path = format!("{}/issues/{number}/comments", repository(place));
        place.body_request(Method::POST, &path, &one_field("body", body))
    }

    fn needed_for_issues(&self) -> &'static str {
        "the token needs Issues: Read and write, in a workflow `permissions: issues: write` \
         (https://docs.github.com/en/rest/issues/issues)"
    }
}

fn read_issue(answer: &Value) -> Option<Issue> {
    Some(Issue {
        number: answer.get("number")?.as_u64()?,
        open: answer.get("state")?.as_str()? == "open",
        closed_by: answer.get("closed_by").and_then(read_person),
        url: text_at(answer, "/html_url"),
    })
}
