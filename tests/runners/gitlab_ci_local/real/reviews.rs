//! The examples of review stacks and of the sweep, on the Pulumi CLI, with a GitLab that answers on loopback.

use std::path::Path;
use std::process::Command;

use crate::gitlab_ci_local::Pipeline;
use crate::harness::engine::Engine;
use crate::real::running::Running;
use crate::real::shown;
use crate::story::{self, Event, Ran, Story, System};
use crate::support::forge::{FACES, Fake, TOKEN};
use crate::tools;

/// The pipeline of both examples, with the variables that a project has for them.
struct ReviewPipeline(Pipeline);

impl ReviewPipeline {
    fn new() -> Self {
        let example = |name: &str| {
            let path = tools::root().join("gitlab-templates/examples").join(name);
            std::fs::read_to_string(path).unwrap()
        };
        let text = example("review-stacks.yml") + &example("reap.yml");
        // The backend is that of this machine.
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("STACKSTEP_CLOUD_URL: "));
        let text = lines.collect::<Vec<_>>().join("\n");
        Self(Pipeline::laid(Engine::Pulumi, &text, false, |_| {}))
    }

    /// Writes the file with the whole environment of the processes that destroy.
    fn review_env(&self, forge: &Fake) -> String {
        let path = self.0.path("review.env");
        let text = format!(
            "PULUMI_CONFIG_PASSPHRASE='the passphrase of review stacks'\nSTACKSTEP_FORGE_TOKEN='{TOKEN}'\n\
             PULUMI_HOME='{}'\nSTACKSTEP_FORGE=gitlab\nSTACKSTEP_FORGE_URL='{}'\n",
            self.0.path("home/pulumi").display(),
            forge.server.url(),
        );
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn job(&self, event: &Event, forge: &Fake) -> Command {
        let mut job = self.0.job(event, forge);
        let own = [
            "CI_PROJECT_ID=1".to_owned(),
            "PULUMI_CONFIG_PASSPHRASE=the passphrase of review stacks".to_owned(),
            format!("REVIEW_ENV={}", self.review_env(forge)),
        ];
        job.args(own.iter().flat_map(|variable| ["--variable", variable]));
        job
    }
}

impl System for ReviewPipeline {
    fn folder(&self) -> &Path {
        self.0.folder()
    }

    fn engine(&self) -> Engine {
        self.0.engine()
    }

    fn change_request(&self) -> &'static str {
        self.0.change_request()
    }

    fn run(&self, event: &Event, forge: &Fake) -> Ran {
        let (passed, log) = tools::run(&mut self.job(event, forge));
        let status = story::number_behind(" FAIL ", &log);
        Ran { passed, status, log }
    }

    fn start(&self, event: &Event, forge: &Fake) -> Running {
        Running::start(self.job(event, forge), self.0.path("no-result"))
    }
}

fn begun(pipeline: ReviewPipeline) -> Story<ReviewPipeline> {
    Story::with_review_stacks(FACES[1], pipeline)
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_merge_request_has_a_stack_while_it_is_open() {
    let pipeline = ReviewPipeline::new();
    let outputs = pipeline.0.path("repository/.stackstep/review-up/outputs.env");
    let story = begun(pipeline);
    story::a_change_request_has_a_stack_while_it_is_open(&story);
    let outputs = std::fs::read_to_string(outputs).unwrap();
    assert!(outputs.contains("STACK_ENVIRONMENT_URL=http://127.0.0.1:"), "{outputs}");
    shown();
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_close_that_was_lost_is_found_by_the_sweep() {
    story::a_close_that_was_lost_is_found_by_the_sweep(&begun(ReviewPipeline::new()));
    shown();
}
