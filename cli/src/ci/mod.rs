//! Where stackstep runs: one file a CI system, pure and synchronous.
//!
//! A CI system tells what the job is about ([`Context`]), hands over the step's inputs, and has its own ways to
//! show things: groups, masks, annotations, outputs, a summary page. It never comments on a change request: that
//! is a forge's work, and the two are separate (CircleCI builds GitHub repositories too).

mod github;
mod local;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::env::Env;

/// The systems, in the order they are asked; the last one is always there.
static SYSTEMS: &[&dyn CiSystem] = &[&github::GitHubActions, &local::Local];

/// The system that `env` is of.
pub fn detect(env: &Env) -> &'static dyn CiSystem {
    SYSTEMS.iter().copied().find(|system| system.detect(env)).unwrap_or(&local::Local)
}

/// What the job is about. A field that the system does not tell is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// `owner/name`.
    pub repository: Option<String>,
    /// The commit that was written by a person: of a change request its head, never a merge commit.
    pub commit: Option<String>,
    /// The branch; of a change request its source.
    pub branch: Option<String>,
    /// The change request's number.
    pub change_request: Option<u64>,
    /// The page of this run.
    pub build_url: Option<String>,
    /// What started the run, in the system's own word.
    pub event: Option<String>,
    /// Whether everybody can read the repository.
    pub public: Option<bool>,
}

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Worth a look.
    Warning,
    /// Failed.
    Error,
}

/// A value for the steps after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Text to be added to a file of the CI system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The file.
    pub path: PathBuf,
    /// What to add.
    pub text: String,
}

/// One CI system.
pub trait CiSystem: Sync {
    /// Its name, as in the result: `github-actions`.
    fn name(&self) -> &'static str;

    /// Whether `env` is of a job of this system.
    fn detect(&self, env: &Env) -> bool;

    /// What the job is about.
    fn context(&self, env: &Env) -> Context;

    /// The input `name` of the step, where the system has a way of its own to hand inputs over, with the variable
    /// that it came in.
    fn step_input<'e>(&self, _env: &'e Env, _name: &str) -> Option<(String, &'e str)> {
        None
    }

    /// The folder for files that later steps may read and that go with the job.
    fn temporary_folder(&self, _env: &Env) -> Option<PathBuf> {
        None
    }

    /// How long a cancelled engine may finish what it began, so that the report is out before the job is killed.
    fn grace_period(&self) -> Duration;

    /// Whether a job's standard output and standard error end up in one log.
    fn one_stream(&self) -> bool {
        true
    }

    /// Variables of this system that hold a secret.
    fn secret_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// Variables that tell the engine where it runs, where it can't see that itself.
    fn tell_engine(&self, _env: &Env) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Beginnings of variables of this system that are none of the engine's business.
    fn strip_from_engine(&self) -> &'static [&'static str] {
        &[]
    }

    /// The lines that open a folded group of the log.
    fn group(&self, title: &str) -> String;

    /// The lines that close it.
    fn end_group(&self) -> String;

    /// Lines that make the system hide `secret` in what follows. Empty where it can't.
    fn mask(&self, _secret: &str) -> String {
        String::new()
    }

    /// Lines before foreign output, so that nothing in it is taken for a command; the token must not be guessable.
    fn begin_foreign(&self, _token: &str) -> String {
        String::new()
    }

    /// Lines after it.
    fn end_foreign(&self, _token: &str) -> String {
        String::new()
    }

    /// The lines of an annotation.
    fn annotation(&self, level: Level, title: &str, message: &str) -> String;

    /// Whether annotations show elsewhere than in the log, so that what the log says anyway is worth repeating.
    fn shows_annotations(&self) -> bool {
        true
    }

    /// Whether later steps can have outputs of this one.
    fn takes_outputs(&self, env: &Env) -> bool {
        self.outputs(env, &[], &mut String::new).is_some()
    }

    /// Why `name` can't be the name of an output here. None when it can.
    fn refuses_output_name(&self, _name: &str) -> Option<&'static str> {
        None
    }

    /// Whether two names that differ in case only are one output here.
    fn output_names_ignore_case(&self) -> bool {
        false
    }

    /// How `outputs` reach later steps. `random` makes delimiters: 32 fresh characters a call.
    fn outputs(
        &self,
        _env: &Env,
        _outputs: &[Output],
        _random: &mut dyn FnMut() -> String,
    ) -> Option<Append> {
        None
    }

    /// The job's summary page and how many bytes of it this step may fill.
    fn summary(&self, _env: &Env) -> Option<(PathBuf, usize)> {
        None
    }
}
