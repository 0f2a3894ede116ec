//! The stack at Pulumi Cloud, over its REST API: its version, whether an update runs, and its tags.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stacks/>,
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stack-tags/>

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::trouble::{LedgerTrouble, LedgerTroubleKind};
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Answer, Failure, Http, Limits, Method, Request, Url, host};
use crate::base::secret::Secret;
use crate::base::text::percent_encoded;

/// The limits of a request. The answer with the stack holds all of its tags.
const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(20),
    tries: 3,
    pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(15),
    body: 8 << 20,
};

/// The most characters of the server's words that are shown.
const WORDS: usize = 300;

/// One stack at Pulumi Cloud.
pub(super) struct CloudStack {
    http: Http,
    api: Url,
    token: Secret,
    organization: OnceCell<String>,
    project: String,
    stack: String,
    requests: Cell<u32>,
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

/// The names of a stack. The organisation is asked for where it is not known.
pub(super) struct CloudNames<'a> {
    pub organization: Option<&'a str>,
    pub project: &'a str,
    pub stack: &'a str,
}

impl CloudStack {
    /// The stack with these names at the server `url`. Sends nothing.
    pub fn new(url: &str, token: Secret, names: &CloudNames<'_>, env: &Env) -> Result<Self, Problem> {
        let mut api = Url::parse(url).map_err(|_| {
            Problem::new("the backend's URL can't be read", "write it as `https://api.pulumi.com`")
        })?;
        if api.host_str() == Some("app.pulumi.com") {
            // The console's address stands for the service.
            let _ = api.set_host(Some("api.pulumi.com"));
            api.set_path("");
        }
        let _ = (api.set_username(""), api.set_password(None));
        api.set_query(None);
        api.set_fragment(None);
        let organization = OnceCell::new();
        if let Some(known) = names.organization {
            let _ = organization.set(known.to_owned());
        }
        Ok(Self {
            http: Http::new(env, LIMITS).map_err(|error| Problem::from(&error))?,
            api,
            token,
            organization,
            project: names.project.to_owned(),
            stack: names.stack.to_owned(),
            requests: Cell::new(0),
        })
    }

    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// The server and the stack, for messages.
    pub fn shown(&self) -> String {
        let organization = self.organization.get().map_or(String::new(), |name| format!("{name}/"));
        format!("`{organization}{}/{}` at {}", self.project, self.stack, host(&self.api))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("{}/{path}", self.api.path().trim_end_matches('/')));
        url
    }

    /// The path of the stack. Asks the server for the organisation, once, if the stack's name has none.
    async fn path(&self) -> Result<String, LedgerTrouble> {
        let organization = self.organization().await?;
        let parts = [organization.as_str(), &self.project, &self.stack].map(percent_encoded);
        Ok(format!("api/stacks/{}", parts.join("/")))
    }

    /// The organisation. Asks the server for it, once, if the stack's name has none.
    async fn organization(&self) -> Result<String, LedgerTrouble> {
        if let Some(known) = self.organization.get() {
            return Ok(known.clone());
        }
        let found = self.default_organization().await?;
        Ok(self.organization.get_or_init(|| found).clone())
    }

    /// The names of all stacks of the project, as `pulumi stack ls` lists them.
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/httpstate/client/client.go>, `ListStacks`
    ///
    /// # Errors
    /// A page of the list can't be read: what is not listed may be there.
    pub async fn names_in_the_project(&self) -> Result<Vec<String>, LedgerTrouble> {
        let organization = self.organization().await?;
        let mut names = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        loop {
            let mut url = self.url("api/user/stacks");
            url.query_pairs_mut()
                .append_pair("organization", &organization)
                .append_pair("project", &self.project);
            if let Some(token) = seen.last() {
                url.query_pairs_mut().append_pair("continuationToken", token);
            }
            let page = self.json("list the project's stacks", Request::get(url)).await?;
            let read = |stack: &Value| {
                let text = |name: &str| stack.get(name).and_then(Value::as_str);
                Some((text("projectName")? == self.project).then(|| text("stackName").map(str::to_owned)))
            };
            let stacks = page.get("stacks").and_then(Value::as_array);
            let read: Option<Vec<_>> = stacks.and_then(|stacks| stacks.iter().map(read).collect());
            let read = read.ok_or_else(|| self.no_list())?;
            names.extend(read.into_iter().flatten().flatten());
            match page.get("continuationToken").and_then(Value::as_str).filter(|token| !token.is_empty()) {
                None => break,
                // A server that gives the same page again never ends.
                Some(token) if seen.iter().any(|other| other == token) => return Err(self.no_list()),
                Some(token) => seen.push(token.to_owned()),
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn no_list(&self) -> LedgerTrouble {
        LedgerTrouble::broken(Problem::new(
            format!("what {} answers is no list of stacks", host(&self.api)),
            "check the backend's URL",
        ))
    }

    /// Creates the stack. One that is there is no error.
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/httpstate/client/client.go>, `CreateStack`
    pub async fn create(&self) -> Result<(), LedgerTrouble> {
        let do_what = "create the stack";
        let organization = self.organization().await?;
        let parts = [organization.as_str(), &self.project].map(percent_encoded);
        let url = self.url(&format!("api/stacks/{}", parts.join("/")));
        let body = json!({ "stackName": self.stack });
        let answer = self.send(do_what, Request::json(Method::POST, url, &body)).await?;
        if (200..300).contains(&answer.status) || answer.status == 409 {
            return Ok(());
        }
        Err(self.refused(do_what, &answer))
    }

    /// The messages of the stack's updates, the newest first.
    pub async fn messages(&self) -> Result<Vec<String>, LedgerTrouble> {
        let mut url = self.url(&format!("{}/updates", self.path().await?));
        url.set_query(Some("pageSize=100&page=1"));
        let body = self.json("read the stack's updates", Request::get(url)).await?;
        let updates = body.get("updates").and_then(Value::as_array).into_iter().flatten();
        let message = |one: &Value| one.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(updates.map(message).collect())
    }

    /// The organisation that the CLI takes for a name without one.
    async fn default_organization(&self) -> Result<String, LedgerTrouble> {
        let do_what = "find out the stack's organisation";
        for path in ["api/user/organizations/default", "api/user"] {
            let answer = self.send(do_what, Request::get(self.url(path))).await?;
            match answer.status {
                // Servers of earlier versions do not know the first one.
                404 => {}
                200 => {
                    let body: Option<Value> = serde_json::from_str(answer.body.expose()).ok();
                    let name = |body: &Value| {
                        ["GitHubLogin", "githubLogin"]
                            .iter()
                            .find_map(|key| body.get(key)?.as_str().map(str::to_owned))
                    };
                    if let Some(name) = body.as_ref().and_then(name).filter(|name| !name.is_empty()) {
                        return Ok(name);
                    }
                }
                _ => return Err(self.refused(do_what, &answer)),
            }
        }
        Err(LedgerTrouble::broken(Problem::new(
            format!("{} does not tell the organisation of `{}`", host(&self.api), self.stack),
            "name the stack with its organisation: `acme/shop/prod`",
        )))
    }

    /// The stack. None if there is no such stack, or the token can't see it.
    pub async fn read(&self) -> Result<Option<CloudStackState>, LedgerTrouble> {
        let do_what = "read the stack";
        let answer = self.send(do_what, Request::get(self.url(&self.path().await?))).await?;
        match answer.status {
            404 => Ok(None),
            200 => {
                let body: Option<Value> = serde_json::from_str(answer.body.expose()).ok();
                let state = body.as_ref().and_then(read_stack);
                state.map(Some).ok_or_else(|| {
                    LedgerTrouble::broken(Problem::new(
                        format!("what {} answers is not a stack", host(&self.api)),
                        "check the backend's URL",
                    ))
                })
            }
            _ => Err(self.refused(do_what, &answer)),
        }
    }

    /// Adds a tag. Returns false if the server refuses, as it does if there is one of this name: it answers with status
    /// 400 then. <https://www.pulumi.com/registry/packages/pulumiservice/api-docs/api/stacks/tag/>
    ///
    /// The error of a request without an answer leaves open whether the tag is there.
    pub async fn add_tag(&self, name: &str, value: &str) -> Result<bool, LedgerTrouble> {
        let do_what = "add a tag to the stack";
        let url = self.url(&format!("{}/tags", self.path().await?));
        let body = json!({ "name": name, "value": value });
        let answer = self.send(do_what, Request::json(Method::POST, url, &body)).await?;
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
            _ => Err(self.refused(do_what, &answer)),
        }
    }

    /// Deletes a tag. One that is not there is no error.
    pub async fn delete_tag(&self, name: &str) -> Result<(), LedgerTrouble> {
        let do_what = "delete an old tag of the stack";
        let url = self.url(&format!("{}/tags/{}", self.path().await?, percent_encoded(name)));
        let answer = self.send(do_what, Request { method: Method::DELETE, ..Request::get(url) }).await?;
        match answer.status {
            200..300 | 404 => Ok(()),
            _ => Err(self.refused(do_what, &answer)),
        }
    }

    /// What the updates that have no end yet say of themselves, the newest first: each one's environment, with the CI
    /// system's names in it.
    /// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/history.go>, `UpdateInfo`
    pub async fn environments_at_work(&self) -> Result<Vec<BTreeMap<String, String>>, LedgerTrouble> {
        let do_what = "read the stack's last updates";
        let mut url = self.url(&format!("{}/updates", self.path().await?));
        url.set_query(Some("pageSize=10&page=1"));
        let body = self.json(do_what, Request::get(url)).await?;
        let updates = body.get("updates").and_then(Value::as_array).into_iter().flatten();
        let at_work = updates.filter(|one| {
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
        let url = self.url(&format!("{}/update/{}/cancel", self.path().await?, percent_encoded(update)));
        let request = Request { repeatable: true, ..Request::json(Method::POST, url, &json!({})) };
        let do_what = "cancel the update";
        let answer = self.send(do_what, request).await?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(self.refused(do_what, &answer)) }
    }

    /// The deployment of the stack, with its secrets encrypted. None if there is no such stack.
    pub async fn deployment(&self) -> Result<Option<Value>, LedgerTrouble> {
        let url = self.url(&format!("{}/export", self.path().await?));
        let mut body = self.json("read the stack's state", Request::get(url)).await?;
        Ok(body.get_mut("deployment").map(Value::take))
    }

    /// The JSON of an answer with status 200.
    async fn json(&self, do_what: &str, request: Request) -> Result<Value, LedgerTrouble> {
        let answer = self.send(do_what, request).await?;
        if answer.status != 200 {
            return Err(self.refused(do_what, &answer));
        }
        serde_json::from_str(answer.body.expose()).map_err(|_| {
            LedgerTrouble::broken(Problem::new(
                format!("could not {do_what}: what {} answers can't be read", host(&self.api)),
                "check the backend's URL",
            ))
        })
    }

    async fn send(&self, do_what: &str, request: Request) -> Result<Answer, LedgerTrouble> {
        self.requests.set(self.requests.get() + 1);
        let authorization = Some(Secret::new(format!("token {}", self.token.expose())));
        let sent = self.http.send(&Request { authorization, metered: true, ..request }).await;
        sent.map_err(|failure: Failure| {
            LedgerTrouble::broken(Problem::new(format!("could not {do_what}: {failure}"), failure.hint()))
        })
    }

    fn refused(&self, do_what: &str, answer: &Answer) -> LedgerTrouble {
        let words = words(answer.body.expose());
        let what =
            format!("could not {do_what}: {} answered with status {}{words}", host(&self.api), answer.status);
        let (kind, hint) = match answer.status {
            401 => (LedgerTroubleKind::Denied, "check the access token: it is not accepted"),
            402 | 403 => {
                (LedgerTroubleKind::Denied, "the token needs the permission to write the stack (Stack Write)")
            }
            429 | 500.. => (LedgerTroubleKind::Broken, "run the job again later"),
            _ => (LedgerTroubleKind::Broken, "check the backend's URL and the stack's name"),
        };
        LedgerTrouble { kind, problem: Problem::new(what, hint) }
    }
}

/// The message in the body of a refusal: `{"code":403,"message":"…"}`.
pub(super) fn words(body: &str) -> String {
    let message = serde_json::from_str::<Value>(body).ok();
    let message = message.as_ref().and_then(|body| body.get("message")?.as_str()).unwrap_or_default();
    let line: String = message.chars().filter(|c| !c.is_control()).take(WORDS).collect();
    if line.is_empty() { line } else { format!(": {line}") }
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

    #[test]
    fn addresses_are_below_the_server_s_own_path() {
        let env = Env::from_pairs("/", [("A", "b")]);
        let names = CloudNames { organization: Some("acme"), project: "shop", stack: "prod" };
        for (url, expected) in [
            ("https://api.pulumi.com", "https://api.pulumi.com/api/user"),
            ("https://app.pulumi.com/acme", "https://api.pulumi.com/api/user"),
            ("https://u:p@pulumi.corp/base/?x=y#z", "https://pulumi.corp/base/api/user"),
        ] {
            let cloud = CloudStack::new(url, Secret::new("pul-0123456789"), &names, &env).unwrap();
            assert_eq!(cloud.url("api/user").as_str(), expected);
        }
    }
}
