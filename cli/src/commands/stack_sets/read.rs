//! Reads the rows of a set: its file, or what its command prints.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::Way;
use crate::base::program::on_path;
use crate::base::text_file::{CONFIGURATION, read_text};
use crate::delivery::Definition;
use crate::fleet::sets::settings::{RowSource, StackSet};
use crate::fleet::sets::table::RowTable;
use crate::inputs::file::{NAME, SETS};
use crate::process::helper::{CAPTURE, run_apart};

/// The time limit of a command that prints rows.
const PATIENCE: Duration = Duration::from_secs(120);

/// The variables that such a command has beside those that the set names.
const KEPT: [&str; 3] = ["PATH", "HOME", "SYSTEMROOT"];

/// The set of this name.
///
/// # Errors
/// There is none.
pub(super) fn set_named<'d>(definition: Option<&'d Definition>, name: &str) -> Result<&'d StackSet> {
    let sets = definition.map(|definition| definition.sets.as_slice()).unwrap_or_default();
    sets.iter().find(|set| set.name == name).ok_or_else(|| {
        let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        let hint = if names.is_empty() {
            format!("add `{SETS}: {{ {name}: {{ project: infra/tenant, rows: {name}.csv, stack: \"{{id}}\" }} }}` to the file at the repository's root")
        } else {
            format!("it has `{}`", names.join("`, `"))
        };
        Error::input(format!("the `{NAME}` that holds has no set `{}`", name.escape_debug()), hint)
    })
}

/// The rows of a set.
///
/// # Errors
/// It is not known which rows there are.
pub(super) async fn rows_of(set: &StackSet, top: &Path, env: &Env) -> Result<RowTable> {
    let (text, name) = match &set.rows {
        RowSource::File { path, .. } => (text_of_file(top, path)?, path.clone()),
        RowSource::Command { run, env: names, .. } => {
            let name = run.first().cloned().unwrap_or_default();
            (printed(run, names, top, env).await?, name)
        }
    };
    let (RowSource::File { format, .. } | RowSource::Command { format, .. }) = &set.rows;
    RowTable::read(&text, *format, &name)
        .map_err(|problem| not_used(&set.name, &problem.what, problem.hint.as_deref()))
}

/// The error of a set of which nothing is done.
pub(super) fn not_used(set: &str, what: &str, hint: Option<&str>) -> Error {
    Error::Input { what: format!("the set `{set}` is left as it is: {what}"), hint: hint.map(str::to_owned) }
}

fn text_of_file(top: &Path, path: &str) -> Result<String> {
    let file = top.join(path);
    let inside = |real: &PathBuf| {
        Way::to(real).zip(Way::to(top)).is_some_and(|(way, top)| way.end.starts_with(top.end))
    };
    if !inside(&file) {
        return Err(Error::input(
            format!("`{path}` is a link that leads out of the repository"),
            "commit the file itself",
        ));
    }
    read_text(&file, CONFIGURATION).map_err(|error| {
        Error::input(
            format!("the rows of `{path}` can't be read: {error}"),
            error.hint().unwrap_or("commit the file, or correct `rows` of the set"),
        )
    })
}

async fn printed(run: &[String], names: &[String], top: &Path, env: &Env) -> Result<String> {
    let (program, arguments) =
        run.split_first().map_or(("", run), |(program, rest)| (program.as_str(), rest));
    let shown = program.escape_debug().to_string();
    let failed = |why: &str| {
        Error::input(
            format!("the command `{shown}` that prints rows {why}"),
            "run it by hand at the top of the repository; of the job's variables it has those that `env` of `rows` names, `PATH` and `HOME`",
        )
    };
    let found = if program.contains(['/', '\\']) { Some(top.join(program)) } else { on_path(program, env) };
    let found = found.ok_or_else(|| failed("is not there"))?;
    let named = KEPT.iter().copied().chain(names.iter().map(String::as_str));
    let variables = named.filter_map(|name| Some((name.to_owned(), env.get_raw(name)?.to_owned()))).collect();
    let ended = run_apart(&found, arguments, top, variables, PATIENCE).await;
    match ended {
        None => Err(failed(&format!("could not be started, or took longer than {} s", PATIENCE.as_secs()))),
        Some((0, output)) if output.len() >= CAPTURE => Err(failed("has printed more than 1 MiB")),
        Some((0, output)) => String::from_utf8(output).map_err(|_| failed("has printed what is not UTF-8")),
        Some((status, _)) => Err(failed(&format!("ended with exit status {status}"))),
    }
}
