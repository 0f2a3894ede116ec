//! GitHub's issues: <https://docs.github.com/en/rest/issues/issues>.

use serde_json::{Value, json};

use super::super::{
    Issue, IssueChange, Issues, Place, RequestFor, Survey, SurveyPart, encoded, one_field, text_at,
};
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

    // https://docs.github.com/en/rest/issues/issues#list-repository-issues
    fn issues_of(&self, place: &Place, author: &str) -> RequestFor<Vec<Issue>> {
        let path = format!("{}/issues?creator={}&state=all&per_page=100", repository(place), encoded(author));
        RequestFor::new(place.get_request(&path), |answer| {
            // A pull request is an issue there.
            let issues = answer.as_array()?.iter().filter(|issue| issue.get("pull_request").is_none());
            issues.map(read_issue).collect()
        })
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
        "the token needs Issues: Read and write, in a workflow `permissions: issues: write` \
         (https://docs.github.com/en/rest/issues/issues)"
    }
}

fn read_issue(answer: &Value) -> Option<Issue> {
    Some(Issue {
        number: answer.get("number")?.as_u64()?,
        open: answer.get("state")?.as_str()? == "open",
        closed_by: answer.get("closed_by").and_then(read_person),
        author: answer.get("user").and_then(read_person),
        body: text_at(answer, "/body").unwrap_or_default(),
        url: text_at(answer, "/html_url"),
    })
}
