//! Decides what a resource that the program registers needs: nothing, a creation, an update or a replacement.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go>

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;

use super::Kind;
use super::deployment::Deployment;
use super::diff;
use super::event::Severity;
use super::goal::Goal;
use super::run::Bail;
use super::step::{Op, PropertyDiff, Step, is_default_provider};
use crate::program::check::{PROVIDER_PREFIX, STASH};
use crate::state::{ROOT_TYPE, ResourceState};

/// What a provider says about a change.
#[derive(Debug, Default)]
struct Diff {
    some: bool,
    replace_keys: Vec<String>,
    changed_keys: Vec<String>,
    detailed: Option<BTreeMap<String, PropertyDiff>>,
}

/// The resource before and its place.
type Old = Option<(usize, Rc<ResourceState>)>;

impl Deployment<'_> {
    /// The steps for a resource of the program, whose provider is known.
    pub(super) fn generate(&mut self, goal: &Goal, provider: Option<String>) -> Result<Vec<Step>, Bail> {
        if !self.sets.registered.insert(goal.urn.clone()) {
            let message = format!("Duplicate resource URN '{}'; try giving it a unique name", goal.urn);
            return Err(self.bail(Some(&goal.urn), &message));
        }
        let old = self.old(&goal.urn);
        let mut new = state(goal, provider);
        if let Some((_, old)) = &old {
            diff::ignore_changes(&mut new.inputs, &old.inputs, &goal.options.ignore_changes);
        }
        let targeted = is_implied(&new) || self.is_included(&new);
        if targeted {
            self.check_inputs(&new)?;
        }
        self.check_plan(goal, old.as_ref().map(|(_, old)| &**old), &new)?;
        self.apply_policies(&mut new)?;
        let steps = self.choose(goal, old, new, targeted)?;
        self.check_skipped(&steps)?;
        self.note_in_plan(&steps, true)?;
        Ok(steps)
    }

    fn choose(
        &mut self,
        goal: &Goal,
        old: Old,
        new: ResourceState,
        targeted: bool,
    ) -> Result<Vec<Step>, Bail> {
        let urn = goal.urn.clone();
        if self.run.kind == Kind::Destroy && goal.custom && !goal.type_.starts_with(PROVIDER_PREFIX) {
            return Ok(self.keep_for_deletion(old, new));
        }
        if let Some((at, before)) = &old
            && let Some(keys) = self.sets.deleted.remove(&urn)
        {
            self.sets.replaced.insert(urn.clone());
            self.sets.operated.insert(urn);
            return Ok(recreate(*at, before, &new, keys));
        }
        self.join_targets(&new, targeted);
        match old {
            Some((at, before)) if !targeted => Ok(self.untargeted(at, &before)),
            Some((at, before)) => self.compare(goal, at, before, new),
            None if !targeted => {
                self.sets.operated.insert(urn.clone());
                self.sets.skipped_creates.insert(urn);
                Ok(vec![skipped_create(new)])
            }
            None => {
                self.sets.operated.insert(urn);
                Ok(vec![Step::new(Op::Create, None, Some(Rc::new(new)))])
            }
        }
    }

    /// A destruction that runs the program takes what is there and leaves the rest out.
    fn keep_for_deletion(&mut self, old: Old, mut new: ResourceState) -> Vec<Step> {
        let Some((at, before)) = old else {
            self.sets.skipped_creates.insert(new.urn.clone());
            return vec![skipped_create(new)];
        };
        new.inputs.clone_from(&before.inputs);
        vec![Step::new(Op::Same, Some((at, before)), Some(Rc::new(new)))]
    }

    fn is_included(&self, new: &ResourceState) -> bool {
        let options = self.run.options;
        let joins = |set: &super::target::Targets| dependencies(new).any(|urn| set.contains(urn));
        if options.targets.is_constrained() {
            return options.targets.contains(&new.urn)
                || (options.target_dependents && joins(&self.sets.targets));
        }
        if options.excludes.is_constrained() {
            return !(options.excludes.contains(&new.urn)
                || (options.exclude_dependents && joins(&self.sets.excludes)));
        }
        true
    }

    fn join_targets(&mut self, new: &ResourceState, targeted: bool) {
        let options = self.run.options;
        if options.excludes.is_constrained() && !targeted {
            self.sets.excludes.add(&new.urn);
        } else if options.targets.is_constrained() && targeted && !is_implied(new) {
            self.sets.targets.add(&new.urn);
        }
    }

    /// What is no target stays as it is, and what it depends on too, even when the program does not have it any more.
    fn untargeted(&mut self, at: usize, old: &Rc<ResourceState>) -> Vec<Step> {
        let mut steps = vec![];
        let mut seen = HashSet::new();
        self.untargeted_with_dependencies(at, old, &mut seen, &mut steps);
        steps
    }

    fn untargeted_with_dependencies(
        &mut self,
        at: usize,
        old: &Rc<ResourceState>,
        seen: &mut HashSet<String>,
        steps: &mut Vec<Step>,
    ) {
        if !seen.insert(old.urn.clone()) {
            return;
        }
        let needed: Vec<String> = dependencies(old).map(str::to_owned).collect();
        for urn in needed {
            if !self.sets.operated.contains(&urn)
                && !self.sets.registered.contains(&urn)
                && let Some((at, needed)) = self.old(&urn)
            {
                self.untargeted_with_dependencies(at, &needed, seen, steps);
            }
        }
        self.sets.operated.insert(old.urn.clone());
        let mut new = ResourceState::clone(old);
        new.id = None;
        steps.push(Step::new(Op::Same, Some((at, Rc::clone(old))), Some(Rc::new(new))));
    }

    fn compare(
        &mut self,
        goal: &Goal,
        at: usize,
        old: Rc<ResourceState>,
        new: ResourceState,
    ) -> Result<Vec<Step>, Bail> {
        let urn = goal.urn.clone();
        self.sets.operated.insert(urn.clone());
        let diff = self.diff(goal, &old, &new);
        if !diff.some && !old.pending_replacement {
            return Ok(vec![Step::new(Op::Same, Some((at, old)), Some(Rc::new(new)))]);
        }
        if diff.replace_keys.is_empty() && !old.pending_replacement {
            let mut step = Step::new(Op::Update, Some((at, old)), Some(Rc::new(new)));
            step.diffs = diff.changed_keys;
            step.detailed = diff.detailed;
            return Ok(vec![step]);
        }
        self.refuse_protected_replacement(&old, &new)?;
        self.sets.replaced.insert(urn);
        let deletes_first = goal.options.delete_before_replace.unwrap_or(false);
        let mut steps = if deletes_first { self.delete_first(at, &old)? } else { vec![] };
        let mut halves = [Op::CreateReplacement, Op::Replace].map(|op| {
            let mut step = Step::new(op, Some((at, Rc::clone(&old))), Some(Rc::new(new.clone())));
            step.keys.clone_from(&diff.replace_keys);
            step.diffs.clone_from(&diff.changed_keys);
            step.detailed.clone_from(&diff.detailed);
            step.deletes_first = deletes_first;
            step
        });
        if deletes_first {
            halves.reverse();
        }
        steps.extend(halves);
        Ok(steps)
    }

    fn diff(&self, goal: &Goal, old: &ResourceState, new: &ResourceState) -> Diff {
        let replace = |key: &str| Diff { some: true, replace_keys: vec![key.to_owned()], ..Diff::default() };
        if self.run.options.replaces.contains(&goal.urn) {
            return replace("id");
        }
        if provider_changed(old, new) {
            return replace("provider");
        }
        let changed_keys = diff::changed_keys(&old.inputs, &new.inputs);
        let replaces = |key: &str| {
            diff::replaces(key, &goal.options.replace_on_changes)
                || self.run.faults.about(&goal.urn).any(|fault| diff::replaces(key, &fault.replace))
        };
        let replace_keys = changed_keys.iter().filter(|key| replaces(key)).cloned().collect();
        let detailed =
            self.run.faults.detailed_diff.then(|| diff::detailed(&old.inputs, &new.inputs, &replaces));
        Diff {
            some: !changed_keys.is_empty(),
            replace_keys,
            detailed: detailed.filter(|detailed| !detailed.is_empty()),
            changed_keys,
        }
    }

    fn refuse_protected_replacement(&mut self, old: &ResourceState, new: &ResourceState) -> Result<(), Bail> {
        if !(old.protect && new.protect) || self.run.options.ignore_protect {
            return Ok(());
        }
        let message = format!(
            "unable to replace resource {:?}\nas it is currently marked for protection. To unprotect the resource, \
             remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`",
            new.urn
        );
        self.say(Some(&new.urn), Severity::Error, &format!("{message}\n"));
        self.status.errored = true;
        if self.run.preview {
            return Ok(());
        }
        self.status.bailed = true;
        Err(Bail)
    }

    fn check_inputs(&mut self, new: &ResourceState) -> Result<(), Bail> {
        if new.type_ == STASH && !new.inputs.contains_key("input") {
            let message = format!(
                "{STASH} resource '{}': property input value {{<nil>}} has a problem: missing required property \
                 \"input\"",
                super::step::name_of(&new.urn)
            );
            return Err(self.bail(Some(&new.urn), &message));
        }
        Ok(())
    }

    /// A step can't depend on something that is not created because it is no target.
    fn check_skipped(&mut self, steps: &[Step]) -> Result<(), Bail> {
        let options = self.run.options;
        if !options.targets.is_constrained() && !options.replaces.is_constrained() {
            return Ok(());
        }
        for step in steps.iter().filter(|step| !step.skipped_create) {
            let Some(new) = step.new.as_deref() else { continue };
            let skipped: Vec<String> = dependencies(new)
                .filter(|urn| self.sets.skipped_creates.contains(*urn))
                .map(str::to_owned)
                .collect();
            for needed in skipped {
                let message = format!(
                    "Resource '{}' depends on '{needed}' which was was not specified in --target list.",
                    step.urn
                );
                self.say(Some(&step.urn), Severity::Error, &format!("{message}\n"));
                self.status.errored = true;
                if !self.run.preview {
                    self.status.bailed = true;
                    return Err(Bail);
                }
                self.sets.skipped_creates.remove(&needed);
            }
        }
        Ok(())
    }
}

