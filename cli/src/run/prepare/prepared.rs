//! The values that the preparation has found for a run, step by step, and its findings.

use std::path::{Path, PathBuf};

use crate::admit::trust::TrustVerdict;
use crate::base::env::Env;
use crate::base::error::Error;
use crate::base::git;
use crate::checks::Checks;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::ci::{CiSystem, Context};
use crate::engine::install::version::Demand;
use crate::engine::job::{DriftAsk, InstallTurns, ReviewRun, Rollback, StillWanted};
use crate::engine::row_run::RowRun;
use crate::inputs::{Inputs, OuterInputs, Resolved};
use crate::pulumi::backend::Backend;
use crate::pulumi::project::Project;
use crate::pulumi::stack::StackName;
use crate::rules::Rules;

/// A message for the person.
#[derive(Debug)]
pub enum Finding {
    /// A run can't go on.
    Error(Error),
    /// A run can go on, and people should look at this.
    Warning(String),
    /// A line of the log.
    Note(String),
}

/// The values that are known of a run. Each is none until its step was taken without an error.
pub struct Prepared<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The job's change request, branch, commit and so on, as the CI system tells them.
    pub context: Context,
    /// The inputs from outside of files.
    pub outer: Option<OuterInputs>,
    /// The owner of the files in the work folder: the repository, a stranger, or nobody knows.
    pub standing: Standing,
    /// The folders that a stranger may have written to.
    pub ground: Ground,
    /// The verdict on the run, by everything but files.
    pub verdict: Option<TrustVerdict>,
    /// All inputs.
    pub resolved: Option<Resolved>,
    /// All inputs as types.
    pub inputs: Option<Inputs>,
    /// The checks after a deployment.
    pub checks: Checks,
    /// The Pulumi version that the inputs require, and the input or file that says so.
    pub demand: Option<(Demand, String)>,
    /// The project.
    pub project: Option<Project>,
    /// The stack.
    pub stack: Option<StackName>,
    /// The rules that the changes have to pass.
    pub rules: Rules,
    /// The variables of `env-file`.
    pub file_variables: Vec<(String, String)>,
    /// Variables that the engine does not get, because they are flags for it.
    pub not_for_the_engine: Vec<String>,
    /// The backend with the stack's state.
    pub backend: Option<Backend>,
    /// The name of the stack's configuration file, if it should be in the checkout and is not.
    pub missing_stack_file: Option<String>,
    /// The rollback that the run is.
    pub rollback: Option<Rollback>,
    /// The run of a change request's own stack that it is.
    pub review: Option<ReviewRun>,
    /// The run of a stack that a row makes.
    pub row: Option<&'a RowRun>,
    /// Whoever knows whether the run is still wanted when its operation begins.
    pub wanted: Option<&'a dyn StillWanted>,
    /// The look for drift that the run is.
    pub drift: Option<&'a DriftAsk>,
    /// The turns of the installs, if other runs are beside it.
    pub installs: Option<&'a InstallTurns>,
    /// The verb that runs no program, if it is prepared for one.
    pub verb: Option<&'a str>,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

impl Prepared<'_> {
    /// The work folder: the one that the inputs name, else the process's.
    pub fn folder(&self) -> &Path {
        self.outer.as_ref().map_or_else(|| self.env.cwd(), |outer| outer.folder.as_path())
    }

    /// The top folder of the repository around the work folder; the work folder itself without one.
    pub fn top(&self) -> PathBuf {
        git::top(self.folder()).unwrap_or_else(|| self.folder().to_owned())
    }

    /// Whether the work folder is that of a project, or lies in one; also if its file can't be read.
    pub fn is_in_a_project(&self) -> bool {
        !matches!(Project::find(self.folder()), Ok(None))
    }
}
