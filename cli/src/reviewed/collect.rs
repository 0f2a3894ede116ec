//! Collects a proposal from the events of a preview, while they are read.
//!
//! A step is one that the engine begins. Resources that stay as they are have none, nor have reads, refreshes and the
//! providers that the engine makes itself: their inputs repeat the configuration.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::leaf::{LeafChange, LeafValue, changes, leaves, whole};
use super::names::MadeUpNames;
use super::proposal::{Goal, Proposal, ProposedStep};
use super::wanted::{WantedGoals, creates};
use crate::report::{
    EventState, ReviewPlugin, StepEvent, StepMetadata, StepObserver, Urn, is_under, value_at_path,
};

/// The beginning of a provider's type.
const PROVIDER: &str = "pulumi:providers:";

/// Collects the proposal of one engine process.
#[derive(Debug, Default)]
pub struct Collector {
    names: MadeUpNames,
    proposal: Proposal,
    /// The resources that a refresh is looking at: the end of it has the operation that it has found.
    refreshing: HashSet<String>,
    /// How many more steps of each operation have begun than ended: a line is missing where it is not 0.
    open: BTreeMap<String, i64>,
    /// Whether a step is not only planned.
    deploys: bool,
}

impl Collector {
    /// Collects the proposal, with the goals of what is `wanted`. `is_partial` says whether the preview looks at a part of
    /// the resources only.
    pub fn new(wanted: WantedGoals, is_partial: bool) -> Self {
        let proposal = Proposal { is_partial, wanted, ..Proposal::default() };
        Self { proposal, ..Self::default() }
    }

    /// The proposal; none if the events are not those of a whole preview.
    pub fn finish(mut self) -> Option<Proposal> {
        let is_whole = !self.deploys && self.open.values().all(|open| *open == 0);
        is_whole.then(|| {
            let order = |step: &ProposedStep| (step.urn.clone(), step.op.clone());
            self.proposal.steps.sort_by_cached_key(order);
            self.proposal
        })
    }

    /// Counts a step that begins or ends. The end of the stack's own comes twice: when it is planned, and with its
    /// outputs.
    fn count(&mut self, step: &StepEvent, more: i64) {
        if is_step(&step.metadata.op) && !step.is_stack() {
            *self.open.entry(step.metadata.op.clone()).or_default() += more;
        }
    }

    fn plugin(&mut self, metadata: &StepMetadata) {
        let Some(kind) = Urn::parse(&metadata.urn).map(|urn| urn.kind) else { return };
        let Some(name) = kind.strip_prefix(PROVIDER) else { return };
        let states = [&metadata.new, &metadata.old].into_iter().flatten();
        let mut states = states;
        let version = states.find_map(|state| state.inputs.as_ref()?.get("version")?.as_str());
        let version = version.unwrap_or_default().to_owned();
        self.proposal.plugins.insert(ReviewPlugin { name: name.to_owned(), version });
    }

    fn goal(&mut self, urn: &str, new: Option<&EventState>) {
        if let (Some(new), Some(_)) = (new, self.proposal.wanted.look_up(urn)) {
            let inputs = leaves(inputs(Some(new)).unwrap_or(&Map::new()), &self.names);
            self.proposal.goals.insert(urn.to_owned(), Goal { inputs });
        }
    }

    fn learn_names(&mut self, metadata: &StepMetadata) {
        let inputs = metadata.new.as_ref().and_then(|new| new.inputs.as_ref());
        if let (Some(inputs), Some(urn)) = (inputs, Urn::parse(&metadata.urn)) {
            self.names.learn(urn.name, inputs);
        }
    }
}

impl StepObserver for Collector {
    fn wants(&self, urn: &str) -> bool {
        Urn::parse(urn).is_some_and(|urn| urn.kind.starts_with(PROVIDER))
            || self.proposal.wanted.look_up(urn).is_some()
    }

