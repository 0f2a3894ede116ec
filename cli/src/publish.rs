//! Publishes the result of a run: result file, Markdown, HTML and JUnit files, outputs for later steps, summary page,
//! annotations, the log's last lines.
//!
//! A place that can't be written is a warning: the operation itself is done, and a good deployment never turns red for
//! a report.

pub mod comment;
mod counts;
mod detail;
pub mod files;
pub mod forge;
pub mod handed_values;
pub mod notify;
pub mod outputs;
mod pages;
pub mod several;
pub mod stacks;
pub mod stale;
mod template;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::ci::console::Console;
use crate::ci::{CiSystem, Context, Level};
use crate::engine::job::{Job, Reporting};
use crate::engine::locate::LocatedEngine;
use crate::inputs::Inputs;
use crate::render::{self, Detail, Options, Size};
use crate::report::{Masked, Operation, Report, RuleVerdict, RulesOutcome, Severity, Status, telling};

use files::{append_to, write_from, write_whole};
pub use files::{deliver, warn};
use outputs::Exports;
use pages::Pages;

/// The most annotations of one step. GitHub shows ten of a level and step; more would push out those of others.
/// <https://docs.github.com/en/rest/checks/runs>
const ANNOTATIONS: usize = 10;

/// The places of a run's report. It can be written early, and again when more is known.
pub struct Publisher {
    ci: &'static dyn CiSystem,
    sinks: Sinks,
    room: usize,
}

/// The places of a report, and what may be shown there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sinks {
    /// The result file.
    pub result_file: Option<PathBuf>,
    /// The report as Markdown.
    #[serde(default)]
    pub markdown_file: Option<PathBuf>,
    /// The job's summary page, and the byte at which our part of it begins.
    pub summary: Option<(PathBuf, u64)>,
    /// The HTML page and the JUnit file.
    #[serde(default)]
    pub pages: Pages,
    /// The amount of detail that is shown of each change.
    pub detail: Detail,
    /// Whether stack outputs are left out.
    pub suppress_outputs: bool,
}

impl Publisher {
    /// The sinks of `job`. Text that is on the summary page already stays.
    pub fn new(job: &Job<'_>) -> Self {
        let place = Self::for_all_stacks(job.ci, job.env, &job.context, &job.inputs);
        let result_file = job.result_file();
        if job.reporting == Reporting::ResultFile {
            let (markdown_file, summary, pages) = (None, None, Pages::default());
            return Self {
                sinks: Sinks { result_file, markdown_file, summary, pages, ..place.sinks },
                ..place
            };
        }
        Self { sinks: Sinks { result_file, ..place.sinks }, ..place }
    }

    /// The sinks of what is about many stacks, each of which has a result file of its own.
    pub fn for_all_stacks(ci: &'static dyn CiSystem, env: &Env, context: &Context, inputs: &Inputs) -> Self {
        let page = (ci.handover().summary)(env).filter(|_| inputs.report.comment_on_summary);
        let room = page.as_ref().map_or(0, |(_, limit)| *limit);
        let sinks = Sinks {
            result_file: None,
            markdown_file: inputs.report.markdown_file.clone(),
            summary: page.map(|(path, _)| page_from(path)),
            pages: Pages::from_inputs(inputs, context),
            detail: detail::of_inputs(&inputs.report, context),
            suppress_outputs: inputs.log.suppress_outputs,
        };
        Self { ci, sinks, room }
    }

    /// The sinks of an earlier step of the job, in a step that has a summary page of its own.
    pub fn again(sinks: &Sinks, ci: &'static dyn CiSystem, env: &Env) -> Self {
        let page = (ci.handover().summary)(env).filter(|_| sinks.summary.is_some());
        let room = page.as_ref().map_or(0, |(_, limit)| *limit);
        let same = |path: &PathBuf| sinks.summary.clone().filter(|(earlier, _)| earlier == path);
        let summary = page.map(|(path, _)| same(&path).unwrap_or_else(|| page_from(path)));
        Self { ci, sinks: Sinks { summary, ..sinks.clone() }, room }
    }

