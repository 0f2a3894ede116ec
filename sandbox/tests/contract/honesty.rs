//! The sandbox never passes for the real CLI, and refuses what it can't do.

use crate::engine::{Engine, Exit, Stage};
use crate::recording;

fn stage(program: &str) -> Stage {
    let mut stage = Stage::new(Engine::sandbox());
    stage.write("project/Pulumi.yaml", program);
    let run = stage.say("stack init dev --non-interactive");
    assert_eq!(run.exit, Exit::Status(0), "{}", run.stderr);
    stage
}

const PROGRAM: &str = "name: p\nruntime: yaml\noutputs: {a: 1}\n";

#[test]
fn the_version_says_sandbox() {
    let run = Stage::new(Engine::sandbox()).say("version");
    assert_eq!(run.exit, Exit::Status(0));
    assert!(run.stdout.starts_with("v3.") && run.stdout.contains("sandbox"), "{}", run.stdout);
}

#[test]
fn the_first_line_of_an_operation_says_that_nothing_was_deployed() {
    let mut stage = stage(PROGRAM);
    for line in [
        "preview -s dev --non-interactive",
        "up -s dev --non-interactive --yes --skip-preview",
        "refresh -s dev --non-interactive --yes --skip-preview",
        "destroy -s dev --non-interactive --yes --skip-preview",
    ] {
        let run = stage.say(line);
        assert_eq!(run.exit, Exit::Status(0), "{}", run.stderr);
        let first = run.stdout.lines().next().unwrap_or_default();
        assert!(first.contains("SANDBOX, nothing was deployed"), "{line}: {first:?}");
        assert_eq!(run.stdout.matches("SANDBOX").count(), 1, "{line}: {}", run.stdout);
    }
}

#[test]
fn what_is_for_programs_to_read_stays_readable() {
    let mut stage = stage(PROGRAM);
    let run = stage.say("up -s dev --non-interactive --yes --skip-preview");
    assert_eq!(run.exit, Exit::Status(0), "{}", run.stderr);
    for line in [
        "stack output --json -s dev",
        "stack ls --json",
        "stack history --json -s dev",
        "stack export -s dev",
    ] {
        let run = stage.say(line);
        assert_eq!(run.exit, Exit::Status(0), "{line}: {}", run.stderr);
        serde_json::from_str::<serde_json::Value>(&run.stdout)
            .unwrap_or_else(|e| panic!("{line}: {e}: {}", run.stdout));
    }
}

#[test]
fn other_runtimes_are_refused_by_name() {
    for runtime in ["nodejs", "python", "go", "dotnet", "java"] {
        let mut stage = stage(PROGRAM);
        stage.write("project/Pulumi.yaml", &format!("name: p\nruntime: {runtime}\n"));
        let run = stage.say("preview -s dev --non-interactive");
        assert_ne!(run.exit, Exit::Status(0), "{runtime}");
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains("sandbox") && all.contains(runtime), "{runtime}: {all}");
    }
}

#[test]
fn a_feature_that_it_lacks_is_refused_by_name() {
    let resource = "name: p\nruntime: yaml\nresources:\n  a:\n    type: pulumi:index:Stash\n    properties: {input: 1}\n";
    let features = [
        ("customTimeouts", format!("{resource}    options: {{customTimeouts: {{create: 5m}}}}\n")),
        (
            "deletedWith",
            format!(
                "{resource}  b:\n    type: pulumi:index:Stash\n    properties: {{input: 1}}\n    options: {{deletedWith: \"${{a}}\"}}\n"
            ),
        ),
        ("fn::fileArchive", "name: p\nruntime: yaml\noutputs:\n  a: {fn::fileArchive: ./x}\n".to_owned()),
        (
            "fn::invoke",
            "name: p\nruntime: yaml\noutputs:\n  a: {fn::invoke: {function: aws:getRegion}}\n".to_owned(),
        ),
    ];
    for (feature, program) in features {
        let mut stage = stage(PROGRAM);
        stage.write("project/Pulumi.yaml", &program);
        let run = stage.say("up -s dev --non-interactive --yes --skip-preview");
        assert_eq!(run.exit, Exit::Status(1), "{feature}");
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains("the sandbox does not support") && all.contains(feature), "{feature}: {all}");
    }
    for command in
        ["stack rename -s dev live", "stack graph -s dev out.dot", "watch -s dev", "import -s dev t n id"]
    {
        let run = stage(PROGRAM).say(command);
        assert_ne!(run.exit, Exit::Status(0), "{command}");
        assert!(run.stderr.contains("the sandbox does not support"), "{command}: {}", run.stderr);
    }
}

#[test]
fn other_backends_are_refused_by_name() {
    for backend in ["https://api.pulumi.com", "s3://bucket", "azblob://c", "gs://b"] {
        let mut stage = stage(PROGRAM);
        let env = [("PULUMI_BACKEND_URL".to_owned(), Some(backend.to_owned()))].into_iter().collect();
        let line = crate::engine::words("preview -s dev --non-interactive");
        let run = stage.run(&line, &env, "");
        assert_ne!(run.exit, Exit::Status(0), "{backend}");
        assert!(run.stderr.contains("sandbox"), "{backend}: {}", run.stderr);
    }
}

#[test]
fn an_unknown_flag_is_refused_and_nothing_is_done() {
    let mut stage = stage(PROGRAM);
    let before = crate::disk::raw(&stage);
    for line in ["up -s dev --non-interactive --yes --attach-debugger", "up -s dev --yes --nonsense"] {
        let run = stage.say(line);
        assert_ne!(run.exit, Exit::Status(0), "{line}");
        assert!(!run.stderr.is_empty(), "{line}");
    }
    assert_eq!(crate::disk::raw(&stage), before);
}

/// The examples in the guide: each is a file of faults.
fn examples() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rehearse.md");
    let text = std::fs::read_to_string(path).expect("the guide");
    let blocks = text.split("```yaml\n").skip(1);
    blocks.filter_map(|block| Some(block.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn every_example_of_the_guide_is_accepted() {
    let examples = examples();
    assert!(examples.len() >= 7, "the guide has {} examples", examples.len());
    for example in examples {
        let mut stage = stage(PROGRAM);
        // Somebody else's lock stops an update, not a preview.
        stage.write("faults.yaml", &example);
        let run = stage.say("preview -s dev --non-interactive");
        assert!(!run.stderr.contains("PULUMI_SANDBOX_FAULTS"), "{example}: {}", run.stderr);
    }
}

#[test]
fn an_unknown_fault_is_refused_with_its_place() {
    let mut stage = stage(PROGRAM);
    stage.write("faults.yaml", "resources:\n  - {match: a, fails: b}\n");
    let run = stage.say("preview -s dev --non-interactive");
    assert_ne!(run.exit, Exit::Status(0));
    assert!(run.stderr.contains("PULUMI_SANDBOX_FAULTS") && run.stderr.contains("`fails`"), "{}", run.stderr);
}

#[test]
fn every_fixture_is_whole() {
    for name in recording::all() {
        let run = recording::load(&name);
        assert!(!recording::command(&name).is_empty(), "{name}");
        let log = run.events.is_none_or(|events| !events.is_empty());
        assert!(log, "{name}");
    }
}
