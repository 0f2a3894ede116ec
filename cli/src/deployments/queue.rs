//! The requests about the deployments of one stack: begin one, find it again, follow it, cancel it.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/>

use serde_json::{Value, json};

use super::followed::{
    DeploymentLogPage, DeploymentStatus, DeploymentUpdate, FollowedDeployment, RUN_VARIABLE,
};
use crate::base::error::Problem;
use crate::base::http::{Method, Request, Url};
use crate::base::text::percent_encoded;
use crate::cloud::service::CloudService;
use crate::cloud::trouble::CloudTrouble;

/// The number of the newest deployments among which one of this run is looked for.
const NEWEST: usize = 20;

/// The number of the organisation's newest deployments among which those before ours are counted.
const IN_THE_QUEUE: usize = 100;

/// The most pages of events of one update.
const EVENT_PAGES: usize = 10_000;

/// The deployments of one stack.
pub struct StackDeployments<'a>(pub &'a CloudService);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewDeployment {
    /// The operation, by the service's word: `update`, `preview`, `refresh`, `destroy`, `detect-drift`.
    pub operation: &'static str,
    /// The commit.
    pub commit: String,
    /// The text by which the run is known again.
    pub run: String,
}

impl NewDeployment {
    /// The body of the request. Beside the operation it has the commit and the variable only: all else is as the stack's
    /// settings say.
    pub fn body(&self) -> Value {
        json!({
            "operation": self.operation,
            "inheritSettings": true,
            "sourceContext": { "git": { "branch": null, "commit": self.commit } },
            "operationContext": { "environmentVariables": { RUN_VARIABLE: self.run } },
        })
    }
}

/// A deployment that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunDeployment {
    /// The id.
    pub id: String,
    /// The number among the stack's deployments.
    pub version: u64,
    /// The page at Pulumi Cloud.
    pub page: Option<String>,
}

/// Why a deployment was not begun.
#[derive(Debug)]
pub enum DeploymentNotBegun {
    /// The service has refused it: there is none.
    Refused(CloudTrouble),
    /// No answer, or none that can be read: it may be there.
    Unknown(CloudTrouble),
}

/// Why a deployment does not run yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueuePlace {
    /// Who has paused the deployments: `the organisation`, `the stack`.
    pub paused_by: Option<&'static str>,
    /// The number of deployments that wait before this one, if it is known.
    pub before: Option<usize>,
}

