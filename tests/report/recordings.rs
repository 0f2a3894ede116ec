//! Every recording of the real engine folds to a report that says what happened.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use stackstep::render::{self, Options};
use stackstep::report::{
    Ci, Ending, Engine, Facts, Fold, Operation, OutputsFrom, Reason, Report, Status, report,
};

use super::snapshot;

/// How a recorded run of the CLI was called and has ended: the file `run.yaml` of a recording.
#[derive(Deserialize)]
struct Recorded {
    command: String,
    exit: i32,
    #[serde(default)]
    stderr: String,
}

impl Recorded {
    /// Of the recording in this folder.
    fn read(folder: &Path) -> Self {
        serde_yaml::from_str(&fs::read_to_string(folder.join("run.yaml")).unwrap()).unwrap()
    }
}

/// The names of all recordings of an operation.
pub fn all() -> Vec<String> {
    let folders = fs::read_dir(snapshot::path("fixtures/recordings")).unwrap();
    let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let operations = ["preview", "up", "refresh", "destroy"].map(|command| format!("pulumi {command} "));
    let is_operation = |name: &String| {
        let recorded = Recorded::read(&snapshot::path("fixtures/recordings").join(name));
        operations.iter().any(|operation| recorded.command.starts_with(operation))
    };
    let mut names: Vec<_> = names.filter(is_operation).collect();
    names.sort();
    assert!(names.len() > 60, "the recordings are there");
    names
}

/// What the recording's command line asked for.
pub fn facts(folder: &Path) -> Facts {
    let Recorded { command: command_line, exit, stderr } = Recorded::read(folder);
    let command = match command_line.split_whitespace().nth(1).unwrap() {
        "preview" => Operation::Preview,
        "up" => Operation::Up,
        "refresh" => Operation::Refresh,
        "destroy" => Operation::Destroy,
        other => panic!("no command of ours: {other}"),
    };
    let stack = command_line.split_whitespace().skip_while(|word| *word != "-s").nth(1).unwrap();
    let (ending, exit) =
        if exit < 0 { (Ending::Signalled(-exit), 128 - exit) } else { (Ending::Exited(exit), exit) };
    let mut facts = Facts::new(command, stack, ending, exit);
    facts.preview_only = command_line.contains("--preview-only");
    facts.stderr = stderr;
    facts.duration_ms = 8250;
    let version = Some("3.260.0".to_owned());
    facts.engine = Some(Engine { name: "pulumi".to_owned(), version, processes: 1, sandbox: false });
    let build_url = Some("https://ci.example/jobs/7".to_owned());
    facts.ci = Some(Ci { name: "GitHub Actions".to_owned(), build_url });
    facts.commit = Some("8f3d2c1b0a99887766554433221100ffeeddccbb".to_owned());
    facts
}

/// The recording's report.
pub fn folded(name: &str) -> Report {
    let folder = snapshot::path("fixtures/recordings").join(name);
    let mut fold = Fold::new();
    for line in fs::read(folder.join("events.jsonl")).unwrap_or_default().split(|byte| *byte == b'\n') {
        fold.line(line);
    }
    report(fold.finish(), facts(&folder))
}