    /// The places of what is about several stacks: files that show all of them. Each has a part of the summary page and a
    /// result file already.
    #[must_use]
    pub fn for_all(self) -> Self {
        Self { sinks: Sinks { result_file: None, summary: None, ..self.sinks }, ..self }
    }

    /// The places that it writes to, for a later step.
    pub fn sinks(&self) -> Sinks {
        self.sinks.clone()
    }

    /// Writes the report to the summary page and to its files. Returns the path of the result file if it was written.
    pub fn files(&self, report: &Masked<Report>, console: &Console) -> Option<&Path> {
        self.files_of(report.as_slice(), console)
    }

    /// Writes several reports to the same places. A result file holds one report, so it is written for one only.
    pub fn files_of(&self, reports: Masked<&[Report]>, console: &Console) -> Option<&Path> {
        let shown = self.shown(reports);
        self.sinks.pages.write(shown.as_slice(), &self.options(), console);
        if let Some((page, start)) = &self.sinks.summary {
            let room = self.room.saturating_sub(usize::try_from(*start).unwrap_or(usize::MAX));
            let written = write_from(page, *start, &self.markdown(&shown, room));
            if written.is_ok() {
                console.command(&(self.ci.handover().summary_command)(page));
            }
            warn(console, "the summary page", written);
        }
        if let Some(path) = &self.sinks.markdown_file {
            warn(console, "the Markdown file", write_whole(path, &self.markdown(&shown, usize::MAX)));
        }
        let path = self.sinks.result_file.as_deref()?;
        let [report] = &*reports else { return None };
        let written = write_whole(path, &report.to_json());
        let there = written.is_ok();
        warn(console, "the result file", written);
        there.then_some(path)
    }

    /// The reports as Markdown of at most `room` bytes.
    fn markdown(&self, shown: &[Report], room: usize) -> String {
        match shown {
            [only] => render::fit(only, &self.options(), Size::Bytes(room)),
            several => render::several(several, &self.options(), Size::Bytes(room)),
        }
    }

    fn options(&self) -> Options {
        Options {
            detail: self.sinks.detail,
            result: self.lasting_result(),
            change_request: self.sinks.pages.change_request,
            ..Options::default()
        }
    }

    /// The result's path, for pages that are read later: none if the job's machine is gone by then.
    fn lasting_result(&self) -> Option<String> {
        self.sinks
            .result_file
            .as_ref()
            .filter(|_| self.ci.folders().outlive_the_job)
            .map(|path| path.display().to_string())
    }

    /// The last lines of the log for these reports.
    pub fn text(&self, reports: Masked<&[Report]>, result_file: Option<&Path>) -> String {
        let path = result_file.map(|path| path.display().to_string());
        let shown = self.shown(reports);
        shown.iter().map(|report| render::text(report, path.as_deref())).collect()
    }

    /// The reports without the outputs if `suppress-outputs` is set. Later steps get the outputs all the same.
    fn shown<'r>(&self, reports: Masked<&'r [Report]>) -> Masked<Cow<'r, [Report]>> {
        reports.with_outputs(!self.sinks.suppress_outputs)
    }
}

/// The summary page, and the byte where it ends now: our part begins there.
fn page_from(path: PathBuf) -> (PathBuf, u64) {
    let start = std::fs::metadata(&path).map_or(0, |file| file.len());
    (path, start)
}

/// Publishes everything at the end of a run but the files that [`Publisher::files`] writes.
pub fn publish_rest(
    job: &Job<'_>,
    publisher: &Publisher,
    report: &Masked<Report>,
    result_file: Option<&Path>,
    log: &str,
    exports: &Exports,
    console: &mut Console,
) {
    hand_on(job, report, result_file, log, exports, console);
    if let (Operation::Outputs, Status::Succeeded, Some(outputs)) =
        (report.command, report.status, &report.outputs)
    {
        let printable = outputs::printable(outputs, console);
        let fence = crate::base::random::word();
        console.command(&job.ci.log().begin_foreign(&fence));
        console.print_json(&printable);
        console.command(&job.ci.log().end_foreign(&fence));
    }
    if job.ci.log().shows_annotations {
        annotate(report, console);
    }
    console.text(&publisher.text(report.as_slice(), result_file));
}

