//! What was found out for a run, step by step, with the findings on the way.

use crate::admit::trust::TrustVerdict;
use crate::base::env::Env;
use crate::base::error::Error;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::ci::{CiSystem, Context};
use crate::engine::install::version::Demand;
use crate::inputs::{Inputs, OuterInputs, Resolved};
use crate::pulumi::backend::Backend;
use crate::pulumi::project::Project;
use crate::pulumi::stack::StackName;

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

/// What is known of a run. A part is none as long as its step has not been taken, or has failed.
pub struct Prepared<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// What the job is about.
    pub context: Context,
    /// The inputs from outside of files.
    pub outer: Option<OuterInputs>,
    /// Whose the files of the work folder are.
    pub standing: Standing,
    /// Where a stranger may have written.
    pub ground: Ground,
    /// The verdict on the run, as far as no file is needed for it.
    pub verdict: Option<TrustVerdict>,
    /// All inputs.
    pub resolved: Option<Resolved>,
    /// All inputs as types.
    pub inputs: Option<Inputs>,
    /// The Pulumi version that the inputs require, and the input or file that says so.
    pub demand: Option<(Demand, String)>,
    /// The project.
    pub project: Option<Project>,
    /// The stack.
    pub stack: Option<StackName>,
    /// The variables of `env-file`.
    pub file_variables: Vec<(String, String)>,
    /// Flags of the engine in variables that it does not get.
    pub not_for_the_engine: Vec<String>,
    /// Where the state lies.
    pub backend: Option<Backend>,
    /// The name of the stack's configuration file, if it should be in the checkout and is not.
    pub missing_stack_file: Option<String>,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}
