//! The end of a run that failed before its engine was ready: bad input, no project, a refusal, an unknown word on the
//! command line. Its result is written all the same, so that no older file reports a success. Comments and statuses are
//! not sent, because it is not certain which change they would be about.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::error::Error;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::commands::ended::EndedRun;
use crate::commands::unread;
use crate::engine::job::OneOfSeveral;
use crate::inputs::headings::{ReportInputs, StackInputs};
use crate::inputs::{Command, OuterInputs};
use crate::publish::outputs::Exports;
use crate::publish::{self, Publisher};
use crate::run::prepare::{Prepared, RunRequest, SINKS, Until, prepare};
use crate::run::reporting::Run;

/// Ends a run with `error`, and publishes it at the places for the run's result. The warnings are in the log already.
/// Returns the run's end.
pub fn end(found: Prepared<'_>, request: &RunRequest<'_>, error: &Error, console: &mut Console) -> EndedRun {
    let told = OuterInputs::find_only(SINKS, request.command, request.flags, request.ci, request.env);
    if !matches!(error, Error::Skipped { .. }) {
        console.error(error);
    }
    publish(found, told, request.one_of_several, error, console).unwrap_or_else(|| {
        forget(request, console);
        EndedRun::without_report(error.exit_status())
    })
}

/// Ends a run that nobody carries out with `error`, in a log that is thrown away. Without such a log it ends with `otherwise`, and
/// has no report.
pub fn end_aside(request: &RunRequest<'_>, error: &Error, otherwise: u8, console: &Console) -> EndedRun {
    let Ok(mut log) = console.aside() else { return EndedRun::without_report(otherwise) };
    let found = prepare(request, Until::FirstError, &mut log);
    end(found, request, error, &mut log)
}

/// Publishes the result of a run, and hands on outputs unless it is one of several. None if the run has no result.
fn publish(
    found: Prepared<'_>,
    told: Option<OuterInputs>,
    one_of_several: Option<OneOfSeveral<'_>>,
    error: &Error,
    console: &mut Console,
) -> Option<EndedRun> {
    let mut job = found.into_ended_job(told).ok()?;
    if let Some(apart) = &one_of_several {
        job.set_apart(apart);
    }
    let run = Run::new(&job)?;
    let report = run.not_begun(error).masked(&|text| console.masker().mask(text));
    let publisher = Publisher::new(&job);
    let file = publisher.files(&report, console);
    if let Error::Skipped { .. } = error {
        publish::publish_rest(&job, &publisher, &report, file, "", &Exports::default(), console);
    } else {
        publish::hand_on(&job, &report, file, "", &Exports::default(), console);
    }
    let result_file = file.map(Path::to_owned);
    Some(EndedRun {
        status: error.exit_status(),
        report: Some(report),
        digest: None,
        result_file,
        publisher: Some(publisher),
    })
}

/// Removes the result file of an earlier run if it is not known which command a new one would be of. It stays if the
/// command has no result, or if its path leads through a link of the checkout.
pub fn forget(request: &RunRequest<'_>, console: &Console) {
    let RunRequest { command, flags, env, ci, .. } = *request;
    let named = OuterInputs::find_only(&[], command, flags, ci, env).map(|outer| outer.command);
    if named.is_some_and(|command| command.operation().is_none()) {
        return;
    }
    let sinks =
        OuterInputs::find_only(&[ReportInputs::result_file.name()], Some(Command::Preview), flags, ci, env);
    let given = sinks.as_ref().and_then(|sinks| sinks.text(&ReportInputs::result_file.input));
    let Some(path) = given.map(|path| env.cwd().join(path)).filter(|path| path.is_file()) else { return };
    // Nobody knows who made the folders on the way.
    let context = request.context();
    let folder = named_folder(request);
    if Ground::new(&context, Standing::Unproven, env, ci, &folder).links_away(&path) {
        return;
    }
    let removed = std::fs::remove_file(&path).map_err(Error::io("remove", &path));
    publish::warn(console, "the result file", removed);
}

/// The folder that `cwd` names, if it can be read.
fn named_folder(request: &RunRequest<'_>) -> PathBuf {
    let RunRequest { flags, env, ci, .. } = *request;
    let outer = OuterInputs::find_only(&[StackInputs::cwd.name()], Some(Command::Preview), flags, ci, env);
    env.cwd().join(outer.as_ref().and_then(|outer| outer.text(&StackInputs::cwd.input)).unwrap_or_default())
}

/// Ends a run whose command line can't be read. The flags that can be read tell the places for the result. `said` is
/// clap's own message, which the person has seen already.
pub fn end_unread(arguments: &[OsString], said: &str, env: &Env) {
    let (word, flags) = unread::salvaged(arguments, SINKS);
    if word.is_some_and(unread::has_no_result) {
        return;
    }
    let command = word.and_then(Command::from_word);
    let request = RunRequest::new(command, &flags, env);
    let mut console = Console::new(request.ci);
    let what = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let error =
        Error::input(format!("the command line can't be read: {what}"), "`stackstep --help` lists the flags");
    let found = prepare(&request, Until::TheInputs, &mut console);
    let told = OuterInputs::find_only(SINKS, command, &flags, request.ci, env);
    if command.is_some() && publish(found, told, None, &error, &mut console).is_some() {
        return;
    }
    // For `run` the step names the command; an unknown word is taken for a command that has a result.
    let meant = if word == Some("run") { None } else { command.or(Some(Command::Preview)) };
    forget(&RunRequest { command: meant, ..request }, &console);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::inputs::resolve::Flags;

    #[test]
    fn an_older_result_is_removed_but_not_through_a_link_of_the_checkout() {
        let (checkout, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let older = [checkout.path().join("r.json"), outside.path().join("r.json")];
        for path in &older {
            std::fs::write(path, "{}").unwrap();
        }
        std::os::unix::fs::symlink(outside.path(), checkout.path().join("out")).unwrap();
        for file in ["r.json", "out/r.json"] {
            let env = Env::from_pairs(checkout.path(), [("STACKSTEP_RESULT_FILE", file)]);
            let flags = Flags::new();
            let request = RunRequest::new(Some(Command::Up), &flags, &env);
            forget(&request, &Console::new(request.ci));
        }
        assert_eq!(older.map(|path| path.exists()), [false, true]);
    }

    #[test]
    fn a_command_that_is_misspelled_takes_the_older_result_away() {
        let folder = tempfile::tempdir().unwrap();
        let older = folder.path().join("r.json");
        for (line, stays) in
            [("stackstep run --result-file r.json --x", true), ("stackstep uup --result-file r.json", false)]
        {
            std::fs::write(&older, "{}").unwrap();
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            end_unread(&arguments, "error: no such word", &Env::from_pairs(folder.path(), [("A", "b")]));
            assert_eq!(older.exists(), stays, "{line}");
        }
    }
}
