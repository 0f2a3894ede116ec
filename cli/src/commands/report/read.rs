//! Reads a file as a report, or fails with what is wrong with the file. The sizes are checked before anything is read.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::find;
use crate::base::error::{Error, Result};
use crate::base::text_file;
use crate::inputs::Inputs;
use crate::process::tail::Tail;
use crate::pulumi::stack::{BackendPlace, StackIdentity};
use crate::report::{Ending, Facts, Fold, Operation, Report, SCHEMA, report, shortened};

/// The size limit of a result in bytes: more than one of 10,000 changed resources has.
const RESULT: u64 = 32 << 20;

/// The size limit of an event log in bytes. It is larger, because an event log also holds unchanged resources.
const EVENT_LOG: u64 = 512 << 20;

/// A report, and the file that it was read from.
pub(super) struct ReadReport {
    pub path: PathBuf,
    pub report: Report,
    /// Whether it was made from an event log, which names neither repository nor commit.
    pub from_log: bool,
}

impl ReadReport {
    /// Adds the job's backend, which no event names.
    pub fn add_backend(&mut self, backend: Option<&BackendPlace>) {
        self.report.identity = Some(StackIdentity {
            backend: backend.map(BackendPlace::fingerprint),
            backend_url: backend.map(BackendPlace::address),
            ..self.report.stack_identity()
        });
    }
}

/// Reads all files that the inputs name.
pub(super) fn read_results(inputs: &Inputs) -> Result<Vec<ReadReport>> {
    let mut all = Vec::new();
    for path in find::files(&inputs.stack.cwd, &inputs.report.results)? {
        all.push(ReadReport { report: result(&path)?, path, from_log: false });
    }
    for named in &inputs.report.event_log {
        let (command, pattern) = operation(named);
        for path in find::files(&inputs.stack.cwd, &[pattern.to_owned()])? {
            let stack = inputs.stack.name.as_ref().map(crate::pulumi::stack::StackName::as_str);
            all.push(ReadReport { report: event_log(&path, command, stack)?, path, from_log: true });
        }
    }
    if all.is_empty() {
        return Err(Error::input(
            "`report` needs the result of a run, and none is named",
            "name the files that `result-file` has written: `stackstep report results/*.json`",
        ));
    }
    Ok(all)
}

/// Splits `refresh=events.jsonl` into the operation and the path. The operation is needed if the log can't tell it.
fn operation(named: &str) -> (Option<Operation>, &str) {
    let command = |word: &str| {
        Some(match word {
            "preview" => Operation::Preview,
            "up" => Operation::Up,
            "refresh" => Operation::Refresh,
            "destroy" => Operation::Destroy,
            _ => return None,
        })
    };
    match named.split_once('=').map(|(word, path)| (command(word), path)) {
        Some((Some(command), path)) => (Some(command), path),
        _ => (None, named),
    }
}

/// The field that tells the version of a result. Every version of the form has it.
#[derive(Deserialize)]
struct Version {
    schema: Option<u64>,
}

/// Reads a result file.
pub(super) fn result(path: &Path) -> Result<Report> {
    let shown = path.display();
    let text = text_file::unmarked(within(path, RESULT, "a result")?).map_err(|error| {
        let hint = error.hint().unwrap_or("name a file that `result-file` has written");
        Error::input(format!("could not read `{shown}`: {error}"), hint)
    })?;
    let version: Version = crate::base::json::read(&text).map_err(|error| unreadable(path, &error))?;
    match version.schema {
        None => {
            return Err(Error::input(
                format!("`{shown}` is not a result of stackstep: it has no `schema`"),
                "name a file that `result-file` has written",
            ));
        }
        Some(version) if version > u64::from(SCHEMA) => {
            return Err(Error::input(
                format!(
                    "`{shown}` has version {version} of the result's form, and this stackstep knows {SCHEMA}"
                ),
                "use the same version of stackstep in both jobs",
            ));
        }
        Some(_) => {}
    }
    let report: Report = crate::base::json::read(&text).map_err(|error| unreadable(path, &error))?;
    let word = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if report.identity.as_ref().is_some_and(|identity| !identity.is_well_formed()) {
        return Err(Error::input(
            format!("`{shown}` is not a result: the `backend` of its `identity` is not a fingerprint"),
            "name a file that `result-file` has written",
        ));
    }
    // The keys of `changes` become names of outputs and counts.
    if let Some(operation) = report.changes.iter().flatten().map(|(name, _)| name).find(|name| !word(name)) {
        return Err(Error::input(
            format!(
                "`{shown}` is not a result: `{}` in its `changes` is not an operation",
                shortened(operation, 64)
            ),
            "name a file that `result-file` has written",
        ));
    }
    Ok(report.of_today())
}

