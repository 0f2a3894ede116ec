//! Configuration as the CLI itself has it afterwards.

use super::scene::{pulumi, pulumi_json, scene, shown};
use crate::support::{Scene, TEXTS_THAT_YAML_WOULD_CHANGE};
use serde_json::{Value, json};

const PROGRAM: &str = "name: hello\nruntime: yaml\noutputs: {done: yes}\n";

/// A preview with this configuration.
#[track_caller]
fn preview(scene: &Scene, config: &str) {
    scene.run_args(&["preview", "--stack", "dev", "--upsert", "--config", config]).ends_with(0);
}

/// The stack's configuration, by key.
#[track_caller]
fn configuration(scene: &Scene) -> Value {
    pulumi_json(scene, "config --json --show-secrets --stack dev")
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_value_arrives_as_its_source_text() {
    let scene = scene(PROGRAM);
    let lines = TEXTS_THAT_YAML_WOULD_CHANGE.iter().enumerate();
    let lines = lines.map(|(n, value)| format!("short{n}: {value}\nlong{n}: {{value: {value}}}\n"));
    preview(&scene, &lines.collect::<String>());
    let found = configuration(&scene);
    for (n, value) in TEXTS_THAT_YAML_WOULD_CHANGE.iter().enumerate() {
        for key in [format!("hello:short{n}"), format!("hello:long{n}")] {
            assert_eq!(found[&key], json!({ "value": value, "secret": false }), "{key}");
        }
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_parts_of_an_object_keep_their_types() {
    let scene = scene(PROGRAM);
    let object =
        "{whole: 3, float: 1.5, flag: true, text: '3', yes: 'true', id: 012345678901, v: '1.20', none: []}";
    preview(&scene, &format!("o: {{value: {object}}}"));
    let wanted = json!({
        "whole": 3, "float": 1.5, "flag": true, "text": "3", "yes": "true", "id": "012345678901", "v": "1.20", "none": [],
    });
    assert_eq!(configuration(&scene)["hello:o"]["objectValue"], wanted);
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_value_that_no_command_line_takes_arrives_whole() {
    let long = "0123456789 ä".repeat(20_000);
    let scene = scene(PROGRAM);
    scene.write("long.txt", &format!("{long}\n"));
    preview(&scene, "long: {from-file: long.txt}\nshort: x");
    let found = configuration(&scene);
    assert!(found["hello:long"]["value"] == long.as_str(), "{} bytes", found.to_string().len());
    assert_eq!(found["hello:short"]["value"], "x");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_arrives_whole_and_is_encrypted_in_the_file() {
    let key = "-----BEGIN-----\nabcdef\n";
    let scene = scene(PROGRAM).with("KEY", key);
    preview(&scene, "key: {from-env: KEY, secret: true}");
    assert_eq!(configuration(&scene)["hello:key"], json!({ "value": key, "secret": true }));
    let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
    assert!(file.contains("secure: ") && !file.contains("abcdef"), "{file}");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_value_at_a_path_leaves_the_rest_of_its_object_alone() {
    let scene = scene(PROGRAM);
    scene.write("Pulumi.dev.yaml", "config:\n  hello:db:\n    keep: me\n    size: 1\n    list: [a, b]\n");
    preview(&scene, "db.size: {value: 3, path: true}\ndb.list[1]: {value: c, path: true}\nother: x");
    let found = configuration(&scene);
    assert_eq!(found["hello:db"]["objectValue"], json!({ "keep": "me", "size": 3, "list": ["a", "c"] }));
    assert_eq!(found["hello:other"]["value"], "x");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_object_takes_the_place_of_what_its_key_had() {
    for (config, wanted) in [
        ("db: {value: {tags: [a]}}", json!({ "tags": ["a"] })),
        ("db: {value: {tags: [a], version: '1'}}", json!({ "tags": ["a"], "version": "1" })),
        ("db: {value: {tags: [a], none: []}}", json!({ "tags": ["a"], "none": [] })),
    ] {
        let scene = scene(PROGRAM);
        scene.write("Pulumi.dev.yaml", "config:\n  hello:db:\n    old: x\n    tags:\n      - a\n      - b\n");
        preview(&scene, config);
        assert_eq!(configuration(&scene)["hello:db"]["objectValue"], wanted, "{config}");
        shown(&scene);
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_program_reads_each_value_in_the_type_that_it_declares() {
    let scene = scene(concat!(
        "name: hello\nruntime: yaml\nconfig:\n  size: {type: integer}\n  flag: {type: boolean}\n  text: {type: string}\n",
        "  list: {type: array, items: {type: string}}\noutputs: {size: '${size}', flag: '${flag}', text: '${text}', list: '${list}'}\n",
    ));
    scene.write(
        "stackstep.yaml",
        "config:\n  size: 3\n  flag: true\n  text: three\n  list: {value: [a, '1']}\n",
    );
    scene.run("up --stack dev --upsert").ends_with(0);
    let outputs = pulumi_json(&scene, "stack output --json --stack dev");
    assert_eq!(outputs, json!({ "size": 3, "flag": true, "text": "three", "list": ["a", "1"] }));
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_key_of_another_namespace_keeps_it() {
    let scene = scene(PROGRAM);
    preview(&scene, "aws:region: eu-central-1\nregion: here");
    let found = configuration(&scene);
    assert_eq!(found["aws:region"]["value"], "eu-central-1");
    assert_eq!(found["hello:region"]["value"], "here");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_file_of_a_stack_only_gains_what_the_cli_must_add() {
    let scene = scene(PROGRAM);
    scene.write("Pulumi.dev.yaml", "# ours\nconfig:\n  hello:greeting: servus # theirs\n");
    scene.run("preview --stack dev --upsert").ends_with(0);
    let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
    for kept in ["# ours\n", "  hello:greeting: servus # theirs\n", "encryptionsalt: v1:"] {
        assert!(file.contains(kept), "`{kept}` is not in\n{file}");
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn another_file_of_configuration_gets_the_values_and_serves_the_run() {
    let scene =
        scene("name: hello\nruntime: yaml\nconfig: {tier: {type: string}}\noutputs: {tier: '${tier}'}\n");
    scene
        .run_args(&[
            "up",
            "--stack",
            "dev",
            "--upsert",
            "--config-file",
            "own.yaml",
            "--config",
            "tier: large",
        ])
        .ends_with(0);
    let found = pulumi(&scene, "config get tier --stack dev --config-file own.yaml");
    assert_eq!(found.trim(), "large");
    assert_eq!(pulumi(&scene, "stack output tier --stack dev").trim(), "large");
    shown(&scene);
}
