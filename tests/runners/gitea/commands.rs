//! `/stackstep …` in comments on a real Gitea. The event is the forge's own: it is what its webhook sends, which is what Gitea
//! Actions hands to a job.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stackstep::base::http::Method;

use super::repository::Pull;
use super::server::{OWNER, PERSON, SCOPES};
use super::shown;
use crate::harness::fixture;
use crate::support::checkout::{Checkout, ledger};
use crate::support::server::{Reply, Server};
use crate::support::{Run, Scene};

const PROGRAM: &str = "name: shop\nruntime: yaml\nresources:\n  thing:\n    type: demo:index:Thing\n    properties: { size: 1 }\n";

const HOLD: &str = "/stackstep hold dev the database is moved";

/// The time limit for an event: the forge sends it by a queue of its own.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pull request on which people talk, and a checkout of `main` for the jobs that their comments start.
struct Talk {
    pull: Pull,
    scene: Scene,
    events: Receiver<Value>,
    _hook: Server,
}

/// A comment as the forge knows it, and its event.
struct Said {
    id: u64,
    event: Value,
}

impl Talk {
    fn begin() -> Self {
        let pull = Pull::open();
        let scene = Scene::empty();
        for (file, text) in [
            ("Pulumi.yaml", PROGRAM),
            ("Pulumi.dev.yaml", "config: {}\n"),
            ("stackstep.yaml", "comment-commands: {}\n"),
        ] {
            let body = json!({ "content": BASE64_STANDARD.encode(text), "message": file, "branch": "main" });
            pull.server.owner(Method::POST, &format!("repos/{}/contents/{file}", pull.repository), &body);
        }
        let checkout = Checkout::init(&scene.program);
        checkout.git(&["remote", "add", "origin", &format!("{}/{}.git", pull.server.url, pull.repository)]);
        checkout.git(&["fetch", "-q", "origin"]);
        checkout.git(&["reset", "-q", "--hard", "origin/main"]);
        scene.run("up --upsert --stack dev").ends_with(0);
        let (sender, events) = channel();
        let hook = hear(sender);
        let body = json!({
            "type": "gitea", "active": true, "events": ["issue_comment", "pull_request_comment"],
            "config": { "url": hook.url(), "content_type": "json" },
        });
        pull.server.owner(Method::POST, &format!("repos/{}/hooks", pull.repository), &body);
        let event = scene.root().join("event.json").display().to_string();
        let documented =
            fixture("gitea-actions", "push").into_iter().filter(|(_, value)| !value.starts_with('/'));
        let scene = documented
            .fold(scene, |scene, (name, value)| scene.with(&name, &value))
            .with("GITHUB_EVENT_NAME", "issue_comment")
            .with("GITHUB_EVENT_PATH", &event)
            .with("GITHUB_SERVER_URL", &pull.server.url)
            .with("GITHUB_API_URL", &format!("{}/api/v1", pull.server.url))
            .with("GITHUB_REPOSITORY", &pull.repository)
            .with("GITHUB_SHA", &checkout.head())
            .with("STACKSTEP_STACK", "dev")
            .with("STACKSTEP_FORGE_TOKEN", &pull.server.token(OWNER, SCOPES));
        Self { pull, scene, events, _hook: hook }
    }

    /// A comment on a pull request by the holder of `token`, with the event that it makes.
    fn says(&self, token: &str, number: u64, body: &str) -> Said {
        let path = format!("repos/{}/issues/{number}/comments", self.pull.repository);
        let made = self.pull.server.with_token(token, Method::POST, &path, &json!({ "body": body }));
        let id = made["id"].as_u64().unwrap();
        Said { id, event: self.event(id, "created") }
    }

    /// The event about a comment.
    fn event(&self, id: u64, action: &str) -> Value {
        let is_it = |event: &Value| event["comment"]["id"].as_u64() == Some(id) && event["action"] == action;
        loop {
            let event = self.events.recv_timeout(PATIENCE).unwrap();
            if is_it(&event) {
                return event;
            }
        }
    }

