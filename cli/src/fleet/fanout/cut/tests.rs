use super::*;
use crate::fleet::order::OrderSource;
use crate::fleet::waves::{WaveSize, waves};

fn order(stacks: usize, pairs: &[(usize, usize)]) -> StackOrder {
    let mut order = StackOrder::new(stacks);
    for (stack, other) in pairs {
        order.add(*stack, *other, OrderSource::State);
    }
    order
}

fn stack(environment: &str, seconds: f64) -> CutStack {
    let environment = Some(environment.to_owned()).filter(|name| !name.is_empty());
    CutStack { environment, wave: 1, seconds }
}

/// The stacks of each job of each stage.
fn shown(jobs: &[CutJob]) -> Vec<(usize, Vec<usize>)> {
    jobs.iter().map(|job| (job.stage, job.stacks.clone())).collect()
}

fn limits(of_an_environment: usize) -> CutLimits {
    CutLimits { of_an_environment: Some(of_an_environment), ..CutLimits::default() }
}

#[test]
fn what_several_stacks_come_after_is_a_stage_before_them() {
    let stacks = vec![stack("", 1.0); 3];
    let jobs = cut(&stacks, &order(3, &[(0, 2), (1, 2)]), CutLimits::default()).unwrap();
    assert_eq!(shown(&jobs), [(1, vec![2]), (2, vec![0]), (2, vec![1])]);
    assert_eq!(jobs[1].after, BTreeSet::from([0]));
}

#[test]
fn a_row_of_stacks_of_one_environment_is_one_job() {
    let row = order(3, &[(0, 1), (1, 2)]);
    assert_eq!(
        shown(&cut(&vec![stack("", 1.0); 3], &row, CutLimits::default()).unwrap()),
        [(1, vec![2, 1, 0])]
    );
    let two = [stack("prod", 1.0), stack("prod", 1.0), stack("network", 1.0)];
    assert_eq!(shown(&cut(&two, &row, CutLimits::default()).unwrap()), [(1, vec![2]), (2, vec![1, 0])]);
}

#[test]
fn no_job_has_stacks_of_two_environments() {
    let stacks = [stack("prod", 1.0), stack("", 1.0), stack("dev", 1.0), stack("prod", 1.0)];
    let jobs = cut(&stacks, &order(4, &[]), limits(1)).unwrap();
    assert_eq!(shown(&jobs), [(1, vec![1]), (1, vec![2]), (1, vec![0, 3])]);
}

#[test]
fn jobs_take_about_as_long_as_each_other() {
    let stacks: Vec<CutStack> = [100.0, 10.0, 50.0, 40.0].map(|seconds| stack("", seconds)).to_vec();
    let jobs = cut(&stacks, &order(4, &[]), limits(2)).unwrap();
    assert_eq!(shown(&jobs), [(1, vec![0]), (1, vec![1, 2, 3])]);
}

#[test]
fn a_wave_is_a_stage_of_its_own() {
    let mut stacks = vec![stack("", 1.0); 3];
    stacks[1].wave = 2;
    let jobs = cut(&stacks, &order(3, &[]), CutLimits::default()).unwrap();
    assert_eq!(shown(&jobs), [(1, vec![0]), (1, vec![2]), (2, vec![1])]);
}

#[test]
fn more_stacks_than_a_stage_may_have_jobs_share_jobs() {
    let stacks = vec![stack("", 1.0); 1000];
    let most = CutLimits { of_a_stage: Some(256), ..CutLimits::default() };
    let jobs = cut(&stacks, &order(1000, &[]), most).unwrap();
    assert_eq!(jobs.len(), 256);
    assert!(jobs.iter().all(|job| (3..=4).contains(&job.stacks.len())));
}

#[test]
fn more_environments_than_jobs_are_refused() {
    let stacks: Vec<CutStack> = (0..3).map(|number| stack(&number.to_string(), 1.0)).collect();
    let most = CutLimits { of_a_stage: Some(2), ..CutLimits::default() };
    let error = cut(&stacks, &order(3, &[]), most).unwrap_err();
    assert!(error.to_string().contains("up to 3 environments in one"), "{error}");
}

