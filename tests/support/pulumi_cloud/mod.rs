//! Pulumi Cloud, as a fake on loopback that keeps one stack, `acme/shop/prod`, and its tags: enough for our own client and
//! for the CLI's `stack tag`. <https://www.pulumi.com/docs/reference/cloud-rest-api/stack-tags/>

pub mod deployments;
pub mod esc;
pub mod queue;
mod schedules;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use self::deployments::Deployments;
use super::server::{Received, Reply, Server};

/// The path of the stack.
pub const STACK: &str = "/api/stacks/acme/shop/prod";

/// The stack's tags.
pub type Tags = Arc<Mutex<BTreeMap<String, String>>>;

/// The service, for whoever has this token.
pub fn start(token: &'static str) -> (Server, Tags) {
    let tags = Tags::default();
    let kept = Arc::clone(&tags);
    (Server::start(move |request, _| answer(request, token, &mut kept.lock().unwrap())), tags)
}

/// The service with its deployments, for whoever has this token.
pub fn with_deployments(token: &'static str) -> (Server, Arc<Mutex<Deployments>>) {
    let (tags, kept) = (Tags::default(), Arc::<Mutex<Deployments>>::default());
    let deployments = Arc::clone(&kept);
    let server = Server::start(move |request, _| {
        let deployments = &mut *deployments.lock().unwrap();
        match deployments.answer(request) {
            Some(reply) if request.header("authorization").is_some_and(|own| own.ends_with(token)) => reply,
            _ => answer(request, token, &mut tags.lock().unwrap()),
        }
    });
    (server, kept)
}

/// The answer to one request.
pub fn answer(request: &Received, token: &str, tags: &mut BTreeMap<String, String>) -> Reply {
    let refused =
        |status: u16, message: &str| Reply::json(status, &json!({ "code": status, "message": message }));
    if request.header("authorization") != Some(format!("token {token}").as_str()) {
        return refused(401, "Unauthorized: No credentials provided or are invalid.");
    }
    let done = || Reply::Answer(204, Vec::new(), String::new());
    let path = request.target.split('?').next().unwrap();
    let name_of_tag = path.strip_prefix(&format!("{STACK}/tags/")).map(|name| name.replace("%3A", ":"));
    match (request.method.as_str(), path) {
        ("GET", "/api/user") => {
            Reply::json(200, &json!({ "githubLogin": "ann", "organizations": [{ "githubLogin": "acme" }] }))
        }
        ("GET", "/api/user/organizations/default") => Reply::json(200, &json!({ "GitHubLogin": "acme" })),
        ("GET", "/api/capabilities") => Reply::json(200, &json!({ "capabilities": [] })),
        ("GET", STACK) => Reply::json(
            200,
            &json!({
                "id": "x", "orgName": "acme", "projectName": "shop", "stackName": "prod", "activeUpdate": "",
                "version": 17, "tags": tags,
            }),
        ),
        // All of them are replaced.
        ("PATCH", path) if path == format!("{STACK}/tags") => {
            *tags = serde_json::from_str(&request.body).unwrap();
            done()
        }
        ("POST", path) if path == format!("{STACK}/tags") => {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let (name, value) = (body["name"].as_str().unwrap(), body["value"].as_str().unwrap());
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
            if name.len() > 40 || !name.chars().all(legal) {
                return refused(400, "invalid tag name");
            }
            if value.len() > 256 {
                return refused(400, "tag value is too long (max length 256 characters)");
            }
            if tags.contains_key(name) {
                return refused(400, "tag already exists");
            }
            tags.insert(name.to_owned(), value.to_owned());
            done()
        }
        ("DELETE", _) if name_of_tag.is_some() => match tags.remove(&name_of_tag.unwrap()) {
            Some(_) => done(),
            None => refused(404, "tag not found"),
        },
        _ => refused(404, "not found"),
    }
}
