//! The ladder by which the engine is stopped, on our own clock: repeated signals of the CI system do not drive it.
//!
//! SIGINT lets the engine finish what is in flight; after the grace period a second one makes it end at once, with the
//! lock released and operations left pending; two seconds later it is killed with all its descendants, which leaves the
//! lock. Some CI systems signal the engine as well as us, before or after ([`super::told`]): their signal counts as the
//! first one, because a second would end the engine at once. Pure: the signals are sent in
//! [`crate::process::supervise`].

use std::time::Duration;

use super::signals::Signal;

/// The time that the engine has to end after the second SIGINT (measured: it takes 0.6 s).
pub const LAST_WORDS: Duration = Duration::from_secs(2);

/// The time to listen, before our first SIGINT, for the engine's message that it has got a signal already. It writes
/// one as soon as it gets a signal; a busy machine may take a while to run it.
pub const LISTEN: Duration = Duration::from_millis(500);

/// The cause of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The time limit was reached.
    TimedOut,
    /// Stackstep got a signal.
    Cancelled(Signal),
    /// An event of the process showed that it must not go on.
    Halted,
}

/// A rung of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Asked once: it finishes what is in flight.
    Interrupted,
    /// Asked twice: it ends at once, operations may stay pending.
    InterruptedAgain,
    /// Killed with its descendants: the lock may be left behind.
    Killed,
}

/// The ladder's state: which rung is next, and when, counted from the ladder's start. Each rung has its full time,
/// however late the one before it was taken.
#[derive(Debug, Clone, Copy)]
pub struct Ladder {
    listen: Duration,
    grace: Duration,
    last: Option<(Duration, Rung)>,
}

impl Ladder {
    /// A ladder with a grace period between the first and the second SIGINT. It waits for `listen` before the first
    /// one, which [`Ladder::was_told`] can replace.
    pub fn new(listen: Duration, grace: Duration) -> Self {
        Self { listen, grace, last: None }
    }

    /// The engine has got its first signal from somebody else: the rung counts as taken, without a signal of ours.
    pub fn was_told(&mut self, elapsed: Duration) {
        self.last.get_or_insert((elapsed, Rung::Interrupted));
    }

    /// The rung that was reached.
    pub fn reached(&self) -> Option<Rung> {
        self.last.map(|(_, rung)| rung)
    }

    /// The next rung and its time since the start; none above the last.
    pub fn next(&self) -> Option<(Duration, Rung)> {
        match self.last {
            None => Some((self.listen, Rung::Interrupted)),
            Some((at, Rung::Interrupted)) => Some((at.saturating_add(self.grace), Rung::InterruptedAgain)),
            Some((at, Rung::InterruptedAgain)) => Some((at.saturating_add(LAST_WORDS), Rung::Killed)),
            Some((_, Rung::Killed)) => None,
        }
    }

    /// Takes the next rung if its time has come.
    pub fn climb(&mut self, elapsed: Duration) -> Option<Rung> {
        let (at, rung) = self.next()?;
        (at <= elapsed).then(|| {
            self.last = Some((elapsed, rung));
            rung
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_interrupt_comes_at_once_and_only_once() {
        let mut ladder = Ladder::new(Duration::ZERO, 10 * SECOND);
        assert_eq!(ladder.climb(Duration::ZERO), Some(Rung::Interrupted));
        assert_eq!(ladder.climb(9 * SECOND), None);
        assert_eq!(ladder.reached(), Some(Rung::Interrupted));
    }

    #[test]
    fn the_second_interrupt_comes_after_the_grace_period_and_the_kill_two_seconds_later() {
        let mut ladder = Ladder::new(Duration::ZERO, 10 * SECOND);
        ladder.climb(Duration::ZERO);
        assert_eq!(ladder.climb(10 * SECOND), Some(Rung::InterruptedAgain));
        assert_eq!(ladder.next(), Some((12 * SECOND, Rung::Killed)));
        assert_eq!(ladder.climb(11 * SECOND), None);
        assert_eq!(ladder.climb(12 * SECOND), Some(Rung::Killed));
        assert_eq!(ladder.next(), None);
    }

    #[test]
    fn each_rung_has_its_time_even_when_we_look_late() {
        let mut ladder = Ladder::new(Duration::ZERO, 10 * SECOND);
        assert_eq!(ladder.climb(100 * SECOND), Some(Rung::Interrupted));
        assert_eq!(ladder.next(), Some((110 * SECOND, Rung::InterruptedAgain)));
        assert_eq!(ladder.climb(200 * SECOND), Some(Rung::InterruptedAgain));
        assert_eq!(ladder.climb(201 * SECOND), None);
        assert_eq!(ladder.climb(202 * SECOND), Some(Rung::Killed));
    }

    #[test]
    fn an_engine_that_has_its_first_signal_from_others_gets_none_of_ours_until_the_grace_period_is_over() {
        let mut ladder = Ladder::new(SECOND, 10 * SECOND);
        assert_eq!(ladder.climb(Duration::ZERO), None, "we listen first");
        ladder.was_told(SECOND / 2);
        assert_eq!(ladder.climb(SECOND), None);
        assert_eq!(ladder.reached(), Some(Rung::Interrupted));
        assert_eq!(ladder.climb(10 * SECOND + SECOND / 2), Some(Rung::InterruptedAgain));
    }

    #[test]
    fn the_echo_of_our_own_signal_changes_nothing() {
        let mut ladder = Ladder::new(SECOND, 10 * SECOND);
        assert_eq!(ladder.climb(SECOND), Some(Rung::Interrupted));
        ladder.was_told(2 * SECOND);
        assert_eq!(ladder.next(), Some((11 * SECOND, Rung::InterruptedAgain)));
    }

    #[test]
    fn an_endless_grace_period_never_overflows() {
        let mut ladder = Ladder::new(Duration::ZERO, Duration::MAX);
        ladder.climb(Duration::ZERO);
        assert_eq!(ladder.climb(Duration::MAX), Some(Rung::InterruptedAgain));
        assert_eq!(ladder.next(), Some((Duration::MAX, Rung::Killed)));
    }
}
