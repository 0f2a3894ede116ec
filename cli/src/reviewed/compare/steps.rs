//! The steps that a run is about to do, against the reviewed ones.

use std::collections::{BTreeSet, HashMap};

use super::kinds::{ProposedOn, is_the_same};
use super::paths::{PathAnswer, is_answered, is_below_unknown, look_up};
use super::side::ReviewedSide;
use super::tell::{self, Differences};
use crate::report::{Change, DifferenceKind, PathChange, ReviewDifference, ReviewStep, ReviewedValue};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::collect::takes_away;
use crate::reviewed::tolerate::{Tolerance, is_tolerated};
use crate::reviewed::wanted::creates;

/// The steps of a run, and the records that are looked at together.
pub struct StepComparison<'s, 'a> {
    /// The records.
    pub sides: &'s [ReviewedSide<'a>],
    /// What the run is about to do.
    pub actual: &'a ProposedChange,
    /// The properties whose values may differ.
    pub tolerances: &'s [Tolerance],
}

/// How a reviewed step that is missing, or a change of a property in it, is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// Something is deleted or replaced that was reviewed together with it: only known values prove that it is done.
    Strict,
    /// What was not known is taken as done where the resource stays as it is.
    Plain,
}

impl StepComparison<'_, '_> {
    /// The differences between the steps.
    pub fn compare(&self) -> Differences {
        let mut found = Differences::default();
        let mut met: HashMap<(&str, &str), usize> = HashMap::new();
        for (at, step) in self.actual.proposal.steps.iter().enumerate() {
            let times = met.entry((&step.urn, &step.op)).or_default();
            *times += 1;
            self.more(at, *times, &mut found.differences);
        }
        for (number, side) in self.sides.iter().enumerate() {
            let destroys = Self::destroys_with(side);
            for step in &side.record.steps {
                let missing = self.missing(number, step, destroys, &mut found.differences);
                found.done += u64::from(missing == Missing::Done);
            }
        }
        found
    }

    /// The differences between the stack outputs.
    pub fn outputs(&self) -> Vec<ReviewDifference> {
        let mut found = Vec::new();
        let mut tell = |path: &str, message: &str| {
            let message = format!("the stack output `{path}` {message}");
            found.push(tell::general(DifferenceKind::Output, Some(path), message));
        };
        let stack = self.stack_urn();
        for path in self.actual.proposal.outputs.keys() {
            let answer = self.sides.iter().map(|side| {
                let path = side.as_recorded(path);
                side.outputs
                    .get(&*path)
                    .map_or(PathAnswer::NotReviewed, |change| look_up(&side.record.outputs, &path, change))
            });
            let answer = answer.max().unwrap_or(PathAnswer::NotReviewed);
            let is_tolerated =
                answer != PathAnswer::NotReviewed && is_tolerated(self.tolerances, &stack, path);
            match answer {
                PathAnswer::Reviewed => {}
                _ if is_tolerated => {}
                PathAnswer::NotReviewed => tell(path, "changes, which was not reviewed"),
                PathAnswer::Otherwise => tell(path, "gets another value than the reviewed one"),
                PathAnswer::FromAnother => tell(path, "had another value when the change was reviewed"),
            }
        }
        for side in self.sides {
            for (path, change) in &side.record.outputs {
                let is_there = is_answered(&side.outputs, path, change);
                let is_reached = match &change.new {
                    Some(ReviewedValue::Unknown) => side.has_output(path),
                    new => side.output_goal(path) == *new || is_below_unknown(&side.record.outputs, path),
                };
                let is_tolerated = is_tolerated(self.tolerances, &stack, side.plain(path));
                if !is_there && !is_reached && !is_tolerated {
                    tell(side.plain(path), "was to change, and stays as it is");
                }
            }
        }
        found
    }

    fn stack_urn(&self) -> String {
        let project = self.actual.identity.project.as_deref().unwrap_or_default();
        let stack = &self.actual.identity.stack;
        format!("urn:pulumi:{stack}::{project}::pulumi:pulumi:Stack::{project}-{stack}")
    }

