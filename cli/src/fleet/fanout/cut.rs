//! A fleet cut into the jobs of a CI system: stages one after the other, and in each stage jobs side by side, of which each has
//! the stacks of one environment.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::error::{Error, Result};
use crate::fleet::order::StackOrder;

/// A stack that is to be put into a job.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CutStack {
    /// The environment whose identity its job has.
    pub environment: Option<String>,
    /// Its wave.
    pub wave: usize,
    /// The time that it is expected to take.
    pub seconds: f64,
}

/// The numbers of jobs that there may be. None: as many as there are stacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CutLimits {
    /// The jobs of an environment in a stage.
    pub of_an_environment: Option<usize>,
    /// The jobs of a stage.
    pub of_a_stage: Option<usize>,
    /// All jobs.
    pub of_all: Option<usize>,
}

/// A job: some stacks of one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct CutJob {
    /// Its stage, from 1. The jobs of a stage begin when those of all earlier ones have ended.
    pub stage: usize,
    /// The environment of its stacks.
    pub environment: Option<String>,
    /// Its stacks, by their numbers, each after those of this job that it comes after.
    pub stacks: Vec<usize>,
    /// The time that its stacks are expected to take one after the other.
    pub seconds: f64,
    /// The jobs of earlier stages, by their numbers, that have a stack which one of its own comes right after.
    pub after: BTreeSet<usize>,
}

/// Stacks that stay together: a row in which each has only the one before it to wait for, and nobody else waits for that one.
#[derive(Debug)]
struct StackChain {
    stacks: Vec<usize>,
    seconds: f64,
    layer: usize,
}

/// Cuts a fleet into jobs. What a job's stacks come after is in an earlier stage, or earlier in the same job; a wave is in later
/// stages than the one before it.
///
/// # Errors
/// The stacks come after each other in a circle, or the limits leave no job for an environment.
pub fn cut(stacks: &[CutStack], order: &StackOrder, limits: CutLimits) -> Result<Vec<CutJob>> {
    let rows = rows(stacks, order)?;
    let stages = stages(stacks, &rows);
    let most = most_of_an_environment(&stages, limits)?;
    let place = places(order);
    let mut jobs = Vec::new();
    for (number, of_stage) in stages.iter().enumerate() {
        for (environment, rows) in of_stage {
            for mut job in balanced(rows, most) {
                job.sort_by_key(|stack| place.get(*stack).copied());
                let seconds = job.iter().filter_map(|stack| Some(stacks.get(*stack)?.seconds)).sum();
                jobs.push(CutJob {
                    stage: number + 1,
                    environment: environment.map(str::to_owned),
                    stacks: job,
                    seconds,
                    after: BTreeSet::new(),
                });
            }
        }
    }
    let job_of: BTreeMap<usize, usize> = jobs
        .iter()
        .enumerate()
        .flat_map(|(number, job)| job.stacks.iter().map(move |stack| (*stack, number)))
        .collect();
    for (number, job) in jobs.iter_mut().enumerate() {
        let before = job.stacks.iter().flat_map(|stack| order.after(*stack).keys());
        job.after =
            before.filter_map(|other| job_of.get(other).copied()).filter(|one| *one != number).collect();
    }
    Ok(jobs)
}

/// The place of each stack in the row of all.
fn places(order: &StackOrder) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (at, stack) in order.sequence().into_iter().enumerate() {
        if let Some(place) = places.get_mut(stack) {
            *place = at;
        }
    }
    places
}

