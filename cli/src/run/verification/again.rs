//! The check of a second preview: after a deployment nothing is left to change.

use std::time::Duration;

use crate::base::error::Problem;
use crate::checks::Check;
use crate::checks::round::unmade;
use crate::checks::tries::{Tried, milliseconds, no_time_left, stopped};
use crate::ci::console::Console;
use crate::engine::executor::Executor;
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::render;
use crate::report::{CheckOutcome, CheckResult, Report, Status};
use crate::run::reporting::Run;

/// Previews once more in the time that is left, and counts the engine's process in `report`. An engine that fails says
/// nothing about what was deployed.
pub(super) async fn preview_again(
    check: &Check,
    left: Duration,
    job: &Job<'_>,
    report: &mut Report,
    executor: &mut dyn Executor,
    console: &Console,
    signals: &Signals,
) -> CheckResult {
    if signals.first().is_some() {
        return unmade(check, stopped());
    }
    if left.is_zero() {
        return unmade(check, no_time_left());
    }
    let begun = job.env.clock().elapsed();
    console.group(&format!("check {}", check.name));
    let outcome = executor.preview_again(left, console, signals).await;
    console.end_group();
    let tried = match outcome {
        Err(error) => unclear(&Problem::from(&error)),
        Ok(_) if signals.first().is_some() => stopped(),
        Ok(outcome) => {
            if let Some(engine) = &mut report.engine {
                engine.processes += outcome.processes;
            }
            Run::new(job).map_or_else(stopped, |run| judge(&run.report(outcome)))
        }
    };
    let took = job.env.clock().elapsed().saturating_sub(begun);
    CheckResult { duration_ms: milliseconds(took), ..unmade(check, tried) }
}

fn judge(preview: &Report) -> Tried {
    match (preview.status, preview.has_changes) {
        (Status::Succeeded, Some(false)) => Tried { took: None, ..Tried::passed(Duration::ZERO) },
        (Status::Succeeded, Some(true)) => {
            let counts = render::counts(preview);
            let what = if counts.is_empty() { "outputs".to_owned() } else { counts };
            Tried::without_answer(
                CheckOutcome::Failed,
                format!("a second preview still has changes: {what}"),
                "see them in the job's log: a value that differs each time, or something that undoes the change",
            )
        }
        _ => {
            let said = preview.message.as_deref().and_then(|message| message.lines().next());
            unclear(&Problem {
                what: said.unwrap_or("what would change is not known").to_owned(),
                hint: preview.hint.clone(),
            })
        }
    }
}

fn unclear(why: &Problem) -> Tried {
    let hint = why.hint.as_deref().unwrap_or("see the job's log");
    let what = format!("the second preview did not tell: {}", why.what);
    Tried::without_answer(CheckOutcome::Inconclusive, what, hint)
}
