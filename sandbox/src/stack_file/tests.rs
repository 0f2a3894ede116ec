use super::*;
use serde_json::json;

fn file(text: &str) -> (tempfile::TempDir, StackFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Pulumi.dev.yaml");
    std::fs::write(&path, text).unwrap();
    let file = StackFile::load(&path, "shop").unwrap();
    (folder, file)
}

fn written(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("Pulumi.dev.yaml")).unwrap()
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().message
}

#[test]
fn keys_belong_to_the_project_unless_they_say_otherwise() {
    let (_folder, file) =
        file("config:\n  b: 1\n  shop:a: true\n  aws:config:region: eu\n  shop:o: {x: 1.5}\n");
    assert_eq!(
        Json::Object(file.config()),
        json!({ "aws:region": "eu", "shop:a": "true", "shop:b": "1", "shop:o": { "x": 1.5 } })
    );
}

#[test]
fn a_key_is_changed_in_the_form_that_the_file_has() {
    let (folder, mut file) = file("config:\n  b: 1 # short\n");
    file.set("shop:b", &[], json!("2")).unwrap();
    file.set("shop:c", &[], json!("x")).unwrap();
    file.save().unwrap();
    assert_eq!(written(&folder), "config:\n  b: \"2\" # short\n  shop:c: x\n");
}

#[test]
fn secrets_are_decrypted_at_any_depth() {
    let env = Env { vars: [("PULUMI_CONFIG_PASSPHRASE".into(), "x".into())].into(), ..Env::default() };
    let secrets = Secrets::new(&env);
    let (_folder, mut file) = file("");
    let key = file.key(&secrets).unwrap();
    let secure = |text: &str| json!({ "secure": key.encrypt(text).unwrap() });
    file.set("shop:t", &[], secure("one")).unwrap();
    file.set("shop:o", &path::parse("o.deep[0]").unwrap()[1..], secure("two")).unwrap();
    let settings = file.settings(&secrets).unwrap();
    let secret = |text: &str| Value::Secret(Box::new(Value::Text(text.into())));
    assert_eq!(settings["shop:t"], secret("one"));
    assert_eq!(
        settings["shop:o"],
        Value::Map([("deep".to_owned(), Value::List(vec![secret("two")]))].into())
    );
}

#[test]
fn configuration_without_secrets_needs_no_passphrase() {
    let (_folder, file) = file("encryptionsalt: v1:bad\nconfig:\n  a: b\n");
    let env = Env::default();
    assert_eq!(file.settings(&Secrets::new(&env)).unwrap()["shop:a"], Value::Text("b".into()));
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let (folder, mut file) = file("config:\n  a:   b\n");
    std::fs::remove_file(folder.path().join("Pulumi.dev.yaml")).unwrap();
    file.set("shop:a", &[], json!("b")).unwrap();
    file.save().unwrap();
    assert!(!folder.path().join("Pulumi.dev.yaml").exists());
}

#[test]
fn the_last_value_takes_the_heading_along() {
    let (folder, mut file) = file("encryptionsalt: v1:a\nconfig:\n  shop:a: b\n");
    file.remove("shop:a", &[]);
    file.save().unwrap();
    assert_eq!(written(&folder), "encryptionsalt: v1:a\n");
}

#[test]
fn what_the_sandbox_cannot_do_is_refused() {
    assert!(refused("environment: [a]").contains("`environment`"));
    assert!(refused("secretsprovider: awskms://x").contains("`awskms`"));
}

#[test]
fn a_malformed_file_is_told_in_the_words_of_the_cli() {
    assert_eq!(
        refused("config:\n  a: [\n b: c\n"),
        "invalid YAML file: yaml: line 1: did not find expected ',' or ']'"
    );
    assert_eq!(refused("- a"), "expected project to be an object, was '[]interface {}'");
    assert!(refused("config: x").starts_with("invalid YAML file: could not unmarshal map: "));
    assert!(
        refused("config: {'a:b:c:d': 1}")
            .starts_with("invalid YAML file: could not unmarshal map: could not")
    );
}

#[test]
fn a_key_without_a_value_is_warned_of() {
    let (_folder, file) = file("config:\n  a:\n  b: ''\n");
    assert_eq!(file.warnings().len(), 1);
    assert!(file.warnings()[0].starts_with("No value for configuration key \"shop:a\"."));
    assert_eq!(file.config()["shop:a"], "");
}

#[test]
fn a_wrong_key_is_refused_in_the_words_of_the_cli() {
    assert!(full_key("a:b:c", "shop").unwrap_err().message.starts_with("could not parse a:b:c as a"));
    assert_eq!(full_key("shop:config:x", "y").unwrap(), "shop:x");
}
