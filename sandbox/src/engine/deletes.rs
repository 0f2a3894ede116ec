//! Deletions: what the program does not register any more, in groups so that dependents go before what they need.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go>

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::deployment::Deployment;
use super::event::Severity;
use super::generate::dependencies;
use super::run::Bail;
use super::step::{Op, Step};
use super::target::Targets;
use crate::state::ResourceState;

impl Deployment<'_> {
    /// Deletes what is left over.
    pub(super) fn delete_the_rest(&mut self) -> Result<(), Bail> {
        let (sames, deletes) = self.leftovers();
        self.note_in_plan(&sames, false)?;
        self.note_in_plan(&deletes, false)?;
        self.refuse_unnamed(&deletes)?;
        for step in sames {
            self.run_now(vec![step]);
        }
        for group in Self::groups(deletes) {
            if !self.may_go_on() {
                break;
            }
            self.run_group(group);
        }
        Ok(())
    }

    fn leftovers(&mut self) -> (Vec<Step>, Vec<Step>) {
        let targeted = self.deletable();
        let (mut sames, mut deletes) = (vec![], vec![]);
        for at in 0..self.base.len() {
            let old = Rc::clone(&self.base[at]);
            let registered = self.sets.operated.contains(&old.urn);
            if self.sets.pending_deletes.contains(&at)
                && (old.delete || !self.sets.deleted.contains_key(&old.urn))
            {
                continue;
            }
            if !targeted(&old.urn) {
                if !old.delete && !registered {
                    let mut new = ResourceState::clone(&old);
                    new.id = None;
                    sames.push(Step::new(Op::Same, Some((at, old)), Some(Rc::new(new))));
                }
            } else if old.delete {
                deletes.push(Step::new(Op::DeleteReplaced, Some((at, old)), None));
            } else if !registered && !self.gone[at] {
                let op = match (old.pending_replacement, old.external) {
                    (true, _) => Op::RemovePendingReplace,
                    (false, true) => Op::Discard,
                    (false, false) => Op::Delete,
                };
                deletes.push(Step::new(op, Some((at, old)), None));
            }
        }
        // What a destruction has registered comes last.
        for new in std::mem::take(&mut self.sets.to_delete) {
            if targeted(&new.urn) {
                deletes.push(Step::new(Op::Delete, self.place_of(&new), None));
            }
        }
        (sames, deletes)
    }

    fn place_of(&self, new: &Rc<ResourceState>) -> Option<(usize, Rc<ResourceState>)> {
        Some((self.base.len() + *self.new_at.get(&new.urn)?, Rc::clone(new)))
    }

    /// Which resources may be deleted: with targets those and what goes with them, otherwise all but the excluded.
    fn deletable(&self) -> Box<dyn Fn(&str) -> bool> {
        let options = self.run.options;
        if options.targets.is_constrained() {
            let allowed = self.with_dependents(&options.targets);
            Box::new(move |urn| allowed.contains(urn))
        } else if options.excludes.is_constrained() {
            let kept = self.with_dependencies(&options.excludes);
            Box::new(move |urn| !kept.contains(urn))
        } else {
            Box::new(|_| true)
        }
    }

    fn with_dependents(&self, targets: &Targets) -> HashSet<String> {
        let mut all: HashSet<String> = HashSet::new();
        for state in &self.base {
            if targets.contains(&state.urn) || dependencies(state).any(|urn| all.contains(urn)) {
                all.insert(state.urn.clone());
            }
        }
        all
    }

    fn with_dependencies(&self, excludes: &Targets) -> HashSet<String> {
        let mut all: HashSet<String> = HashSet::new();
        for state in self.base.iter().rev() {
            if excludes.contains(&state.urn) || all.contains(&state.urn) {
                all.insert(state.urn.clone());
                all.extend(dependencies(state).map(str::to_owned));
            }
        }
        if self.run.options.exclude_dependents {
            for state in &self.base {
                if dependencies(state).any(|urn| excludes.contains(urn) || self.sets.excludes.contains(urn)) {
                    all.insert(state.urn.clone());
                }
            }
        }
        all
    }

    /// With targets, nothing goes that was not named, unless dependents may.
    fn refuse_unnamed(&mut self, deletes: &[Step]) -> Result<(), Bail> {
        let options = self.run.options;
        if !options.targets.is_constrained() || options.target_dependents {
            return Ok(());
        }
        let unnamed: Vec<Rc<str>> = deletes
            .iter()
            .map(|step| Rc::clone(&step.urn))
            .filter(|urn| !options.targets.contains(urn))
            .collect();
        for urn in &unnamed {
            let message = format!(
                "Resource '{urn}' will be destroyed but was not specified in --target list.\nEither include resource in \
                 --target list or pass --target-dependents to proceed.\n"
            );
            self.say(Some(urn), Severity::Error, &message);
            self.status.errored = true;
        }
        if unnamed.is_empty() || self.run.preview { Ok(()) } else { Err(Bail) }
    }

    /// Groups deletions so that each comes after everything that depends on it.
    fn groups(deletes: Vec<Step>) -> Vec<Vec<Step>> {
        let mut depth: HashMap<String, usize> = HashMap::with_capacity(deletes.len());
        let mut groups: Vec<Vec<Step>> = vec![];
        for step in deletes {
            let needs = step.old.as_deref().into_iter().flat_map(dependencies);
            let at = needs.filter_map(|urn| depth.get(urn)).max().map_or(0, |deepest| deepest + 1);
            let own = depth.entry(step.urn.to_string()).or_default();
            *own = at.max(*own);
            if groups.len() <= at {
                groups.resize_with(at + 1, Vec::new);
            }
            groups[at].push(step);
        }
        for group in &mut groups {
            group.reverse();
        }
        groups.reverse();
        groups
    }

    fn run_group(&mut self, group: Vec<Step>) {
        let blocked = self.needed_by_failures();
        let mut waiting = group.into_iter().filter(|step| !blocked.contains(&*step.urn));
        loop {
            while self.may_go_on() && self.has_room() {
                match waiting.next() {
                    Some(step) => self.start(vec![step], None),
                    None => break,
                }
            }
            if self.land().is_none() {
                return;
            }
        }
    }

    /// What a resource needs that could not be deleted stays with it.
    fn needed_by_failures(&self) -> HashSet<String> {
        let mut needed: HashSet<String> = HashSet::new();
        if self.sets.failed.is_empty() {
            return needed;
        }
        for state in self.base.iter().rev() {
            if self.sets.failed.contains(&state.urn) || needed.contains(&state.urn) {
                needed.extend(dependencies(state).map(str::to_owned));
            }
        }
        needed
    }
}
