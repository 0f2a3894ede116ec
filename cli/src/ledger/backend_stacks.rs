//! The stacks of a project in a backend, read without the engine: their names, tags, states, updates and locks.
//!
//! Where they lie: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go>

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::backend_stack::BackendStack;
use super::bucket::{Bucket, Names};
use super::cloud_stacks::CloudStacks;
use super::last_update::LastUpdate;
use super::locks;
use super::object_updates::latest_in;
use super::open::{BackendKind, LedgerFor, only_the_engine};
use super::past_updates::{PastUpdate, UPDATES};
use super::state_identity::{StateIdentity, checkpoint, checkpoint_path, hash, of_checkpoint, pending_in};
use super::state_references::stack_references;
use crate::base::error::Problem;

/// The forms of a state's file.
const STATES: [&str; 3] = [".json", ".json.gz", ".json.zst"];

/// The stacks of one project.
pub struct BackendStacks(StacksPlace);

/// What a stack's state tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFacts {
    /// Its identity.
    pub identity: StateIdentity,
    /// The whole names of the stacks whose outputs the last deployment has read.
    pub references: Vec<String>,
    /// The operations of which the engine does not know how they ended, each as `creating <URN>`.
    pub pending: Vec<String>,
}

/// There is no such stack.
impl Default for StateFacts {
    fn default() -> Self {
        Self { identity: StateIdentity::NoStack, references: Vec::new(), pending: Vec::new() }
    }
}

/// The place of the stacks.
enum StacksPlace {
    Objects(ObjectStacks),
    Cloud(CloudStacks),
}

/// The stacks of one project in a folder or a bucket.
struct ObjectStacks {
    bucket: Bucket,
    project: String,
}

/// A file of tags.
#[derive(Deserialize)]
struct TagsFile {
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl BackendStacks {
    /// Whether only the engine reads the stacks of the backend at this URL, as those of a database.
    pub fn needs_the_engine(url: &str) -> bool {
        matches!(BackendKind::find(url), BackendKind::Other(_))
    }

    /// The stacks of the project and the backend that `of` names. Sends nothing.
    ///
    /// # Errors
    /// Only the engine reads the backend, or it is not known how to reach it.
    pub fn open(of: &LedgerFor<'_>) -> Result<Self, Problem> {
        let url = of.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
        let place = match BackendKind::find(url) {
            BackendKind::Objects => StacksPlace::Objects(ObjectStacks {
                bucket: of.bucket(url)?,
                project: of.project()?.to_owned(),
            }),
            BackendKind::Cloud => StacksPlace::Cloud(CloudStacks::new(
                url,
                of.cloud_token()?.clone(),
                &of.cloud_names()?,
                of.env,
            )),
            BackendKind::Other(scheme) => return Err(only_the_engine(&scheme)),
        };
        Ok(Self(place))
    }

    /// The names of the stacks, in order.
    ///
    /// # Errors
    /// They can't be read to their end.
    pub async fn names(&self) -> Result<Vec<String>, Problem> {
        match &self.0 {
            StacksPlace::Objects(stacks) => stacks.names().await,
            StacksPlace::Cloud(stacks) => stacks.names().await,
        }
    }

    /// Looks at a stack.
    ///
    /// # Errors
    /// Something of it can't be read: then nothing is known of it.
    pub async fn stack(&self, stack: &str) -> Result<BackendStack, Problem> {
        match &self.0 {
            StacksPlace::Objects(stacks) => stacks.stack(stack).await,
            StacksPlace::Cloud(stacks) => stacks.stack(stack).await,
        }
    }

    /// The identity of a stack's state.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn state(&self, stack: &str) -> Result<StateIdentity, Problem> {
        match &self.0 {
            StacksPlace::Objects(stacks) => stacks.state(stack).await,
            StacksPlace::Cloud(stacks) => stacks.state(stack).await,
        }
    }