    /// The job that an event starts.
    fn job(&self, event: &Value) -> Run {
        std::fs::write(self.scene.root().join("event.json"), event.to_string()).unwrap();
        self.scene.run("comment-command")
    }

    /// A comment on the first pull request, and its job.
    fn comment(&self, token: &str, body: &str) -> Run {
        self.job(&self.says(token, self.pull.number, body).event)
    }

    /// The last comment on a pull request that stackstep wrote as an answer.
    fn answer(&self, number: u64) -> String {
        let path = format!("repos/{}/issues/{number}/comments", self.pull.repository);
        let list = self.pull.server.owner(Method::GET, &path, &Value::Null);
        let bodies = list.as_array().unwrap().iter().rev().map(|one| one["body"].as_str().unwrap());
        bodies.filter(|body| body.starts_with("<!-- stackstep-answer ")).map(str::to_owned).next().unwrap()
    }

    /// The reactions to a comment, sorted.
    fn reactions(&self, id: u64) -> Vec<String> {
        let path = format!("repos/{}/issues/comments/{id}/reactions", self.pull.repository);
        let list = self.pull.server.owner(Method::GET, &path, &Value::Null);
        let words = list.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned());
        let mut words: Vec<String> = words.collect();
        words.sort();
        words
    }

    fn kinds(&self) -> Vec<String> {
        ledger(&self.scene.root().join("state"), "dev")
    }

    /// A pull request whose head has another size of the thing, from a branch of `owner`'s repository.
    fn change(&self, token: &str, owner: &str) -> (u64, String) {
        let name = self.pull.repository.split('/').nth(1).unwrap();
        let ask = |method, path: &str, body: &Value| self.pull.server.with_token(token, method, path, body);
        let file = format!("repos/{owner}/{name}/contents/Pulumi.yaml");
        let there = ask(Method::GET, &file, &Value::Null);
        let body = json!({
            "content": BASE64_STANDARD.encode(PROGRAM.replace("size: 1", "size: 2")), "message": "More",
            "sha": there["sha"], "branch": "main", "new_branch": "more",
        });
        let made = ask(Method::PUT, &file, &body);
        let head = made["commit"]["sha"].as_str().unwrap().to_owned();
        let from = if owner == OWNER { "more".to_owned() } else { format!("{owner}:more") };
        let pull = json!({ "title": "More", "head": from, "base": "main" });
        let pull = ask(Method::POST, &format!("repos/{}/pulls", self.pull.repository), &pull);
        (pull["number"].as_u64().unwrap(), head)
    }
}

/// A server that hands on the events which it hears.
fn hear(sender: Sender<Value>) -> Server {
    let sender = Mutex::new(sender);
    Server::start(move |request, _| {
        if let Ok(event) = serde_json::from_str(&request.body) {
            // Nobody listens any more at the end of a test.
            let _ = sender.lock().unwrap().send(event);
        }
        Reply::Answer(200, Vec::new(), String::new())
    })
}

