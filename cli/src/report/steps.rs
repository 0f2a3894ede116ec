//! The resources that change: each pair of "begun" and "done" events becomes one step, and the three pairs of a
//! replacement become one. Unchanged resources are only counted.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::diff::{Diffs, PATH_BYTES, Sides, is_under, property_path};
use super::event::{FailedEvent, StepEvent, StepMetadata};
use super::model::{PropertyDiff, Step, StepStatus};
use super::natural::natural;
use super::tally::{Left, Row, Rows, is_change};
use super::urn::Urn;
use super::value::{clipped, named, shortened};

/// The most bytes of the values in all diffs together; later ones keep their paths only.
const DIFF_BYTES: usize = 128 * 1024 * 1024;
/// The most bytes of a name or path; a longer one is cut.
const NAME_BYTES: usize = 1024;
/// The operation of a step that only deletes a resource that an earlier replacement has left over.
pub(super) const LEFT_OVER: &str = "delete-replaced";

/// A resource that the engine works on right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// The operation on it.
    pub operation: String,
    /// The resource's type.
    pub kind: String,
    /// The resource's name.
    pub name: String,
    /// The beginning of the work, in Unix seconds.
    pub since: i64,
}

/// A resource whose work has begun. A component counts as done as soon as it has begun, whenever its outputs come.
#[derive(Debug, Clone)]
struct Running {
    resource: InFlight,
    component: bool,
}

/// All steps so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    list: Vec<Entry>,
    by_urn: HashMap<String, Vec<usize>>,
    in_flight: HashMap<String, Running>,
    unchanged: BTreeMap<&'static str, u64>,
    bytes: usize,
    valueless: u64,
}

/// One step, and the facts that decide how it ended.
#[derive(Debug, Clone)]
struct Entry {
    step: Step,
    open: u32,
    failed: Option<Left>,
    planned: bool,
    counts: bool,
    /// The number of times that the engine has begun the part that it counts.
    times: u64,
    /// Whether the end of the part that it counts was read.
    done: bool,
    /// Whether the end of any part was read.
    part_done: bool,
    only_cleans_up: bool,
    /// The ID of the resource before the step, which tells two deletions with one URN apart.
    old_id: Option<String>,
}

/// The outcome of all steps.
#[derive(Debug, Default)]
pub(super) struct FinishedSteps {
    pub steps: Vec<Step>,
    pub counted: BTreeMap<String, u64>,
    /// The number of deletions of resources that earlier replacements have left over: the engine does not count them.
    pub left_over: u64,
    /// The steps, for the comparison with the engine's counts.
    pub rows: Rows,
    /// Whether any step failed.
    pub failed: bool,
    pub note: Option<String>,
}

impl Steps {
    /// Counts an unchanged resource.
    pub fn same(&mut self, urn: &str) {
        self.count_unchanged("same", urn);
    }

    /// Ends the work on an unchanged resource, which counts only if it comes out of a refresh.
    pub fn same_done(&mut self, urn: &str) {
        if self.in_flight.remove(urn).is_some_and(|running| running.resource.operation == "refresh") {
            self.same(urn);
        }
    }

    /// Begins the work on a resource.
    pub fn begun(&mut self, StepEvent { metadata, planning }: StepEvent, since: i64) {
        if metadata.op == "same" {
            return self.same(&metadata.urn);
        }
        let component = metadata.is_component();
        let running = Running { resource: in_flight(&metadata, since), component };
        self.in_flight.insert(metadata.urn.clone(), running);
        // Only the end of a refresh or a read tells what comes of it.
        if !looks(&metadata.op) {
            let index = self.entry(&metadata);
            if let Some(entry) = self.list.get_mut(index) {
                entry.open += u32::from(!component);
                entry.times += u64::from(metadata.logical);
                entry.planned |= planning;
                entry.step.began = entry.step.began.or(moment(since));
            }
            self.describe(index, metadata, false);
        }
    }

    /// Ends the work on a resource.
    pub fn done(&mut self, StepEvent { metadata, planning }: StepEvent, at: i64) {
        if metadata.op == "same" {
            return self.same_done(&metadata.urn);
        }
        let running = self.in_flight.remove(&metadata.urn);
        if looks(&metadata.op) {
            if metadata.op == "read" {
                self.count_unchanged("read", &metadata.urn);
            }
            return;
        }
        let refreshed = running.as_ref().is_some_and(|running| running.resource.operation == "refresh");
        let index = self.entry(&metadata);
        if let Some(entry) = self.list.get_mut(index) {
            entry.open = entry.open.saturating_sub(1);
            entry.done |= metadata.logical || refreshed;
            entry.part_done = true;
            entry.planned |= planning;
            let since = running.map_or(at, |running| running.resource.since);
            entry.step.began = entry.step.began.or(moment(since));
            entry.step.ended = moment(at);
        }
        self.describe(index, metadata, refreshed);
    }