/// Providers and the stack itself are part of every run.
fn is_implied(state: &ResourceState) -> bool {
    state.type_.starts_with(PROVIDER_PREFIX) || state.type_ == ROOT_TYPE
}

fn recreate(at: usize, old: &Rc<ResourceState>, new: &ResourceState, keys: Vec<String>) -> Vec<Step> {
    let mut steps = [Op::Replace, Op::CreateReplacement].map(|op| {
        let mut step = Step::new(op, Some((at, Rc::clone(old))), Some(Rc::new(new.clone())));
        step.deletes_first = true;
        step
    });
    steps[1].keys = keys;
    steps.into()
}

/// What would be new, but is no target, is the same nothing before and after.
fn skipped_create(mut new: ResourceState) -> Step {
    new.inputs.clear();
    let new = Rc::new(new);
    let mut step = Step::new(Op::Same, None, Some(Rc::clone(&new)));
    step.old = Some(new);
    step.skipped_create = true;
    step
}

/// The state that a goal asks for, before any provider has seen it.
fn state(goal: &Goal, provider: Option<String>) -> ResourceState {
    let mut state = ResourceState {
        urn: goal.urn.clone(),
        custom: goal.custom,
        type_: goal.type_.clone(),
        inputs: goal.inputs.clone(),
        parent: goal.parent.clone(),
        protect: goal.protect.unwrap_or(false),
        dependencies: goal.dependencies.clone(),
        provider,
        property_dependencies: goal.property_dependencies.clone(),
        additional_secret_outputs: goal.options.additional_secret_outputs.clone(),
        retain_on_delete: goal.options.retain_on_delete.unwrap_or(false),
        external: goal.read,
        ..ResourceState::default()
    };
    for (name, values) in [
        ("ignoreChanges", &goal.options.ignore_changes),
        ("replaceOnChanges", &goal.options.replace_on_changes),
    ] {
        if !values.is_empty() {
            state.extra.insert(name.to_owned(), Json::from(values.clone()));
        }
    }
    state
}

/// Whether another provider manages the resource now. Default providers of one package stand for each other.
fn provider_changed(old: &ResourceState, new: &ResourceState) -> bool {
    let (Some(old), Some(new)) = (&old.provider, &new.provider) else { return old.provider != new.provider };
    if old == new {
        return false;
    }
    let urn =
        |reference: &str| reference.rsplit_once("::").map(|(urn, _)| urn.to_owned()).unwrap_or_default();
    let (old, new) = (urn(old), urn(new));
    !(is_default_provider(&old) && is_default_provider(&new))
}

/// Everything that a resource depends on: its provider, its parent, and what its options and inputs name.
pub fn dependencies(state: &ResourceState) -> impl Iterator<Item = &str> {
    let provider =
        state.provider.as_deref().and_then(|reference| reference.rsplit_once("::")).map(|(urn, _)| urn);
    let of_properties = state.property_dependencies.values().flatten().map(String::as_str);
    provider
        .into_iter()
        .chain(state.parent.as_deref())
        .chain(state.dependencies.iter().map(String::as_str))
        .chain(of_properties)
}
