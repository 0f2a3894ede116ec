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
    /// The change request that it is on; none if it is on all of them.
    pub on: Option<u64>,
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
    /// The files that it changes.
    pub files: Vec<Changed>,
    /// When it was closed or merged.
    pub closed_at: String,
    pub labels: Vec<String>,
    /// Whether it changes one more, which the forge does not list.
    pub has_more_files: bool,
}

/// A file that a change request changes.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "the runners' change requests have none")]
pub enum Changed {
    Added(&'static str),
    Modified(&'static str),
    Removed(&'static str),
    /// From one path to another.
    Renamed(&'static str, &'static str),
}

impl Changed {
    /// How it changes in GitHub's words, its path before, and its path afterwards.
    pub fn parts(&self) -> (&'static str, Option<&'static str>, Option<&'static str>) {
        match *self {
            Self::Added(path) => ("added", None, Some(path)),
            Self::Modified(path) => ("modified", Some(path), Some(path)),
            Self::Removed(path) => ("removed", Some(path), None),
            Self::Renamed(old, new) => ("renamed", Some(old), Some(new)),
        }
    }
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
            files: Vec::new(),
            closed_at: "2026-11-21T10:00:00Z".into(),
            labels: vec!["infra".into()],
            has_more_files: false,
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

/// An issue as it is kept.
#[derive(Debug, Clone)]
pub struct StoredIssue {
    pub title: String,
    pub body: String,
    /// Who opened it.
    pub author: String,
    /// Whether somebody has deleted it.
    pub deleted: bool,
    /// Who closed it last; none while it is open.
    pub closed_by: Option<String>,
    pub comments: Vec<String>,
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
    /// What the ledger of a stack beside a database has written, the oldest first.
    pub records: Vec<Value>,
    /// The issues: the first one is number 1.
    pub issues: Vec<StoredIssue>,
    /// What happens right after the next issue was opened, before its answer: another run that is as fast.
    pub after_opening: Option<StoredIssue>,
    /// Whether the token may open no issue.
    pub refuses_issues: bool,
    /// Whether the connection breaks after the next issue was opened, before its answer.
    pub cuts_issues: bool,
    /// Who started the job in GitLab CI.
    pub started_by: Option<String>,
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

    /// The change request with this number.
    pub fn pull(&self, number: &str) -> Option<&Pull> {
        self.pulls.iter().find(|pull| pull.number.to_string() == number)
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
            on: None,
        });
        self.last
    }

    /// The comments by us that are not hidden.
    pub fn ours(&self) -> Vec<&Stored> {
        self.comments.iter().filter(|one| one.author == ME && !one.hidden).collect()
    }
}
