//! Signals, as the CLI takes them: the first one asks the engine to stop, the second ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts SIGINT and SIGTERM.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    count: Arc<AtomicUsize>,
    ignored: usize,
}

impl Signals {
    /// Begins to count. So many are ignored first.
    #[cfg(unix)]
    pub fn listen(ignored: usize) -> std::io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};

        let signals = Self { count: Arc::default(), ignored };
        let mut incoming = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
        let count = Arc::clone(&signals.count);
        std::thread::spawn(move || {
            for _ in incoming.forever() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(signals)
    }

    /// Counts nothing: there are no such signals here.
    #[cfg(not(unix))]
    pub fn listen(ignored: usize) -> std::io::Result<Self> {
        Ok(Self { count: Arc::default(), ignored })
    }

    /// How many have come, without those that are ignored.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst).saturating_sub(self.ignored)
    }
}

/// Ends the process as SIGKILL does: nothing is tidied up.
#[cfg(unix)]
pub fn kill() {
    let _ = signal_hook::low_level::raise(signal_hook::consts::SIGKILL);
}

/// Ends the process at once: nothing is tidied up.
#[cfg(not(unix))]
pub fn kill() {
    std::process::abort();
}

/// Ends the process as a closed pipe does.
#[cfg(unix)]
pub fn broken_pipe() {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
}

/// Ends the process: there is no such signal here.
#[cfg(not(unix))]
pub fn broken_pipe() {
    std::process::abort();
}
