//! What the service says of a deployment: its status, whose it is, its log, its updates.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/>

use serde_json::Value;

/// The variable of a deployment by which the run that has asked for it is known again. It is no secret.
pub const RUN_VARIABLE: &str = "STACKSTEP_RUN";

/// The status of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentStatus {
    /// It waits in the queue.
    Waiting,
    /// It runs.
    Running,
    /// It has succeeded.
    Succeeded,
    /// It has failed, or was cancelled: the service has no status of its own for that.
    Failed,
    /// The service has left it out: it waited too long, or a newer one took its place.
    Skipped,
}

impl DeploymentStatus {
    /// Reads the service's word. None for one that this version does not know.
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "not-started" | "accepted" => Self::Waiting,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "skipped" => Self::Skipped,
            _ => return None,
        })
    }

    /// Whether it stays as it is.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Skipped)
    }
}

/// A deployment that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedDeployment {
    /// The id.
    pub id: String,
    /// The number among the stack's deployments.
    pub version: u64,
    /// The status.
    pub status: DeploymentStatus,
    /// The time of its creation, as the service writes it: texts of two deployments compare like their times.
    pub created: String,
    /// The value of [`RUN_VARIABLE`], if it has one.
    pub run: Option<String>,
    /// The step that runs or has failed, by the service's name for it.
    pub step: Option<String>,
}

impl FollowedDeployment {
    /// Reads one. None if it is not a deployment, or has a status that is not known.
    pub fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let variables = value.pointer("/configuration/environmentVariables").and_then(Value::as_array);
        let is_own = |variable: &&Value| variable.get("name").and_then(Value::as_str) == Some(RUN_VARIABLE);
        let own = variables.and_then(|variables| variables.iter().find(is_own));
        let jobs = value.get("jobs").and_then(Value::as_array);
        let steps = jobs.into_iter().flatten().filter_map(|job| job.get("steps")?.as_array()).flatten();
        let is_at =
            |step: &&Value| matches!(step.get("status").and_then(Value::as_str), Some("running" | "failed"));
        Some(Self {
            id: text("id").filter(|id| !id.is_empty())?,
            version: value.get("version").and_then(Value::as_u64)?,
            status: DeploymentStatus::parse(&text("status")?)?,
            created: text("created").unwrap_or_default(),
            run: own.and_then(|own| own.get("value")?.as_str().map(str::to_owned)),
            step: steps.rev().find(is_at).and_then(|step| step.get("name")?.as_str().map(str::to_owned)),
        })
    }
}

/// A page of a deployment's log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DeploymentLogPage {
    /// The lines, without their ends. A step begins with its name.
    pub lines: Vec<String>,
    /// The token of the next page. None if there is nothing more now.
    pub next: Option<String>,
}

impl DeploymentLogPage {
    /// Reads one. None if it is not a page of a log.
    pub fn read(value: &Value) -> Option<Self> {
        let lines = match value.get("lines") {
            Some(Value::Array(lines)) => lines.as_slice(),
            None | Some(Value::Null) if value.is_object() => &[],
            _ => return None,
        };
        let text = |line: &Value, name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut read = Vec::new();
        for line in lines {
            read.extend(
                text(line, "header").filter(|header| !header.is_empty()).map(|name| format!("— {name}")),
            );
            let text = text(line, "line").unwrap_or_default();
            if !text.is_empty() {
                read.extend(
                    text.trim_end_matches('\n')
                        .split('\n')
                        .map(|line| line.trim_end_matches('\r').to_owned()),
                );
            }
        }
        Some(Self { lines: read, next: text(value, "nextToken").filter(|token| !token.is_empty()) })
    }
}

/// An update that a deployment has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentUpdate {
    /// The id.
    pub id: String,
    /// The kind, which is a part of its address: `update`, `preview`, `refresh`, `destroy`.
    pub kind: &'static str,
}

impl DeploymentUpdate {
    /// Reads one of the list of a deployment's updates. None if it has another form.
    pub fn read(value: &Value) -> Option<Self> {
        let kind = value.pointer("/info/kind").or_else(|| value.get("kind"))?.as_str()?;
        let known = ["update", "preview", "refresh", "destroy"];
        Some(Self {
            id: value.get("updateID").and_then(Value::as_str).filter(|id| !id.is_empty())?.to_owned(),
            kind: known.into_iter().find(|known| *known == kind)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_deployment_tells_its_status_its_run_and_the_step_that_it_is_at() {
        let steps = json!([{ "name": "Get source", "status": "succeeded" }, { "name": "pulumi update", "status": "running" }]);
        let variables = json!([{ "name": "A", "secret": true }, { "name": RUN_VARIABLE, "value": "x 7", "secret": false }]);
        let read = FollowedDeployment::read(&json!({
            "id": "d", "version": 3, "status": "running", "created": "2026-01-01 00:00:00.000",
            "jobs": [{ "status": "running", "steps": steps }], "configuration": { "environmentVariables": variables },
        }));
        let read = read.unwrap();
        assert_eq!((read.status, read.version), (DeploymentStatus::Running, 3));
        assert_eq!((read.run.as_deref(), read.step.as_deref()), (Some("x 7"), Some("pulumi update")));
    }

    #[test]
    fn a_status_that_is_not_known_is_no_success() {
        for status in ["cancelled", "", "SUCCEEDED"] {
            let answer = json!({ "id": "d", "version": 3, "status": status });
            assert_eq!(FollowedDeployment::read(&answer), None, "{status}");
        }
    }

    #[test]
    fn a_page_of_a_log_has_its_lines_and_no_token_at_its_end() {
        let page = DeploymentLogPage::read(&json!({
            "lines": [{ "header": "Get source" }, { "line": "a\n" }, { "line": "b\r\nc" }], "nextToken": "",
        }));
        let page = page.unwrap();
        assert_eq!(page.lines, ["— Get source", "a", "b", "c"]);
        assert_eq!(page.next, None);
        assert_eq!(DeploymentLogPage::read(&json!([])), None);
    }
}
