//! Google Cloud Storage, as a fake that keeps objects and checks how it is asked, with the services that give tokens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use stackstep::base::http::Url;
use stackstep::ledger::entry::EntryKind;
use stackstep::ledger::trouble::LedgerTroubleKind;

use super::{HUSH, Stage, add, eight_at_once, told};
use crate::support::server::{Received, Reply, Server};

type Objects = Arc<Mutex<BTreeMap<String, String>>>;

fn server() -> (Server, Objects) {
    let objects = Objects::default();
    let kept = Arc::clone(&objects);
    (Server::start(move |request, _| answer(request, &kept)), objects)
}

/// What the service answers: <https://cloud.google.com/storage/docs/xml-api/overview>
fn answer(request: &Received, objects: &Objects) -> Reply {
    assert_eq!(request.header("authorization"), Some(format!("Bearer ya29-{HUSH}").as_str()));
    let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let text = |name: &str| query.get(name).map_or("", String::as_str);
    let mut objects = objects.lock().unwrap();
    let path = stackstep::base::text::percent_decoded(url.path());
    match request.method.as_str() {
        "GET" if text("list-type") == "2" => {
            let keys = objects.keys().filter_map(|path| path.strip_prefix("/state/"));
            let keys = keys.filter(|key| key.starts_with(text("prefix")) && *key > text("start-after"));
            let item = |key: &str| {
                format!(
                    "<Contents><Key>{key}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                )
            };
            Reply::Answer(
                200,
                Vec::new(),
                format!("<ListBucketResult>{}</ListBucketResult>", keys.map(item).collect::<String>()),
            )
        }
        "GET" => match objects.get(&path) {
            Some(body) => Reply::Answer(
                200,
                vec![("etag", "e".to_owned()), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned())],
                body.clone(),
            ),
            None => refusal(404, "NoSuchKey"),
        },
        "PUT" => {
            if request.header("x-goog-if-generation-match") == Some("0") && objects.contains_key(&path) {
                return refusal(412, "PreconditionFailed");
            }
            objects.insert(path, request.body.clone());
            Reply::Answer(
                200,
                vec![("etag", "e".to_owned()), ("x-goog-generation", "1".to_owned())],
                String::new(),
            )
        }
        "DELETE" => match objects.remove(&path) {
            Some(_) => Reply::Answer(204, Vec::new(), String::new()),
            None => refusal(404, "NoSuchKey"),
        },
        other => panic!("{other} {}", request.target),
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply::Answer(
        status,
        Vec::new(),
        format!("<?xml?><Error><Code>{code}</Code><Message>No.</Message></Error>"),
    )
}

fn stage(server: &Server, variables: &[(&str, &str)]) -> Stage {
    let host = format!("127.0.0.1:{}", server.port());
    let emulator = [("STORAGE_EMULATOR_HOST", host.as_str())];
    Stage::new("gs://state/a", &emulator.iter().chain(variables).copied().collect::<Vec<_>>())
}

const TOKEN: (&str, &str) = ("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29-hunter2");

#[tokio::test]
async fn entries_lie_below_the_folder_of_the_backend_s_url() {
    let (server, objects) = server();
    let stage = stage(&server, &[TOKEN]);
    add(&stage.ledger(), EntryKind::Reserved).await.unwrap();
    assert!(objects.lock().unwrap().contains_key("/state/a/.stackstep/ledger/shop/prod/000000000001.json"));
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().last(), 1);
}

#[tokio::test]
async fn a_lock_is_removed_and_nothing_else() {
    let (server, _) = server();
    stage(&server, &[TOKEN]).lock_is_seen_and_removed().await;
}

#[tokio::test]
async fn of_eight_writers_at_once_each_number_has_one() {
    let (server, _) = server();
    eight_at_once(&stage(&server, &[TOKEN])).await;
}

