//! A repository on the forge with a pull request, and what people do there.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stackstep::base::http::Method;

use super::server::{BOT, Gitea, OWNER, gitea};

/// A pull request from `feature/a b`, in a repository of its own.
pub struct Pull {
    pub server: &'static Gitea,
    /// `owner/name`.
    pub repository: String,
    pub number: u64,
    /// The commit at its head.
    pub head: String,
}

/// The branch that it comes from.
pub const BRANCH: &str = "feature/a+b";

/// A comment as the forge has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub id: u64,
    pub author: String,
    pub body: String,
}

impl Pull {
    /// Opens one.
    pub fn open() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let server = gitea();
        let name = format!("shop-{}", LAST.fetch_add(1, Ordering::Relaxed) + 1);
        let repository = format!("{OWNER}/{name}");
        server.owner(
            Method::POST,
            "user/repos",
            &json!({ "name": name, "auto_init": true, "default_branch": "main", "private": false }),
        );
        let bot = json!({ "permission": "write" });
        server.owner(Method::PUT, &format!("repos/{repository}/collaborators/{BOT}"), &bot);
        let file = json!({
            "content": BASE64_STANDARD.encode("name: hello\n"), "message": "A second bucket",
            "new_branch": BRANCH,
        });
        let path = format!("repos/{repository}/contents/Pulumi.yaml");
        let made = server.owner(Method::POST, &path, &file);
        let head = made["commit"]["sha"].as_str().unwrap().to_owned();
        let pull = json!({ "title": "A second bucket", "head": BRANCH, "base": "main" });
        let pull = server.owner(Method::POST, &format!("repos/{repository}/pulls"), &pull);
        Self { server, repository, number: pull["number"].as_u64().unwrap(), head }
    }

    /// The comments, the oldest first.
    pub fn comments(&self) -> Vec<Comment> {
        let path = self.path(&format!("issues/{}/comments", self.number));
        let list = self.server.owner(Method::GET, &path, &Value::Null);
        let read = |comment: &Value| Comment {
            id: comment["id"].as_u64().unwrap(),
            author: comment["user"]["login"].as_str().unwrap().to_owned(),
            body: comment["body"].as_str().unwrap().to_owned(),
        };
        list.as_array().unwrap().iter().map(read).collect()
    }

    /// Those that stackstep wrote.
    pub fn ours(&self) -> Vec<Comment> {
        self.comments().into_iter().filter(|comment| comment.author == BOT).collect()
    }

    /// The only one that stackstep wrote.
    #[track_caller]
    pub fn only(&self) -> Comment {
        let ours = self.ours();
        assert_eq!(ours.len(), 1, "{ours:#?}");
        ours.into_iter().next().unwrap()
    }

    /// A comment by the holder of `token`.
    pub fn write(&self, token: &str, body: &str) {
        let path = self.path(&format!("issues/{}/comments", self.number));
        self.server.with_token(token, Method::POST, &path, &json!({ "body": body }));
    }

    /// Deletes a comment.
    pub fn delete(&self, comment: &Comment) {
        let path = self.path(&format!("issues/comments/{}", comment.id));
        self.server.owner(Method::DELETE, &path, &Value::Null);
    }

    /// Closes the pull request.
    pub fn close(&self) {
        let path = self.path(&format!("pulls/{}", self.number));
        self.server.owner(Method::PATCH, &path, &json!({ "state": "closed" }));
    }

    /// Keeps people from commenting.
    pub fn lock(&self) {
        let path = self.path(&format!("issues/{}/lock", self.number));
        self.server.owner(Method::PUT, &path, &json!({ "lock_reason": "Resolved" }));
    }

    /// Merges it by a merge commit, and tells that commit.
    pub fn merge(&self) -> String {
        let path = self.path(&format!("pulls/{}", self.number));
        // It looks for conflicts first, in the background, and again after a push to the target: until it has, it
        // refuses for now.
        let merge = format!("{path}/merge");
        let is_merged =
            || self.server.owner_may(Method::POST, &merge, &json!({ "Do": "merge" }), &[405, 409]).is_some();
        while !is_merged() {}
        loop {
            let pull = self.server.owner(Method::GET, &path, &Value::Null);
            if let Some(commit) = pull["merge_commit_sha"].as_str() {
                return commit.to_owned();
            }
        }
    }

    /// The statuses of its head.
    pub fn statuses(&self) -> Vec<Value> {
        let path = self.path(&format!("commits/{}/statuses", self.head));
        self.server.owner(Method::GET, &path, &Value::Null).as_array().unwrap().clone()
    }

    fn path(&self, rest: &str) -> String {
        format!("repos/{}/{rest}", self.repository)
    }
}
