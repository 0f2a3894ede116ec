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
pub mod planned;
mod policy;
mod program;
mod read;
mod refresh;
mod replace;
mod run;
mod runner;
mod simulate;
pub mod step;
pub mod target;

use std::collections::{BTreeMap, HashMap};

use crate::failure::Failure;
use crate::program::access::{Access, Step};
use crate::program::config::Settings;
use crate::program::diagnostic::Diagnostic;
use crate::program::project::Project;
use crate::program::template::Template;
use crate::signals::Signals;
use crate::state::Snapshot;
use deployment::Deployment;
pub use diff::changed_keys;
use event::{Event, Outcome, Pack, Severity, Sink};
pub use generate::dependencies;
use run::Bail;
pub use run::{Finished, Keeper, Kind, Options, Program, Run, now, provider_reference};

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
