//! The stack at Pulumi Cloud, over its REST API: its version, whether an update runs, and its tags.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stacks/>,
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stack-tags/>

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::trouble::{LedgerTrouble, LedgerTroubleKind};
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Method, Request};
use crate::base::secret::Secret;
use crate::base::text::percent_encoded;
use crate::cloud::service::{CloudNames, CloudService};

/// One stack at Pulumi Cloud.
pub(super) struct CloudStack {
    service: CloudService,
}

/// What the server says of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CloudStackState {
    /// The number of the last update.
    pub version: u64,
    /// The update that runs.
    pub running: Option<CloudUpdate>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
}

/// An update that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CloudUpdate {
    /// The id, by which it is cancelled. Empty if the server does not tell it.
    pub id: String,
    /// The kind: `update`, `refresh`, `destroy`.
    pub kind: String,
    /// The author, by the name at Pulumi Cloud.
    pub author: Option<String>,
    /// The time of its beginning, in seconds since 1970.
    pub started: Option<u64>,
}

/// `update by ann`
impl fmt::Display for CloudUpdate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.kind)?;
        self.author.as_ref().map_or(Ok(()), |author| write!(formatter, " by {author}"))
    }
}

impl CloudStack {
    /// The stack with these names at the server `url`. Sends nothing.
    pub fn new(url: &str, token: Secret, names: &CloudNames<'_>, env: &Env) -> Result<Self, Problem> {
        CloudService::new(url, token, names, env).map(|service| Self { service })
    }

    /// The requests so far.
    pub fn requests(&self) -> u32 {
        self.service.requests()
    }

    /// The server and the stack, for messages.
    pub fn shown(&self) -> String {
        self.service.shown()
    }

    /// The names of all stacks of the project.
    ///
    /// # Errors
    /// The list can't be read: what is not listed may be there.
    pub async fn names_in_the_project(&self) -> Result<Vec<String>, LedgerTrouble> {
        Ok(self.service.names_in_the_project().await?)
    }

    /// Creates the stack. One that is there is no error.
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/httpstate/client/client.go>, `CreateStack`
    pub async fn create(&self) -> Result<(), LedgerTrouble> {
        let do_what = "create the stack";
        let organization = self.service.organization().await?;
        let parts = [organization.as_str(), self.service.project()].map(percent_encoded);
        let url = self.service.url(&format!("api/stacks/{}", parts.join("/")));
        let body = json!({ "stackName": self.service.stack() });
        let answer = self.service.send(do_what, Request::json(Method::POST, url, &body)).await?;
        if (200..300).contains(&answer.status) || answer.status == 409 {
            return Ok(());
        }
        Err(self.service.refused(do_what, &answer).into())
    }

    /// The messages of the stack's updates, the newest first.
    pub async fn messages(&self) -> Result<Vec<String>, LedgerTrouble> {
        let message = |one: Value| one.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(self.latest_updates(100).await?.into_iter().map(message).collect())
    }

    /// The latest updates, `most` at most, the newest first.
    /// <https://www.pulumi.com/docs/reference/cloud-rest-api/stack-updates/#list-stack-updates>
    pub async fn latest_updates(&self, most: usize) -> Result<Vec<Value>, LedgerTrouble> {
        let mut url = self.service.url(&format!("{}/updates", self.service.path().await?));
        url.set_query(Some(&format!("pageSize={most}&page=1")));
        let mut body = self.service.json("read the stack's updates", Request::get(url)).await?;
        Ok(match body.get_mut("updates").map(Value::take) {
            Some(Value::Array(updates)) => updates,
            _ => Vec::new(),
        })
    }

    /// The stack. None if there is no such stack, or the token can't see it.
    pub async fn read(&self) -> Result<Option<CloudStackState>, LedgerTrouble> {
        let do_what = "read the stack";
        let answer =
            self.service.send(do_what, Request::get(self.service.url(&self.service.path().await?))).await?;
        match answer.status {
            404 => Ok(None),
            200 => {
                let body: Option<Value> = serde_json::from_str(answer.body.expose()).ok();
                let state = body.as_ref().and_then(read_stack);
                state.map(Some).ok_or_else(|| {
                    LedgerTrouble::broken(Problem::new(
                        format!("what {} answers is not a stack", self.service.host()),
                        "check the backend's URL",
                    ))
                })
            }
            _ => Err(self.service.refused(do_what, &answer).into()),
        }
    }

