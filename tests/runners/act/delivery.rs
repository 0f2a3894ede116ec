//! The whole story of delivery by the example of three stages, on a GitHub that answers on loopback.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use super::examples::copied;
use super::harness::Job;
use super::place::Place;
use super::stages::three_stages;
use crate::harness::engine::Engine;
use crate::real::running::Running;
use crate::story::{self, Event, Ran, Story, System};
use crate::support::forge::{FACES, Fake, TOKEN};

/// The machine of the runner.
pub(super) struct Act {
    place: Rc<Place>,
    engine: Engine,
    /// The number of runs.
    runs: Cell<u64>,
}

/// What GitHub says of an event.
struct Told {
    /// The workflow that it starts.
    workflow: &'static str,
    /// Its name.
    event: &'static str,
    /// Who has started it.
    who: &'static str,
    payload: Value,
}

impl Act {
    /// With the example of three stages, and these workflows beside it.
    pub(super) fn new(engine: Engine, more: &[(&str, &str)]) -> Self {
        let workflow = copied(&three_stages(""), "");
        Self::with_workflows(engine, &[&[("job.yml", workflow.as_str())], more].concat())
    }

    /// With these workflows, each by its name with its text.
    pub(super) fn with_workflows(engine: Engine, workflows: &[(&str, &str)]) -> Self {
        let nothing = tempfile::tempdir().unwrap();
        Self { place: Rc::new(Place::new(nothing.path(), workflows)), engine, runs: Cell::default() }
    }

    fn job(&self, event: &Event, forge: &Fake) -> Job {
        self.job_of(told(event), forge)
    }

    /// Runs the example of ways out, which ann starts with these inputs.
    pub(super) fn way_out(&self, inputs: &Value, forge: &Fake) -> Ran {
        let payload = dispatched(inputs);
        let told = Told { workflow: "ways-out.yml", event: "workflow_dispatch", who: "ann", payload };
        ran(self.job_of(told, forge))
    }

    fn job_of(&self, told: Told, forge: &Fake) -> Job {
        let url = forge.server.url();
        self.runs.set(self.runs.get() + 1);
        Job::at(&self.place, told.event)
            .named(told.workflow)
            .by(told.who)
            .with(self.engine)
            .payload(told.payload)
            .env("GITHUB_RUN_ID", &(4000 + self.runs.get()).to_string())
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_SERVER_URL", &url)
            .env("GITHUB_API_URL", &format!("{url}/api/v3"))
            .secret("GITHUB_TOKEN", TOKEN)
            .secret("ACCESS_TOKEN", "pul-a-token-of-the-environment")
            .secret("ENGINE_ENV", "PULUMI_CONFIG_PASSPHRASE=a passphrase")
            .secret("REVIEW_PASSPHRASE", "the passphrase of review stacks")
    }
}

impl System for Act {
    fn folder(&self) -> &Path {
        self.place.folder()
    }

    fn engine(&self) -> Engine {
        self.engine
    }

    fn change_request(&self) -> &'static str {
        "pull request #7"
    }

    fn run(&self, event: &Event, forge: &Fake) -> Ran {
        ran(self.job(event, forge))
    }

    fn start(&self, event: &Event, forge: &Fake) -> Running {
        Running::start(self.job(event, forge).command(), self.folder().join("no-result"))
    }
}

/// Runs a job.
fn ran(job: Job) -> Ran {
    let outcome = job.run();
    // A step of our action says the one, a step of a shell the other.
    let words = ["exit status ", "exitcode '"];
    let status = words.iter().find_map(|words| story::number_behind(words, &outcome.log));
    Ran { passed: outcome.succeeded, status, log: outcome.log }
}

fn repository() -> Value {
    json!({ "full_name": "acme/shop", "default_branch": "main", "private": true })
}

/// The payload of a run that a person starts on the default branch.
fn dispatched(inputs: &Value) -> Value {
    json!({ "ref": "refs/heads/main", "inputs": inputs, "repository": repository() })
}

