//! S3, as a fake that keeps objects, and the services that give credentials for it. What a server of S3's own protocol does
//! is shown with moto (`tests/runners/real/ledger.rs`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use stackstep::base::http::Url;
use stackstep::ledger::entry::EntryKind;
use stackstep::ledger::trouble::LedgerTroubleKind;

use super::{HUSH, Stage, add, eight_at_once, told};
use crate::support::server::{Received, Reply, Server};

/// How the server deals with what is there already.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// It refuses to create what is there.
    Careful,
    /// It knows no conditions.
    Careless,
}

type Objects = Arc<Mutex<BTreeMap<String, String>>>;

fn server(manner: Manner) -> (Server, Objects) {
    let objects = Objects::default();
    let kept = Arc::clone(&objects);
    let server = Server::start(move |request, _| answer(request, &kept, manner));
    (server, objects)
}

fn answer(request: &Received, objects: &Objects, manner: Manner) -> Reply {
    let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let authorization = request.header("authorization").unwrap_or_default();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIA"), "{authorization}");
    assert!(!authorization.contains(HUSH));
    let mut objects = objects.lock().unwrap();
    let path = url.path().to_owned();
    match request.method.as_str() {
        "GET" if query.get("list-type").map(String::as_str) == Some("2") => {
            let text = |name: &str| query.get(name).map_or("", String::as_str);
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
                vec![
                    ("etag", "\"e\"".to_owned()),
                    ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
                ],
                body.clone(),
            ),
            None => refusal(404, "NoSuchKey", "The specified key does not exist."),
        },
        "PUT" => {
            let only_new = request.header("if-none-match") == Some("*");
            if only_new && manner == Manner::Careful && objects.contains_key(&path) {
                return refusal(
                    412,
                    "PreconditionFailed",
                    "At least one of the preconditions you specified did not hold.",
                );
            }
            objects.insert(path, request.body.clone());
            Reply::Answer(200, vec![("etag", "\"e\"".to_owned())], String::new())
        }
        "DELETE" => {
            objects.remove(&path);
            Reply::Answer(204, Vec::new(), String::new())
        }
        other => panic!("{other} {}", request.target),
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Reply::Answer(status, Vec::new(), body)
}

fn url(server: &Server) -> String {
    format!("s3://state/a/b?region=eu-central-1&endpoint={}&s3ForcePathStyle=true", server.url())
}

fn keys() -> [(&'static str, &'static str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIA0"),
        ("AWS_SECRET_ACCESS_KEY", "the-hunter2-key"),
        ("AWS_SESSION_TOKEN", "the-hunter2-token"),
    ]
}

#[tokio::test]
async fn entries_lie_below_the_folder_of_the_backend_s_url() {
    let (server, objects) = server(Manner::Careful);
    let stage = Stage::new(&url(&server), &keys());
    let ledger = stage.ledger();
    assert_eq!(add(&ledger, EntryKind::Reserved).await.unwrap().number, 1);
    let paths: Vec<String> = objects.lock().unwrap().keys().cloned().collect();
    assert_eq!(paths, ["/state/a/b/.stackstep/ledger/shop/prod/000000000001.json"]);
    let put = server.received().into_iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!(put.header("if-none-match"), Some("*"));
    assert_eq!(put.header("x-amz-security-token"), Some("the-hunter2-token"));
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().unfinished().len(), 1);
}

#[tokio::test]
async fn a_lock_is_removed_and_nothing_else() {
    let (server, _) = server(Manner::Careful);
    Stage::new(&url(&server), &keys()).lock_is_seen_and_removed().await;
}

#[tokio::test]
async fn of_eight_writers_at_once_each_number_has_one() {
    let (server, _) = server(Manner::Careful);
    eight_at_once(&Stage::new(&url(&server), &keys())).await;
}

#[tokio::test]
async fn a_server_that_knows_no_conditions_is_found_out_and_told() {
    let (careless, _) = server(Manner::Careless);
    let ledger = Stage::new(&url(&careless), &keys()).ledger();
    assert!(ledger.not_promised().is_empty());
    add(&ledger, EntryKind::Reserved).await.unwrap();
    assert!(ledger.not_promised()[0].contains("overwrites what is there already"));
    let (careful, _) = server(Manner::Careful);
    let ledger = Stage::new(&url(&careful), &keys()).ledger();
    add(&ledger, EntryKind::Reserved).await.unwrap();
    assert!(ledger.not_promised().is_empty());
}

