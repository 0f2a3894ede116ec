//! The deployments of the stack, as the service queues and runs them: each look at one brings it further, so that no clock
//! decides. <https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/>

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;

use serde_json::{Value, json};

use super::STACK;
use super::deployments::refused;
use crate::support::server::{Received, Reply};

/// What the service does with deployments, and those that there are.
pub struct Queue {
    /// The deployments, the oldest first.
    pub made: Vec<QueuedDeployment>,
    /// The looks for which the next ones wait in the queue; none if they never leave it.
    pub waits: Option<u32>,
    /// The looks for which the next ones run; none if they never end.
    pub runs: Option<u32>,
    /// The status in which the next ones end.
    pub ends: &'static str,
    /// The lines of the log.
    pub log: Vec<String>,
    /// The events of the update of each operation. Without any it makes no update.
    pub events: BTreeMap<&'static str, Vec<Value>>,
    /// Whether the organisation has paused its deployments.
    pub paused: bool,
    /// The number of answers to requests for a deployment that are lost, although it is made.
    pub lost: u32,
    /// The state of the stack.
    pub state: Value,
    /// Who hears of each look at a deployment.
    pub looked: Option<Sender<()>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            made: Vec::new(),
            waits: Some(1),
            runs: Some(1),
            ends: "succeeded",
            log: Vec::new(),
            events: BTreeMap::new(),
            paused: false,
            lost: 0,
            state: json!({ "version": 3, "deployment": { "resources": [] } }),
            looked: None,
        }
    }
}

/// A deployment.
pub struct QueuedDeployment {
    /// The request for it.
    pub asked: Value,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The status, if it is fixed.
    pub fixed: Option<&'static str>,
    looks: u32,
    waits: Option<u32>,
    runs: Option<u32>,
    ends: &'static str,
}

impl QueuedDeployment {
    /// The status.
    pub fn status(&self) -> &'static str {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        if self.cancelled {
            return "failed";
        }
        match (self.waits, self.runs) {
            (None, _) => "not-started",
            (Some(waits), _) if self.looks <= waits => "not-started",
            (Some(_), None) => "running",
            (Some(waits), Some(runs)) if self.looks <= waits + runs => "running",
            _ => self.ends,
        }
    }

    fn operation(&self) -> &str {
        self.asked["operation"].as_str().unwrap()
    }
}

