//! The live guard: looks at the steps of a deployment while it runs, and finds the first that the preview did not have.
//! Pure: whoever reads the events decides what happens then.
//!
//! It is a brake and no wall: the step that it finds has begun, and others beside it. A value is compared where the preview
//! knew it; what was not known there may be any.

use std::collections::HashMap;

use super::collect::{is_step, proposed, takes_away};
use super::leaf::{LeafChange, LeafValue};
use super::names::MadeUpNames;
use super::proposal::{Proposal, ProposedStep};
use super::tolerate::{Tolerance, is_tolerated};
use super::wanted::creates;
use crate::report::{
    DifferenceKind, ReviewDifference, StepEvent, StepMetadata, StepObserver, Urn, is_under, of_resource,
};

/// Looks at the steps of a deployment.
#[derive(Debug, Clone, Default)]
pub struct LiveGuard {
    /// The steps that were previewed, by URN and operation.
    expected: HashMap<(String, String), Vec<ProposedStep>>,
    tolerances: Vec<Tolerance>,
    names: MadeUpNames,
    found: Option<ReviewDifference>,
}

impl LiveGuard {
    /// A guard that expects what the preview proposes, which has passed the comparison with what was reviewed.
    pub fn new(proposal: &Proposal, tolerances: Vec<Tolerance>) -> Self {
        let mut expected: HashMap<_, Vec<_>> = HashMap::new();
        for step in &proposal.steps {
            expected.entry((step.urn.clone(), step.op.clone())).or_default().push(step.clone());
        }
        Self { expected, tolerances, ..Self::default() }
    }

    /// The first step that was not previewed.
    pub fn found(&self) -> Option<&ReviewDifference> {
        self.found.as_ref()
    }

    fn judge(&mut self, metadata: &StepMetadata) -> Option<ReviewDifference> {
        let (urn, op) = (&metadata.urn, &metadata.op);
        let Some(steps) = self.expected.get_mut(&(urn.clone(), op.clone())).filter(|steps| !steps.is_empty())
        else {
            let mut others = self.expected.keys().filter(|(other, _)| other == urn).peekable();
            let kind = if others.peek().is_some() {
                DifferenceKind::OtherOperation
            } else {
                DifferenceKind::StepMore
            };
            return Some(of_resource(kind, urn, op, None, &format!("`{op}` was not previewed")));
        };
        let step = proposed(metadata, &self.names);
        // Of several resources with one URN, the one that is meant.
        let at = steps.iter().position(|other| other.id == step.id).unwrap_or(0);
        let expected = steps.remove(at);
        if takes_away(op) && expected.id != step.id {
            let message = format!(
                "`{op}` is about another resource than the previewed one: its ID at the provider differs"
            );
            return Some(of_resource(DifferenceKind::OtherResource, urn, op, None, &message));
        }
        step.paths.iter().find_map(|(path, change)| self.judge_path(&expected, path, change))
    }

    fn judge_path(&self, step: &ProposedStep, path: &str, change: &LeafChange) -> Option<ReviewDifference> {
        let expected = step.paths.get(path);
        let is_unknown = |change: &LeafChange| change.new == Some(LeafValue::Unknown);
        // What was not known can turn out to be a list or an object, and to be another kind of value than before.
        let may_be_any = step
            .paths
            .iter()
            .any(|(other, known)| is_unknown(known) && (is_under(path, other) || is_under(other, path)));
        let is_same = expected.is_some_and(|expected| expected.new == change.new);
        if is_same || may_be_any || is_tolerated(&self.tolerances, &step.urn, path) {
            return None;
        }
        let (kind, message) = match expected {
            Some(_) => (DifferenceKind::OtherValue, "gets another value than the previewed one"),
            None => (DifferenceKind::PropertyMore, "changes, which was not previewed"),
        };
        Some(of_resource(kind, &step.urn, &step.op, Some(path), &format!("`{path}` {message}")))
    }
}

impl StepObserver for LiveGuard {
    fn begun(&mut self, step: &StepEvent) {
        let metadata = &step.metadata;
        let is_ours = Urn::parse(&metadata.urn).is_some_and(|urn| urn.is_default_provider());
        if step.planning || is_ours || !is_step(&metadata.op) {
            return;
        }
        if creates(&metadata.op)
            && let (Some(urn), Some(new)) = (Urn::parse(&metadata.urn), &metadata.new)
            && let Some(inputs) = &new.inputs
        {
            self.names.learn(urn.name, inputs);
        }
        let found = self.judge(metadata);
        if self.found.is_none() {
            self.found = found;
        }
    }
}

#[cfg(test)]
mod tests;
