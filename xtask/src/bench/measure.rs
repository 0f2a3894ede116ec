//! Times of programs, and pairs of them that are compared.

use stackstep::base::error::{Error, Result};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many pairs are run.
pub(super) const PAIRS: usize = 12;

/// Times of two commands that were run alternately.
pub(super) struct Pairs {
    pub(super) first: Vec<Duration>,
    pub(super) second: Vec<Duration>,
}

impl Pairs {
    /// The median of each pair's ratio.
    pub(super) fn ratio(&self) -> f64 {
        let pairs = self.first.iter().zip(&self.second);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs both commands in turns, each once before to warm up.
pub(super) fn pairs(first: impl Fn() -> Command, second: impl Fn() -> Command) -> Result<Pairs> {
    timed(&mut first())?;
    timed(&mut second())?;
    alternately(PAIRS, first, second)
}

/// Runs both commands in so many turns.
pub(super) fn alternately(
    turns: usize,
    first: impl Fn() -> Command,
    second: impl Fn() -> Command,
) -> Result<Pairs> {
    let mut pairs = Pairs { first: Vec::new(), second: Vec::new() };
    for turn in 0..turns {
        // Whoever goes second may find a warmer machine: take turns.
        if turn % 2 == 0 {
            pairs.first.push(timed(&mut first())?);
            pairs.second.push(timed(&mut second())?);
        } else {
            pairs.second.push(timed(&mut second())?);
            pairs.first.push(timed(&mut first())?);
        }
    }
    Ok(pairs)
}

/// How long the command takes; an error when it fails.
pub(super) fn timed(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().map_err(Error::io("start", command.get_program()))?;
    let took = start.elapsed();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Error::input(
            format!("{command:?} failed: {}", said.trim_end()),
            "a benchmark needs runs that succeed",
        ));
    }
    Ok(took)
}

/// The median, in milliseconds.
pub(super) fn milliseconds(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort();
    times
        .get(times.len() / 2)
        .map_or("–".into(), |median| format!("{:.1} ms", median.as_secs_f64() * 1000.0))
}
