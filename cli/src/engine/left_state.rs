//! The traces of a killed run in a state that is a folder: its lock, operations whose end is not known, a file that is
//! cut off.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::report::{ATTRIBUTES_CUT_OFF, STATE_CUT_OFF};

/// A sentence on each trace. There is none if the folder holds no state. Whether a file is cut off is known only if the
/// engine, which may be writing it, `is_gone`.
pub fn notes(folder: &Path, project: &str, stack: &str, is_gone: bool) -> Vec<String> {
    let stack = stack.rsplit('/').next().unwrap_or_default();
    let state = folder.join(".pulumi/stacks").join(project).join(format!("{stack}.json"));
    let attributes = read(&state.with_extension("json.attrs"));
    let state = read(&state);
    let cut_off = cut_off(state.as_ref(), attributes.as_ref()).filter(|_| is_gone);
    let pending = state.and_then(Result::ok).as_ref().and_then(pending);
    [locks(folder, project, stack), cut_off, pending].into_iter().flatten().collect()
}

/// A sentence on the stack's locks. Their layout:
/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go>.
fn locks(folder: &Path, project: &str, stack: &str) -> Option<String> {
    let all = folder.join(".pulumi/locks/organization");
    if !folder.join(".pulumi").is_dir() {
        return None;
    }
    let locks = fs::read_dir(all.join(project).join(stack)).into_iter().flatten().flatten();
    let count =
        locks.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json")).count();
    Some(match count {
        0 => "the stack is not locked".to_owned(),
        _ => "the stack is locked: if the engine is gone and no other run is at work, `pulumi cancel` releases the lock"
            .to_owned(),
    })
}

/// The JSON of a file; an error if the file is not whole.
type Json = serde_json::Result<Value>;

/// The JSON of a file. None if there is no file.
fn read(path: &Path) -> Option<Json> {
    Some(serde_json::from_slice(&fs::read(path).ok()?))
}

/// The advice for a file of the state that is not whole.
fn cut_off(state: Option<&Json>, attributes: Option<&Json>) -> Option<String> {
    let advice = match (state, attributes) {
        (Some(Err(_)), _) => STATE_CUT_OFF,
        (_, Some(Err(_))) => ATTRIBUTES_CUT_OFF,
        _ => return None,
    };
    Some(advice.to_owned())
}

/// A sentence on pending operations. Their layout:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>.
fn pending(state: &Value) -> Option<String> {
    let operations = state.pointer("/checkpoint/latest/pending_operations").and_then(Value::as_array)?;
    let named: Vec<String> = operations.iter().filter_map(named).take(5).collect();
    let more = operations.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!operations.is_empty()).then(|| {
        format!(
            "operations are pending, look at the provider what became of them: {}{more}",
            named.join(", ")
        )
    })
}

fn named(operation: &Value) -> Option<String> {
    let urn = operation.pointer("/resource/urn")?.as_str()?;
    let name = urn.rsplit("::").next()?;
    Some(format!("{} of `{name}`", operation.get("type")?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(checkpoint: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let stacks = folder.path().join(".pulumi/stacks/shop");
        fs::create_dir_all(&stacks).unwrap();
        fs::write(stacks.join("dev.json"), checkpoint).unwrap();
        folder
    }

    #[test]
    fn a_lock_that_was_left_is_named_with_its_way_out() {
        let folder = state("{}");
        assert_eq!(notes(folder.path(), "shop", "dev", true), ["the stack is not locked"]);
        let locks = folder.path().join(".pulumi/locks/organization/shop/dev");
        fs::create_dir_all(&locks).unwrap();
        fs::write(locks.join("x.json"), "{}").unwrap();
        let notes = notes(folder.path(), "shop", "organization/shop/dev", true);
        assert!(notes[0].starts_with("the stack is locked: if"), "{notes:?}");
    }

    #[test]
    fn pending_operations_are_named() {
        let folder = state(
            r#"{"version":3,"checkpoint":{"latest":{"pending_operations":[
                {"type":"creating","resource":{"urn":"urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs"}}]}}}"#,
        );
        let notes = notes(folder.path(), "shop", "dev", true);
        assert!(notes[1].ends_with("became of them: creating of `logs`"), "{notes:?}");
    }

    #[test]
    fn a_state_that_is_cut_off_is_named_with_its_way_out() {
        for text in ["", "{\"version\":3,\"checkp"] {
            let folder = state(text);
            let notes = notes(folder.path(), "shop", "dev", true);
            assert!(notes[1].contains("is cut off") && notes[1].contains("`.bak`"), "{notes:?}");
        }
        let folder = state("{}");
        fs::write(folder.path().join(".pulumi/stacks/shop/dev.json.attrs"), "").unwrap();
        let notes = notes(folder.path(), "shop", "dev", true);
        assert!(notes[1].contains("`.attrs`") && !notes[1].contains("`.bak`"), "{notes:?}");
    }

    #[test]
    fn without_a_state_nothing_is_said() {
        assert_eq!(notes(Path::new("/nowhere"), "shop", "dev", true), Vec::<String>::new());
    }
}
