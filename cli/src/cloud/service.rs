//! The service for one stack.

use std::cell::OnceCell;

use serde_json::Value;

use super::server::CloudServer;
use super::trouble::CloudTrouble;
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Answer, Request, Url};
use crate::base::secret::{Masker, Secret};
use crate::base::text::percent_encoded;

/// The service, for one stack.
pub struct CloudService {
    server: CloudServer,
    organization: OnceCell<String>,
    project: String,
    stack: String,
}

/// The names of a stack. The organisation is asked for where it is not known.
pub struct CloudNames<'a> {
    /// The organisation, if it is known.
    pub organization: Option<&'a str>,
    /// The project.
    pub project: &'a str,
    /// The stack's own name.
    pub stack: &'a str,
}

impl CloudService {
    /// The stack with these names at the server `url`. Sends nothing.
    pub fn new(url: &str, token: Secret, names: &CloudNames<'_>, env: &Env) -> Result<Self, Problem> {
        let server = CloudServer::new(url, token, env)?;
        let organization = OnceCell::new();
        if let Some(known) = names.organization {
            let _ = organization.set(known.to_owned());
        }
        Ok(Self { server, organization, project: names.project.to_owned(), stack: names.stack.to_owned() })
    }

    /// Hides what `masker` hides in the server's words from now on. For secrets that are sent: a refusal can repeat them.
    pub fn hide_what(&self, masker: &Masker) {
        self.server.hide_what(masker);
    }

    /// Takes another token from now on.
    pub fn renew(&self, token: Secret) {
        self.server.renew(token);
    }

    /// The requests so far, each counted once.
    pub fn requests(&self) -> u32 {
        self.server.requests()
    }

    /// The project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The stack's own name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// The server's host, for messages.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// The server and the stack, for messages.
    pub fn shown(&self) -> String {
        let organization = self.organization.get().map_or(String::new(), |name| format!("{name}/"));
        format!("`{organization}{}/{}` at {}", self.project, self.stack, self.host())
    }

    /// An address of the server.
    pub fn url(&self, path: &str) -> Url {
        self.server.url(path)
    }

    /// The path of the stack. Asks the server for the organisation, once, if the stack's name has none.
    pub async fn path(&self) -> Result<String, CloudTrouble> {
        let organization = self.organization().await?;
        let parts = [organization.as_str(), &self.project, &self.stack].map(percent_encoded);
        Ok(format!("api/stacks/{}", parts.join("/")))
    }

    /// The organisation. Asks the server for it, once, if the stack's name has none.
    pub async fn organization(&self) -> Result<String, CloudTrouble> {
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
    pub async fn names_in_the_project(&self) -> Result<Vec<String>, CloudTrouble> {
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

    fn no_list(&self) -> CloudTrouble {
        CloudTrouble::broken(Problem::new(
            format!("what {} answers is no list of stacks", self.host()),
            "check the backend's URL",
        ))
    }

    /// The organisation that the CLI takes for a name without one.
    async fn default_organization(&self) -> Result<String, CloudTrouble> {
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
        Err(CloudTrouble::broken(Problem::new(
            format!("{} does not tell the organisation of `{}`", self.host(), self.stack),
            "name the stack with its organisation: `acme/shop/prod`",
        )))
    }

    /// The JSON of an answer with status 200.
    pub async fn json(&self, do_what: &str, request: Request) -> Result<Value, CloudTrouble> {
        self.server.json(do_what, request).await
    }

    /// Sends a request. An answer with any status is a success.
    pub async fn send(&self, do_what: &str, request: Request) -> Result<Answer, CloudTrouble> {
        self.server.send(do_what, request).await
    }

    /// The trouble that an answer with this status is. `do_what` is what was tried, as a verb.
    pub fn refused(&self, do_what: &str, answer: &Answer) -> CloudTrouble {
        self.server.refused(do_what, answer)
    }
}
