//! The published schema of `stackstep.yaml` says yes and no where the binary does.

use serde_json::Value;

fn accepts(yaml: &str) -> bool {
    let path = xtask::root().join("docs/reference/stackstep.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let document: Value = serde_yaml::from_str(yaml).unwrap();
    jsonschema::validator_for(&schema).unwrap().is_valid(&document)
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
