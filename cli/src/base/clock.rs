//! The clock of a run, which is a part of its environment: code that depends on the time of day gets it from there.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970, for a line of the log.
pub fn now() -> u64 {
    seconds(SystemTime::now())
}

/// A clock that is set once and then runs on by itself, even if the machine's clock is changed.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: SystemTime,
    since: Instant,
}

/// Set by the machine's clock.
impl Default for Clock {
    fn default() -> Self {
        Self { began: SystemTime::now(), since: Instant::now() }
    }
}

impl Clock {
    /// A clock that is set now, by this one: for one of several runs.
    #[must_use]
    pub fn set_again(&self) -> Self {
        Self { began: self.time(), since: Instant::now() }
    }

    /// The time at which it was set, in seconds since 1970: the beginning of the run.
    pub fn began(&self) -> u64 {
        seconds(self.began)
    }

    /// The time since it was set.
    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// The time of day.
    pub fn time(&self) -> SystemTime {
        self.began + self.elapsed()
    }

    /// The time of day, in seconds since 1970.
    pub fn now(&self) -> u64 {
        seconds(self.time())
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