#[tokio::test]
async fn an_answer_that_was_lost_is_not_another_writer() {
    let objects = Objects::default();
    let kept = Arc::clone(&objects);
    let lost = Mutex::new(false);
    let server = Server::start(move |request, _| {
        let reply = answer(request, &kept, Manner::Careful);
        if request.method == "PUT" && !std::mem::replace(&mut lost.lock().unwrap(), true) {
            return Reply::Close;
        }
        reply
    });
    let ledger = Stage::new(&url(&server), &keys()).ledger();
    assert_eq!(add(&ledger, EntryKind::Reserved).await.unwrap().number, 1);
    assert_eq!(objects.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_are_told_in_the_server_s_words_with_the_way_out() {
    for (status, code, message, kind, hint) in [
        (
            403,
            "AccessDenied",
            "User: arn:aws:sts::1:x is not authorized to perform: s3:ListBucket",
            LedgerTroubleKind::Denied,
            "s3:PutObject",
        ),
        (
            404,
            "NoSuchBucket",
            "The specified bucket does not exist",
            LedgerTroubleKind::Broken,
            "check the name",
        ),
        (
            301,
            "PermanentRedirect",
            "The bucket must be addressed using another endpoint",
            LedgerTroubleKind::Broken,
            "check the region",
        ),
        (
            400,
            "AuthorizationHeaderMalformed",
            "the region 'a' is wrong; expecting 'b'",
            LedgerTroubleKind::Broken,
            "check the region",
        ),
        (503, "SlowDown", "Please reduce your request rate.", LedgerTroubleKind::Broken, "run the job again"),
    ] {
        let server = Server::start(move |_, _| match refusal(status, code, message) {
            Reply::Answer(status, _, body) => {
                Reply::Answer(status, vec![("retry-after", "0".to_owned())], body)
            }
            other => other,
        });
        let stage = Stage::new(&url(&server), &keys());
        let trouble = stage.ledger().history().await.unwrap_err();
        assert_eq!(trouble.kind, kind, "{code}");
        let line = told(&trouble);
        assert!(line.contains(code) && line.contains(message) && line.contains(hint), "{line}");
        assert!(line.contains("in `the backend's address`"), "{line}");
        let problem = stage.state().await.unwrap_err();
        assert!(problem.contains(code), "{problem}");
        let tries = if status == 503 { 3 } else { 1 };
        assert_eq!(
            server
                .received()
                .iter()
                .filter(|one| one.target.contains("summary") || one.target.contains("ledger"))
                .count(),
            tries,
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_told_without_an_address() {
    let url = "s3://state?region=x&endpoint=http://u:hunter2@127.0.0.1:9&s3ForcePathStyle=true";
    let line = told(&Stage::new(url, &keys()).ledger().history().await.unwrap_err());
    assert!(line.contains("127.0.0.1:9 can't be reached") && line.contains("NO_PROXY"), "{line}");
}

#[tokio::test]
async fn an_identity_token_is_exchanged_for_keys() {
    let (bucket, _) = server(Manner::Careful);
    let sts = Server::start(|request, _| {
        let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["Action"], "AssumeRoleWithWebIdentity");
        assert_eq!(
            (query["RoleArn"].as_str(), query["WebIdentityToken"].as_str()),
            ("arn:aws:iam::1:role/ci", "jwt-hunter2")
        );
        Reply::Answer(200, Vec::new(), credentials_xml())
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "jwt-hunter2").unwrap();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci"),
        ("AWS_ENDPOINT_URL_STS", &sts.url()),
    ];
    let ledger = Stage::new(&url(&bucket), &variables).ledger();
    add(&ledger, EntryKind::Reserved).await.unwrap();
    assert_eq!(sts.received().len(), 1);
}

fn credentials_xml() -> String {
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIA1</AccessKeyId>\
     <SecretAccessKey>hunter2</SecretAccessKey><SessionToken>hunter2</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration>\
     </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        .to_owned()
}

#[tokio::test]
async fn an_identity_that_is_not_accepted_is_told_without_it() {
    let (bucket, _) = server(Manner::Careful);
    let sts = Server::start(|_, _| {
        refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "jwt-hunter2").unwrap();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci"),
        ("AWS_ENDPOINT_URL_STS", &sts.url()),
    ];
    let trouble = Stage::new(&url(&bucket), &variables).ledger().history().await.unwrap_err();
    let line = told(&trouble);
    assert_eq!(trouble.kind, LedgerTroubleKind::Denied);
    assert!(line.contains("sts:AssumeRoleWithWebIdentity"), "{line}");
}

#[tokio::test]
async fn the_container_s_and_the_machine_s_credentials_are_taken() {
    let keys = r#"{"AccessKeyId":"AKIA2","SecretAccessKey":"hunter2","Token":"hunter2","Expiration":"2036-01-01T00:00:00Z","Code":"Success"}"#;
    let metadata = Server::start(move |request, _| match request.target.as_str() {
        "/v1/pod" => {
            assert_eq!(request.header("authorization"), Some("pod-hunter2"));
            Reply::Answer(200, Vec::new(), keys.to_owned())
        }
        "/latest/api/token" => Reply::Answer(200, Vec::new(), "imds-hunter2".to_owned()),
        "/latest/meta-data/iam/security-credentials/" => Reply::Answer(200, Vec::new(), "ci".to_owned()),
        "/latest/meta-data/iam/security-credentials/ci" => Reply::Answer(200, Vec::new(), keys.to_owned()),
        other => panic!("{other}"),
    });
    let (bucket, _) = server(Manner::Careful);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "pod-hunter2").unwrap();
    let pod = format!("{}/v1/pod", metadata.url());
    let in_pod = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", pod.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.path().to_str().unwrap()),
    ];
    let machine = metadata.url();
    let on_machine = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.as_str())];
    for variables in [&in_pod[..], &on_machine] {
        add(&Stage::new(&url(&bucket), variables).ledger(), EntryKind::Approved).await.unwrap();
    }
}

#[tokio::test]
async fn without_credentials_there_is_no_ledger_and_the_way_out() {
    let (server, _) = server(Manner::Careful);
    let ledger = Stage::new(&url(&server), &[("AWS_EC2_METADATA_DISABLED", "true")]).ledger();
    let problem = ledger.missing().unwrap();
    assert_eq!(problem.what, "there are no credentials for the bucket");
    assert!(problem.hint.as_ref().unwrap().contains("AWS_ACCESS_KEY_ID"));
}

#[tokio::test]
async fn the_encryption_of_the_backend_s_url_is_asked_for() {
    let (server, _) = server(Manner::Careful);
    let url = format!("{}&ssetype=aws:kms&kmskeyid=key-1", url(&server));
    add(&Stage::new(&url, &keys()).ledger(), EntryKind::Reserved).await.unwrap();
    let put = server.received().into_iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!(put.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(put.header("x-amz-server-side-encryption-aws-kms-key-id"), Some("key-1"));
}
