//! Azure Blob Storage, as a fake that keeps blobs and checks how it is asked, with the services that give tokens for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use stackstep::base::http::Url;
use stackstep::ledger::entry::EntryKind;
use stackstep::ledger::trouble::LedgerTroubleKind;

use super::{HUSH, Stage, add, eight_at_once, told};
use crate::support::server::{Received, Reply, Server};

type Blobs = Arc<Mutex<BTreeMap<String, String>>>;

fn server(signed_by: &'static str) -> (Server, Blobs) {
    let blobs = Blobs::default();
    let kept = Arc::clone(&blobs);
    (Server::start(move |request, _| answer(request, &kept, signed_by)), blobs)
}

/// What the service answers: <https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>
fn answer(request: &Received, blobs: &Blobs, signed_by: &str) -> Reply {
    let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let text = |name: &str| query.get(name).map_or("", String::as_str);
    match signed_by {
        "sig" => assert_eq!(text("sig"), HUSH),
        by => {
            let authorization = request.header("authorization").unwrap_or_default();
            assert!(authorization.starts_with(by), "{authorization}");
        }
    }
    assert!(request.header("x-ms-version").is_some());
    let mut blobs = blobs.lock().unwrap();
    let path = url.path().to_owned();
    match request.method.as_str() {
        "GET" if text("comp") == "list" => {
            assert_eq!((path.as_str(), text("restype")), ("/acme/state", "container"));
            let names = blobs.keys().filter_map(|path| path.strip_prefix("/acme/state/"));
            let blob = |name: &str| {
                format!(
                    "<Blob><Name>{name}</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified>\
                     <Content-Length>1</Content-Length><Content-Type>x</Content-Type><Etag>e</Etag></Properties></Blob>"
                )
            };
            let found: String = names.filter(|name| name.starts_with(text("prefix"))).map(blob).collect();
            Reply::Answer(
                200,
                Vec::new(),
                format!("<EnumerationResults><Blobs>{found}</Blobs><NextMarker/></EnumerationResults>"),
            )
        }
        "GET" => match blobs.get(&path) {
            Some(body) => Reply::Answer(
                200,
                vec![("etag", "e".to_owned()), ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned())],
                body.clone(),
            ),
            None => refusal(404, "BlobNotFound", "The specified blob does not exist."),
        },
        "PUT" => {
            assert_eq!(request.header("x-ms-blob-type"), Some("BlockBlob"));
            if request.header("if-none-match") == Some("*") && blobs.contains_key(&path) {
                return refusal(409, "BlobAlreadyExists", "The specified blob already exists.");
            }
            blobs.insert(path, request.body.clone());
            Reply::Answer(201, vec![("etag", "e".to_owned())], String::new())
        }
        other => panic!("{other} {}", request.target),
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}\nRequestId:1</Message></Error>"
    );
    Reply::Answer(status, Vec::new(), body)
}

fn url(server: &Server) -> String {
    format!("azblob://state/a?storage_account=acme&domain=127.0.0.1:{}&protocol=http", server.port())
}

/// A key, which is base64.
const KEY: &str = "aHVudGVyMg==";

#[tokio::test]
async fn entries_lie_below_the_folder_of_the_backend_s_url_signed_by_the_account_s_key() {
    let (server, blobs) = server("SharedKey acme:");
    let variables = [("AZURE_STORAGE_ACCOUNT", "acme"), ("AZURE_STORAGE_KEY", KEY)];
    let stage = Stage::new(&url(&server), &variables);
    add(&stage.ledger(), EntryKind::Reserved).await.unwrap();
    add(&stage.ledger(), EntryKind::Finished).await.unwrap();
    let paths: Vec<String> = blobs.lock().unwrap().keys().cloned().collect();
    let folder = "/acme/state/a/.stackstep/ledger/shop/prod";
    assert_eq!(paths, [format!("{folder}/000000000001.json"), format!("{folder}/000000000002.json")]);
    assert_eq!(stage.ledger().history().await.unwrap().unwrap().last(), 2);
}

