//! A service that refuses, answers something else, or does not answer.

use serde_json::json;

use super::Shop;
use crate::support::server::Reply;
#[cfg(unix)]
use crate::support::{limit, scripted};

const FILE: &str = "sourceContext: { git: { branch: main } }\n";
const SETTINGS: &str = "/deployments/settings";

pub fn refused(status: u16, message: &str) -> Reply {
    crate::support::pulumi_cloud::deployments::refused(status, message)
}

fn page() -> Reply {
    Reply::Answer(200, vec![("content-type", "text/html".to_owned())], "<html>Sign in</html>".to_owned())
}

/// With these replies in the place of the service's own.
fn with(replies: &[(&'static str, Reply)]) -> Shop {
    let shop = Shop::new(FILE);
    for (method, reply) in replies {
        shop.kept().instead.push_back((method, SETTINGS, reply.clone()));
    }
    shop
}

#[test]
fn each_refusal_has_its_status_and_its_way_out() {
    for (status, message, exit, says) in [
        (401, "Unauthorized", 3, "check the access token"),
        (402, "Deployments needs the Team plan", 73, "plan does not have it"),
        (403, "no access", 73, "permission to write the stack"),
        (409, "conflict", 73, "somebody else changes it"),
        (400, "bad branch", 2, "bad branch"),
    ] {
        let shop = with(&[("POST", refused(status, message))]);
        shop.run("apply").ends_with(exit).says(message).says(says);
        assert_eq!(shop.changes(), ["POST settings"], "{status}");
    }
}

#[test]
fn a_refusal_to_read_is_no_absence_of_settings() {
    for (status, exit) in [(401, 3), (402, 73), (403, 73)] {
        for verb in ["show", "check", "apply"] {
            let shop = with(&[("GET", refused(status, "no"))]);
            shop.run(verb).ends_with(exit);
            assert_eq!(shop.changes(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_page_in_the_place_of_the_service_is_named_as_that() {
    let not_found = Reply::Answer(404, Vec::new(), "<html>not here</html>".to_owned());
    let list = Reply::json(200, &json!([]));
    let sign_in = Reply::json(200, &json!({ "error": "sign in" }));
    let not_ours = Reply::json(404, &json!({ "detail": "no route" }));
    for reply in [page(), not_found, not_ours, list, sign_in, Reply::Answer(200, Vec::new(), String::new())] {
        for verb in ["show", "check", "apply"] {
            let shop = with(&[("GET", reply.clone())]);
            shop.run(verb).ends_with(79);
            assert_eq!(shop.changes(), Vec::<String>::new());
        }
    }
    with(&[("POST", page())])
        .run("apply")
        .ends_with(79)
        .says("whether a proxy or a sign-in page is in between");
}

#[test]
fn what_reads_is_tried_again() {
    let shop = with(&[("GET", Reply::again(503)), ("GET", Reply::again(429))]);
    shop.run("check").ends_with(7);
}

#[test]
fn what_can_t_be_read_in_the_end_is_not_known() {
    let shop = with(&[("GET", Reply::again(503)), ("GET", Reply::again(503)), ("GET", Reply::again(503))]);
    shop.run("check").ends_with(79).says("503");
}

#[test]
fn what_changes_something_is_sent_once_and_its_end_is_not_known() {
    for reply in [Reply::again(503), Reply::Half, Reply::Close] {
        let shop = with(&[("POST", reply)]);
        shop.run("apply").ends_with(79).says("whether it was carried out is not known");
        assert_eq!(shop.changes(), ["POST settings"]);
    }
}

#[test]
fn what_was_turned_away_because_there_was_too_much_is_sent_again() {
    let shop = with(&[("POST", Reply::again(429))]);
    shop.run("apply").ends_with(0);
    assert_eq!(shop.changes(), ["POST settings", "POST settings"]);
}

#[test]
fn a_stack_that_is_not_there_is_not_one_without_settings() {
    let shop = Shop::new(FILE);
    for verb in ["show", "check", "apply"] {
        let run = shop.scene.run(&format!("deployment settings {verb} --stack acme/shop/other"));
        run.ends_with(73).says("there is no stack `acme/shop/other`");
    }
}

#[test]
fn a_service_that_keeps_something_else_is_not_called_equal() {
    let shop = with(&[("POST", Reply::json(200, &json!({})))]);
    shop.run("apply").ends_with(80).says("and answers others: sourceContext.git.branch");
}

#[test]
fn a_state_that_lies_elsewhere_has_no_deployments() {
    let shop = Shop::new(FILE);
    let state = format!("file://{}", shop.scene.root().join("state").display());
    let shop = Shop { scene: shop.scene.with("PULUMI_BACKEND_URL", &state), ..shop };
    let run = shop.scene.run("deployment settings check --stack prod");
    run.ends_with(2).says("Pulumi Deployments is a part of Pulumi Cloud");
}

#[test]
fn schedules_that_can_t_be_read_are_not_none() {
    let file = format!("{FILE}drift: {{ scheduleCron: '0 6 * * *' }}\n");
    for answer in [
        json!({ "message": "maintenance" }),
        json!({ "schedules": [{ "id": "a", "scheduleCron": "0 6 * * *" }] }),
    ] {
        let shop = Shop::new(&file).has(json!({ "sourceContext": { "git": { "branch": "main" } } }));
        for verb in ["show", "check", "apply"] {
            shop.kept().instead.push_back(("GET", "/deployments/schedules", Reply::json(200, &answer)));
            shop.run(verb).ends_with(79);
        }
        assert_eq!(shop.changes(), Vec::<String>::new());
    }
}

#[test]
fn a_schedule_that_is_made_without_an_answer_of_the_service_s_is_perhaps_there() {
    let file = format!("{FILE}drift: {{ scheduleCron: '0 6 * * *', paused: true }}\n");
    for reply in [Reply::json(200, &json!({})), page()] {
        let shop = Shop::new(&file).has(json!({ "sourceContext": { "git": { "branch": "main" } } }));
        shop.kept().instead.push_back(("POST", "/deployments/drift/schedules", reply));
        shop.run("apply").ends_with(79).says("whether it was carried out is not known");
    }
}

#[test]
fn a_long_secret_in_a_refusal_is_masked_before_the_words_are_cut() {
    let secret = "hunter2-".repeat(100);
    let shop =
        Shop::new("sourceContext: { git: { branch: main, gitAuth: { accessToken: { from-env: LONG } } } }\n");
    let shop = Shop { scene: shop.scene.with("LONG", &secret), ..shop };
    shop.kept().instead.push_back(("POST", SETTINGS, refused(400, &format!("bad token {secret}"))));
    shop.run("apply").ends_with(2).says("bad token").never_says("hunter2-");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_change_at_once_and_says_that_its_end_is_not_known() {
    let shop = with(&[("POST", Reply::Silence)]);
    let child = shop.scene.start("deployment settings apply --stack acme/shop/prod");
    while shop.changes().is_empty() {
        std::thread::yield_now();
    }
    scripted::signal(&child, nix::sys::signal::Signal::SIGINT);
    let limit = limit(&child);
    let output = child.wait_with_output().unwrap();
    drop(limit);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{log}");
    assert!(log.contains("whether it was carried out is not known"), "{log}");
}
