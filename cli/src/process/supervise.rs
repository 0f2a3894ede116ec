//! Starts the engine, passes its output on, and stops it if necessary: one process from start to end.
//!
//! Everything happens in one loop, so that nothing waits for anything else: a stalled reader of our output does not
//! keep a signal from the engine, and a signal does not keep the engine's last lines from the log.
//!
//! # Who gets the signals
//! The engine runs in a process group of its own, so that signals of the CI system to our group do not reach it outside
//! of the ladder. The ladder's SIGINT goes to the engine alone, not to its group: the engine has put each language host
//! and provider into a group of its own, signals them itself, and waits for them
//! (<https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/plugin.go>). The others in its group
//! are helpers that it still needs to end properly, such as one that fetches the credentials for saving the state. If
//! the CI system has signalled the engine as well, the engine's own messages say so ([`super::told`]), and it gets no
//! SIGINT of ours: a second signal would make it end at once. The engine is not started with SIGTERM blocked: its
//! children would inherit that, and a runner that waits for the end of each process would signal us too late. Only if
//! the engine is a script (a version manager's shim), its group gets the signal: the script may have stayed the parent
//! of the real engine, and a shell passes no signal on.
//!
//! On Windows the engine shares our console and gets a Ctrl-C with us; there is no safe way to send it one, so the
//! ladder's first two rungs are only waited for, and the third ends the tree of processes.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::ladder::Cause;
use crate::base::error::{Error, Result};

mod about;
mod control;
mod run;

use about::Stdin;
pub use about::{Ended, Process, ProcessStatus, Supervision};
use run::RunningProcess;

/// Runs a process to its end.
pub async fn run(process: &Process, supervision: Supervision<'_>) -> Result<Ended> {
    if let Some(signal) = supervision.signals.first() {
        return Ok(Ended::not_started(Cause::Cancelled(signal)));
    }
    let mut child = start(process)?;
    if let Some(pid) = child.id() {
        (supervision.on_start)(pid);
    }
    let stdin = feed_stdin(&mut child, process.stdin.clone());
    let mut run = RunningProcess::new(process, child, supervision);
    run.until_over(stdin).await;
    Ok(run.finish().await)
}

fn start(process: &Process) -> Result<Child> {
    if !process.cwd.is_dir() {
        return Err(Error::input(
            format!(
                "there is no folder `{}` to run `{}` in",
                process.cwd.display(),
                process.program.display()
            ),
            "set `cwd` to the folder of the project",
        ));
    }
    #[expect(clippy::disallowed_methods, reason = "the one place where a process is started")]
    let mut command = Command::new(&process.program);
    command
        .args(&process.args)
        .current_dir(&process.cwd)
        .stdin(if process.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in &process.remove {
        command.env_remove(name);
    }
    command.envs(process.set.iter().map(|(name, value)| (name, value)));
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| not_started(&process.program, &error))
}

/// The error for a program that the system did not start.
fn not_started(program: &Path, error: &std::io::Error) -> Error {
    let what = format!("could not start `{}`: {error}", program.display());
    if error.kind() == std::io::ErrorKind::ArgumentListTooLong {
        // https://man7.org/linux/man-pages/man2/execve.2.html: one argument or variable has 128 KiB at most.
        return Error::input(
            what,
            "a value for the engine is too large for a command line or a variable (128 KiB on Linux): write it to the \
             stack's file, or shorten `message`",
        );
    }
    Error::Engine {
        what,
        hint: Some("check that the file is there, is made for this machine, and may be executed".to_owned()),
    }
}

/// Writes the standard input and closes it. It is no error if the process does not read it.
fn feed_stdin(child: &mut Child, bytes: Option<Vec<u8>>) -> Stdin {
    let pipe = child.stdin.take();
    Box::pin(async move {
        if let (Some(mut pipe), Some(bytes)) = (pipe, bytes) {
            let _ = pipe.write_all(&bytes).await;
        }
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
