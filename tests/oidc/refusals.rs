//! A sign-in that fails: reported with status 3 and the reason `auth`, without an engine, a weaker credential or a
//! token in the open.

use serde_json::json;

use super::{ACCESS_TOKEN, engine_ran, good_identity, granted, identity, nothing_leaks, scene, server};
use crate::support::json as read_json;
use crate::support::server::{Reply, Server};

/// A refused run: reported, with status 3 and the reason `auth`, and without an engine.
#[track_caller]
fn refused(server: &Server, identity: &str, says: &[&str]) {
    let scene = scene(server);
    let mut run = scene.run("run").ends_with(3).says("hint: ");
    for text in says {
        run = run.says(text);
    }
    assert!(!engine_ran(&scene));
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("failed", "auth"));
    let result = read_json(&outputs["result"]);
    assert_eq!((&result["exit_code"], &result["reason"]), (&json!(3), &json!("auth")));
    assert!(scene.summary().contains("auth"), "{}", scene.summary());
    nothing_leaks(&scene, &run, identity);
}

#[test]
fn an_identity_that_is_refused_names_what_the_policy_must_allow() {
    for (status, body) in [
        (400, json!({"error": "invalid_grant", "error_description": "no policy matches"})),
        (401, json!({"code": 401, "message": "Unauthorized: no policy matches"})),
        (403, json!({"code": 403, "message": "no policy matches"})),
    ] {
        let identity = good_identity();
        let server = server(identity.clone(), move |_| Reply::json(status, &body));
        refused(
            &server,
            &identity,
            &["no policy matches", "repo:acme/shop:ref:refs/heads/main", "urn:pulumi:org:acme"],
        );
        assert_eq!(server.received().len(), 2, "a refusal is final");
    }
}

#[test]
fn an_expired_identity_is_told_by_its_own_time() {
    let identity = identity(&json!({"exp": 1_000_000_000, "aud": "urn:pulumi:org:acme"}));
    let body = json!({"code": 401, "message": "token is expired"});
    let server = server(identity.clone(), move |_| Reply::json(401, &body));
    refused(&server, &identity, &["token is expired", "the identity token ended", "ago"]);
}

#[test]
fn an_organisation_that_is_not_there_is_named() {
    let identity = good_identity();
    let server =
        server(identity.clone(), |_| Reply::json(404, &json!({"code": 404, "message": "Not Found"})));
    refused(&server, &identity, &["no organisation `acme`", "check `oidc-organization`"]);
}

#[test]
fn a_server_that_repeats_the_identity_in_its_error_shows_it_nowhere() {
    let identity = good_identity();
    let server = server(identity.clone(), |request| {
        let token = request.field("subject_token").unwrap_or_default();
        let said = format!("{}: bad token {token}", "x".repeat(250));
        Reply::json(400, &json!({"error": "invalid_request", "error_description": said}))
    });
    refused(&server, &identity, &["bad token ***"]);
}

#[test]
fn a_cloud_in_trouble_is_asked_again_and_then_named() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| Reply::again(503));
    refused(&server, &identity, &["can't exchange the job's identity now (status 503)"]);
    assert_eq!(server.received().len(), 4, "one identity, three tries to exchange it");
}

#[test]
fn answers_that_are_none_are_refused() {
    for reply in [
        Reply::Answer(200, Vec::new(), "<html>welcome</html>".into()),
        Reply::json(200, &json!({"access_token": ""})),
        Reply::json(200, &json!([ACCESS_TOKEN])),
    ] {
        let identity = good_identity();
        let server = server(identity.clone(), move |_| reply.clone());
        refused(&server, &identity, &["did not answer with an access token", "check `cloud-url`"]);
    }
}

#[test]
fn a_huge_answer_is_not_read() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| Reply::Answer(200, Vec::new(), "x".repeat(3 << 20)));
    refused(&server, &identity, &["more than 1048576 bytes"]);
}

#[test]
fn the_identity_does_not_follow_a_redirect() {
    for status in [302, 307, 308] {
        let other = Server::start(|_, _| granted());
        let (target, identity) = (other.url(), good_identity());
        let server = server(identity.clone(), move |_| Reply::redirect(status, &target));
        refused(&server, &identity, &["where credentials don't follow"]);
        assert!(other.received().is_empty());
    }
}

#[test]
fn the_request_token_of_github_does_not_follow_a_redirect() {
    let other = Server::start(|_, _| Reply::json(200, &json!({"value": good_identity()})));
    let target = other.url();
    let server = Server::start(move |_, _| Reply::redirect(307, &target));
    refused(&server, "none-was-given", &["gave no identity token", "where credentials don't follow"]);
    assert!(other.received().is_empty());
}

#[test]
fn garbage_from_github_is_not_sent_to_pulumi_cloud() {
    for reply in [
        Reply::json(200, &json!({"value": "this is no token"})),
        Reply::json(200, &json!({"token": good_identity()})),
        Reply::Answer(200, Vec::new(), "\u{1}\u{2}".into()),
        Reply::json(403, &json!({"message": "no"})),
    ] {
        let server = Server::start(move |_, _| reply.clone());
        refused(&server, "none-was-given", &["identity token"]);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_job_without_the_permission_is_told_which() {
    let server = server(good_identity(), |_| granted());
    let scene =
        scene(&server).without("ACTIONS_ID_TOKEN_REQUEST_URL").with("PULUMI_ACCESS_TOKEN", "pul-other");
    scene.run("run").ends_with(3).says("id-token: write");
    assert!(!engine_ran(&scene), "a stored token is no way out");
    assert!(server.received().is_empty());
}
