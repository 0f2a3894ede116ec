//! Pulumi Cloud, as a fake that keeps a stack and its tags. The real CLI as a second client reads the same tags
//! (`tests/runners/real/ledger.rs`).

use std::sync::{Arc, Mutex};

use serde_json::json;
use stackstep::ledger::entry::EntryKind;
use stackstep::ledger::state_identity::StateIdentity;
use stackstep::ledger::trouble::LedgerTroubleKind;

use super::{Stage, add, eight_at_once, told};
use crate::support::pulumi_cloud::{self, STACK, Tags, answer};
use crate::support::server::{Reply, Server};

const TOKEN: &str = "pul-hunter2";

fn server() -> (Server, Tags) {
    pulumi_cloud::start(TOKEN)
}

#[tokio::test]
async fn entries_are_tags_of_the_stack_and_one_run_costs_one_request_for_each_and_one_more() {
    let (server, tags) = server();
    tags.lock().unwrap().insert("pulumi:project".to_owned(), "shop".to_owned());
    let stage = Stage::new(&server.url(), &[]);
    let ledger = stage.ledger();
    for kind in [EntryKind::Reserved, EntryKind::Finished, EntryKind::Verified] {
        add(&ledger, kind).await.unwrap();
    }
    let names: Vec<String> = tags.lock().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        ["pulumi:project", "stackstep:ledger:000001", "stackstep:ledger:000002", "stackstep:ledger:000003"]
    );
    assert_eq!((ledger.requests(), server.received().len()), (4, 4));
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().last(), 3);
}

#[tokio::test]
async fn of_eight_writers_at_once_each_number_has_one() {
    let (server, _) = server();
    eight_at_once(&Stage::new(&server.url(), &[])).await;
}

#[tokio::test]
async fn a_tag_that_an_update_of_the_engine_has_removed_is_written_again() {
    let (server, tags) = server();
    let ledger = Stage::new(&server.url(), &[]).ledger();
    add(&ledger, EntryKind::Reserved).await.unwrap();
    let before = std::mem::take(&mut *tags.lock().unwrap());
    let history = ledger.history().await.unwrap().unwrap();
    assert_eq!((history.last(), history.unfinished().len()), (1, 1));
    assert_eq!(*tags.lock().unwrap(), before);
}

#[tokio::test]
async fn a_tag_that_is_lost_between_others_is_named() {
    let (server, tags) = server();
    let stage = Stage::new(&server.url(), &[]);
    for _ in 0..3 {
        add(&stage.ledger(), EntryKind::Approved).await.unwrap();
    }
    tags.lock().unwrap().remove("stackstep:ledger:000002");
    let problem = stage.ledger().history().await.unwrap().unwrap().certain().unwrap_err();
    assert!(problem.what.contains("entry 2 is missing"), "{}", problem.what);
}

#[tokio::test]
async fn old_tags_that_nobody_needs_are_deleted_and_what_is_open_stays() {
    let (server, tags) = server();
    let stage = Stage::new(&server.url(), &[]);
    let ledger = stage.ledger();
    add(&ledger, EntryKind::Held).await.unwrap();
    for _ in 0..40 {
        add(&ledger, EntryKind::Reserved).await.unwrap();
        add(&ledger, EntryKind::Finished).await.unwrap();
    }
    let names: Vec<String> = tags.lock().unwrap().keys().cloned().collect();
    assert!((21..=27).contains(&names.len()), "{names:?}");
    assert_eq!(names[0], "stackstep:ledger:000001", "the hold");
    let history = stage.ledger().history().await.unwrap().unwrap();
    assert!(history.certain().is_ok());
    assert_eq!((history.last(), history.holds().len()), (81, 1));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_not_another_writer() {
    let tags = Tags::default();
    let (kept, lost) = (Arc::clone(&tags), Mutex::new(false));
    let server = Server::start(move |request, _| {
        let reply = answer(request, TOKEN, &mut kept.lock().unwrap());
        let first = request.method == "POST" && !std::mem::replace(&mut *lost.lock().unwrap(), true);
        if first { Reply::Close } else { reply }
    });
    let ledger = Stage::new(&server.url(), &[]).ledger();
    assert_eq!(add(&ledger, EntryKind::Reserved).await.unwrap().number, 1);
    assert_eq!(tags.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_without_rights_is_told_and_so_is_a_stack_that_is_not_there() {
    for (status, kind, hint) in [
        (401, LedgerTroubleKind::Denied, "check the access token"),
        (403, LedgerTroubleKind::Denied, "Stack Write"),
        (404, LedgerTroubleKind::NoStack, "`upsert: true`"),
        (500, LedgerTroubleKind::Broken, "run the job again"),
    ] {
        let server = Server::start(move |request, _| {
            if request.method == "GET" && status != 401 {
                return Reply::json(200, &json!({ "version": 1 }));
            }
            Reply::Answer(
                status,
                vec![("retry-after", "0".to_owned())],
                json!({ "message": "no" }).to_string(),
            )
        });
        let trouble = add(&Stage::new(&server.url(), &[]).ledger(), EntryKind::Reserved).await.unwrap_err();
        assert_eq!(trouble.kind, kind, "{status}");
        let line = told(&trouble);
        assert!(line.contains(hint), "{line}");
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_has_an_empty_ledger_and_no_state() {
    let server =
        Server::start(|_, _| Reply::json(404, &json!({ "code": 404, "message": "Stack not found" })));
    let stage = Stage::new(&server.url(), &[]);
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().last(), 0);
    assert_eq!(stage.state().await.unwrap().identity, StateIdentity::NoStack);
}

#[tokio::test]
async fn a_service_that_takes_no_more_tags_is_told() {
    let server = Server::start(|request, _| match request.method.as_str() {
        "GET" => Reply::json(200, &json!({ "version": 1, "tags": { "a": "b" } })),
        _ => Reply::json(400, &json!({ "message": "too many tags" })),
    });
    let trouble = add(&Stage::new(&server.url(), &[]).ledger(), EntryKind::Reserved).await.unwrap_err();
    assert!(told(&trouble).contains("does not take another tag: it has 1"), "{trouble}");
}

#[tokio::test]
async fn the_organisation_is_asked_for_where_the_name_has_none() {
    let (server, tags) = server();
    let mut stage = Stage::new(&server.url(), &[]);
    stage.identity.organization = None;
    add(&stage.ledger(), EntryKind::Reserved).await.unwrap();
    assert_eq!(tags.lock().unwrap().len(), 1);
    let old = Server::start(|request, _| match request.target.as_str() {
        "/api/user" => Reply::json(200, &json!({ "githubLogin": "acme" })),
        STACK => Reply::json(200, &json!({ "version": 3 })),
        _ => Reply::json(404, &json!({})),
    });
    let mut stage = Stage::new(&old.url(), &[]);
    stage.identity.organization = None;
    assert_eq!(stage.state().await.unwrap().identity, StateIdentity::Version(3));
}

#[tokio::test]
async fn the_state_is_the_last_update_s_number_and_who_is_at_work() {
    let (idle, _) = server();
    let seen = Stage::new(&idle.url(), &[]).state().await.unwrap();
    assert_eq!((seen.identity.to_string(), seen.at_work), ("version 17".to_owned(), Vec::new()));
    let busy = Server::start(|_, _| {
        Reply::json(200, &json!({ "version": 18, "currentOperation": { "kind": "update", "author": "ann" } }))
    });
    let seen = Stage::new(&busy.url(), &[]).state().await.unwrap();
    assert_eq!((seen.identity, seen.at_work), (StateIdentity::Version(18), vec!["update by ann".to_owned()]));
}
