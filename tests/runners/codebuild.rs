//! CodeBuild's buildspecs, phase by phase as CodeBuild runs them.

use crate::harness::codebuild::{CodeBuild, build, exported, read};
use crate::harness::machine::{arrived, binary, run, with_hello, with_shim};
use crate::harness::{Event, Place, Wrapper as _};
use crate::{hostile, tools};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const INPUTS: [(&str, &str); 3] = [("stack", "dev"), ("engine", "sandbox"), ("upsert", "true")];
/// Without `upsert`, which fails: there is no stack.
const NO_STACK: [(&str, &str); 2] = [INPUTS[0], INPUTS[1]];

#[test]
#[ignore = "needs a shell"]
fn a_deploy_exports_its_variables_and_leaves_its_reports() {
    let place = with_hello();
    let (status, said) = run(CodeBuild.command(&place, Event::Push, &INPUTS));
    assert_eq!(status, 0, "{said}");
    let shell = exported(&place);
    assert_eq!((shell["STACK_STATUS"].as_str(), shell["STACK_REASON"].as_str()), ("succeeded", "none"));
    assert_eq!(shell["STACK_OUTPUT_url"], "https://hello.example.com/");
    assert_eq!(
        shell["STACK_LINK"],
        "https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/123456789012/projects/shop/build/shop%3A\
         b1e6661e-e4f2-4156-9ab9-82a19EXAMPLE/?region=eu-central-1"
    );
    let folder = place.repository().join(".stackstep");
    let result: Value = serde_json::from_slice(&std::fs::read(folder.join("result.json")).unwrap()).unwrap();
    assert_eq!((&result["ci"]["name"], &result["status"]), (&"aws-codebuild".into(), &"succeeded".into()));
    for file in ["junit.xml", "report.html"] {
        assert!(folder.join(file).exists(), "{file}");
    }
}

#[test]
#[ignore = "needs a shell"]
fn every_exported_variable_has_a_value_that_a_pipeline_takes() {
    for (place, inputs) in
        [(with_hello(), &INPUTS[..]), (with_hello(), &NO_STACK[..]), (with_shim("kill -9 $$"), &[])]
    {
        run(CodeBuild.command(&place, Event::Push, &[inputs, &[("command", "preview")]].concat()));
        let shell = exported(&place);
        let buildspec = read(&tools::root().join("codebuild/preview.yml"));
        for name in buildspec["env"]["exported-variables"].as_array().unwrap() {
            let value = &shell[name.as_str().unwrap()];
            assert!(!value.is_empty() && value.len() < 400 && !value.contains('\n'), "{name}: {value:?}");
        }
    }
}

#[test]
#[ignore = "needs a shell"]
fn a_failed_run_fails_its_build_with_the_same_status_and_is_told() {
    let place = with_hello();
    let (status, said) = run(CodeBuild.command(&place, Event::Push, &NO_STACK));
    assert_ne!(status, 0, "{said}");
    let shell = exported(&place);
    assert_eq!(
        (shell["STACK_STATUS"].as_str(), shell["STACK_REASON"].as_str()),
        ("failed", "stack-not-found")
    );
    let place = with_shim("exit 7");
    assert_eq!(run(CodeBuild.command(&place, Event::Push, &[])).0, 7);
    assert_eq!(exported(&place)["STACK_STATUS"], "failed");
}

#[test]
#[ignore = "needs a shell"]
fn the_finally_block_completes_the_report_of_a_run_that_was_killed() {
    let place = with_shim(
        "if [ \"$1\" = run ]; then\n  : >../unfinished.json\n  \
         echo \"unfinished=$PWD/../unfinished.json\" >>\"$STACKSTEP_STEP_STATE\"\n  kill -9 $$\nfi",
    );
    let (status, _) = run(CodeBuild.command(&place, Event::Push, &[]));
    assert_eq!(status, 128 + 9);
    let unfinished = place.repository().join("../unfinished.json");
    assert_eq!(arrived(&place).0, format!("run\nfinish {}\n", unfinished.display()));
}

#[test]
#[ignore = "needs a shell"]
fn after_a_run_that_reported_its_end_nothing_is_finished() {
    let place =
        with_shim("[ \"$1\" = run ] && echo 'unfinished=/nowhere/at/all' >>\"$STACKSTEP_STEP_STATE\"");
    assert_eq!(run(CodeBuild.command(&place, Event::Push, &[])).0, 0);
    assert_eq!(arrived(&place).0, "run\n");
}

