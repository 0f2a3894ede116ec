//! Runs a program: each part is evaluated once what it refers to is there, and its resources go to the engine.
//!
//! <https://github.com/pulumi/pulumi-yaml/blob/main/pkg/pulumiyaml/run.go>

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::deployment::Deployment;
use super::event::{Event, Severity};
use super::goal::{self, Goal};
use super::run::Bail;
use super::runner::Landing;
use super::step::Op;
use super::{Kind, Program, provider_reference, simulate};
use crate::faults;
use crate::program::check;
use crate::program::config::coerced;
use crate::program::diagnostic::Diagnostic;
use crate::program::eval::{Dependencies, Registered, Scope, Stop};
use crate::program::sort::{Ordered, Part};
use crate::state::ResourceState;
use crate::value::{Properties, Value};

/// A program under way.
struct Running<'p> {
    program: &'p Program,
    order: Vec<Ordered>,
    /// How much of what each part refers to is still missing.
    missing: Vec<usize>,
    /// The parts that refer to each part.
    awaited: Vec<Vec<usize>>,
    ready: BinaryHeap<Reverse<usize>>,
    scope: Scope,
    root: String,
    /// Something was wrong: no resource is registered any more.
    failed: bool,
}

impl Deployment<'_> {
    /// Runs the program to its end. The outputs of the stack, if it came to them.
    pub(super) fn run_program(&mut self, program: &Program) -> Result<Option<Properties>, Bail> {
        for (severity, text) in Program::prologue(self.run) {
            self.say(None, severity, &format!("{text}\n"));
        }
        let root = goal::root(self.run);
        let steps = self.generate(&root, None)?;
        self.run_now(steps);
        let checked = if program.broken.is_empty() {
            check::check(&program.template, &|name| program.is_config(name))
        } else {
            Err(program.broken.clone())
        };
        let order = match checked {
            Ok(order) => order,
            Err(found) => {
                let (unhandled, plain): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.unhandled);
                for found in plain {
                    self.say_from_host(&found.render(&program.source, true));
                }
                if !unhandled.is_empty() {
                    let lines: Vec<String> = unhandled.iter().map(|found| found.line()).collect();
                    let lines = lines.join("\n\t* ");
                    let message =
                        format!("an unhandled error occurred: 1 error occurred:\n\t* {lines}\n\n\n");
                    self.say(None, Severity::Error, &message);
                }
                self.status.bailed = true;
                return Ok(Some(Properties::new()));
            }
        };
        let mut running = Running::new(program, order, self.run, &root.urn);
        for name in
            running.scope.config.keys().filter(|name| !name.contains(':')).cloned().collect::<Vec<_>>()
        {
            self.say(None, Severity::Debug, &format!("Registering config [{name}]\n"));
        }
        self.drive(&mut running)?;
        if self.status.stopped || self.status.cancelled || self.status.terminated {
            return Ok(None);
        }
        self.register_many(program, &root.urn)?;
        if let Some(error) = &self.run.faults.program.error {
            running.failed = true;
            self.say(None, Severity::Error, &format!("{error}\n"));
        }
        let outputs = self.evaluate_outputs(&mut running);
        self.status.bailed |= running.failed;
        Ok(Some(outputs))
    }

    /// Starts what is ready and takes in what has ended, until nothing is left.
    fn drive(&mut self, running: &mut Running) -> Result<(), Bail> {
        loop {
            self.notice_signals();
            while self.may_go_on() && self.has_room() {
                let Some(Reverse(place)) = running.ready.pop() else { break };
                if let Err(bail) = self.evaluate(running, place) {
                    // What is under way comes to its end first.
                    while self.land().is_some() {}
                    return Err(bail);
                }
                let skipped = std::mem::take(&mut self.skipped);
                for owner in skipped {
                    running.take(Landing { owner: Some(owner), result: None });
                }
            }
            match self.land() {
                Some(landing) => running.take(landing),
                None if running.ready.is_empty() || !self.may_go_on() => return Ok(()),
                None => {}
            }
        }
    }

    fn evaluate(&mut self, running: &mut Running, place: usize) -> Result<(), Bail> {
        let program = running.program;
        match running.order[place].part {
            Part::Variable(at) => {
                let (key, expr) = &program.template.variables[at];
                self.say(None, Severity::Debug, &format!("Registering variable [{}]\n", key.text));
                let mut deps = Dependencies::new();
                let value = running.scope.evaluate(expr, &mut deps).map(Value::gathered);
                let value = self.settled(running, value.map(|value| (value, deps)), "variable", &key.text);
                running.scope.variables.insert(key.text.clone(), value);
                running.finish(place);
            }
            Part::Resource(at) => {
                let resource = &program.template.resources[at];
                self.say(None, Severity::Debug, &format!("Registering resource [{}]\n", resource.key.text));
                let goal = if running.failed {
                    let message =
                        format!("Error registering resource [{}]: no diagnostics\n", resource.key.text);
                    self.say(None, Severity::Error, &message);
                    None
                } else {
                    let goal = goal::evaluate(self.run, &running.root, &running.scope, resource);
                    self.settled(running, goal, "resource", &resource.key.text)
                };
                if let Some(goal) = goal {
                    self.register(&goal, Some(place))?;
                } else {
                    running.scope.resources.insert(resource.key.text.clone(), None);
                    running.finish(place);
                }
            }
        }
        Ok(())
    }

    /// Says what is wrong with a part, if anything.
    fn settled<T>(
        &mut self,
        running: &mut Running,
        value: Result<T, Stop>,
        kind: &str,
        name: &str,
    ) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(Stop::Poisoned) => None,
            Err(Stop::Failed(diagnostic)) => {
                running.failed = true;
                self.say_diagnostic(&diagnostic, &running.program.source);
                let message = format!("Error registering {kind} [{name}]: no diagnostics\n");
                self.say(None, Severity::Error, &message);
                None
            }
        }
    }

    fn say_diagnostic(&mut self, diagnostic: &Diagnostic, source: &str) {
        let text = diagnostic.render(source, false);
        let text = text.strip_prefix("Error: ").unwrap_or(&text);
        self.say(None, Severity::Error, &format!("{text}\n"));
    }

    /// What the language host writes to its standard error comes as one message a line.
    fn say_from_host(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty()) {
            self.say(None, Severity::InfoError, &format!("{line}\n\n"));
        }
    }

    /// Gives a resource to the engine, after its provider.
    pub(super) fn register(&mut self, goal: &Goal, owner: Option<usize>) -> Result<(), Bail> {
        let goal = &self.with_inherited(goal);
        let provider = match &goal.provider {
            Some(provider) => Some(provider.clone()),
            None if !goal.custom || goal.type_.starts_with(check::PROVIDER_PREFIX) => None,
            None => Some(self.default_provider(goal)?),
        };
        let steps =
            if goal.read { vec![self.read_step(goal, provider)] } else { self.generate(goal, provider)? };
        if self.run.options.continue_on_error && self.depends_on_failure(goal) {
            self.sets.failed.insert(goal.urn.clone());
            self.skipped.extend(owner);
            return Ok(());
        }
        self.start(steps, owner);
        Ok(())
    }

    /// A child is protected, retained and provided for as its parent is, unless the program says otherwise.
    fn with_inherited(&self, goal: &Goal) -> Goal {
        let mut goal = goal.clone();
        let at = goal.parent.as_ref().and_then(|parent| self.new_at.get(parent));
        let Some(parent) = at.map(|at| &self.news[*at]).filter(|parent| parent.custom) else { return goal };
        if parent.protect {
            goal.protect.get_or_insert(true);
        }
        if parent.retain_on_delete {
            goal.options.retain_on_delete.get_or_insert(true);
        }
        let package = |type_: &str| type_.split(':').next().unwrap_or_default().to_owned();
        let explicit = parent.provider.as_ref().filter(|reference| {
            let urn = reference.rsplit_once("::").map_or("", |(urn, _)| urn);
            !super::step::is_default_provider(urn)
        });
        if goal.provider.is_none() && package(&goal.type_) == package(&parent.type_) {
            goal.provider = explicit.cloned();
        }
        goal
    }

    fn depends_on_failure(&self, goal: &Goal) -> bool {
        let needs = goal.dependencies.iter().chain(&goal.parent);
        needs.into_iter().any(|urn| self.sets.failed.contains(urn))
    }

    fn default_provider(&mut self, goal: &Goal) -> Result<String, Bail> {
        let package = goal.type_.split(':').next().unwrap_or_default();
        let provider = goal::default_provider(self.run, package, goal.options.version.as_deref());
        if !self.sets.registered.contains(&provider.urn) {
            let steps = self.generate(&provider, None)?;
            self.run_now(steps);
        }
        let id = self.new_at.get(&provider.urn).and_then(|at| self.news[*at].id.clone());
        let id = id.or_else(|| self.old(&provider.urn).and_then(|(_, old)| old.id.clone()));
        Ok(provider_reference(&provider.urn, id.as_deref()))
    }

    fn read_step(&mut self, goal: &Goal, provider: Option<String>) -> super::step::Step {
        let name = match goal.inputs.get("name") {
            Some(Value::Text(name)) => Some(name.clone()),
            _ => None,
        };
        self.sets.registered.insert(goal.urn.clone());
        self.sets.operated.insert(goal.urn.clone());
        let new = ResourceState {
            urn: goal.urn.clone(),
            custom: true,
            id: name,
            type_: goal.type_.clone(),
            inputs: goal.inputs.clone(),
            parent: goal.parent.clone(),
            external: true,
            dependencies: goal.dependencies.clone(),
            provider,
            ..ResourceState::default()
        };
        super::step::Step::new(Op::Read, self.old(&goal.urn), Some(std::rc::Rc::new(new)))
    }

    /// The resources that the faults add.
    fn register_many(&mut self, program: &Program, root: &str) -> Result<(), Bail> {
        for number in 0..self.run.faults.program.many {
            if !self.may_go_on() {
                break;
            }
            let type_ = "sandbox:index:Many".to_owned();
            let inputs: Properties = [
                ("number".to_owned(), Value::Text(number.to_string())),
                ("of".to_owned(), Value::Text(program.name.clone())),
            ]
            .into();
            let goal = Goal {
                urn: goal::urn(self.run, Some(root), &type_, &format!("many-{number}")),
                type_,
                custom: true,
                property_dependencies: inputs.keys().map(|name| (name.clone(), vec![])).collect(),
                inputs,
                parent: Some(root.to_owned()),
                ..Goal::default()
            };
            self.register(&goal, None)?;
            while !self.has_room() && self.land().is_some() {}
        }
        while self.land().is_some() {}
        Ok(())
    }

    fn evaluate_outputs(&mut self, running: &mut Running) -> Properties {
        let mut outputs = Properties::new();
        for (key, expr) in &running.program.template.outputs {
            let value = running.scope.evaluate(expr, &mut Dependencies::new()).map(Value::gathered);
            match self.settled(running, value, "output", &key.text) {
                Some(Value::Null) | None => {}
                Some(value) => drop(outputs.insert(key.text.clone(), value)),
            }
        }
        let more = &self.run.faults.program.outputs;
        outputs.extend(more.iter().map(|(name, value)| (name.clone(), faults::value(value))));
        outputs
    }

    /// Gives the stack its outputs. After a failure the ones it had stay, as far as there are no new ones.
    pub(super) fn finish_root(&mut self, outputs: Properties, failed: bool) {
        let Some(mut step) = self.root.take() else { return };
        let mut all = match (&step.old, failed) {
            (Some(old), true) => old.outputs.clone(),
            _ => Properties::new(),
        };
        all.extend(outputs);
        if let Some(new) = &mut step.new {
            std::rc::Rc::make_mut(new).outputs = all;
            if let Some(at) = self.new_at.get(&*step.urn) {
                self.news[*at] = std::rc::Rc::clone(new);
            }
        }
        self.sink.event(&Event::Outputs(&step, step.op));
        self.root = Some(step);
    }
}

