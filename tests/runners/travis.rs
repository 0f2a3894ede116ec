//! The configuration that Travis imports, run as Travis runs it.

use std::path::Path;

use crate::circleci::{arrived, place, shim};
use crate::harness::mapped::{git, with_head, with_map};
use crate::harness::travis::Travis;
use crate::harness::{Event, Place, Wrapper as _, fixture};
use crate::hostile;

/// What every run here is told.
const REHEARSAL: &[(&str, &str)] =
    &[("engine", "sandbox"), ("upsert", "true"), ("stack", "dev"), ("cwd", "infra")];

fn stackstep() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_stackstep"))
}

#[test]
#[ignore = "needs bash"]
fn the_deploy_job_hands_its_outputs_to_later_stages() {
    let place = place(stackstep());
    let inputs = [REHEARSAL, &[("command", "up")]].concat();
    let output = Travis.command(&place, Event::Push, &inputs).output().unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{log} {output:?}");
    let outputs = Travis.outputs(&place, &log);
    assert_eq!(
        (outputs["status"].as_str(), outputs["url"].as_str()),
        ("succeeded", "https://hello.example.com/")
    );
    assert!(!outputs.contains_key("token"));
}

#[test]
#[ignore = "needs bash"]
fn a_preview_of_a_fork_without_secrets_is_skipped_in_peace() {
    let place = place(stackstep());
    let mut command =
        Travis.command(&place, Event::Fork, &[("command", "preview"), ("stack", "dev"), ("cwd", "infra")]);
    // A fork's build has none of the repository's variables.
    command.env_remove("PULUMI_BACKEND_URL").env_remove("PULUMI_CONFIG_PASSPHRASE");
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{log} {output:?}");
    assert!(log.contains("was skipped") && log.contains("comes from a fork"), "{log}");
}

#[test]
#[ignore = "needs bash"]
fn the_exit_status_is_the_binarys() {
    for command in ["preview", "up", "destroy"] {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&shim(folder.path()));
        let status =
            Travis.command(&place, Event::Push, &[("command", command)]).env("SHIM", "7").status().unwrap();
        assert_eq!(status.code(), Some(7), "{command}");
    }
}

#[test]
#[ignore = "needs bash"]
fn hostile_values_of_every_variable_arrive_as_they_are() {
    let inputs: Vec<_> = stackstep::inputs::INPUTS.iter().filter(|input| input.name != "command").collect();
    for value in hostile::values() {
        let at_once = if value.len() > 1000 { 8 } else { inputs.len() };
        for chunk in inputs.chunks(at_once) {
            let folder = tempfile::tempdir().unwrap();
            let place = place(&shim(folder.path()));
            let mut given: Vec<_> = chunk.iter().map(|input| (input.name, value.as_str())).collect();
            given.push(("command", "up"));
            let output = Travis.command(&place, Event::Push, &given).output().unwrap();
            assert!(output.status.success(), "{value:?}: {output:?}");
            let seen = arrived(&place);
            for input in chunk {
                let variable = format!("STACKSTEP_{}", input.name.replace('-', "_").to_uppercase());
                assert_eq!(seen.get(&variable), Some(&value), "{variable}");
            }
            assert_eq!(std::fs::read_dir(place.repository()).unwrap().count(), 1, "{value:?} was executed");
        }
    }
}

#[test]
#[ignore = "needs bash"]
fn a_deploy_is_started_once() {
    for file in ["preview", "deploy", "setup"] {
        let path = crate::tools::root().join(format!("travis/{file}.yml"));
        assert!(!std::fs::read_to_string(path).unwrap().contains("travis_retry"), "{file}");
    }
}

/// Whether a build has the job. Only these conditions are in the example.
/// <https://docs.travis-ci.com/user/conditions-v1>
fn has_job(condition: &str, variables: &std::collections::BTreeMap<String, String>) -> bool {
    condition.split(" AND ").all(|part| match part {
        "type = pull_request" => variables["TRAVIS_EVENT_TYPE"] == "pull_request",
        "type = push" => variables["TRAVIS_EVENT_TYPE"] == "push",
        "branch = main" => variables["TRAVIS_BRANCH"] == "main",
        "tag =~ ^v" => variables["TRAVIS_TAG"].starts_with('v'),
        other => unreachable!("{other}"),
    })
}

#[test]
#[ignore = "needs bash"]
fn each_event_has_the_job_of_its_stage_which_does_what_the_map_says() {
    let path = crate::tools::root().join("travis/examples/three-stages.yml");
    let example: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (event, name, said) in [
        (Event::ChangeRequest, "preview", "Preview of `hello/prod`"),
        (Event::Push, "staging", "Deployed `hello/staging`"),
        (Event::Tag, "production", "Deployed `hello/prod`"),
    ] {
        let variables = fixture("travis-ci", event.usual_case());
        let all = example["jobs"]["include"].as_array().unwrap();
        let having: Vec<_> =
            all.iter().filter(|job| has_job(job["if"].as_str().unwrap(), &variables)).collect();
        assert_eq!(having.len(), 1, "{event:?}");
        assert_eq!(having[0]["name"], name);
        assert!(having[0]["env"].get("secure").is_some(), "{name} has no identity of its own");
        // After `setup.yml`, `stackstep` is on the PATH of the job's script.
        let place = with_map(Place::new(stackstep()));
        let mut job = Travis.command(&place, event, &[("engine", "sandbox"), ("upsert", "true")]);
        with_head(&mut job, &git(&place, &["rev-parse", "HEAD"]));
        let file = place.beside("job.sh");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = "STACKSTEP_OUTPUTS_FILE=\"${STACKSTEP_OUTPUTS_FILE:-.stackstep/outputs.sh}\" stackstep run";
        assert!(text.contains(own), "{text}");
        std::fs::write(&file, text.replace(own, having[0]["script"].as_str().unwrap())).unwrap();
        let output = job.output().unwrap();
        let log = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && log.contains(said), "{name}: {log} {output:?}");
    }
}