#[test]
#[ignore = "needs a shell"]
fn a_real_run_that_was_killed_is_reported_by_the_finally_block() {
    let place = with_hello();
    // An engine that kills its parent, which is stackstep, once it has begun.
    let engine = place.beside("engine");
    std::fs::write(&engine, "#!/bin/sh\n[ \"$1\" = version ] && exec echo v3.260.0\nkill -9 $PPID\nexit 1\n")
        .unwrap();
    std::fs::set_permissions(&engine, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (status, said) = run(CodeBuild.command(
        &place,
        Event::Push,
        &[("stack", "dev"), ("engine", &engine.display().to_string())],
    ));
    assert_eq!(status, 128 + 9, "{said}");
    let path = place.repository().join(".stackstep/result.json");
    let result: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!((&result["status"], &result["exit_code"]), (&"failed".into(), &137.into()), "{said}");
}

#[test]
#[ignore = "needs a shell"]
fn hostile_values_arrive_as_they_are() {
    let place = with_shim("");
    for value in hostile::values() {
        run(CodeBuild.command(&place, Event::Push, &[("message", &value), ("stack", &value)]));
        let (arguments, environment) = arrived(&place);
        assert!(arguments.ends_with("run\n"));
        let arrived = (&environment["STACKSTEP_INPUT_MESSAGE"], &environment["STACKSTEP_INPUT_STACK"]);
        assert_eq!(arrived, (&value, &value));
        let there = std::fs::read_dir(place.repository()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(there.collect::<Vec<_>>(), [".stackstep"], "{value:?} was executed");
    }
}

#[test]
#[ignore = "needs a shell"]
fn hostile_outputs_are_exported_as_they_are_and_run_nothing() {
    let place = Place::new(binary());
    let mut program = "name: hostile\nruntime: yaml\noutputs:\n".to_owned();
    let values: Vec<String> = hostile::values().into_iter().filter(|value| value.len() < 1000).collect();
    for (index, value) in values.iter().enumerate() {
        let text = serde_json::to_string(&value.replace('$', "$$")).unwrap();
        program.push_str(&format!("  o{index}: {text}\n"));
    }
    std::fs::write(place.repository().join("Pulumi.yaml"), program).unwrap();
    let (status, said) = run(CodeBuild.command(&place, Event::Push, &INPUTS));
    assert_eq!(status, 0, "{said}");
    let shell = exported(&place);
    for (index, value) in values.iter().enumerate() {
        assert_eq!(&shell[&format!("STACK_OUTPUT_o{index}")], value);
    }
    assert!(!place.repository().join("pwned").exists());
}

#[test]
#[ignore = "needs a shell"]
fn what_an_earlier_build_or_the_repository_has_left_is_not_read() {
    let place = with_shim("");
    std::fs::create_dir(place.repository().join(".stackstep")).unwrap();
    std::fs::write(place.repository().join(".stackstep/outputs.sh"), "export STACK_STATUS=forged\n").unwrap();
    run(CodeBuild.command(&place, Event::Push, &[]));
    assert_eq!(exported(&place)["STACK_STATUS"], "skipped", "it passed, and handed on no status");
}

#[test]
#[ignore = "needs a shell"]
fn the_harness_knows_how_phases_follow_each_other() {
    let place = with_shim("");
    let spec = json!({ "version": 0.2, "phases": {
        "install": { "commands": ["A=1"] },
        "build": { "commands": ["echo \"a $A\"", "(exit 5)", "echo never"], "finally": ["echo finally"] },
        "post_build": { "commands": ["echo post"] },
    }});
    let (status, said) = run(build(&place, &spec, &BTreeMap::new()));
    assert_eq!((status, said.as_str()), (5, "a 1\nfinally\npost\n"));
    let spec = json!({ "version": 0.2, "phases": {
        "install": { "commands": ["false"], "finally": ["echo finally"] },
        "build": { "commands": ["echo never"] },
    }});
    let (status, said) = run(build(&place, &spec, &BTreeMap::new()));
    assert_eq!((status, said.as_str()), (1, "finally\n"));
}

#[test]
#[ignore = "needs a shell"]
fn the_pipeline_as_a_pulumi_program_can_be_previewed() {
    let place = Place::new(binary());
    for file in ["Pulumi.yaml", "Pulumi.example.yaml"] {
        std::fs::copy(tools::root().join("codebuild/pipeline").join(file), place.repository().join(file))
            .unwrap();
    }
    let inputs = [("command", "preview"), ("stack", "example"), ("upsert", "true"), ("engine", "sandbox")];
    let (status, said) = run(CodeBuild.command(&place, Event::ChangeRequest, &inputs));
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("aws:codepipeline/pipeline:Pipeline pipeline create"), "{said}");
    assert_eq!(exported(&place)["STACK_CHANGES"], r#"{"create":15}"#);
}

/// A machine with the bootstrap of a release, and an `aws` that makes identity tokens and notes what it is asked for.
fn with_identity() -> Place {
    let place = with_shim("");
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    std::fs::copy(tools::root().join("bootstrap/stackstep.sh"), place.repository().join("ci/stackstep.sh"))
        .unwrap();
    let aws = place.beside("aws");
    let asked = place.beside("asked");
    std::fs::write(&aws, format!("#!/bin/sh\necho \"$*\" >'{}'\necho the.identity.token\n", asked.display()))
        .unwrap();
    std::fs::set_permissions(&aws, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place
}

/// What reaches the binary when the example is run there.
fn run_example(place: &Place, name: &str) -> BTreeMap<String, String> {
    let path = format!("{}:{}", place.beside("").display(), place.environment()["PATH"]);
    let project = BTreeMap::from([("PATH".to_owned(), path)]);
    let (status, said) =
        run(build(place, &read(&tools::root().join("codebuild/examples").join(name)), &project));
    assert_eq!(status, 0, "{said}");
    let (arguments, environment) = arrived(place);
    assert!(!arguments.contains("the.identity.token") && !said.contains("the.identity.token"), "{said}");
    environment
}

#[test]
#[ignore = "needs a shell"]
fn the_login_to_azure_is_the_identity_of_the_builds_role() {
    let place = with_identity();
    let environment = run_example(&place, "oidc-azure.yml");
    assert_eq!(environment["ARM_OIDC_TOKEN"], "the.identity.token");
    assert_eq!(
        (environment["ARM_USE_OIDC"].as_str(), environment["STACKSTEP_COMMAND"].as_str()),
        ("true", "preview")
    );
    let asked = std::fs::read_to_string(place.beside("asked")).unwrap();
    assert!(
        asked.starts_with("sts get-web-identity-token --audience api://AzureADTokenExchange "),
        "{asked}"
    );
}

#[test]
#[ignore = "needs a shell"]
fn the_login_to_google_is_a_file_that_names_the_tokens_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = with_identity();
    let environment = run_example(&place, "oidc-google.yml");
    let path = &environment["GOOGLE_APPLICATION_CREDENTIALS"];
    let login: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(login["audience"], environment["GOOGLE_POOL"]);
    let token = login["credential_source"]["file"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(token).unwrap(), "the.identity.token\n");
    assert_eq!(std::fs::metadata(token).unwrap().permissions().mode() & 0o077, 0);
    std::fs::remove_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
}

#[test]
#[ignore = "needs a shell"]
fn the_other_examples_start_the_binary_with_what_they_say() {
    for (name, command, stack) in [
        ("several-stacks.yml", "up\n", "prod"),
        ("self-managed-backend.yml", "run\n", "prod"),
        ("secrets.yml", "run\n", "prod"),
        ("oidc-pulumi-cloud.yml", "run\n", "acme/shop/prod"),
    ] {
        let place = with_identity();
        let environment = run_example(&place, name);
        assert_eq!(
            (arrived(&place).0.as_str(), environment["STACKSTEP_STACK"].as_str()),
            (command, stack),
            "{name}"
        );
    }
}

mod shellcheck {
    use crate::tools::{root, run, tool};

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_the_commands_of_buildspecs() {
        let folder = tempfile::tempdir().unwrap();
        let mut scripts = Vec::new();
        for place in ["codebuild", "codebuild/examples"] {
            for entry in std::fs::read_dir(root().join(place)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "yml") {
                    continue;
                }
                for phase in
                    super::read(&path)["phases"].as_object().into_iter().flatten().map(|(_, phase)| phase)
                {
                    for block in ["commands", "finally"] {
                        for command in phase[block].as_array().into_iter().flatten() {
                            let file = folder.path().join(format!("{}.sh", scripts.len()));
                            std::fs::write(&file, format!("#!/bin/sh\n{}\n", command.as_str().unwrap()))
                                .unwrap();
                            scripts.push(file);
                        }
                    }
                }
            }
        }
        assert!(scripts.len() >= 15, "{}", scripts.len());
        // SC1090: a file that only a build has. SC2154: a variable of an earlier command, as all share a shell.
        let (fine, said) = run(tool("shellcheck").args(["--exclude=SC1090,SC2154"]).args(scripts));
        assert!(fine, "{said}");
    }
}
