//! The identity of a stack's state: whether it has moved between two moments. At Pulumi Cloud it is the number of the last
//! update; in a self-managed backend a hash of the checkpoint, without what each write changes: its manifest's time, magic
//! and engine version. The same hash is made of `pulumi stack export`.

use std::fmt;
use std::io::Read as _;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::bucket::{Bucket, Names};
use super::locks;
use super::open::{BackendKind, LedgerFor, only_the_engine};
use super::trouble::LedgerTrouble;
use crate::base::error::Problem;
use crate::base::json;

/// The most bytes of a checkpoint after it was inflated. Of a larger one the identity is not known here.
const LARGEST: u64 = 256 << 20;

/// The fields of the manifest that each write of the state changes.
const VOLATILE: [&str; 3] = ["time", "magic", "version"];

/// The identity of a stack's state. Two that are equal are the same state; the text of each tells its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateIdentity {
    /// There is no such stack.
    NoStack,
    /// The number of the last update at Pulumi Cloud.
    Version(u64),
    /// The SHA-256 of the state, in hexadecimal digits.
    Hash(String),
}

/// `none`, `version 17`, `sha256:…`
impl fmt::Display for StateIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStack => formatter.write_str("none"),
            Self::Version(number) => write!(formatter, "version {number}"),
            Self::Hash(digits) => write!(formatter, "sha256:{digits}"),
        }
    }
}

/// What was seen of a stack's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSeen {
    /// The identity.
    pub identity: StateIdentity,
    /// Who works on it at this moment: the update that runs at Pulumi Cloud, or the lock, one line each.
    pub at_work: Vec<String>,
}

/// Reads the identity of a stack's state from its backend.
///
/// # Errors
/// The reason why it is not known without the engine: the backend is a database, can't be reached, or holds the state in a
/// form that only the engine reads. Then [`of_export`] makes it of the engine's answer.
pub async fn read(stack: &LedgerFor<'_>) -> Result<StateSeen, Problem> {
    let url = stack.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
    match BackendKind::find(url) {
        BackendKind::Objects => {
            let bucket = stack.bucket(url)?;
            let seen = of_checkpoint(&bucket, stack.project()?, &stack.identity.stack).await;
            seen.map_err(|trouble| trouble.problem)
        }
        BackendKind::Cloud => {
            let cloud = stack.cloud(url)?;
            let state = cloud.read().await.map_err(|trouble| trouble.problem)?;
            Ok(match state {
                Some(state) => StateSeen {
                    identity: StateIdentity::Version(state.version),
                    at_work: state.running.iter().map(ToString::to_string).collect(),
                },
                None => StateSeen { identity: StateIdentity::NoStack, at_work: Vec::new() },
            })
        }
        BackendKind::Other(scheme) => Err(only_the_engine(&scheme)),
    }
}

/// The state in a self-managed backend.
pub(super) async fn of_checkpoint(
    bucket: &Bucket,
    project: &str,
    stack: &str,
) -> Result<StateSeen, LedgerTrouble> {
    let path = checkpoint_path(bucket, project, stack).await?;
    let at_work = locks::of_objects(bucket, project, stack).await?.iter().map(ToString::to_string).collect();
    let identity = match path {
        None => StateIdentity::NoStack,
        Some(path) => checkpoint(bucket, &path)
            .await?
            .map_or(StateIdentity::NoStack, |deployment| StateIdentity::Hash(hash(&deployment))),
    };
    Ok(StateSeen { identity, at_work })
}

/// The path of a stack's state, as the engine writes it. None if there is no such stack.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go>
pub(super) async fn checkpoint_path(
    bucket: &Bucket,
    project: &str,
    stack: &str,
) -> Result<Option<String>, LedgerTrouble> {
    let mut found = Vec::new();
    // Before there were projects in a backend, the stack lay one folder higher.
    for folder in [format!(".pulumi/stacks/{project}"), ".pulumi/stacks".to_owned()] {
        let plain = format!("{stack}.json");
        let names = bucket.list(Names { folder: &folder, beginning: &plain, after: None }).await?;
        let forms = ["", ".gz", ".zst"].map(|ending| format!("{plain}{ending}"));
        found = names
            .into_iter()
            .filter(|name| forms.contains(name))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        if !found.is_empty() {
            break;
        }
    }
    if found.len() > 1 {
        return Err(unknown(format!("the state lies there in several forms: {}", found.join(", "))));
    }
    Ok(found.pop())
}

/// The deployment in the checkpoint at this path. None if it is not there any more.
pub(super) async fn checkpoint(bucket: &Bucket, path: &str) -> Result<Option<Value>, LedgerTrouble> {
    if path.strip_suffix(".zst").is_some() {
        return Err(unknown(format!("`{path}` is compressed in a form that only the engine reads")));
    }
    let Some(bytes) = bucket.read(path).await? else { return Ok(None) };
    let text =
        inflated(&bytes).ok_or_else(|| unknown(format!("`{path}` can't be inflated, or is too large")))?;
    let mut checkpoint: Value = json::read(&text)
        .map_err(|_| unknown(format!("`{path}` is not the JSON of a state, or is cut off")))?;
    let Some(latest) = checkpoint.get_mut("checkpoint").map(|inner| inner.get_mut("latest").map(Value::take))
    else {
        return Err(unknown(format!("`{path}` is not the state of a stack")));
    };
    Ok(Some(latest.unwrap_or_default()))
}

