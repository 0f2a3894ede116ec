//! The examples of Cloud Build and CodeBuild that carry out the map, as the two systems start them.

use super::did;
use crate::harness::codebuild::build;
use crate::harness::machine::{binary, run};
use crate::harness::mapped::{git, with_head, with_map};
use crate::harness::{Event, Place, cloud_build, fixture};
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const REHEARSAL: [(&str, &str); 3] =
    [("STACKSTEP_ENGINE", "sandbox"), ("STACKSTEP_UPSERT", "true"), ("STACKSTEP_COMMENT", "off")];

/// A machine with the map and the bootstrap of a release.
fn place() -> Place {
    let place = with_map(Place::new(binary()));
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    let bootstrap = tools::root().join("bootstrap/stackstep.sh");
    std::fs::copy(bootstrap, place.repository().join("ci/stackstep.sh")).unwrap();
    place
}

fn read(path: &str) -> Value {
    cloud_build::read(&tools::root().join(path))
}

fn ran(place: &Place, mut command: Command) -> String {
    command.envs(REHEARSAL).env_remove("STACKSTEP_OIDC_ORGANIZATION");
    with_head(&mut command, &git(place, &["rev-parse", "HEAD"]));
    let (status, said) = run(command);
    assert_eq!(status, 0, "{said}");
    said
}

#[test]
#[ignore = "needs a shell"]
fn one_build_file_is_that_of_each_trigger() {
    let file = read("cloud-build/examples/three-stages.yaml");
    for (event, trigger, runs) in [
        (Event::ChangeRequest, None, &["Preview of `hello/staging`", "Preview of `hello/prod`"][..]),
        (Event::Push, Some("trigger-staging"), &["Deployed `hello/staging`"]),
        (Event::Tag, Some("trigger-production"), &["Deployed `hello/prod`"]),
        (Event::Tag, Some("trigger-production-preview"), &["Preview of `hello/prod`"]),
    ] {
        let place = place();
        let mut given = fixture("google-cloud-build", event.usual_case());
        if let Some(trigger) = trigger {
            let trigger = read(&format!("cloud-build/examples/{trigger}.yaml"));
            let own = trigger["substitutions"].as_object().unwrap().iter();
            given.extend(own.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())));
        }
        let command = cloud_build::step(&place, &file, 0, &given, &BTreeMap::new());
        did(&ran(&place, command), runs);
    }
}

#[test]
fn the_triggers_have_an_identity_each_and_only_production_waits_for_a_person() {
    let triggers = ["trigger-staging", "trigger-production", "trigger-production-preview"];
    let triggers = triggers.map(|name| read(&format!("cloud-build/examples/{name}.yaml")));
    let accounts: std::collections::BTreeSet<_> =
        triggers.iter().map(|trigger| trigger["serviceAccount"].as_str().unwrap()).collect();
    assert_eq!(accounts.len(), 3, "{accounts:?}");
    let waiting = triggers.each_ref().map(|trigger| trigger["approvalConfig"]["approvalRequired"] == true);
    assert_eq!(waiting, [false, true, false]);
}

#[test]
#[ignore = "needs a shell"]
fn one_buildspec_is_that_of_each_project() {
    let buildspec = read("codebuild/examples/three-stages.yml");
    for (event, stack, runs) in [
        (Event::ChangeRequest, "", &["Preview of `hello/staging`", "Preview of `hello/prod`"][..]),
        (Event::Push, "staging", &["Deployed `hello/staging`"]),
        (Event::Tag, "prod", &["Deployed `hello/prod`"]),
    ] {
        let place = place();
        let mut project = fixture("aws-codebuild", event.usual_case());
        project.insert("STACKSTEP_STACK".to_owned(), stack.to_owned());
        let command = build(&place, &buildspec, &project);
        did(&ran(&place, command), runs);
    }
}
