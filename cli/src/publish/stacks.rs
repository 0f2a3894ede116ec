//! Hands on what became of several stacks that one command ran: nothing of it is that of the last one alone.

use std::path::Path;

use serde_json::{Value, json};

use super::several::together;
use super::{counts, detail, outputs, warn, write_whole};
use crate::base::env::Env;
use crate::ci::console::Console;
use crate::ci::{CiSystem, Context, Level, Output};
use crate::inputs::headings::ReportInputs;
use crate::render;
use crate::report::{Report, Status};

/// One of the stacks, and what became of it.
#[derive(Debug)]
pub struct StackResult<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The project's folder, from the top of the repository.
    pub cwd: &'a str,
    /// The stack's name.
    pub stack: &'a str,
    /// The environment.
    pub environment: Option<&'a str>,
    /// The masked report, if there is one.
    pub report: Option<&'a Report>,
    /// The exit status; none if its run did not begin.
    pub exit_status: Option<u8>,
    /// The digest of what it previewed, if it is known.
    pub digest: Option<&'a str>,
    /// The path of its result file.
    pub result_file: Option<&'a Path>,
}

/// The places where the stacks' results go to.
pub struct StacksHanding<'a> {
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The environment.
    pub env: &'a Env,
    /// The facts of the job.
    pub context: &'a Context,
    /// The inputs.
    pub inputs: &'a ReportInputs,
}

impl StacksHanding<'_> {
    /// Writes the counts of all stacks, and hands on outputs: the status, the changes and the summary of all of them
    /// together, each stack's own in `stacks`, and `more`.
    pub fn hand_on(&self, stacks: &[StackResult<'_>], more: Vec<Output>, console: &Console) {
        let reports: Vec<Report> = stacks.iter().filter_map(|one| one.report.cloned()).collect();
        let is_whole = reports.len() == stacks.len();
        if let Some(path) = &self.inputs.counts_file {
            let text = if is_whole { counts::terraform(&reports) } else { "{}\n".to_owned() };
            warn(console, "the counts", write_whole(path, &text));
        }
        if !self.inputs.secret_outputs.is_empty() {
            let message = "`secret-outputs` is not used, as this job runs several stacks: a job for one of them hands them on";
            console.annotate(Level::Warning, "stackstep", message);
        }
        let Some(mut all) = together(&reports) else { return };
        if !is_whole {
            // What the others would change is not known.
            all.changes = None;
            all.has_changes = all.has_changes.filter(|has| *has);
        }
        let detail = detail::of_inputs(self.inputs, self.context);
        let summary = render::summary_of_stacks(stacks.len(), &all, detail);
        let summary = console.masker().mask(&summary);
        let mut own = outputs::own(&all, summary, outputs::OwnOfStack::default());
        own.push(Output { name: "stacks".to_owned(), value: self.as_json(stacks, console) });
        own.extend(more);
        outputs::hand_on_plain(self.ci, self.env, self.inputs, &own, console);
    }

    /// The stacks as JSON. Outputs of stacks are left out if all of them together are more than a value may have.
    fn as_json(&self, stacks: &[StackResult<'_>], console: &Console) -> String {
        let room = self.ci.handover().rules.value_bytes;
        let shows = |outputs: &Value| console.shows(&outputs.to_string());
        let whole = to_json(stacks, &shows).to_string();
        if whole.len() <= room {
            return whole;
        }
        let message = "the outputs of all stacks together are more than a value may have here: `stacks` is without them, and \
                       the result files have them";
        console.annotate(Level::Warning, "stackstep", message);
        to_json(stacks, &|_| false).to_string()
    }
}

/// The stacks, with the outputs of each that may be shown.
fn to_json(stacks: &[StackResult<'_>], shows: &dyn Fn(&Value) -> bool) -> Value {
    let one = |one: &StackResult<'_>| {
        let report = one.report;
        // Without a report, what is known is whether it began.
        let without = if one.exit_status.is_some() { Status::Failed } else { Status::Skipped };
        let of = |read: fn(&Report) -> Value| report.map_or(Value::Null, read);
        json!({
            "project": one.project,
            "cwd": one.cwd,
            "stack": one.stack,
            "environment": one.environment,
            "status": report.map_or(without, |report| report.status),
            "reason": of(|report| json!(report.reason)),
            "has-changes": of(|report| json!(report.has_changes)),
            "changes": of(|report| json!(report.changes)),
            "drift": of(|report| json!(report.drift.as_ref().map(|drift| drift.word()))),
            "digest": one.digest,
            "permalink": of(|report| json!(report.permalink)),
            "result": one.result_file.map(|path| path.display().to_string()),
            "outputs": Some(of(|report| json!(report.outputs))).filter(|outputs| shows(outputs)),
        })
    };
    stacks.iter().map(one).collect()
}
