//! The latest updates of a stack in a folder or a bucket, as the engine writes them.

use serde_json::Value;

use super::bucket::{Bucket, Names};
use super::state_identity::inflated;
use crate::base::error::Problem;
use crate::base::json;

/// The ends of the names of updates: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go>
const ENDINGS: [&str; 2] = [".history.json", ".history.json.gz"];

/// The latest updates of a stack in a folder or a bucket, `most` at most, the newest first, each as the engine writes it.
pub(super) async fn latest_in(
    bucket: &Bucket,
    project: &str,
    stack: &str,
    most: usize,
) -> Result<Vec<Value>, Problem> {
    let folder = format!(".pulumi/history/{project}/{stack}");
    let names = bucket.list(Names { folder: &folder, beginning: "", after: None }).await;
    let names = newest_first(names.map_err(|trouble| trouble.problem)?);
    let mut updates = Vec::new();
    for name in names.iter().take(most) {
        let bytes = bucket.read(&format!("{folder}/{name}")).await.map_err(|trouble| trouble.problem)?;
        let text = bytes.and_then(|bytes| inflated(&bytes));
        updates.push(text.and_then(|text| json::read(&text).ok()).ok_or_else(|| {
            Problem::without_hint(format!(
                "the update `{name}` of the stack `{}` can't be read",
                stack.escape_debug()
            ))
        })?);
    }
    Ok(updates)
}

/// The updates among the files of a stack's history: each has its time in nanoseconds before its ending.
fn newest_first(files: Vec<String>) -> Vec<String> {
    let time = |name: &String| {
        let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
        stem.rsplit('-').next()?.parse::<u128>().ok()
    };
    let mut updates: Vec<_> = files.into_iter().filter_map(|name| Some((time(&name)?, name))).collect();
    updates.sort();
    updates.into_iter().rev().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_told_by_its_number() {
        let files = ["prod-9.history.json", "prod-10.history.json", "prod-10.checkpoint.json", "x"]
            .map(str::to_owned);
        assert_eq!(newest_first(files.to_vec()).first().map(String::as_str), Some("prod-10.history.json"));
        assert_eq!(newest_first(Vec::new()).first(), None);
    }
}
