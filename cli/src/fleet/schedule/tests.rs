use std::collections::{BTreeMap, BTreeSet};

use super::super::order::{OrderSource, StackOrder};
use super::super::waves::{WaveSize, waves};
use super::*;

const WELL: StackEnd = StackEnd { failed: false, changes: Some(1), deletes: Some(0) };
const BADLY: StackEnd = StackEnd { failed: true, changes: None, deletes: None };

fn order(stacks: usize, pairs: &[(usize, usize)]) -> StackOrder {
    let mut order = StackOrder::new(stacks);
    for (stack, other) in pairs {
        order.add(*stack, *other, OrderSource::State);
    }
    order
}

fn limits(parallel: usize) -> FleetLimits {
    FleetLimits { parallel, ..FleetLimits::default() }
}

fn schedule(order: StackOrder, limits: FleetLimits) -> FleetSchedule {
    let stacks = order.len();
    FleetSchedule::new(order, vec![1; stacks], &vec![1.0; stacks], limits)
}

#[test]
fn what_comes_after_a_stack_waits_for_it() {
    let mut schedule = schedule(order(3, &[(0, 1)]), limits(9));
    assert_eq!([schedule.begin(), schedule.begin(), schedule.begin()], [Some(1), Some(2), None]);
    schedule.ended(1, WELL);
    assert_eq!(schedule.begin(), Some(0));
}

#[test]
fn a_failed_stack_keeps_back_what_comes_after_it_and_nothing_else() {
    let mut schedule = schedule(order(4, &[(1, 0), (2, 1)]), limits(1));
    assert_eq!(schedule.begin(), Some(0));
    schedule.ended(0, BADLY);
    assert_eq!(schedule.begin(), Some(3));
    schedule.ended(3, WELL);
    assert_eq!(schedule.begin(), None);
    assert!(schedule.is_done());
    assert_eq!(
        [0, 1, 2, 3].map(|stack| schedule.not_begun(stack).cloned()),
        [None, Some(NotBegun::After(0)), Some(NotBegun::After(0)), None]
    );
}

#[test]
fn no_more_are_at_work_than_may_be() {
    let mut schedule = schedule(order(5, &[]), limits(2));
    assert_eq!([schedule.begin(), schedule.begin(), schedule.begin()], [Some(0), Some(1), None]);
}

#[test]
fn a_wave_begins_when_the_one_before_has_ended() {
    let mut schedule = FleetSchedule::new(order(3, &[]), vec![1, 1, 2], &[1.0; 3], limits(9));
    assert_eq!([schedule.begin(), schedule.begin(), schedule.begin()], [Some(0), Some(1), None]);
    schedule.ended(0, WELL);
    assert_eq!(schedule.begin(), None);
    schedule.ended(1, WELL);
    assert_eq!(schedule.begin(), Some(2));
}

#[test]
fn after_more_failures_than_may_be_nothing_begins() {
    let most = FleetLimits { max_failures: Some(1), ..limits(1) };
    let mut schedule = schedule(order(4, &[]), most);
    for _ in 0..2 {
        let stack = schedule.begin().unwrap();
        schedule.ended(stack, BADLY);
    }
    assert_eq!(schedule.begin(), None);
    assert_eq!(schedule.not_begun(3), Some(&NotBegun::TooManyFailed { failed: 2, most: 1 }));
}

#[test]
fn the_brake_counts_what_all_stacks_have_deleted() {
    let most = FleetLimits { max_deletes: Some(3), ..limits(1) };
    let mut schedule = schedule(order(3, &[]), most);
    for _ in 0..2 {
        let stack = schedule.begin().unwrap();
        schedule.ended(stack, StackEnd { deletes: Some(2), ..WELL });
    }
    assert_eq!(schedule.begin(), None);
    assert!(matches!(schedule.not_begun(2), Some(NotBegun::Brake(why)) if why.contains("max-deletes")));
}

