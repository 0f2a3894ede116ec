//! How long the reviewed change takes: the record of a preview is collected while its events are read, sealed when they are
//! over, and compared with what a deployment is about to do.

use super::parse::log;
use stackstep::pulumi::stack::StackIdentity;
use stackstep::report::{Ending, Facts, Fold, Operation, ReviewKey, report};
use stackstep::reviewed::change::{MadeFrom, ProposedChange};
use stackstep::reviewed::collect::Collector;
use stackstep::reviewed::compare::compare;
use stackstep::reviewed::wanted::WantedGoals;
use std::time::Instant;

/// The readings of the log of which the fastest counts.
const READINGS: usize = 5;

/// The table's rows for each size.
pub fn rows() -> Vec<(String, String)> {
    [2_000, 10_000].into_iter().map(row).collect()
}

fn row(resources: usize) -> (String, String) {
    let log = log(resources, true);
    let plain = fastest(|| {
        let mut fold = Fold::new();
        for line in &log {
            fold.line(line);
        }
        drop(fold.finish());
    });
    let collecting = fastest(|| drop(collected(&log, WantedGoals::default())));
    let key = ReviewKey::random();
    let change = collected(&log, WantedGoals::default());
    let mut record = change.seal(&key);
    let sealed = fastest(|| record = change.seal(&key));
    let mut facts = Facts::new(Operation::Preview, "dev", Ending::Exited(0), 0);
    facts.duration_ms = 1;
    let mut result = report(Fold::new().finish(), facts);
    let without = result.to_json().len();
    result.review = Some(Box::new(record.clone()));
    let size = result.to_json().len().saturating_sub(without) / 1024;
    let again = collected(&log, WantedGoals::by_records(std::slice::from_ref(&record), None));
    let compared = fastest(|| {
        assert!(compare(std::slice::from_ref(&record), None, &again, &[]).passed(), "a change is itself");
    });
    (
        format!("the record of a preview of {resources} resources ({} steps)", record.steps.len()),
        format!(
            "reading the events {:.2}x of reading them without, sealed in {sealed} ms, {size} KiB of the result file, compared in \
             {compared} ms",
            f64::from(collecting) / f64::from(plain.max(1))
        ),
    )
}

/// The change that a preview with this log proposes.
fn collected(log: &[Vec<u8>], wanted: WantedGoals) -> ProposedChange {
    let (mut fold, mut collector) = (Fold::new(), Collector::new(wanted, false));
    for line in log {
        fold.line_for(line, &mut collector);
    }
    let identity =
        StackIdentity { project: Some("shop".into()), stack: "dev".into(), ..StackIdentity::default() };
    ProposedChange {
        operation: Operation::Up,
        identity,
        made_from: MadeFrom::default(),
        engine: "3.276.0".into(),
        proposal: collector.finish().unwrap_or_default(),
    }
}

/// The milliseconds of the fastest of some readings.
fn fastest(mut reading: impl FnMut()) -> u32 {
    let time = |_| {
        let start = Instant::now();
        reading();
        u32::try_from(start.elapsed().as_millis()).unwrap_or(u32::MAX)
    };
    (0..READINGS).map(time).min().unwrap_or_default()
}
