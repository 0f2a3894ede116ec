//! How long each form of a report takes to write, when 10,000 resources change.

use super::parse;
use stackstep::render::{self, Options, Size};
use stackstep::report::{self, Ending, Facts, Fold, Operation, Report};
use std::time::Instant;

/// How many change; two of three are updated, the others are new or replaced.
const RESOURCES: usize = 10_000;

/// How often each is measured.
const ROUNDS: usize = 11;

/// The table's rows.
pub fn rows() -> Vec<(String, String)> {
    let report = report();
    let options = Options { change_request: true, ..Options::default() };
    vec![
        row("Markdown for a comment on GitHub", || render::fit(&report, &options, Size::Chars(65_536))),
        row("Markdown for a comment on Bitbucket", || render::fit(&report, &options, Size::Chars(32_768))),
        row("Markdown, all of it", || render::markdown(&report, &options)),
        row("HTML", || render::html(&report, &options)),
        row("JUnit XML", || render::junit(&report, &options)),
    ]
}

fn report() -> Report {
    let mut fold = Fold::new();
    for number in 0..RESOURCES {
        let operation = ["update", "update", "create", "update", "update", "replace"][number % 6];
        for line in &parse::pair(number, operation) {
            fold.line(line);
        }
    }
    report::report(fold.finish(), Facts::new(Operation::Preview, "dev", Ending::Exited(0), 0))
}

fn row(name: &str, write: impl Fn() -> String) -> (String, String) {
    let mut size = 0;
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            size = write().len();
            start.elapsed()
        })
        .collect();
    times.sort();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default().as_secs_f64() * 1000.0;
    (format!("{RESOURCES} changed resources as {name}"), format!("{median:.1} ms, {} KiB", size / 1024))
}
