//! What the orb says of itself, against the table of inputs and the official orb. Nothing runs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stackstep::inputs::{Command, INPUTS, Kind};

use super::orb::{Config, ours, read};
use crate::tools::root;

fn names(parameters: &Value) -> BTreeSet<String> {
    parameters.as_object().unwrap().keys().cloned().collect()
}

fn table(command: Option<Command>) -> BTreeSet<String> {
    let of_it = INPUTS.iter().filter(|input| command.is_none_or(|command| input.applies_to(command)));
    of_it.map(|input| input.name.to_owned()).collect()
}

#[test]
fn execute_declares_every_input_and_no_other() {
    let mut declared = names(&ours()["commands"]["execute"]["parameters"]);
    assert!(declared.remove("no-output-timeout"));
    assert_eq!(declared, table(None));
}

#[test]
fn each_other_command_and_job_declares_the_inputs_that_it_takes() {
    let orb = ours();
    let of_jobs: BTreeSet<String> =
        ["junit-file", "report-file", "result-file", "markdown-file", "outputs-file"]
            .map(str::to_owned)
            .into();
    for (kind, name, command) in [
        ("commands", "preview", Command::Preview),
        ("commands", "update", Command::Up),
        ("commands", "refresh", Command::Refresh),
        ("commands", "destroy", Command::Destroy),
        ("commands", "outputs", Command::Outputs),
        ("commands", "login", Command::Install),
        ("jobs", "preview", Command::Preview),
        ("jobs", "deploy", Command::Up),
        ("jobs", "delivery", Command::Deploy),
    ] {
        let declared = names(&orb[kind][name]["parameters"]);
        let mut wanted = table(Some(command));
        wanted.remove("command");
        let wanted: BTreeSet<String> =
            if kind == "jobs" { wanted.difference(&of_jobs).cloned().collect() } else { wanted };
        let missing: Vec<_> = wanted.difference(&declared).collect();
        assert!(missing.is_empty(), "{kind}/{name}: {missing:?}");
        let foreign: Vec<_> =
            declared.intersection(&table(None)).filter(|name| !wanted.contains(*name)).cloned().collect();
        assert!(foreign.is_empty(), "{kind}/{name}: {foreign:?}");
    }
}

#[test]
fn each_parameter_has_the_type_of_its_kind_and_a_default_that_says_nothing() {
    let orb = ours();
    let parameters = &orb["commands"]["execute"]["parameters"];
    for input in INPUTS {
        let parameter = &parameters[input.name];
        let (kind, default) = match input.kind {
            _ if input.name == "change-request" => ("string", json!("")),
            Kind::Bool | Kind::Choice(_) => ("enum", json!("")),
            Kind::Number { .. } => ("integer", json!(0)),
            Kind::Secret => {
                ("env_var_name", json!(format!("STACKSTEP_{}", input.name.replace('-', "_").to_uppercase())))
            }
            _ => ("string", json!("")),
        };
        assert_eq!((&parameter["type"], &parameter["default"]), (&json!(kind), &default), "{}", input.name);
        let words = match input.kind {
            Kind::Bool => json!(["", "true", "false"]),
            Kind::Choice(words) => json!([&[""], words].concat()),
            _ => continue,
        };
        assert_eq!(parameter["enum"], words, "{}", input.name);
    }
}

/// The parameters of <https://github.com/pulumi/circleci/blob/main/orbs/pulumi.yml>, and their types.
const OFFICIAL: &[(&str, &[(&str, &str)])] = &[
    ("login", &[("version", "string"), ("cloud-url", "string"), ("access-token", "string")]),
    (
        "stack_init",
        &[
            ("stack", "string"),
            ("secrets_provider", "string"),
            ("working_directory", "string"),
            ("copy", "string"),
        ],
    ),
    ("stack_rm", &[("stack", "string"), ("force", "boolean"), ("working_directory", "string")]),
    (
        "stack_output",
        &[
            ("stack", "string"),
            ("property_name", "string"),
            ("env_var", "string"),
            ("show_secrets", "boolean"),
            ("working_directory", "string"),
        ],
    ),
    ("preview", &[("stack", "string"), ("working_directory", "string")]),
    ("update", &[("stack", "string"), ("working_directory", "string"), ("skip-preview", "boolean")]),
    ("destroy", &[("stack", "string"), ("working_directory", "string"), ("skip-preview", "boolean")]),
    (
        "refresh",
        &[
            ("stack", "string"),
            ("working_directory", "string"),
            ("skip-preview", "boolean"),
            ("expect_no_changes", "boolean"),
        ],
    ),
];

