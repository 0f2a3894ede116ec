//! The repository with its pull requests on the forge, and the checkouts and the backend of their jobs.

use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stackstep::base::http::Method;
use stackstep::lifecycle::{RepositoryIdentity, ReviewName};

use super::super::server::{BOT, Gitea, OWNER, gitea};
use crate::real::stage;
use crate::support::Scene;
use crate::support::checkout::Checkout;

/// The label without which a pull request has no stack, and the one that keeps it.
pub const LABEL: &str = "preview-environment";

/// The passphrase of review stacks.
pub const PASSPHRASE: &str = "the passphrase of review stacks";

/// A program whose stack holds nothing but itself and its output: the commit of the job that has deployed it.
pub const PROGRAM: &str = "name: shop\nruntime: yaml\nconfig: { commit: { type: string, default: none } }\noutputs: { commit: \"${commit}\" }\n";

/// A pull request as the forge has it.
pub struct Request {
    pub is_open: bool,
    pub head: String,
    pub has_label: bool,
}

/// A repository, its backend, and folders for the jobs.
pub struct Shop {
    pub server: &'static Gitea,
    /// `owner/name`.
    pub repository: String,
    /// The forge's id of it.
    pub id: String,
    pub scene: Scene,
    label: u64,
}

impl Shop {
    /// A repository without pull requests.
    pub fn begin(name: &str) -> Self {
        let shop = Self::repository(name, Scene::empty());
        shop.write("Pulumi.yaml", PROGRAM);
        shop.write("Pulumi.staging.yaml", "config: {}\n");
        shop.clone_it();
        shop
    }

    /// Another repository of the same project, with the same backend.
    pub fn beside(&self, name: &str) -> Self {
        let state = self.scene.root().join("state");
        let scene = Scene::empty().with("PULUMI_BACKEND_URL", &format!("file://{}", state.display()));
        let other = Self::repository(name, scene);
        other.write("Pulumi.yaml", PROGRAM);
        other.write("stackstep.yaml", "review: { from: staging }\n");
        other.clone_it();
        other
    }

    fn repository(name: &str, scene: Scene) -> Self {
        let server = gitea();
        let ask = |method, path: &str, body: &Value| server.owner(method, path, body);
        let body = json!({ "name": name, "auto_init": true, "default_branch": "main", "private": false });
        let made = ask(Method::POST, "user/repos", &body);
        let repository = format!("{OWNER}/{name}");
        let write = json!({ "permission": "write" });
        ask(Method::PUT, &format!("repos/{repository}/collaborators/{BOT}"), &write);
        let label = json!({ "name": LABEL, "color": "#00aabb" });
        let label = ask(Method::POST, &format!("repos/{repository}/labels"), &label);
        let scene = scene.with("PATH", stage::path().to_str().unwrap());
        let (id, label) = (made["id"].to_string(), label["id"].as_u64().unwrap());
        Self { server, repository, id, scene, label }
    }

    fn clone_it(&self) {
        let url = format!("{}/{}.git", self.server.url, self.repository);
        let clone = self.folder("clone");
        Checkout::of(&self.scene.root()).git(&["clone", "-q", &url, &clone.display().to_string()]);
        // The same for whoever sweeps as for whoever deploys.
        for name in ["first", "second", "killed", "one", "other"] {
            let folder = self.folder(name).display().to_string();
            Checkout::of(&clone).git(&["worktree", "add", "-q", "--detach", &folder, "origin/main"]);
        }
    }

    /// Writes a file on the default branch.
    pub fn write(&self, path: &str, text: &str) {
        let body = json!({ "content": BASE64_STANDARD.encode(text), "message": path, "branch": "main" });
        self.ask(Method::POST, &format!("contents/{path}"), &body);
    }