/// The operations of which the engine does not know how they ended, each as `creating <URN>`.
///
/// # Errors
/// The reason why they are not known without the engine.
pub async fn pending_operations(stack: &LedgerFor<'_>) -> Result<Vec<String>, Problem> {
    let url = stack.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
    let deployment = match BackendKind::find(url) {
        BackendKind::Objects => {
            let (bucket, project) = (stack.bucket(url)?, stack.project()?);
            let path = checkpoint_path(&bucket, project, &stack.identity.stack).await;
            match path.map_err(|trouble| trouble.problem)? {
                Some(path) => checkpoint(&bucket, &path).await.map_err(|trouble| trouble.problem)?,
                None => None,
            }
        }
        BackendKind::Cloud => stack.cloud(url)?.deployment().await.map_err(|trouble| trouble.problem)?,
        BackendKind::Other(scheme) => return Err(only_the_engine(&scheme)),
    };
    Ok(deployment.as_ref().map(pending_in).unwrap_or_default())
}

/// The same of the answer of `pulumi stack export`.
pub fn pending_in_export(answer: &Map<String, Value>) -> Vec<String> {
    answer.get("deployment").map(pending_in).unwrap_or_default()
}

pub(super) fn pending_in(deployment: &Value) -> Vec<String> {
    let operations = deployment.get("pending_operations").and_then(Value::as_array);
    let text = |one: &Value, at: &str| one.pointer(at).and_then(Value::as_str).unwrap_or("?").to_owned();
    let named = |one: &Value| format!("{} {}", text(one, "/type"), text(one, "/resource/urn"));
    operations.into_iter().flatten().map(named).collect()
}

fn unknown(what: String) -> LedgerTrouble {
    LedgerTrouble::broken(Problem::without_hint(what))
}

/// The bytes without their compression, if they have one. None if they can't be inflated, or are too many.
pub(super) fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(bytes.to_vec());
    }
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).take(LARGEST + 1).read_to_end(&mut text).ok()?;
    (text.len() as u64 <= LARGEST).then_some(text)
}

/// The identity in the answer of `pulumi stack export`: the same as that of the checkpoint that it is made from. None if
/// it is not one.
pub fn of_export(answer: &Map<String, Value>) -> Option<StateIdentity> {
    Some(StateIdentity::Hash(hash(answer.get("deployment")?)))
}

/// The hash of a deployment: <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>,
/// `DeploymentV3`.
pub(super) fn hash(deployment: &Value) -> String {
    let mut hash = Sha256::new();
    hash.update(b"stackstep state 1\n");
    match deployment {
        Value::Object(fields) => object(fields, StateLevel::Deployment, &mut hash),
        // A stack that was never deployed to has no deployment.
        _ => object(&Map::new(), StateLevel::Deployment, &mut hash),
    }
    format!("{:x}", hash.finalize())
}

/// How deep a value lies: the engine leaves out empty fields of its own, and none of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StateLevel {
    /// The deployment.
    Deployment,
    /// The manifest.
    Manifest,
    /// A list of resources or operations.
    Items,
    /// A resource or an operation.
    Item,
    /// A field of these, and all within.
    Field,
}

impl StateLevel {
    fn of_field(self, name: &str) -> Self {
        match (self, name) {
            (Self::Deployment, "manifest") => Self::Manifest,
            (Self::Deployment, "resources" | "pending_operations") => Self::Items,
            // The resource of a pending operation.
            (Self::Item, "resource") => Self::Item,
            _ => Self::Field,
        }
    }

    fn leaves_out(self, name: &str, value: &Value) -> bool {
        match self {
            Self::Manifest if VOLATILE.contains(&name) => true,
            Self::Deployment | Self::Manifest | Self::Item => is_empty(value),
            Self::Items | Self::Field => false,
        }
    }
}

/// Whether a value is one that the engine leaves out of its own fields.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn feed(value: &Value, level: StateLevel, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => object(fields, level, hash),
        Value::Array(items) => {
            let level = if level == StateLevel::Items { StateLevel::Item } else { StateLevel::Field };
            hash.update(b"[");
            for item in items {
                feed(item, level, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::String(text) => quoted(text, hash),
        // The engine reads and writes numbers as floating-point ones.
        Value::Number(number) => match number.as_f64() {
            Some(number) => hash.update(format!("{number:?}").as_bytes()),
            None => hash.update(number.to_string().as_bytes()),
        },
        Value::Bool(is) => hash.update(if *is { &b"true"[..] } else { &b"false"[..] }),
        Value::Null => hash.update(b"null"),
    }
}

fn object(fields: &Map<String, Value>, level: StateLevel, hash: &mut Sha256) {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    hash.update(b"{");
    for name in names {
        let Some(value) = fields.get(name).filter(|value| !level.leaves_out(name, value)) else { continue };
        quoted(name, hash);
        hash.update(b":");
        feed(value, level.of_field(name), hash);
        hash.update(b",");
    }
    hash.update(b"}");
}

/// A text with its length before it, so that no two values make the same bytes.
fn quoted(text: &str, hash: &mut Sha256) {
    hash.update(format!("\"{}:", text.len()).as_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests;
