//! What of a stranger's `stackstep.yaml` counts, whatever the command.

use serde_json::{Value, json};

use super::{HEAD, pull_request, step};
use crate::support::Scene;

/// A step on a fork's pull request, which has credentials as its system is set up.
fn forks(file: &str) -> Scene {
    let scene = step("pull_request", &pull_request(&json!({"full_name": "mallory/shop"})), Some(HEAD));
    scene.write("stackstep.yaml", file);
    scene.without("INPUT_STACK")
}

fn diagnosis(scene: &Scene) -> Value {
    serde_json::from_str(&scene.run("doctor --json --command preview").stdout()).unwrap()
}

const FILE: &str = "stack: dev\nrefresh: true\ndiff: true\nparallel: 3\ntimeout: 5m\ncolor: never\n\
                    suppress-progress: true\ndetail: counts\ntarget: ['**']\nsuppress-outputs: true\ncwd: elsewhere\n\
                    result-file: r.json\nupsert: true\nforge-url: https://evil.example\n";

#[test]
fn what_is_harmless_counts_and_one_warning_names_the_rest() {
    let scene = forks(FILE);
    let run = scene.run("inputs").ends_with(0).says(
        "`cwd`, `upsert`, `target`, `result-file`, `forge-url`, `suppress-outputs` of `stackstep.yaml` are not used",
    );
    let table = run.stdout();
    let source = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.ends_with("stackstep.yaml")
    };
    for name in ["stack", "refresh", "diff", "parallel", "timeout", "color", "suppress-progress", "detail"] {
        assert!(source(name), "{name} counts\n{table}");
    }
    for name in ["target", "cwd", "result-file", "upsert", "suppress-outputs", "forge-url"] {
        assert!(!source(name), "{name} does not count\n{table}");
    }
}

#[test]
fn the_doctor_and_a_run_say_the_same_of_it() {
    let scene = forks(FILE);
    let what = "of `stackstep.yaml` are not used";
    scene.run("preview").ends_with(6).says(what);
    let found = diagnosis(&scene);
    let said = found["findings"].to_string();
    assert!(said.contains(what), "{said}");
    let set = found["inputs"].to_string();
    assert!(set.contains("suppress-progress") && !set.contains("evil.example"), "{set}");
}

#[test]
fn a_report_shows_no_more_than_without_the_file() {
    let scene = forks("stack: dev\ndetail: values\n");
    let public = pull_request(&json!({"full_name": "mallory/shop"}))
        .to_string()
        .replace("\"private\":true", "\"private\":false");
    std::fs::write(scene.root().join("event.json"), public).unwrap();
    scene.run("inputs").ends_with(0).says("`detail` of `stackstep.yaml` is not used");
}

#[test]
fn a_value_that_does_not_count_is_not_even_read() {
    forks("stack: dev\nparallel: 2\nconfig: [no, mapping]\nlock-timeout: never\n").run("inputs").ends_with(0);
}

#[test]
fn all_of_it_counts_for_a_colleagues_change() {
    let scene = step("pull_request", &pull_request(&json!({"full_name": "acme/shop"})), Some(HEAD));
    scene.write("stackstep.yaml", "upsert: true\nresult-file: r.json\n");
    scene.run("preview").ends_with(0).never_says("not used");
    assert!(scene.program.join("r.json").is_file());
}

#[test]
fn all_of_it_counts_where_the_targets_own_code_is_checked_out() {
    let payload = pull_request(&json!({"full_name": "mallory/shop"}));
    let scene = step("pull_request_target", &payload, Some(super::BASE));
    scene.write("stackstep.yaml", "result-file: r.json\n");
    scene.run("preview").ends_with(6).never_says("not used");
    assert!(scene.program.join("r.json").is_file());
}

#[test]
fn a_refused_run_writes_nothing_where_the_file_says() {
    let event = "pull_request_target";
    let payload = pull_request(&json!({"full_name": "mallory/shop"}));
    for command in ["preview", "up", "destroy", "outputs"] {
        let scene = step(event, &payload, Some(HEAD));
        let victim = scene.root().join("victim");
        std::fs::write(&victim, "untouched").unwrap();
        let names = ["result", "markdown", "report", "junit", "counts", "outputs"];
        let keys = names.map(|name| format!("{name}-file: {}\n", victim.display()));
        scene.write("stackstep.yaml", &(keys.concat() + "outputs-prefix: LD_PRELOAD\n"));
        scene.run(command).ends_with(73);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "untouched", "{command}");
    }
}
