//! Replacements that delete first: what depends on the resource and would be replaced with it goes before it.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go>

use std::collections::HashSet;
use std::rc::Rc;

use super::deployment::Deployment;
use super::diff;
use super::event::Severity;
use super::generate::dependencies;
use super::run::Bail;
use super::step::{Op, Step};
use crate::state::ResourceState;

impl Deployment<'_> {
    /// The deletions that come before the creation of a replacement.
    pub(super) fn delete_first(&mut self, at: usize, old: &Rc<ResourceState>) -> Result<Vec<Step>, Bail> {
        let mut steps = vec![];
        for (place, keys) in self.replaced_with(at).into_iter().rev() {
            if self.sets.pending_deletes.contains(&place) {
                continue;
            }
            let dependent = Rc::clone(&self.base[place]);
            if dependent.delete {
                steps.push(Step::new(Op::Delete, Some((place, Rc::clone(&dependent))), None));
            } else {
                self.refuse_protected_dependent(&dependent, old)?;
                steps.push(Self::delete_replaced(place, &dependent));
            }
            self.sets.deleted.insert(dependent.urn.clone(), keys);
            self.sets.pending_deletes.insert(place);
        }
        if !old.pending_replacement {
            steps.push(Self::delete_replaced(at, old));
        }
        Ok(steps)
    }

    fn delete_replaced(at: usize, old: &Rc<ResourceState>) -> Step {
        let mut step = Step::new(Op::DeleteReplaced, Some((at, Rc::clone(old))), None);
        step.deletes_first = true;
        step
    }

    /// The places of the dependents that a replacement of the resource replaces too, in dependency order.
    pub(super) fn replaced_with(&self, at: usize) -> Vec<(usize, Vec<String>)> {
        let mut replaced: HashSet<&str> = [self.base[at].urn.as_str()].into();
        let mut depending = replaced.clone();
        let mut found = vec![];
        for (place, state) in self.base.iter().enumerate().skip(at + 1) {
            if self.sets.operated.contains(&state.urn)
                || !dependencies(state).any(|urn| depending.contains(urn))
            {
                continue;
            }
            depending.insert(&state.urn);
            if let Some(keys) = self.would_be_replaced(state, &replaced) {
                replaced.insert(&state.urn);
                found.push((place, keys));
            }
        }
        found
    }

    fn would_be_replaced(&self, state: &ResourceState, replaced: &HashSet<&str>) -> Option<Vec<String>> {
        if !state.custom || state.external {
            return None;
        }
        let provider = state.provider.as_deref().and_then(|reference| reference.rsplit_once("::"));
        if provider.is_some_and(|(urn, _)| replaced.contains(urn)) {
            return Some(vec![]);
        }
        let on_changes: Vec<String> = state
            .extra
            .get("replaceOnChanges")
            .and_then(|paths| serde_json::from_value(paths.clone()).ok())
            .unwrap_or_default();
        let on_change = |key: &str| {
            diff::replaces(key, &on_changes)
                || self.run.faults.about(&state.urn).any(|fault| diff::replaces(key, &fault.replace))
        };
        let depends =
            |(_, on): &(&String, &Vec<String>)| on.iter().any(|urn| replaced.contains(urn.as_str()));
        let keys: Vec<String> = state
            .property_dependencies
            .iter()
            .filter(depends)
            .map(|(key, _)| key.clone())
            .filter(|key| on_change(key))
            .collect();
        (!keys.is_empty()).then_some(keys)
    }

    fn refuse_protected_dependent(
        &mut self,
        dependent: &ResourceState,
        old: &ResourceState,
    ) -> Result<(), Bail> {
        if !dependent.protect || self.run.options.ignore_protect {
            return Ok(());
        }
        let (urn, of) = (&dependent.urn, &old.urn);
        let message = format!(
            "unable to replace resource {urn:?} as part of replacing {of:?} as it is currently marked for protection. \
             To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run \
             `pulumi up`, or use the command:\n`pulumi state unprotect '{urn}'`\n"
        );
        self.say(Some(of), Severity::Error, &message);
        self.status.errored = true;
        self.status.bailed = true;
        Err(Bail)
    }
}
