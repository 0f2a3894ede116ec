//! The published schema of `stackstep.yaml` says yes and no where the binary does.

use std::sync::LazyLock;

use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::delivery::Definition;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, Inputs};
use stackstep::rules::Rules;

/// The schema of `stackstep.yaml`, as it is published.
pub fn published() -> Value {
    let path = xtask::root().join("docs/reference/stackstep.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema, made ready once.
static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&published()).unwrap());

/// What the schema says to a `stackstep.yaml`; the binary has to say the same.
pub fn accepts(yaml: &str) -> bool {
    let document: Value = serde_yaml::from_str(yaml).unwrap();
    let schema = VALIDATOR.is_valid(&document);

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("stackstep.yaml"), yaml).unwrap();
    let env = Env::from_pairs(folder.path(), [("TOKEN", "a token")]);
    let binary = resolve(Some(Command::Up), &Flags::new(), ci::detect(&env), &env)
        .and_then(|resolved| Inputs::from_resolved(&resolved, &env))
        .and_then(|_| Definition::parse(yaml));
    assert_eq!(schema, binary.is_ok(), "schema and binary disagree about {yaml:?}: {:?}", binary.err());
    schema
}

#[test]
fn a_usual_file_is_accepted() {
    assert!(accepts(
        "stack: dev\nrefresh: true\nparallel: 4\ntimeout: 1h30m\ntarget: [a, b]\n\
         config: {region: eu, token: {from-env: TOKEN, secret: true}, tags: {value: {a: b}}}"
    ));
}

#[test]
fn a_file_of_comments_is_accepted() {
    assert!(accepts("# nothing yet"));
}

#[test]
fn the_names_of_the_official_action_are_accepted() {
    assert!(accepts("stack-name: dev\nwork-dir: infra\npolicyPacks: a,b"));
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(!accepts("stak: dev"));
}

#[test]
fn two_names_of_one_input_are_refused() {
    assert!(!accepts("stack: dev\nstack-name: dev"));
}

#[test]
fn a_secret_is_refused() {
    assert!(!accepts("access-token: pul-123"));
}

#[test]
fn a_command_is_refused() {
    assert!(!accepts("command: up"));
}

#[test]
fn a_boolean_that_is_none_is_refused() {
    assert!(!accepts("refresh: yes please"));
}

#[test]
fn a_number_out_of_range_is_refused() {
    assert!(!accepts("log-verbosity: 12"));
}

#[test]
fn a_length_of_time_without_a_unit_it_knows_is_refused() {
    assert!(!accepts("timeout: soon"));
}

#[test]
fn a_config_entry_with_two_sources_is_refused() {
    assert!(!accepts("config: {token: {value: a, from-env: B}}"));
}

#[test]
fn values_of_the_right_kind_are_accepted_as_text_too() {
    assert!(accepts("fail-on-changes: \"false\"\ncolor: never\nparallel: \"8\"\ntimeout: 90\nmessage: 12"));
}

#[test]
fn keys_without_a_value_are_not_set() {
    assert!(accepts("stack:\nrefresh:\nparallel:\ntarget:\nconfig:\ncolor:"));
}

#[test]
fn a_mapping_where_a_text_belongs_is_refused() {
    assert!(!accepts("message: {a: b}"));
}

#[test]
fn a_word_that_is_no_choice_is_refused() {
    assert!(!accepts("color: blue"));
}

#[test]
fn a_block_of_text_under_config_is_accepted() {
    assert!(accepts("config: |\n  aws:region: eu-central-1\n  token: {from-env: TOKEN, secret: true}\n"));
}

#[test]
fn an_unknown_field_of_a_config_entry_is_refused() {
    assert!(!accepts("config: {token: {vlaue: a}}"));
}

/// What the schema of `rules` says to a mapping; the room has to say the same.
fn accepts_rules(yaml: &str) -> bool {
    let whole = published();
    let document: Value = serde_yaml::from_str(yaml).unwrap();
    let schema = jsonschema::validator_for(&whole["$defs"]["rules"]).unwrap().is_valid(&document);
    let binary = Rules::parse(&stackstep::base::yaml::parse(yaml).unwrap(), "`rules`");
    assert_eq!(schema, binary.is_ok(), "schema and binary disagree about {yaml:?}: {:?}", binary.err());
    schema
}

#[test]
fn rules_are_accepted_and_refused_as_the_binary_does() {
    for rules in [
        "{max-deletes: 0, max-replaces: [{limit: 2, else: approval}, 10], max-updates: }",
        "{keep: [\"aws:rds/*\", {resources: \"**::db\", else: {approval-from: [ann]}}], no-warnings: true}",
        "{require-policy-packs: baseline, no-warnings: {else: refuse}}",
        "{freeze: {days: [fri], from: \"16:00\", to: \"24:00\", zone: UTC, else: approval}}",
        "{freeze: [{dates: 2026-12-20..2027-01-02, zone: UTC}, {days: sat, zone: UTC}]}",
        "{keep: \"*\", exceptions: [{rule: keep, urn: \"**::a\", until: 2026-12-31, because: x}]}",
    ] {
        assert!(accepts_rules(rules), "{rules}");
    }
    for rules in [
        "{max-delete: 0}",
        "{max-deletes: -1}",
        "{max-deletes: {limit: 1, from: [ann]}}",
        "{max-deletes: {limit: 1, else: allow}}",
        "{max-deletes: []}",
        "{keep: {else: approval}}",
        "{freeze: {days: [fri]}}",
        "{freeze: {days: [fri], from: 16, zone: UTC}}",
        "{keep: \"*\", exceptions: [{rule: keep, because: x}]}",
        "{keep: \"*\", exceptions: [{rule: kept, until: 2026-12-31, because: x}]}",
    ] {
        assert!(!accepts_rules(rules), "{rules}");
    }
}
