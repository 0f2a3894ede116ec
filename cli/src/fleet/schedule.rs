//! Which stack of a fleet begins next: a pure state machine. It is told what has ended and how, and says what may begin, what
//! never will, and why.

#[cfg(test)]
mod tests;

use super::order::StackOrder;

/// How a stack's run ended, as far as the others are concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StackEnd {
    /// Whether it came to nothing that the others build on.
    pub failed: bool,
    /// The number of resources that it has changed. None if that is not known.
    pub changes: Option<u64>,
    /// The number of resources that it has deleted or replaced. None if that is not known.
    pub deletes: Option<u64>,
}

/// Why a stack was not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotBegun {
    /// A stack that it comes after, by its number, has failed or was not begun because of this one.
    After(usize),
    /// More stacks have failed than may.
    TooManyFailed {
        /// The number of stacks that have failed.
        failed: usize,
        /// The number that may fail.
        most: usize,
    },
    /// The brake: more was changed or deleted than may be.
    Brake(String),
    /// Somebody has stopped the fleet.
    Stopped,
}

/// What holds for the whole fleet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FleetLimits {
    /// The number of stacks at work at a time. 0 counts as 1.
    pub parallel: usize,
    /// The number of stacks that may fail. None: any, so that only what comes after a failed stack is left out.
    pub max_failures: Option<usize>,
    /// The number of resources that all stacks together may change.
    pub max_changes: Option<u64>,
    /// The number of resources that all stacks together may delete or replace.
    pub max_deletes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum StackState {
    Waiting,
    AtWork,
    Ended(StackEnd),
    NotBegun(NotBegun),
}

/// The schedule of a fleet.
#[derive(Debug, Clone)]
pub struct FleetSchedule {
    order: StackOrder,
    waves: Vec<usize>,
    /// What is begun first among what may begin.
    weights: Vec<f64>,
    limits: FleetLimits,
    /// Whether a stack that has failed keeps those back that come after it.
    is_binding: bool,
    states: Vec<StackState>,
}

impl FleetSchedule {
    /// The schedule of the stacks in `order`, each with its wave (see [`super::waves`]) and the time that it is expected to take,
    /// in seconds.
    pub fn new(order: StackOrder, waves: Vec<usize>, seconds: &[f64], limits: FleetLimits) -> Self {
        let weights = order.longest_rest(seconds);
        let states = vec![StackState::Waiting; order.len()];
        Self { order, waves, weights, limits, is_binding: true, states }
    }

    /// The schedule of an operation that only looks: the order between stacks does not matter, and neither does what fails.
    pub fn of_a_look(stacks: usize, seconds: &[f64], parallel: usize) -> Self {
        let limits = FleetLimits { parallel, ..FleetLimits::default() };
        let schedule = Self::new(StackOrder::new(stacks), vec![1; stacks], seconds, limits);
        Self { is_binding: false, ..schedule }
    }

    /// A stack that begins now. None if none can: there are enough at work, or they have to end first, or all is done.
    pub fn begin(&mut self) -> Option<usize> {
        if self.at_work() >= self.limits.parallel.max(1) {
            return None;
        }
        let wave = self.wave()?;
        let ready = (0..self.states.len()).filter(|stack| self.is_ready(*stack, wave));
        // Of two that are alike the first one of the list.
        let next =
            ready.reduce(|best, stack| if self.weight(stack) > self.weight(best) { stack } else { best })?;
        self.set(next, StackState::AtWork);
        Some(next)
    }

    /// A stack has ended.
    pub fn ended(&mut self, stack: usize, end: StackEnd) {
        self.set(stack, StackState::Ended(end));
        if self.is_binding {
            self.leave_out(end.failed);
        }
    }

    /// Nothing more is begun.
    pub fn stop(&mut self) {
        self.leave_all(&NotBegun::Stopped);
    }

    /// The stacks that a stack comes after.
    pub fn comes_after(&self, stack: usize) -> impl Iterator<Item = usize> {
        self.order.after(stack).keys().copied()
    }

    /// The number of stacks at work.
    pub fn at_work(&self) -> usize {
        self.states.iter().filter(|state| **state == StackState::AtWork).count()
    }

    /// Whether every stack has ended, or never begins.
    pub fn is_done(&self) -> bool {
        !self.states.iter().any(|state| matches!(state, StackState::Waiting | StackState::AtWork))
    }