#[test]
fn every_recording_renders_as_expected() {
    let options = Options::default();
    let differences = all().into_iter().filter_map(|name| {
        let report = folded(&name);
        let text = render::text(&report, Some("/runner/result.json"));
        let markdown = render::markdown(&report, &options);
        let both = format!("{markdown}\n<!-- the end of the job's log:\n{text}-->\n");
        snapshot::matches(&format!("report/{name}.md"), &both).err()
    });
    let differences: Vec<_> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_recording_is_read_without_a_broken_line() {
    for name in all() {
        let report = folded(&name);
        assert!(
            !report.notes.iter().any(|note| note.contains("could not be read")),
            "{name}: {:?}",
            report.notes
        );
    }
}

#[test]
fn the_exit_status_decides_whether_a_run_succeeded() {
    for name in all() {
        let report = folded(&name);
        assert_eq!(report.status == Status::Succeeded, report.exit_code == 0, "{name}");
        assert_eq!(report.reason.is_none(), report.exit_code == 0, "{name}");
    }
}

#[test]
fn each_failed_recording_has_its_reason() {
    let expected = [
        ("destroy-protected", Reason::Protected),
        ("preview-backend-down", Reason::Backend),
        ("preview-expect-no-changes", Reason::ChangesUnexpected),
        ("preview-no-login", Reason::Auth),
        ("preview-policy-violation", Reason::Policy),
        ("preview-program-error", Reason::Program),
        ("preview-wrong-passphrase", Reason::Secrets),
        ("up-after-killed", Reason::Lock),
        ("up-interrupted", Reason::Cancelled),
        ("up-interrupted-twice", Reason::Cancelled),
        ("up-killed", Reason::Engine),
        ("up-locked", Reason::Lock),
        ("up-partial-failure", Reason::Provider),
        ("up-partial-failure-continue", Reason::Provider),
        ("up-plan-violated", Reason::Plan),
        ("up-stack-not-found", Reason::StackNotFound),
        ("up-yaml-program-error", Reason::Program),
        ("yaml-life-destroy-protected", Reason::Protected),
        ("yaml-life-expect-no-changes", Reason::ChangesUnexpected),
        ("yaml-life-expect-no-changes-broken", Reason::ChangesUnexpected),
        ("yaml-life-undefined-variable", Reason::Program),
        ("yaml-malformed", Reason::Config),
        ("yaml-missing-stack", Reason::StackNotFound),
        ("yaml-no-project", Reason::Config),
    ];
    let found: Vec<_> =
        all().into_iter().filter_map(|name| Some((name.clone(), folded(&name).reason?))).collect();
    assert_eq!(found, expected.map(|(name, reason)| (name.to_owned(), reason)));
}

#[test]
fn a_resource_is_counted_once_as_the_engine_counts_it() {
    let count =
        |name: &str, operation: &str| folded(name).changes.unwrap().get(operation).copied().unwrap_or(0);
    assert_eq!(count("up-replace-delete", "replace"), 4);
    assert_eq!(count("up-replace-delete", "delete"), 2);
    assert_eq!(count("up-create", "create"), 7);
}

#[test]
fn a_deployment_has_its_own_outputs() {
    let report = folded("yaml-up-create");
    assert_eq!(report.outputs_from, OutputsFrom::Current);
    assert_eq!(report.outputs.unwrap()["hidden"], "[secret]");
    assert_eq!(report.secret_outputs, ["hidden"]);
}

#[test]
fn a_preview_and_a_failed_update_have_the_outputs_of_the_last_deployment() {
    for name in ["preview-update", "up-partial-failure", "preview-program-error"] {
        let report = folded(name);
        assert_eq!(report.outputs_from, OutputsFrom::Previous, "{name}");
        assert!(report.outputs.unwrap().contains_key("arn"), "{name}");
    }
}

#[test]
fn a_value_that_is_not_known_yet_is_planned_but_never_exported() {
    let report = folded("preview-create");
    assert_eq!(report.outputs, Some(serde_json::Map::new()));
    let planned = report.output_changes.iter().find(|change| change.name == "arn").unwrap();
    assert_eq!(planned.new, Some("[unknown]".into()));
}

#[test]
fn nested_secrets_are_hidden_and_their_outputs_named() {
    let report = folded("up-nested-secrets");
    assert_eq!(report.secret_outputs, ["db", "token"]);
    assert_eq!(report.outputs.unwrap()["db"]["hosts"], serde_json::json!(["a", "[secret]"]));
}

#[test]
fn an_output_that_changes_is_a_change() {
    assert_eq!(folded("up-noop").has_changes, Some(false));
    assert_eq!(folded("up-update").has_changes, Some(true));
}

#[test]
fn resources_that_were_begun_and_not_done_are_in_flight() {
    let log = fs::read_to_string(snapshot::path("fixtures/recordings/up-killed/events.jsonl")).unwrap();
    let mut fold = Fold::new();
    log.lines().for_each(|line| fold.line(line.as_bytes()));
    let running = fold.in_flight();
    let running: Vec<_> = running.iter().map(|one| (one.operation.as_str(), one.name.as_str())).collect();
    assert_eq!(running, [("create", "w3"), ("create", "w4")]);
}

#[test]
fn a_replacement_names_the_properties_that_force_it() {
    let report = folded("up-replace-delete");
    let step = report.steps.iter().find(|step| step.name == "w0").unwrap();
    assert_eq!(step.replace_keys, ["region"]);
    assert!(step.diffs.iter().any(|diff| diff.path == "region" && diff.replaces));
}