fn rows(stacks: &[CutStack], order: &StackOrder) -> Result<Vec<StackChain>> {
    let sequence = order.sequence();
    if sequence.len() < stacks.len() {
        return Err(Error::input(
            "the stacks come after each other in a circle, so no job can have the first of them",
            "take one reference away; `stackstep fleet status` names them as `in a circle`",
        ));
    }
    let wave = |stack: usize| stacks.get(stack).map(|one| one.wave);
    let environment = |stack: usize| stacks.get(stack).and_then(|one| one.environment.as_deref());
    let followers = order.followers();
    let of_wave = |stack: usize, others: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
        others.filter(|other| wave(*other) == wave(stack)).collect()
    };
    let mut rows: Vec<StackChain> = Vec::new();
    let mut row_of: BTreeMap<usize, usize> = BTreeMap::new();
    for stack in sequence {
        let before = of_wave(stack, &mut order.after(stack).keys().copied());
        let seconds = stacks.get(stack).map_or(0.0, |one| one.seconds);
        let only = match before.as_slice() {
            [only] => Some(*only).filter(|only| {
                let behind = of_wave(*only, &mut followers.get(*only).into_iter().flatten().copied());
                behind.len() == 1 && environment(*only) == environment(stack)
            }),
            _ => None,
        };
        let row = only.and_then(|only| row_of.get(&only).copied());
        if let Some((number, row)) = row.and_then(|number| Some((number, rows.get_mut(number)?))) {
            row.stacks.push(stack);
            row.seconds += seconds;
            row_of.insert(stack, number);
            continue;
        }
        let layers = before.iter().filter_map(|other| Some(rows.get(*row_of.get(other)?)?.layer + 1));
        let layer = layers.max().unwrap_or(0);
        row_of.insert(stack, rows.len());
        rows.push(StackChain { stacks: vec![stack], seconds, layer });
    }
    Ok(rows)
}

/// The rows of each stage, by the environment of their stacks.
type RowsOfStage<'a> = BTreeMap<Option<&'a str>, Vec<&'a StackChain>>;

fn stages<'a>(stacks: &'a [CutStack], rows: &'a [StackChain]) -> Vec<RowsOfStage<'a>> {
    let mut stages: BTreeMap<(usize, usize), RowsOfStage<'a>> = BTreeMap::new();
    for row in rows {
        let Some(first) = row.stacks.first().and_then(|first| stacks.get(*first)) else { continue };
        let stage = stages.entry((first.wave, row.layer)).or_default();
        stage.entry(first.environment.as_deref()).or_default().push(row);
    }
    stages.into_values().collect()
}

/// The most jobs that an environment may have in a stage, so that all limits hold.
fn most_of_an_environment(stages: &[RowsOfStage<'_>], limits: CutLimits) -> Result<usize> {
    let jobs = |stage: &RowsOfStage<'_>, most: usize| -> usize {
        stage.values().map(|rows| rows.len().min(most)).sum()
    };
    let fits = |most: usize| {
        let of_stages = || stages.iter().map(|stage| jobs(stage, most));
        limits.of_a_stage.is_none_or(|limit| of_stages().all(|jobs| jobs <= limit))
            && limits.of_all.is_none_or(|limit| of_stages().sum::<usize>() <= limit)
    };
    let all = stages.iter().flat_map(BTreeMap::values).map(Vec::len).max().unwrap_or(1);
    let mut most = limits.of_an_environment.unwrap_or(all).clamp(1, all.max(1));
    if fits(most) {
        return Ok(most);
    }
    if !fits(1) {
        let environments = stages.iter().map(BTreeMap::len).max().unwrap_or(0);
        return Err(Error::input(
            format!(
                "the plan needs a job for each environment of each stage, and there are more than the CI system takes: {} stages, \
                 up to {environments} environments in one",
                stages.len()
            ),
            "plan fewer stacks: name them, or choose one environment with `--environment`",
        ));
    }
    // Fewer jobs fit wherever more of them do.
    let mut fitting = 1;
    while most - fitting > 1 {
        let middle = fitting + (most - fitting) / 2;
        if fits(middle) { fitting = middle } else { most = middle }
    }
    Ok(fitting)
}

/// The rows in at most so many jobs, none of which takes much longer than another one: the longest row first, each to the job
/// that has the least. <https://en.wikipedia.org/wiki/Longest-processing-time-first_scheduling>
fn balanced(rows: &[&StackChain], most: usize) -> Vec<Vec<usize>> {
    let mut sorted: Vec<&StackChain> = rows.to_vec();
    sorted.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    let mut jobs: Vec<(f64, Vec<usize>)> = vec![(0.0, Vec::new()); rows.len().min(most)];
    for row in sorted {
        let least = jobs
            .iter_mut()
            .min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.len().cmp(&other.1.len())));
        if let Some((seconds, stacks)) = least {
            *seconds += row.seconds;
            stacks.extend(&row.stacks);
        }
    }
    jobs.into_iter().map(|(_, stacks)| stacks).collect()
}

#[cfg(test)]
mod tests;
