//! `vars/stackstep.groovy`.

use super::{binary, calls, place, place_with, run};
use crate::harness::jenkins::{camel, spec};
use crate::hostile;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Map, Value, json};
use stackstep::inputs::{INPUTS, Kind};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

/// What the shim saw, run by run.
fn arrived(log: &str) -> Vec<Value> {
    log.lines()
        .filter(|line| line.starts_with("{\"arguments\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn variable(name: &str) -> String {
    format!("STACKSTEP_INPUT_{}", name.replace('-', "_").to_uppercase())
}

#[test]
#[ignore = "needs java"]
fn a_run_is_returned_as_a_map_and_marks_the_build() {
    let place = place_with(&binary());
    let up = json!({ "command": "up", "stack": "dev", "upsert": true, "engine": "sandbox" });
    let told = calls(&place, &json!([up]));
    let returned = &told.json["returned"][0];
    assert_eq!(told.status, Some(0), "{}", told.log);
    assert_eq!(returned["status"], "succeeded");
    assert_eq!(returned["hasChanges"], true);
    assert_eq!(returned["changes"]["create"], 3);
    assert_eq!(returned["outputs"]["message"], "hi world");
    assert_eq!((&returned["project"], &returned["command"]), (&json!("hello"), &json!("up")));
    assert_eq!(told.json["description"], "up of dev: succeeded (3 created: pulumi:index:Stash note)");
    let left: Vec<_> = std::fs::read_dir(place.beside("repository@tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("stackstep-") && !name.contains(".json"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
#[ignore = "needs java"]
fn a_failed_run_fails_the_step_with_its_reason_unless_the_status_is_wanted() {
    let place = place_with(&binary());
    let preview = |more: Value| {
        let mut call = json!({ "command": "preview", "stack": "dev", "engine": "sandbox" });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let told = calls(&place, &json!([preview(json!({ "returnStatus": true })), preview(json!({}))]));
    let problem = told.json["problems"][1].as_str().unwrap();
    assert_eq!(told.json["returned"][0]["reason"], "stack-not-found");
    assert_eq!(told.json["returned"][0]["exitStatus"], 6);
    assert!(problem.contains("stack-not-found") && problem.contains("\nhint: "), "{problem}");
    assert_eq!(told.status, Some(6));
}

#[test]
#[ignore = "needs java"]
fn bad_input_fails_the_step_with_its_message_and_what_is_not_known_is_null() {
    let place = place_with(&binary());
    let call = json!({ "command": "up", "stack": "bad/na me", "engine": "sandbox" });
    let wanted = json!({ "command": "up", "stack": "bad/na me", "engine": "sandbox", "returnStatus": true });
    let told = calls(&place, &json!([call, wanted]));
    let problem = told.json["problems"][0].as_str().unwrap();
    assert!(problem.contains("config: ") && problem.contains("\nhint: "), "{problem}");
    let returned = &told.json["returned"][1];
    assert_eq!((&returned["exitStatus"], &returned["reason"]), (&json!(2), &json!("config")), "{}", told.log);
    assert_eq!(returned["outputs"], Value::Null);
}

#[test]
#[ignore = "needs java"]
fn a_deployment_without_an_event_log_is_green_and_its_changes_are_null() {
    let place = place_with(&binary());
    let up = json!({ "command": "up", "stack": "dev", "upsert": true, "engine": "sandbox" });
    let mut spec = spec(&place, "push", json!({ "calls": [up] }));
    spec.environment.insert("PULUMI_SANDBOX_FAULTS".to_owned(), "{event-log: {missing: true}}".to_owned());
    let told = run(&spec);
    assert_eq!((told.status, &told.json["problems"][0]), (Some(0), &Value::Null), "{}", told.log);
    let returned = &told.json["returned"][0];
    assert_eq!(returned["status"], "succeeded");
    for name in ["hasChanges", "changes", "outputs"] {
        assert_eq!(returned[name], Value::Null, "{name}");
    }
    assert_eq!(told.json["description"], "up of dev: succeeded (what changed is not known)");
}

#[test]
#[ignore = "needs java"]
fn a_report_that_could_not_be_published_makes_the_build_unstable_and_not_red() {
    let place = place();
    let mut spec = spec(&place, "push", json!({ "calls": [{ "command": "up" }] }));
    spec.environment.insert("SHIM".to_owned(), "exit 72".to_owned());
    let told = run(&spec);
    assert_eq!((&told.json["result"], &told.json["problems"][0]), (&json!("UNSTABLE"), &Value::Null));
}

#[test]
#[ignore = "needs java"]
fn hostile_values_arrive_as_they_are() {
    let place = place();
    let texts: Vec<&str> = INPUTS
        .iter()
        .filter(|input| {
            matches!(
                input.kind,
                Kind::Text
                    | Kind::Secret
                    | Kind::Path
                    | Kind::Words
                    | Kind::Mapping
                    | Kind::List
                    | Kind::Duration
            )
        })
        .map(|input| input.name)
        .collect();
    let mut wanted: Vec<(Vec<&str>, String)> = Vec::new();
    for value in hostile::values() {
        let at_once = if value.len() > 1000 { 10 } else { texts.len() };
        wanted.extend(texts.chunks(at_once).map(|names| (names.to_vec(), value.clone())));
    }
    let list: Vec<Map<String, Value>> = wanted
        .iter()
        .map(|(names, value)| names.iter().map(|name| (camel(name), json!(value))).collect())
        .collect();
    let before = std::fs::read_dir(place.repository()).unwrap().count();
    let told = calls(&place, &json!(list));
    let seen = arrived(&told.log);
    assert_eq!(seen.len(), wanted.len(), "{}", told.log.chars().take(2000).collect::<String>());
    let mut tried = 0;
    for ((names, value), seen) in wanted.iter().zip(&seen) {
        assert_eq!(seen["arguments"], json!(["run"]));
        for name in names {
            assert_eq!(seen["env"][variable(name)], json!(value), "{name}");
            tried += 1;
        }
    }
    assert_eq!(std::fs::read_dir(place.repository()).unwrap().count(), before, "something was executed");
    println!("jenkins: {tried} pairs of input and hostile value arrived unchanged");
}

#[test]
#[ignore = "needs java"]
fn values_of_their_own_types_become_what_the_binary_reads() {
    let told = calls(
        &place(),
        &json!([{
            "refresh": true, "diff": false, "upsert": "", "parallel": 4, "target": ["urn:a", "urn:b"], "message": null,
            "config": { "region": "eu", "tags": { "value": { "a": "\"\\ \u{1F642} \n\t\u{2028}" } }, "n": 3, "l": [1, true, null] },
        }]),
    );
    let env = &arrived(&told.log)[0]["env"];
    assert_eq!(
        (&env["STACKSTEP_INPUT_REFRESH"], &env["STACKSTEP_INPUT_DIFF"]),
        (&json!("true"), &json!("false"))
    );
    assert_eq!(env["STACKSTEP_INPUT_PARALLEL"], "4");
    assert_eq!(env["STACKSTEP_INPUT_TARGET"], "urn:a\nurn:b");
    assert_eq!(
        (&env["STACKSTEP_INPUT_UPSERT"], &env["STACKSTEP_INPUT_MESSAGE"]),
        (&Value::Null, &Value::Null)
    );
    let config: Value = serde_yaml::from_str(env["STACKSTEP_INPUT_CONFIG"].as_str().unwrap()).unwrap();
    assert_eq!(config["tags"]["value"]["a"], "\"\\ \u{1F642} \n\t\u{2028}");
    assert_eq!((&config["n"], &config["l"]), (&json!(3), &json!([1, true, null])));
}

#[test]
#[ignore = "needs java"]
fn what_no_input_can_be_is_refused_before_anything_starts_and_the_value_is_not_shown() {
    let long = "x".repeat(131_072);
    let cases = [
        (json!({ "stak": "dev" }), "there is no parameter `stak`, did you mean `stack`?"),
        (json!({ "nonsense": "dev" }), "there is no parameter `nonsense`\n"),
        (json!({ "refresh": "s3cret-yes" }), "`refresh` takes true or false"),
        (json!({ "parallel": "s3cret" }), "`parallel` takes a whole number"),
        (json!({ "color": "s3cret" }), "`color` is one of always, never, raw, auto"),
        (json!({ "stack": { "a": "s3cret" } }), "`stack` takes no map"),
        (json!({ "stack": ["s3cret"] }), "`stack` takes no list"),
        (json!({ "target": ["a,s3cret"] }), "an item of `target` has a comma"),
        (json!({ "message": "s3cret\u{0}" }), "`message` holds a NUL"),
        (json!({ "message": long }), "`message` is longer than a variable can be (128 KiB)"),
        (
            json!({ "archive": true, "reportFile": "/elsewhere" }),
            "`archive` and `stash` take what these name",
        ),
        (json!({ "junit": true }), "`junit` takes the file that `junitFile` names"),
        (json!({ "credentials": { "stack": "id" } }), "`stack` takes no credential"),
        (json!({ "credentials": { "no-name": "id" } }), "`no-name` of `credentials` is neither"),
        (json!({ "credentials": ["id"] }), "`credentials` takes a map of names and ids"),
    ];
    let list: Vec<&Value> = cases.iter().map(|(call, _)| call).collect();
    let told = calls(&place(), &json!(list));
    for (index, (_, wanted)) in cases.iter().enumerate() {
        let problem = told.json["problems"][index].as_str().unwrap_or_default();
        assert!(problem.contains(wanted) && problem.contains("\nhint: "), "{wanted}: {problem}");
    }
    assert!(!told.log.contains("s3cret") && arrived(&told.log).is_empty(), "{}", told.log);
}

#[test]
#[ignore = "needs java"]
fn credentials_come_by_their_ids_and_are_not_expanded() {
    let place = place();
    let spec = spec(
        &place,
        "push",
        json!({
            "credentials": { "token": "pul-$HOME", "file": "A=1\n", "login": ["user", "pass$$word"] },
            "calls": [{
                "command": "up",
                "credentials": { "accessToken": "token", "envFile": "file", "PULUMI_CONFIG_PASSPHRASE": "token" },
                "bindings": [{
                    "kind": "usernamePassword", "credentialsId": "login",
                    "usernameVariable": "NAME", "passwordVariable": "PASSWORD",
                }],
            }, { "command": "up", "credentials": { "accessToken": "nobody" } }],
        }),
    );
    let told = run(&spec);
    let env = &arrived(&told.log)[0]["env"];
    assert_eq!(env["STACKSTEP_INPUT_ACCESS_TOKEN"], "pul-$HOME");
    assert_eq!(env["PULUMI_CONFIG_PASSPHRASE"], "pul-$HOME");
    assert_eq!((&env["NAME"], &env["PASSWORD"]), (&json!("user"), &json!("pass$$word")));
    let file = env["STACKSTEP_INPUT_ENV_FILE"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), "A=1\n");
    assert!(told.json["problems"][1].as_str().unwrap().contains("'nobody'"), "{}", told.json);
}

#[test]
#[ignore = "needs java"]
fn reports_go_to_the_steps_that_were_asked_for() {
    let place = place();
    let call = json!({
        "command": "preview", "markdownFile": "out/report.md", "junitFile": "out/junit.xml", "resultFile": "/elsewhere/r.json",
        "archive": true, "stash": "report", "junit": true, "checks": "preview",
    });
    let told = calls(&place, &json!([call]));
    assert_eq!(told.call("archiveArtifacts")[1]["artifacts"], "out/report.md,out/junit.xml");
    assert_eq!(told.call("stash")[1]["name"], "report");
    assert_eq!(told.call("junit")[1]["testResults"], "out/junit.xml");
    assert_eq!(told.call("publishChecks")[1]["name"], "preview");
}

#[test]
#[ignore = "needs java"]
fn a_plugin_that_is_missing_makes_the_build_unstable() {
    let place = place();
    let spec = spec(
        &place,
        "push",
        json!({ "missing": ["publishChecks"], "calls": [{ "command": "up", "checks": "x" }] }),
    );
    let told = run(&spec);
    assert!(
        told.call("unstable")[1].as_str().unwrap().contains("`publishChecks` needs a plugin"),
        "{}",
        told.json
    );
}

#[test]
#[ignore = "needs java"]
fn a_report_that_a_step_refuses_makes_the_build_unstable_and_the_run_counts() {
    let call = json!({ "command": "up", "markdownFile": "report.md", "archive": true });
    let place = place();
    let told = run(&spec(&place, "push", json!({ "failing": ["archiveArtifacts"], "calls": [call] })));
    assert_eq!((&told.json["result"], &told.json["problems"][0]), (&json!("UNSTABLE"), &Value::Null));
}

#[test]
#[ignore = "needs java"]
fn on_windows_powershell_runs_the_other_bootstrap() {
    let place = place();
    let told = run(&spec(&place, "push", json!({ "unix": false, "calls": [{ "command": "up" }] })));
    let script = told.call("powershell")[1].as_str().unwrap();
    assert!(script.contains("$words = @('run')") && script.contains("& $binary @words"), "{script}");
}

#[test]
#[ignore = "needs java"]
fn a_build_that_is_stopped_has_its_report_completed() {
    let folder = tempfile::tempdir().unwrap();
    // A run that dies with its report unwritten: it leaves what `stackstep finish` takes up.
    let binary = folder.path().join("binary");
    let script = format!(
        "#!/bin/sh\necho \"started $*\"\n[ \"$1\" = run ] || exit 0\ntouch '{0}/left'\necho \"unfinished={0}/left\" >> \"$STACKSTEP_STEP_STATE\"\n\
         trap 'exit 143' TERM\necho waiting\nwhile :; do sleep 0.02; done\n",
        folder.path().display()
    );
    std::fs::write(&binary, script).unwrap();
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    let place = place_with(&binary);
    let spec = spec(&place, "push", json!({ "calls": [{ "command": "up" }] }));
    let mut child =
        spec.command().process_group(0).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim() != "waiting" {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it never started");
    }
    kill(Pid::from_raw(-i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let finish = format!("started finish {}/left", folder.path().display());
    assert!(rest.contains(&finish), "{rest}");
    assert_ne!(child.wait().unwrap().code(), Some(0));
    let told: Value = serde_json::from_str(&std::fs::read_to_string(spec.result()).unwrap()).unwrap();
    assert_eq!(told["problems"][0], "the build was stopped");
}
