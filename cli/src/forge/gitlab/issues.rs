//! GitLab's issues: <https://docs.gitlab.com/api/issues/>.

use serde_json::{Value, json};

use super::super::{
    Issue, IssueChange, Issues, Place, RequestFor, Survey, SurveyPart, encoded, one_field, read_each, text_at,
};
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

    // https://docs.gitlab.com/api/issues/#list-project-issues
    fn issues_of(&self, place: &Place, author: &str) -> RequestFor<Vec<Issue>> {
        let path = format!(
            "{}/issues?author_username={}&scope=all&state=all&per_page=100",
            project(place),
            encoded(author)
        );
        RequestFor::new(place.get_request(&path), |answer| read_each(Some(answer), read_issue))
            .needing_by_default(self.needed_for_issues())
    }

    fn change_issue(&self, place: &Place, number: u64, change: &IssueChange<'_>) -> Request {
        let path = format!("{}/issues/{number}", project(place));
        let mut fields = json!({});
        if let Some(open) = change.open {
            fields["state_event"] = if open { "reopen" } else { "close" }.into();
        }
        if let Some(body) = change.body {
            fields["description"] = body.into();
        }
        place.body_request(Method::PUT, &path, &fields)
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
        author: answer.get("author").and_then(read_person),
        body: text_at(answer, "/description").unwrap_or_default(),
        url: text_at(answer, "/web_url"),
    })
}