#[tokio::test]
async fn of_eight_writers_at_once_each_number_has_one() {
    let (server, _) = server("SharedKey acme:");
    let variables = [("AZURE_STORAGE_ACCOUNT", "acme"), ("AZURE_STORAGE_KEY", KEY)];
    eight_at_once(&Stage::new(&url(&server), &variables)).await;
}

#[tokio::test]
async fn a_signature_and_a_connection_string_sign_too() {
    let (by_signature, _) = server("sig");
    let variables = [("AZURE_STORAGE_SAS_TOKEN", "?sv=2024&sp=rwl&sig=hunter2")];
    add(&Stage::new(&url(&by_signature), &variables).ledger(), EntryKind::Reserved).await.unwrap();
    let (by_key, _) = server("SharedKey acme:");
    let endpoint = format!("BlobEndpoint={}/acme;AccountName=acme;AccountKey={KEY}", by_key.url());
    let variables = [("AZURE_STORAGE_CONNECTION_STRING", endpoint.as_str())];
    add(&Stage::new("azblob://state", &variables).ledger(), EntryKind::Reserved).await.unwrap();
}

#[tokio::test]
async fn a_workload_s_identity_is_exchanged_for_a_token() {
    let (blobs, _) = server("Bearer azure-token");
    let login = Server::start(|request, _| {
        assert_eq!(request.target, "/tenant-1/oauth2/v2.0/token");
        assert_eq!(request.field("client_assertion").as_deref(), Some("jwt-hunter2"));
        assert_eq!(request.field("scope").as_deref(), Some("https://storage.azure.com/.default"));
        Reply::json(200, &serde_json::json!({ "access_token": "azure-token", "expires_in": 3600 }))
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "jwt-hunter2").unwrap();
    let variables = [
        ("AZURE_CLIENT_ID", "client-1"),
        ("AZURE_TENANT_ID", "tenant-1"),
        ("AZURE_FEDERATED_TOKEN_FILE", file.path().to_str().unwrap()),
        ("AZURE_AUTHORITY_HOST", &login.url()),
    ];
    add(&Stage::new(&url(&blobs), &variables).ledger(), EntryKind::Reserved).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn whoever_is_logged_in_with_az_signs_if_nothing_else_does() {
    use std::os::unix::fs::PermissionsExt as _;
    let (blobs, _) = server("Bearer az-token");
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".azure")).unwrap();
    std::fs::write(home.path().join(".azure/azureProfile.json"), "{}").unwrap();
    let az = home.path().join("az");
    std::fs::write(
        &az,
        "#!/bin/sh\n[ \"$2\" = get-access-token ] && echo '{\"accessToken\":\"az-token\"}'\n",
    )
    .unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let folder = home.path().to_str().unwrap();
    let path = format!("{folder}:/usr/bin:/bin");
    let mut stage = Stage::new(&url(&blobs), &[]);
    stage.env = stackstep::base::env::Env::from_pairs("/", [("HOME", folder), ("PATH", path.as_str())]);
    add(&stage.ledger(), EntryKind::Reserved).await.unwrap();
    std::fs::write(&az, "#!/bin/sh\necho hunter2 >&2\nexit 1\n").unwrap();
    let trouble = stage.ledger().history().await.unwrap_err();
    assert_eq!(trouble.kind, LedgerTroubleKind::Denied);
    assert!(told(&trouble).contains("`az account get-access-token` gave no token"), "{trouble}");
}

#[tokio::test]
async fn refusals_are_told_in_the_service_s_words() {
    for (status, code, kind) in [
        (403, "AuthorizationPermissionMismatch", LedgerTroubleKind::Denied),
        (404, "ContainerNotFound", LedgerTroubleKind::Broken),
    ] {
        let server = Server::start(move |_, _| refusal(status, code, "No."));
        let stage = Stage::new(&url(&server), &[("AZURE_STORAGE_SAS_TOKEN", "sv=2024&sig=hunter2")]);
        let trouble = stage.ledger().history().await.unwrap_err();
        assert_eq!(trouble.kind, kind);
        let line = told(&trouble);
        assert!(line.contains(code) && !line.contains("sig="), "{line}");
        assert!(stage.state().await.unwrap_err().contains(code));
    }
}
