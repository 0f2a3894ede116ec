//! Carries steps out: several chains of steps at a time, each step of a chain after the one before it.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_executor.go>

use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::apply::{Failed, Trouble};
use super::deployment::Deployment;
use super::event::{Event, Severity};
use super::step::{Op, Step};
use crate::faults::End;
use crate::signals;
use crate::state::{PendingOperation, ResourceState};

/// A step that has begun, and what follows it.
pub struct Flight {
    number: usize,
    step: Step,
    rest: VecDeque<Step>,
    wait: Wait,
    /// The part of the program that waits for the chain.
    owner: Option<usize>,
    /// What the resource has become.
    result: Option<Rc<ResourceState>>,
}

/// Until when a step lasts.
#[derive(Debug, Default)]
struct Wait {
    until: Option<Instant>,
    files: Vec<PathBuf>,
}

/// The end of a chain.
pub struct Landing {
    /// The part of the program that waits for it.
    pub owner: Option<usize>,
    /// What the resource has become; none if a step failed.
    pub result: Option<Rc<ResourceState>>,
}

impl Wait {
    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until) && self.files.iter().all(|file| file.exists())
    }

    fn is_none(&self) -> bool {
        self.until.is_none() && self.files.is_empty()
    }
}

impl Deployment<'_> {
    /// Whether another chain can begin.
    pub(super) fn has_room(&self) -> bool {
        self.flights.len() < self.run.options.parallel
    }

    /// Begins a chain of steps.
    pub(super) fn start(&mut self, steps: Vec<Step>, owner: Option<usize>) {
        let mut rest: VecDeque<Step> = steps.into();
        if let Some(step) = rest.pop_front() {
            self.begin(step, rest, owner, None);
        }
    }

    /// Carries a chain out that nothing can hold up.
    pub(super) fn run_now(&mut self, steps: Vec<Step>) -> Option<Rc<ResourceState>> {
        let others = std::mem::take(&mut self.flights);
        self.start(steps, None);
        let mut result = None;
        while let Some(landing) = self.land() {
            result = landing.result;
        }
        self.flights = others;
        result
    }

    fn begin(
        &mut self,
        step: Step,
        rest: VecDeque<Step>,
        owner: Option<usize>,
        result: Option<Rc<ResourceState>>,
    ) {
        self.sink.event(&Event::Pre(&step));
        let number = self.flown;
        self.flown += 1;
        let wait = if self.run.preview { Wait::default() } else { self.hold_up(number, &step) };
        self.flights.push_back(Flight { number, step, rest, wait, owner, result });
    }

    /// Notes the operation as pending, and finds out how long it lasts.
    fn hold_up(&mut self, number: usize, step: &Step) -> Wait {
        if let (Some(kind), Some(state)) = (step.op.pending(), step.state()) {
            let operation = PendingOperation { resource: state.clone(), kind: kind.to_owned() };
            self.pending.insert(number, operation);
        }
        let faults = self.run.faults;
        let mut wait = Wait::default();
        let (mut begun, mut end) = (vec![], None);
        for fault in faults.of(&step.urn, step.op) {
            let takes = fault.takes.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            wait.until = takes.map(|takes| Instant::now() + takes).or(wait.until);
            wait.files.extend(fault.until.iter().map(|file| self.run.folder.join(file)));
            begun.extend(fault.began.iter().map(|file| self.run.folder.join(file)));
            end = fault.end.or(end);
        }
        if !wait.is_none() || !begun.is_empty() || end.is_some() {
            // A run that is cut off now leaves this state.
            self.save();
        }
        for file in begun {
            if let Err(error) = std::fs::write(&file, "") {
                let message = format!("the sandbox could not write {}: {error}\n", file.display());
                self.say(Some(&step.urn), Severity::Warning, &message);
            }
        }
        match end {
            Some(End::Kill) => signals::kill(),
            Some(End::Crash) => self.keeper.crash(),
            None => {}
        }
        wait
    }

    /// Waits for the end of a chain. None when nothing is under way, or the run was terminated.
    pub(super) fn land(&mut self) -> Option<Landing> {
        loop {
            self.notice_signals();
            if self.status.terminated || self.flights.is_empty() {
                return None;
            }
            let Some(at) = self.flights.iter().position(|flight| flight.wait.is_over()) else {
                self.sink.tick();
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            if let Some(flight) = self.flights.remove(at)
                && let Some(landing) = self.finish(flight)
            {
                return Some(landing);
            }
        }
    }

    /// Takes signals that have come since.
    pub(super) fn notice_signals(&mut self) {
        let count = self.signals.count();
        if count >= 1 && !self.status.cancelled {
            self.status.cancelled = true;
            self.sink.event(&Event::Stdout(CANCELLING));
        }
        if count >= 2 && !self.status.terminated {
            self.status.terminated = true;
            self.sink.event(&Event::Stdout("^C received; terminating"));
        }
    }

    fn finish(&mut self, flight: Flight) -> Option<Landing> {
        let Flight { number, mut step, mut rest, owner, mut result, .. } = flight;
        let trouble = self.apply(&mut step).err();
        self.pending.remove(&number);
        if let Some(trouble) = trouble {
            self.fail(&step, &trouble);
            return Some(Landing { owner, result: None });
        }
        self.record(&step);
        if step.op != Op::Replace && step.new.is_some() {
            result.clone_from(&step.new);
        }
        let done = match rest.pop_front() {
            Some(mut next) if self.may_go_on() => {
                if step.op == Op::CreateReplacement && next.op == Op::Replace {
                    next.new.clone_from(&step.new);
                    next.old.clone_from(&step.old);
                }
                self.begin(next, rest, owner, result);
                None
            }
            Some(_) => Some(Landing { owner, result: None }),
            None => Some(Landing { owner, result }),
        };
        if step.state().is_some_and(|state| state.type_ == crate::state::ROOT_TYPE) && step.new.is_some() {
            self.root = Some(step);
        }
        done
    }

    fn fail(&mut self, step: &Step, trouble: &Trouble) {
        let urn = (!step.is_internal()).then_some(&*step.urn);
        if self.run.preview {
            self.say(urn, Severity::Error, &format!("Preview failed: {}\n", trouble.message));
        } else {
            self.say(urn, Severity::Error, &format!("{}\n", trouble.message));
            let steps = self.changes.values().sum();
            self.sink.event(&Event::Failed { step, status: trouble.status as u8, steps });
        }
        self.status.maybe_corrupt |= trouble.status == Failed::Unknown && !self.run.preview;
        if trouble.status == Failed::Partly && !self.run.preview {
            self.keep(step);
        }
        self.status.step_failed = true;
        self.sets.failed.insert(step.urn.to_string());
        if !trouble.harmless && !self.run.options.continue_on_error {
            self.status.stopped = true;
        }
    }

    /// Counts a step that has succeeded, says so, and brings its result into the state.
    fn record(&mut self, step: &Step) {
        let op = super::refresh::result_op(self.run, step);
        let recorded = match step.op {
            Op::Refresh => self.run.kind == super::Kind::Refresh,
            Op::Read => match (&step.old, &step.new) {
                (Some(old), Some(new)) => old.outputs != new.outputs,
                _ => false,
            },
            _ => step.logical,
        };
        if recorded && !step.is_internal() {
            *self.changes.entry(op).or_default() += 1;
        }
        let speaks = step.state().is_some_and(|state| {
            self.run.preview
                || state.custom
                || matches!(step.op, Op::Delete | Op::DeleteReplaced | Op::Discard | Op::Refresh)
        });
        if speaks {
            self.sink.event(&Event::Outputs(step, op));
        }
        self.keep(step);
    }

    /// Brings the result of a step into the state.
    fn keep(&mut self, step: &Step) {
        match (step.op, step.old_at) {
            (Op::Replace, _) => return,
            (Op::Refresh, Some(at)) => {
                match &step.new {
                    Some(new) => self.base[at] = Rc::clone(new),
                    None => self.gone[at] = true,
                }
                return;
            }
            (Op::DeleteReplaced, Some(at)) if step.deletes_first => {
                Rc::make_mut(&mut self.base[at]).pending_replacement = true;
                return;
            }
            (Op::CreateReplacement, Some(at)) if !step.deletes_first => {
                if let Some(old) = &step.old {
                    self.base[at] = Rc::clone(old);
                }
            }
            (_, Some(at)) if at >= self.base.len() => drop(self.new_gone.insert(at - self.base.len())),
            (_, Some(at)) => self.gone[at] = true,
            (_, None) => {}
        }
        if let Some(new) = step.new.as_ref().filter(|_| !step.skipped_create) {
            self.add_new(Rc::clone(new));
        }
    }
}

/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/cancellation_scope.go>
const CANCELLING: &str = "^C received; cancelling. If you would like to terminate immediately, press ^C again.\nNote \
                          that terminating immediately may lead to orphaned resources and other inconsistencies.\n";
