//! What a preview proposes, with values as hashes that stay in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::leaf::{LeafChange, LeafValue, Leaves};
use super::wanted::WantedGoals;
use crate::report::{PathChange, ReviewKey, ReviewPlugin, ReviewStep, ReviewedValue};

/// The proposal of one preview.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// The steps, sorted by URN and operation.
    pub steps: Vec<ProposedStep>,
    /// The providers that the resources use.
    pub plugins: BTreeSet<ReviewPlugin>,
    /// The stack outputs that change.
    pub outputs: BTreeMap<String, LeafChange>,
    /// The goal of each resource that a reviewed change is about, as far as the program has it.
    pub goals: BTreeMap<String, Goal>,
    /// The stack outputs as they would be.
    pub output_goal: Leaves,
    /// Whether the preview was asked to look at a part of the resources only: a resource of which nothing is heard may
    /// still be there.
    pub is_partial: bool,
    /// The resources whose goals were looked for.
    pub wanted: WantedGoals,
}

/// One step of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedStep {
    /// The resource's URN.
    pub urn: String,
    /// The operation in the engine's words.
    pub op: String,
    /// The URN of its provider.
    pub provider: Option<String>,
    /// Whether it is protected from deletion.
    pub protect: bool,
    /// Whether it stays at its provider when it is deleted here.
    pub retain: bool,
    /// The ID at its provider.
    pub id: Option<LeafValue>,
    /// The inputs that change.
    pub paths: BTreeMap<String, LeafChange>,
}

/// The inputs that a resource has when the run is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goal {
    /// The inputs, down to single values.
    pub inputs: Leaves,
}

impl ProposedStep {
    /// The step for a record.
    pub fn seal(&self, key: &ReviewKey) -> ReviewStep {
        ReviewStep {
            urn: self.urn.clone(),
            op: self.op.clone(),
            provider: self.provider.clone(),
            protect: self.protect,
            retain: self.retain,
            id: self.id.as_ref().map(|id| id.seal(key)),
            paths: sealed(&self.paths, key),
        }
    }
}

/// The changes for a record.
pub fn sealed(changes: &BTreeMap<String, LeafChange>, key: &ReviewKey) -> BTreeMap<String, PathChange> {
    let seal = |leaf: &Option<LeafValue>| leaf.as_ref().map(|leaf| leaf.seal(key));
    let change = |change: &LeafChange| PathChange::between(seal(&change.old), seal(&change.new));
    changes.iter().map(|(path, sides)| (path.clone(), change(sides))).collect()
}

impl Proposal {
    /// The value at a path of a resource's goal, for the comparison with a record. None if the resource has no goal, and
    /// `Some(None)` if its goal has no such property.
    pub fn goal(&self, urn: &str, path: &str, key: &ReviewKey) -> Option<Option<ReviewedValue>> {
        let goal = self.goals.get(urn)?;
        Some(goal.inputs.get(path).map(|leaf| leaf.seal(key)))
    }
}
