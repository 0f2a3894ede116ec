//! The run that wrote a comment, so that an older run never replaces the comment of a newer one.
//!
//! CI systems number their runs; a run that is started again keeps its number. Without a number, or between different
//! systems, the start times decide.

use std::fmt;

/// The run that wrote a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The CI system, with the job's name if it numbers the runs of each job by themselves.
    pub system: String,
    /// The number of the run in the CI system.
    pub run: Option<u64>,
    /// The number of the attempt, if the run was started again.
    pub attempt: u64,
    /// The start of the run, in Unix seconds.
    pub at: u64,
}

impl Stamp {
    /// Whether this run is later than `other`.
    pub fn is_later_than(&self, other: &Self) -> bool {
        match (self.run, other.run) {
            (Some(run), Some(theirs)) if self.system == other.system => {
                (run, self.attempt, self.at) > (theirs, other.attempt, other.at)
            }
            _ => self.at > other.at,
        }
    }

    /// Whether `other` is another run that began within two minutes of this one, so that both may write at once.
    pub fn is_beside(&self, other: &Self) -> bool {
        let is_other = (&self.system, self.run, self.attempt) != (&other.system, other.run, other.attempt);
        is_other && self.at.abs_diff(other.at) <= 120
    }

    /// Reads the text of [`fmt::Display`]. A stamp that can't be read is older than all others.
    pub fn parse(text: &str) -> Self {
        let (rest, at) = text.rsplit_once('@').unwrap_or((text, ""));
        let (system, count) = rest.rsplit_once(':').unwrap_or((rest, ""));
        let (run, attempt) = count.split_once('.').unwrap_or((count, ""));
        Self {
            system: system.to_owned(),
            run: run.parse().ok(),
            attempt: attempt.parse().unwrap_or(0),
            at: at.parse().unwrap_or(0),
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.run.map(|run| run.to_string()).unwrap_or_default();
        write!(formatter, "{}:{run}.{}@{}", self.system, self.attempt, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(run: Option<u64>, attempt: u64, at: u64) -> Stamp {
        Stamp { system: "jenkins".into(), run, attempt, at }
    }

    #[test]
    fn an_old_run_that_is_started_again_stays_old() {
        assert!(!stamp(Some(41), 2, 2000).is_later_than(&stamp(Some(42), 1, 1000)));
        assert!(stamp(Some(42), 2, 500).is_later_than(&stamp(Some(42), 1, 1000)));
    }

    #[test]
    fn without_numbers_of_one_system_time_decides() {
        assert!(stamp(None, 0, 2000).is_later_than(&stamp(Some(42), 1, 1000)));
        let other = Stamp { system: "gitlab-ci".into(), ..stamp(Some(7), 1, 2000) };
        assert!(other.is_later_than(&stamp(Some(42), 1, 1000)));
    }

    #[test]
    fn runs_that_begin_together_may_write_together() {
        assert!(stamp(Some(2), 1, 1000).is_beside(&stamp(Some(1), 1, 900)));
        assert!(!stamp(Some(2), 1, 1000).is_beside(&stamp(Some(2), 1, 1000)), "a second step of one run");
        assert!(!stamp(Some(2), 1, 1000).is_beside(&stamp(Some(1), 1, 800)));
    }

    #[test]
    fn a_stamp_is_read_as_it_is_written_and_garbage_is_the_oldest() {
        let job = Stamp { system: "jenkins/a:b@c".into(), ..stamp(Some(3), 0, 7) };
        for stamp in [stamp(Some(42), 1, 1000), stamp(None, 0, 5), Stamp::default(), job] {
            assert_eq!(Stamp::parse(&stamp.to_string()), stamp);
        }
        assert!(stamp(None, 0, 1).is_later_than(&Stamp::parse("x")));
    }
}