fn unreadable(path: &Path, error: &serde_json::Error) -> Error {
    let shown = path.display();
    let hint = "name a file that `result-file` has written";
    if error.is_eof() {
        return Error::input(
            format!(
                "`{shown}` ends in its middle (line {}): it was not written or passed on whole",
                error.line()
            ),
            "look at the job that made it",
        );
    }
    let why = match error.to_string() {
        // This message only has names of the form's fields.
        said if said.starts_with("missing field") => shortened(&said, 300),
        // Other messages of the parser can quote the file, which may be a wrong one.
        _ => {
            let what =
                if error.is_data() { "a value has not the type of its field" } else { "it is not JSON" };
            format!("{what} (line {}, column {})", error.line(), error.column())
        }
    };
    Error::input(format!("`{shown}` is not a result of stackstep: {why}"), hint)
}

/// The bytes of a file. Fails if there are more than `most`.
fn within(path: &Path, most: u64, what: &str) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let size = file.metadata().map_err(Error::io("read", path))?.len();
    let too_large = |size: u64| {
        Error::input(
            format!(
                "`{}` is {} MB large, and {what} has no more than {}",
                path.display(),
                size >> 20,
                most >> 20
            ),
            "it was not read: is it the right file?",
        )
    };
    if size > most {
        return Err(too_large(size));
    }
    let mut text = Vec::new();
    file.take(most + 1).read_to_end(&mut text).map_err(Error::io("read", path))?;
    let read = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if read > most { Err(too_large(read)) } else { Ok(text) }
}

/// Makes a report from the engine's events alone.
fn event_log(path: &Path, command: Option<Operation>, stack: Option<&str>) -> Result<Report> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(Error::io("read", path))?.len();
    if size > EVENT_LOG {
        return Err(Error::input(
            format!(
                "`{shown}` is {} MB large, and an event log has no more than {}",
                size >> 20,
                EVENT_LOG >> 20
            ),
            "it was not read: is it the right file?",
        ));
    }
    let mut fold = Fold::new();
    let mut tail = Tail::new(path.to_owned());
    let mut first = true;
    tail.finish(&mut |line| {
        fold.line(if std::mem::take(&mut first) { text_file::without_mark(line) } else { line });
    });
    fold.left_out(tail.state.skipped_lines);
    let events = fold.finish();
    let (lines, broken) = events.lines();
    if lines == 0 || lines == broken {
        return Err(Error::input(
            format!("`{shown}` is not an event log: no line of it is an event"),
            "name a file that the engine's `--event-log` has written",
        ));
    }
    let Some(stack) = stack.or(events.stack()).map(str::to_owned) else {
        return Err(Error::input(format!("which stack `{shown}` is of can't be told"), "set `stack`"));
    };
    let guessed = if events.is_preview() { Operation::Preview } else { Operation::Up };
    let command = command.unwrap_or(guessed);
    let exit_code = i32::from(!events.succeeded());
    let mut facts = Facts::new(command, stack, Ending::Exited(exit_code), exit_code);
    facts.preview_only = events.is_preview() && command != Operation::Preview;
    facts.notes.push(
        "this was put together from the engine's event log alone: what the engine printed, and how it ended, is not known"
            .to_owned(),
    );
    Ok(report(events, facts))
}
