//! What the rules make of a run: they judge its preview, and their verdict stands in its report.

use crate::base::error::{Error, Result};
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::report::{Reason, Report, RuleVerdict, RulesOutcome};
use crate::rules::{end_by_rules, evaluate, is_only_frozen, went_further};

/// Judges the report of a preview, and writes what the rules say into it. Returns their verdict; that all is allowed if no
/// rule is for this run.
pub fn judge_preview(job: &Job<'_>, report: &mut Report) -> RuleVerdict {
    report.rules = evaluate(&job.rules, report, job.env.clock().now());
    report.rules.as_ref().map_or(RuleVerdict::Allowed, |outcome| outcome.verdict)
}

/// Ends a run of `preview` that the rules refuse, if it is asked to fail then. A freeze is about the time of a deployment,
/// and fails no preview.
pub fn fail_preview(job: &Job<'_>, report: &mut Report) {
    let is_refused = report
        .rules
        .as_ref()
        .is_some_and(|outcome| outcome.verdict == RuleVerdict::Refused && !is_only_frozen(outcome));
    if is_refused && job.inputs.rules.fail_on_rules {
        end_by_rules(report);
    }
}

/// Refuses an operation that rules are for and that no preview was judged for. The plan of the run puts one before it, and
/// this makes sure.
pub fn refuse_unjudged(job: &Job<'_>, judged: Option<&RulesOutcome>) -> Result<()> {
    let command = job.inputs.command;
    let deploys = matches!(command, Command::Up | Command::Destroy) && !job.inputs.operation.preview_only;
    if judged.is_some() || job.rules.is_empty() || !deploys {
        return Ok(());
    }
    Err(Error::Refused {
        what: format!("`{}` is refused: no preview was judged by the rules", command.word()),
        hint: "leave `skip-preview` out; if it is not set, this is a defect of stackstep: please report it"
            .to_owned(),
        reason: Reason::Rules,
    })
}

/// Adds to the report of an operation the verdict on its preview, `before`, and a note for each rule that the operation has
/// broken all the same: what was done differs from what was judged.
pub fn compare_with_preview(job: &Job<'_>, report: &mut Report, before: Option<RulesOutcome>) {
    let Some(before) = before else { return };
    if let Some(done) = evaluate(&job.rules, report, job.env.clock().now()) {
        report.notes.extend(went_further(&before, &done));
    }
    report.rules = Some(before);
}
