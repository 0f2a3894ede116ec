//! Tries something again that may succeed in a moment, with pauses that grow.

use std::time::Duration;

/// The tries of one thing: how many there may be, and the pause before the next one.
#[derive(Debug, Clone)]
pub struct Retries {
    /// The most tries.
    most: u32,
    /// The first pause between two tries; each further one is twice as long.
    first_pause: Duration,
    /// The longest wait; if a longer one is needed, it has failed.
    longest_wait: Duration,
    /// The try that is under way; the first is 1.
    number: u32,
    /// The pause after the current try.
    pause: Duration,
}

impl Retries {
    /// The first of `most` tries.
    pub fn new(most: u32, first_pause: Duration, longest_wait: Duration) -> Self {
        Self { most, first_pause, longest_wait, number: 1, pause: first_pause }
    }

    /// The pause after the current try.
    pub fn pause(&self) -> Duration {
        self.pause
    }

    /// Goes on to the next try after `wait`. None if this was the last one.
    pub fn next(&mut self, wait: Duration) -> Option<Duration> {
        if self.number >= self.most || wait > self.longest_wait {
            return None;
        }
        self.number += 1;
        self.pause *= 2;
        Some(wait)
    }

    /// Starts counting anew, because this try made progress.
    pub fn made_progress(&mut self) {
        (self.number, self.pause) = (0, self.first_pause);
    }
}

#[cfg(test)]
mod tests {
    use super::Retries;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn three() -> Retries {
        Retries::new(3, SECOND, 10 * SECOND)
    }

    #[test]
    fn each_pause_is_twice_as_long_and_the_last_try_has_none() {
        let mut retries = three();
        let mut waits = Vec::new();
        while let Some(wait) = retries.next(retries.pause()) {
            waits.push(wait);
        }
        assert_eq!(waits, [SECOND, 2 * SECOND]);
    }

    #[test]
    fn a_wait_that_is_too_long_is_the_end() {
        assert_eq!(three().next(10 * SECOND), Some(10 * SECOND));
        assert_eq!(three().next(11 * SECOND), None);
    }

    #[test]
    fn progress_begins_the_count_anew() {
        let mut retries = three();
        assert!(retries.next(SECOND).is_some() && retries.next(SECOND).is_some());
        retries.made_progress();
        assert_eq!(retries.pause(), SECOND);
        assert!((0..3).all(|_| retries.next(SECOND).is_some()) && retries.next(SECOND).is_none());
    }
}
