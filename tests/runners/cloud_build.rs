//! Cloud Build's files, step by step as Cloud Build runs them.

use crate::harness::cloud_build::{CloudBuild, read, step, substitute};
use crate::harness::machine::{arrived, run, with_hello, with_shim};
use crate::harness::{Event, Place, Wrapper as _};
use crate::{hostile, tools};
use serde_json::Value;
use std::collections::BTreeMap;

fn build(file: &str) -> Value {
    read(&tools::root().join("cloud-build").join(file))
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The names of the inputs that `deploy.yaml` declares.
fn declared() -> Vec<String> {
    let build = build("deploy.yaml");
    let names = build["substitutions"].as_object().unwrap().keys();
    names
        .filter_map(|name| name.strip_prefix("_STACKSTEP_"))
        .map(|name| name.to_lowercase().replace('_', "-"))
        .collect()
}

#[test]
fn substitutions_are_filled_in_as_cloud_build_documents_it() {
    let values = values(&[("_STACK", "prod"), ("PROJECT_ID", "acme"), ("_DOLLAR", "$PROJECT_ID")]);
    for (text, wanted) in [
        ("$_STACK-${_STACK}x", "prod-prodx"),
        ("$PROJECT_ID.$_STACK", "acme.prod"),
        ("$$_STACK $${_STACK} $$$$", "$_STACK ${_STACK} $$"),
        ("$$$_STACK", "$prod"),
        // What a value holds is not filled in again, and what a build has not is empty.
        ("${_DOLLAR}", "$PROJECT_ID"),
        ("<$TAG_NAME><$_PR_NUMBER>", "<><>"),
    ] {
        assert_eq!(substitute(text, &values).unwrap(), wanted);
    }
    for text in ["$HOME", "${lower}", "$1", "${_STACK", "$"] {
        assert!(substitute(text, &values).is_err(), "{text}");
    }
}

#[test]
#[ignore = "needs a shell"]
fn a_preview_and_a_deploy_leave_their_outputs_in_the_builds_record_and_in_the_workspace() {
    let place = with_hello();
    let inputs = [("stack", "dev"), ("upsert", "true"), ("engine", "sandbox")];
    let (status, said) = run(CloudBuild.command(
        &place,
        Event::ChangeRequest,
        &[&inputs[..], &[("command", "preview")]].concat(),
    ));
    assert_eq!(status, 0, "{said}");
    assert_eq!(CloudBuild.outputs(&place, &said)["has-changes"], "true");
    let (status, said) = run(CloudBuild.command(&place, Event::Push, &inputs));
    assert_eq!(status, 0, "{said}");
    let outputs = CloudBuild.outputs(&place, &said);
    assert_eq!(
        (outputs["url"].as_str(), outputs["status"].as_str()),
        ("https://hello.example.com/", "succeeded")
    );
    assert!(!outputs.contains_key("token") && !said.contains("token-for-hello"), "{said}");
    let folder = place.repository().join(".stackstep");
    let result: Value = serde_json::from_slice(&std::fs::read(folder.join("result.json")).unwrap()).unwrap();
    assert_eq!(result["ci"]["name"], "google-cloud-build");
    let shell = std::fs::read_to_string(folder.join("outputs.sh")).unwrap();
    assert!(shell.contains("export STACK_OUTPUT_url='https://hello.example.com/'\n"), "{shell}");
}

#[test]
#[ignore = "needs a shell"]
fn the_exit_status_is_the_binary_s() {
    let (status, _) = run(CloudBuild.command(&with_shim("exit 7"), Event::Push, &[]));
    assert_eq!(status, 7);
}

#[test]
#[ignore = "needs a shell"]
fn every_declared_input_arrives_and_the_command_line_holds_none() {
    let place = with_shim("");
    let names = declared();
    let inputs: Vec<_> = names.iter().map(|name| (name.as_str(), "a $HOME value")).collect();
    run(CloudBuild.command(&place, Event::Push, &inputs));
    let (arguments, environment) = arrived(&place);
    assert_eq!(arguments, "run\n");
    for name in &names {
        let variable = format!("_STACKSTEP_{}", name.replace('-', "_").to_uppercase());
        assert_eq!(environment[&variable], "a $HOME value");
    }
}

#[test]
#[ignore = "needs a shell"]
fn a_substitution_that_is_misspelt_is_named() {
    let inputs = [("stack", "dev"), ("upsert", "true"), ("engine", "sandbox"), ("mesage", "x")];
    let (_, said) = run(CloudBuild.command(&with_hello(), Event::Push, &inputs));
    let wanted = "`_STACKSTEP_MESAGE` means nothing to stackstep, did you mean `_STACKSTEP_MESSAGE`?";
    assert!(said.contains(wanted), "{said}");
}

#[test]
#[ignore = "needs a shell"]
fn hostile_values_arrive_as_they_are() {
    let place = with_shim("");
    for value in hostile::values() {
        run(CloudBuild.command(&place, Event::Push, &[("message", &value), ("stack", &value)]));
        let (_, environment) = arrived(&place);
        assert_eq!((&environment["_STACKSTEP_MESSAGE"], &environment["_STACKSTEP_STACK"]), (&value, &value));
        assert_eq!(std::fs::read_dir(place.repository()).unwrap().count(), 0, "{value:?} was executed");
    }
}

/// A machine with `ci/stackstep.sh`, the bootstrap of a release.
fn with_bootstrap(place: Place) -> Place {
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    let bootstrap = tools::root().join("bootstrap/stackstep.sh");
    std::fs::copy(bootstrap, place.repository().join("ci/stackstep.sh")).unwrap();
    place
}

#[test]
#[ignore = "needs a shell"]
fn the_second_stack_of_the_example_gets_the_first_ones_outputs() {
    let place = with_bootstrap(Place::new(crate::harness::machine::binary()));
    let program = |name: &str, text: &str| {
        std::fs::create_dir(place.repository().join(name)).unwrap();
        let text = format!("name: {name}\nruntime: yaml\n{text}");
        std::fs::write(place.repository().join(name).join("Pulumi.yaml"), text).unwrap();
    };
    program("network", "outputs:\n  subnet: subnet-$${HOME}\n");
    program("shop", "outputs:\n  done: true\n");
    std::fs::write(place.repository().join("stackstep.yaml"), "engine: sandbox\nupsert: true\n").unwrap();
    let build = build("examples/several-stacks.yaml");
    for index in 0..2 {
        let (status, said) = run(step(&place, &build, index, &values(&[]), &values(&[])));
        assert_eq!(status, 0, "{said}");
    }
    assert!(place.repository().join(".stackstep/network.sh").exists());
    let shim = with_bootstrap(with_shim(""));
    std::fs::create_dir(shim.repository().join(".stackstep")).unwrap();
    let first = std::fs::read(place.repository().join(".stackstep/network.sh")).unwrap();
    std::fs::write(shim.repository().join(".stackstep/network.sh"), first).unwrap();
    run(step(&shim, &build, 1, &values(&[("_STACK", "test")]), &values(&[])));
    let (arguments, environment) = arrived(&shim);
    assert_eq!(arguments, "up\n");
    assert_eq!(
        (environment["SUBNET"].as_str(), environment["STACKSTEP_STACK"].as_str()),
        ("subnet-${HOME}", "test")
    );
}

#[test]
#[ignore = "needs a shell"]
fn a_secret_of_an_example_reaches_the_binary_by_its_own_variable_only() {
    let place = with_bootstrap(with_shim(""));
    let build = build("examples/access-token.yaml");
    let given = values(&[("PROJECT_ID", "acme-prod"), ("_COMMAND", "up")]);
    run(step(&place, &build, 0, &given, &values(&[("PULUMI_ACCESS_TOKEN", "pul-secret")])));
    let (arguments, environment) = arrived(&place);
    let with_it: Vec<_> = environment.iter().filter(|(_, value)| value.contains("pul-secret")).collect();
    assert_eq!(with_it.len(), 1, "{with_it:?}");
    assert!(!arguments.contains("pul-secret"));
    assert_eq!(environment["STACKSTEP_COMMAND"], "up");
    let secret = &build["availableSecrets"]["secretManager"][0]["versionName"];
    let filled =
        substitute(secret.as_str().unwrap(), &values(&[("PROJECT_ID", "acme-prod"), ("_TOKEN_SECRET", "x")]));
    assert_eq!(filled.unwrap(), "projects/acme-prod/secrets/x/versions/latest");
}

#[test]
#[ignore = "needs a shell"]
fn what_the_example_of_drift_finds_is_an_allowed_exit_status_and_the_next_step_tells_it() {
    let place = with_bootstrap(with_hello());
    std::fs::write(place.repository().join("stackstep.yaml"), "engine: sandbox\nupsert: true\n").unwrap();
    let build = build("examples/drift.yaml");
    // The stack was never deployed, so nothing is known of it. The organisation belongs to Pulumi Cloud.
    let mut first = step(&place, &build, 0, &values(&[("_STACK", "dev")]), &values(&[]));
    first.env_remove("STACKSTEP_OIDC_ORGANIZATION");
    let (status, said) = run(first);
    assert!(
        build["steps"][0]["allowExitCodes"].as_array().unwrap().contains(&status.into()),
        "{status}: {said}"
    );
    let (status, said) = run(step(&place, &build, 1, &values(&[]), &values(&[])));
    assert_eq!(status, 0);
    assert_eq!(said, "drift: unknown\n");
}

#[test]
#[ignore = "needs a shell"]
fn the_identity_token_is_asked_for_at_the_metadata_server() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = with_hello();
    let curl = place.beside("curl");
    std::fs::write(
        &curl,
        format!("#!/bin/sh\necho \"$*\" >'{}'\nexit 22\n", place.beside("asked").display()),
    )
    .unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let inputs = [("stack", "acme/hello/dev"), ("engine", "sandbox"), ("oidc-organization", "acme")];
    let mut command = CloudBuild.command(&place, Event::Push, &inputs);
    let path = format!("{}:{}", place.beside("").display(), place.environment()["PATH"]);
    command.env("PATH", path).env_remove("PULUMI_BACKEND_URL");
    let (status, said) = run(command);
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("`curl` gave no identity token"), "{said}");
    let asked = std::fs::read_to_string(place.beside("asked")).unwrap();
    assert!(asked.contains("Metadata-Flavor: Google http://metadata.google.internal/"), "{asked}");
    assert!(asked.contains("audience=urn%3Apulumi%3Aorg%3Aacme"), "{asked}");
}

