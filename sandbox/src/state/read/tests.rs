//! Held to `checkpoint.json`: what a real CLI (v3.260.0) wrote for a YAML program with secrets, a dependency and a
//! protected resource, with the passphrase `correct-horse`; source positions left out.

use super::*;
use crate::env::Env;
use crate::state::json::Lock;
use crate::state::write;
use crate::value::Value;

const REAL: &str = include_str!("../../../tests/data/checkpoint.json");

fn env(passphrase: &str) -> Env {
    Env { vars: [("PULUMI_CONFIG_PASSPHRASE".into(), passphrase.into())].into(), ..Env::default() }
}

#[test]
fn a_checkpoint_of_the_real_cli_is_read_with_its_secrets() {
    let env = env("correct-horse");
    let (snapshot, sound) = snapshot(REAL.as_bytes(), &Secrets::new(&env)).unwrap();
    assert!(sound);
    assert_eq!(crate::state::integrity::problem(&snapshot), None);
    let outputs = snapshot.outputs().unwrap();
    assert_eq!(outputs["open"], Value::Text("hello".into()));
    assert_eq!(outputs["secret"], Value::Secret(Box::new(Value::Text("topsecret".into()))));
    let last = snapshot.resources.last().unwrap();
    assert!(last.protect);
    assert_eq!(last.dependencies, ["urn:pulumi:dev::shop::pulumi:index:Stash::a"]);
    assert_eq!(last.property_dependencies["input"], last.dependencies);
}

/// Byte for byte, secrets included, but for the manifest, which says when and by what it was written.
#[test]
fn a_checkpoint_of_the_real_cli_is_written_back_as_it_was() {
    let env = env("correct-horse");
    let secrets = Secrets::new(&env);
    let (snapshot, _) = snapshot(REAL.as_bytes(), &secrets).unwrap();
    let salt = snapshot.secrets_salt.as_deref().unwrap();
    let key = secrets.open(salt).unwrap();
    let mut out = vec![];
    write::checkpoint(&mut out, "organization/shop/dev", &snapshot, Some(salt), &Lock::Encrypt(&key))
        .ok()
        .unwrap();
    let after_manifest = |text: &str| text.split_once(",\"secrets_providers\"").unwrap().1.to_owned();
    assert_eq!(after_manifest(std::str::from_utf8(&out).unwrap()), after_manifest(REAL));
}

#[test]
fn a_checkpoint_without_secrets_needs_no_passphrase() {
    let mut json: Json = serde_json::from_str(REAL).unwrap();
    json["checkpoint"]["latest"]["resources"] = Json::Array(vec![]);
    let bytes = serde_json::to_vec(&json).unwrap();
    assert!(snapshot(&bytes, &Secrets::new(&Env::default())).is_ok());
}

#[test]
fn unknown_fields_of_a_resource_are_kept() {
    let env = env("correct-horse");
    let mut json: Json = serde_json::from_str(REAL).unwrap();
    json["checkpoint"]["latest"]["resources"][2]["customTimeouts"] = serde_json::json!({ "create": 60 });
    json["checkpoint"]["latest"]["resources"][2]["fromTheFuture"] = serde_json::json!([1]);
    let secrets = Secrets::new(&env);
    let (read, _) = snapshot(&serde_json::to_vec(&json).unwrap(), &secrets).unwrap();
    let mut out = vec![];
    write::checkpoint(&mut out, "s", &read, None, &Lock::Show).ok().unwrap();
    let (again, _) = snapshot(&out, &secrets).unwrap();
    assert_eq!(again.resources, read.resources);
    assert_eq!(again.resources[2].extra.len(), 2);
}

#[test]
fn a_wrong_or_missing_passphrase_is_told_when_a_secret_is_met() {
    let message = |env: &Env| snapshot(REAL.as_bytes(), &Secrets::new(env)).unwrap_err().message;
    assert!(message(&env("wrong")).starts_with("failed to decrypt: incorrect passphrase, please set"));
    assert!(message(&Env::default()).starts_with("constructing secrets manager of type \"passphrase\""));
}

#[test]
fn a_corrupt_checkpoint_is_told_in_the_words_of_the_cli() {
    let env = Env::default();
    let message = |text: &str| snapshot(text.as_bytes(), &Secrets::new(&env)).unwrap_err().message;
    for text in ["", "{\"version\":3,"] {
        assert_eq!(message(text), "failed to load checkpoint: place 1: unexpected end of JSON input");
    }
    assert_eq!(
        message(r#"{"version":99,"checkpoint":{}}"#),
        "failed to load checkpoint: unsupported checkpoint version 99"
    );
    let wrong_type =
        message(r#"{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","custom":"yes"}]}}}"#);
    assert!(wrong_type.contains("`custom`"), "{wrong_type}");
    let no_urn = message(r#"{"version":3,"checkpoint":{"latest":{"resources":[{"type":"t"}]}}}"#);
    assert_eq!(no_urn, "resource missing required 'urn' field");
    assert_eq!(
        message("[]"),
        "failed to load checkpoint: place 1: json: cannot unmarshal array into Go value of type \
         apitype.VersionedCheckpoint"
    );
}

#[test]
fn a_manifest_that_was_tampered_with_is_noticed() {
    let env = env("correct-horse");
    let text = REAL.replacen("7dff0d16", "00000000", 1);
    assert!(!snapshot(text.as_bytes(), &Secrets::new(&env)).unwrap().1);
}

#[test]
fn an_empty_file_of_old_is_an_empty_stack() {
    assert_eq!(snapshot(b"{}", &Secrets::new(&Env::default())).unwrap().0, Snapshot::default());
}