/// Writes the results that other programs read: the counts, and the outputs for later steps.
pub fn hand_on(
    job: &Job<'_>,
    report: &Masked<Report>,
    result_file: Option<&Path>,
    log: &str,
    exports: &Exports,
    console: &mut Console,
) {
    if let Some(path) = job.inputs.report.counts_file.as_ref().filter(|_| job.reporting == Reporting::All) {
        warn(console, "the counts", write_whole(path, &counts::terraform(&report.as_slice())));
    }
    if job.takes_outputs() {
        outputs::hand_on(job, report, exports, log, result_file, console);
    }
}

/// Tells the CI system that a step passed with issues: the operation succeeded, but its report did not get everywhere.
pub fn conclude(job: &Job<'_>, report: &Report, console: &Console) {
    let passed = report.status == Status::Succeeded && report.exit_code == 0;
    if let Some(lines) = job.ci.log().passed_with_issues.filter(|_| passed && console.has_missed()) {
        console.command(lines);
    }
}

/// Puts the engine's folder on the PATH of later steps.
pub fn add_path(job: &Job<'_>, engine: &LocatedEngine, console: &Console) {
    let folder = engine.path.parent().and_then(Path::to_str).filter(|folder| !folder.contains(['\r', '\n']));
    let Some(folder) = folder else { return };
    let mut there = std::env::split_paths(job.env.get("PATH").unwrap_or_default());
    if there.any(|path| path == Path::new(folder)) {
        return;
    }
    match (job.ci.handover().path)(job.env, folder) {
        Some(delivery) => warn(console, "the PATH of later steps", deliver(&delivery, console)),
        None => console.line(&format!("for `pulumi` in later steps: export PATH=\"{folder}:$PATH\"")),
    }
}

/// Annotates the reason of a failure, then the most severe diagnostics.
fn annotate(report: &Masked<Report>, console: &Console) {
    if matches!(report.status, Status::Failed | Status::Cancelled) {
        let message = report.message.as_deref().unwrap_or_default();
        // An annotation is marked as an error already.
        let mut message = message.strip_prefix("error: ").unwrap_or(message).to_owned();
        if let Some(hint) = &report.hint {
            message.push_str("\nhint: ");
            message.push_str(hint);
        }
        console.annotate_at(Level::Error, &title(report), &message, report.place.as_ref());
    }
    if let Some(rules) =
        report.rules.as_ref().filter(|rules| report.status == Status::Succeeded && is_open(rules))
    {
        let hints =
            rules.deciding().filter_map(|ruling| ruling.way_out.as_ref()).map(|hint| format!("hint: {hint}"));
        let findings = (rules.verdict > RuleVerdict::Allowed).then(|| rules.in_one_line());
        let lines = findings.into_iter().chain(hints.take(1)).chain(rules.warnings.iter().cloned());
        let level = if rules.verdict == RuleVerdict::Approval { Level::Notice } else { Level::Warning };
        console.annotate(level, &render::outcome(report), &lines.collect::<Vec<_>>().join("\n"));
    }
    let loud: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|said| matches!(said.severity, Severity::Error | Severity::Warning))
        .filter(|said| !report.is_about(said))
        .collect();
    let stack = report.stack_identity().to_string();
    for said in loud.iter().take(ANNOTATIONS - 1) {
        let level = if said.severity == Severity::Error { Level::Error } else { Level::Warning };
        let resource = said.name.as_deref().filter(|name| !name.is_empty());
        let title = resource.map_or(stack.clone(), |name| format!("{name} in {stack}"));
        console.annotate(level, &title, &telling(&said.message));
    }
    if let Some(more) = loud.len().checked_sub(ANNOTATIONS - 1).filter(|more| *more > 0) {
        console.line(&format!("and {more} more errors and warnings: see the report"));
    }
}

/// Whether people should look at what the rules say.
fn is_open(rules: &RulesOutcome) -> bool {
    rules.verdict > RuleVerdict::Allowed || !rules.warnings.is_empty()
}

/// The title of a failed run's annotation: "Preview of shop/dev failed (program)".
fn title(report: &Report) -> String {
    let outcome = render::outcome(report);
    report.reason.map_or(outcome.clone(), |reason| format!("{outcome} ({})", reason.name()))
}
