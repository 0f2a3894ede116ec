//! One run of the engine over a stack: the state before, what has come of it so far, and what is under way.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/deployment_executor.go>

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::rc::Rc;

use super::event::{Event, Severity, Sink};
use super::runner::Flight;
use super::step::{Op, Step};
use super::target::Targets;
use super::{Keeper, Run};
use crate::engine::run::Bail;
use crate::signals::Signals;
use crate::state::{PendingOperation, ResourceState, Snapshot};

/// A run.
pub struct Deployment<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) sink: &'a mut dyn Sink,
    pub(super) keeper: &'a mut dyn Keeper,
    pub(super) signals: &'a Signals,
    /// The resources before, dependencies first.
    pub(super) base: Vec<Rc<ResourceState>>,
    /// Which of them are not there any more, or have come into `news`.
    pub(super) gone: Vec<bool>,
    /// The resources before by URN, without those that wait for their deletion.
    pub(super) olds: HashMap<String, usize>,
    /// The resources after, so far.
    pub(super) news: Vec<Rc<ResourceState>>,
    pub(super) new_at: HashMap<String, usize>,
    /// What of the snapshot is no resource.
    pub(super) frame: Snapshot,
    pub(super) flights: VecDeque<Flight>,
    /// The operations under way, by the number of their flight.
    pub(super) pending: BTreeMap<usize, PendingOperation>,
    pub(super) flown: usize,
    pub(super) changes: BTreeMap<Op, usize>,
    pub(super) sets: Sets,
    pub(super) status: Status,
    /// The step of the stack itself, which gets its outputs last.
    pub(super) root: Option<Step>,
    pub(super) plan: Option<super::plan::Plan>,
    /// The parts of the program whose resources are left out, because of what failed before.
    pub(super) skipped: Vec<usize>,
    /// The places in `news` of what has been deleted again.
    pub(super) new_gone: HashSet<usize>,
}

/// What has been decided about resources, by URN.
#[derive(Debug, Default)]
pub struct Sets {
    /// The program has registered these.
    pub registered: HashSet<String>,
    /// A step has been made for these.
    pub operated: HashSet<String>,
    /// These are being replaced.
    pub replaced: HashSet<String>,
    /// These have been deleted, perhaps to be created again, because of what made them replacements.
    pub deleted: HashMap<String, Vec<String>>,
    /// These would be new, but are no targets.
    pub skipped_creates: HashSet<String>,
    /// These failed, or depend on what failed.
    pub failed: HashSet<String>,
    /// The places in `base` of what was deleted ahead of its replacement.
    pub pending_deletes: HashSet<usize>,
    /// The targets, with the dependents that joined them.
    pub targets: Targets,
    /// The excluded, with the dependents that joined them.
    pub excludes: Targets,
    /// What a destruction has registered and is to delete.
    pub to_delete: Vec<Rc<ResourceState>>,
}

/// What has gone wrong so far.
#[derive(Debug, Default, Clone, Copy)]
pub struct Status {
    /// A step failed.
    pub step_failed: bool,
    /// No more steps begin, because of a failure.
    pub stopped: bool,
    /// A decision could not be made, and more of the run shall be seen.
    pub errored: bool,
    /// A decision could not be made, or the program failed: the reason has been said.
    pub bailed: bool,
    /// A first signal has come: no more steps begin.
    pub cancelled: bool,
    /// A second signal has come: the run ends at once.
    pub terminated: bool,
    /// An operation may have happened in part.
    pub maybe_corrupt: bool,
}

impl<'a> Deployment<'a> {
    /// Begins with a state.
    pub fn new(
        run: &'a Run<'a>,
        mut snapshot: Snapshot,
        sink: &'a mut dyn Sink,
        keeper: &'a mut dyn Keeper,
        signals: &'a Signals,
    ) -> Self {
        let base: Vec<Rc<ResourceState>> =
            std::mem::take(&mut snapshot.resources).into_iter().map(Rc::new).collect();
        let mut deployment = Self {
            run,
            sink,
            keeper,
            signals,
            gone: vec![],
            olds: HashMap::new(),
            base,
            news: vec![],
            new_at: HashMap::new(),
            frame: snapshot,
            flights: VecDeque::new(),
            pending: BTreeMap::new(),
            flown: 0,
            changes: BTreeMap::new(),
            sets: Sets {
                targets: run.options.targets.clone(),
                excludes: run.options.excludes.clone(),
                ..Sets::default()
            },
            status: Status::default(),
            root: None,
            plan: run.options.plan.clone(),
            skipped: vec![],
            new_gone: HashSet::new(),
        };
        deployment.index();
        deployment
    }

    /// Finds the resources of `base` again after it has changed.
    pub(super) fn index(&mut self) {
        self.gone = vec![false; self.base.len()];
        let live = self.base.iter().enumerate().filter(|(_, state)| !state.delete);
        self.olds = live.map(|(at, state)| (state.urn.clone(), at)).collect();
    }

