//! What a forge in memory keeps: comments, change requests, statuses, deployments.

use serde_json::Value;

use super::{HEAD, ME, NUMBER, reads};

/// A comment as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub id: u64,
    pub author: String,
    pub body: String,
    pub hidden: bool,
    /// When it was first written.
    pub created: String,
    /// When it was last written.
    pub at: String,
}

/// A change request as it is kept.
#[derive(Debug, Clone)]
pub struct Pull {
    pub number: u64,
    pub state: State,
    pub branch: String,
    pub head: String,
    /// The commits that it is found by.
    pub commits: Vec<String>,
    pub fork: bool,
    pub locked: bool,
    /// The branch that it is to be merged into.
    pub target: String,
    /// Who opened it.
    pub author: String,
    /// The commit that merged it.
    pub merge_commit: Option<String>,
}

impl Default for Pull {
    fn default() -> Self {
        Self {
            number: NUMBER,
            state: State::Open,
            branch: "feature/a b".into(),
            head: HEAD.into(),
            commits: Vec::new(),
            fork: false,
            locked: false,
            target: "main".into(),
            author: "ada".into(),
            merge_commit: None,
        }
    }
}

/// Open, merged or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Merged,
    Closed,
}

/// What the forge keeps.
#[derive(Debug, Default)]
pub struct Memory {
    pub comments: Vec<Stored>,
    pub pulls: Vec<Pull>,
    pub statuses: Vec<Value>,
    /// Checks, in the order in which they were set; none where the token may not.
    pub checks: Option<Vec<Value>>,
    pub deployments: Vec<Value>,
    /// Reactions to comments: the comment's id, and the vendor's word.
    pub reactions: Vec<(u64, String)>,
    /// What people are told of: a comment that is new.
    pub notifications: usize,
    /// What is only read: reviews, files, history, protection.
    pub shown: reads::Shown,
    pub(super) last: u64,
    /// The minutes that have passed on the forge's own clock.
    pub(super) minutes: u64,
}

impl Memory {
    /// The time of what happens now, which is later than that of all before.
    pub fn now(&mut self) -> String {
        self.minutes += 1;
        format!("2026-11-21T{:02}:{:02}:00Z", self.minutes / 60, self.minutes % 60)
    }

    /// Adds a comment.
    pub fn write(&mut self, author: &str, body: &str) -> u64 {
        self.last += 1;
        self.notifications += 1;
        let at = self.now();
        self.comments.push(Stored {
            id: self.last,
            author: author.to_owned(),
            body: body.to_owned(),
            hidden: false,
            created: at.clone(),
            at,
        });
        self.last
    }

    /// The comments by us that are not hidden.
    pub fn ours(&self) -> Vec<&Stored> {
        self.comments.iter().filter(|one| one.author == ME && !one.hidden).collect()
    }
}
