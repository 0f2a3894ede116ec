//! The configurations that carry out the map of `stackstep.yaml`: which jobs an event has, and what each of them does.

use super::orb::{Config, read};
use super::{Ran, run, stackstep};
use crate::harness::circleci::environment;
use crate::harness::mapped::{git, with_map};
use crate::harness::{Event, Place};
use crate::tools::root;
use serde_json::{Map, Value, json};

/// What a pipeline is for.
#[derive(Clone, Copy)]
enum Ref {
    Branch(&'static str),
    Tag(&'static str),
}

fn example(name: &str) -> Config {
    let config = Config::new(read(&root().join("circleci-orb/examples").join(name)));
    assert_eq!(config.complaints(), [""; 0]);
    config
}

/// Whether a filter lets a name through. <https://circleci.com/docs/reference/configuration-reference/#jobfilters>
fn lets(filter: &Value, name: &str) -> bool {
    let fits = |pattern: &Value| match pattern.as_str().unwrap().strip_prefix('/') {
        // Only these two are in the examples.
        Some(".*/") => true,
        Some("^v.*/") => name.starts_with('v'),
        Some(other) => unreachable!("/{other}"),
        None => pattern == name,
    };
    let any = |key: &str| filter[key].as_array().map(|patterns| patterns.iter().any(fits));
    any("only").unwrap_or(true) && !any("ignore").unwrap_or(false)
}

/// The jobs of an event, each by its type with its keys. A job that names no tags runs for none.
fn jobs(config: &Config, reference: Ref) -> Vec<(String, Value)> {
    let workflows = config.document["workflows"].as_object().unwrap().values();
    let all = workflows.flat_map(|workflow| workflow["jobs"].as_array().unwrap());
    let named = all.map(|job| job.as_object().unwrap().iter().next().unwrap());
    let runs = |keys: &Value| match reference {
        Ref::Branch(name) => lets(&keys["filters"]["branches"], name),
        Ref::Tag(name) => keys["filters"].get("tags").is_some_and(|filter| lets(filter, name)),
    };
    named.filter(|(_, keys)| runs(keys)).map(|(job, keys)| (job.clone(), keys.clone())).collect()
}

fn names(config: &Config, reference: Ref) -> Vec<String> {
    jobs(config, reference).iter().map(|(_, keys)| keys["name"].as_str().unwrap().to_owned()).collect()
}

/// The run of a job of the example in a repository with the map.
fn ran(config: &Config, job: &str, keys: &Value, event: Event) -> Ran {
    let place = with_map(Place::new(stackstep()));
    std::os::unix::fs::symlink(place.repository(), place.beside("home/project")).unwrap();
    let mut variables = environment(&place, event);
    variables.insert("CIRCLE_SHA1".to_owned(), git(&place, &["rev-parse", "HEAD"]));
    for name in ["COMMENT=off", "ENGINE=sandbox", "UPSERT=true"] {
        let (name, value) = name.split_once('=').unwrap();
        variables.insert(format!("STACKSTEP_{name}"), value.to_owned());
    }
    let given = keys.get("stack").map(|stack| ("stack".to_owned(), stack.clone()));
    run(place, config, job, &given.into_iter().collect::<Map<_, _>>(), &variables)
}

#[test]
fn each_event_has_the_job_of_its_stage_with_a_context_of_its_own() {
    let config = example("three-stages.yml");
    for (reference, name) in [
        (Ref::Branch("change"), "preview"),
        (Ref::Branch("main"), "staging"),
        (Ref::Tag("v1.2.0"), "production"),
    ] {
        assert_eq!(names(&config, reference), [name]);
        let keys = &jobs(&config, reference)[0].1;
        assert_eq!(keys["context"], format!("infrastructure-{name}"));
        assert_eq!(keys.get("serial-group").is_some(), name != "preview", "{name}");
    }
    assert_eq!(names(&config, Ref::Tag("nightly")), [""; 0]);
}

#[test]
fn an_approval_is_a_job_of_its_own_and_only_the_deployment_is_serial() {
    let config = example("approval.yml");
    assert_eq!(
        names(&config, Ref::Tag("v1.2.0")),
        ["preview", "approve-<< pipeline.git.tag >>", "production"]
    );
    assert_eq!(names(&config, Ref::Branch("main")), [""; 0]);
    let jobs = jobs(&config, Ref::Tag("v1.2.0"));
    assert_eq!(jobs[1].1["type"], "approval");
    assert_eq!(
        (&jobs[1].1["requires"], &jobs[2].1["requires"]),
        (&json!(["preview"]), &json!([jobs[1].1["name"]]))
    );
    let serial: Vec<_> = jobs.iter().filter(|(_, keys)| keys.get("serial-group").is_some()).collect();
    assert_eq!(serial.len(), 1);
    assert_ne!(jobs[0].1["context"], jobs[2].1["context"]);
}

#[test]
#[ignore = "needs bash"]
fn each_stage_does_what_the_map_says_and_keeps_its_report() {
    let config = example("three-stages.yml");
    for (reference, event, did) in [
        (
            Ref::Branch("change"),
            Event::ChangeRequest,
            &["Preview of `hello/staging`", "Preview of `hello/prod`"][..],
        ),
        (Ref::Branch("main"), Event::Push, &["Deployed `hello/staging`"]),
        (Ref::Tag("v1.2.0"), Event::Tag, &["Deployed `hello/prod`"]),
    ] {
        let (job, keys) = &jobs(&config, reference)[0];
        let ran = ran(&config, job, keys, event);
        assert_eq!(ran.status, 0, "{}", ran.log);
        for text in [
            "Preview of `hello/staging`",
            "Preview of `hello/prod`",
            "Deployed `hello/staging`",
            "Deployed `hello/prod`",
        ] {
            assert_eq!(ran.log.contains(text), did.contains(&text), "{text}: {}", ran.log);
        }
        assert!(!ran.log.contains("nothing to store"), "{}", ran.log);
    }
}

#[test]
#[ignore = "needs bash"]
fn a_job_whose_event_is_not_in_the_map_passes() {
    let config = example("three-stages.yml");
    let (job, keys) = &jobs(&config, Ref::Branch("main"))[0];
    // The job for staging, at a tag.
    let ran = ran(&config, job, keys, Event::Tag);
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert!(ran.log.contains("this job is for `staging`") && !ran.log.contains("Deployed"), "{}", ran.log);
}
