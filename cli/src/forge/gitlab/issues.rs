//! GitLab's issues: <https://docs.gitlab.com/api/issues/>.

use serde_json::{Value, json};

use super::super::{Issue, Issues, Place, RequestFor, Survey, SurveyPart, one_field, text_at};
use super::{GitLab, project, read_person};
use crate::base::http::{Method, Request};

impl Issues for GitLab {
    fn open_issue(&self, place: &Place, title: &str, body: &str) -> RequestFor<Issue> {
        let path = format!("{}/issues", project(place));
        let request =
            place.body_request(Method::POST, &path, &json!({ "title": title, "description": body }));
        RequestFor::new(request, read_issue).needing_by_default(self.needed_for_issues())
    }

    fn issue(&self, place: &Place, number: u64) -> Survey<Issue> {
        let (place, needs) = (place.clone(), self.needed_for_issues());
        let path = format!("{}/issues/{number}", project(&place));
        let next =
            move |_: &_| vec![SurveyPart::new("issue", place.get_request(&path), "read the issue", needs)];
        Survey::new(next, |answers| read_issue(answers.one("issue")?))
    }

    fn reopen_issue(&self, place: &Place, number: u64) -> Request {
        let path = format!("{}/issues/{number}", project(place));
        place.body_request(Method::PUT, &path, &one_field("state_event", "reopen"))
    }

    // https://docs.gitlab.com/api/notes/#create-an-issue-note
    fn comment_on_issue(&self, place: &Place, number: u64, body: &str) -> Request {
        let path = format!("{}/issues/{number}/notes", project(place));
        place.body_request(Method::POST, &path, &one_field("body", body))
    }

    fn needed_for_issues(&self) -> &'static str {
        "the token needs the scope `api`, and its user the role Reporter at least; a job's own token can't do this \
         (https://docs.gitlab.com/api/issues/)"
    }
}

fn read_issue(answer: &Value) -> Option<Issue> {
    Some(Issue {
        number: answer.get("iid")?.as_u64()?,
        open: answer.get("state")?.as_str()? == "opened",
        closed_by: answer.get("closed_by").and_then(read_person),
        url: text_at(answer, "/web_url"),
    })
}
