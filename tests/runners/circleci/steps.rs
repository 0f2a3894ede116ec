//! What the orb's steps do, each run as CircleCI runs it.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Map, Value, json};

use super::orb::{Config, ours};
use super::{Ran, arrived, place, program, rehearsal, run, shim, stackstep};
use crate::harness::circleci::{CircleCi, environment, shell};
use crate::harness::{Event, Place, Wrapper as _};
use crate::hostile;

/// A job of these steps.
fn job(steps: &Value) -> Config {
    Config::new(
        json!({ "orbs": { "stackstep": "stackstep/stackstep@1" }, "jobs": { "job": { "steps": steps } } }),
    )
}

/// A place whose binary is the shim.
fn shimmed() -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&shim(folder.path()));
    (folder, place)
}

fn ran(place: Place, steps: &Value, more: &[(&str, &str)]) -> Ran {
    let mut variables = environment(&place, Event::Push);
    variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    run(place, &job(steps), "job", &Map::new(), &variables)
}

fn rehearsed(place: Place, steps: &Value) -> Ran {
    let variables = rehearsal(&place, Event::Push);
    run(place, &job(steps), "job", &Map::new(), &variables)
}

/// The parameters that take any text.
fn texts() -> Vec<String> {
    let orb = ours();
    let parameters = orb["commands"]["execute"]["parameters"].as_object().unwrap();
    let texts = parameters
        .iter()
        .filter(|(name, parameter)| parameter["type"] == "string" && *name != "no-output-timeout");
    texts.map(|(name, _)| name.clone()).collect()
}

fn variable(name: &str) -> String {
    format!("STACKSTEP_INPUT_{}", name.replace('-', "_").to_uppercase())
}

#[test]
#[ignore = "needs bash"]
fn hostile_values_of_every_parameter_arrive_as_they_are() {
    let (texts, mut tried) = (texts(), 0);
    let secrets = ["access-token", "forge-token", "github-token", "oidc-token", "plugin-token"];
    for value in hostile::values() {
        // All at once would be more than a process may be started with.
        let at_once = if value.len() > 1000 { 8 } else { texts.len() };
        for names in texts.chunks(at_once) {
            let (_folder, place) = shimmed();
            let inputs: Vec<_> =
                names.iter().map(String::as_str).chain(secrets).map(|name| (name, value.as_str())).collect();
            let output = CircleCi.command(&place, Event::Push, &inputs).output().unwrap();
            assert!(output.status.success(), "{value:?}: {output:?}");
            let seen = arrived(&place);
            for (name, value) in &inputs {
                assert_eq!(seen.get(&variable(name)).map(String::as_str), Some(*value), "{name}");
                tried += 1;
            }
            assert_eq!(
                std::fs::read_dir(place.repository()).unwrap().count(),
                1,
                "{value:?} was executed: only the program is there"
            );
        }
    }
    println!("{tried} pairs of input and hostile value arrived unchanged");
    assert!(tried > 30 * texts.len());
}

