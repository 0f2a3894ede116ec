//! The GitLab templates: what they declare, and their jobs under each shell that an image can have.

use crate::harness::gitlab::{GitLab, pipeline, template};
use crate::harness::{Event, Place, Wrapper as _};
use crate::{hostile, tools};
use serde_json::{Value, json};
use stackstep::inputs::{Command, INPUTS};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;

/// The templates, with the command that each runs.
const TEMPLATES: &[(&str, Command)] = &[
    ("preview", Command::Preview),
    ("deploy", Command::Up),
    ("destroy", Command::Destroy),
    ("drift", Command::Drift),
];

/// The inputs that are GitLab's and not stackstep's.
const OF_THE_JOB: &[&str] =
    &["job-name", "stage", "image", "environment", "rules", "artifacts-access", "cache-key-files"];

/// The inputs that are left out.
fn left_out() -> BTreeSet<String> {
    let text = std::fs::read_to_string(tools::root().join("gitlab-templates/gen.toml")).unwrap();
    let spec: toml::Table = toml::from_str(&text).unwrap();
    let reasons: BTreeMap<String, Vec<String>> = spec["leave-out"].clone().try_into().unwrap();
    reasons.into_values().flatten().collect()
}

fn required() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([("environment", json!("production")), ("stack", json!("dev"))])
}

#[test]
fn each_template_declares_the_inputs_of_its_command_and_no_other() {
    let left_out = left_out();
    for (name, command) in TEMPLATES {
        let declared: BTreeSet<_> = template(name).inputs().into_iter().map(str::to_owned).collect();
        let wanted = INPUTS
            .iter()
            .filter(|input| input.applies_to(*command) && !left_out.contains(input.name))
            .map(|input| input.name);
        let wanted: BTreeSet<_> = wanted.chain(OF_THE_JOB.iter().copied()).map(str::to_owned).collect();
        assert_eq!(declared, wanted, "{name}");
    }
}

#[test]
fn every_input_of_stackstep_is_a_variable_of_the_job_and_none_is_in_a_script() {
    for (name, _) in TEMPLATES {
        let template = template(name);
        let jobs = template.with(&required()).unwrap();
        let variables = &jobs[name]["variables"];
        for input in template.inputs().iter().filter(|input| !OF_THE_JOB.contains(input)) {
            let variable = format!("STACKSTEP_INPUT_{}", input.replace('-', "_").to_uppercase());
            assert_eq!(variables[&variable]["expand"], false, "{variable} of {name}");
        }
        let text =
            std::fs::read_to_string(tools::root().join(format!("gitlab-templates/templates/{name}.yml")));
        let text = text.unwrap();
        let scripts = text.split("\n  script:").nth(1).unwrap().split("\n  artifacts:").next().unwrap();
        assert!(!scripts.contains("$[["), "{scripts}");
    }
}

#[test]
fn an_input_that_is_not_given_is_empty_but_what_the_job_itself_needs() {
    for (name, _) in TEMPLATES {
        let jobs = template(name)
            .with(&BTreeMap::from([("environment", json!("e")), ("stack", json!(""))]))
            .unwrap();
        let variables = jobs[name]["variables"].as_object().unwrap().iter();
        let set: Vec<_> = variables
            .filter(|(_, value)| value.is_object() && value["value"] != "")
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(set, ["STACKSTEP_INPUT_OUTPUTS_PREFIX"], "{name}");
    }
}

#[test]
fn what_is_no_choice_is_refused_before_there_is_a_pipeline() {
    let with = |name: &'static str, value: &str| {
        let mut inputs = required();
        inputs.insert(name, json!(value));
        template("deploy").with(&inputs).map(drop)
    };
    for (name, value) in [
        ("color", "blue"),
        ("refresh", "yes"),
        ("parallel", "-1"),
        ("outputs-prefix", "a b"),
        ("job-name", "a/b"),
    ] {
        assert!(with(name, value).is_err(), "{name}: {value}");
    }
    for (name, value) in
        [("color", "never"), ("refresh", "true"), ("parallel", "8"), ("stack", "acme/shop/prod")]
    {
        assert_eq!(with(name, value), Ok(()), "{name}: {value}");
    }
}

/// The examples, each with its text.
pub fn examples() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(tools::root().join("gitlab-templates/examples")).unwrap();
    let mut examples: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    examples.sort();
    examples
}

/// The example with what it includes, as GitLab makes it.
pub fn whole(text: &str) -> Value {
    let suite: toml::Table =
        toml::from_str(&std::fs::read_to_string(tools::root().join("xtask/suite.toml")).unwrap()).unwrap();
    let published = format!(
        "https://raw.githubusercontent.com/{}/{}/gitlab-templates/templates/",
        suite["address"].as_str().unwrap(),
        suite["tag"].as_str().unwrap()
    );
    let name = |include: &Value| {
        let remote = include["remote"].as_str().unwrap();
        let file =
            remote.strip_prefix(&published).unwrap_or_else(|| unreachable!("{remote} is not at {published}"));
        file.strip_suffix(".yml").unwrap().to_owned()
    };
    pipeline(text, name).unwrap()
}

