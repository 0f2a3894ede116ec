//! Scripts to supervise, a log that reacts to words, and a clock that stands still.

use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tempfile::TempDir;
use tokio::io::AsyncWrite;
use tokio::signal::unix::SignalKind;

use super::limit::{LIMIT, Limit};
use super::*;
use crate::base::secret::Masker;
use crate::engine::voice::EngineVoice;
use crate::process::output::Disarm;
use crate::process::signals::Signal;
use crate::process::signals::Signals;
use crate::process::stream::Passing;
use crate::process::tree;
use std::time::Duration;

/// One log for both streams, as a CI system has it; words in it can make things happen.
#[derive(Clone, Default)]
pub(super) struct Shared {
    bytes: Arc<Mutex<Vec<u8>>>,
    waiting: Arc<Mutex<Vec<Reaction>>>,
    gone: bool,
    echoes: bool,
}

type Reaction = (&'static str, Box<dyn FnOnce() + Send>);

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.bytes)).into_owned()
    }

    /// What is written is printed too.
    pub(super) fn echo(&mut self) {
        self.echoes = true;
    }

    /// The reader is gone.
    pub(super) fn close(&mut self) {
        self.gone = true;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.gone {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        lock(&self.bytes).extend_from_slice(bytes);
        if self.echoes {
            print!("{}", String::from_utf8_lossy(bytes));
        }
        let text = self.text();
        let due: Vec<Reaction> =
            lock(&self.waiting).extract_if(.., |(word, _)| text.contains(*word)).collect();
        for (_, react) in due {
            react();
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

/// A clock that stands still until someone advances it.
pub(super) struct Frozen {
    _until_dropped: Sender<()>,
}

impl Frozen {
    pub(super) fn now() -> Self {
        tokio::time::pause();
        // tokio lets a paused clock jump when nothing else is left to do, but not while a blocking task runs:
        // <https://docs.rs/tokio/latest/tokio/time/fn.pause.html#auto-advance>
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || receiver.recv());
        Self { _until_dropped: sender }
    }
}

/// A shell script in a folder of its own, and how it is to be run.
pub(super) struct Case {
    pub(super) folder: TempDir,
    pub(super) process: Process,
    pub(super) masker: Masker,
    pub(super) signals: Signals,
    pub(super) timeout: Option<Duration>,
    pub(super) listen: Duration,
    pub(super) passing: Passing,
    pub(super) disarm: Option<Disarm>,
    pub(super) log: Shared,
    pub(super) events: Vec<String>,
    pub(super) stops: Vec<Cause>,
    /// The process is not to go on after an event with this word.
    pub(super) halts_at: Option<&'static str>,
}

/// Longer than any test.
pub(super) const GRACE: Duration = Duration::from_secs(3600);

impl Case {
    pub(super) fn new(script: &str) -> Self {
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
            listen: Duration::ZERO,
            passing: Passing::Through,
            disarm: None,
            log: Shared::default(),
            events: Vec::new(),
            stops: Vec::new(),
            halts_at: None,
        }
    }

    /// Does something when a word is in the log.
    pub(super) fn at(&self, word: &'static str, react: impl FnOnce() + Send + 'static) {
        lock(&self.log.waiting).push((word, Box::new(react)));
    }

    /// Cancels the run when a word is in the log, with two signals in a row as CI systems send them.
    pub(super) fn cancel_at(&self, word: &'static str) {
        let signals = self.signals.clone();
        self.at(word, move || {
            signals.cancel(Signal::Terminate);
            signals.cancel(Signal::Interrupt);
        });
    }

    /// Lets time pass when a word is in the log.
    pub(super) fn pass_at(&self, word: &'static str, time: Duration) {
        self.at(word, move || drop(tokio::spawn(tokio::time::advance(time))));
    }

    /// Creates the file `go` when a word is in the log.
    pub(super) fn go_at(&self, word: &'static str) {
        let go = self.folder.path().join("go");
        self.at(word, move || std::fs::write(go, "").expect("a file"));
    }

    pub(super) async fn run(&mut self) -> Ended {
        self.run_with(|_| None).await
    }

    pub(super) async fn run_with(&mut self, heartbeat: impl FnMut(Duration) -> Option<String>) -> Ended {
        self.try_run(heartbeat).await.expect("a process that starts")
    }

    pub(super) async fn try_run(
        &mut self,
        mut heartbeat: impl FnMut(Duration) -> Option<String>,
    ) -> Result<Ended> {
        // A signal that is ignored when a shell starts can't be trapped there, and stays ignored in what ignores it
        // itself; one that is listened to does not: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#trap>
        let _heard = tokio::signal::unix::signal(SignalKind::interrupt()).expect("a signal");
        let limit = std::cell::RefCell::new(None);
        let (mut stdout, mut stderr) = (self.log.clone(), self.log.clone());
        let supervision = Supervision {
            masker: &self.masker,
            signals: &self.signals,
            timeout: self.timeout,
            listener: &mut EngineVoice::default(),
            listen: self.listen,
            grace: GRACE,
            stdout: &mut stdout,
            stderr: &mut stderr,
            passing: self.passing,
            unsaid: None,
            capture: 4 << 20,
            disarm: self.disarm,
            on_event: &mut |line| {
                self.events.push(String::from_utf8_lossy(line).into_owned());
                let halts = self
                    .halts_at
                    .is_some_and(|word| self.events.last().is_some_and(|line| line.contains(word)));
                if halts { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
            heartbeat: &mut heartbeat,
            on_start: &mut |pid| {
                let kill = move || tree::kill(i32::try_from(pid).unwrap(), None);
                limit.replace(Some(Limit::new(LIMIT, kill)));
            },
            on_stop: &mut |cause| {
                println!("stopping: {cause:?}");
                self.stops.push(cause);
            },
        };
        run(&self.process, supervision).await
    }
}

/// Waits until a process is gone, or dead and only not yet waited for.
pub(super) fn is_gone(pid: &str) -> bool {
    let started = std::time::Instant::now();
    let runs = || {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")))
    };
    while runs() {
        if started.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::yield_now();
    }
    true
}