    /// Why a stack was not begun. None if it was, or still may be.
    pub fn not_begun(&self, stack: usize) -> Option<&NotBegun> {
        match self.states.get(stack)? {
            StackState::NotBegun(why) => Some(why),
            _ => None,
        }
    }

    /// The wave that is at work: the first one with a stack that has not ended.
    fn wave(&self) -> Option<usize> {
        let open = self.states.iter().zip(&self.waves);
        open.filter(|(state, _)| matches!(state, StackState::Waiting | StackState::AtWork))
            .map(|(_, wave)| *wave)
            .min()
    }

    fn is_ready(&self, stack: usize, wave: usize) -> bool {
        let is_waiting = self.states.get(stack) == Some(&StackState::Waiting);
        let has_ended = |other: &usize| matches!(self.states.get(*other), Some(StackState::Ended(_)));
        is_waiting
            && self.waves.get(stack).is_none_or(|own| *own <= wave)
            && self.order.after(stack).keys().all(has_ended)
    }

    fn weight(&self, stack: usize) -> f64 {
        self.weights.get(stack).copied().unwrap_or(0.0)
    }

    fn set(&mut self, stack: usize, state: StackState) {
        if let Some(own) = self.states.get_mut(stack) {
            *own = state;
        }
    }

    fn ends(&self) -> impl Iterator<Item = &StackEnd> {
        self.states.iter().filter_map(|state| match state {
            StackState::Ended(end) => Some(end),
            _ => None,
        })
    }

    /// Leaves out what never begins: what comes after a stack that has failed, and all, if a limit is passed.
    fn leave_out(&mut self, has_failed: bool) {
        if let Some(why) = self.over_the_limit() {
            self.leave_all(&why);
        }
        if !has_failed {
            return;
        }
        for stack in self.order.sequence() {
            let keeps_back = |other: &usize| match self.states.get(*other) {
                Some(StackState::Ended(end)) => end.failed.then_some(*other),
                Some(StackState::NotBegun(NotBegun::After(first))) => Some(*first),
                Some(StackState::NotBegun(_)) => Some(*other),
                _ => None,
            };
            let first = self.order.after(stack).keys().find_map(keeps_back);
            if let (Some(first), Some(StackState::Waiting)) = (first, self.states.get(stack)) {
                self.set(stack, StackState::NotBegun(NotBegun::After(first)));
            }
        }
    }

    fn over_the_limit(&self) -> Option<NotBegun> {
        let failed = self.ends().filter(|end| end.failed).count();
        if let Some(most) = self.limits.max_failures.filter(|most| failed > *most) {
            return Some(NotBegun::TooManyFailed { failed, most });
        }
        let sum =
            |count: fn(&StackEnd) -> Option<u64>| self.ends().filter_map(count).fold(0, u64::saturating_add);
        let changes = sum(|end| end.changes);
        let deletes = sum(|end| end.deletes);
        over("max-changes", "changed", changes, self.limits.max_changes)
            .or_else(|| over("max-deletes", "deleted or replaced", deletes, self.limits.max_deletes))
            .map(NotBegun::Brake)
    }

    fn leave_all(&mut self, why: &NotBegun) {
        for state in &mut self.states {
            if *state == StackState::Waiting {
                *state = StackState::NotBegun(why.clone());
            }
        }
    }
}

/// The time in seconds that a fleet takes by a simulated clock, if each stack takes as long as is expected.
pub fn makespan(order: &StackOrder, seconds: &[f64], parallel: usize) -> f64 {
    let limits = FleetLimits { parallel, ..FleetLimits::default() };
    let mut schedule = FleetSchedule::new(order.clone(), vec![1; order.len()], seconds, limits);
    let (mut now, mut at_work): (f64, Vec<(f64, usize)>) = (0.0, Vec::new());
    loop {
        while let Some(stack) = schedule.begin() {
            at_work.push((now + seconds.get(stack).copied().unwrap_or(0.0), stack));
        }
        let next = at_work.iter().enumerate().min_by(|(_, one), (_, other)| one.0.total_cmp(&other.0));
        let Some((at, _)) = next else { return now };
        let (end, stack) = at_work.swap_remove(at);
        now = end;
        schedule.ended(stack, StackEnd::default());
    }
}

/// The sentence of the brake, if so many resources are more than may be.
pub fn over(key: &str, done: &str, count: u64, most: Option<u64>) -> Option<String> {
    let most = most.filter(|most| count > *most)?;
    Some(format!("{count} resources are {done}, and `fleet.{key}` allows {most}"))
}
