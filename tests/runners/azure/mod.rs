//! The task of Azure Pipelines, run the way the agent runs it: by the agent's own versions of Node, with its variables,
//! its commands read back by its own library.

mod agent;
mod connection;
mod killed;
mod measure;
mod migration;

use crate::{hostile, tools};
use agent::{Agent, Ended, NODES, Step};
use std::os::unix::fs::PermissionsExt as _;

/// A step that runs `command` on the example's stack in the sandbox.
fn step(command: &str, more: &[(&str, &str)]) -> Step {
    let mut step = Step::new(command, &[("command", command), ("stack", "dev"), ("engine", "sandbox")]);
    step.inputs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    step
}

/// Deploys; fails the test when that fails.
fn up(agent: &mut Agent, more: &[(&str, &str)]) -> Ended {
    let ended = agent.task(&step("up", &[&[("upsert", "true")], more].concat()));
    assert_eq!(ended.status, Some(0), "{}", ended.log);
    ended
}

/// An agent whose tasks start `script` in the binary's place.
fn with_shim(script: &str) -> Agent {
    let agent = Agent::new();
    let path = agent.place.beside("shim");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = path.display().to_string();
    agent.with("STACKSTEP_BIN", &path)
}

/// The variables that reached what was started, as `env` prints them.
fn seen(ended: &Ended, name: &str) -> Option<String> {
    let start = format!("{name}=");
    ended.log.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
}

#[test]
#[ignore = "needs the agent's library"]
fn the_whole_life_of_a_stack_passes_on_each_node_that_the_task_names() {
    for node in NODES {
        let mut agent = Agent::new().by(node);
        for step in [
            step("preview", &[("createStack", "true")]),
            step("up", &[("createStack", "true")]),
            step("outputs", &[]),
            step("destroy", &[]),
        ] {
            let ended = agent.task(&step);
            assert_eq!(ended.status, Some(0), "{node}: {}", ended.log);
            assert_eq!(agent.variables[&format!("{}.status", step.name)], "succeeded");
        }
    }
}