    /// Adds a tag. Returns false if the server refuses, as it does if there is one of this name: it answers with status
    /// 400 then. <https://www.pulumi.com/registry/packages/pulumiservice/api-docs/api/stacks/tag/>
    ///
    /// The error of a request without an answer leaves open whether the tag is there.
    pub async fn add_tag(&self, name: &str, value: &str) -> Result<bool, LedgerTrouble> {
        let do_what = "add a tag to the stack";
        let url = self.service.url(&format!("{}/tags", self.service.path().await?));
        let body = json!({ "name": name, "value": value });
        let answer = self.service.send(do_what, Request::json(Method::POST, url, &body)).await?;
        match answer.status {
            200..300 => Ok(true),
            400 | 409 => Ok(false),
            404 => Err(LedgerTrouble {
                kind: LedgerTroubleKind::NoStack,
                problem: Problem::new(
                    format!("could not {do_what}: there is no stack {}", self.shown()),
                    "create it first, with `upsert: true`; or the token is one of another organisation",
                ),
            }),
            _ => Err(self.service.refused(do_what, &answer).into()),
        }
    }

    /// Deletes a tag. One that is not there is no error.
    pub async fn delete_tag(&self, name: &str) -> Result<(), LedgerTrouble> {
        let do_what = "delete an old tag of the stack";
        let url = self.service.url(&format!("{}/tags/{}", self.service.path().await?, percent_encoded(name)));
        let answer =
            self.service.send(do_what, Request { method: Method::DELETE, ..Request::get(url) }).await?;
        match answer.status {
            200..300 | 404 => Ok(()),
            _ => Err(self.service.refused(do_what, &answer).into()),
        }
    }

    /// What the updates that have no end yet say of themselves, the newest first: each one's environment, with the CI
    /// system's names in it.
    /// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/history.go>, `UpdateInfo`
    pub async fn environments_at_work(&self) -> Result<Vec<BTreeMap<String, String>>, LedgerTrouble> {
        let updates = self.latest_updates(10).await?;
        let at_work = updates.iter().filter(|one| {
            matches!(one.get("result").and_then(Value::as_str), Some("in-progress" | "not-started"))
        });
        let environment = |one: &Value| {
            let pairs = one.get("environment").and_then(Value::as_object).into_iter().flatten();
            pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
        };
        Ok(at_work.map(environment).collect())
    }

    /// Cancels an update, as `pulumi cancel` does.
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/httpstate/client/client.go>, `CancelUpdate`
    pub async fn cancel(&self, update: &str) -> Result<(), LedgerTrouble> {
        let url = self.service.url(&format!(
            "{}/update/{}/cancel",
            self.service.path().await?,
            percent_encoded(update)
        ));
        let request = Request { repeatable: true, ..Request::json(Method::POST, url, &json!({})) };
        let do_what = "cancel the update";
        let answer = self.service.send(do_what, request).await?;
        if (200..300).contains(&answer.status) {
            Ok(())
        } else {
            Err(self.service.refused(do_what, &answer).into())
        }
    }

    /// The deployment of the stack, with its secrets encrypted. None if there is no such stack.
    pub async fn deployment(&self) -> Result<Option<Value>, LedgerTrouble> {
        let url = self.service.url(&format!("{}/export", self.service.path().await?));
        let mut body = self.service.json("read the stack's state", Request::get(url)).await?;
        Ok(body.get_mut("deployment").map(Value::take))
    }
}

/// Reads a stack: <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>, `Stack`.
fn read_stack(body: &Value) -> Option<CloudStackState> {
    let version = body.get("version")?.as_u64()?;
    let tags = body.get("tags").and_then(Value::as_object).into_iter().flatten();
    let tags = tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    let operation = body.get("currentOperation").filter(|operation| operation.is_object());
    let text_of = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let running = operation.map(|operation| CloudUpdate {
        id: text_of(body, "activeUpdate").unwrap_or_default(),
        kind: text_of(operation, "kind").unwrap_or_else(|| "update".to_owned()),
        author: text_of(operation, "author"),
        started: operation.get("started").and_then(Value::as_u64).filter(|seconds| *seconds > 0),
    });
    Some(CloudStackState { version, running, tags })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_read_with_its_running_update_and_its_tags() {
        let body = json!({
            "id": "x", "orgName": "acme", "projectName": "shop", "stackName": "prod", "activeUpdate": "u", "version": 17,
            "tags": { "pulumi:project": "shop" },
            "currentOperation": { "kind": "update", "author": "ann", "started": 1 },
        });
        let expected = CloudStackState {
            version: 17,
            running: Some(CloudUpdate {
                id: "u".to_owned(),
                kind: "update".to_owned(),
                author: Some("ann".to_owned()),
                started: Some(1),
            }),
            tags: BTreeMap::from([("pulumi:project".to_owned(), "shop".to_owned())]),
        };
        assert_eq!(read_stack(&body), Some(expected));
        let idle = json!({ "version": 0, "currentOperation": null });
        assert_eq!(read_stack(&idle), Some(CloudStackState::default()));
        assert_eq!(read_stack(&json!({ "message": "no" })), None);
    }
}