    /// The resource before.
    pub(super) fn old(&self, urn: &str) -> Option<(usize, Rc<ResourceState>)> {
        let at = *self.olds.get(urn)?;
        Some((at, Rc::clone(&self.base[at])))
    }

    /// The state as it is now.
    pub(super) fn snapshot(&self) -> Snapshot {
        let rest = self.base.iter().zip(&self.gone).filter(|(_, gone)| !**gone).map(|(state, _)| state);
        let news = self
            .news
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.new_gone.contains(at))
            .map(|(_, state)| state);
        let resources = news.chain(rest).map(|state| ResourceState::clone(state)).collect();
        // Nobody but a person can say what came of a creation that was cut off.
        let unresolved =
            self.frame.pending_operations.iter().filter(|operation| operation.kind == "creating");
        let pending_operations = self.pending.values().chain(unresolved).cloned().collect();
        Snapshot { resources, pending_operations, ..self.frame.clone() }
    }

    /// The state at the end, without a copy of what nobody else holds.
    pub(super) fn into_snapshot(mut self) -> Snapshot {
        self.root = None;
        let unresolved =
            self.frame.pending_operations.drain(..).filter(|operation| operation.kind == "creating");
        let pending_operations = self.pending.into_values().chain(unresolved).collect();
        let new_gone = self.new_gone;
        let news = self
            .news
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !new_gone.contains(at))
            .map(|(_, state)| state);
        let rest = self.base.into_iter().zip(self.gone).filter(|(_, gone)| !gone).map(|(state, _)| state);
        let own = |state: Rc<ResourceState>| {
            Rc::try_unwrap(state).unwrap_or_else(|shared| ResourceState::clone(&shared))
        };
        let resources = news.chain(rest).map(own).collect();
        Snapshot { resources, pending_operations, ..self.frame }
    }

    /// Writes the state as it is now.
    pub(super) fn save(&mut self) {
        if !self.run.preview {
            let snapshot = self.snapshot();
            self.keeper.save(&snapshot);
        }
    }

    /// Says something about a resource, or about the run.
    pub(super) fn say(&mut self, urn: Option<&str>, severity: Severity, message: &str) {
        self.sink.event(&Event::Diagnostic { urn, severity, message });
    }

    /// Says what is wrong, and ends the run.
    pub(super) fn bail(&mut self, urn: Option<&str>, message: &str) -> Bail {
        self.say(urn, Severity::Error, &format!("{message}\n"));
        self.status.bailed = true;
        Bail
    }

    /// Whether more steps may begin.
    pub(super) fn may_go_on(&self) -> bool {
        !(self.status.stopped || self.status.cancelled || self.status.terminated)
    }

    /// What the run is called in its last words.
    pub(super) fn kind(&self) -> &'static str {
        if self.run.preview { "preview" } else { "update" }
    }

    /// Adds a resource to the state after.
    pub(super) fn add_new(&mut self, state: Rc<ResourceState>) {
        self.new_at.insert(state.urn.clone(), self.news.len());
        self.news.push(state);
    }

    /// Refuses targets that are neither in the state nor in the program.
    pub(super) fn check_targets(&mut self, targets: &Targets) -> Result<(), Bail> {
        let there = |urn: &&String| {
            self.sets.registered.contains(*urn)
                || self.olds.contains_key(*urn)
                || self.base.iter().any(|state| state.urn == **urn)
        };
        let missing: Vec<String> = targets.named().iter().filter(|urn| !there(urn)).cloned().collect();
        for urn in &missing {
            let hint = if urn.contains('$') { "" } else { " Did you forget to escape $ in your shell?" };
            self.say(
                None,
                Severity::Error,
                &format!("Target '{urn}' could not be found in the stack.{hint}\n"),
            );
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.status.bailed = true;
        Err(Bail)
    }

    /// Warns of operations that an earlier run left pending.
    pub(super) fn warn_of_pending(&mut self) {
        let pending = &self.frame.pending_operations;
        if pending.is_empty() || self.run.preview {
            return;
        }
        let mut message = format!(
            "Attempting to deploy or update resources with {} pending operations from previous deployment.\n",
            pending.len()
        );
        for operation in pending {
            // Writing to a string does not fail.
            let _ = writeln!(message, "  * {}, interrupted while {}", operation.resource.urn, operation.kind);
        }
        message += PENDING_ADVICE;
        self.say(None, Severity::Warning, &message);
    }
}

/// What the CLI says below the list of pending operations.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/deployment_executor.go>
const PENDING_ADVICE: &str = "These resources are in an unknown state because the Pulumi CLI was interrupted while \
waiting for changes to these resources to complete. You should confirm whether or not the operations listed completed \
successfully by checking the state of the appropriate provider. For example, if you are using AWS, you can confirm \
using the AWS Console.\n\nOnce you have confirmed the status of the interrupted operations, you can repair your stack \
using `pulumi refresh` which will refresh the state from the provider you are using and clear the pending operations \
if there are any.\n\nNote that `pulumi refresh` will need to be run interactively to clear pending CREATE operations.\n";
