//! The requests about a stack's settings and schedules, and what their answers mean.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/>

use serde_json::{Value, json};

use super::schedule_changes::ScheduleChange;
use super::schedule_form::ServiceSchedule;
use super::service_form::ServiceSettings;
use crate::base::error::{Error, Problem, Result};
use crate::base::http::{Answer, Method, Request};
use crate::base::reason::Reason;
use crate::base::text::percent_encoded;
use crate::cloud::service::CloudService;
use crate::cloud::trouble::{CloudTrouble, CloudTroubleKind};

/// What the service has of a stack.
#[derive(Debug)]
pub struct ServiceHas {
    /// The settings. None if there are none.
    pub settings: Option<ServiceSettings>,
    /// The schedules.
    pub schedules: Vec<ServiceSchedule>,
}

/// The settings of one stack at the service.
pub struct DeploymentSettings<'a>(pub &'a CloudService);

impl DeploymentSettings<'_> {
    /// Reads the settings and the schedules.
    ///
    /// # Errors
    /// They can't be read, or there is no such stack: a stack without settings is no error.
    pub async fn read(&self) -> Result<ServiceHas> {
        let settings = self.settings().await?;
        let schedules = self.schedules(settings.is_some()).await?;
        Ok(ServiceHas { settings, schedules })
    }

    async fn settings(&self) -> Result<Option<ServiceSettings>> {
        let do_what = "read the deployment settings";
        let Some(answer) = self.get(do_what, "deployments/settings").await? else {
            // The same status says that there is no such stack.
            self.needs_stack().await?;
            return Ok(None);
        };
        ServiceSettings::read(&answer).map(Some).ok_or_else(|| self.unreadable(do_what))
    }

    async fn schedules(&self, has_settings: bool) -> Result<Vec<ServiceSchedule>> {
        let do_what = "read the schedules of deployments";
        match self.get(do_what, "deployments/schedules").await? {
            Some(answer) => ServiceSchedule::read_list(&answer).ok_or_else(|| self.unreadable(do_what)),
            // Schedules are there for stacks with settings only.
            None if !has_settings => Ok(Vec::new()),
            None => Err(self.unreadable(do_what)),
        }
    }

    async fn needs_stack(&self) -> Result<()> {
        let path = self.0.path().await.map_err(not_read)?;
        let answer =
            self.0.send("read the stack", Request::get(self.0.url(&path))).await.map_err(not_read)?;
        match answer.status {
            200 if is_object_with(&answer, "stackName") => Ok(()),
            200 => Err(self.unreadable("read the stack")),
            404 => Err(Error::Refused {
                what: format!("there is no stack {}, or the token can't see it", self.0.shown()),
                hint: "create it first (`pulumi stack init`), or correct the name; `pulumi stack ls` names those that there are"
                    .to_owned(),
                reason: Reason::StackNotFound,
            }),
            _ => Err(not_read(self.0.refused("read the stack", &answer))),
        }
    }

    /// The JSON at a path below the stack. None if there is nothing.
    async fn get(&self, do_what: &str, below: &str) -> Result<Option<Value>> {
        let url = self.0.url(&format!("{}/{below}", self.0.path().await.map_err(not_read)?));
        let answer = self.0.send(do_what, Request::get(url)).await.map_err(not_read)?;
        match answer.status {
            200 => {
                let body = serde_json::from_str(answer.body.expose());
                body.map(Some).map_err(|_| self.unreadable(do_what))
            }
            404 if is_object_with(&answer, "message") => Ok(None),
            _ => Err(not_read(self.0.refused(do_what, &answer))),
        }
    }

    /// Merges into the settings, or makes them.
    ///
    /// # Errors
    /// The service does not take it, or it is not known whether it has.
    pub async fn merge(&self, merge: &Value) -> Result<()> {
        self.change("change the deployment settings", Method::POST, "deployments/settings", merge).await
    }

    /// Carries out a change of a schedule.
    ///
    /// # Errors
    /// The service does not take it, or it is not known whether it has.
    pub async fn change_schedule(&self, change: &ScheduleChange) -> Result<()> {
        match change {
            ScheduleChange::Create(schedule) => {
                let do_what = "make a schedule";
                let path = format!("deployments/{}", schedule.folder());
                let answer = self.post(do_what, Method::POST, &path, &schedule.request()).await?;
                if !schedule.paused {
                    return Ok(());
                }
                let made: Option<Value> = serde_json::from_str(answer.body.expose()).ok();
                let id = made.as_ref().and_then(|made| made.get("id")?.as_str());
                self.pause(id.ok_or_else(|| self.perhaps_done(do_what))?, true).await
            }
            ScheduleChange::Update { id, becomes, .. } => {
                let path = format!("deployments/{}/{}", becomes.folder(), percent_encoded(id));
                self.change("change a schedule", Method::POST, &path, &becomes.request()).await
            }
            ScheduleChange::Pause { id, pauses, .. } => self.pause(id, *pauses).await,
            ScheduleChange::Delete { id, .. } => {
                let path = format!("deployments/schedules/{}", percent_encoded(id));
                self.change("remove a schedule", Method::DELETE, &path, &Value::Null).await
            }
        }
    }

    async fn pause(&self, id: &str, pauses: bool) -> Result<()> {
        let verb = if pauses { "pause" } else { "resume" };
        let path = format!("deployments/schedules/{}/{verb}", percent_encoded(id));
        self.change(&format!("{verb} a schedule"), Method::POST, &path, &json!({})).await
    }

    async fn change(&self, do_what: &str, method: Method, below: &str, body: &Value) -> Result<()> {
        self.post(do_what, method, below, body).await.map(drop)
    }

    /// Sends what changes something. Only a deletion is sent twice.
    async fn post(&self, do_what: &str, method: Method, below: &str, body: &Value) -> Result<Answer> {
        let url = self.0.url(&format!("{}/{below}", self.0.path().await.map_err(not_read)?));
        let deletes = method == Method::DELETE;
        let request =
            if deletes { Request { method, ..Request::get(url) } } else { Request::json(method, url, body) };
        let answer = self.0.send(do_what, request).await.map_err(|trouble| not_known(&trouble))?;
        match answer.status {
            200..300 if deletes || answer.body.expose().trim().is_empty() || is_json(&answer) => Ok(answer),
            200..300 => Err(self.perhaps_done(do_what)),
            404 if deletes => Ok(answer),
            status => {
                let trouble = self.0.refused(do_what, &answer);
                Err(if status >= 500 { not_known(&trouble) } else { not_read(trouble) })
            }
        }
    }

    /// The error of a change whose answer can't be read.
    fn perhaps_done(&self, do_what: &str) -> Error {
        let what = format!(
            "could not {do_what}: what {} answers is not what Pulumi Cloud answers; whether it was carried out is not known",
            self.0.host()
        );
        let hint = "check `cloud-url`, and whether a proxy or a sign-in page is in between; `stackstep deployment settings check` \
                    shows what the service has";
        Error::Incomplete { what, hint: hint.to_owned() }
    }

    fn unreadable(&self, do_what: &str) -> Error {
        Error::Incomplete {
            what: format!(
                "could not {do_what}: what {} answers is not what Pulumi Cloud answers",
                self.0.host()
            ),
            hint: "check `cloud-url`, and whether a proxy or a sign-in page is in between".to_owned(),
        }
    }
}