#[test]
fn every_example_gives_the_templates_inputs_that_they_have_and_take() {
    let examples = examples();
    assert!(examples.len() >= 9);
    for (name, text) in examples {
        let whole = whole(&text);
        let jobs = whole.as_object().unwrap().iter();
        let ours = jobs.filter(|(_, job)| job["variables"].get("STACKSTEP_INPUT_COMMAND").is_some());
        for (job, ours) in ours {
            let action = ours["environment"]["action"].as_str();
            let deploys = !matches!(action, Some("prepare" | "verify"));
            assert_eq!(ours["interruptible"], !deploys, "{job} of {name}");
            assert_eq!(ours.get("resource_group").is_some(), deploys, "{job} of {name}");
            assert!(ours.get("retry").is_none(), "{job} of {name}");
        }
    }
}

/// The pipeline that the first job of the example for many projects writes, where these stacks are affected.
fn written_for(stacks: &Value) -> Value {
    let (_, text) = examples().into_iter().find(|(name, _)| name == "monorepo.yml").unwrap();
    let example = whole(&text);
    let lines = example["affected-stacks"]["script"].as_array().unwrap();
    let script = lines.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n");
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("stackstep");
    let listed = json!({ "stacks": stacks });
    let says = format!("#!/bin/sh\ntest \"$*\" = 'stacks --since --json' && echo '{listed}'\n");
    std::fs::write(&binary, says).unwrap();
    std::fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-e", "-c", &script]).current_dir(folder.path()).env("STACKSTEP_BIN", &binary);
    assert!(shell.status().unwrap().success());
    whole(&std::fs::read_to_string(folder.path().join("affected.yml")).unwrap())
}

#[test]
fn the_example_for_many_projects_writes_a_pipeline_with_a_preview_of_each_affected_stack() {
    let cell = |stack: &str, cwd: &str| json!({ "project": "shop.eu", "cwd": cwd, "stack": stack });
    let written = written_for(&json!([cell("dev", "infra/my shop"), cell("prod", ".")]));
    assert_eq!(
        written.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["preview-1-shop-eu-dev", "preview-2-shop-eu-prod"]
    );
    let first = &written["preview-1-shop-eu-dev"];
    assert_eq!(first["variables"]["STACKSTEP_INPUT_CWD"]["value"], "infra/my shop");
    assert_eq!(first["variables"]["STACKSTEP_INPUT_STACK"]["value"], "dev");
    assert_eq!(first["rules"][0]["if"], "$CI_MERGE_REQUEST_IID");
}

#[test]
fn the_example_for_many_projects_writes_a_pipeline_with_a_job_also_where_no_stack_is_affected() {
    let written = written_for(&json!([]));
    assert_eq!(written.as_object().unwrap().keys().collect::<Vec<_>>(), ["nothing-to-preview"]);
}

#[test]
fn an_environment_that_is_stopped_by_a_job_has_that_job() {
    let mut found = 0;
    for (name, text) in examples() {
        let whole = whole(&text);
        for job in whole.as_object().unwrap().values() {
            let Some(stop) = job["environment"]["on_stop"].as_str() else { continue };
            assert_eq!(whole[stop]["environment"]["action"], "stop", "{name}");
            assert_eq!(whole[stop]["environment"]["name"], job["environment"]["name"], "{name}");
            assert_eq!(whole[stop]["resource_group"], job["resource_group"], "{name}");
            found += 1;
        }
    }
    assert_eq!(found, 2);
}

/// The scripts of the templates' jobs.
pub fn scripts() -> Vec<(String, String)> {
    let of = |name: &str, part: &str| {
        let jobs = template(name).with(&required()).unwrap();
        let lines = jobs[name][part].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        (format!("{name}-{part}"), lines.collect::<Vec<_>>().join("\n"))
    };
    TEMPLATES.iter().flat_map(|(name, _)| [of(name, "script"), of(name, "after_script")]).collect()
}

/// A repository with the example program, and `binary` in the place of stackstep.
fn place(binary: &Path) -> Place {
    let place = Place::new(binary);
    for entry in std::fs::read_dir(tools::root().join("examples/hello")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, place.repository().join(path.file_name().unwrap())).unwrap();
    }
    place
}

fn stackstep() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_stackstep"))
}

fn run(shell: &'static str, place: &Place, inputs: &[(&str, &str)]) -> Output {
    GitLab { shell }.command(place, Event::Push, inputs).output().unwrap()
}

fn log(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const DEV: &[(&str, &str)] = &[("stack", "dev"), ("engine", "sandbox")];

fn dev<'a>(command: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("command", command)], DEV, more].concat()
}