#[test]
#[ignore = "needs bash"]
fn what_is_not_given_is_not_set() {
    let (_folder, place) = shimmed();
    let ran = ran(place, &json!([{ "stackstep/execute": { "command": "up" } }]), &[]);
    let set: BTreeMap<_, _> = arrived(&ran.place)
        .into_iter()
        .filter(|(name, value)| {
            name.starts_with("STACKSTEP_") && !value.is_empty() && name != "STACKSTEP_BIN"
        })
        .collect();
    let bash_env = ran.place.beside("bash-env").display().to_string();
    let wanted = [("STACKSTEP_INPUT_COMMAND", "up"), ("STACKSTEP_OUTPUTS_FILE", bash_env.as_str())];
    assert_eq!(set, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
#[ignore = "needs bash"]
fn numbers_words_and_secrets_arrive() {
    let (_folder, place) = shimmed();
    let step = json!({ "command": "up", "parallel": 4, "upsert": "false", "access-token": "MY_TOKEN" });
    let ran = ran(place, &json!([{ "stackstep/execute": step }]), &[("MY_TOKEN", "pul-1'\"$(x)")]);
    let seen = arrived(&ran.place);
    assert_eq!(
        (seen["STACKSTEP_INPUT_PARALLEL"].as_str(), seen["STACKSTEP_INPUT_UPSERT"].as_str()),
        ("4", "false")
    );
    assert_eq!(seen["STACKSTEP_INPUT_ACCESS_TOKEN"], "pul-1'\"$(x)");
    let arguments = std::fs::read_to_string(ran.place.beside("home/arguments")).unwrap();
    assert_eq!(arguments, "run\n");
}

#[test]
#[ignore = "needs bash"]
fn variables_in_a_stacks_name_are_filled_in_and_nothing_is_run() {
    for (given, wanted) in [
        ("acme/qa-${CIRCLE_BUILD_NUM}", "acme/qa-41"),
        ("$CIRCLE_BRANCH", "main"),
        ("$CIRCLE_BRANCH-x", "main-x"),
        ("${NOBODY_SET_THIS}dev", "dev"),
        ("$(touch pwned)", "$(touch pwned)"),
        ("`touch pwned`", "`touch pwned`"),
        ("${CIRCLE_BRANCH:-$(touch pwned)}", "${CIRCLE_BRANCH:-$(touch pwned)}"),
        ("${x[$(touch pwned)]}", "${x[$(touch pwned)]}"),
        ("$HOSTILE", "$(touch pwned) ${CIRCLE_BRANCH} `id` 'a' \"b\""),
        ("a$", "a$"),
        ("$1 $$ $?", "$1 $$ $?"),
        ("~", "/the/home"),
    ] {
        let (_folder, place) = shimmed();
        let home = place.beside("home").display().to_string();
        let hostile = ("HOSTILE", "$(touch pwned) ${CIRCLE_BRANCH} `id` 'a' \"b\"");
        let ran = ran(place, &json!([{ "stackstep/preview": { "stack": given } }]), &[hostile]);
        let wanted = wanted.replace("/the/home", &home);
        assert_eq!(arrived(&ran.place)["STACKSTEP_INPUT_STACK"], wanted, "{given}: {}", ran.log);
        assert!(!ran.place.repository().join("pwned").exists(), "{given}");
    }
}

#[test]
#[ignore = "needs bash"]
fn the_official_orbs_booleans_turn_things_on_and_leave_the_rest_to_us() {
    for (given, wanted) in [(true, Some("true")), (false, None)] {
        let (_folder, place) = shimmed();
        let step = json!({ "stack": "dev", "skip-preview": given, "expect_no_changes": given });
        let ran = ran(place, &json!([{ "stackstep/refresh": step }]), &[]);
        let seen = arrived(&ran.place);
        for name in ["STACKSTEP_INPUT_SKIP_PREVIEW", "STACKSTEP_INPUT_EXPECT_NO_CHANGES"] {
            assert_eq!(
                seen.get(name).map(String::as_str).filter(|value| !value.is_empty()),
                wanted,
                "{name}"
            );
        }
    }
}

#[test]
#[ignore = "needs bash"]
fn a_later_step_has_the_outputs_as_variables() {
    let steps = json!([
        { "stackstep/update": { "stack": "dev", "working_directory": "infra" } },
        { "run": "printf '%s|%s|%s' \"$STACK_STATUS\" \"$STACK_OUTPUT_url\" \"${STACK_OUTPUT_token:-}\" >seen" },
    ]);
    let ran = rehearsed(place(stackstep()), &steps);
    assert_eq!(ran.status, 0, "{}", ran.log);
    let seen = std::fs::read_to_string(ran.place.repository().join("seen")).unwrap();
    assert_eq!(seen, "succeeded|https://hello.example.com/|");
    assert!(!ran.log.contains("means nothing to"), "{}", ran.log);
    assert_eq!(CircleCi.outputs(&ran.place, "")["url"], "https://hello.example.com/");
}

#[test]
#[ignore = "needs bash"]
fn a_secret_output_is_handed_on_only_when_it_is_asked_for() {
    let read = |show: bool| {
        json!({ "stackstep/stack_output": {
            "stack": "dev", "property_name": "token", "env_var": "TOKEN", "show_secrets": show, "working_directory": "infra",
        } })
    };
    let up = json!({ "stackstep/update": { "stack": "dev", "working_directory": "infra" } });
    let keep = json!({ "run": "printf %s \"$TOKEN\" >seen" });
    let without = rehearsed(place(stackstep()), &json!([up, read(false), keep]));
    assert_eq!(without.status, 2, "{}", without.log);
    assert!(without.log.contains("the stack has no output `token` that may be exported"), "{}", without.log);
    let with = rehearsed(place(stackstep()), &json!([up, read(true), keep]));
    assert_eq!(with.status, 0, "{}", with.log);
    assert_eq!(std::fs::read_to_string(with.place.repository().join("seen")).unwrap(), "token-for-hello");
    assert!(!with.log.contains("token-for-hello"), "{}", with.log);
}

#[test]
#[ignore = "needs bash"]
fn a_token_is_named_to_later_steps_and_never_written() {
    let (_folder, place) = shimmed();
    let steps = json!([
        { "stackstep/login": { "access-token": "${MY_TOKEN}", "cloud-url": "s3://state?a='b'" } },
        { "run": "printf '%s %s' \"$PULUMI_ACCESS_TOKEN\" \"$PULUMI_BACKEND_URL\" >seen" },
    ]);
    let ran = ran(place, &steps, &[("MY_TOKEN", "pul-secret")]);
    let seen = std::fs::read_to_string(ran.place.repository().join("seen")).unwrap();
    assert_eq!((ran.status, seen.as_str()), (0, "pul-secret s3://state?a='b'"), "{}", ran.log);
    assert!(!std::fs::read_to_string(ran.place.beside("bash-env")).unwrap().contains("pul-secret"));
}

#[test]
#[ignore = "needs bash"]
fn a_token_that_is_no_variable_is_refused_without_showing_it() {
    for token in ["pul-secret", "$(cat pul-secret)", "${pul-secret}", "$"] {
        let (_folder, place) = shimmed();
        let ran = ran(place, &json!([{ "stackstep/login": { "access-token": token } }]), &[]);
        assert_eq!(ran.status, 2, "{token}");
        assert!(ran.log.contains("`access-token` names no variable"), "{}", ran.log);
        assert!(!ran.log.contains("pul-secret"), "{}", ran.log);
    }
}

#[test]
#[ignore = "needs bash"]
fn the_exit_status_is_the_binarys_and_later_steps_do_not_run() {
    let (_folder, place) = shimmed();
    let steps = json!([{ "stackstep/preview": { "stack": "dev" } }, { "run": "touch later" }]);
    let ran = ran(place, &steps, &[("SHIM", "7")]);
    assert_eq!(ran.status, 7);
    assert!(!ran.place.repository().join("later").exists());
}

#[test]
#[ignore = "needs bash"]
fn a_run_that_was_killed_is_finished_by_the_step_that_always_runs() {
    let (_folder, place) = shimmed();
    let left = place.beside("left by $(a) 'run'");
    std::fs::write(&left, "").unwrap();
    let state =
        format!("export STACKSTEP_UNFINISHED='{}'\n", left.display().to_string().replace('\'', "'\\''"));
    std::fs::write(place.beside("bash-state"), state).unwrap();
    // What the run has written to the file of later steps before it was killed.
    let steps = json!([{ "run": "cat ../bash-state >>\"$BASH_ENV\"; exit 137" }, "stackstep/finish"]);
    let ran = ran(place, &steps, &[]);
    assert_eq!(ran.status, 137, "{}", ran.log);
    let arguments = std::fs::read_to_string(ran.place.beside("home/arguments")).unwrap();
    assert_eq!(arguments, format!("finish\n{}\n", left.display()));
}

/// An engine that says who started it, and works until it is told to stop.
const WORKING: &str = "#!/bin/sh\necho \"$PPID\" >\"$HOME/begun\"\nwhile :; do sleep 0.02; done\n";

#[test]
#[ignore = "needs bash"]
fn the_report_of_a_run_that_is_killed_in_the_middle_is_completed() {
    use nix::sys::signal::{Signal, kill};
    let place = place(stackstep());
    nix::unistd::mkfifo(&place.beside("home/begun"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let engine = place.beside("engine");
    program(&engine, WORKING);
    let step = json!({
        "command": "up", "stack": "dev", "cwd": "infra", "engine": engine, "result-file": "result.json",
    });
    let config = job(&json!([{ "stackstep/execute": step }]));
    let steps = config.steps("job", &Map::new()).unwrap();
    let child =
        shell(&place, &steps, &environment(&place, Event::Push)).stdout(Stdio::piped()).spawn().unwrap();
    let parent = std::fs::read_to_string(place.beside("home/begun")).unwrap();
    kill(nix::unistd::Pid::from_raw(parent.trim().parse().unwrap()), Signal::SIGKILL).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(137), "{log}");
    let result: Value =
        serde_json::from_slice(&std::fs::read(place.repository().join("result.json")).unwrap()).unwrap();
    assert_eq!((&result["status"], &result["exit_code"]), (&json!("failed"), &json!(137)), "{log}");
    assert!(result["notes"].to_string().contains("it was asked to stop and has ended"), "{result}");
}

#[test]
#[ignore = "needs bash"]
fn nothing_is_finished_after_a_run_that_reported_its_end() {
    let (_folder, place) = shimmed();
    let steps = json!([{ "run": "echo \"export STACKSTEP_UNFINISHED='/nowhere'\" >>\"$BASH_ENV\"" }, "stackstep/finish"]);
    let ran = ran(place, &steps, &[]);
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(!ran.place.beside("home/arguments").exists());
}

#[test]
#[ignore = "needs bash"]
fn the_deploy_job_keeps_its_report_and_hands_its_outputs_to_the_next_job() {
    let config = job(&json!([
        { "attach_workspace": { "at": "." } },
        { "stackstep/load_outputs": { "file": ".stackstep/dev/outputs.sh" } },
        { "run": "printf %s \"$STACK_OUTPUT_url\" >seen" },
    ]));
    let place = place(stackstep());
    let environment = rehearsal(&place, Event::Push);
    let arguments = json!({ "stack": "dev", "cwd": "infra", "after": [{ "run": "printf %s \"$STACK_OUTPUT_url\" >after" }] });
    let first = run(place, &config, "stackstep/deploy", arguments.as_object().unwrap(), &environment);
    assert_eq!(first.status, 0, "{}", first.log);
    let report = first.place.repository().join(".stackstep/dev/report");
    assert!(report.join("result.json").exists(), "{}", first.log);
    assert_eq!(
        std::fs::read_to_string(first.place.repository().join("after")).unwrap(),
        "https://hello.example.com/"
    );
    std::fs::remove_dir_all(first.place.repository().join(".stackstep")).unwrap();
    let second = run(first.place, &config, "job", &Map::new(), &environment);
    assert_eq!(second.status, 0, "{}", second.log);
    assert_eq!(
        std::fs::read_to_string(second.place.repository().join("seen")).unwrap(),
        "https://hello.example.com/"
    );
}

/// A `circleci-agent` whose `step halt` ends the job.
fn with_agent(place: &Place) -> BTreeMap<String, String> {
    let programs = place.beside("programs");
    std::fs::create_dir(&programs).unwrap();
    let agent = "#!/bin/sh\n[ \"$*\" = 'step halt' ] && touch \"$HOME/halted\"\n";
    program(&programs.join("circleci-agent"), agent);
    let mut environment = rehearsal(place, Event::Push);
    let path = format!("{}:{}", programs.display(), environment["PATH"]);
    environment.insert("PATH".to_owned(), path);
    environment
}

#[test]
#[ignore = "needs bash"]
fn a_job_without_changes_ends_in_peace_when_it_is_asked_to() {
    let config = job(&json!([]));
    let mut place = place(stackstep());
    let environment = with_agent(&place);
    let arguments = json!({ "stack": "dev", "cwd": "infra", "halt-without-changes": true, "after": [{ "run": "echo ran >>after" }] });
    for _ in 0..2 {
        let ran = run(place, &config, "stackstep/deploy", arguments.as_object().unwrap(), &environment);
        assert_eq!(ran.status, 0, "{}", ran.log);
        place = ran.place;
    }
    assert_eq!(std::fs::read_to_string(place.repository().join("after")).unwrap(), "ran\n");
    assert!(place.beside("home/halted").exists());
}
