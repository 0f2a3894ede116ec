//! The deployment settings of the stack, as the service keeps them: merged, with secrets that nobody gets back, and with what
//! it fills in and leaves out. <https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/>

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::STACK;
use super::queue::Queue;
use super::schedules::Schedules;
use crate::support::server::{Received, Reply};

/// What the service keeps.
#[derive(Default)]
pub struct Deployments {
    /// The settings, with their secrets.
    pub settings: Option<Value>,
    /// The schedules.
    pub schedules: Schedules,
    /// The deployments.
    pub queue: Queue,
    /// Replies for the next requests with this method and the end of this path, in the place of the service's own.
    pub instead: VecDeque<(&'static str, &'static str, Reply)>,
    version: u64,
}

/// The keys that the service takes.
const KEYS: [&str; 8] = [
    "tag",
    "executorContext",
    "sourceContext",
    "gitHub",
    "vcs",
    "operationContext",
    "agentPoolID",
    "cacheOptions",
];

impl Deployments {
    /// The answer to a request about deployments; none to any other.
    pub fn answer(&mut self, request: &Received) -> Option<Reply> {
        let path = request.target.split('?').next()?;
        let is_next =
            |(method, end, _): &(&str, &str, Reply)| request.method == *method && path.ends_with(*end);
        if self.instead.front().is_some_and(is_next) {
            return self.instead.pop_front().map(|(_, _, reply)| reply);
        }
        if let Some(reply) = self.queue.answer(request, self.settings.as_ref()) {
            return Some(reply);
        }
        let below = path.strip_prefix(STACK)?.strip_prefix("/deployments/")?;
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match (request.method.as_str(), below) {
            ("GET", "settings") => Some(match &self.settings {
                Some(settings) => Reply::json(200, &self.shown(settings)),
                None => refused(404, "deployment settings not found"),
            }),
            ("POST", "settings") => Some(self.merge(&body)),
            ("DELETE", "settings") => {
                self.settings = None;
                Some(Reply::json(200, &json!(true)))
            }
            (method, below) => self.schedules.answer(method, below, &body, self.settings.is_some()),
        }
    }

    fn merge(&mut self, patch: &Value) -> Reply {
        let Some(fields) = patch.as_object() else { return refused(400, "the body is not an object") };
        if let Some(unknown) = fields.keys().find(|name| !KEYS.contains(&name.as_str())) {
            return refused(400, &format!("unknown field {unknown}"));
        }
        let mut settings = self.settings.clone().unwrap_or_else(|| json!({}));
        merge(&mut settings, patch);
        let present = |pointer: &str| settings.pointer(pointer).is_some_and(|value| *value != json!(""));
        if settings.get("vcs").is_some() && !present("/vcs/provider") {
            return invalid("vcs.provider", "required");
        }
        if present("/sourceContext/git/branch") && present("/sourceContext/git/commit") {
            return invalid("sourceContext.git.branch", "invalid");
        }
        if let Some(image) =
            settings.pointer_mut("/executorContext/executorImage").filter(|image| image.is_string())
        {
            *image = json!({ "reference": image });
        }
        self.version += 1;
        let shown = self.shown(&settings);
        self.settings = Some(settings);
        Reply::json(200, &shown)
    }

    /// The settings as they are answered.
    fn shown(&self, settings: &Value) -> Value {
        let mut shown = hidden(settings);
        shown["version"] = json!(self.version);
        shown["source"] = json!("api");
        if let Some(vcs) = shown.get_mut("vcs").and_then(Value::as_object_mut) {
            vcs.entry("installationId").or_insert(json!("1742"));
        }
        if let Some(time) = shown.pointer_mut("/operationContext/oidc/aws/duration") {
            let seconds: u64 = time.as_str().unwrap().trim_end_matches('s').parse().unwrap_or(3600);
            *time = json!(format!("{}h{}m{}s", seconds / 3600, seconds % 3600 / 60, seconds % 60));
        }
        if let Some(operation) = shown.get_mut("operationContext").and_then(Value::as_object_mut) {
            operation.entry("preRunCommands").or_insert(Value::Null);
        }
        shown
    }
}

/// A refusal of the service.
pub fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "code": status, "message": message }))
}

fn invalid(attribute: &str, kind: &str) -> Reply {
    let error = json!({ "resource": "DeploymentSettings", "attribute": attribute, "errorType": kind });
    Reply::json(400, &json!({ "code": 400, "message": "invalid settings", "errors": [error] }))
}

/// The settings without the values of secrets.
fn hidden(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("secret") => json!({ "secret": "" }),
        Value::Object(fields) => {
            let fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), hidden(value))).collect();
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// <https://www.rfc-editor.org/rfc/rfc7396>; a secret is one value.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object().filter(|fields| !fields.contains_key("secret")) else {
        return patch.clone_into(target);
    };
    if !target.is_object() || target.get("secret").is_some() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (name, value) in fields {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}
