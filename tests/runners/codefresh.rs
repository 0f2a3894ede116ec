//! Codefresh's typed steps, run as Codefresh runs them, and the pipelines under the vendor's own check.

use crate::harness::codefresh::{Codefresh, build, exported, parts, read, run as step, substitute, volume};
use crate::harness::machine::{arrived, run, with_hello, with_shim};
use crate::harness::{Event, Place, Wrapper as _};
use crate::{hostile, tools};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

const INPUTS: [(&str, &str); 3] = [("stack", "dev"), ("engine", "sandbox"), ("upsert", "true")];

/// What the validator says about pipelines.
fn complaints(pipelines: &[(String, Value)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let files = pipelines.iter().map(|(name, pipeline)| {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(&path, pipeline.to_string()).unwrap();
        path
    });
    let files: Vec<PathBuf> = files.collect();
    let main = tools::folder("codefresh").join("main.cjs");
    let (_, said) = tools::run(std::process::Command::new("node").arg(main).args(files));
    // It knows no typed steps: those are held against their own schemas.
    said.lines().filter(|line| !line.contains("no schema found for step type")).collect::<Vec<_>>().join("\n")
}

/// The examples that are pipelines' steps.
fn examples() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(tools::root().join("codefresh/examples")).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let value: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), value)
    };
    files.map(read).filter(|(_, value)| value.get("steps").is_some()).collect()
}

#[test]
#[ignore = "needs node"]
fn the_vendor_has_nothing_against_the_examples() {
    assert!(examples().len() >= 8);
    assert_eq!(complaints(&examples()), "");
}

#[test]
#[ignore = "needs node"]
fn the_vendor_has_nothing_against_the_parts_that_the_steps_become() {
    for (file, arguments) in [
        ("step.yaml", json!({ "COMMAND": "up" })),
        ("step.yaml", json!({ "COMMAND": "up", "SECRET_OUTPUTS": "*", "ENV": ["A=b"], "IMAGE": "debian" })),
        ("finish.yaml", json!({})),
    ] {
        let steps = parts(&read(file), &arguments).unwrap();
        assert_eq!(complaints(&[(file.to_owned(), json!({ "version": "1.0", "steps": steps }))]), "");
    }
}

#[test]
#[ignore = "needs node"]
fn the_vendor_refuses_a_broken_pipeline() {
    let broken = json!({ "version": "1.0", "steps": { "a": { "image": "debian", "commands": "true" } } });
    assert!(complaints(&[("broken".to_owned(), broken)]).contains("must be an array"));
}

#[test]
#[ignore = "needs go"]
fn what_a_pipeline_gives_to_a_step_is_what_the_step_takes() {
    let mut steps = 0;
    for (name, example) in examples() {
        for (_, step) in typed(&example) {
            let file = if step["type"].as_str().unwrap().contains("/finish:") { "finish" } else { "step" };
            let arguments = step.get("arguments").cloned().unwrap_or_else(|| json!({}));
            parts(&read(&format!("{file}.yaml")), &arguments).unwrap_or_else(|why| panic!("{name}: {why}"));
            steps += 1;
        }
    }
    assert!(steps >= 16, "{steps}");
}

/// The uses of our steps in a pipeline, hooks included.
fn typed(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        if value["type"].as_str().is_some_and(|kind| kind.starts_with("stackstep/")) {
            found.push((name.clone(), value.clone()));
        }
        found.extend(typed(value));
    }
    found
}

#[test]
fn variables_are_filled_in_and_what_is_no_variable_stays() {
    let variables =
        BTreeMap::from([("A".to_owned(), "x ${{B}}".to_owned()), ("B".to_owned(), "y".to_owned())]);
    for (text, wanted) in [
        ("${{A}}-${{B}}", "x ${{B}}-y"),
        ("${{C}} ${{ B }} ${{", "${{C}} ${{ B }} ${{"),
        ("$A {{B}}", "$A {{B}}"),
    ] {
        assert_eq!(substitute(text, &variables), wanted);
    }
}