impl Queue {
    /// The answer to a request about deployments and what they have made; none to any other. `settings` are those of the stack.
    pub fn answer(&mut self, request: &Received, settings: Option<&Value>) -> Option<Reply> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        if request.method == "GET" && path == "/api/orgs/acme/deployments" {
            return Some(self.list());
        }
        let below = path.strip_prefix(STACK)?;
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        let number =
            |id: &str| id.strip_prefix("deployment-").and_then(|number| number.parse::<usize>().ok());
        let get = request.method == "GET";
        Some(match parts.as_slice() {
            ["export"] if get => Reply::json(200, &self.state),
            ["decrypt"] => {
                let body: Value = serde_json::from_str(&request.body).unwrap();
                assert_eq!(body["ciphertext"], "Y2lwaGVy");
                // "open-sesame-4711" as JSON.
                Reply::json(200, &json!({ "plaintext": "Im9wZW4tc2VzYW1lLTQ3MTEi" }))
            }
            ["deployments"] if get => self.list(),
            ["deployments"] => self.make(request, settings),
            ["deployments", "metadata"] if get => Reply::json(
                200,
                &json!({
                    "paused": self.paused, "stackPaused": false, "organizationPaused": self.paused, "hasSchedules": false,
                    "drift": { "driftDetected": false, "latestDriftRun": "", "runInProgress": false },
                }),
            ),
            ["deployments", "version", version] if get => match version.parse::<usize>() {
                Ok(version) if (1..=self.made.len()).contains(&version) => {
                    Reply::json(200, &self.shown(version - 1))
                }
                _ => refused(404, "deployment not found"),
            },
            ["deployments", id, rest @ ..] if number(id).is_some() => {
                let at = number(id)? - 1;
                if at >= self.made.len() {
                    return Some(refused(404, "deployment not found"));
                }
                match rest {
                    [] if get => {
                        self.made[at].looks += 1;
                        if let Some(looked) = &self.looked {
                            let _ = looked.send(());
                        }
                        Reply::json(200, &self.shown(at))
                    }
                    ["cancel"] if !get => {
                        self.made[at].cancelled = true;
                        Reply::json(200, &json!({}))
                    }
                    ["logs"] if get => self.page_of_log(at, query),
                    ["updates"] if get => self.updates(at),
                    _ => return None,
                }
            }
            [kind @ ("update" | "preview" | "refresh" | "destroy"), id, "events"] if get => {
                let at: usize = id.strip_prefix("update-")?.parse().ok()?;
                let made = &self.made[at - 1];
                assert_eq!(*kind, kind_of(made.operation()));
                let all = &self.events[made.operation()];
                let from: usize =
                    query.strip_prefix("continuationToken=").map_or(0, |at| at.parse().unwrap());
                let to = (from + 5).min(all.len());
                let next = if to < all.len() { json!(to.to_string()) } else { Value::Null };
                Reply::json(200, &json!({ "events": all[from..to], "continuationToken": next }))
            }
            _ => return None,
        })
    }

    fn make(&mut self, request: &Received, settings: Option<&Value>) -> Reply {
        let Some(settings) = settings else { return refused(404, "no deployment settings configured") };
        let asked: Value = serde_json::from_str(&request.body).unwrap();
        if !["update", "preview", "refresh", "destroy", "detect-drift"]
            .contains(&asked["operation"].as_str().unwrap_or_default())
        {
            return refused(400, "invalid operation");
        }
        if settings.pointer("/sourceContext").is_none() && asked.pointer("/sourceContext").is_none() {
            return refused(400, "no source");
        }
        self.made.push(QueuedDeployment {
            asked,
            cancelled: false,
            fixed: None,
            looks: 0,
            waits: self.waits,
            runs: self.runs,
            ends: self.ends,
        });
        if self.lost > 0 {
            self.lost -= 1;
            return Reply::Close;
        }
        let version = self.made.len();
        Reply::json(
            202,
            &json!({
                "id": format!("deployment-{version}"), "version": version,
                "consoleUrl": format!("https://app.pulumi.com/acme/shop/prod/deployments/{version}"),
            }),
        )
    }

    fn list(&self) -> Reply {
        let all: Vec<Value> = (0..self.made.len()).rev().map(|at| self.listed(at)).collect();
        Reply::json(200, &json!({ "deployments": all, "itemsPerPage": 10, "total": all.len() }))
    }

    /// A deployment in a list, which has no variables.
    fn listed(&self, at: usize) -> Value {
        let mut shown = self.shown(at);
        shown.as_object_mut().unwrap().remove("configuration");
        shown["projectName"] = json!("shop");
        shown["stackName"] = json!("prod");
        shown["paused"] = json!(self.paused);
        shown["updates"] = json!([]);
        shown
    }

    fn shown(&self, at: usize) -> Value {
        let made = &self.made[at];
        let status = made.status();
        let step = match status {
            "running" | "failed" | "succeeded" => status,
            _ => "not-started",
        };
        let variables = made.asked["operationContext"]["environmentVariables"].as_object();
        let variables: Vec<Value> = variables
            .into_iter()
            .flatten()
            .map(|(name, value)| json!({ "name": name, "value": value, "secret": false }))
            .collect();
        json!({
            "id": format!("deployment-{}", at + 1), "version": at + 1, "status": status,
            "created": format!("2026-01-01 00:00:{at:02}.000"), "modified": "2026-01-01 00:00:00.000",
            "latestVersion": self.made.len(), "initiator": "api", "pulumiOperation": made.operation(),
            "requestedBy": ann(),
            "configuration": { "environmentVariables": variables, "source": {
                "git": { "repoURL": "https://github.com/acme/shop.git", "commit": made.asked["sourceContext"]["git"]["commit"] },
            } },
            "jobs": [{
                "status": status, "started": "2026-01-01T00:00:00Z", "lastUpdated": "2026-01-01T00:00:00Z",
                "steps": [{
                    "name": format!("pulumi {}", made.operation()), "status": step,
                    "started": "2026-01-01T00:00:00Z", "lastUpdated": "2026-01-01T00:00:00Z",
                }],
            }],
        })
    }

    /// Two lines; the token is the number of the lines before. While it runs and has nothing new, the same token comes back.
    fn page_of_log(&self, at: usize, query: &str) -> Reply {
        let from: usize = query.strip_prefix("continuationToken=").map_or(0, |token| token.parse().unwrap());
        let to = (from + 2).min(self.log.len());
        let lines: Vec<Value> = self.log[from..to]
            .iter()
            .map(|line| match line.strip_prefix("# ") {
                Some(header) => json!({ "header": header, "timestamp": "2026-01-01T00:00:00Z" }),
                None => json!({ "timestamp": "2026-01-01T00:00:00Z", "line": format!("{line}\n") }),
            })
            .collect();
        let mut page = json!({ "__type": "DeploymentLogs", "lines": lines });
        if to < self.log.len() || self.made[at].status() == "running" {
            page["nextToken"] = json!(to.to_string());
        }
        Reply::json(200, &page)
    }

    fn updates(&self, at: usize) -> Reply {
        let made = &self.made[at];
        let has_run = matches!(made.status(), "running" | "failed" | "succeeded") && !made.cancelled;
        if !has_run || !self.events.contains_key(made.operation()) {
            return Reply::json(200, &json!([]));
        }
        let info = json!({
            "kind": kind_of(made.operation()), "startTime": 1, "message": "", "environment": {}, "config": {},
            "result": "succeeded", "endTime": 2, "version": 18, "resourceChanges": {},
        });
        Reply::json(
            200,
            &json!([{
                "info": info, "updateID": format!("update-{}", at + 1), "version": 18, "latestVersion": 18, "requestedBy": ann(),
            }]),
        )
    }
}

fn ann() -> Value {
    json!({ "name": "Ann", "githubLogin": "ann", "avatarUrl": "https://app.pulumi.com/ann.png" })
}

/// The kind of the update that an operation makes.
fn kind_of(operation: &str) -> &str {
    if operation == "detect-drift" { "preview" } else { operation }
}
