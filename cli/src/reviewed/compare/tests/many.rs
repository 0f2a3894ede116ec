//! Very many steps on one resource: what nobody's program does, and what a comment can say. Compared in pairs, each of
//! these would take many minutes.

use std::collections::BTreeMap;

use crate::report::{DifferenceKind, ReviewComparison, ReviewKey, ReviewRecord};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::compare::compare;
use crate::reviewed::leaf::{LeafChange, LeafValue};
use crate::reviewed::proposal::{Proposal, ProposedStep};
use crate::reviewed::testing::{change_of, urn};

/// The number of steps.
const MANY: usize = 20_000;

/// The step on the one resource that has this number.
fn step(number: usize) -> ProposedStep {
    let value = LeafValue::of_text(&number.to_string());
    let change = LeafChange { old: Some(LeafValue::of_text("before")), new: Some(value.clone()) };
    let paths = BTreeMap::from([("n".to_owned(), change)]);
    ProposedStep {
        urn: urn("app"),
        op: "replace".to_owned(),
        provider: None,
        protect: false,
        retain: false,
        id: Some(value),
        paths,
    }
}

fn change(steps: impl IntoIterator<Item = ProposedStep>) -> ProposedChange {
    change_of(Proposal { steps: steps.into_iter().collect(), ..Proposal::default() })
}

fn compared(record: &ReviewRecord, actual: &ProposedChange) -> ReviewComparison {
    compare(std::slice::from_ref(record), None, actual, &[])
}

fn kinds(comparison: &ReviewComparison) -> Vec<DifferenceKind> {
    comparison.differences.iter().map(|difference| difference.kind).collect()
}

#[test]
fn as_many_steps_as_were_reviewed_pass_and_one_more_does_not() {
    let all = change((0..MANY).map(step));
    let record = all.seal(&ReviewKey::random());
    let comparison = compared(&record, &all);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    let more = change((0..MANY).chain([MANY - 1]).map(step));
    assert_eq!(kinds(&compared(&record, &more)), [DifferenceKind::StepMore]);
}

#[test]
fn a_record_of_many_steps_against_a_run_of_one_is_refused() {
    let record = change((0..MANY).map(step)).seal(&ReviewKey::random());
    let comparison = compared(&record, &change([step(7)]));
    assert_eq!(kinds(&comparison), [DifferenceKind::StepMissing], "one message for all of them");
}