#[test]
fn after_a_stop_nothing_begins_and_what_is_at_work_may_end() {
    let mut schedule = schedule(order(2, &[]), limits(1));
    assert_eq!(schedule.begin(), Some(0));
    schedule.stop();
    assert!(!schedule.is_done());
    schedule.ended(0, WELL);
    assert!(schedule.is_done());
    assert_eq!(schedule.not_begun(1), Some(&NotBegun::Stopped));
}

#[test]
fn a_look_goes_on_whatever_fails() {
    let mut schedule = FleetSchedule::of_a_look(3, &[1.0; 3], 1);
    for expected in 0..3 {
        assert_eq!(schedule.begin(), Some(expected));
        schedule.ended(expected, BADLY);
    }
}

#[test]
fn what_holds_up_most_begins_first() {
    let order = order(3, &[(2, 1)]);
    let mut schedule = FleetSchedule::new(order, vec![1; 3], &[5.0, 1.0, 9.0], limits(1));
    assert_eq!(schedule.begin(), Some(1));
}

/// A fleet that is drawn by a seed, with all that can be.
struct Drawn {
    order: StackOrder,
    seconds: Vec<f64>,
    state: u64,
}

impl Drawn {
    fn new(seed: u64, stacks: usize) -> Self {
        let mut drawn = Self { order: StackOrder::new(stacks), seconds: Vec::new(), state: seed };
        for stack in 0..stacks {
            for _ in 0..drawn.below(3) {
                let other = drawn.below(stack.max(1));
                if other < stack {
                    drawn.order.add(stack, other, OrderSource::Code);
                }
            }
            let seconds = 1 + drawn.below(120);
            drawn.seconds.push(f64::from(u32::try_from(seconds).unwrap()));
        }
        drawn
    }

    fn below(&mut self, most: usize) -> usize {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).unwrap() % most
    }
}

#[test]
fn in_any_fleet_each_stack_begins_once_after_those_it_needs_or_has_a_reason_not_to() {
    for seed in 0..300 {
        let mut drawn = Drawn::new(seed, 40);
        let sizes = [WaveSize::Stacks(1), WaveSize::Share(30.0)];
        let limits = FleetLimits { max_failures: (seed % 2 == 0).then_some(3), ..limits(1 + drawn.below(6)) };
        let waves = waves(&drawn.order, &sizes, &BTreeSet::new());
        let mut schedule = FleetSchedule::new(drawn.order.clone(), waves, &drawn.seconds, limits);
        let (mut at_work, mut ended) = (Vec::new(), BTreeMap::new());
        while !schedule.is_done() {
            while let Some(stack) = schedule.begin() {
                let needed = drawn.order.after(stack).keys();
                assert!(needed.clone().all(|other| ended.get(other) == Some(&WELL)), "seed {seed}");
                assert!(!ended.contains_key(&stack), "seed {seed}");
                at_work.push(stack);
            }
            assert!(at_work.len() <= limits.parallel && !at_work.is_empty(), "seed {seed}");
            let stack = at_work.swap_remove(drawn.below(at_work.len()));
            let end = if drawn.below(10) == 0 { BADLY } else { WELL };
            ended.insert(stack, end);
            schedule.ended(stack, end);
        }
        for stack in 0..drawn.order.len() {
            assert_ne!(
                ended.contains_key(&stack),
                schedule.not_begun(stack).is_some(),
                "seed {seed}: {stack}"
            );
        }
    }
}

#[test]
fn a_fleet_takes_hardly_longer_than_it_has_to() {
    for (stacks, parallel) in [(500, 8), (500, 32), (2_000, 16), (2_000, 100)] {
        for seed in 0..3 {
            let drawn = Drawn::new(seed, stacks);
            let longest = drawn.order.longest_rest(&drawn.seconds).into_iter().fold(0.0, f64::max);
            let workers = f64::from(u32::try_from(parallel).unwrap());
            let least = longest.max(drawn.seconds.iter().sum::<f64>() / workers);
            let ratio = makespan(&drawn.order, &drawn.seconds, parallel) / least;
            assert!(ratio <= 1.1, "{stacks} stacks, {parallel} at a time, seed {seed}: {ratio:.3}");
        }
    }
}