impl<'p> Running<'p> {
    fn new(program: &'p Program, order: Vec<Ordered>, run: &super::Run, root: &str) -> Self {
        let mut awaited = vec![vec![]; order.len()];
        for (place, ordered) in order.iter().enumerate() {
            ordered.after.iter().for_each(|before| awaited[*before].push(place));
        }
        let missing: Vec<usize> = order.iter().map(|ordered| ordered.after.len()).collect();
        let free = missing.iter().enumerate().filter(|(_, missing)| **missing == 0);
        let ready = free.map(|(place, _)| Reverse(place)).collect();
        let mut scope = Scope { builtin: program.builtin(run), cwd: run.folder.clone(), ..Scope::default() };
        for (name, value) in &program.settings {
            let value = coerced(value);
            if let Some(short) = name.strip_prefix(&format!("{}:", program.name)) {
                scope.config.insert(short.to_owned(), value.clone());
            }
            scope.config.insert(name.clone(), value);
        }
        Self { program, order, missing, awaited, ready, scope, root: root.to_owned(), failed: false }
    }

    fn take(&mut self, landing: Landing) {
        let Some(place) = landing.owner else { return };
        let Part::Resource(at) = self.order[place].part else { return };
        let resource = &self.program.template.resources[at];
        let registered = landing.result.map(|state| Registered {
            urn: state.urn.clone(),
            type_: state.type_.clone(),
            id: state.id.clone(),
            outputs: state.outputs.clone(),
            invents: simulate::invents(&state.type_),
        });
        self.scope.resources.insert(resource.key.text.clone(), registered);
        self.finish(place);
    }

    fn finish(&mut self, place: usize) {
        for next in std::mem::take(&mut self.awaited[place]) {
            self.missing[next] -= 1;
            if self.missing[next] == 0 {
                self.ready.push(Reverse(next));
            }
        }
    }
}

impl Program {
    /// Whether a name is that of a setting.
    pub fn is_config(&self, name: &str) -> bool {
        self.settings.contains_key(name) || self.settings.contains_key(&format!("{}:{name}", self.name))
    }

    fn builtin(&self, run: &super::Run) -> Properties {
        let folder = run.folder.display().to_string();
        [
            ("cwd", folder.clone()),
            ("organization", "organization".to_owned()),
            ("project", self.name.clone()),
            ("rootDirectory", folder),
            ("stack", run.stack.stack.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), Value::Text(value)))
        .into()
    }

    fn prologue<'f>(run: &'f super::Run) -> Vec<(Severity, &'f str)> {
        if run.kind == Kind::Destroy {
            return vec![];
        }
        let faults = &run.faults.program;
        let prints = faults.prints.iter().map(|text| (Severity::Info, text.as_str()));
        prints.chain(faults.warnings.iter().map(|text| (Severity::Warning, text.as_str()))).collect()
    }
}