/// Whether an answer is an object with this key: one of the service's own.
fn is_object_with(answer: &Answer, key: &str) -> bool {
    serde_json::from_str::<Value>(answer.body.expose()).is_ok_and(|body| body.get(key).is_some())
}

fn is_json(answer: &Answer) -> bool {
    serde_json::from_str::<Value>(answer.body.expose()).is_ok()
}

/// The error of a request that has changed nothing.
pub fn not_read(trouble: CloudTrouble) -> Error {
    let Problem { what, hint } = trouble.problem;
    match trouble.kind {
        CloudTroubleKind::NotSignedIn => Error::Auth { what, hint },
        CloudTroubleKind::NotTaken => Error::Input { what, hint },
        CloudTroubleKind::Denied => Error::Refused {
            what,
            hint: hint.unwrap_or_else(|| "let the token read and write the stack".to_owned()),
            reason: Reason::Auth,
        },
        CloudTroubleKind::Conflict => Error::Refused {
            what,
            hint: hint.unwrap_or_else(|| "run the job again".to_owned()),
            reason: Reason::Lock,
        },
        CloudTroubleKind::Missing | CloudTroubleKind::Broken => {
            Error::Incomplete { what, hint: hint.unwrap_or_else(|| "run the job again".to_owned()) }
        }
    }
}

/// The error of a request of which it is not known whether it was carried out.
fn not_known(trouble: &CloudTrouble) -> Error {
    Error::Incomplete {
        what: format!("{}; whether it was carried out is not known", trouble.problem.what),
        hint: "`stackstep deployment settings check` shows what the service has; then run the job again"
            .to_owned(),
    }
}