#[test]
fn the_commands_of_the_official_orb_are_there_with_their_parameters_and_types() {
    let orb = ours();
    for (command, parameters) in OFFICIAL {
        for (name, kind) in *parameters {
            assert_eq!(orb["commands"][command]["parameters"][name]["type"], *kind, "{command}: {name}");
        }
        for (name, parameter) in orb["commands"][command]["parameters"].as_object().unwrap() {
            let theirs = parameters.iter().any(|(own, _)| own == name);
            assert!(theirs || parameter.get("default").is_some(), "{command}: {name} is demanded");
        }
    }
}

/// Every `run` below `value`.
fn each_run(value: &Value, look: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            if key == "run" {
                look(value);
            }
            each_run(value, look);
        }),
        Value::Array(items) => items.iter().for_each(|item| each_run(item, look)),
        _ => {}
    }
}

/// What the orb runs itself: examples are other people's.
fn commands() -> Value {
    ours()["commands"].clone()
}

#[test]
fn no_parameter_is_part_of_a_script() {
    let mut scripts = 0;
    each_run(&commands(), &mut |run| {
        let script = run["command"].as_str().unwrap();
        assert!(!script.replace("\\<<", "").contains("<<"), "{script}");
        scripts += 1;
    });
    assert!(scripts > 10, "{scripts}");
}

#[test]
fn a_variable_of_a_step_holds_one_parameter_and_nothing_else() {
    each_run(&commands(), &mut |run| {
        for (name, value) in run["environment"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            assert!(
                !value.contains("<<")
                    || (value.starts_with("<< parameters.") && value.matches("<<").count() == 1),
                "{name}: {value}"
            );
        }
    });
}

#[test]
fn no_step_that_deploys_is_ever_tried_again() {
    // https://circleci.com/docs/reference/configuration-reference/#run: `max_auto_reruns`
    assert!(!std::fs::read_to_string(root().join("circleci-orb/orb.yml")).unwrap().contains("auto_rerun"));
}

fn configurations() -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(root().join("circleci-orb/examples")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_example_names_what_is_there_and_hands_over_what_is_declared() {
    let mut configurations: Vec<_> =
        configurations().into_iter().map(|path| (path.display().to_string(), read(&path))).collect();
    for (name, example) in ours()["examples"].as_object().unwrap() {
        configurations.push((name.clone(), example["usage"].clone()));
    }
    assert!(configurations.len() > 8, "{}", configurations.len());
    for (name, document) in configurations {
        assert_eq!(Config::new(document).complaints(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_deploy_of_an_example_waits_for_the_one_before() {
    let mut deploys = 0;
    for path in configurations() {
        for workflow in read(&path)["workflows"].as_object().unwrap().values() {
            for job in workflow["jobs"].as_array().into_iter().flatten() {
                if let Some(deploy) = job.get("stackstep/deploy") {
                    assert!(deploy.get("serial-group").is_some(), "{}", path.display());
                    assert_ne!(deploy["context"], Value::Null, "{}", path.display());
                    deploys += 1;
                }
            }
        }
    }
    assert!(deploys > 6, "{deploys}");
}

#[test]
fn what_circleci_would_refuse_is_refused() {
    let document = json!({
        "orbs": { "stackstep": "stackstep/stackstep@1" },
        "jobs": {
            "unknown-parameter": { "steps": [{ "stackstep/preview": { "stak": "dev" } }] },
            "wrong-type": { "steps": [{ "stackstep/preview": { "upsert": true } }] },
            "no-name": { "steps": [{ "stackstep/preview": { "access-token": "$(cat token)" } }] },
            "no-command": { "steps": ["stackstep/deploi"] },
            "no-orb": { "steps": ["other/deploy"] },
        },
        "workflows": {
            "x": { "jobs": [{ "no-orb": { "serial-group": "a" } }, { "no-orb": { "serial-group": "a" } }] },
            "y": { "jobs": [{ "no-orb": { "serial-group": "a b" } }] },
            "w": { "jobs": ["missing"] },
            "v": { "jobs": [{ "no-orb": { "requires": ["nobody"] } }] },
        },
    });
    let complaints = Config::new(document).complaints().join("\n");
    for part in [
        "no parameter is called `stak`",
        "`upsert` is of the type \"enum\"",
        "`access-token` is of the type \"env_var_name\"",
        "there is no command `stackstep/deploi`",
        "there is no orb `other`",
        "there is no job `missing`",
        "requires `nobody`",
        "more than one job has a `serial-group`",
        "\"a b\" is no name of a serial group",
    ] {
        assert!(complaints.contains(part), "{part}: {complaints}");
    }
}