    fn begun(&mut self, step: &StepEvent) {
        let metadata = &step.metadata;
        self.deploys |= !step.planning;
        if metadata.op == "refresh" {
            self.refreshing.insert(metadata.urn.clone());
            return;
        }
        self.refreshing.remove(&metadata.urn);
        self.count(step, 1);
        self.plugin(metadata);
        let is_new = creates(&metadata.op);
        let stays = matches!(metadata.op.as_str(), "same" | "update");
        if is_new || (stays && self.proposal.wanted.look_up(&metadata.urn) == Some(true)) {
            self.learn_names(metadata);
        }
        let is_step = is_step(&metadata.op);
        if metadata.op == "same" || (is_step && !takes_away(&metadata.op)) {
            // A replacement is made by its creation, beside which `replace` is a remark.
            let is_known = metadata.op == "replace" && self.proposal.goals.contains_key(&metadata.urn);
            self.goal(&metadata.urn, metadata.new.as_ref().filter(|_| !is_known));
        }
        if is_step && !Urn::parse(&metadata.urn).is_some_and(|urn| urn.is_default_provider()) {
            self.proposal.steps.push(proposed(metadata, &self.names));
        }
    }

    fn done(&mut self, step: &StepEvent) {
        let metadata = &step.metadata;
        self.deploys |= !step.planning;
        if self.refreshing.remove(&metadata.urn) {
            return;
        }
        self.count(step, -1);
        if step.is_stack() {
            let empty = Map::new();
            let [old, new] = [&metadata.old, &metadata.new]
                .map(|state| state.as_ref().and_then(|state| state.outputs.as_ref()).unwrap_or(&empty));
            self.proposal.outputs = changes(old, new, &self.names);
            self.proposal.output_goal = leaves(new, &self.names);
        }
    }

    fn next_phase(&mut self) {
        let Proposal { wanted, is_partial, .. } = std::mem::take(&mut self.proposal);
        *self = Self::new(wanted, is_partial);
    }
}

/// Whether the operation is a step: it changes something, or is one that is not known.
pub fn is_step(op: &str) -> bool {
    !matches!(
        op,
        "same"
            | "read"
            | "read-replacement"
            | "refresh"
            | "discard"
            | "discard-replaced"
            | "remove-pending-replace"
            | "extend-parameterize"
    )
}

/// Whether the resource is gone after the operation.
pub fn takes_away(op: &str) -> bool {
    matches!(op, "delete" | "delete-replaced")
}

fn inputs(state: Option<&EventState>) -> Option<&Map<String, Value>> {
    state?.inputs.as_ref()
}

/// The step of an event.
pub(super) fn proposed(metadata: &StepMetadata, names: &MadeUpNames) -> ProposedStep {
    let (old, new) = (metadata.old.as_ref(), metadata.new.as_ref());
    let left = if takes_away(&metadata.op) { old } else { new.or(old) };
    let paths = if takes_away(&metadata.op) { BTreeMap::new() } else { paths(metadata, names) };
    ProposedStep {
        urn: metadata.urn.clone(),
        op: metadata.op.clone(),
        provider: provider_urn(&metadata.provider),
        protect: left.is_some_and(|state| state.protect),
        retain: left.is_some_and(|state| state.retain_on_delete),
        id: id_of(metadata).map(LeafValue::of_text),
        paths,
    }
}

/// The ID of the resource that the step begins with: of an import, the one that is imported.
fn id_of(metadata: &StepMetadata) -> Option<&str> {
    let imported = metadata.op.starts_with("import");
    let state = if imported { &metadata.new } else { &metadata.old };
    state.as_ref().map(|state| state.id.as_str()).filter(|id| !id.is_empty())
}

/// The URN of a provider from a reference to it, which has the ID behind it.
fn provider_urn(reference: &str) -> Option<String> {
    let urn = reference.rsplit_once("::").map_or(reference, |(urn, _)| urn);
    (!urn.is_empty()).then(|| urn.to_owned())
}

/// The properties that a step changes: its inputs that differ, and what else the provider names, which differs from the
/// real resource.
fn paths(metadata: &StepMetadata, names: &MadeUpNames) -> BTreeMap<String, LeafChange> {
    let empty = Map::new();
    let [old, new] = [&metadata.old, &metadata.new].map(|state| inputs(state.as_ref()).unwrap_or(&empty));
    let mut found = changes(old, new, names);
    let detailed = metadata.detailed_diff.iter().flat_map(BTreeMap::keys);
    let named: Vec<&String> = detailed.chain(metadata.diffs.iter().flatten()).collect();
    for name in named {
        let known = |path: &String| is_under(path, name) || is_under(name, path);
        if !found.keys().any(known) {
            let real = metadata.old.as_ref().and_then(|old| value_at_path(old.outputs.as_ref()?, name));
            let side = |value: Option<&Value>| value.map(|value| whole(value, names));
            let change = LeafChange { old: side(real), new: side(value_at_path(new, name)) };
            found.insert(name.clone(), change);
        }
    }
    found
}
