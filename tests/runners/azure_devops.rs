//! The tests' fake of Azure Repos, used by Microsoft's own client: what satisfies it, and what it sends, is what Azure
//! Repos has.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use stackstep::publish::comment::Posted;

use crate::posts;
use crate::real_parts::shown_with;
use crate::support::forge::reads::story;
use crate::support::forge::{FACES, Fake, ME, TOKEN};
use crate::support::server::{Received, Reply, Server};
use crate::tools::{folder, root, run};

/// Where the client finds what, by the names that it has for them: the server tells it first. The paths are those of the
/// reference: <https://learn.microsoft.com/rest/api/azure/devops/git/>.
const PLACES: &[(&str, &str)] = &[
    ("9946fd70-0d40-406e-b686-b4744cbbcc37", "pullRequests/{pullRequestId}"),
    ("ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", "pullRequests/{pullRequestId}/threads/{threadId}"),
    (
        "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b",
        "pullRequests/{pullRequestId}/threads/{threadId}/comments/{commentId}",
    ),
    ("b3a6eebe-9cf0-49ea-b6cb-1a4c5f5007b0", "pullrequestquery"),
    ("428dd4fb-fda5-4722-af02-9313b80305da", "commits/{commitId}/statuses"),
];

/// The same of what delivery reads, with their whole paths.
const READ: &[(&str, &str)] = &[
    ("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "{project}/_apis/git/repositories/{repositoryId}"),
    (
        "4b6702c7-aa35-4b89-9c96-b9abf6d3e540",
        "{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}/reviewers/{reviewerId}",
    ),
    (
        "d43911ee-6958-46b0-a42b-8445b8a0d004",
        "{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}",
    ),
    (
        "d5b216de-d8d5-4d32-ae76-51df755b16d3",
        "{project}/_apis/git/repositories/{repositoryId}/stats/branches/{name}",
    ),
    (
        "c2570c3b-5b3f-41b8-98bf-5407bfde8d58",
        "{project}/_apis/git/repositories/{repositoryId}/commits/{commitId}",
    ),
    ("fb93c0db-47ed-4a31-8c20-47552878fb44", "{project}/_apis/git/repositories/{repositoryId}/items/{path}"),
    (
        "7cf2abb6-c964-4f7e-9872-f78c66e72e9c",
        "{project}/_apis/git/repositories/{repositoryNameOrId}/commits/{commitId}/mergebases",
    ),
    ("6400dfb2-0bcb-462b-b992-5a57f8f1416c", "{project}/_apis/git/repositories/{repositoryId}/commitsbatch"),
    ("2c420070-a0a2-49cc-9639-c9f271c5ff07", "{project}/_apis/git/policy/configurations"),
    ("8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "{project}/_apis/distributedtask/environments/{environmentId}"),
    ("86c8381e-5aee-4cde-8ae4-25c0c7f5eaea", "{project}/_apis/pipelines/checks/configurations/{id}"),
    ("8baac422-4c6e-4de5-8532-db96d92acffa", "{project}/_apis/build/builds/{buildId}/timeline/{timelineId}"),
    ("294c494c-2600-4d7e-b76c-3dd50c3c95be", "_apis/projects/{projectId}/teams/{teamId}/members"),
];

fn places() -> Value {
    let place = |id: &str, path: &str| {
        json!({
            "id": id, "area": "git", "resourceName": path, "resourceVersion": 1,
            "minVersion": "1.0", "maxVersion": "7.1", "releasedVersion": "7.1", "routeTemplate": path,
        })
    };
    let of_repository = |(id, path): &(&str, &str)| {
        place(id, &format!("{{project}}/_apis/git/repositories/{{repositoryId}}/{path}"))
    };
    let all: Vec<Value> =
        PLACES.iter().map(of_repository).chain(READ.iter().map(|(id, path)| place(id, path))).collect();
    json!({ "count": all.len(), "value": all })
}

/// In front of the fake: tells the places, and writes the API's version where the fake wants it. The client has it in
/// `Accept`, as `application/json;api-version=7.1`, which is documented beside the parameter.
/// <https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning>
fn door(fake: &str) -> Server {
    let fake = fake.strip_prefix("http://").unwrap().to_owned();
    Server::start(move |request, _| {
        if request.method == "OPTIONS" {
            return Reply::json(200, &places());
        }
        pass(&fake, request)
    })
}

fn pass(fake: &str, request: &Received) -> Reply {
    let version = request.header("accept").and_then(|accept| accept.split_once("api-version=")).unwrap().1;
    let joint = if request.target.contains('?') { '&' } else { '?' };
    // A list without a number ends in the slash of its pattern, or has another name.
    let target = match request.target.split_once('?') {
        Some((path, query)) if path.ends_with("/pullRequests") => {
            format!("{}?{query}", path.replace("/pullRequests", "/pullrequests"))
        }
        _ => request.target.clone(),
    };
    let head = format!(
        "{} {target}{joint}api-version={version} HTTP/1.1\r\nhost: {fake}\r\nauthorization: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        request.method,
        request.header("authorization").unwrap(),
        request.body.len()
    );
    let mut stream = TcpStream::connect(fake).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(request.body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    Reply::Raw(answer)
}

#[test]
#[ignore = "needs azure-devops"]
fn another_client_reads_and_writes_what_ours_does() {
    let fake = Fake::start(FACES[2]);
    fake.memory().pulls[0].commits = vec!["8d08154cabb1c4f71a535de986600303936780f8".to_owned()];
    for number in 0..130 {
        fake.memory().write("ada", &format!("comment {number}"));
    }
    assert_eq!(posts::post(&fake, 1), Posted::Created);
    let door = door(&fake.server.url());
    let mut client = std::process::Command::new(folder("azure-devops").join("bin/python"));
    // It keeps what servers told it in the home folder.
    let home = tempfile::tempdir().unwrap();
    client.arg(root().join("tests/runners/azure-devops.py")).env("URL", door.url()).env("TOKEN", TOKEN);
    let (fine, said) = run(client.env("HOME", home.path()).env("AZURE_DEVOPS_CACHE_DIR", home.path()));
    assert!(fine, "{said}");
    {
        let memory = fake.memory();
        assert_eq!(memory.comments.iter().filter(|comment| comment.author == ME).count(), 1);
        assert_eq!(memory.statuses[0]["context"]["name"], "stackstep / shop / dev");
    }
    assert_eq!(posts::post(&fake, 2), Posted::Updated);
    shown_with("Azure DevOps' client (azure-devops 7.1.0b4)");
}

#[test]
#[ignore = "needs azure-devops"]
fn another_client_reads_what_delivery_reads() {
    let fake = Fake::start(FACES[2]);
    let (merge, base) = story(&mut fake.memory().shown);
    let door = door(&fake.server.url());
    let mut client = std::process::Command::new(folder("azure-devops").join("bin/python"));
    let home = tempfile::tempdir().unwrap();
    client
        .arg(root().join("tests/runners/azure-devops-delivery.py"))
        .env("URL", door.url())
        .env("TOKEN", TOKEN)
        .env("MERGE", merge)
        .env("BASE", base);
    let (fine, said) = run(client.env("HOME", home.path()).env("AZURE_DEVOPS_CACHE_DIR", home.path()));
    assert!(fine, "{said}");
    shown_with("Azure DevOps' client (azure-devops 7.1.0b4)");
}