#[test]
#[ignore = "needs the agent's library"]
fn outputs_of_the_stack_are_output_variables_for_a_later_step() {
    let mut agent = Agent::new();
    up(&mut agent, &[]);
    let mut later = Step::new("later", &[]);
    later.env.insert("URL".into(), "$(up.url)".into());
    let said = agent.script(&later, "echo \"the address is $URL, $(up.replicas) times\"").log;
    assert_eq!(said, "the address is https://hello.example.com/, 2 times\n");
    assert_eq!(agent.variables["up.changes"], r#"{"create":4}"#);
    assert_eq!(agent.variables["up.has-changes"], "true");
    assert!(std::path::Path::new(&agent.variables["up.result"]).exists());
}

#[test]
#[ignore = "needs the agent's library"]
fn a_secret_output_stays_unless_it_is_listed() {
    let mut agent = Agent::new();
    let ended = up(&mut agent, &[]);
    assert!(!agent.variables.contains_key("up.token"));
    assert!(!ended.log.contains("token-for-hello") && ended.log.contains("`token`"), "{}", ended.log);
}

#[test]
#[ignore = "needs the agent's library"]
fn a_secret_output_that_is_listed_is_a_secret_variable() {
    let mut agent = Agent::new();
    let ended = up(&mut agent, &[("secretOutputs", "token")]);
    assert_eq!(agent.variables["up.token"], "token-for-hello");
    assert_eq!(agent.secrets, ["up.token", "up.outputs"]);
    assert!(!ended.shown().contains("token-for-hello"), "{}", ended.log);
    let masked = ended.log.find("##vso[task.setsecret]token-for-hello");
    let set = ended.log.find("variable=token;");
    assert!(masked.is_some() && masked < set, "it is hidden before it is set");
}

#[test]
#[ignore = "needs the agent's library"]
fn the_build_summary_gets_the_report_of_each_step_under_the_step_s_name() {
    let mut agent = Agent::new().with("SYSTEM_TASKDISPLAYNAME", "Deploy dev");
    let ended = up(&mut agent, &[]);
    let pages = ended.of("task.uploadsummary");
    let path = std::path::Path::new(&pages.last().unwrap().1);
    assert_eq!(path.file_name().unwrap(), "Deploy dev.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains("hello") && page.contains("dev") && page.contains("SANDBOX"), "{page}");
    let none = agent.task(&step("preview", &[("commentOnSummary", "false")]));
    assert!(none.of("task.uploadsummary").is_empty(), "{}", none.log);
}

#[test]
#[ignore = "needs the agent's library"]
fn the_report_is_written_as_markdown_where_the_step_asks_for_it() {
    let mut agent = Agent::new();
    up(&mut agent, &[("markdownFile", "reports/up.md")]);
    let page = std::fs::read_to_string(agent.place.repository().join("reports/up.md")).unwrap();
    assert!(page.contains("hello"), "{page}");
}

#[test]
#[ignore = "needs the agent's library"]
fn a_step_whose_report_only_failed_has_passed_with_issues() {
    let mut agent = Agent::new();
    let whole = up(&mut agent, &[]);
    assert!(whole.of("task.complete").is_empty(), "{}", whole.log);
    let ended = up(&mut agent, &[("markdownFile", "Pulumi.yaml/report.md")]);
    let complete = ended.of("task.complete");
    assert_eq!(complete[0].0["result"], "SucceededWithIssues", "{}", ended.log);
    assert!(
        ended
            .of("task.logissue")
            .iter()
            .any(|(_, text)| text.contains("the Markdown file could not be written"))
    );
}

#[test]
#[ignore = "needs the agent's library"]
fn a_failing_deployment_fails_the_step_with_its_reason() {
    let mut agent = Agent::new();
    let program = agent.place.repository().join("Pulumi.yaml");
    let text = std::fs::read_to_string(&program).unwrap();
    std::fs::write(&program, text + "  broken: ${nowhere.output}\n").unwrap();
    let ended = agent.task(&step("up", &[("upsert", "true")]));
    assert_ne!(ended.status, Some(0));
    assert_eq!(agent.variables["up.status"], "failed");
    assert_ne!(agent.variables["up.reason"], "");
    assert!(ended.of("task.complete").is_empty(), "the exit status says it");
    assert!(!ended.of("task.uploadsummary").is_empty());
}

#[test]
#[ignore = "needs the agent's library"]
fn every_declared_input_reaches_the_binary_and_the_command_line_holds_none() {
    let agent = with_shim("echo \"arguments=$*\"; env");
    let names = crate::harness::azure::declared();
    let own = ["azureSubscription", "command", "args", "loginArgs"];
    let inputs: Vec<_> = names.keys().filter(|name| !own.contains(&name.as_str())).collect();
    let pairs: Vec<_> = inputs.iter().map(|name| (name.as_str(), "a value")).collect();
    let ended = agent.read_shim(&Step::new("all", &pairs));
    assert_eq!(seen(&ended, "arguments").unwrap(), "run");
    for name in inputs {
        assert_eq!(seen(&ended, &format!("INPUT_{}", name.to_uppercase())).unwrap(), "a value", "{name}");
    }
}

#[test]
#[ignore = "needs the agent's library"]
fn hostile_values_reach_the_binary_as_they_are() {
    // The shim shows all that it got by its length and its bytes.
    let agent = with_shim(
        "node -e 'process.stdout.write(JSON.stringify(process.env))' > \"$AGENT_TEMPDIRECTORY/seen\"",
    );
    let names = crate::harness::azure::declared();
    // These the launcher reads itself: what it makes of them has its own tests.
    let own = ["azureSubscription", "command", "loginArgs"];
    let inputs: Vec<_> = names.keys().filter(|name| !own.contains(&name.as_str())).collect();
    let mut tried = 0;
    for value in hostile::values() {
        let at_once = if value.len() > 1000 { 10 } else { inputs.len() };
        for some in inputs.chunks(at_once) {
            let mut command = agent.launcher(&Step::default());
            let variable = |name: &str| format!("INPUT_{}", name.to_uppercase());
            command.envs(some.iter().map(|name| (variable(name), &value)));
            assert!(command.output().unwrap().status.success());
            let seen: std::collections::BTreeMap<String, String> =
                serde_json::from_slice(&std::fs::read(agent.temporary("seen")).unwrap()).unwrap();
            for name in some {
                assert_eq!(seen[&variable(name)], value, "{name}");
                tried += 1;
            }
        }
    }
    let left = std::fs::read_dir(agent.place.repository()).unwrap().count();
    assert_eq!(left, 1, "a value was executed");
    println!("{tried} pairs of input and hostile value arrived unchanged");
}

#[test]
#[ignore = "needs the agent's library"]
fn the_program_sees_no_secret_of_the_pipeline_that_is_not_the_engine_s() {
    let mut agent = Agent::new()
        .with("SECRET_DATABASE_PASSWORD", "hunter2-hunter2")
        .with("SECRET_PULUMI_ACCESS_TOKEN", "pul-0123456789")
        .with("VSTS_TASKVARIABLE_STATE", "of-the-task")
        .with("PULUMI_BACKEND_URL", "https://api.pulumi.invalid");
    let engine = agent.place.beside("engine");
    let seen = agent.place.beside("seen");
    std::fs::write(&engine, format!("#!/bin/sh\nenv >> '{}'\necho v3.260.0\nexit 1\n", seen.display()))
        .unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    let engine = engine.display().to_string();
    let ended = agent.task(&step("up", &[("engine", &engine), ("accessToken", "")]));
    let seen = std::fs::read_to_string(seen).unwrap();
    for nothing in
        ["hunter2", "of-the-task", "INPUT_", "SECRET_", "ENDPOINT_AUTH_", crate::harness::azure::JOB_TOKEN]
    {
        assert!(!seen.contains(nothing), "{nothing}");
    }
    assert!(seen.contains("PULUMI_ACCESS_TOKEN=pul-0123456789\n"), "{}", ended.log);
    assert!(!ended.shown().contains("pul-0123456789"));
}

#[test]
#[ignore = "needs the agent's library"]
fn what_the_official_task_is_told_means_the_same_here() {
    let shim = || with_shim("echo \"arguments=$*\"; env");
    let told = |agent: &Agent, more: &[(&str, &str)], name: &str| {
        seen(&agent.read_shim(&step("up", more)), name).unwrap_or_default()
    };
    for (arguments, url) in [
        ("--cloud-url s3://bucket", "s3://bucket"),
        ("-c azblob://state", "azblob://state"),
        ("--cloud-url=gs://a?b=c", "gs://a?b=c"),
        ("file:///tmp/x", "file:///tmp/x"),
        ("--local", "file://~"),
    ] {
        assert_eq!(told(&shim(), &[("loginArgs", arguments)], "INPUT_CLOUDURL"), url);
    }
    let storage = shim().with("AZURE_STORAGE_CONTAINER", "state");
    assert_eq!(told(&storage.with("PULUMI_BACKEND_URL", ""), &[], "INPUT_CLOUDURL"), "azblob://state");
    for (given, left, skip) in [
        ("--yes", "", ""),
        ("--yes --diff --refresh --non-interactive --skip-preview", "--diff --refresh", "true"),
        ("-yf", "", "true"),
        ("--message 'a --yes b'", "--message 'a --yes b'", ""),
        ("--target-yes", "--target-yes", ""),
    ] {
        let inputs = [("args", given)];
        assert_eq!(
            (
                told(&shim(), &inputs, "INPUT_ARGS").as_str(),
                told(&shim(), &inputs, "INPUT_SKIPPREVIEW").as_str()
            ),
            (left, skip)
        );
    }
    let inputs = [("command", "stack"), ("args", "output url")];
    assert_eq!(told(&shim(), &inputs, "arguments"), "exec -- stack output url --stack=dev");
    for alias in ["createStack", "versionSpec", "createPrComment", "useThreadedPrComments"] {
        let own = ["UPSERT", "PULUMIVERSION", "COMMENTONPR", "EDITPRCOMMENT"];
        let set =
            own.iter().filter(|own| told(&shim(), &[(alias, "x")], &format!("INPUT_{own}")) == "x").count();
        assert_eq!(set, 1, "{alias}");
    }
}

#[test]
#[ignore = "needs the agent's library"]
fn a_command_of_the_cli_runs_on_the_stack() {
    let mut agent = Agent::new();
    up(&mut agent, &[]);
    let ended = agent.task(&step("read", &[("command", "stack"), ("args", "output url")]));
    assert!(ended.status == Some(0) && ended.log.contains("https://hello.example.com/"), "{}", ended.log);
}

#[test]
#[ignore = "needs the agent's library"]
fn what_is_no_command_at_all_is_refused_with_a_hint() {
    let ended = Agent::new().task(&step("up", &[("command", "preveiw")]));
    assert_eq!(ended.status, Some(2));
    assert!(ended.log.contains("did you mean `preview`?"), "{}", ended.log);
}

#[test]
#[ignore = "needs the agent's library"]
fn a_secret_on_a_command_line_and_an_unknown_login_are_refused() {
    for (more, why) in [
        (
            &[("command", "config"), ("args", "set --secret key value")][..],
            "must not stand on a command line",
        ),
        (&[("loginArgs", "--interactive")], "`--interactive`"),
        (&[("azureSubscription", "a-connection")], "`a-connection` is not known"),
    ] {
        let mut agent = with_shim("touch started");
        let ended = agent.task(&step("up", more));
        let said = ended.of("task.logissue");
        assert!(ended.status == Some(2) && said[0].1.contains(why), "{}", ended.log);
        assert!(!agent.place.repository().join("started").exists());
    }
}

#[test]
#[ignore = "needs the agent's library"]
fn the_launchers_in_the_repository_need_no_package() {
    for name in ["launcher.cjs", "post.cjs"] {
        let source = std::fs::read_to_string(tools::root().join("azure-tasks/task").join(name)).unwrap();
        let required: Vec<_> = source.lines().filter(|line| line.contains("require(")).collect();
        let fine =
            |line: &&str| line.contains("require('node:") || line.contains("require('./launcher.cjs')");
        assert!(!required.is_empty() && required.iter().all(fine), "{required:?}");
    }
}
