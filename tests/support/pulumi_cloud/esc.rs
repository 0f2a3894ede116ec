//! Environments of Pulumi ESC, which the fake opens for whoever has its token: <https://www.pulumi.com/docs/reference/cloud-rest-api/environments/>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::super::server::{Received, Reply, Server};
use super::answer;

/// The environments by `organization/project/name`, each with its properties, and what was opened: the names with their
/// versions and durations.
#[derive(Default)]
pub struct EscEnvironments {
    /// The properties, or the refusal.
    pub kept: BTreeMap<String, Result<Value, (u16, Value)>>,
    /// What was opened, in turn.
    pub opened: Vec<String>,
}

/// The service with environments, for whoever has this token, which it gives for any identity.
pub fn with_environments(token: &'static str) -> (Server, Arc<Mutex<EscEnvironments>>) {
    let kept = Arc::<Mutex<EscEnvironments>>::default();
    let environments = Arc::clone(&kept);
    let server = Server::start(move |request, _| {
        if request.target == "/api/oauth/token" {
            let grant = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 7200 });
            return Reply::json(200, &grant);
        }
        let may = request.header("authorization") == Some(format!("token {token}").as_str());
        let reply = environments.lock().unwrap().answer(request).filter(|_| may);
        reply.unwrap_or_else(|| answer(request, token, &mut BTreeMap::new()))
    });
    (server, kept)
}

/// A secret, as the service writes one.
pub fn secret(text: &str) -> Value {
    json!({ "value": text, "secret": true, "trace": { "def": place() } })
}

/// A value that is no secret.
pub fn plain(value: impl Into<Value>) -> Value {
    json!({ "value": value.into(), "trace": { "def": place() } })
}

fn place() -> Value {
    let point = json!({ "line": 1, "column": 1, "byte": 0 });
    json!({ "environment": "shop/prod", "begin": point, "end": point })
}

impl EscEnvironments {
    fn answer(&mut self, request: &Received) -> Option<Reply> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let rest = path.strip_prefix("/api/esc/environments/")?;
        let (named, last) = rest.split_once("/open").unwrap_or((rest, ""));
        let (name, version) = named.split_once("/versions/").unwrap_or((named, ""));
        let Some(kept) = self.kept.get(name) else {
            return Some(Reply::json(
                404,
                &json!({ "code": 404, "message": "Not Found: environment not found" }),
            ));
        };
        let properties = match kept {
            Ok(properties) => properties,
            Err((status, body)) => return Some(Reply::json(*status, body)),
        };
        Some(match request.method.as_str() {
            "POST" => {
                self.opened.push(format!("{name} {version} {query}").replace("  ", " "));
                Reply::json(200, &json!({ "id": format!("open-{}", self.opened.len()) }))
            }
            _ if last.starts_with("/open-") => Reply::json(200, &json!({ "properties": properties })),
            _ => Reply::json(404, &json!({ "code": 404, "message": "not found" })),
        })
    }
}