    /// What a stack's state tells: read once.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn facts(&self, stack: &str) -> Result<StateFacts, Problem> {
        Ok(self.deployment(stack).await?.map_or_else(StateFacts::default, |(identity, deployment)| {
            StateFacts {
                identity,
                references: stack_references(&deployment),
                pending: pending_in(&deployment),
            }
        }))
    }

    /// A stack's last update. None if it has none.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn last_update(&self, stack: &str) -> Result<Option<LastUpdate>, Problem> {
        let latest = self.latest_updates(stack, 1).await?;
        let read = |update| LastUpdate::read(update).ok_or_else(|| unread(stack, "history"));
        latest.first().map(read).transpose()
    }

    /// The latest updates of a stack, the newest first.
    ///
    /// # Errors
    /// One of them can't be read.
    pub async fn updates(&self, stack: &str) -> Result<Vec<PastUpdate>, Problem> {
        let latest = self.latest_updates(stack, UPDATES).await?;
        let read = latest.iter().map(PastUpdate::read);
        read.collect::<Option<_>>().ok_or_else(|| unread(stack, "history"))
    }

    /// What a stack's secrets are encrypted by, as its state has it: `secrets_providers`. None if it has no state.
    ///
    /// # Errors
    /// The state can't be read.
    pub async fn secrets_provider(&self, stack: &str) -> Result<Option<Value>, Problem> {
        let deployment = self.deployment(stack).await?;
        Ok(deployment.and_then(|(_, deployment)| deployment.get("secrets_providers").cloned()))
    }

    async fn deployment(&self, stack: &str) -> Result<Option<(StateIdentity, Value)>, Problem> {
        match &self.0 {
            StacksPlace::Objects(stacks) => Ok(stacks
                .deployment(stack)
                .await?
                .map(|deployment| (StateIdentity::Hash(hash(&deployment)), deployment))),
            StacksPlace::Cloud(stacks) => stacks.deployment(stack).await,
        }
    }

    async fn latest_updates(&self, stack: &str, most: usize) -> Result<Vec<Value>, Problem> {
        match &self.0 {
            StacksPlace::Objects(stacks) => latest_in(&stacks.bucket, &stacks.project, stack, most).await,
            StacksPlace::Cloud(stacks) => stacks.latest_updates(stack, most).await,
        }
    }

    /// Makes sure that a stack's ledger can be written before there is anything else of the stack: at Pulumi Cloud it lies in
    /// the stack's tags, and the stack is created without resources.
    ///
    /// # Errors
    /// It can't be created.
    pub async fn make_room_for_the_ledger(&self, stack: &str) -> Result<(), Problem> {
        match &self.0 {
            StacksPlace::Objects(_) => Ok(()),
            StacksPlace::Cloud(stacks) => stacks.create(stack).await,
        }
    }
}

impl ObjectStacks {
    fn folder(&self) -> String {
        format!(".pulumi/stacks/{}", self.project)
    }

    async fn names(&self) -> Result<Vec<String>, Problem> {
        let folder = self.folder();
        let files = self.list(&folder, "").await?;
        let name = |file: &String| STATES.iter().find_map(|form| file.strip_suffix(form)).map(str::to_owned);
        Ok(files.iter().filter_map(name).collect::<BTreeSet<_>>().into_iter().collect())
    }

    async fn stack(&self, stack: &str) -> Result<BackendStack, Problem> {
        let trouble = |trouble: super::trouble::LedgerTrouble| trouble.problem;
        let tags = self.bucket.read(&format!("{}/{stack}.pulumi-tags", self.folder())).await;
        let tags = match tags.map_err(|trouble| trouble.problem)? {
            None => BTreeMap::new(),
            Some(bytes) => {
                serde_json::from_slice::<TagsFile>(&bytes).map_err(|_| unread(stack, "tags"))?.tags
            }
        };
        let deployment = self.deployment(stack).await?;
        let resources =
            deployment.as_ref().and_then(|one| one.get("resources")?.as_array()).map_or(0, Vec::len);
        let identity = deployment.map_or(StateIdentity::NoStack, |one| StateIdentity::Hash(hash(&one)));
        let messages = self.messages(stack).await?;
        let locks = locks::of_objects(&self.bucket, &self.project, stack).await.map_err(trouble)?;
        Ok(BackendStack { tags, resources, identity, messages, locks })
    }

    /// What the stack's state holds. None if there is no such stack.
    async fn deployment(&self, stack: &str) -> Result<Option<Value>, Problem> {
        let trouble = |trouble: super::trouble::LedgerTrouble| trouble.problem;
        match checkpoint_path(&self.bucket, &self.project, stack).await.map_err(trouble)? {
            None => Ok(None),
            Some(path) => checkpoint(&self.bucket, &path).await.map_err(trouble),
        }
    }

    async fn state(&self, stack: &str) -> Result<StateIdentity, Problem> {
        let seen = of_checkpoint(&self.bucket, &self.project, stack).await;
        seen.map(|seen| seen.identity).map_err(|trouble| trouble.problem)
    }

    /// The messages of a stack's updates, the oldest first.
    async fn messages(&self, stack: &str) -> Result<Vec<String>, Problem> {
        let folder = format!(".pulumi/history/{}/{stack}", self.project);
        let mut messages = Vec::new();
        for name in self.list(&folder, "").await? {
            if name.strip_suffix(".history.json").is_none() {
                continue;
            }
            let read =
                self.bucket.read(&format!("{folder}/{name}")).await.map_err(|trouble| trouble.problem)?;
            let update: Option<Value> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let update = update.ok_or_else(|| unread(stack, "history"))?;
            messages.push(update.get("message").and_then(Value::as_str).unwrap_or_default().to_owned());
        }
        Ok(messages)
    }

    async fn list(&self, folder: &str, beginning: &str) -> Result<Vec<String>, Problem> {
        let names = self.bucket.list(Names { folder, beginning, after: None }).await;
        names.map_err(|trouble| trouble.problem)
    }
}

fn unread(stack: &str, what: &str) -> Problem {
    Problem::without_hint(format!("the {what} of the stack `{}` can't be read", stack.escape_debug()))
}
