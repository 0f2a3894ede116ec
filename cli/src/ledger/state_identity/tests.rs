//! States that are the same and states that are not.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::base::env::Env;
use crate::pulumi::stack::StackIdentity;

fn deployment() -> Value {
    json!({
        "manifest": { "time": "2026-11-29T10:00:00Z", "magic": "m", "version": "v3.276.0" },
        "secrets_providers": { "type": "passphrase", "state": { "salt": "v1:abc" } },
        "resources": [
            { "urn": "urn:a", "custom": false, "type": "pulumi:pulumi:Stack", "outputs": { "size": 1, "off": false, "none": null } },
            { "urn": "urn:b", "custom": true, "id": "b", "type": "x:y:Z", "inputs": { "names": [], "deep": { "e": {} } },
              "created": "2026-11-29T10:00:00Z", "modified": "2026-11-29T10:00:00Z" },
        ],
        "metadata": {},
    })
}

fn changed(pointer: &str, value: Value) -> String {
    let mut other = deployment();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match other.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.insert(name.to_owned(), value);
        }
        Value::Array(items) => items.insert(name.parse().unwrap(), value),
        _ => panic!("{pointer}"),
    }
    hash(&other)
}

#[test]
fn what_each_write_changes_is_no_part_of_the_identity() {
    let same = hash(&deployment());
    for (pointer, value) in [
        ("/manifest/time", json!("2027-01-01T00:00:00Z")),
        ("/manifest/magic", json!("other")),
        ("/manifest/version", json!("v3.277.0")),
        ("/pending_operations", json!([])),
        ("/metadata", Value::Null),
        ("/resources/0/delete", json!(false)),
        ("/resources/0/dependencies", Value::Null),
        ("/resources/0/parent", json!("")),
        ("/resources/0/outputs/size", json!(1.0)),
    ] {
        assert_eq!(changed(pointer, value), same, "{pointer}");
    }
    let text = deployment().to_string();
    let backwards: Map<String, Value> = deployment().as_object().unwrap().clone().into_iter().rev().collect();
    assert_ne!(Value::Object(backwards.clone()).to_string(), text);
    assert_eq!(hash(&Value::Object(backwards)), same, "the order of fields");
}

#[test]
fn everything_else_is() {
    let same = hash(&deployment());
    for (pointer, value) in [
        ("/resources/0/outputs/size", json!(2)),
        ("/resources/0/outputs/size", json!("1")),
        ("/resources/0/outputs/off", Value::Null),
        ("/resources/0/outputs/more", Value::Null),
        ("/resources/1/inputs/names", Value::Null),
        ("/resources/1/inputs/deep", json!({})),
        ("/resources/1/protect", json!(true)),
        ("/resources/1/modified", json!("2026-11-29T10:00:01Z")),
        ("/resources/1/id", json!("c")),
        ("/resources/0", json!({ "urn": "urn:c" })),
        ("/pending_operations", json!([{ "type": "creating", "resource": { "urn": "urn:c" } }])),
        ("/secrets_providers", json!({ "type": "passphrase", "state": { "salt": "v1:abd" } })),
        ("/manifest/plugins", json!([{ "name": "aws", "version": "7.0.0" }])),
    ] {
        assert_ne!(changed(pointer, value), same, "{pointer}");
    }
    let mut turned = deployment();
    turned["resources"].as_array_mut().unwrap().reverse();
    assert_ne!(hash(&turned), same, "the order of resources");
}

#[test]
fn texts_do_not_run_into_each_other() {
    let of = |a: &str, b: &str| hash(&json!({ "resources": [{ "inputs": { a: b } }] }));
    assert_ne!(of("a", "\"1:b"), of("a\"1:b", ""));
    assert_ne!(of("a", "1"), hash(&json!({ "resources": [{ "inputs": { "a": 1 } }] })));
}

#[test]
fn an_export_has_the_identity_of_its_checkpoint() {
    let export = json!({ "version": 3, "deployment": deployment() });
    let seen = of_export(export.as_object().unwrap());
    assert_eq!(seen, Some(StateIdentity::Hash(hash(&deployment()))));
    let empty = json!({ "version": 3, "deployment": null });
    assert_eq!(of_export(empty.as_object().unwrap()), Some(StateIdentity::Hash(hash(&Value::Null))));
    assert_eq!(of_export(&Map::new()), None);
}