#[test]
#[ignore = "needs go"]
fn a_preview_and_a_deploy_hand_their_outputs_to_later_steps() {
    let place = with_hello();
    let preview = [&INPUTS[..], &[("command", "preview")]].concat();
    let (status, said) = run(Codefresh.command(&place, Event::ChangeRequest, &preview));
    assert_eq!(status, 0, "{said}");
    assert_eq!(exported(&place)["STACK_HAS_CHANGES"], "true");
    let (status, said) = run(Codefresh.command(&place, Event::Push, &INPUTS));
    assert_eq!(status, 0, "{said}");
    let variables = exported(&place);
    assert_eq!(
        (variables["STACK_STATUS"].as_str(), variables["STACK_OUTPUT_url"].as_str()),
        ("succeeded", "https://hello.example.com/")
    );
    assert!(!variables.contains_key("STACK_OUTPUT_token") && !said.contains("token-for-hello"), "{said}");
    let result = std::fs::read_to_string(&variables["STACK_RESULT"]).unwrap();
    assert!(PathBuf::from(&variables["STACK_RESULT"]).starts_with(volume(&place)));
    assert_eq!(serde_json::from_str::<Value>(&result).unwrap()["ci"]["name"], "codefresh");
}

#[test]
#[ignore = "needs go"]
fn secret_outputs_are_handed_on_masked_and_leave_no_file() {
    let place = with_hello();
    let inputs = [&INPUTS[..], &[("secret-outputs", "token")]].concat();
    let (status, said) = run(Codefresh.command(&place, Event::Push, &inputs));
    assert_eq!(status, 0, "{said}");
    let masked = std::fs::read_to_string(volume(&place).join("masked")).unwrap();
    assert_eq!(masked, "STACK_OUTPUT_token\nSTACK_OUTPUTS\n");
    assert!(exported(&place)["STACK_OUTPUT_token"].starts_with("token-for-hello"), "{said}");
    assert!(!said.contains("token-for-hello"), "{said}");
    assert!(!volume(&place).join(".stackstep/5f0e3c2d1b/secrets.sh").exists());
}

#[test]
#[ignore = "needs go"]
fn an_output_of_several_lines_is_only_in_all_outputs_together() {
    let place = Place::new(crate::harness::machine::binary());
    let program = "name: lines\nruntime: yaml\noutputs:\n  lines: \"a\\nSTACK_OUTPUT_injected=x\"\n";
    std::fs::write(place.repository().join("Pulumi.yaml"), program).unwrap();
    let (status, said) = run(Codefresh.command(&place, Event::Push, &INPUTS));
    assert_eq!(status, 0, "{said}");
    let variables = exported(&place);
    assert!(
        !variables.contains_key("STACK_OUTPUT_injected") && !variables.contains_key("STACK_OUTPUT_lines")
    );
    assert!(said.contains("`lines` is not in the file of variables"), "{said}");
    assert_eq!(variables["STACK_OUTPUTS"], "{\"lines\":\"a\\nSTACK_OUTPUT_injected=x\"}");
}

#[test]
#[ignore = "needs go"]
fn the_exit_status_is_the_binarys() {
    let (status, _) = run(Codefresh.command(&with_shim("exit 7"), Event::Push, &[]));
    assert_eq!(status, 7);
}

#[test]
#[ignore = "needs go"]
fn the_first_process_of_the_container_is_the_binary_in_the_end() {
    let place = with_shim("echo $$ >\"$CF_VOLUME_PATH/pid\"");
    let mut child = Codefresh.command(&place, Event::Push, &[]).spawn().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(volume(&place).join("pid")).unwrap().trim(), child.id().to_string());
}

#[test]
#[ignore = "needs go"]
fn hostile_values_arrive_as_they_are_and_the_command_line_holds_none() {
    let place = with_shim("");
    for value in hostile::values() {
        run(Codefresh.command(&place, Event::Push, &[("message", &value), ("stack", &value)]));
        let (arguments, environment) = arrived(&place);
        assert!(arguments.ends_with("run\n"));
        let arrived = (&environment["STACKSTEP_INPUT_MESSAGE"], &environment["STACKSTEP_INPUT_STACK"]);
        assert_eq!(arrived, (&value, &value));
        assert_eq!(std::fs::read_dir(place.repository()).unwrap().count(), 0, "{value:?} was executed");
    }
}

#[test]
#[ignore = "needs go"]
fn an_argument_that_is_not_given_is_not_there_whatever_variables_the_build_has() {
    let place = with_shim("");
    let mut variables = build(&place, Event::Push);
    variables
        .extend([("MESSAGE", "of the pipeline"), ("TARGET", "x")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    let arguments = json!({ "COMMAND": "up", "STACK": "${{MESSAGE}}", "REFRESH": true, "PARALLEL": 4 });
    run(step(&place, &read("step.yaml"), &arguments, &variables).unwrap());
    let (_, environment) = arrived(&place);
    let inputs: Vec<_> = environment
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("STACKSTEP_INPUT_")?, value.as_str())))
        .collect();
    let wanted = [("COMMAND", "up"), ("PARALLEL", "4"), ("REFRESH", "true"), ("STACK", "of the pipeline")];
    assert_eq!(inputs, wanted);
}