impl StackDeployments<'_> {
    /// The settings of the stack, as they are answered. None if there are none.
    pub async fn settings(&self) -> Result<Option<Value>, CloudTrouble> {
        let do_what = "read the deployment settings";
        let answer = self.0.send(do_what, Request::get(self.url("deployments/settings").await?)).await?;
        match (answer.status, serde_json::from_str::<Value>(answer.body.expose())) {
            (200, Ok(settings)) if settings.is_object() => Ok(Some(settings)),
            (200, _) => Err(self.unreadable(do_what)),
            (404, Ok(body)) if body.get("message").is_some() => Ok(None),
            _ => Err(self.0.refused(do_what, &answer)),
        }
    }

    /// Begins a deployment. It is asked for once: what has no answer may have been carried out.
    pub async fn begin(&self, ask: &NewDeployment) -> Result<BegunDeployment, DeploymentNotBegun> {
        let do_what = "begin the deployment";
        let url = self.url("deployments").await.map_err(DeploymentNotBegun::Refused)?;
        let request = Request::json(Method::POST, url, &ask.body());
        let answer = self.0.send(do_what, request).await.map_err(DeploymentNotBegun::Unknown)?;
        if answer.status >= 500 || answer.status == 408 {
            return Err(DeploymentNotBegun::Unknown(self.0.refused(do_what, &answer)));
        }
        if !(200..300).contains(&answer.status) {
            return Err(DeploymentNotBegun::Refused(self.0.refused(do_what, &answer)));
        }
        let body: Value = serde_json::from_str(answer.body.expose()).unwrap_or_default();
        let text = |name: &str| body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let begun = text("id").zip(body.get("version").and_then(Value::as_u64));
        let (id, version) = begun.ok_or_else(|| DeploymentNotBegun::Unknown(self.unreadable(do_what)))?;
        Ok(BegunDeployment { id, version, page: text("consoleUrl") })
    }

    /// The newest deployments that are worth a look and have a run's variable, the newest first; and the number of the newest of
    /// all. Each look at one is a request.
    pub async fn of_runs(
        &self,
        is_worth_a_look: impl Fn(&FollowedDeployment) -> bool,
    ) -> Result<(Vec<FollowedDeployment>, u64), CloudTrouble> {
        let do_what = "list the stack's deployments";
        let mut url = self.url("deployments").await?;
        url.set_query(Some(&format!("page=1&pageSize={NEWEST}")));
        let answer = self.0.json(do_what, Request::get(url)).await?;
        let list = answer.get("deployments").and_then(Value::as_array);
        let list: Option<Vec<_>> =
            list.ok_or_else(|| self.unreadable(do_what))?.iter().map(FollowedDeployment::read).collect();
        let mut listed = list.ok_or_else(|| self.unreadable(do_what))?;
        listed.sort_by_key(|one| std::cmp::Reverse(one.version));
        let newest = listed.first().map_or(0, |one| one.version);
        let mut found = Vec::new();
        for one in listed.iter().filter(|one| is_worth_a_look(one)) {
            found.push(self.read(&one.id).await?);
        }
        found.retain(|one| one.run.is_some());
        Ok((found, newest))
    }

    /// One deployment.
    pub async fn read(&self, id: &str) -> Result<FollowedDeployment, CloudTrouble> {
        let do_what = "read the deployment";
        let url = self.url(&format!("deployments/{}", percent_encoded(id))).await?;
        let answer = self.0.json(do_what, Request::get(url)).await?;
        FollowedDeployment::read(&answer).ok_or_else(|| self.unreadable(do_what))
    }

    /// The page of its log behind `token`, or the first one.
    pub async fn log(&self, id: &str, token: Option<&str>) -> Result<DeploymentLogPage, CloudTrouble> {
        let do_what = "read the deployment's log";
        let mut url = self.url(&format!("deployments/{}/logs", percent_encoded(id))).await?;
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("continuationToken", token);
        }
        let answer = self.0.json(do_what, Request::get(url)).await?;
        DeploymentLogPage::read(&answer).ok_or_else(|| self.unreadable(do_what))
    }

    /// The updates that it has made, in their order.
    pub async fn updates(&self, id: &str) -> Result<Vec<DeploymentUpdate>, CloudTrouble> {
        let do_what = "read the deployment's updates";
        let url = self.url(&format!("deployments/{}/updates", percent_encoded(id))).await?;
        let answer = self.0.json(do_what, Request::get(url)).await?;
        let list = answer.as_array().or_else(|| answer.get("updates")?.as_array());
        let updates = list.map(|list| list.iter().map(DeploymentUpdate::read).collect::<Option<Vec<_>>>());
        updates.flatten().ok_or_else(|| self.unreadable(do_what))
    }

    /// The events of an update, each as a line of the engine's event log.
    pub async fn events(&self, update: &DeploymentUpdate) -> Result<Vec<String>, CloudTrouble> {
        let do_what = "read the update's events";
        let url = self.url(&format!("{}/{}/events", update.kind, percent_encoded(&update.id))).await?;
        let (mut lines, mut token) = (Vec::new(), None::<String>);
        for _ in 0..EVENT_PAGES {
            let mut url = url.clone();
            if let Some(token) = &token {
                url.query_pairs_mut().append_pair("continuationToken", token);
            }
            let answer = self.0.json(do_what, Request::get(url)).await?;
            let events = answer.get("events").ok_or_else(|| self.unreadable(do_what))?;
            lines.extend(events.as_array().into_iter().flatten().map(Value::to_string));
            let next =
                answer.get("continuationToken").and_then(Value::as_str).filter(|next| !next.is_empty());
            match next {
                None => return Ok(lines),
                // The same page again would never end.
                Some(next) if token.as_deref() == Some(next) => return Err(self.unreadable(do_what)),
                Some(next) => token = Some(next.to_owned()),
            }
        }
        Err(self.unreadable(do_what))
    }

    /// Cancels it: one that waits does not run any more, one that runs is ended at once.
    pub async fn cancel(&self, id: &str) -> Result<(), CloudTrouble> {
        let do_what = "cancel the deployment";
        let url = self.url(&format!("deployments/{}/cancel", percent_encoded(id))).await?;
        let answer = self.0.send(do_what, Request::json(Method::POST, url, &json!({}))).await?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(self.0.refused(do_what, &answer)) }
    }

    /// Why `own` does not run yet. What is not told is not known.
    pub async fn place(&self, own: &FollowedDeployment) -> QueuePlace {
        let mut place = QueuePlace::default();
        if let Ok(url) = self.url("deployments/metadata").await
            && let Ok(facts) = self.0.json("ask whether deployments are paused", Request::get(url)).await
        {
            let is = |name: &str| facts.get(name) == Some(&Value::Bool(true));
            place.paused_by = match (is("organizationPaused"), is("stackPaused")) {
                (true, _) => Some("the organisation"),
                (_, true) => Some("the stack"),
                _ => None,
            };
        }
        place.before = self.before(own).await;
        place
    }

    /// The number of the organisation's deployments that wait and are older than `own`.
    async fn before(&self, own: &FollowedDeployment) -> Option<usize> {
        let organization = self.0.organization().await.ok()?;
        let mut url = self.0.url(&format!("api/orgs/{}/deployments", percent_encoded(&organization)));
        url.set_query(Some(&format!("page=1&pageSize={IN_THE_QUEUE}")));
        let answer = self.0.json("list the organisation's deployments", Request::get(url)).await.ok()?;
        let list = answer.get("deployments")?.as_array()?;
        let others = list.iter().filter_map(FollowedDeployment::read).filter(|one| one.id != own.id);
        let waits = |one: &FollowedDeployment| one.status == DeploymentStatus::Waiting;
        (list.len() < IN_THE_QUEUE)
            .then(|| others.filter(|one| waits(one) && one.created < own.created).count())
    }

    async fn url(&self, below: &str) -> Result<Url, CloudTrouble> {
        Ok(self.0.url(&format!("{}/{below}", self.0.path().await?)))
    }

    fn unreadable(&self, do_what: &str) -> CloudTrouble {
        CloudTrouble::broken(Problem::new(
            format!("could not {do_what}: what {} answers is not what Pulumi Cloud answers", self.0.host()),
            "check `cloud-url`, and whether a proxy or a sign-in page is in between",
        ))
    }
}