    /// What the owner asks for about the repository.
    #[track_caller]
    pub fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        self.server.owner(method, &format!("repos/{}/{path}", self.repository), body)
    }

    /// A folder of its own, such as one of the checkouts.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.scene.root().join(name)
    }

    /// Brings what was pushed to the checkouts.
    pub fn fetch(&self) {
        Checkout::of(&self.folder("clone")).git(&["fetch", "-q", "--prune", "origin"]);
    }

    /// The commit of the default branch.
    pub fn main(&self) -> String {
        Checkout::of(&self.folder("clone")).git(&["rev-parse", "origin/main"])
    }

    /// The name of a pull request's own stack.
    pub fn stack(&self, number: u64) -> String {
        let host = self.server.url.strip_prefix("http://").unwrap();
        let repository = RepositoryIdentity::from_id(host, &self.id).unwrap();
        ReviewName::for_request(&repository, "shop", number).unwrap().to_string()
    }

    /// Commits a file to a new branch, and opens a pull request from it. Returns its number.
    pub fn open(&self, branch: &str, path: &str, text: &str) -> u64 {
        let body =
            json!({ "content": BASE64_STANDARD.encode(text), "message": branch, "new_branch": branch });
        let there = path == "Pulumi.yaml";
        let body = if there { self.with_sha(body, path, "main") } else { body };
        let method = if there { Method::PUT } else { Method::POST };
        self.ask(method, &format!("contents/{path}"), &body);
        let pull = json!({ "title": format!("A change of {branch}"), "head": branch, "base": "main" });
        let number = self.ask(Method::POST, "pulls", &pull)["number"].as_u64().unwrap();
        self.fetch();
        number
    }

    /// Commits a file to the branch of a pull request.
    pub fn push(&self, branch: &str, path: &str, text: &str) {
        let body = json!({ "content": BASE64_STANDARD.encode(text), "message": text, "branch": branch });
        let body = self.with_sha(body, path, branch);
        self.ask(Method::PUT, &format!("contents/{path}"), &body);
        self.fetch();
    }

    fn with_sha(&self, mut body: Value, path: &str, branch: &str) -> Value {
        let there = self.ask(Method::GET, &format!("contents/{path}?ref={branch}"), &Value::Null);
        body["sha"] = there["sha"].clone();
        body["branch"] = json!(branch);
        body
    }

    /// Opens or closes a pull request.
    pub fn set_open(&self, number: u64, open: bool) {
        let state = if open { "open" } else { "closed" };
        self.ask(Method::PATCH, &format!("pulls/{number}"), &json!({ "state": state }));
    }

    /// Sets or takes away the label.
    pub fn set_label(&self, number: u64, set: bool) {
        let path = format!("issues/{number}/labels");
        if set {
            self.ask(Method::POST, &path, &json!({ "labels": [self.label] }));
        } else {
            self.ask(Method::DELETE, &format!("{path}/{}", self.label), &Value::Null);
        }
    }

    /// A pull request, as the forge has it now.
    pub fn request(&self, number: u64) -> Request {
        let pull = self.ask(Method::GET, &format!("pulls/{number}"), &Value::Null);
        let labels = pull["labels"].as_array().cloned().unwrap_or_default();
        Request {
            is_open: pull["state"] == "open",
            head: pull["head"]["sha"].as_str().unwrap().to_owned(),
            has_label: labels.iter().any(|label| label["name"] == LABEL),
        }
    }

    /// The comments on a pull request that warn of its stack's end.
    pub fn warnings(&self, number: u64) -> Vec<String> {
        let bodies = self.comments(number).into_iter().map(|(_, body)| body);
        bodies.filter(|body| body.contains("stackstep-expiry")).collect()
    }

    /// The comments on a pull request, each with its id.
    pub fn comments(&self, number: u64) -> Vec<(u64, String)> {
        let comments = self.ask(Method::GET, &format!("issues/{number}/comments"), &Value::Null);
        let read = |comment: &Value| {
            (comment["id"].as_u64().unwrap(), comment["body"].as_str().unwrap_or_default().to_owned())
        };
        comments.as_array().unwrap().iter().map(read).collect()
    }

    /// Merges a pull request.
    pub fn merge(&self, number: u64) {
        let path = format!("repos/{}/pulls/{number}/merge", self.repository);
        // It looks for conflicts first, in the background: until it has, it refuses for now.
        let merge = json!({ "Do": "merge" });
        while self.server.owner_may(Method::POST, &path, &merge, &[405, 409]).is_none() {}
        self.fetch();
    }

    /// The titles of the issues.
    pub fn issues(&self) -> Vec<String> {
        let issues = self.ask(Method::GET, "issues?type=issues&state=all&limit=50", &Value::Null);
        issues.as_array().unwrap().iter().map(|issue| issue["title"].as_str().unwrap().to_owned()).collect()
    }

    /// The Pulumi CLI, as a person runs it by hand in a checkout of the default branch.
    #[track_caller]
    pub fn by_hand(&self, line: &str) {
        let mut command: Command = self.scene.other("pulumi");
        command.args(line.split(' ')).arg("--non-interactive").current_dir(self.folder("one"));
        command.env("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE);
        let output = crate::support::output(command.stdin(std::process::Stdio::null()));
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
