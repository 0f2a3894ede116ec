//! The Node launcher, run the way GitHub's runner runs it: by `node`, with its inputs in `INPUT_…`.

use crate::harness::{Event, Place, WRAPPERS};
use crate::{hostile, tools};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The launcher with the shim in the binary's place and nothing else in its environment.
fn launcher() -> Command {
    #[expect(clippy::disallowed_methods, reason = "the program that is tested needs to find `node`")]
    let path = std::env::var_os("PATH").unwrap();
    let mut command = Command::new("node");
    command
        .arg(tools::root().join("actions/deploy/launcher.cjs"))
        .env_clear()
        .env("PATH", path)
        .env("STACKSTEP_BIN", tools::shim())
        .stdin(Stdio::null());
    command
}

/// What the shim saw: its arguments, and its environment.
fn arrived(command: &mut Command) -> (Value, BTreeMap<String, String>) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut seen: Value = serde_json::from_str(&text).unwrap();
    (seen["arguments"].take(), serde_json::from_value(seen["env"].take()).unwrap())
}

/// The variables that GitHub's runner makes of the inputs that `action.yml` declares.
fn variables() -> Vec<String> {
    let action = std::fs::read_to_string(tools::root().join("actions/deploy/action.yml")).unwrap();
    let action: Value = serde_yaml::from_str(&action).unwrap();
    let inputs = action["inputs"].as_object().unwrap();
    inputs.keys().map(|name| format!("INPUT_{}", name.to_uppercase())).collect()
}

#[test]
#[ignore = "needs node"]
fn every_declared_input_arrives_and_the_command_line_holds_none() {
    let variables = variables();
    let mut command = launcher();
    command.envs(variables.iter().map(|name| (name, format!("value of {name}"))));
    let (arguments, env) = arrived(&mut command);
    assert_eq!(arguments, serde_json::json!(["run"]));
    for name in variables {
        assert_eq!(env.get(&name), Some(&format!("value of {name}")));
    }
}

#[test]
#[ignore = "needs node"]
fn each_action_starts_the_binary_with_its_own_command() {
    for (action, word) in [
        ("deploy", "run"),
        ("preview", "preview"),
        ("up", "up"),
        ("refresh", "refresh"),
        ("destroy", "destroy"),
        ("drift", "drift"),
        ("outputs", "outputs"),
        ("report", "report"),
        ("setup", "install"),
    ] {
        let mut node = Command::new("node");
        node.arg(tools::root().join("actions").join(action).join("launcher.cjs"));
        node.env("STACKSTEP_BIN", tools::shim()).env_remove("GITHUB_PATH").stdin(Stdio::null());
        assert_eq!(arrived(&mut node).0, serde_json::json!([word]), "{action}");
    }
}

#[test]
#[ignore = "needs node"]
fn hostile_values_arrive_as_they_are() {
    let variables = variables();
    let mut tried = 0;
    for value in hostile::values() {
        // All at once would be more than a process may be started with.
        let at_once = if value.len() > 1000 { 10 } else { variables.len() };
        for names in variables.chunks(at_once) {
            let folder = tempfile::tempdir().unwrap();
            let mut command = launcher();
            command.current_dir(folder.path()).envs(names.iter().map(|name| (name, &value)));
            let (_, env) = arrived(&mut command);
            for name in names {
                assert_eq!(env.get(name), Some(&value), "{name}");
                tried += 1;
            }
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{value:?} was executed");
        }
    }
    println!("{tried} pairs of input and hostile value arrived unchanged");
    assert!(tried > 30 * variables.len());
}

/// A launcher in a step whose state goes to a file, and what the runner would make of that in the post step.
fn stateful(folder: &Path) -> Command {
    let mut command = launcher();
    command.env("GITHUB_STATE", folder.join("state"));
    command
}

fn post(folder: &Path) -> Command {
    let mut command = stateful(folder);
    let state = std::fs::read_to_string(folder.join("state")).unwrap();
    command.envs(state.lines().map(|line| {
        let (name, value) = line.split_once('=').unwrap();
        (format!("STATE_{name}"), value.to_owned())
    }));
    command
}

#[test]
#[ignore = "needs node"]
fn the_post_step_finishes_what_a_killed_run_has_left() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(arrived(&mut stateful(folder.path())).0, serde_json::json!(["run"]));
    let left = folder.path().join("left");
    std::fs::write(&left, "").unwrap();
    let (arguments, _) = arrived(post(folder.path()).env("STATE_unfinished", &left));
    assert_eq!(arguments, serde_json::json!(["finish", left]));
}