/// What each shell has to do.
fn behaves(shell: &'static str) {
    a_deployment_leaves_its_reports(shell);
    the_exit_status_is_that_of_stackstep(shell);
    a_killed_run_is_reported_by_the_after_script(shell);
    hostile_values_arrive(shell);
}

fn a_deployment_leaves_its_reports(shell: &'static str) {
    let place = place(stackstep());
    let output = run(shell, &place, &dev("up", &[("upsert", "true")]));
    assert!(output.status.success(), "{shell}: {}", log(&output));
    let reports = place.repository().join(".stackstep/deploy");
    let result: Value = serde_json::from_slice(&std::fs::read(reports.join("result.json")).unwrap()).unwrap();
    assert_eq!(result["status"], "succeeded");
    let outputs = GitLab { shell }.outputs(&place, "");
    assert_eq!(outputs["status"], "succeeded");
    assert_eq!(outputs["url"], "https://hello.example.com/");
    assert!(!outputs.contains_key("token"), "a secret output is in the file");
    assert_eq!(std::fs::read_to_string(place.repository().join(".stackstep/.gitignore")).unwrap(), "*\n");
    assert_eq!(std::fs::read_dir(place.beside("repository.tmp")).unwrap().count(), 2, "only the two scripts");
}

fn the_exit_status_is_that_of_stackstep(shell: &'static str) {
    let place = place(stackstep());
    assert_eq!(run(shell, &place, &dev("preview", &[])).status.code(), Some(6), "{shell}");
    let broken = [("upsert", "true"), ("expect-no-changes", "true")];
    assert_eq!(run(shell, &place, &dev("preview", &broken)).status.code(), Some(7), "{shell}");
}

fn a_killed_run_is_reported_by_the_after_script(shell: &'static str) {
    let place = place(stackstep());
    // An engine that ends its own stackstep in the middle of the work.
    let engine = place.beside("pulumi");
    std::fs::write(&engine, "#!/bin/sh\nkill -KILL \"$PPID\"\n").unwrap();
    std::fs::set_permissions(&engine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let engine = engine.display().to_string();
    let output = run(shell, &place, &[("command", "up"), ("stack", "dev"), ("engine", &engine)]);
    assert_eq!(output.status.code(), Some(137), "{shell}: {}", log(&output));
    let path = place.repository().join(".stackstep/deploy/result.json");
    let result: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(result["notes"].to_string().contains("a later step has put this together"), "{shell}: {result}");
}

fn hostile_values_arrive(shell: &'static str) {
    let place = place(&tools::shim());
    let mut tried = 0;
    for value in hostile::values().iter().filter(|value| value.len() < 1000) {
        let output = run(shell, &place, &dev("up", &[("message", value), ("config", value)]));
        let text = String::from_utf8(output.stdout).unwrap();
        let seen: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| unreachable!("{shell} {value:?}: {error}: {text}"));
        assert_eq!(seen["arguments"], json!(["run"]));
        assert_eq!(seen["env"]["STACKSTEP_INPUT_MESSAGE"], *value, "{shell}");
        assert_eq!(seen["env"]["STACKSTEP_INPUT_CONFIG"], *value, "{shell}");
        tried += 1;
    }
    assert!(tried > 30 && !place.repository().join("pwned").exists());
}

#[test]
fn a_value_that_gitlab_takes_for_too_long_starts_nothing() {
    let place = place(&tools::shim());
    let output = run("sh", &place, &dev("up", &[("message", &"x".repeat(1024))]));
    assert!(!output.status.success() && output.stdout.is_empty());
}

#[test]
fn a_job_whose_log_shows_all_variables_is_refused() {
    let place = place(stackstep());
    let run = |allowed: &str| {
        let mut job =
            GitLab { shell: "sh" }.command(&place, Event::Push, &dev("preview", &[("upsert", "true")]));
        job.env("CI_DEBUG_TRACE", "true").env("STACKSTEP_ALLOW_DEBUG_TRACE", allowed).output().unwrap()
    };
    let refused = run("");
    assert_eq!(refused.status.code(), Some(73), "{}", log(&refused));
    assert!(log(&refused).contains("`CI_DEBUG_TRACE` is set, so this job's log shows every variable"));
    let allowed = run("true");
    assert_eq!(allowed.status.code(), Some(0), "{}", log(&allowed));
}

mod dash {
    #[test]
    #[ignore = "needs dash"]
    fn behaves() {
        super::behaves("dash");
    }
}

mod bash {
    #[test]
    #[ignore = "needs bash"]
    fn behaves() {
        super::behaves("bash");
    }
}

mod busybox {
    use crate::tools::folder;

    #[test]
    #[ignore = "needs busybox"]
    fn behaves() {
        // A name by which it is a shell.
        let names = tempfile::tempdir().unwrap();
        let shell = names.path().join("ash");
        std::os::unix::fs::symlink(folder("busybox").join("bin/busybox"), &shell).unwrap();
        super::behaves(shell.display().to_string().leak());
    }
}
