//! The whole story of delivery by the example of three stages, on a GitLab that answers on loopback.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::stages::text_of;
use super::{Pipeline, SHELL};
use crate::harness::engine::Engine;
use crate::real::running::Running;
use crate::story::{self, Event, Ran, Story, System};
use crate::support::forge::{FACES, Fake, JOB_TOKEN, TOKEN};
use crate::tools;

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
        let (passed, log) = tools::run(&mut self.job(event, forge));
        let status = story::number_behind(" FAIL ", &log);
        Ran { passed, status, log }
    }

    fn start(&self, event: &Event, forge: &Fake) -> Running {
        Running::start(self.job(event, forge), self.path("no-result"))
    }
}

impl Pipeline {
    /// The command that runs the jobs of the event.
    pub(super) fn job(&self, event: &Event, forge: &Fake) -> Command {
        let mut told = told(event, &forge.server.url());
        if let Event::Comment { id, text } = event {
            let path = self.path("event.json");
            std::fs::write(&path, comment(*id, text).to_string()).unwrap();
            told.push(format!("TRIGGER_PAYLOAD={}", path.display()));
        }
        told.push(format!("PULUMI_HOME={}", self.path("home/pulumi").display()));
        if let Event::Line { who, .. } = event {
            forge.memory().started_by = Some((*who).to_owned());
        }
        let job = match event {
            Event::Line { .. } => Some("way-out"),
            Event::Approved { .. } => Some("staging"),
            // GitLab starts it by itself: https://docs.gitlab.com/ci/environments/#stopping-an-environment
            Event::Closed { .. } => Some("review-down"),
            _ => None,
        };
        let told = told.iter().flat_map(|variable| ["--variable", variable]);
        self.command(&job.into_iter().chain(told).chain([SHELL]).collect::<Vec<_>>())
    }
}

/// The variables that GitLab gives the jobs of the event, and those of the project.
fn told(event: &Event, url: &str) -> Vec<String> {
    let of_change = |event: &Event| {
        matches!(event, Event::Change { .. } | Event::Closed { .. } | Event::Line { of_change: Some(_), .. })
    };
    let mut told = match event {
        _ if of_change(event) => vec![
            "CI_PIPELINE_SOURCE=merge_request_event",
            "CI_COMMIT_BRANCH=",
            "CI_MERGE_REQUEST_IID=7",
            "CI_MERGE_REQUEST_PROJECT_PATH=acme/shop",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=acme/shop",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=change",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
        ],
        Event::Tag(_) => vec!["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH="],
        Event::Comment { .. } => vec!["CI_PIPELINE_SOURCE=trigger", "CI_COMMIT_BRANCH=main"],
        Event::Schedule => vec!["CI_PIPELINE_SOURCE=schedule", "CI_COMMIT_BRANCH=main"],
        _ => vec!["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=main"],
    };
    told.extend(["CI_DEFAULT_BRANCH=main", "CI_PROJECT_PATH=acme/shop"]);
    let own = match event {
        Event::Tag(tag) => vec![format!("CI_COMMIT_TAG={tag}")],
        Event::Line { who, line, .. } => vec![format!("LINE={line}"), format!("GITLAB_USER_LOGIN={who}")],
        Event::Approved { approval } => vec![format!("STACKSTEP_INPUT_APPROVAL={approval}")],
        _ => Vec::new(),
    };
    let forge = [
        format!("CI_SERVER_URL={url}"),
        format!("CI_API_V4_URL={url}/api/v4"),
        format!("CI_JOB_TOKEN={JOB_TOKEN}"),
        format!("STACKSTEP_FORGE_TOKEN={TOKEN}"),
    ];
    told.into_iter().map(str::to_owned).chain(own).chain(forge).collect()
}

/// What GitLab's webhook says of a comment.
fn comment(id: u64, text: &str) -> Value {
    json!({
        "object_kind": "note",
        "event_type": "note",
        "user": { "id": 3, "username": "somebody" },
        "project": { "path_with_namespace": "acme/shop", "default_branch": "main" },
        "merge_request": { "id": 93, "iid": 7 },
        "object_attributes": { "id": id, "note": text, "noteable_type": "MergeRequest", "action": "create" },
    })
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