#[tokio::test]
async fn the_identity_of_a_ci_system_is_exchanged_and_speaks_for_a_service_account() {
    let (bucket, _) = server();
    let google = Server::start(|request, _| match request.target.as_str() {
        "/ci-token" => {
            assert_eq!(request.header("authorization"), Some("Bearer ci-hunter2"));
            Reply::json(200, &json!({ "value": "jwt-hunter2" }))
        }
        "/sts" => {
            assert_eq!(request.field("subject_token").as_deref(), Some("jwt-hunter2"));
            assert_eq!(request.field("audience").as_deref(), Some("//iam.googleapis.com/pool"));
            assert_eq!(
                request.field("scope").as_deref(),
                Some("https://www.googleapis.com/auth/cloud-platform")
            );
            Reply::json(200, &json!({ "access_token": "federated-hunter2", "expires_in": 3600 }))
        }
        "/impersonate" => {
            assert_eq!(request.header("authorization"), Some("Bearer federated-hunter2"));
            Reply::json(200, &json!({ "accessToken": "ya29-hunter2", "expireTime": "2036-01-01T00:00:00Z" }))
        }
        other => panic!("{other}"),
    });
    let at = |path: &str| format!("{}{path}", google.url());
    let credentials = json!({
        "type": "external_account", "audience": "//iam.googleapis.com/pool",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": at("/sts"),
        "service_account_impersonation_url": at("/impersonate"),
        "credential_source": {
            "url": at("/ci-token"), "headers": { "Authorization": "Bearer ci-hunter2" },
            "format": { "type": "json", "subject_token_field_name": "value" },
        },
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), credentials.to_string()).unwrap();
    let variables = [("GOOGLE_APPLICATION_CREDENTIALS", file.path().to_str().unwrap())];
    let ledger = stage(&bucket, &variables).ledger();
    for kind in [EntryKind::Reserved, EntryKind::Finished] {
        add(&ledger, kind).await.unwrap();
    }
    assert_eq!(google.received().len(), 3, "a token is kept");
}

#[tokio::test]
async fn an_identity_that_is_not_accepted_is_told_without_it() {
    let (bucket, _) = server();
    let google = Server::start(|_, _| {
        Reply::json(
            400,
            &json!({ "error": "invalid_grant", "error_description": "The audience does not match." }),
        )
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "jwt-hunter2").unwrap();
    let credentials = json!({
        "type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": google.url(),
        "credential_source": { "file": file.path() },
    })
    .to_string();
    let trouble =
        stage(&bucket, &[("GOOGLE_CREDENTIALS", &credentials)]).ledger().history().await.unwrap_err();
    let line = told(&trouble);
    assert!(line.contains("(invalid_grant): The audience does not match."), "{line}");
}

#[tokio::test]
async fn a_service_account_s_key_that_is_none_is_told_without_it() {
    let (bucket, _) = server();
    let credentials = json!({
        "type": "service_account", "client_email": "ci@acme.iam.gserviceaccount.com", "private_key_id": "k",
        "private_key": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
    })
    .to_string();
    let ledger = stage(&bucket, &[("GOOGLE_CREDENTIALS", &credentials)]).ledger();
    let problem = ledger.missing().unwrap().in_one_line();
    assert!(
        problem.starts_with("the bucket `state` can't be used: ") && !problem.contains(HUSH),
        "{problem}"
    );
}

/// Needs the key of a service account in the file of `RSA_KEY`: none is kept with the code.
#[tokio::test]
#[ignore = "needs a key"]
async fn a_service_account_s_key_signs() {
    #[expect(clippy::disallowed_methods, reason = "the key is nobody's business but this test's")]
    let key = std::fs::read_to_string(std::env::var("RSA_KEY").unwrap()).unwrap();
    let bucket = Server::start(|request, _| {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap();
        assert_eq!(token.split('.').count(), 3, "{token}");
        if request.target.contains("list-type") {
            Reply::Answer(200, Vec::new(), "<ListBucketResult></ListBucketResult>".to_owned())
        } else {
            refusal(404, "NoSuchKey")
        }
    });
    let credentials = json!({
        "type": "service_account", "client_email": "ci@acme.iam.gserviceaccount.com", "private_key_id": "k", "private_key": key,
    });
    let credentials = credentials.to_string();
    let ledger = stage(&bucket, &[("GOOGLE_CREDENTIALS", &credentials)]).ledger();
    assert_eq!(ledger.history().await.unwrap().unwrap().last(), 0);
}

#[tokio::test]
async fn refusals_are_told_in_the_service_s_words() {
    for (status, code, kind) in
        [(403, "AccessDenied", LedgerTroubleKind::Denied), (404, "NoSuchBucket", LedgerTroubleKind::Broken)]
    {
        let server = Server::start(move |_, _| refusal(status, code));
        let stage = stage(&server, &[TOKEN]);
        let trouble = stage.ledger().history().await.unwrap_err();
        assert_eq!(trouble.kind, kind);
        assert!(told(&trouble).contains(code), "{trouble}");
        assert!(stage.state().await.unwrap_err().contains(code));
    }
}
