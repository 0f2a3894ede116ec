//! Other programs, started by a developer's command: always with standard input closed, as in a CI job.

use stackstep::base::error::{Error, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

/// `program`, to be run in `folder`.
pub fn command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// The cargo that runs this.
pub fn cargo(root: &Path) -> Command {
    command(env!("CARGO"), root)
}

/// Runs it with its output going to ours. Whether it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.status().map_err(Error::io("start", command.get_program()))?;
    Ok(status.success())
}

/// Runs it silently; its standard output when it succeeded.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// A program that runs, so that an interrupt or a time limit can end it with all that it has started.
#[derive(Debug)]
pub struct Running {
    pid: i32,
}

/// The program that runs now; 0 where none does.
static NOW: AtomicI32 = AtomicI32::new(0);

impl Running {
    /// As long as this value lives.
    pub fn new(child: &Child) -> Self {
        let pid = i32::try_from(child.id()).unwrap_or_default();
        NOW.store(pid, Ordering::Relaxed);
        Self { pid }
    }

    /// Kills it and its descendants.
    pub fn kill(&self) {
        kill(self.pid);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        NOW.store(0, Ordering::Relaxed);
    }
}

fn kill(pid: i32) {
    #[cfg(unix)]
    if pid > 0 {
        stackstep::process::tree::kill(pid, None);
    }
    #[cfg(not(unix))]
    let _ = pid;
}

/// Listens to interrupts from now on, also where whoever started us had them ignored (`nohup … &`): a signal that is
/// ignored stays so in each program that is started, and no shell could trap it there.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/functions/exec.html>
pub fn hear_interrupts() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("start", "the thread that listens to interrupts"))?;
    let (sender, listening) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
            // The first look at it is what registers it.
            tokio::select! {
                biased;
                heard = &mut interrupt => drop(heard),
                () = std::future::ready(()) => {}
            }
            let _ = sender.send(());
            if interrupt.await.is_ok() {
                kill(NOW.load(Ordering::Relaxed));
                #[expect(
                    clippy::disallowed_methods,
                    clippy::exit,
                    reason = "an interrupt ends a developer's command at once"
                )]
                std::process::exit(130);
            }
        });
    });
    let _ = listening.recv();
    Ok(())
}
