//! A forge that answers something else than what it was asked, and a backend that does not answer: nothing is destroyed.

use serde_json::json;

use super::place::{LONG_AGO, SweepPlace};
use crate::support::forge::{Act, Verb};
use crate::support::server::{Reply, Server};

/// A place in which the stack of change request 7 is to be destroyed.
fn doomed() -> SweepPlace {
    let place = SweepPlace::swept("review: { from: staging }\n");
    place.deployed(7);
    place.request(7, Some(LONG_AGO));
    place
}

fn page(body: &str) -> Reply {
    Reply::Answer(200, vec![("content-type", "text/html".to_owned())], body.to_owned())
}

#[test]
fn an_answer_that_is_not_the_change_request_leaves_its_stack_alone() {
    let place = doomed();
    let closed = |number: u64, repository: u64| {
        let side = json!({ "ref": "main", "sha": "0".repeat(40), "repo_id": repository });
        json!({
            "number": number, "state": "closed", "merged": false, "closed_at": LONG_AGO, "head": side, "base": side,
            "user": { "id": 3, "login": "ada" }, "labels": [],
        })
    };
    let without = |field: &str| {
        let mut one = closed(7, 1);
        one.as_object_mut().unwrap().remove(field);
        one
    };
    for (what, answer) in [
        ("a page for people", page("<!DOCTYPE html><html><body>Sign in</body></html>")),
        ("an empty page", page("")),
        ("a page that ends early", page("{\"number\": 7, \"state\": \"closed\", \"closed_at\": \"2020")),
        ("an empty list", Reply::json(200, &json!([]))),
        ("an empty object", Reply::json(200, &json!({}))),
        ("another change request", Reply::json(200, &closed(8, 1))),
        ("another repository's change request", Reply::json(200, &closed(7, 99))),
        ("no time of the closing", Reply::json(200, &without("closed_at"))),
        ("no number", Reply::json(200, &without("number"))),
        ("no state", Reply::json(200, &without("state"))),
        ("a change request that is gone", Reply::json(404, &json!({ "message": "not found" }))),
    ] {
        place.fake.then(Verb::ChangeRequest, Act::Answer(answer));
        let (verdict, why) = place.verdict();
        assert_eq!(verdict, "unsure", "{what}: {why}");
    }
    place.fake.then(Verb::ChangeRequest, Act::Answer(Reply::json(200, &closed(7, 1))));
    assert_eq!(place.verdict().0, "destroy", "the whole and right answer is believed");
}

#[test]
fn a_forge_that_breaks_off_each_time_leaves_the_stack_alone() {
    let place = doomed();
    for _ in 0..10 {
        place.fake.then(Verb::ChangeRequest, Act::Answer(Reply::Half));
    }
    place.reap("").ends_with(79).says("unsure").never_says("handed on");
}

#[test]
fn a_backend_that_does_not_answer_is_a_problem_and_no_empty_list() {
    let place = doomed();
    let bucket = Server::start(|_, _| {
        let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        Reply::Answer(403, Vec::new(), denied.to_owned())
    });
    let url = format!("s3://state?endpoint={}&region=us-east-1&s3ForcePathStyle=true", bucket.url());
    let scene = place.scene.with("PULUMI_BACKEND_URL", &url);
    let scene =
        scene.with("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").with("AWS_SECRET_ACCESS_KEY", "secret-of-the-bucket");
    let run = scene.run("reap --dry-run");
    assert_ne!(run.status(), 0, "{}", run.log());
    run.never_says("no stack").never_says("handed on");
}
