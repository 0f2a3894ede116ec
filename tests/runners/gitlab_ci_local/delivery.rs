//! The whole story of delivery by the example of three stages, on a GitLab that answers on loopback.

use std::path::Path;

use super::stages::text_of;
use super::{Pipeline, SHELL};
use crate::harness::engine::Engine;
use crate::story::{self, Event, Ran, Story, System};
use crate::support::forge::{FACES, Fake, TOKEN};

impl System for Pipeline {
    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn engine(&self) -> Engine {
        self.engine
    }

    fn change_request(&self) -> &'static str {
        "merge request !7"
    }

    fn run(&self, event: &Event, forge: &Fake) -> Ran {
        let told = told(event, &forge.server.url());
        let arguments: Vec<&str> =
            told.iter().flat_map(|variable| ["--variable", variable]).chain([SHELL]).collect();
        let (passed, log) = Pipeline::run(self, &arguments);
        let status = story::number_behind(" FAIL ", &log);
        Ran { passed, status, log }
    }
}

/// The variables that GitLab gives the jobs of the event, and those of the project.
fn told(event: &Event, url: &str) -> Vec<String> {
    let mut told = match event {
        Event::Change { .. } => vec![
            "CI_PIPELINE_SOURCE=merge_request_event",
            "CI_COMMIT_BRANCH=",
            "CI_MERGE_REQUEST_IID=7",
            "CI_MERGE_REQUEST_PROJECT_PATH=acme/shop",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=acme/shop",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=change",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
        ],
        Event::Push => vec!["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=main"],
        Event::Tag(_) => vec!["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH="],
    };
    told.extend(["CI_DEFAULT_BRANCH=main", "CI_PROJECT_PATH=acme/shop"]);
    let tag = if let Event::Tag(tag) = event { Some(format!("CI_COMMIT_TAG={tag}")) } else { None };
    let forge = [
        format!("CI_SERVER_URL={url}"),
        format!("CI_API_V4_URL={url}/api/v4"),
        format!("STACKSTEP_FORGE_TOKEN={TOKEN}"),
    ];
    told.into_iter().map(str::to_owned).chain(tag).chain(forge).collect()
}

fn on(engine: Engine) -> Story<Pipeline> {
    Story::begin(FACES[1], Pipeline::laid(engine, &text_of("three-stages.yml"), false, |_| {}))
}

fn begun() -> Story<Pipeline> {
    on(Engine::Sandbox)
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_change_goes_from_its_merge_request_to_production() {
    story::a_change_goes_to_production(&begun());
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_commit_that_slipped_in_between_review_and_merge_is_not_deployed() {
    story::what_slipped_in_is_not_deployed(&begun());
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_review_of_the_commit_before_does_not_count_for_one_that_was_previewed_since() {
    story::a_review_of_the_commit_before_does_not_count(&begun());
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn what_staging_could_not_verify_is_not_promoted() {
    story::what_staging_could_not_verify_is_not_promoted(&begun());
}

/// The story on the Pulumi CLI.
mod real {
    use super::*;
    use crate::real::shown;

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn a_change_goes_from_its_merge_request_to_production() {
        story::a_change_goes_to_production(&on(Engine::Pulumi));
        shown();
    }

    #[test]
    #[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
    fn a_commit_that_slipped_in_between_review_and_merge_is_not_deployed() {
        story::what_slipped_in_is_not_deployed(&on(Engine::Pulumi));
        shown();
    }
}
