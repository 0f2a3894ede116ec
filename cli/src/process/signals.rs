//! The signals that stackstep gets: the first one cancels the run, the others are only remembered.
//!
//! CI systems send SIGINT and SIGTERM in a row, to one process or to a group. The ladder that follows runs on our
//! own clock ([`super::ladder`]), so none of them shortens it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// A request to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM; on Windows the console was closed or the machine shuts down.
    Terminate,
    /// SIGHUP: the terminal or the connection was closed.
    Hangup,
}

impl Signal {
    /// The signal's number: the run's exit status is 128 more.
    pub fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// The signals of the whole run, shared by all its processes. Made once, in `main`.
#[derive(Debug, Clone)]
pub struct Signals {
    received: watch::Receiver<Vec<Signal>>,
    sender: Arc<watch::Sender<Vec<Signal>>>,
    adopts: bool,
}

/// The most signals that are remembered: more than any CI system sends, but somebody may hold Ctrl-C down.
const REMEMBERED: usize = 32;

impl Signals {
    /// Signals that only come from [`Signals::cancel`].
    pub fn none() -> Self {
        let (sender, received) = watch::channel(Vec::new());
        Self { received, sender: Arc::new(sender), adopts: false }
    }

    /// Listens from now on. On Linux, processes that the engine leaves behind become our children, so that the last
    /// rung of the ladder finds them.
    pub fn listen() -> io::Result<Self> {
        let signals = Self { adopts: adopt_orphans(), ..Self::none() };
        #[cfg(unix)]
        {
            use tokio::signal::unix::SignalKind;
            signals.forward(SignalKind::interrupt(), Signal::Interrupt)?;
            signals.forward(SignalKind::terminate(), Signal::Terminate)?;
            if !hangups_are_ignored() {
                signals.forward(SignalKind::hangup(), Signal::Hangup)?;
            }
        }
        #[cfg(windows)]
        {
            use tokio::signal::windows;
            let (mut pressed, mut broken) = (windows::ctrl_c()?, windows::ctrl_break()?);
            let (mut closed, mut shutdown) = (windows::ctrl_close()?, windows::ctrl_shutdown()?);
            let told = signals.clone();
            tokio::spawn(async move {
                loop {
                    let (signal, more) = tokio::select! {
                        more = pressed.recv() => (Signal::Interrupt, more),
                        more = broken.recv() => (Signal::Interrupt, more),
                        more = closed.recv() => (Signal::Terminate, more),
                        more = shutdown.recv() => (Signal::Terminate, more),
                    };
                    if more.is_none() {
                        return;
                    }
                    told.cancel(signal);
                }
            });
        }
        Ok(signals)
    }

    #[cfg(unix)]
    fn forward(&self, kind: tokio::signal::unix::SignalKind, signal: Signal) -> io::Result<()> {
        let mut stream = tokio::signal::unix::signal(kind)?;
        let told = self.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                told.cancel(signal);
            }
        });
        Ok(())
    }

    /// Records a signal, as if it had come from outside.
    pub fn cancel(&self, signal: Signal) {
        self.sender.send_modify(|received| {
            if received.len() < REMEMBERED {
                received.push(signal);
            }
        });
    }

    /// The signal that cancelled the run.
    pub fn first(&self) -> Option<Signal> {
        self.received.borrow().first().copied()
    }

    /// All signals so far, the first one first.
    pub fn received(&self) -> Vec<Signal> {
        self.received.borrow().clone()
    }

    /// Waits until the run is cancelled.
    pub async fn cancelled(&self) -> Signal {
        let mut received = self.received.clone();
        loop {
            if let Some(first) = received.borrow_and_update().first() {
                return *first;
            }
            if received.changed().await.is_err() {
                // Never happens, because we hold the sender ourselves.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits for some time, or for the signal that cancels the run.
    pub async fn wait(&self, time: Duration) -> Option<Signal> {
        tokio::select! {
            () = tokio::time::sleep(time) => None,
            signal = self.cancelled() => Some(signal),
        }
    }

    /// Whether processes that the engine leaves behind become our children.
    pub(super) fn adopts(&self) -> bool {
        self.adopts
    }
}

/// Makes orphans of our descendants our own children:
/// <https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html>
#[cfg(target_os = "linux")]
fn adopt_orphans() -> bool {
    nix::sys::prctl::set_child_subreaper(true).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> bool {
    false
}

/// Whether we were started by `nohup`, so that a hangup must not end us.
#[cfg(unix)]
pub(super) fn hangups_are_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangups(&status))
}

/// Reads the mask of ignored signals, <https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>.
#[cfg(unix)]
fn ignores_hangups(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_signal_cancels_and_later_ones_are_only_remembered() {
        let signals = Signals::none();
        let shared = signals.clone();
        assert_eq!(shared.first(), None);
        signals.cancel(Signal::Interrupt);
        signals.cancel(Signal::Terminate);
        assert_eq!(shared.cancelled().await, Signal::Interrupt);
        assert_eq!(shared.first(), Some(Signal::Interrupt));
        assert_eq!(shared.received(), [Signal::Interrupt, Signal::Terminate]);
    }

    #[test]
    fn no_number_of_signals_grows_memory() {
        let signals = Signals::none();
        for _ in 0..1000 {
            signals.cancel(Signal::Hangup);
        }
        assert_eq!(signals.received().len(), REMEMBERED);
    }

    #[cfg(unix)]
    #[test]
    fn nohup_is_seen_in_the_mask_of_ignored_signals() {
        assert!(ignores_hangups("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangups("Name:\tx\nSigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangups("no such line"));
    }
}
