//! A CI system of the story: what its jobs are run for, and what became of them.

use std::path::Path;

use crate::harness::engine::Engine;
use crate::real::running::Running;
use crate::support::forge::Fake;

/// What happens in the repository, for which a system runs its jobs.
#[derive(Debug, Clone)]
pub enum Event {
    /// The change request has a new head.
    Change { head: String },
    /// Change request 7, with this head, was closed.
    Closed { head: String },
    /// The schedule of the default branch is due.
    Schedule,
    /// The default branch has a new head.
    Push,
    /// A tag is there.
    Tag(&'static str),
    /// Somebody starts a job whose step is a line of a shell: `stackstep …`. It is one of the default branch, or of change
    /// request 7 with this head.
    Line { who: &'static str, line: String, of_change: Option<String> },
    /// Somebody starts the deployment of the default branch once more, with this text as the input `approval`.
    Approved { approval: String },
    /// Change request 7 has a new comment, with this id and text.
    Comment { id: u64, text: String },
}

/// A CI system, with a machine for its jobs.
pub trait System {
    /// The machine's folder: `repository` is the checkout, `home` the person's, `state` the backend.
    fn folder(&self) -> &Path;

    /// The engine of its jobs.
    fn engine(&self) -> Engine;

    /// Change request 7 in the words of its forge.
    fn change_request(&self) -> &'static str;

    /// Runs the jobs of an event on what is checked out.
    fn run(&self, event: &Event, forge: &Fake) -> Ran;

    /// Starts them, and does not wait for their end.
    fn start(&self, event: &Event, forge: &Fake) -> Running;
}

/// What became of the jobs of an event.
#[derive(Debug)]
pub struct Ran {
    /// Whether the system calls them successful.
    pub passed: bool,
    /// The exit status of stackstep that the system shows for the job that failed.
    pub status: Option<u8>,
    /// What people read.
    pub log: String,
}

impl Ran {
    /// Asserts that all jobs have passed.
    #[track_caller]
    pub fn passes(self) -> Self {
        assert!(self.passed, "{}", self.log);
        self
    }

    /// Asserts that a job has failed with this exit status of stackstep.
    #[track_caller]
    pub fn fails_with(self, status: u8) -> Self {
        assert!(!self.passed && self.status == Some(status), "{:?}: {}", self.status, self.log);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.log.contains(words), "`{words}` is not in:\n{}", self.log);
        self
    }

    #[track_caller]
    pub fn never_says(self, words: &str) -> Self {
        assert!(!self.log.contains(words), "`{words}` is in:\n{}", self.log);
        self
    }
}

/// The number that follows one of these words, where one does.
pub fn number_behind(words: &str, log: &str) -> Option<u8> {
    log.split(words).skip(1).find_map(|rest| rest.split_whitespace().next()?.parse().ok())
}
