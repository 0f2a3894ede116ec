//! The steps on each resource, with what is asked of them again and again: a record from a comment may have any number of
//! steps on one resource, and each of them is looked up and not searched for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::paths::{PathAnswer, is_answered, look_up};
use crate::report::{PathChange, ReviewStep, ReviewedValue};

/// The reviewed steps on one resource.
#[derive(Debug, Default)]
pub struct ReviewedOn<'a> {
    /// All of them.
    pub steps: Vec<&'a ReviewStep>,
    kinds: HashMap<&'a str, ReviewedKind<'a>>,
}

/// The reviewed steps on one resource with one operation.
#[derive(Debug, Default)]
struct ReviewedKind<'a> {
    steps: Vec<&'a ReviewStep>,
    options: BTreeSet<StepOptions<'a>>,
    /// The changes by path, each once.
    changes: BTreeMap<&'a str, BTreeSet<&'a PathChange>>,
}

/// The options of a step: its ID, its provider, `protect` and `retainOnDelete`.
type StepOptions<'a> = (Option<&'a ReviewedValue>, Option<&'a str>, bool, bool);

fn options(step: &ReviewStep) -> StepOptions<'_> {
    (step.id.as_ref(), step.provider.as_deref(), step.protect, step.retain)
}

impl<'a> ReviewedOn<'a> {
    /// Adds a step.
    pub fn add(&mut self, step: &'a ReviewStep) {
        self.steps.push(step);
        let kind = self.kinds.entry(step.op.as_str()).or_default();
        kind.steps.push(step);
        kind.options.insert(options(step));
        for (path, change) in &step.paths {
            kind.changes.entry(path).or_default().insert(change);
        }
    }

    /// The steps with this operation.
    pub fn of_kind(&self, op: &str) -> &[&'a ReviewStep] {
        self.kinds.get(op).map(|kind| kind.steps.as_slice()).unwrap_or_default()
    }

    /// Whether a step has the operation and the options of this one.
    pub fn has_options(&self, step: &ReviewStep) -> bool {
        self.kinds.get(step.op.as_str()).is_some_and(|kind| kind.options.contains(&options(step)))
    }

    /// What the steps, with operations that are among the `wanted`, say of the change of a property. None if there are none.
    pub fn answer(
        &self,
        path: &str,
        change: &PathChange,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<PathAnswer> {
        let kinds: Vec<_> = self.kinds.iter().filter(|(op, _)| wanted(op)).map(|(_, kind)| kind).collect();
        let has_it = |changes: &BTreeSet<&PathChange>| changes.contains(change);
        if kinds.iter().any(|kind| kind.changes.get(path).is_some_and(has_it)) {
            return Some(PathAnswer::Reviewed);
        }
        let steps = kinds.iter().flat_map(|kind| &kind.steps);
        steps.map(|step| look_up(&step.paths, path, change)).max()
    }
}

/// The steps on one resource that a run is about to do.
#[derive(Debug, Default)]
pub struct ProposedOn {
    /// Their places among all steps.
    pub places: Vec<usize>,
    kinds: HashMap<String, ProposedKind>,
}

/// The steps on one resource with one operation that a run is about to do.
#[derive(Debug, Default)]
pub struct ProposedKind {
    ids: BTreeSet<Option<ReviewedValue>>,
    /// The properties that change in any of them, each with a change that gives it a value if there is one.
    changes: BTreeMap<String, PathChange>,
}

impl ProposedOn {
    /// Adds the step at this place.
    pub fn add(&mut self, place: usize, step: &ReviewStep) {
        self.places.push(place);
        let kind = self.kinds.entry(step.op.clone()).or_default();
        kind.ids.insert(step.id.clone());
        for (path, change) in &step.paths {
            let kept = kind.changes.entry(path.clone()).or_insert_with(|| change.clone());
            if kept.new.is_none() {
                kept.clone_from(change);
            }
        }
    }

    /// The steps with this operation. None if there are none.
    pub fn of_kind(&self, op: &str) -> Option<&ProposedKind> {
        self.kinds.get(op)
    }

    /// The operations, each with its steps.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &ProposedKind)> {
        self.kinds.iter().map(|(op, kind)| (op.as_str(), kind))
    }
}

impl ProposedKind {
    /// Whether one of the steps is about this resource at the provider.
    pub fn has_id(&self, id: Option<&ReviewedValue>) -> bool {
        self.ids.contains(&id.cloned())
    }

    /// Whether a property changes in one of the steps.
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Whether the property, whose change was reviewed, changes in one of the steps.
    pub fn answers(&self, path: &str, reviewed: &PathChange) -> bool {
        is_answered(&self.changes, path, reviewed)
    }
}

/// Whether two lists of steps are the same, in any order.
pub fn is_the_same(one: &[&ReviewStep], other: &[&ReviewStep]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let sorted = |steps: &[&ReviewStep]| {
        let mut all: BTreeMap<String, Vec<ReviewStep>> = BTreeMap::new();
        for step in steps {
            all.entry(format!("{} {:?}", step.op, step.id)).or_default().push((*step).clone());
        }
        all
    };
    sorted(one) == sorted(other)
}
