//! The issue of a drift on a real Gitea: opened, commented, closed, and opened again rather than a second one.

use serde_json::Value;
use stackstep::base::http::Method;

use super::jobs;
use super::repository::Pull;
use super::server::BOT;
use super::shown;
use crate::support::{Run, Scene};

/// What a look finds.
pub(super) const LARGER: &str = "resources: [{ match: \"*\", on: [read], drift: { size: 20 } }]";
const LARGEST: &str = "resources: [{ match: \"*\", on: [read], drift: { size: 30 } }]";

/// A job of the default branch, whose stack was deployed.
pub(super) fn deployed(pull: &Pull) -> Scene {
    let scene = jobs::actions_on_main(pull, &pull.head);
    scene.run("up --comment off").ends_with(0);
    scene
}

pub(super) fn look(scene: &Scene) -> Run {
    scene.run("drift --stack dev").ends_with(0)
}

/// The issues of the bot, open and closed.
fn issues(pull: &Pull) -> Vec<Value> {
    let path = format!("repos/{}/issues?type=issues&state=all&limit=50", pull.repository);
    let all = pull.server.owner(Method::GET, &path, &Value::Null);
    let of_the_bot = |issue: &&Value| issue["user"]["login"] == BOT;
    all.as_array().unwrap().iter().filter(of_the_bot).cloned().collect()
}

pub(super) fn only(pull: &Pull) -> Value {
    let all = issues(pull);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

fn comments(pull: &Pull) -> Vec<String> {
    let path = format!("repos/{}/issues/{}/comments", pull.repository, only(pull)["number"]);
    let all = pull.server.owner(Method::GET, &path, &Value::Null);
    all.as_array().unwrap().iter().map(|one| one["body"].as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Gitea"]
fn a_drift_has_one_issue_that_is_opened_commented_closed_and_opened_again() {
    let pull = Pull::open();
    let scene = deployed(&pull);
    look(&scene).says("no drift");
    assert_eq!(issues(&pull).len(), 0);
    let scene = scene.with("PULUMI_SANDBOX_FAULTS", LARGER);
    look(&scene).says("follows this drift up");
    assert_eq!(only(&pull)["state"], "open");
    assert!(only(&pull)["body"].as_str().unwrap().contains("`size`"), "{}", only(&pull)["body"]);
    look(&scene);
    assert_eq!(comments(&pull).len(), 0, "nothing is new");

    let scene = scene.with("PULUMI_SANDBOX_FAULTS", LARGEST);
    look(&scene).says("shows the drift as it is now");
    assert!(comments(&pull)[0].starts_with("The drift is another one now"), "{:?}", comments(&pull));

    let scene = scene.without("PULUMI_SANDBOX_FAULTS");
    look(&scene).says("is closed: there is no drift any more");
    assert_eq!(only(&pull)["state"], "closed");

    let scene = scene.with("PULUMI_SANDBOX_FAULTS", LARGER);
    look(&scene).says("is open again");
    assert_eq!((only(&pull)["state"].as_str(), comments(&pull).len()), (Some("open"), 3));
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn an_issue_that_people_closed_renamed_or_deleted_is_taken_up_as_it_is() {
    let pull = Pull::open();
    let scene = deployed(&pull).with("PULUMI_SANDBOX_FAULTS", LARGER);
    look(&scene);
    let path = format!("repos/{}/issues/{}", pull.repository, only(&pull)["number"]);
    let change = |fields: &Value| pull.server.owner(Method::PATCH, &path, fields);
    change(&serde_json::json!({ "state": "closed", "title": "Larger than it was" }));
    look(&scene).says("is open again");
    assert_eq!(
        (only(&pull)["state"].as_str(), only(&pull)["title"].as_str()),
        (Some("open"), Some("Larger than it was"))
    );
    pull.server.owner(Method::DELETE, &path, &Value::Null);
    look(&scene).says("follows this drift up");
    assert_eq!(only(&pull)["state"], "open");
    shown();
}