#[test]
#[ignore = "needs go"]
fn what_is_no_argument_or_of_the_wrong_type_is_refused() {
    let step = read("step.yaml");
    for wrong in [
        json!({}),
        json!({ "COMMAND": "deplay" }),
        json!({ "COMMAND": "up", "STAK": "dev" }),
        json!({ "COMMAND": "up", "REFRESH": "yes" }),
        json!({ "COMMAND": "up", "ENV": ["no variable"] }),
        json!({ "COMMAND": "up", "PARALLEL": "many" }),
    ] {
        assert!(parts(&step, &wrong).is_err(), "{wrong}");
    }
    let by_variables = json!({ "COMMAND": "${{DO}}", "REFRESH": "${{REFRESH}}", "PARALLEL": "${{N}}" });
    assert!(parts(&step, &by_variables).is_ok());
}

/// A machine whose engine kills its parent, which is stackstep, once it has begun; and its inputs.
fn killed() -> (Place, String) {
    let place = with_hello();
    let engine = place.beside("engine");
    std::fs::write(&engine, "#!/bin/sh\n[ \"$1\" = version ] && exec echo v3.260.0\nkill -9 $PPID\nexit 1\n")
        .unwrap();
    std::fs::set_permissions(&engine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let engine = engine.display().to_string();
    (place, engine)
}

#[test]
#[ignore = "needs go"]
fn the_hook_completes_the_report_of_a_run_that_was_killed() {
    let (place, engine) = killed();
    let mut command = Codefresh.command(&place, Event::Push, &[("stack", "dev"), ("engine", &engine)]);
    assert!(!command.status().unwrap().success());
    // The hook's container has another temporary folder, and shares the volume.
    let mut hook = step(&place, &read("finish.yaml"), &json!({}), &build(&place, Event::Push)).unwrap();
    hook.env("TMPDIR", place.temporary());
    let (status, said) = run(hook);
    assert_eq!(status, 0, "{said}");
    let folder: Vec<_> = std::fs::read_dir(volume(&place).join(".stackstep"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let result = crate::support::result_in(&volume(&place).join(".stackstep"), "up");
    let text = std::fs::read_to_string(&result).unwrap_or_else(|error| panic!("{error}: {folder:?}\n{said}"));
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&result["status"], &result["exit_code"]), (&"failed".into(), &137.into()), "{said}");
    assert!(!volume(&place).join(".stackstep/5f0e3c2d1b").exists(), "what was left is gone");
}

#[test]
#[ignore = "needs go"]
fn what_a_killed_run_leaves_on_the_volume_has_no_credentials() {
    let (place, engine) = killed();
    let token = "pul-0123456789abcdef0123456789abcdef01234567";
    let inputs = [("stack", "dev"), ("engine", engine.as_str()), ("access-token", token)];
    let _ = Codefresh.command(&place, Event::Push, &inputs).env("TMPDIR", place.temporary()).status();
    let left = std::process::Command::new("find").arg(volume(&place)).output().unwrap();
    let left = String::from_utf8(left.stdout).unwrap();
    assert!(left.contains("unfinished.json") && !left.contains("credentials"), "{left}");
    let (found, said) =
        tools::run(std::process::Command::new("grep").args(["-r", token]).arg(volume(&place)));
    assert!(!found, "{said}");
}

#[test]
#[ignore = "needs go"]
fn after_a_run_that_reported_its_end_the_hook_is_silent() {
    let place =
        with_shim("[ \"$1\" = run ] && echo 'unfinished=/nowhere/at/all' >>\"$STACKSTEP_STEP_STATE\"");
    assert_eq!(run(Codefresh.command(&place, Event::Push, &[])).0, 0);
    let hook = step(&place, &read("finish.yaml"), &json!({}), &build(&place, Event::Push)).unwrap();
    assert_eq!(run(hook), (0, String::new()));
    assert_eq!(arrived(&place).0, "run\n");
}

/// The scripts of all parts of both steps.
pub fn scripts() -> Vec<(String, String)> {
    let arguments = json!({ "COMMAND": "up", "SECRET_OUTPUTS": "*" });
    let of = |file: &str, arguments: &Value| {
        let script = |(name, part): (String, Value)| {
            let commands = part["commands"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
            (format!("{file}-{name}"), commands.collect::<Vec<_>>().join(";\n"))
        };
        parts(&read(file), arguments).unwrap().into_iter().map(script).collect::<Vec<_>>()
    };
    [of("step.yaml", &arguments), of("finish.yaml", &json!({}))].concat()
}
