//! Sends a running engine its signals, and kills it. [`super`] explains which process gets which signal.

use std::process::ExitStatus;

use super::ProcessStatus;

#[cfg(unix)]
pub(super) use unix::Control;
#[cfg(windows)]
pub(super) use windows::Control;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::Read as _;
    use std::path::Path;

    use nix::sys::signal::{self, Signal};
    use nix::unistd::Pid;
    use tokio::process::Child;

    use crate::process::tree::{self, Adopted};

    /// Sends the engine its signals.
    pub(in super::super) struct Control {
        engine: Option<i32>,
        is_script: bool,
        adopted: Option<Adopted>,
    }

    impl Control {
        /// Controls a child that has just been started.
        pub(in super::super) fn new(child: &Child, program: &Path, adopts: bool) -> Self {
            let engine = child.id().and_then(|pid| i32::try_from(pid).ok());
            let adopted = engine.filter(|_| adopts).and_then(Adopted::by_engine);
            Self { engine, is_script: is_script(program), adopted }
        }

        /// Sends SIGINT. The child has not been waited for, so its number can't belong to another process.
        pub(in super::super) fn interrupt(&self) {
            let Some(engine) = self.engine.map(Pid::from_raw) else { return };
            let _ = if self.is_script {
                signal::killpg(engine, Signal::SIGINT)
            } else {
                signal::kill(engine, Signal::SIGINT)
            };
        }

        /// Kills the engine and all its descendants.
        pub(in super::super) fn kill(&self, child: &mut Child) {
            self.kill_rest();
            let _ = child.start_kill();
        }

        /// Kills the processes that an engine left behind when it ended.
        pub(in super::super) fn kill_rest(&self) {
            if let Some(engine) = self.engine {
                tree::kill(engine, self.adopted);
            }
        }
    }

    fn is_script(program: &Path) -> bool {
        let mut beginning = [0; 2];
        File::open(program).and_then(|mut file| file.read_exact(&mut beginning)).is_ok()
            && beginning == *b"#!"
    }
}

#[cfg(windows)]
mod windows {
    use std::path::Path;

    use tokio::process::Child;

    /// Ends the engine's tree of processes.
    pub(in super::super) struct Control {
        engine: Option<u32>,
    }

    impl Control {
        /// Controls a child that has just been started.
        pub(in super::super) fn new(child: &Child, _program: &Path, _adopts: bool) -> Self {
            Self { engine: child.id() }
        }

        /// Does nothing: the console has sent the engine its Ctrl-C already.
        #[expect(clippy::unused_self, reason = "the other systems need it")]
        pub(in super::super) fn interrupt(&self) {}

        /// Kills the engine and all its descendants.
        pub(in super::super) fn kill(&self, child: &mut Child) {
            self.kill_rest();
            let _ = child.start_kill();
        }

        /// Kills the engine's descendants, if its number still leads to them.
        /// <https://learn.microsoft.com/windows-server/administration/windows-commands/taskkill>
        pub(in super::super) fn kill_rest(&self) {
            let Some(engine) = self.engine else { return };
            #[expect(
                clippy::disallowed_methods,
                reason = "there is no other safe way to end a tree of processes"
            )]
            let _ = std::process::Command::new("taskkill")
                .args(["/T", "/F", "/PID", &engine.to_string()])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .status();
        }
    }
}

/// The status of a process that was waited for.
pub(super) fn status_of(result: &std::io::Result<ExitStatus>) -> ProcessStatus {
    let Ok(status) = result else { return ProcessStatus::Stuck };
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return ProcessStatus::Signalled(signal);
        }
    }
    status.code().map_or(ProcessStatus::Stuck, ProcessStatus::Exited)
}
