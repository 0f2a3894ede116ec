//! The stack's outputs at the end of a run. Asks the engine for what the event log does not hold: outputs that it does
//! not mention, and the plain values of secrets that may leave the run.

use serde_json::{Map, Value};

use crate::ci::Level;
use crate::ci::console::Console;
use crate::engine::executor::{EngineQuery, Executor};
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::publish::outputs::{Export, ExportKind, Exported, Exports, choose_secrets, is_listed};
use crate::report::take_outputs;
use crate::report::{Operation, OutputsFrom, Reason, Report, Status};

/// The stack's outputs for later steps. The secrets among them that may leave the run are hidden in everything that
/// people read from here on. `has_begun` says whether the run's event log has any line.
pub async fn read_outputs(
    job: &Job<'_>,
    executor: &dyn Executor,
    report: &mut Report,
    has_begun: bool,
    console: &mut Console,
    signals: &Signals,
) -> Exports {
    let asked = Asked { job, executor, signals };
    if has_begun {
        asked.complete(report, console).await;
    }
    asked.name_the_unknown(report, console);
    let assets = asked.assets(report, console).await;
    let exported = asked.secrets(report, console).await;
    let mut exports = Exports::new(report, exported);
    if let Some(outputs) = &mut exports.outputs {
        outputs.extend(assets);
    }
    exports
}

/// The engine, which is asked for outputs.
struct Asked<'a> {
    job: &'a Job<'a>,
    executor: &'a dyn Executor,
    signals: &'a Signals,
}

impl Asked<'_> {
    /// Asks the engine for the outputs, in one process. Fails with the reason why they could not be read.
    async fn read(
        &self,
        report: &mut Report,
        show_secrets: bool,
        console: &Console,
    ) -> Result<Map<String, Value>, String> {
        let query = EngineQuery::Outputs { show_secrets };
        let answer =
            self.executor.query(query, console, self.signals).await.map_err(|error| error.to_string())?;
        answer.count_in(report);
        answer.object()
    }

    /// Adds the deployed outputs if the event log does not hold them: the run failed before it reached the stack, or
    /// the log is cut off.
    async fn complete(&self, report: &mut Report, console: &Console) {
        if report.outputs.is_some() || !may_be_read(report) {
            return;
        }
        if let Ok(outputs) = self.read(report, false, console).await {
            let deployed =
                report.status == Status::Succeeded && !report.command.only_looks(report.preview_only);
            let from = if deployed { OutputsFrom::Current } else { OutputsFrom::Previous };
            take_outputs(report, outputs, from);
        } else if report.status == Status::Succeeded {
            report.incomplete = true;
            report.notes.push("the stack's outputs could not be read: they are not known".to_owned());
        }
    }

    /// Warns of the outputs that have no value yet, by name: no later step gets them.
    fn name_the_unknown(&self, report: &mut Report, console: &Console) {
        let unknown = report.unknown_outputs.clone();
        if self.job.takes_outputs() {
            miss(
                report,
                &unknown,
                "they hold a text by which the engine marks what is not known yet",
                console,
            );
        }
    }

    /// The outputs that hold assets, with their contents.
    async fn assets(&self, report: &mut Report, console: &Console) -> Vec<Export> {
        if report.withheld_outputs.is_empty() || !self.job.takes_outputs() {
            return Vec::new();
        }
        let mut all = self.read(report, false, console).await.unwrap_or_default();
        let names = report.withheld_outputs.iter();
        let (found, missing): (Vec<_>, Vec<_>) =
            names.map(|name| (name.clone(), all.shift_remove(name))).partition(|(_, value)| value.is_some());
        let missing: Vec<String> = missing.into_iter().map(|(name, _)| name).collect();
        miss(report, &missing, "the engine did not print them", console);
        let found = found.into_iter().filter_map(|(name, value)| Some((name, value?)));
        found.map(|(name, value)| Export { name, value, kind: ExportKind::Plain }).collect()
    }

    /// The plain values of the secret outputs that `secret-outputs` lists, if there is a place to pass them on. A
    /// failure to read them is a warning only, as the deployment itself is done.
    async fn secrets(&self, report: &mut Report, console: &mut Console) -> Exported {
        let inputs = &self.job.inputs;
        let listed = |name: &String| is_listed(&inputs.report.secret_outputs, name);
        if !self.job.takes_outputs() || !report.secret_outputs.iter().any(listed) {
            return Exported::new();
        }
        match self.read(report, true, console).await {
            Ok(plain) => {
                let (exported, missing) = choose_secrets(
                    report,
                    &inputs.report.secret_outputs,
                    inputs.official_action,
                    &Value::Object(plain),
                    console,
                );
                miss(report, &missing, "the engine did not print their values", console);
                exported
            }
            Err(why) => {
                let message = format!("the secret outputs could not be read: {why}");
                console.annotate(Level::Warning, "stackstep", &message);
                report.incomplete = true;
                report.notes.push("the secret outputs could not be read: they are not exported".to_owned());
                Exported::new()
            }
        }
    }
}

/// Warns that these outputs are not passed to later steps, and why.
fn miss(report: &mut Report, names: &[String], why: &str, console: &Console) {
    if names.is_empty() {
        return;
    }
    let names: Vec<_> = names.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
    let message = format!("these outputs are not exported, as {why}: {}", names.join(", "));
    console.annotate(Level::Warning, "stackstep", &message);
    report.incomplete = true;
    report.notes.push(message);
}

/// Whether the engine can be asked once more after this run: it ran, and it was not stopped.
fn may_be_read(report: &Report) -> bool {
    let has_run = report.engine.is_some() && report.command != Operation::Outputs;
    let futile = matches!(
        report.reason,
        Some(
            Reason::Auth
                | Reason::Secrets
                | Reason::StackNotFound
                | Reason::Config
                | Reason::Backend
                | Reason::Cancelled
                | Reason::Timeout
                | Reason::Engine
                | Reason::EngineTooOld
        )
    );
    has_run && !futile
}
