//! The lock of a stack: who holds it, since when, and its removal. In a self-managed backend it is an object of the
//! engine's; at Pulumi Cloud it is an update that runs.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::bucket::{Bucket, LOCKS, Names};
use super::cloud::CloudUpdate;
use super::entry::instant;
use super::open::{BackendKind, LedgerFor, only_the_engine};
use super::trouble::LedgerTrouble;
use crate::base::error::Problem;

/// The lock of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackLock {
    /// The path of its object, or the id of the update.
    pub id: String,
    /// What holds it: `the lock of ci@runner-1 (pid 7)`, `update by ann`.
    pub holder: String,
    /// The machine of the engine that holds it, as Go's `os.Hostname` names it. None at Pulumi Cloud, or if it can't be
    /// read.
    pub host: Option<String>,
    /// The time of its beginning, in RFC 3339. None if it is not told.
    pub since: Option<String>,
    /// The run of a CI system that the update says it belongs to. None in a self-managed backend.
    pub run: Option<LockRun>,
}

/// The run that an update at Pulumi Cloud belongs to, by the metadata that the engine has sent.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/updates.go>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockRun {
    /// The CI system, as the engine calls it: `GitHub`.
    pub system: Option<String>,
    /// The id of the run.
    pub id: Option<String>,
    /// The page of the run.
    pub url: Option<String>,
}

/// `the lock of ci@runner-1 (pid 7) since 2026-11-29T10:00:00Z`
impl fmt::Display for StackLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.holder)?;
        self.since.as_ref().map_or(Ok(()), |since| write!(formatter, " since {since}"))
    }
}

/// Reads the locks of a stack. At Pulumi Cloud there is one at most, and it has no run yet: see [`with_run`].
///
/// # Errors
/// The reason why they are not known without the engine.
pub async fn read(stack: &LedgerFor<'_>) -> Result<Vec<StackLock>, Problem> {
    let url = stack.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
    match BackendKind::find(url) {
        BackendKind::Objects => {
            let bucket = stack.bucket(url)?;
            let locks = of_objects(&bucket, stack.project()?, &stack.identity.stack).await;
            locks.map_err(|trouble| trouble.problem)
        }
        BackendKind::Cloud => {
            let state = stack.cloud(url)?.read().await.map_err(|trouble| trouble.problem)?;
            Ok(of_update(state.and_then(|state| state.running)).into_iter().collect())
        }
        BackendKind::Other(scheme) => Err(only_the_engine(&scheme)),
    }
}

/// The lock that an update at Pulumi Cloud is.
pub(super) fn of_update(update: Option<CloudUpdate>) -> Option<StackLock> {
    update.map(|update| StackLock {
        holder: update.to_string(),
        id: update.id,
        host: None,
        since: update.started.map(|seconds| instant(UNIX_EPOCH + Duration::from_secs(seconds))),
        run: None,
    })
}

/// Adds the run that an update at Pulumi Cloud belongs to. It stays without one if the server tells of none, or of several
/// updates that run.
pub async fn with_run(lock: StackLock, stack: &LedgerFor<'_>) -> Result<StackLock, Problem> {
    let Some(url) = stack.url.filter(|url| matches!(BackendKind::find(url), BackendKind::Cloud)) else {
        return Ok(lock);
    };
    let at_work = stack.cloud(url)?.environments_at_work().await.map_err(|trouble| trouble.problem)?;
    let [environment] = at_work.as_slice() else { return Ok(lock) };
    let text = |name: &str| environment.get(name).cloned();
    let run = LockRun { system: text("ci.system"), id: text("ci.build.id"), url: text("ci.build.url") };
    Ok(StackLock { run: Some(run), ..lock })
}

/// Removes a lock. Returns false if it is gone already.
pub async fn remove(lock: &StackLock, stack: &LedgerFor<'_>) -> Result<bool, Problem> {
    let url = stack.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
    match BackendKind::find(url) {
        BackendKind::Objects => {
            let removed = stack.bucket(url)?.remove_lock(&lock.id).await;
            removed.map_err(|trouble| trouble.problem)
        }
        BackendKind::Cloud if !lock.id.is_empty() => {
            let cancelled = stack.cloud(url)?.cancel(&lock.id).await;
            cancelled.map(|()| true).map_err(|trouble| trouble.problem)
        }
        BackendKind::Cloud => {
            Err(Problem::new("the server does not tell the id of the update", "use `pulumi cancel`"))
        }
        BackendKind::Other(scheme) => Err(only_the_engine(&scheme)),
    }
}

/// The locks in a self-managed backend: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go>
pub(super) async fn of_objects(
    bucket: &Bucket,
    project: &str,
    stack: &str,
) -> Result<Vec<StackLock>, LedgerTrouble> {
    let folder = format!("{LOCKS}organization/{project}/{stack}");
    let names = bucket.list(Names { folder: &folder, beginning: "", after: None }).await?;
    let mut locks = Vec::new();
    for name in names.iter().filter(|name| name.strip_suffix(".json").is_some()) {
        let id = format!("{folder}/{name}");
        // One that was released in between is none.
        let Some(bytes) = bucket.read(&id).await? else { continue };
        let lock: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text =
            |name: &str| lock.get(name).and_then(Value::as_str).map(|text| text.escape_debug().to_string());
        let pid = lock.get("pid").and_then(Value::as_u64).unwrap_or_default();
        let (user, host) = (text("username"), text("hostname"));
        let shown = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".to_owned());
        let holder = format!("the lock of {}@{} (pid {pid})", shown(&user), shown(&host));
        locks.push(StackLock { id, holder, host, since: text("timestamp"), run: None });
    }
    Ok(locks)
}