mod shellcheck {
    use crate::tools::{run, tool};

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_the_scripts_of_builds() {
        let folder = tempfile::tempdir().unwrap();
        let mut scripts = Vec::new();
        for place in ["cloud-build", "cloud-build/examples"] {
            for entry in std::fs::read_dir(crate::tools::root().join(place)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "yaml") {
                    continue;
                }
                for step in super::read(&path)["steps"].as_array().into_iter().flatten() {
                    // Without a script, the last argument of `sh -c` is one.
                    let inline = step["args"].as_array().filter(|args| args[0] == "-c").map(|args| &args[1]);
                    let Some(script) = step["script"].as_str().or(inline.and_then(|text| text.as_str()))
                    else {
                        continue;
                    };
                    let file = folder.path().join(format!("{}.sh", scripts.len()));
                    let text = script.replace("$$", "$");
                    let first = if text.starts_with("#!") { "" } else { "#!/bin/sh\n" };
                    std::fs::write(&file, format!("{first}{text}")).unwrap();
                    scripts.push(file);
                }
            }
        }
        assert!(scripts.len() >= 7, "{}", scripts.len());
        // SC1091: a file that only a build has. SC2154: a variable of that file.
        let (fine, said) = run(tool("shellcheck").args(["--exclude=SC1091,SC2154"]).args(scripts));
        assert!(fine, "{said}");
    }
}
