//! The whole story of delivery by the example of three stages, on a GitHub that answers on loopback.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use super::examples::copied;
use super::harness::Job;
use super::place::Place;
use super::stages::three_stages;
use crate::harness::engine::Engine;
use crate::story::{self, Event, Ran, Story, System};
use crate::support::forge::{FACES, Fake, TOKEN};

/// The machine of the runner.
struct Act {
    place: Rc<Place>,
    engine: Engine,
}

impl Act {
    fn new(engine: Engine) -> Self {
        let nothing = tempfile::tempdir().unwrap();
        let workflow = copied(&three_stages(""), "");
        Self { place: Rc::new(Place::new(nothing.path(), &[("job.yml", &workflow)])), engine }
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
        let url = forge.server.url();
        let (name, payload) = told(event);
        let outcome = Job::at(&self.place, name)
            .with(self.engine)
            .payload(payload)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_SERVER_URL", &url)
            .env("GITHUB_API_URL", &format!("{url}/api/v3"))
            .secret("GITHUB_TOKEN", TOKEN)
            .secret("ACCESS_TOKEN", "pul-a-token-of-the-environment")
            .secret("ENGINE_ENV", "PULUMI_CONFIG_PASSPHRASE=a passphrase")
            .run();
        let status = story::number_behind("exit status ", &outcome.log);
        Ran { passed: outcome.succeeded, status, log: outcome.log }
    }
}

/// The name of the event, and what GitHub says of it.
fn told(event: &Event) -> (&'static str, Value) {
    let repository = json!({ "full_name": "acme/shop", "default_branch": "main", "private": true });
    match event {
        Event::Change { head } => (
            "pull_request",
            json!({
                "action": "synchronize",
                "number": 7,
                "pull_request": {
                    "number": 7,
                    "head": { "ref": "change", "sha": head, "repo": { "full_name": "acme/shop" } },
                    "base": { "ref": "main", "repo": { "full_name": "acme/shop" } },
                },
                "repository": repository,
            }),
        ),
        Event::Push => ("push", json!({ "ref": "refs/heads/main", "repository": repository })),
        Event::Tag(tag) => ("push", json!({ "ref": format!("refs/tags/{tag}"), "repository": repository })),
    }
}

fn on(engine: Engine) -> Story<Act> {
    Story::begin(FACES[0], Act::new(engine))
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
