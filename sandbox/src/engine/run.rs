//! What is run: program, options, and who keeps what it leads to.

use crate::engine::event::{Outcome, Pack};
use crate::engine::plan::Plan;
use crate::engine::step::Op;
use crate::engine::target::Targets;
use crate::faults::{Faults, PolicyPack};
use crate::program::config::Settings;
use crate::program::diagnostic::Diagnostic;
use crate::program::template::Template;
use crate::state::Snapshot;
use crate::state::StackRef;
use crate::state::time::Moment;
use crate::value::{Properties, UNKNOWN};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Update,
    Refresh,
    Destroy,
}

/// How a run goes about it.
#[derive(Debug, Default)]
pub struct Options {
    /// Refresh the state first.
    pub refresh: bool,
    /// A destruction runs the program.
    pub run_program: bool,
    /// Only these.
    pub targets: Targets,
    /// All but these.
    pub excludes: Targets,
    /// These are replaced.
    pub replaces: Targets,
    /// Targets bring their dependents.
    pub target_dependents: bool,
    /// The excluded bring their dependents.
    pub exclude_dependents: bool,
    /// Protected resources can be deleted.
    pub ignore_protect: bool,
    /// A failure does not end the run.
    pub continue_on_error: bool,
    /// How many operations may be under way.
    pub parallel: usize,
    /// The plan that the update is held to, or the preview fills.
    pub plan: Option<Plan>,
}

/// A program, ready to run.
#[derive(Debug, Default)]
pub struct Program {
    /// The project's name.
    pub name: String,
    /// The text of the project file.
    pub source: String,
    /// What it says.
    pub template: Template,
    /// What is wrong with how it says it.
    pub broken: Vec<Diagnostic>,
    /// The configuration by full names.
    pub settings: Settings,
    /// The outputs that the program asks for, by the names that resources have in the stack.
    pub wanted: BTreeMap<String, Vec<String>>,
}

/// Everything that a run is given.
pub struct Run<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Whether nothing is to happen.
    pub preview: bool,
    /// How it goes about it.
    pub options: &'a Options,
    /// The stack.
    pub stack: &'a StackRef,
    /// The program; a refresh and a destruction need none.
    pub program: Option<&'a Program>,
    /// What shall go wrong.
    pub faults: &'a Faults,
    /// The policy packs.
    pub packs: &'a [(Pack, &'a PolicyPack)],
    /// Reads the outputs of another stack.
    pub stack_outputs: &'a dyn Fn(&str) -> Result<Properties, String>,
    /// The project's folder.
    pub folder: PathBuf,
}

/// Keeps the state while a run goes on.
pub trait Keeper {
    /// Writes the state.
    fn save(&mut self, snapshot: &Snapshot);
    /// Ends the program as a crash does.
    fn crash(&mut self) {}
}

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// The state it leaves.
    pub snapshot: Snapshot,
    /// How many resources met which operation.
    pub changes: BTreeMap<Op, usize>,
    /// How it ended.
    pub outcome: Outcome,
    /// The plan of a preview.
    pub plan: Option<Plan>,
}

impl Finished {
    /// Whether anything has changed, or would.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|(op, count)| !matches!(op, Op::Same | Op::Read) && *count > 0)
    }
}

/// A provider as resources refer to it.
pub fn provider_reference(urn: &str, id: Option<&str>) -> String {
    format!("{urn}::{}", id.unwrap_or(UNKNOWN))
}

/// The present moment, as the state holds it.
pub fn now() -> String {
    Moment::now().rfc3339()
}

/// The run ends here, and the reason has been said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bail;
