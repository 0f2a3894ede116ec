//! The supervisor with real child processes: shell scripts that wait for files and pipes, never for time.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tempfile::TempDir;
use tokio::io::AsyncWrite;

use super::*;
use crate::engine::signals::Signal;

/// One log for both streams, as a CI system has it; a word in it may be a person's sign to press Ctrl-C.
#[derive(Clone, Default)]
struct Shared {
    bytes: Arc<Mutex<Vec<u8>>>,
    cancels: Option<(&'static str, Signals)>,
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        if let Some((sign, signals)) = &self.cancels
            && String::from_utf8_lossy(bytes).contains(sign)
        {
            signals.cancel(Signal::Terminate);
            signals.cancel(Signal::Interrupt);
        }
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A shell script in a folder of its own, and how it is to be run.
struct Case {
    folder: TempDir,
    process: Process,
    masker: Masker,
    signals: Signals,
    timeout: Option<Duration>,
    grace: Duration,
    passing: Passing,
    log: Shared,
    events: Vec<String>,
    stops: Vec<Cause>,
}

impl Case {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Process {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            cwd: folder.path().to_owned(),
            set: Vec::new(),
            remove: Vec::new(),
            stdin: None,
            event_log: Some(folder.path().join("events")),
        };
        Self {
            folder,
            process,
            masker: Masker::new(),
            signals: Signals::none(),
            timeout: None,
            grace: Duration::from_secs(3600),
            passing: Passing::Through,
            log: Shared::default(),
            events: Vec::new(),
            stops: Vec::new(),
        }
    }

    /// Sends two signals when the word is in the log.
    fn cancel_at(&mut self, sign: &'static str) {
        self.log.cancels = Some((sign, self.signals.clone()));
    }

    async fn run(&mut self) -> Ended {
        self.run_with(|_| None).await
    }

    async fn run_with(&mut self, mut heartbeat: impl FnMut(Duration) -> Option<String>) -> Ended {
        let (mut stdout, mut stderr) = (self.log.clone(), self.log.clone());
        let supervision = Supervision {
            masker: &self.masker,
            signals: &self.signals,
            timeout: self.timeout,
            grace: self.grace,
            stdout: &mut stdout,
            stderr: &mut stderr,
            passing: self.passing,
            capture: 1 << 20,
            disarm: None,
            on_event: &mut |line| self.events.push(String::from_utf8_lossy(line).into_owned()),
            heartbeat: &mut heartbeat,
            on_stop: &mut |cause| self.stops.push(cause),
        };
        run(&self.process, supervision).await.expect("a process that starts")
    }
}

#[tokio::test]
async fn output_exit_status_and_events_arrive() {
    let mut case = Case::new("echo one; echo '{\"a\":1}' > events; echo two >&2; exit 7");
    let ended = case.run().await;
    assert_eq!(ended.status, Status::Exited(7));
    assert_eq!((ended.cause, ended.rung), (None, None));
    let mut lines: Vec<String> = case.log.text().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["one", "two"]);
    assert_eq!(case.events, ["{\"a\":1}"]);
    assert_eq!((ended.stdout.masked(), ended.stderr.masked()), ("one\n".into(), "two\n".into()));
}

// A shell that waits in `read` or `wait` may sleep through a signal that came just before; one that loops does not.
const LOOP: &str = "while :; do :; done";

#[tokio::test]
async fn one_interrupt_is_enough_for_an_engine_that_listens() {
    let mut case = Case::new(&format!("trap 'echo canceled; exit 1' INT; echo up; {LOOP}"));
    case.cancel_at("up");
    let ended = case.run().await;
    assert_eq!(ended.status, Status::Exited(1));
    assert_eq!(ended.cause, Some(Cause::Cancelled(Signal::Terminate)));
    assert_eq!(ended.rung, Some(Rung::Interrupted));
    assert_eq!(case.log.text(), "up\ncanceled\n");
    assert_eq!(case.stops, [Cause::Cancelled(Signal::Terminate)]);
}
