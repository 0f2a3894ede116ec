//! A wrapper as its CI system runs it: the wrapper's own script or launcher, in that system's documented environment.
//!
//! One file a system. What the systems have to agree on is in `conformance.rs`, what no value may do in
//! `injection.rs`; both know nothing of a system but this.

pub mod azure;
pub mod circleci;
pub mod cloud_build;
pub mod codebuild;
pub mod codefresh;
pub mod engine;
pub mod fleet;
mod github;
pub mod gitlab;
pub mod jenkins;
pub mod machine;
pub mod mapped;
pub mod travis;
mod woodpecker;

use engine::Engine;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The wrappers.
pub static WRAPPERS: &[&dyn Wrapper] = &[
    &github::GitHub,
    &azure::Task,
    &gitlab::GitLab { shell: "bash" },
    &circleci::CircleCi,
    &travis::Travis,
    &cloud_build::CloudBuild,
    &codebuild::CodeBuild,
    &codefresh::Codefresh,
    &jenkins::Jenkins,
    &woodpecker::Woodpecker,
];

/// What started the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A push to the default branch.
    Push,
    /// A change request from a branch of the same repository.
    ChangeRequest,
    /// A change request from a fork.
    Fork,
    /// A change request that a program made.
    Bot,
    /// What a merge queue is about to merge.
    MergeQueue,
    /// A tag.
    Tag,
    /// A clock.
    Schedule,
    /// The run of a push once more.
    Rerun,
}

impl Event {
    /// The fixture of most systems for it.
    pub fn usual_case(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::ChangeRequest => "pull-request",
            Self::Fork => "pull-request-fork",
            Self::Bot => "pull-request-bot",
            Self::MergeQueue => "merge-queue",
            Self::Tag => "tag",
            Self::Schedule => "schedule",
            Self::Rerun => "re-run",
        }
    }
}

/// Whom a system signals when a person cancels a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The process that it started.
    Entry,
    /// That process and all below it.
    Group,
    /// That process and all below it one by one, the youngest first, in whatever group or session they are.
    Each,
    /// Nobody: everything is gone at once.
    Nobody,
}

/// How one executor of a system ends a job that a person cancels.
#[derive(Debug, Clone, Copy)]
pub struct Cancel {
    /// Which one, where a system has several.
    pub executor: &'static str,
    /// The signals in their order.
    pub signals: &'static [&'static str],
    /// Whom they reach.
    pub whom: Whom,
}

/// One CI system's wrapper.
pub trait Wrapper: Sync {
    /// The system's name, as in the result's `ci.name`.
    fn system(&self) -> &'static str;

    /// Why there is no such event here. None when there is.
    fn lacks(&self, _event: Event) -> Option<&'static str> {
        None
    }

    /// The process that the system starts for the step: the wrapper's own script or launcher, with `inputs` handed
    /// over in the system's way, in the folder and with the whole environment that the system documents for `event`,
    /// and nothing else but what [`Place::environment`] has.
    ///
    /// A wrapper that is several steps of the system is one shell that runs them as the system does.
    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command;

    /// What a later step sees of the step's outputs, under the table's own names (`status`, `has-changes`) and the
    /// stack outputs' names, whatever the system makes of them.
    fn outputs(&self, place: &Place, log: &str) -> BTreeMap<String, String>;

    /// The exit status that the system sees, of a process that ended with `status`; most look at nothing else.
    fn exit_status(&self, status: Option<i32>, _log: &str) -> Option<i32> {
        status
    }

    /// The inputs that the wrapper itself has refused, where it names all of them at once: a test need not find them.
    fn refused(&self, _place: &Place, _inputs: &[(&str, &str)]) -> Vec<String> {
        Vec::new()
    }

    /// How a cancelled job is ended, with the vendor's link in the code: a row for each executor that does it in a way of
    /// its own.
    fn cancel(&self) -> &'static [Cancel];
}

/// A machine of the CI system's: a repository with the program, a home, a backend.
pub struct Place {
    folder: tempfile::TempDir,
    binary: PathBuf,
    engine: Engine,
}

impl Place {
    /// A fresh one, in which `binary` is what wrappers start (`STACKSTEP_BIN`).
    pub fn new(binary: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "state", "temporary", "repository"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, binary: binary.to_owned(), engine: Engine::Sandbox }
    }

    /// With this engine on the PATH.
    pub fn with(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// The checkout, which is the folder that steps run in.
    pub fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// The folder for temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("temporary")
    }

    /// A file or folder beside the checkout.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What every system's job gets from a person's settings: PATH, HOME, the backend, the passphrase.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let text = |path: PathBuf| path.display().to_string();
        BTreeMap::from([
            ("PATH".to_owned(), self.engine.path().into_string().unwrap()),
            ("HOME".to_owned(), text(self.beside("home"))),
            ("STACKSTEP_BIN".to_owned(), text(self.binary.clone())),
            ("PULUMI_HOME".to_owned(), text(self.beside("home/pulumi"))),
            ("PULUMI_BACKEND_URL".to_owned(), format!("file://{}", text(self.beside("state")))),
            ("PULUMI_CONFIG_PASSPHRASE".to_owned(), "a passphrase".to_owned()),
        ])
    }
}

/// The environment of a case in `tests/fixtures/ci`.
pub fn fixture(system: &str, case: &str) -> BTreeMap<String, String> {
    let path = crate::tools::root().join(format!("tests/fixtures/ci/{system}/{case}.env"));
    let text = std::fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
