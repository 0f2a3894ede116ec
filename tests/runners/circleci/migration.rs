//! Public configurations that use the official orb, in our own words and with their source, moved by their orb's line.

use serde_json::Map;

use super::orb::{Config, read};
use super::{place, rehearsal, run, stackstep};
use crate::harness::Event;
use crate::tools::root;

/// The fixture with the one line changed.
fn moved(name: &str) -> Config {
    let mut document = read(&root().join(format!("tests/fixtures/migration/circleci/{name}.yml")));
    let line = &mut document["orbs"]["pulumi"];
    assert!(line.as_str().unwrap().starts_with("pulumi/pulumi@"));
    *line = "stackstep/stackstep@1".into();
    Config::new(document)
}

/// Runs these jobs one after the other in one place; what the tests of the last one have written.
fn all(name: &str, jobs: &[&str]) -> String {
    let config = moved(name);
    assert_eq!(config.complaints(), Vec::<String>::new());
    let mut place = place(stackstep());
    for job in jobs {
        let environment = rehearsal(&place, Event::Push);
        let ran = run(place, &config, job, &Map::new(), &environment);
        assert_eq!(ran.status, 0, "{job}: {}", ran.log);
        place = ran.place;
    }
    std::fs::read_to_string(place.repository().join("tested")).unwrap_or_default()
}

#[test]
#[ignore = "needs bash"]
fn the_orbs_own_tests() {
    all("orb-own-tests", &["login", "preview", "update"]);
}

#[test]
#[ignore = "needs bash"]
fn the_workflow_of_the_documentation() {
    all("trunk", &["preview", "staging", "production"]);
}

#[test]
#[ignore = "needs bash"]
fn a_stack_for_each_build_whose_output_is_tested() {
    assert_eq!(all("review-stack", &["deploy", "review"]), "https://hello.example.com/\n");
}

#[test]
#[ignore = "needs bash"]
fn variables_of_ones_own_and_an_output_beside_them() {
    assert_eq!(all("gke", &["deploy", "destroy"]), "8d08154cabb1c4f71a535de986600303936780f8 2\n");
}