    /// Ends the work on a resource with a failure.
    pub fn failed(&mut self, FailedEvent { metadata, status }: FailedEvent, at: i64) {
        self.in_flight.remove(&metadata.urn);
        let index = self.entry(&metadata);
        if let Some(entry) = self.list.get_mut(index) {
            entry.open = entry.open.saturating_sub(1);
            entry.failed = entry.failed.max(Some(Left::from_status(status)));
            entry.step.ended = moment(at);
        }
        self.describe(index, metadata, false);
    }

    /// The resources that a provider works on right now, the oldest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let resources = self.in_flight.values().filter(|running| !running.component);
        let mut running = resources.map(|running| running.resource.clone()).collect::<Vec<_>>();
        running.sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
        running
    }

    /// The outcome of all steps.
    pub fn finish(self) -> FinishedSteps {
        let failed = self.any_failed();
        let unchanged = self.unchanged.into_iter().map(|(operation, count)| (operation.to_owned(), count));
        let mut counted: BTreeMap<_, _> = unchanged.collect();
        for entry in
            self.list.iter().filter(|entry| entry.counts && entry.failed.is_none() && entry.open == 0)
        {
            *counted.entry(entry.step.operation.clone()).or_default() += 1;
        }
        let left_over = self.list.iter().filter(|entry| entry.is_left_over()).count() as u64;
        let rows = Rows(self.list.iter().filter_map(Entry::row).collect());
        let shown = self.list.into_iter();
        let shown = shown.filter(|entry| !is_internal(&entry.step.urn) || entry.failed.is_some());
        let note = (self.valueless > 0).then(|| {
            format!("the changes are too large: {} resources' values were left out", self.valueless)
        });
        FinishedSteps { steps: shown.map(Entry::finish).collect(), counted, left_over, rows, failed, note }
    }

    /// Whether a resource that an earlier replacement has left over is deleted.
    pub fn has_left_over(&self) -> bool {
        self.list.iter().any(Entry::is_left_over)
    }

    /// Whether any step failed.
    pub fn any_failed(&self) -> bool {
        self.list.iter().any(|entry| entry.failed.is_some())
    }

    fn count_unchanged(&mut self, operation: &'static str, urn: &str) {
        if !is_internal(urn) {
            *self.unchanged.entry(operation).or_default() += 1;
        }
    }

    /// The index of the step that `metadata` belongs to.
    fn entry(&mut self, metadata: &StepMetadata) -> usize {
        let operation = &*clipped(operation(&metadata.op), 64);
        let same_urn = self.by_urn.entry(metadata.urn.clone()).or_default();
        let belongs = |entry: &Entry| {
            let ids = entry.old_id.as_deref().zip(metadata.old_id());
            let another = takes_away(&metadata.op) && ids.is_some_and(|(one, other)| one != other);
            entry.step.operation == operation && !another
        };
        let known = same_urn.iter().find(|&&at| self.list.get(at).is_some_and(belongs));
        if let Some(&known) = known {
            return known;
        }
        same_urn.push(self.list.len());
        self.list.push(Entry::new(metadata, operation));
        self.list.len() - 1
    }

    /// Adds the facts in `metadata` to the step.
    fn describe(&mut self, index: usize, metadata: StepMetadata, refreshed: bool) {
        let Some(entry) = self.list.get_mut(index) else { return };
        if entry.old_id.is_none() {
            entry.old_id = metadata.old_id().map(str::to_owned);
        }
        let (step, cleans_up) = (&mut entry.step, is_cleanup(&metadata.op));
        entry.only_cleans_up &= cleans_up;
        entry.counts |= (metadata.logical || refreshed) && !is_internal(&metadata.urn);
        for state in [&metadata.old, &metadata.new].into_iter().flatten() {
            step.retained |= state.retain_on_delete && metadata.op.starts_with("delete");
            if step.id.is_none() && !state.id.is_empty() {
                step.id = Some(shortened(&state.id, NAME_BYTES));
            }
            if step.parent.is_none() && !state.parent.is_empty() {
                step.parent = Some(shortened(&state.parent, 2 * NAME_BYTES));
            }
        }
        for key in metadata.keys.iter().flatten() {
            let key = named(&metadata.path_of(key), PATH_BYTES);
            if !step.replace_keys.contains(&key) {
                step.replace_keys.push(key);
            }
        }
        if step.diffs.is_empty() && !cleans_up && metadata.op != "delete" && !is_internal(&metadata.urn) {
            let found = diffs(metadata, refreshed);
            (step.diffs, step.more_diffs) = (found.list, found.more);
            self.bytes += step.diffs.iter().map(weight).sum::<usize>();
            if self.bytes > DIFF_BYTES {
                self.valueless += 1;
                step.diffs.iter_mut().for_each(|diff| (diff.old, diff.new) = (None, None));
            }
        }
    }
}

impl StepMetadata {
    /// The path of a property, from the name that the engine gives it.
    fn path_of(&self, name: &str) -> String {
        let states = [&self.old, &self.new].into_iter().flatten().collect::<Vec<_>>();
        property_path(&states, name)
    }
}

