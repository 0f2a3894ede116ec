//! The engine: compares what a program asks for with the state, decides on steps and carries them out.
//!
//! <https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/>

mod apply;
mod deletes;
mod deployment;
mod diff;
pub mod event;
mod generate;
mod goal;
pub mod plan;
mod plan_file;
mod policy;
mod program;
mod read;
mod refresh;
mod replace;
mod runner;
mod simulate;
pub mod step;
pub mod target;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use crate::failure::Failure;
use crate::faults::{Faults, PolicyPack};
use crate::program::access::{Access, Step};
use crate::program::config::Settings;
use crate::program::diagnostic::Diagnostic;
use crate::program::project::Project;
use crate::program::template::Template;
use crate::signals::Signals;
use crate::state::time::Moment;
use crate::state::{Snapshot, StackRef};
use crate::value::{Properties, UNKNOWN};
use deployment::{Bail, Deployment};
pub use diff::changed_keys;
use event::{Event, Outcome, Pack, Severity, Sink};
pub use generate::dependencies;
use plan::Plan;
pub use simulate::hex;
use step::Op;
use target::Targets;

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

impl Program {
    /// The program of a project. What is wrong with it comes up when it runs.
    pub fn new(project: &Project, settings: Settings) -> Self {
        let template = Template::parse(&project.root);
        let (template, broken) = match template {
            Ok(template) => (template, vec![]),
            Err(found) => (Template::default(), found),
        };
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let names: HashMap<&str, &str> =
            template.resources.iter().map(|resource| (resource.key.text.as_str(), resource.name())).collect();
        let mut note = |access: &Access, _| {
            if let (Some(name), Some(Step::Name(property))) =
                (names.get(access.root.as_str()), access.path.first())
            {
                let of_resource = wanted.entry((*name).to_owned()).or_default();
                if !of_resource.contains(property) {
                    of_resource.push(property.clone());
                }
            }
        };
        let expressions = template.resources.iter().flat_map(super::program::template::Resource::expressions);
        let variables = template.variables.iter().chain(&template.outputs).map(|(_, expr)| expr);
        expressions.chain(variables).for_each(|expr| expr.for_each_access(&mut note));
        let source = project.source.clone();
        Self { name: project.name.clone(), source, broken, settings, wanted, template }
    }

    /// Refuses a program that is not one. The CLI finds out before its engine starts, when it asks the language
    /// host what the program needs.
    pub fn require_sound(&self) -> Result<(), Failure> {
        let early: Vec<&Diagnostic> = self.broken.iter().filter(|found| !found.late).collect();
        let lines = match early.as_slice() {
            [] => return Ok(()),
            [one] => one.line(),
            all => all.iter().fold(String::new(), |lines, found| lines + "\n-error: " + &found.line()),
        };
        Err(Failure::new(format!("failed to discover package requirements: {lines}")))
    }
}

impl Run<'_> {
    /// The outputs of a resource that the program asks for.
    fn wanted(&self, urn: &str) -> &[String] {
        let wanted = self.program.and_then(|program| program.wanted.get(step::name_of(urn)));
        wanted.map_or(&[], Vec::as_slice)
    }

    /// Runs, and says everything on the way.
    pub fn execute(
        &self,
        snapshot: Snapshot,
        prelude: &BTreeMap<String, String>,
        sink: &mut dyn Sink,
        keeper: &mut dyn Keeper,
        signals: &Signals,
    ) -> Finished {
        let packs: Vec<Pack> = self.packs.iter().map(|(pack, _)| pack.clone()).collect();
        if !packs.is_empty() {
            sink.event(&Event::PolicyLoad(&packs));
        }
        sink.event(&Event::Prelude(prelude));
        let mut deployment = Deployment::new(self, snapshot, sink, keeper, signals);
        // What is wrong has been said where it was found.
        let _ = deployment.work();
        deployment.conclude(&packs)
    }
}

impl Deployment<'_> {
    fn work(&mut self) -> Result<(), Bail> {
        let options = self.run.options;
        if self.run.kind == Kind::Refresh || options.refresh {
            self.refresh()?;
        } else {
            self.warn_of_pending();
        }
        if self.run.kind == Kind::Refresh {
            return Ok(());
        }
        self.check_targets(&options.replaces)?;
        let mut outputs = None;
        if let Some(program) = self.run.program {
            outputs = self.run_program(program)?;
            if self.run.kind == Kind::Destroy {
                self.sets.to_delete.clone_from(&self.news);
            }
        }
        if !self.status.bailed && self.may_go_on() {
            // What is wrong has been said, and the stack gets its outputs all the same.
            let _ = self.check_targets(&options.targets);
            let _ = self.delete_the_rest();
        }
        if let Some(outputs) = outputs.filter(|_| !self.status.terminated) {
            let failed = self.status.bailed || self.status.step_failed || self.status.errored;
            self.finish_root(outputs, failed);
        }
        if !self.status.bailed && !self.status.step_failed && self.may_go_on() {
            self.check_plan_is_done()?;
            self.analyze_stack();
        }
        Ok(())
    }

    /// Says how it ended.
    fn conclude(mut self, packs: &[Pack]) -> Finished {
        let status = self.status;
        let failed = status.bailed || status.errored || status.step_failed;
        if !status.bailed && (status.step_failed || status.errored) && !status.terminated {
            let message = format!("{} failed\n", self.kind());
            self.say(None, Severity::Error, &message);
        } else if status.cancelled && !failed && !status.terminated {
            let message = format!("{} canceled\n", self.kind());
            self.say(None, Severity::Error, &message);
        }
        let outcome = if status.terminated {
            Outcome::Canceled
        } else if failed || status.cancelled {
            Outcome::Failed
        } else {
            Outcome::Succeeded
        };
        let maybe_corrupt = status.maybe_corrupt;
        let changes = std::mem::take(&mut self.changes);
        self.sink.event(&Event::Summary { changes: &changes, outcome, maybe_corrupt, packs });
        if status.terminated {
            let message = format!("{} failed\n", self.kind());
            self.say(None, Severity::Error, &message);
        }
        self.sink.event(&Event::Cancel);
        self.finish_plan();
        let plan = self.plan.take();
        Finished { snapshot: self.into_snapshot(), changes, outcome, plan }
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