#[test]
#[ignore = "needs Gitea"]
fn who_may_write_gives_a_command_and_who_may_not_is_refused() {
    let talk = Talk::begin();
    let number = talk.pull.number;
    let said = talk.says(&talk.pull.server.bot, number, HOLD);
    talk.job(&said.event).ends_with(0).says("answered in the thread");
    assert_eq!(talk.kinds(), ["held"]);
    assert_eq!(talk.reactions(said.id), ["+1", "eyes"]);
    assert!(
        talk.answer(number).contains("nothing is deployed until it is released"),
        "{}",
        talk.answer(number)
    );
    // The job runs again: the command is answered already.
    talk.job(&said.event).ends_with(0).says("the command was answered already");
    let said = talk.says(&talk.pull.server.person, number, HOLD);
    let run = talk.job(&said.event).ends_with(73);
    run.says(&format!("`hold` takes the permission `write`, and `{PERSON}` has `read`"));
    assert_eq!(talk.reactions(said.id), ["-1", "eyes"]);
    assert!(talk.answer(number).contains("**Refused:**"), "{}", talk.answer(number));
    let run = talk.comment(&talk.pull.server.bot, "/stackstep release dev done").ends_with(73);
    run.says("`release` takes the permission `maintain`");
    let owner = talk.pull.server.token(OWNER, SCOPES);
    talk.comment(&owner, "/stackstep release dev done").ends_with(0).says("is released");
    assert_eq!(talk.kinds(), ["held", "released"]);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_comment_that_was_edited_is_no_command() {
    let talk = Talk::begin();
    let bot = &talk.pull.server.bot;
    let said = talk.says(bot, talk.pull.number, "/stackstep hold dev a word");
    let path = format!("repos/{}/issues/comments/{}", talk.pull.repository, said.id);
    talk.pull.server.owner(Method::PATCH, &path, &json!({ "body": HOLD }));
    talk.job(&said.event).ends_with(73).says("the comment was edited, and nobody knows by whom");
    let edited = talk.event(said.id, "edited");
    talk.job(&edited).ends_with(0).says("only a new comment is a command");
    assert!(talk.kinds().is_empty());
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_comment_on_an_issue_and_one_without_a_command_do_nothing() {
    let talk = Talk::begin();
    let issue = format!("repos/{}/issues", talk.pull.repository);
    let issue = talk.pull.server.owner(Method::POST, &issue, &json!({ "title": "An issue" }));
    let said = talk.says(&talk.pull.server.bot, issue["number"].as_u64().unwrap(), HOLD);
    talk.job(&said.event).ends_with(0).says("the comment is on an issue");
    talk.comment(&talk.pull.server.bot, "> /stackstep hold dev x").ends_with(0).says("has no command");
    assert!(talk.kinds().is_empty());
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_change_of_the_repository_is_previewed() {
    let talk = Talk::begin();
    let owner = talk.pull.server.token(OWNER, SCOPES);
    let (number, head) = talk.change(&owner, OWNER);
    let said = talk.says(&talk.pull.server.bot, number, "/stackstep preview");
    let run = talk.job(&said.event).ends_with(0);
    run.says(&format!("Commit `{}` is previewed", &head[..8])).says("1 to update");
    assert!(talk.answer(number).contains("is previewed"), "{}", talk.answer(number));
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_change_of_a_fork_is_previewed_at_the_commit_that_is_named_and_at_no_other() {
    let talk = Talk::begin();
    let server = talk.pull.server;
    server.with_token(
        &server.person,
        Method::POST,
        &format!("repos/{}/forks", talk.pull.repository),
        &json!({}),
    );
    let (number, head) = talk.change(&server.person, PERSON);
    let comment = |token: &str, body: &str| talk.job(&talk.says(token, number, body).event);
    let run = comment(&server.bot, "/stackstep preview").ends_with(73);
    run.says("comes from a fork")
        .says(&format!("`/stackstep preview {}`", &head[..12]))
        .never_says("to update");
    let run = comment(&server.bot, &format!("/stackstep preview {}", "0".repeat(12))).ends_with(73);
    run.says("is not the head of").never_says("to update");
    // Its author does not allow it.
    let allow = format!("/stackstep preview {}", &head[..12]);
    comment(&server.person, &allow).ends_with(73).says("`preview` takes the permission `write`");
    let run = comment(&server.bot, &allow).ends_with(0);
    run.says(&format!("Commit `{}` is previewed", &head[..8])).says("1 to update");
    assert!(talk.kinds().is_empty(), "a fork's change writes nothing");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_token_that_may_not_ask_what_others_may_do_is_a_refusal_that_says_so() {
    let talk = Talk::begin();
    let talk = Talk { scene: talk.scene.with("STACKSTEP_FORGE_TOKEN", &talk.pull.server.bot), ..talk };
    let run = talk.comment(&talk.pull.server.person, HOLD).ends_with(73);
    run.says("could not read what the author of the comment may do").says("has to administer the repository");
    assert!(talk.kinds().is_empty());
    shown();
}