impl Entry {
    fn new(metadata: &StepMetadata, operation: &str) -> Self {
        let parts = Urn::parse(&metadata.urn);
        let step = Step {
            urn: shortened(&metadata.urn, 2 * NAME_BYTES),
            kind: shortened(parts.map_or(&metadata.kind, |urn| urn.kind), NAME_BYTES),
            name: shortened(parts.map_or(&metadata.urn, |urn| urn.name), NAME_BYTES),
            operation: operation.to_owned(),
            status: StepStatus::Done,
            parent: None,
            began: None,
            ended: None,
            id: None,
            retained: false,
            replace_keys: Vec::new(),
            diffs: Vec::new(),
            more_diffs: 0,
        };
        Self {
            step,
            open: 0,
            failed: None,
            planned: false,
            counts: false,
            times: 0,
            done: false,
            part_done: false,
            only_cleans_up: true,
            old_id: None,
        }
    }

    fn finish(self) -> Step {
        let mut step = self.step;
        step.status = match self {
            Self { failed: Some(_), .. } => StepStatus::Failed,
            Self { planned: true, .. } => StepStatus::Planned,
            Self { open: 1.., .. } => StepStatus::Unfinished,
            _ => StepStatus::Done,
        };
        if step.status == StepStatus::Unfinished {
            step.ended = None;
        }
        step.replace_keys.sort_by(|a, b| natural(a, b));
        if self.only_cleans_up {
            LEFT_OVER.clone_into(&mut step.operation);
        }
        // The properties that force a replacement may come after the diffs.
        for diff in &mut step.diffs {
            diff.replaces |= step.replace_keys.iter().any(|key| is_under(&diff.path, key));
        }
        step
    }

    /// The step for the comparison with the engine's counts; none if it only looks, or is about a default provider.
    fn row(&self) -> Option<Row> {
        let counts = is_change(&self.step.operation) && !is_internal(&self.step.urn);
        counts.then(|| Row {
            operation: self.step.operation.clone(),
            times: self.times.max(1),
            logical: self.counts,
            done: self.done,
            part_done: self.part_done,
            open: self.open > 0,
            planned: self.planned,
            cleans_up: self.only_cleans_up,
            failed: self.failed,
        })
    }

    /// Whether it only deletes a resource that an earlier replacement has left over.
    fn is_left_over(&self) -> bool {
        self.only_cleans_up && self.failed.is_none() && (self.planned || self.open == 0)
    }
}

/// The properties that a step changes: from its detailed diff, its inputs, the findings of a refresh, or at least the
/// names that the engine gives.
fn diffs(metadata: StepMetadata, refreshed: bool) -> Diffs {
    let mut names: Vec<String> = metadata.diffs.iter().flatten().map(|name| metadata.path_of(name)).collect();
    let StepMetadata { old, new, detailed_diff, .. } = metadata;
    let protect = old.as_ref().zip(new.as_ref()).filter(|(old, new)| old.protect != new.protect);
    let protect = protect.map(|(old, new)| (Value::from(old.protect), Value::from(new.protect)));
    let sides = Sides::new(old, new);
    let mut found = if refreshed { sides.by_outputs() } else { sides.by_inputs(detailed_diff.as_ref()) };
    // A changed secret looks the same on both sides: only its name can be shown.
    names.sort_by(|a, b| natural(a, b));
    for name in names {
        let name = named(&name, PATH_BYTES);
        if !found.list.iter().any(|diff| is_under(&diff.path, &name) || is_under(&name, &diff.path)) {
            found.named(&name);
        }
    }
    if let Some((old, new)) = protect {
        found.add("protect", Some(old), Some(new));
    }
    found
}

/// The operation as people count it: all parts of a replacement are a `replace`.
fn operation(op: &str) -> &str {
    match op {
        "create-replacement" | "delete-replaced" | "import-replacement" | "read-replacement"
        | "discard-replaced" | "replace" => "replace",
        "discard" => "read",
        other => other,
    }
}

/// A time from the log; 0 stands for none.
fn moment(seconds: i64) -> Option<i64> {
    (seconds > 0).then_some(seconds)
}

fn looks(op: &str) -> bool {
    matches!(op, "refresh" | "read" | "discard" | "remove-pending-replace" | "extend-parameterize")
}

fn is_cleanup(op: &str) -> bool {
    matches!(op, "delete-replaced" | "discard-replaced")
}

/// Whether the operation deletes a resource; there can be several of those with one URN.
fn takes_away(op: &str) -> bool {
    matches!(op, "delete" | "delete-replaced")
}

fn is_internal(urn: &str) -> bool {
    Urn::parse(urn).is_some_and(|urn| urn.is_default_provider())
}

fn in_flight(metadata: &StepMetadata, since: i64) -> InFlight {
    let name = super::urn::name_of(&metadata.urn);
    InFlight {
        operation: shortened(&metadata.op, 64),
        kind: shortened(&metadata.kind, NAME_BYTES),
        name: shortened(name, NAME_BYTES),
        since,
    }
}

fn weight(diff: &PropertyDiff) -> usize {
    let of = |value: &Option<Value>| value.as_ref().map_or(0, super::value::weight);
    diff.path.len() + of(&diff.old) + of(&diff.new)
}
