//! The end of a stack's time to live, and what comes before it. No stack goes for its time without a warning of exactly that end
//! which is two hours old, and clocks may differ by one.

use std::time::Duration;

use crate::base::moment::Moment;

/// The label by which a change request keeps its stacks for as long as `ttl-max` allows.
pub const KEEP: &str = "stackstep/keep";

/// The time that clocks may differ by, in seconds: an end is over only so much later.
pub const SKEW: u64 = 3600;

/// The time between a warning and the destruction that it warns of, in seconds, at least.
pub const NOTICE: u64 = 2 * SKEW;

/// Where a stack stands before or after the end of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndStanding {
    /// The time is not over.
    NotOver,
    /// It is over, and nobody was warned of this end.
    NobodyWarned,
    /// It is over, and people were warned of this end a short time ago.
    JustWarned,
    /// It is over, and people had time to do something about it.
    Over,
}

impl EndStanding {
    /// Where a stack with this end stands at `now`, if people were warned of the end at `first_warning` for the first time. All
    /// are seconds since 1970.
    pub fn for_end(end: u64, first_warning: Option<u64>, now: u64) -> Self {
        if now < end.saturating_add(SKEW) {
            return Self::NotOver;
        }
        match first_warning {
            None => Self::NobodyWarned,
            Some(at) if now < at.saturating_add(NOTICE) => Self::JustWarned,
            Some(_) => Self::Over,
        }
    }
}

/// The latest time to which people may put off the end of a stack that was opened at this time (RFC 3339), in seconds since 1970.
/// None without a limit, or for a time that can't be read.
pub fn latest(opened: &str, most: Option<Duration>) -> Option<u64> {
    Some(Moment::parse(opened)?.unix().saturating_add(most?.as_secs()))
}

/// A time as people write it in a file: whole days as `40d`.
pub fn in_days(time: Duration) -> String {
    const DAY: u64 = 24 * 3600;
    match time.as_secs() {
        seconds if seconds > 0 && seconds.is_multiple_of(DAY) => format!("{}d", seconds / DAY),
        _ => humantime::format_duration(time).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_written_as_such() {
        let hours = |hours: u64| in_days(Duration::from_secs(hours * 3600));
        assert_eq!([hours(40 * 24), hours(24), hours(36), hours(0)], ["40d", "1d", "1day 12h", "0s"]);
    }
}
