//! The history of a stack: of each update what it did, and the checkpoint it left.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use super::bucket::Bucket;
use super::time::Moment;
use super::{StackRef, stack_key};
use crate::failure::Failure;

/// One update, as the file says it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// `update`, `refresh`, `destroy`.
    pub kind: String,
    /// Seconds since the epoch.
    #[serde(default)]
    pub start_time: u64,
    /// The person's message.
    #[serde(default)]
    pub message: String,
    /// What the update ran in.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The configuration, secrets encrypted.
    #[serde(default)]
    pub config: JsonMap<String, Json>,
    /// Always 0 with this backend.
    #[serde(default)]
    pub version: u64,
    /// `succeeded` or `failed`.
    #[serde(default)]
    pub result: String,
    /// Seconds since the epoch.
    #[serde(default)]
    pub end_time: u64,
    /// How many resources met which operation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource_changes: Option<BTreeMap<String, u64>>,
}

/// The folder of a stack's history.
pub fn folder(stack: &StackRef) -> String {
    format!(".pulumi/history/{}/{}", stack.project, stack.stack)
}

/// The folder of a stack's backups.
pub fn backups(stack: &StackRef) -> String {
    format!(".pulumi/backups/{}/{}", stack.project, stack.stack)
}

/// Adds an update, with a copy of the checkpoint, and a backup of that.
pub fn add(bucket: &Bucket, stack: &StackRef, update: &Update, backup: bool) -> Result<(), Failure> {
    let at = Moment::now().0.as_nanos();
    let text = serde_json::to_vec(update).map_err(|error| Failure::new(error.to_string()))?;
    let prefix = format!("{}/{}-{at}", folder(stack), stack.stack);
    bucket
        .write(&format!("{prefix}.history.json"), &text)
        .and_then(|()| bucket.copy(&stack_key(stack), &format!("{prefix}.checkpoint.json")))
        .map_err(|failure| Failure::new(format!("saving update info: {}", failure.message)))?;
    if !backup {
        return Ok(());
    }
    let to = format!("{}/{}.{}.json", backups(stack), stack.stack, Moment::now().0.as_nanos());
    bucket
        .copy(&stack_key(stack), &to)
        .map_err(|failure| Failure::new(format!("saving backup: {}", failure.message)))
}

/// The updates, newest first. Pages count from 1; a page size of 0 is all of them.
pub fn page(bucket: &Bucket, stack: &StackRef, size: usize, page: usize) -> Result<Vec<Update>, Failure> {
    let folder = folder(stack);
    let names = bucket.list(&folder)?;
    let newest = names.iter().rev().filter(|name| name.ends_with(".history.json"));
    let (skip, take) =
        if size == 0 { (0, usize::MAX) } else { (page.max(1).saturating_sub(1).saturating_mul(size), size) };
    newest
        .skip(skip)
        .take(take)
        .map(|name| {
            let key = format!("{folder}/{name}");
            let bytes = bucket.read(&key)?.unwrap_or_default();
            serde_json::from_slice(&bytes)
                .map_err(|error| Failure::new(format!("reading history file {key}: {error}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As v3.260.0 wrote it.
    const REAL: &str = r#"{"kind":"update","startTime":1795223215,"message":"","environment":{"exec.kind":"cli","pulumi.version":"v3.260.0"},"config":{"shop:greeting":"hello","shop:tok":{"secure":"v1:oeA0TjNsMAKLuIUZ:4kDk0lGnIUN6RMKms8OKKv/PaaVMkw=="}},"version":0,"result":"succeeded","endTime":1795223215,"resourceChanges":{"create":3}}"#;

    #[test]
    fn an_update_is_read_and_written_as_the_cli_writes_it() {
        let update: Update = serde_json::from_str(REAL).unwrap();
        assert_eq!(serde_json::to_string(&update).unwrap(), REAL);
    }

    #[test]
    fn updates_are_listed_newest_first_and_by_pages() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Bucket::new(folder.path().to_owned());
        let stack = StackRef { project: "shop".into(), stack: "dev".into() };
        bucket.write(&stack_key(&stack), b"{}").unwrap();
        for message in ["one", "two", "three"] {
            let update = Update { message: message.into(), ..Update::default() };
            add(&bucket, &stack, &update, true).unwrap();
        }
        let messages = |size, at| {
            page(&bucket, &stack, size, at)
                .unwrap()
                .into_iter()
                .map(|update| update.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(messages(0, 1), ["three", "two", "one"]);
        assert_eq!(messages(2, 1), ["three", "two"]);
        assert_eq!(messages(2, 2), ["one"]);
        assert!(messages(2, 3).is_empty());
        assert_eq!(bucket.list(&backups(&stack)).unwrap().len(), 3);
    }
}
