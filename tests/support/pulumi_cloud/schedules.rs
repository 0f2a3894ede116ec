//! The schedules of the stack: operations, drift, time to live; each in the one form that the service answers.
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/schedules.go>

use serde_json::{Value, json};

use super::deployments::refused;
use crate::support::server::Reply;

/// The schedules, as the service answers them.
#[derive(Default)]
pub struct Schedules {
    /// The list.
    pub list: Vec<Value>,
    made: u32,
}

impl Schedules {
    /// The answer to a request below `deployments/`; none if it is not about schedules.
    pub fn answer(&mut self, method: &str, below: &str, body: &Value, has_settings: bool) -> Option<Reply> {
        let (folder, rest) = below.split_once("schedules")?;
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        Some(match (method, parts.as_slice()) {
            ("GET", []) => Reply::json(200, &json!({ "schedules": self.list })),
            ("POST", []) if !has_settings => refused(400, "the stack has no deployment settings"),
            ("POST", []) => {
                self.made += 1;
                let mut made = json!({
                    "id": format!("schedule-{}", self.made), "orgID": "o", "paused": false, "kind": "deployment",
                    "created": "2026-11-01 00:00:00.000", "modified": "2026-11-01 00:00:00.000", "nextExecution": "2026-12-01 00:00:00.000",
                    "lastExecuted": "",
                });
                match write(&mut made, folder, body) {
                    Ok(()) => {
                        self.list.push(made.clone());
                        Reply::json(200, &made)
                    }
                    Err(why) => refused(400, why),
                }
            }
            (_, [id, rest @ ..]) => {
                let Some(at) = self.list.iter().position(|one| one["id"] == *id) else {
                    return Some(refused(404, "schedule not found"));
                };
                match (method, rest) {
                    ("GET", []) => Reply::json(200, &self.list[at]),
                    ("POST", []) => match write(&mut self.list[at], folder, body) {
                        Ok(()) => Reply::json(200, &self.list[at]),
                        Err(why) => refused(400, why),
                    },
                    ("DELETE", []) => {
                        self.list.remove(at);
                        Reply::Answer(204, Vec::new(), String::new())
                    }
                    ("POST", [verb @ ("pause" | "resume")]) => {
                        self.list[at]["paused"] = json!(*verb == "pause");
                        Reply::json(200, &self.list[at])
                    }
                    _ => refused(404, "not found"),
                }
            }
            _ => refused(404, "not found"),
        })
    }
}

/// Writes the body of a request into a schedule.
fn write(schedule: &mut Value, folder: &str, body: &Value) -> Result<(), &'static str> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let flag = |key: &str| body.get(key) == Some(&Value::Bool(true));
    let (cron, once, request) = match folder {
        "drift/" => {
            let options = json!({ "remediateIfDriftDetected": flag("autoRemediate") });
            (
                text("scheduleCron"),
                None,
                json!({ "operation": "detect-drift", "operationContext": { "options": options } }),
            )
        }
        "ttl/" => {
            let options = json!({ "deleteAfterDestroy": flag("deleteAfterDestroy") });
            (
                None,
                text("timestamp"),
                json!({ "operation": "destroy", "operationContext": { "options": options } }),
            )
        }
        _ => (text("scheduleCron"), text("scheduleOnce"), body["request"].clone()),
    };
    if cron.is_some() == once.is_some() {
        return Err("exactly one of scheduleCron and scheduleOnce has to be set");
    }
    if cron.is_some_and(|cron| cron.split(' ').count() != 5) {
        return Err("invalid cron expression");
    }
    if request["operation"].as_str().is_none() {
        return Err("request.operation is required");
    }
    let mut request = request;
    request["inheritSettings"] = json!(true);
    for key in ["scheduleCron", "scheduleOnce"] {
        schedule.as_object_mut().unwrap().remove(key);
    }
    if let Some(cron) = cron {
        schedule["scheduleCron"] = json!(cron);
    }
    if let Some(once) = once {
        // As the service writes times.
        let day_and_time = once.trim_end_matches('Z').replace('T', " ");
        schedule["scheduleOnce"] = json!(format!("{day_and_time}.000"));
    }
    schedule["definition"] = json!({ "programID": "p", "request": request });
    Ok(())
}
