//! Refreshes: what has become of the resources since the state was written. Nothing has, unless the faults say so.
//!
//! <https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/>

use std::collections::HashSet;
use std::rc::Rc;

use super::deployment::Deployment;
use super::event::Severity;
use super::generate::dependencies;
use super::run::Bail;
use super::step::{Op, Step};
use super::{Kind, Run, now};
use crate::faults;
use crate::state::ResourceState;

impl Deployment<'_> {
    /// Refreshes the resources, and goes on with what was found.
    pub(super) fn refresh(&mut self) -> Result<(), Bail> {
        if self.base.is_empty() {
            return Ok(());
        }
        let options = self.run.options;
        self.check_targets(&options.targets)?;
        self.check_targets(&options.excludes)?;
        let mut waiting = self.to_refresh().into_iter();
        loop {
            while self.has_room() && !self.status.cancelled {
                let Some(at) = waiting.next() else { break };
                let old = Rc::clone(&self.base[at]);
                self.start(vec![Step::new(Op::Refresh, Some((at, Rc::clone(&old))), Some(old))], None);
            }
            if self.land().is_none() {
                break;
            }
        }
        // Whatever was pending has been looked at.
        self.frame.pending_operations.retain(|operation| operation.kind == "creating");
        self.settle();
        if self.status.step_failed {
            let message = format!("{} failed\n", self.kind());
            self.say(None, Severity::Error, &message);
        } else if self.status.cancelled && !self.status.terminated {
            let message = format!("{} canceled\n", self.kind());
            self.say(None, Severity::Error, &message);
        } else {
            return Ok(());
        }
        self.status.bailed = true;
        Err(Bail)
    }

    fn to_refresh(&self) -> Vec<usize> {
        let options = self.run.options;
        let mut chosen: HashSet<&str> = HashSet::new();
        let mut places = vec![];
        for (at, state) in self.base.iter().enumerate() {
            let joins = |set: &HashSet<&str>| dependencies(state).any(|urn| set.contains(urn));
            let is_in = if options.excludes.is_constrained() {
                !(options.excludes.contains(&state.urn) || (options.exclude_dependents && joins(&chosen)))
            } else {
                !options.targets.is_constrained()
                    || options.targets.contains(&state.urn)
                    || (options.target_dependents && joins(&chosen))
            };
            if is_in {
                places.push(at);
            }
            // With targets the set grows by what is in, with excludes by what is out.
            if is_in != options.excludes.is_constrained() {
                chosen.insert(&state.urn);
            }
        }
        places
    }

    /// Takes what is gone out of the state, and out of the dependencies of the rest.
    fn settle(&mut self) {
        let gone = std::mem::take(&mut self.gone);
        let lost: HashSet<String> = self
            .base
            .iter()
            .zip(&gone)
            .filter(|(_, gone)| **gone)
            .map(|(state, _)| state.urn.clone())
            .collect();
        let parents: std::collections::HashMap<String, Option<String>> =
            self.base.iter().map(|state| (state.urn.clone(), state.parent.clone())).collect();
        let base = std::mem::take(&mut self.base);
        self.base = base.into_iter().zip(gone).filter(|(_, gone)| !gone).map(|(state, _)| state).collect();
        for state in &mut self.base {
            let is_hurt = dependencies(state).any(|urn| lost.contains(urn));
            if !is_hurt && state.property_dependencies.values().all(|urns| !urns.is_empty()) {
                continue;
            }
            let state = Rc::make_mut(state);
            state.dependencies.retain(|urn| !lost.contains(urn));
            // Inputs that depend on nothing are left out from now on.
            state.property_dependencies.retain(|_, urns| {
                urns.retain(|urn| !lost.contains(urn));
                !urns.is_empty()
            });
            while let Some(parent) = state.parent.as_ref().filter(|parent| lost.contains(*parent)) {
                state.parent = parents.get(parent).cloned().flatten();
            }
        }
        self.index();
    }
}

/// What a refresh has found, for the report; for other steps what they do.
pub fn result_op(run: &Run, step: &Step) -> Op {
    if step.op != Op::Refresh || run.kind != Kind::Refresh {
        return step.op;
    }
    match (&step.old, &step.new) {
        (_, None) => Op::Delete,
        (Some(old), Some(new)) if old.inputs == new.inputs && old.outputs == new.outputs => Op::Same,
        _ => Op::Update,
    }
}

/// Looks what has become of a resource.
pub fn apply(run: &Run, step: &mut Step) {
    let Some(old) = step.old.clone() else { return };
    if !old.custom || old.type_.starts_with(crate::program::check::PROVIDER_PREFIX) {
        return;
    }
    let mut new = ResourceState::clone(&old);
    for fault in run.faults.about(&old.urn) {
        if fault.gone {
            step.new = None;
            return;
        }
        for (name, value) in &fault.drift {
            new.outputs.insert(name.clone(), faults::value(value));
            // A provider that reads inputs back shows the drift there too, so that an update repairs it.
            if new.inputs.contains_key(name) {
                new.inputs.insert(name.clone(), faults::value(value));
            }
        }
    }
    if new.outputs != old.outputs || new.inputs != old.inputs {
        new.modified = Some(now());
        step.new = Some(Rc::new(new));
    }
}