#[test]
fn a_circle_is_refused() {
    let stacks = vec![stack("", 1.0); 2];
    assert!(cut(&stacks, &order(2, &[(0, 1), (1, 0)]), CutLimits::default()).is_err());
}

#[test]
fn a_fleet_of_no_stacks_has_no_jobs() {
    assert_eq!(cut(&[], &order(0, &[]), CutLimits::default()).unwrap(), []);
}

/// Numbers that look random and are the same each time.
struct DrawnNumbers(u64);

impl DrawnNumbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

fn drawn_fleet(drawn: &mut DrawnNumbers) -> (Vec<CutStack>, StackOrder) {
    let count = 1 + drawn.below(60);
    let mut order = StackOrder::new(count);
    for stack in 1..count {
        for _ in 0..drawn.below(3) {
            order.add(stack, drawn.below(stack), OrderSource::Code);
        }
    }
    let sizes: Vec<WaveSize> =
        (0..drawn.below(3)).map(|_| WaveSize::Stacks(1 + drawn.below(count))).collect();
    let waves = waves(&order, &sizes, &BTreeSet::from([drawn.below(count)]));
    let environments = ["", "dev", "staging", "prod"];
    let stacks = waves.into_iter().map(|wave| {
        let seconds = f64::from(u32::try_from(1 + drawn.below(300)).unwrap());
        CutStack { wave, ..stack(environments[drawn.below(environments.len())], seconds) }
    });
    (stacks.collect(), order)
}

#[test]
fn in_any_plan_each_stack_is_in_one_job_of_its_environment_after_all_that_it_comes_after() {
    for seed in 0..500 {
        let mut drawn = DrawnNumbers(seed);
        let (stacks, order) = drawn_fleet(&mut drawn);
        let limits = CutLimits {
            of_an_environment: (drawn.below(2) == 0).then(|| 1 + drawn.below(8)),
            of_a_stage: (drawn.below(2) == 0).then(|| 4 + drawn.below(8)),
            of_all: (drawn.below(3) == 0).then(|| 240 + drawn.below(20)),
        };
        let jobs = cut(&stacks, &order, limits).unwrap();
        let mut place = BTreeMap::new();
        for (number, job) in jobs.iter().enumerate() {
            for (at, stack) in job.stacks.iter().enumerate() {
                assert_eq!(stacks[*stack].environment, job.environment, "seed {seed}");
                assert_eq!(place.insert(*stack, (job.stage, number, at)), None, "seed {seed}: {stack} twice");
            }
        }
        assert_eq!(place.len(), stacks.len(), "seed {seed}");
        for stack in 0..stacks.len() {
            let (stage, job, at) = place[&stack];
            for other in order.after(stack).keys() {
                let (other_stage, other_job, other_at) = place[other];
                let is_before = other_stage < stage || (other_job == job && other_at < at);
                assert!(is_before, "seed {seed}: {stack} after {other}");
                assert!(other_job == job || jobs[job].after.contains(&other_job), "seed {seed}");
            }
            for (other, known) in stacks.iter().enumerate() {
                let is_later = known.wave <= stacks[stack].wave || place[&other].0 > stage;
                assert!(is_later, "seed {seed}: wave of {other} and {stack}");
            }
        }
        let last = jobs.iter().map(|job| job.stage).max().unwrap();
        for stage in 1..=last {
            let of_stage: Vec<&CutJob> = jobs.iter().filter(|job| job.stage == stage).collect();
            assert!(!of_stage.is_empty(), "seed {seed}: stage {stage}");
            assert!(limits.of_a_stage.is_none_or(|most| of_stage.len() <= most), "seed {seed}");
            for job in &of_stage {
                let same = of_stage.iter().filter(|other| other.environment == job.environment).count();
                assert!(limits.of_an_environment.is_none_or(|most| same <= most), "seed {seed}");
            }
        }
        assert!(limits.of_all.is_none_or(|most| jobs.len() <= most), "seed {seed}");
    }
}