fn told(event: &Event) -> Told {
    let repository = repository();
    let plain = Told { workflow: "job.yml", event: "push", who: "ada", payload: Value::Null };
    let changed = |head: &str| {
        let action = if matches!(event, Event::Closed { .. }) { "closed" } else { "synchronize" };
        json!({
            "action": action,
            "number": 7,
            "pull_request": {
                "number": 7,
                "head": { "ref": "change", "sha": head, "repo": { "full_name": "acme/shop" } },
                "base": { "ref": "main", "repo": { "full_name": "acme/shop" } },
            },
            "repository": repository,
        })
    };
    match event {
        Event::Schedule => Told {
            workflow: "reap.yml",
            event: "schedule",
            payload: json!({ "schedule": "17 * * * *", "repository": repository }),
            ..plain
        },
        Event::Change { head } | Event::Closed { head } => {
            Told { event: "pull_request", payload: changed(head), ..plain }
        }
        Event::Push => {
            Told { payload: json!({ "ref": "refs/heads/main", "repository": repository }), ..plain }
        }
        Event::Tag(tag) => {
            Told { payload: json!({ "ref": format!("refs/tags/{tag}"), "repository": repository }), ..plain }
        }
        Event::Line { who, line, of_change: None } => Told {
            workflow: "way-out.yml",
            event: "workflow_dispatch",
            who,
            payload: dispatched(&json!({ "line": line })),
        },
        Event::Line { who, line, of_change: Some(head) } => {
            let mut payload = changed(head);
            payload["inputs"] = json!({ "line": line });
            Told { workflow: "way-out.yml", event: "pull_request", who, payload }
        }
        Event::Approved { approval } => Told {
            workflow: "approved.yml",
            event: "workflow_dispatch",
            who: "ann",
            payload: dispatched(&json!({ "approval": approval })),
        },
        Event::Comment { id, text } => Told {
            workflow: "comment-commands.yml",
            event: "issue_comment",
            who: "somebody",
            payload: json!({
                "action": "created",
                "issue": { "number": 7, "pull_request": { "url": "https://api.github.com/repos/acme/shop/pulls/7" } },
                "comment": { "id": id, "body": text, "user": { "login": "somebody" } },
                "repository": repository,
            }),
        },
    }
}

fn on(engine: Engine) -> Story<Act> {
    Story::begin(FACES[0], Act::new(engine, &[]))
}

fn begun() -> Story<Act> {
    on(Engine::Sandbox)
}

#[test]
#[ignore = "needs act"]
fn a_change_goes_from_its_pull_request_to_production() {
    story::a_change_goes_to_production(&begun());
}

#[test]
#[ignore = "needs act"]
fn a_commit_that_slipped_in_between_review_and_merge_is_not_deployed() {
    story::what_slipped_in_is_not_deployed(&begun());
}

#[test]
#[ignore = "needs act"]
fn a_review_of_the_commit_before_does_not_count_for_one_that_was_previewed_since() {
    story::a_review_of_the_commit_before_does_not_count(&begun());
}

#[test]
#[ignore = "needs act"]
fn what_staging_could_not_verify_is_not_promoted() {
    story::what_staging_could_not_verify_is_not_promoted(&begun());
}

/// The story on the Pulumi CLI.
mod real {
    use super::*;
    use crate::real::shown;

    #[test]
    #[ignore = "needs act and the Pulumi CLI"]
    fn a_change_goes_from_its_pull_request_to_production() {
        story::a_change_goes_to_production(&on(Engine::Pulumi));
        shown();
    }

    #[test]
    #[ignore = "needs act and the Pulumi CLI"]
    fn a_commit_that_slipped_in_between_review_and_merge_is_not_deployed() {
        story::what_slipped_in_is_not_deployed(&on(Engine::Pulumi));
        shown();
    }
}