    /// What the step with this number has that was not reviewed. `times` says how many of its kind there are up to it.
    fn more(&self, at: usize, times: usize, found: &mut Vec<ReviewDifference>) {
        let Some(plain) = self.actual.proposal.steps.get(at) else { return };
        let (urn, op) = (plain.urn.as_str(), plain.op.as_str());
        let of_kind = |side: &ReviewedSide<'_>| -> usize {
            side.steps.get(at).map_or(0, |step| side.alike(step).len())
        };
        if self.sides.iter().map(of_kind).max().unwrap_or(0) < times {
            if self.only_finishes(at) {
                return;
            }
            found.push(self.not_reviewed(at, urn, op));
            return;
        }
        let options = self.sides.iter().filter_map(|side| {
            let step = side.steps.get(at)?;
            let alike = side.alike(step);
            let has_it = || side.reviewed_on(&step.urn).is_some_and(|on| on.has_options(step));
            (!alike.is_empty()).then(|| if has_it() { None } else { tell::options(step, alike) })
        });
        // One record in which nothing differs is enough.
        let differ =
            options.collect::<Option<Vec<_>>>().and_then(|differ| differ.into_iter().min_by_key(String::len));
        if let Some(differ) = differ {
            let message = format!("`{op}` is not the reviewed one, as these differ: {differ}");
            found.push(tell::of_step(DifferenceKind::OtherResource, urn, op, &message));
        }
        for (path, change) in &plain.paths {
            let answer = self.sides.iter().filter_map(|side| side.answer(at, path)).max();
            let answer = answer.unwrap_or(PathAnswer::NotReviewed);
            let kind = PathChange::between(
                change.old.as_ref().map(|_| ReviewedValue::Unknown),
                change.new.as_ref().map(|_| ReviewedValue::Unknown),
            );
            if answer == PathAnswer::Reviewed || self.tolerates(at, urn, path, kind.kind) {
                continue;
            }
            let (kind, message) = match answer {
                PathAnswer::NotReviewed => (DifferenceKind::PropertyMore, "changes, which was not reviewed"),
                PathAnswer::FromAnother => {
                    (DifferenceKind::OtherValue, "had another value when the change was reviewed")
                }
                _ => (DifferenceKind::OtherValue, "gets another value than the reviewed one"),
            };
            found.push(tell::of_path(kind, urn, op, path, &format!("`{path}` {message}")));
        }
    }

    /// Whether the step with this number only finishes what a reviewed one has created: the engine updates a resource that
    /// was created and did not become ready, without a change of its inputs.
    fn only_finishes(&self, at: usize) -> bool {
        self.sides.iter().any(|side| {
            let Some(step) = side.steps.get(at).filter(|step| is_without_changes(side, step)) else {
                return false;
            };
            let proof = if Self::destroys_with(side) { Proof::Strict } else { Proof::Plain };
            let options = |step: &ReviewStep| (step.provider.clone(), step.protect, step.retain);
            side.reviewed(&step.urn).iter().any(|reviewed| {
                let op = side.plain(&reviewed.op);
                creates(op) && options(reviewed) == options(step) && self.is_done(side, reviewed, op, proof)
            })
        })
    }

    fn not_reviewed(&self, at: usize, urn: &str, op: &str) -> ReviewDifference {
        let ops: BTreeSet<&str> = self
            .sides
            .iter()
            .flat_map(|side| side.steps.get(at).map(|step| side.reviewed(&step.urn)).unwrap_or_default())
            .map(|step| step.op.as_str())
            .collect();
        if ops.is_empty() {
            return tell::of_step(DifferenceKind::StepMore, urn, op, &format!("`{op}` was not reviewed"));
        }
        if ops.contains(op) {
            let message = format!("`{op}` was not reviewed so many times");
            return tell::of_step(DifferenceKind::StepMore, urn, op, &message);
        }
        let ops = ops.into_iter().map(|op| format!("`{op}`")).collect::<Vec<_>>().join(", ");
        let message = format!("`{op}` was not reviewed, but {ops}");
        tell::of_step(DifferenceKind::OtherOperation, urn, op, &message)
    }

    /// Whether a tolerance lets the value differ: of a property that changes its value, or that was to come or go anyway.
    fn tolerates(&self, at: usize, urn: &str, path: &str, kind: Change) -> bool {
        let known = |side: &ReviewedSide<'_>| {
            let path = side.as_recorded(path);
            let steps = side.steps.get(at).map(|step| side.reviewed(&step.urn)).unwrap_or_default();
            steps.iter().any(|step| step.paths.get(&*path).is_some_and(|change| change.kind == kind))
        };
        is_tolerated(self.tolerances, urn, path) && (kind == Change::Update || self.sides.iter().any(known))
    }

    /// Judges a reviewed step of the record with this number: whether it is about to be done, or need not be. `destroys`
    /// says whether the run deletes or replaces something that the record has reviewed.
    fn missing(
        &self,
        number: usize,
        step: &ReviewStep,
        destroys: bool,
        found: &mut Vec<ReviewDifference>,
    ) -> Missing {
        let Some(side) = self.sides.get(number) else { return Missing::No };
        let (urn, op) = (side.plain(&step.urn).to_owned(), side.plain(&step.op).to_owned());
        let proof = if destroys || is_destructive(&op) { Proof::Strict } else { Proof::Plain };
        let is_only_one = side.alike(step).len() == 1;
        let proposed = side.proposed_on(&step.urn).and_then(|on| on.of_kind(&step.op));
        if proposed.is_some_and(|kind| is_only_one || kind.has_id(step.id.as_ref())) {
            for (path, change) in &step.paths {
                if let Some(why) = self.why_lost(number, side, step, (path, change), proof) {
                    let path = side.plain(path);
                    let message = format!("the reviewed change of `{path}` is {why}");
                    found.push(tell::of_path(DifferenceKind::PropertyMissing, &urn, &op, path, &message));
                }
            }
            return Missing::No;
        }
        if self.is_done(side, step, &op, proof) {
            return Missing::Done;
        }
        if proof == Proof::Plain && self.is_superseded(number, step) {
            return Missing::No;
        }
        let why = match proof {
            _ if takes_away(&op) && self.actual.proposal.is_partial => {
                "and this preview looks at a part of the resources only"
            }
            _ if takes_away(&op) => "and the resource is still there",
            Proof::Strict => {
                "and nothing proves that it is done, while something that was reviewed with it is deleted or replaced"
            }
            Proof::Plain => "and the resource is not as it was to be",
        };
        found.push(tell::of_step(
            DifferenceKind::StepMissing,
            &urn,
            &op,
            &format!("the reviewed `{op}` is missing, {why}"),
        ));
        Missing::No
    }

    /// Why the reviewed change of a property is lost, in a step that is about to be done. Where something is deleted or
    /// replaced, each has to be there; else its goal may be reached, or another record may say otherwise.
    fn why_lost(
        &self,
        number: usize,
        side: &ReviewedSide<'_>,
        step: &ReviewStep,
        (path, change): (&str, &PathChange),
        proof: Proof,
    ) -> Option<&'static str> {
        let alike = side.proposed_on(&step.urn).and_then(|on| on.of_kind(&step.op));
        let is_there = alike.is_some_and(|kind| kind.answers(path, change));
        match proof {
            Proof::Plain if is_there => None,
            Proof::Plain => {
                let is_lost =
                    !self.is_reached(side, step, path, change, proof) && !self.is_superseded(number, step);
                is_lost.then_some("missing")
            }
            Proof::Strict if is_there => {
                self.is_overruled(side, step, path).then_some("lost to one of another review")
            }
            Proof::Strict => {
                let is_tolerated = is_tolerated(self.tolerances, side.plain(&step.urn), side.plain(path));
                (!is_tolerated).then_some("missing")
            }
        }
    }

    /// Whether the run deletes or replaces something that the record has reviewed.
    fn destroys_with(side: &ReviewedSide<'_>) -> bool {
        side.steps.iter().any(|step| is_destructive(side.plain(&step.op)) && !side.alike(step).is_empty())
    }

    /// Whether a step that is missing is done already.
    fn is_done(&self, side: &ReviewedSide<'_>, step: &ReviewStep, op: &str, proof: Proof) -> bool {
        let mut proposed = side.proposed_on(&step.urn).into_iter().flat_map(ProposedOn::kinds);
        match op {
            "delete" | "delete-replaced" => {
                let proposal = &self.actual.proposal;
                let is_looked_for = !proposal.is_partial && proposal.wanted.has(&step.urn);
                let is_left =
                    proposed.any(|(op, kind)| takes_away(side.plain(op)) && kind.has_id(step.id.as_ref()));
                is_looked_for && !is_left && (op == "delete-replaced" || !side.has_goal(&step.urn))
            }
            "create" | "update" | "import" | "create-replacement" | "import-replacement" | "replace" => {
                let is_still_to_do = proposed.any(|(op, kind)| match side.plain(op) {
                    "update" => kind.has_changes(),
                    op => !takes_away(op),
                });
                side.has_goal(&step.urn)
                    && !(is_still_to_do && proof == Proof::Strict)
                    && step
                        .paths
                        .iter()
                        .all(|(path, change)| self.is_reached(side, step, path, change, proof))
            }
            _ => false,
        }
    }

    /// Whether a property has the value that it was to get.
    fn is_reached(
        &self,
        side: &ReviewedSide<'_>,
        step: &ReviewStep,
        path: &str,
        change: &PathChange,
        proof: Proof,
    ) -> bool {
        let urn = &step.urn;
        if !side.has_goal(urn) {
            return false;
        }
        let guessed = proof == Proof::Plain;
        let by_value = match (&change.kind, &change.new) {
            // It turned out to be some value, and not none.
            (_, Some(ReviewedValue::Unknown)) => guessed && side.has_property(urn, path),
            (Change::Delete, _) => side.goal(urn, path).is_none(),
            // Only the provider has named the property: it is as wanted if the resource stays as it is.
            (_, None) => guessed,
            // Where no value is told from another, one value proves nothing.
            (_, Some(ReviewedValue::Hash(_))) if !guessed && side.is_without_values() => false,
            (_, new) => side.goal(urn, path) == *new,
        };
        by_value
            || (guessed && is_below_unknown(&step.paths, path))
            || is_tolerated(self.tolerances, side.plain(urn), side.plain(path))
    }

    /// Whether the property is about to change otherwise than this record says, as another one says so.
    fn is_overruled(&self, side: &ReviewedSide<'_>, step: &ReviewStep, path: &str) -> bool {
        let tolerated = is_tolerated(self.tolerances, side.plain(&step.urn), side.plain(path));
        let mut proposed = side.proposed(&step.urn).filter_map(|other| other.paths.get(path));
        self.sides.len() > 1
            && !tolerated
            && proposed.any(|change| look_up(&step.paths, path, change) != PathAnswer::Reviewed)
    }

    /// Whether another record says all of what the run is about to do with the resource, and no more.
    fn is_superseded(&self, number: usize, step: &ReviewStep) -> bool {
        let urn = self.sides.get(number).map(|side| side.plain(&step.urn)).unwrap_or_default();
        self.sides.iter().enumerate().any(|(other, side)| {
            let urn = side.as_recorded(urn);
            let proposed: Vec<&ReviewStep> = side.proposed(&urn).collect();
            other != number && !proposed.is_empty() && is_the_same(&proposed, side.reviewed(&urn))
        })
    }
}

/// What a reviewed step is that is not about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Not missing, or told as a difference.
    No,
    /// Done already.
    Done,
}

impl ReviewedSide<'_> {
    /// What the record says of the change of a property in the step with this number.
    fn answer(&self, at: usize, path: &str) -> Option<PathAnswer> {
        let step = self.steps.get(at)?;
        let path = self.as_recorded(path);
        let change = step.paths.get(&*path)?;
        let sets = |op: &str| !takes_away(self.plain(op));
        self.reviewed_on(&step.urn)?.answer(&path, change, sets)
    }
}

/// Whether the step updates a resource without a change of its properties.
fn is_without_changes(side: &ReviewedSide<'_>, step: &ReviewStep) -> bool {
    side.plain(&step.op) == "update" && step.paths.is_empty()
}

/// Whether the operation deletes or replaces something, or is not known.
pub fn is_destructive(op: &str) -> bool {
    !matches!(op, "create" | "update" | "import")
}
