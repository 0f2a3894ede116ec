//! Runs a short program whose output is read and never shown: one of the CI system that prints something secret, such
//! as `buildkite-agent`, or the engine to ask for its version.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::signals::Signals;
use super::stream::Passing;
use crate::base::error::{Error, Result};
use crate::base::git::objects::GitCommand;
use crate::base::secret::{Masker, Secret};
use crate::process::supervise::{Process, ProcessStatus, Supervision, run};
use crate::process::told::Deaf;

/// The most bytes of output that are read.
pub const CAPTURE: usize = 1 << 20;

/// The time limit of the program.
const TIME: Duration = Duration::from_secs(30);

/// Runs `program` with these `variables` as its whole environment, and reads its output. None if the output can't be
/// read, or takes longer than `patience`: then the program is killed. Nothing of it is shown.
pub async fn read_apart(
    program: &Path,
    args: &[String],
    cwd: &Path,
    variables: Vec<(String, String)>,
    patience: Duration,
) -> Option<String> {
    let (_, output) = run_apart(program, args, cwd, variables, patience).await?;
    String::from_utf8(output).ok()
}

/// Runs `program` as [`read_apart`] does. Returns its exit status and its standard output, at most [`CAPTURE`] bytes of
/// it. None if it can't be started or takes longer than `patience`.
pub async fn run_apart(
    program: &Path,
    args: &[String],
    cwd: &Path,
    variables: Vec<(String, String)>,
    patience: Duration,
) -> Option<(i32, Vec<u8>)> {
    let command = apart(program, args, cwd, variables);
    let (status, mut output) = ended(command, patience).await?;
    output.truncate(CAPTURE);
    Some((status, output))
}

/// Runs a command of git as [`run_apart`] does, and returns all that it prints. None if it fails, and if that is more than `most`
/// bytes: a part would not be the answer.
pub async fn run_git_whole(command: GitCommand, patience: Duration, most: usize) -> Option<Vec<u8>> {
    let GitCommand { program, args, environment, folder } = command;
    let (status, output) = ended(apart(&program, &args, &folder, environment), patience).await?;
    (status == 0 && output.len() <= most).then_some(output)
}

async fn ended(mut command: tokio::process::Command, patience: Duration) -> Option<(i32, Vec<u8>)> {
    let output = tokio::time::timeout(patience, command.output()).await.ok()?.ok()?;
    Some((output.status.code()?, output.stdout))
}

/// A program that reads nothing, says no errors, and ends with us.
fn apart(
    program: &Path,
    args: &[String],
    cwd: &Path,
    variables: Vec<(String, String)>,
) -> tokio::process::Command {
    #[expect(clippy::disallowed_methods, reason = "it is killed with us, and needs nobody to watch over it")]
    let mut command = tokio::process::Command::new(program);
    command
        .args(args)
        .current_dir(cwd)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs a command of git as [`run_apart`] does.
pub async fn run_git(command: GitCommand, patience: Duration) -> Option<(i32, Vec<u8>)> {
    run_apart(&command.program, &command.args, &command.folder, command.environment, patience).await
}

/// Runs a program that may ask the person at the terminal, which it has for itself. Returns whether it succeeded.
pub async fn attended(program: &Path, args: &[&OsStr], cwd: &Path) -> Result<bool> {
    #[expect(clippy::disallowed_methods, reason = "its output is the person's, and nobody watches over it")]
    let mut command = tokio::process::Command::new(program);
    let status = command.args(args).current_dir(cwd).kill_on_drop(true).status().await;
    Ok(status.map_err(Error::io("start", program))?.success())
}

/// Changes to a program's environment.
#[derive(Debug, Default)]
pub struct VariableChange {
    /// The variables to set, with their values.
    pub set: Vec<(String, String)>,
    /// The variables to remove.
    pub remove: Vec<String>,
}

/// Runs `program` and reads its output. The inner error is the last line of its standard error.
pub async fn read(
    program: PathBuf,
    args: &[String],
    cwd: &Path,
    change: VariableChange,
    masker: &Masker,
    signals: &Signals,
) -> Result<Result<Secret, String>> {
    let process = Process {
        program,
        args: args.iter().map(Into::into).collect(),
        cwd: cwd.to_owned(),
        set: change.set,
        remove: change.remove,
        stdin: None,
        event_log: None,
    };
    let supervision = Supervision {
        masker,
        signals,
        timeout: Some(TIME),
        listener: &mut Deaf,
        listen: Duration::ZERO,
        grace: Duration::ZERO,
        stdout: &mut tokio::io::sink(),
        stderr: &mut tokio::io::sink(),
        passing: Passing::Captured,
        unsaid: None,
        capture: CAPTURE,
        disarm: None,
        on_event: &mut |_| std::ops::ControlFlow::Continue(()),
        heartbeat: &mut |_| None,
        on_start: &mut |_| {},
        on_stop: &mut |_| {},
    };
    let ended = run(&process, supervision).await?;
    if let (ProcessStatus::Exited(0), Some(printed)) = (ended.status, ended.stdout.raw()) {
        return Ok(Ok(Secret::new(String::from_utf8_lossy(printed).trim())));
    }
    let said = ended.stderr.masked();
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    Ok(Err(last.trim().escape_debug().to_string()))
}
