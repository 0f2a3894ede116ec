//! What the sandbox engine itself takes: it must not be what a test or a rehearsal waits for.

use super::{Pairs, milliseconds, pairs, timed};
use crate::stage::Stage;
use stackstep::base::error::Result;
use std::process::Command;

/// The table's rows: start-up, updates without changes, and an event log of 100,000 resources.
pub fn rows(stage: &Stage) -> Result<Vec<(String, String)>> {
    let starts = pairs(|| stage.sandbox(&["version"]), || Command::new("true"))?;
    let mut rows = vec![row("start-up (`pulumi-sandbox version`)", &starts)];
    for many in ["10", "2000"] {
        let stack = format!("many-{many}");
        let up = || large(stage, &stack, many, &[]);
        timed(&mut stage.sandbox(&["stack", "init", &stack, "--no-select"]))?;
        let again = pairs(up, || stage.sandbox(&["stack", "output", "--json", "--stack", &stack]))?;
        rows.push(row(&format!("sandbox: `up` of {many} resources without changes"), &again));
    }
    let log = stage.file("events");
    let event_log = format!("--event-log={}", log.display());
    timed(&mut stage.sandbox(&["stack", "init", "large", "--no-select"]))?;
    let took = timed(large(stage, "large", "100000", &[&event_log]).env("PULUMI_DEBUG_COMMANDS", "true"))?;
    let bytes = std::fs::metadata(&log).map_or(0, |file| file.len());
    rows.push((
        "sandbox: `up` that creates 100,000 resources, with its event log".to_owned(),
        format!("{:.1} s, {} MiB", took.as_secs_f64(), bytes / (1 << 20)),
    ));
    Ok(rows)
}

/// An `up` of the example with so `many` more resources.
fn large(stage: &Stage, stack: &str, many: &str, more: &[&str]) -> Command {
    let mut command =
        stage.sandbox(&["up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]);
    command.args(more).env("PULUMI_SANDBOX_FAULTS", format!("{{program: {{many: {many}}}}}"));
    command
}

fn row(name: &str, pairs: &Pairs) -> (String, String) {
    (name.to_owned(), milliseconds(&pairs.first))
}