#[test]
#[ignore = "needs node"]
fn the_post_step_does_nothing_after_a_run_that_reported_its_end() {
    let folder = tempfile::tempdir().unwrap();
    arrived(&mut stateful(folder.path()));
    for command in [&mut post(folder.path()), post(folder.path()).env("STATE_unfinished", "/nowhere/at/all")]
    {
        let output = command.output().unwrap();
        assert!(
            output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
}

#[test]
#[ignore = "needs node"]
fn the_profile_of_the_action_is_set_when_the_step_says_nothing() {
    assert_eq!(arrived(launcher().env("INPUT_PROFILE", "")).1["INPUT_PROFILE"], "official-action");
}

#[test]
#[ignore = "needs node"]
fn the_post_step_has_the_profile_of_the_action_too() {
    let folder = tempfile::tempdir().unwrap();
    arrived(&mut stateful(folder.path()));
    let left = folder.path().join("left");
    std::fs::write(&left, "").unwrap();
    let (_, env) = arrived(post(folder.path()).env("STATE_unfinished", &left));
    assert_eq!(env["INPUT_PROFILE"], "official-action");
}

#[test]
#[ignore = "needs node"]
fn the_profile_of_the_step_wins() {
    assert_eq!(arrived(launcher().env("INPUT_PROFILE", "none")).1["INPUT_PROFILE"], "none");
}

#[test]
#[ignore = "needs node"]
fn the_exit_status_is_the_binary_s() {
    assert_eq!(launcher().env("SHIM", "exit 7").stdout(Stdio::null()).status().unwrap().code(), Some(7));
}

#[test]
#[ignore = "needs node"]
fn a_binary_that_a_signal_ended_gives_128_and_the_signal() {
    assert_eq!(
        launcher().env("SHIM", "die SIGKILL").stdout(Stdio::null()).status().unwrap().code(),
        Some(128 + 9)
    );
}

#[test]
#[ignore = "needs node"]
fn a_binary_that_is_not_there_is_named_with_its_variable() {
    let output = launcher().env("STACKSTEP_BIN", "/nowhere/stackstep").output().unwrap();
    assert_eq!(output.status.code(), Some(71));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("there is no file `/nowhere/stackstep` (`STACKSTEP_BIN`)"), "{said}");
}

#[test]
#[ignore = "needs node"]
fn without_a_binary_it_says_what_to_set() {
    let output = launcher().env_remove("STACKSTEP_BIN").output().unwrap();
    assert_eq!(output.status.code(), Some(71));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("::error title=stackstep::") && said.contains("STACKSTEP_BIN"), "{said}");
}

#[test]
#[ignore = "needs node"]
fn a_binary_that_is_not_there_is_named() {
    let output = launcher().env("STACKSTEP_BIN", "/nowhere/stackstep").output().unwrap();
    assert_eq!(output.status.code(), Some(71));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("there is no file `/nowhere/stackstep`"), "{said}");
}

/// A launcher whose shim waits for signals, and the shim's output from its first line after the start.
fn waiting() -> (Child, BufReader<ChildStdout>) {
    let mut child = launcher().env("SHIM", "wait").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line != "ready\n" {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the shim ended");
    }
    (child, lines)
}

fn next_line(lines: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

#[test]
#[ignore = "needs node"]
fn signals_are_passed_on_as_they_come_and_the_binary_decides_when_to_end() {
    let (mut child, mut lines) = waiting();
    send(&child, Signal::SIGINT);
    assert_eq!(next_line(&mut lines), "SIGINT");
    send(&child, Signal::SIGTERM);
    assert_eq!(next_line(&mut lines), "SIGTERM");
    assert_eq!(child.wait().unwrap().code(), Some(42));
}

#[test]
#[ignore = "needs node"]
fn the_launcher_in_the_repository_needs_no_package() {
    let source =
        std::fs::read_to_string(Path::new(tools::root()).join("actions/deploy/launcher.cjs")).unwrap();
    let required: Vec<_> = source.lines().filter(|line| line.contains("require(")).collect();
    assert!(
        !required.is_empty() && required.iter().all(|line| line.contains("require('node:")),
        "{required:?}"
    );
}

#[test]
#[ignore = "needs node"]
fn a_step_as_the_runner_starts_it_deploys_and_hands_its_outputs_on() {
    let place = Place::new(Path::new(env!("CARGO_BIN_EXE_stackstep")));
    let program = tools::root().join("examples/hello/Pulumi.yaml");
    std::fs::copy(program, place.repository().join("Pulumi.yaml")).unwrap();
    let github = WRAPPERS.iter().find(|wrapper| wrapper.system() == "github-actions").unwrap();
    let inputs = [("command", "up"), ("stack-name", "dev"), ("upsert", "true")];
    let mut command = github.command(&place, Event::Push, &inputs);
    let output = command.env("STACKSTEP_ENGINE", "sandbox").output().unwrap();
    let log = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{log}");
    let outputs = github.outputs(&place, &log);
    assert_eq!(outputs["url"], "https://hello.example.com/");
    assert_eq!(outputs["status"], "succeeded");
    assert_eq!(outputs["token"], "token-for-hello", "the profile of the official action");
    assert!(outputs["output"].contains("hello-dev"), "more than one line: {outputs:?}");
}