/// A backend in a folder, with the files in it.
async fn seen(files: &[(&str, Vec<u8>)]) -> Result<StateSeen, String> {
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let env = Env::from_pairs("/", [("A", "b")]);
    let identity = StackIdentity {
        project: Some("shop".to_owned()),
        stack: "prod".to_owned(),
        ..StackIdentity::default()
    };
    let url = format!("file://{}", root.path().display());
    let (folder, forge, token, commit) = (Path::new("/"), None, None, None);
    let stack = LedgerFor { url: Some(&url), token, identity: &identity, env: &env, folder, forge, commit };
    read(&stack).await.map_err(|problem| problem.what)
}

fn checkpoint() -> Vec<u8> {
    json!({ "version": 3, "checkpoint": { "stack": "organization/shop/prod", "latest": deployment() } })
        .to_string()
        .into_bytes()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn the_checkpoint_is_read_wherever_the_engine_keeps_it() {
    let expected = StateSeen { identity: StateIdentity::Hash(hash(&deployment())), at_work: Vec::new() };
    for (path, bytes) in [
        (".pulumi/stacks/shop/prod.json", checkpoint()),
        (".pulumi/stacks/shop/prod.json.gz", gzipped(&checkpoint())),
        (".pulumi/stacks/prod.json", checkpoint()),
        (".pulumi/stacks/prod.json.gz", gzipped(&checkpoint())),
    ] {
        let others = [
            (".pulumi/stacks/shop/prod.json.bak", b"{}".to_vec()),
            (".pulumi/stacks/shop/prod2.json", b"{}".to_vec()),
        ];
        let mut files = vec![(path, bytes)];
        files.extend(others);
        assert_eq!(seen(&files).await, Ok(expected.clone()), "{path}");
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_a_value_of_its_own() {
    let nothing = seen(&[]).await.unwrap();
    assert_eq!(nothing.identity, StateIdentity::NoStack);
    let empty = json!({ "version": 3, "checkpoint": { "stack": "prod" } }).to_string().into_bytes();
    let empty = seen(&[(".pulumi/stacks/shop/prod.json", empty)]).await.unwrap();
    assert_eq!(empty.identity, StateIdentity::Hash(hash(&Value::Null)));
    assert_eq!(nothing.identity.to_string(), "none");
}

#[tokio::test]
async fn a_lock_is_seen_with_its_holder() {
    let lock =
        json!({ "pid": 7, "username": "ci", "hostname": "runner-1", "timestamp": "2026-11-29T10:00:00Z" });
    let path = ".pulumi/locks/organization/shop/prod/0a.json";
    let files = [(".pulumi/stacks/shop/prod.json", checkpoint()), (path, lock.to_string().into_bytes())];
    let seen = seen(&files).await.unwrap();
    assert_eq!(seen.at_work, ["the lock of ci@runner-1 (pid 7) since 2026-11-29T10:00:00Z"]);
}

#[tokio::test]
async fn what_can_t_be_read_is_not_known_and_never_a_missing_stack() {
    let path = ".pulumi/stacks/shop/prod.json";
    for (files, why) in [
        (vec![(path, checkpoint()[..60].to_vec())], "is not the JSON of a state, or is cut off"),
        (vec![(path, Vec::new())], "is not the JSON of a state, or is cut off"),
        (vec![(path, b"{}".to_vec())], "is not the state of a stack"),
        (
            vec![(".pulumi/stacks/shop/prod.json.gz", gzipped(&checkpoint())[..30].to_vec())],
            "can't be inflated",
        ),
        (vec![(".pulumi/stacks/shop/prod.json.zst", vec![1])], "only the engine reads"),
        (
            vec![(path, checkpoint()), (".pulumi/stacks/shop/prod.json.gz", gzipped(&checkpoint()))],
            "in several forms",
        ),
    ] {
        let problem = seen(&files).await.unwrap_err();
        assert!(problem.contains(why), "{problem}");
    }
}

#[tokio::test]
async fn a_database_is_left_to_the_engine() {
    let env = Env::from_pairs("/", [("A", "b")]);
    let (identity, folder) = (StackIdentity::default(), Path::new("/"));
    let stack = LedgerFor {
        url: Some("postgres://me:hunter2@db/state"),
        token: None,
        identity: &identity,
        env: &env,
        folder,
        forge: None,
        commit: None,
    };
    let problem = read(&stack).await.unwrap_err();
    assert_eq!(problem.what, "the state of a `postgres` backend is read by the engine only");
}
