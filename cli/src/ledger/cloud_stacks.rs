//! The stacks of a project at Pulumi Cloud, by its REST API: their names, tags, states, updates, and the update that runs.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stacks/>

use serde_json::Value;

use super::backend_stack::BackendStack;
use super::cloud::CloudStack;
use super::locks;
use super::state_identity::StateIdentity;
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::secret::Secret;
use crate::cloud::service::CloudNames;

/// The stacks of one project.
pub(super) struct CloudStacks {
    url: String,
    token: Secret,
    organization: Option<String>,
    project: String,
    env: Env,
}

impl CloudStacks {
    /// Those of this project at the server `url`. Sends nothing.
    pub fn new(url: &str, token: Secret, names: &CloudNames<'_>, env: &Env) -> Self {
        let (organization, project) = (names.organization.map(str::to_owned), names.project.to_owned());
        Self { url: url.to_owned(), token, organization, project, env: env.clone() }
    }

    fn one(&self, stack: &str) -> Result<CloudStack, Problem> {
        let names = CloudNames { organization: self.organization.as_deref(), project: &self.project, stack };
        CloudStack::new(&self.url, self.token.clone(), &names, &self.env)
    }

    /// The names of the stacks.
    pub async fn names(&self) -> Result<Vec<String>, Problem> {
        self.one("")?.names_in_the_project().await.map_err(|trouble| trouble.problem)
    }

    /// Creates a stack, which may be there.
    pub async fn create(&self, stack: &str) -> Result<(), Problem> {
        self.one(stack)?.create().await.map_err(|trouble| trouble.problem)
    }

    /// The identity of a stack's state.
    pub async fn state(&self, stack: &str) -> Result<StateIdentity, Problem> {
        let state = self.one(stack)?.read().await.map_err(|trouble| trouble.problem)?;
        Ok(state.map_or(StateIdentity::NoStack, |state| StateIdentity::Version(state.version)))
    }

    /// The identity of a stack's state, and what it holds. None if there is no such stack.
    pub async fn deployment(&self, stack: &str) -> Result<Option<(StateIdentity, Value)>, Problem> {
        let cloud = self.one(stack)?;
        let Some(state) = cloud.read().await.map_err(|trouble| trouble.problem)? else { return Ok(None) };
        let deployment = cloud.deployment().await.map_err(|trouble| trouble.problem)?;
        Ok(deployment.map(|deployment| (StateIdentity::Version(state.version), deployment)))
    }

    /// The latest updates of a stack, `most` at most, the newest first.
    pub async fn latest_updates(&self, stack: &str, most: usize) -> Result<Vec<Value>, Problem> {
        self.one(stack)?.latest_updates(most).await.map_err(|trouble| trouble.problem)
    }

    /// Looks at a stack.
    pub async fn stack(&self, stack: &str) -> Result<BackendStack, Problem> {
        let cloud = self.one(stack)?;
        let state = cloud.read().await.map_err(|trouble| trouble.problem)?;
        let Some(state) = state else { return Ok(BackendStack::missing()) };
        let deployment = cloud.deployment().await.map_err(|trouble| trouble.problem)?;
        let resources =
            deployment.as_ref().and_then(|one| one.get("resources")?.as_array()).map_or(0, Vec::len);
        let messages = cloud.messages().await.map_err(|trouble| trouble.problem)?;
        Ok(BackendStack {
            tags: state.tags,
            resources,
            identity: StateIdentity::Version(state.version),
            messages,
            locks: locks::of_update(state.running).into_iter().collect(),
        })
    }
}
