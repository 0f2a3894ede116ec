//! Hands the result on: result file, outputs for later steps, summary page, annotations, the log's last lines.
//!
//! A sink that fails is a warning: what the engine did is done, and a good deployment never turns red for a report.

pub mod outputs;

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::ci::{Append, Level};
use crate::console::Console;
use crate::engine::locate::Engine;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::render::{self, Detail, Options, Size};
use crate::report::{Command, Report, Severity, Status};

use outputs::Exported;

/// GitHub shows ten annotations of a level and step; more would push out those of others.
/// <https://docs.github.com/en/rest/checks/runs>
const ANNOTATIONS: usize = 10;

/// Where a report goes, over the whole run: it can be written early, and again when more is known.
pub struct Publisher {
    result_file: Option<PathBuf>,
    summary: Option<Summary>,
}

/// The job's summary page, from where we began to write.
struct Summary {
    path: PathBuf,
    start: u64,
    room: usize,
}

impl Publisher {
    /// Sinks of `job`. What stands on the summary page already stays.
    pub fn new(job: &Job<'_>) -> Self {
        let summary =
            job.ci.summary(job.env).filter(|_| job.inputs.comment_on_summary).map(|(path, limit)| {
                let start = std::fs::metadata(&path).map_or(0, |file| file.len());
                let taken = usize::try_from(start).unwrap_or(usize::MAX);
                Summary { path, start, room: limit.saturating_sub(taken) }
            });
        Self { result_file: job.result_file(), summary }
    }

    /// The result file and the summary page.
    pub fn files(&self, job: &Job<'_>, report: &Report, console: &Console) -> Option<&Path> {
        if let Some(summary) = &self.summary {
            let options = Options {
                detail: detail(job),
                result: self.result_file.as_ref().map(|path| path.display().to_string()),
                ..Options::default()
            };
            let markdown = render::fit(&shown(job, report), &options, Size::Bytes(summary.room));
            warn(console, "the summary page", summary.write(&markdown));
        }
        let path = self.result_file.as_deref()?;
        let written = write_whole(path, &report.to_json());
        let there = written.is_ok();
        warn(console, "the result file", written);
        there.then_some(path)
    }
}

/// Everything at the end of a run.
pub fn all(
    job: &Job<'_>,
    publisher: &Publisher,
    report: &Report,
    log: &str,
    exported: &Exported,
    console: &mut Console,
) {
    let result_file = publisher.files(job, report, console);
    if job.ci.takes_outputs(job.env) {
        let outputs = outputs::for_the_job(report, exported, log, result_file, job.ci, console);
        if let Some(append) = job.ci.outputs(job.env, &outputs, &mut crate::random::word) {
            warn(console, "the outputs for later steps", append_to(&append));
        }
        if let Some(lines) = job.ci.output_commands(&outputs) {
            console.command(&lines);
        }
    }
    if report.command == Command::Outputs && report.status == Status::Succeeded {
        let fence = crate::random::word();
        console.command(&job.ci.begin_foreign(&fence));
        console.print(&format!("{}\n", serde_json::to_string_pretty(&report.outputs).unwrap_or_default()));
        console.command(&job.ci.end_foreign(&fence));
    }
    if job.ci.shows_annotations() {
        annotate(report, console);
    }
    let path = result_file.map(|path| path.display().to_string());
    console.text(&render::text(&shown(job, report), path.as_deref()));
}

/// Puts the engine's folder on the PATH of later steps.
pub fn add_path(job: &Job<'_>, engine: &Engine, console: &Console) {
    let folder = engine.path.parent().and_then(Path::to_str).filter(|folder| !folder.contains(['\r', '\n']));
    let Some(folder) = folder else { return };
    let mut there = std::env::split_paths(job.env.get("PATH").unwrap_or_default());
    if there.any(|path| path == Path::new(folder)) {
        return;
    }
    if let Some(append) = job.ci.path_file(job.env, folder) {
        warn(console, "the PATH of later steps", append_to(&append));
    } else if let Some(lines) = job.ci.path_command(folder) {
        console.command(&lines);
    } else {
        console.line(&format!("for `pulumi` in later steps: export PATH=\"{folder}:$PATH\""));
    }
}

/// What a report shows: by default not the values of a repository that anybody can read.
fn detail(job: &Job<'_>) -> Detail {
    if job.context.public == Some(false) { Detail::Values } else { Detail::Paths }
}

/// The report without what `suppress-outputs` keeps out of log and report; later steps get the outputs all the same.
fn shown<'r>(job: &Job<'_>, report: &'r Report) -> Cow<'r, Report> {
    if !job.inputs.suppress_outputs {
        return Cow::Borrowed(report);
    }
    let mut shown = report.clone();
    shown.outputs.clear();
    shown.output_changes.clear();
    Cow::Owned(shown)
}

/// The reason of a failure, then the worst of what was said.
fn annotate(report: &Report, console: &Console) {
    if matches!(report.status, Status::Failed | Status::Cancelled) {
        let reason = report.reason.map_or("failed", crate::report::Reason::name);
        let mut message = report.message.clone().unwrap_or_default();
        if let Some(hint) = &report.hint {
            message.push_str("\nhint: ");
            message.push_str(hint);
        }
        console.annotate(
            Level::Error,
            &format!("{} of {}: {reason}", report.command.name(), report.stack),
            &message,
        );
    }
    let loud: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|said| matches!(said.severity, Severity::Error | Severity::Warning))
        .filter(|said| report.message.as_ref() != Some(&said.message))
        .collect();
    for said in loud.iter().take(ANNOTATIONS - 1) {
        let level = if said.severity == Severity::Error { Level::Error } else { Level::Warning };
        console.annotate(level, said.name.as_deref().unwrap_or(&report.stack), &said.message);
    }
    if let Some(more) = loud.len().checked_sub(ANNOTATIONS - 1).filter(|more| *more > 0) {
        console.line(&format!("and {more} more errors and warnings: see the report"));
    }
}

fn warn(console: &Console, what: &str, done: Result<()>) {
    if let Err(error) = done {
        console.annotate(Level::Warning, "stackstep", &format!("{what} could not be written: {error}"));
    }
}

impl Summary {
    /// Writes from where we began, over what we wrote before.
    fn write(&self, markdown: &str) -> Result<()> {
        let file = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(&self.path)?;
            file.set_len(self.start)?;
            file.seek(SeekFrom::Start(self.start))?;
            file.write_all(markdown.as_bytes())
        };
        file().map_err(Error::io("write", &self.path))
    }
}

/// Writes a file beside itself first, so that nobody reads half of it.
fn write_whole(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        #[cfg(unix)]
        {
            // A later step can run as another user; there is no secret in it.
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path)?;
        Ok(())
    };
    write().map_err(Error::io("write", path))
}

fn append_to(append: &Append) -> Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&append.path)
        .and_then(|mut file| file.write_all(append.text.as_bytes()))
        .map_err(Error::io("write", &append.path))
}
