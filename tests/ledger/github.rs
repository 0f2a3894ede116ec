//! GitHub's page of deployments, as a fake that keeps them: <https://docs.github.com/en/rest/deployments/deployments>

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use stackstep::base::http::Url;
use stackstep::base::secret::Secret;
use stackstep::forge::{Place, forge_by_name};
use stackstep::ledger::entry::EntryKind;
use stackstep::ledger::trouble::LedgerTroubleKind;

use super::{HUSH, Stage, add, eight_at_once, told};
use crate::support::server::{Received, Reply, Server};

type Deployments = Arc<Mutex<Vec<Value>>>;

fn server() -> (Server, Deployments) {
    let deployments = Deployments::default();
    let kept = Arc::clone(&deployments);
    (Server::start(move |request, _| answer(request, &kept)), deployments)
}

fn answer(request: &Received, deployments: &Deployments) -> Reply {
    assert_eq!(request.header("authorization"), Some(format!("Bearer ghp-{HUSH}").as_str()));
    let mut deployments = deployments.lock().unwrap();
    let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
    assert_eq!(url.path(), "/repos/acme/shop/deployments");
    if request.method == "POST" {
        let mut body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["required_contexts"], json!([]));
        assert_eq!(body["environment"], "stackstep-ledger");
        body["id"] = json!(1000 + deployments.len());
        deployments.push(body.clone());
        return Reply::json(201, &body);
    }
    let task = url.query_pairs().find(|(name, _)| name == "task").unwrap().1.into_owned();
    let found: Vec<&Value> = deployments.iter().rev().filter(|one| one["task"] == task).take(100).collect();
    Reply::json(200, &json!(found))
}

fn stage(server: &Server) -> Stage {
    let mut stage = Stage::new("postgres://me:hunter2@db/state", &[]);
    stage.forge = Some(Place {
        forge: forge_by_name("github").unwrap(),
        api: Url::parse(&format!("{}/", server.url())).unwrap(),
        repository: "acme/shop".to_owned(),
        token: Secret::new(format!("ghp-{HUSH}")),
        author: None,
        likely_author: None,
        jobs_own: true,
    });
    stage
}

#[tokio::test]
async fn beside_a_database_the_entries_are_deployments_of_the_repository() {
    let (server, deployments) = server();
    let stage = stage(&server);
    let ledger = stage.ledger();
    for kind in [EntryKind::Reserved, EntryKind::Finished] {
        add(&ledger, kind).await.unwrap();
    }
    let kept = deployments.lock().unwrap().clone();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[1]["description"], "stackstep ledger: finished 2");
    assert_eq!(kept[0]["task"], kept[1]["task"]);
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().last(), 2);
    assert_eq!(ledger.not_promised().len(), 2);
}

#[tokio::test]
async fn of_two_with_one_number_the_earlier_one_counts_and_the_other_decides_anew() {
    let (server, deployments) = server();
    eight_at_once(&stage(&server)).await;
    assert!(deployments.lock().unwrap().len() >= 8);
}

#[tokio::test]
async fn stacks_do_not_share_a_ledger() {
    let (server, _) = server();
    let ours = stage(&server);
    let mut theirs = stage(&server);
    theirs.identity.backend = Some("0123456789ab".to_owned());
    add(&ours.ledger(), EntryKind::Reserved).await.unwrap();
    assert_eq!(theirs.ledger().history().await.unwrap().unwrap().last(), 0);
}

#[tokio::test]
async fn a_record_that_somebody_else_wrote_is_none_and_one_that_is_cut_off_is_named() {
    let (server, deployments) = server();
    let stage = stage(&server);
    for _ in 0..2 {
        add(&stage.ledger(), EntryKind::Approved).await.unwrap();
    }
    {
        let mut deployments = deployments.lock().unwrap();
        let mut other = deployments[0].clone();
        (other["id"], other["payload"]) = (json!(2000), json!("a text"));
        deployments.push(other);
        let text = deployments[0]["payload"]["stackstep"].as_str().unwrap().to_owned();
        deployments[0]["payload"] = json!(json!({ "stackstep": text[..60] }).to_string());
    }
    let history = stage.ledger().history().await.unwrap().unwrap();
    assert_eq!(history.last(), 2);
    let problem = history.certain().unwrap_err();
    assert!(problem.what.contains("entry 1 can't be read: it is cut off"), "{}", problem.what);
}

#[tokio::test]
async fn a_token_without_rights_is_told() {
    let server = Server::start(|_, _| {
        Reply::json(403, &json!({ "message": "Resource not accessible by integration" }))
    });
    let stage = stage(&server);
    let trouble = stage.ledger().history().await.unwrap_err();
    assert_eq!(trouble.kind, LedgerTroubleKind::Denied);
    assert!(
        told(&trouble).contains("`deployments: write`") || told(&trouble).contains("deployment"),
        "{trouble}"
    );
}
