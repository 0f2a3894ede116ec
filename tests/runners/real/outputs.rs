//! Outputs of every JSON type, as each CI system gets them, held against what the CLI itself prints.

use super::scene::{pulumi_json, scene, shown};
use crate::support::{Scene, json as read_json, output};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A dollar sign stands for itself when it comes twice.
const PROGRAM: &str = r#"name: shop
runtime: yaml
outputs:
  text: hello world
  empty: ""
  quotes: "it's \"quoted\" $$(touch pwned) `touch pwned` $${IFS} \\n"
  lines: "one\ntwo\n\nexport PATH='/nowhere'\n"
  unicode: "grüße 😀"
  looks: "012345678901"
  whole: 9007199254740991
  negative: -3
  fraction: 0.1
  large: 1e300
  small: 1e-9
  truth: true
  lie: false
  list: [1, two, [3], {four: 4}, true]
  map: {b: 1, a: {deep: [{deeper: "x"}]}, "sp ace": "ünï"}
  none: []
  nothing: {}
"#;

fn deployed(scene: Scene) -> Scene {
    let scene = scene.with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
    scene.run("up").ends_with(0);
    scene
}

/// What the CLI prints.
#[track_caller]
fn bare(scene: &Scene) -> Value {
    pulumi_json(scene, "stack output --json --show-secrets --stack dev")
}

/// A value as a step gets it: a text as it is, everything else as JSON.
fn handed_on(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_step_of_github_has_each_as_the_cli_prints_it() {
    let scene = deployed(scene(PROGRAM).on_github());
    let (bare, outputs) = (bare(&scene), scene.github_outputs());
    let bare = bare.as_object().unwrap();
    assert_eq!(bare.len(), 17);
    for (name, value) in bare {
        assert_eq!(outputs[name], handed_on(value), "{name}");
    }
    let all: Value = serde_json::from_str(&outputs["outputs"]).unwrap();
    assert_eq!(all.as_object(), Some(bare));
    assert!(!scene.program.join("pwned").exists());
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_file_for_a_shell_has_each_as_the_cli_prints_it() {
    let scene = deployed(scene(PROGRAM).with("STACKSTEP_OUTPUTS_FILE", "outputs.sh"));
    let mut sh = scene.other("sh");
    let sourced = output(sh.args(["-c", ". ./outputs.sh && env -0"]));
    let text = String::from_utf8(sourced.stdout).unwrap();
    let variables: BTreeMap<&str, &str> = text.split('\0').filter_map(|pair| pair.split_once('=')).collect();
    for (name, value) in bare(&scene).as_object().unwrap() {
        assert_eq!(variables[format!("STACK_OUTPUT_{name}").as_str()], handed_on(value), "{name}");
    }
    assert!(!scene.program.join("pwned").exists());
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn gitlab_s_file_has_what_it_can_hold_and_the_log_names_the_rest() {
    let scene = scene(PROGRAM).with("GITLAB_CI", "true").with("STACKSTEP_OUTPUTS_FILE", "stack.env");
    let scene = scene.with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
    let log = scene.run("up").ends_with(0).log();
    let text = std::fs::read_to_string(scene.program.join("stack.env")).unwrap();
    let variables: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let mut left_out = Vec::new();
    for (name, value) in bare(&scene).as_object().unwrap() {
        match variables.get(format!("STACK_OUTPUT_{name}").as_str()) {
            Some(found) => assert_eq!(*found, handed_on(value), "{name}"),
            None => left_out.push(name.clone()),
        }
    }
    // No line takes the first two; the last three are too many: GitLab takes twenty, of which nine are stackstep's.
    assert_eq!(left_out, ["lines", "quotes", "truth", "unicode", "whole"]);
    for name in left_out {
        assert!(log.contains(&format!("the stack output `{name}` is not in")), "{name}:\n{log}");
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_result_and_the_command_outputs_have_them_as_the_cli_prints_them() {
    let scene = deployed(scene(PROGRAM).with("STACKSTEP_RESULT_FILE", "result.json"));
    let bare = bare(&scene);
    assert_eq!(read_json(scene.program.join("result.json"))["outputs"], bare);
    let printed: Value = serde_json::from_str(&scene.run("outputs").ends_with(0).stdout()).unwrap();
    assert_eq!(printed, bare);
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn secrets_at_any_depth_are_withheld_and_arrive_whole_when_they_are_listed() {
    let program = "name: shop\nruntime: yaml\noutputs:\n  plain: hello\n  token: {fn::secret: canary-token-1}\n  \
                   deep: {open: {list: [{fn::secret: canary-token-2}]}}\n  pem: {fn::secret: \"canary-line-1\\ncanary-line-2\\n\"}\n";
    let scene = deployed(scene(program).on_github());
    let outputs = scene.github_outputs();
    assert_eq!(outputs["plain"], "hello");
    for name in ["token", "deep", "pem"] {
        assert!(!outputs.contains_key(name), "{name}: {outputs:?}");
    }
    let scene = scene.with("STACKSTEP_SECRET_OUTPUTS", "*");
    let run = scene.run("up").ends_with(0);
    let told: Vec<String> =
        run.log().lines().filter(|line| !line.starts_with("::add-mask::")).map(str::to_owned).collect();
    assert!(!told.iter().any(|line| line.contains("canary")), "{told:#?}");
    let (bare, outputs) = (bare(&scene), scene.github_outputs());
    for (name, value) in bare.as_object().unwrap() {
        assert_eq!(outputs[name], handed_on(value), "{name}");
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_output_sixty_levels_deep_arrives_whole() {
    let deep = (0..60).fold("bottom".to_owned(), |inner, level| format!("{{l{level}: {inner}}}"));
    let scene = deployed(scene(&format!("name: shop\nruntime: yaml\noutputs:\n  deep: {deep}\n")));
    let printed: Value = serde_json::from_str(&scene.run("outputs").ends_with(0).stdout()).unwrap();
    let wanted = (0..60).fold(json!("bottom"), |inner, level| json!({ format!("l{level}"): inner }));
    assert_eq!(printed["deep"], wanted);
    assert_eq!(printed, bare(&scene));
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_output_of_several_megabytes_arrives_whole() {
    let line = "0123456789abcdef ".repeat(8);
    let text = format!("{line}\n").repeat(30_000);
    let scene = scene("name: shop\nruntime: yaml\noutputs:\n  text: {fn::readFile: ./text}\n");
    scene.write("text", &text);
    let scene = scene.with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
    scene.run("up").ends_with(0);
    assert!(text.len() > 4_000_000);
    let printed: Value = serde_json::from_str(&scene.run("outputs").ends_with(0).stdout()).unwrap();
    assert!(printed["text"] == text.as_str(), "{} bytes", printed.to_string().len());
    shown(&scene);
}
