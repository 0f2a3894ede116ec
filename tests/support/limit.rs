//! A time limit for what a test starts: a program that hangs is killed, so that its test fails and all tests end.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long a program that a test starts may take. All of them take seconds; a busy machine may be slow.
pub const LIMIT: Duration = Duration::from_secs(600);

/// A limit that holds until it is dropped.
pub struct Limit {
    _ended: Sender<()>,
}

impl Limit {
    /// Calls `kill` once `time` is over, unless the limit has been dropped by then.
    pub fn new(time: Duration, kill: impl FnOnce() + Send + 'static) -> Self {
        let (sender, ended) = channel();
        std::thread::spawn(move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                kill();
            }
        });
        Self { _ended: sender }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_reached_kills() {
        let (killed, told) = channel();
        let _limit = Limit::new(Duration::ZERO, move || killed.send(()).unwrap());
        assert_eq!(told.recv(), Ok(()));
    }

    #[test]
    fn a_limit_that_is_dropped_kills_nothing() {
        let (killed, told) = channel();
        drop(Limit::new(LIMIT, move || killed.send(()).unwrap()));
        assert!(told.recv().is_err());
    }
}
