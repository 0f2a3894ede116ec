//! The progress of a download: one line every few seconds, because a job's log is no terminal.

use std::time::{Duration, Instant};

use semver::Version;

use crate::ci::console::Console;

const EVERY: Duration = Duration::from_secs(5);

/// Writes the progress of a download to the log.
pub struct Progress<'a> {
    console: &'a Console,
    version: String,
    /// The size of the whole download in bytes, if it is known.
    pub total: Option<u64>,
    told: (Instant, u64),
}

impl<'a> Progress<'a> {
    /// The progress of a download that begins `now`.
    pub fn new(console: &'a Console, version: &Version, now: Instant) -> Self {
        Self { console, version: version.to_string(), total: None, told: (now, 0) }
    }

    /// Writes a line if it is time for one; `bytes` have arrived so far.
    pub fn tell(&mut self, bytes: u64, now: Instant) {
        if let Some(line) = self.line(bytes, now) {
            self.console.line(&line);
        }
    }

    fn line(&mut self, bytes: u64, now: Instant) -> Option<String> {
        let (before, had) = self.told;
        let passed = now.saturating_duration_since(before);
        if passed < EVERY {
            return None;
        }
        self.told = (now, bytes);
        let rate = u128::from(bytes.saturating_sub(had)) * 1000 / passed.as_millis().max(1);
        let of = self.total.map_or(String::new(), |total| format!(" of {}", megabytes(total.into())));
        Some(format!("pulumi {}: {}{of}, {}/s", self.version, megabytes(bytes.into()), megabytes(rate)))
    }
}

fn megabytes(bytes: u128) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_line_every_few_seconds_with_size_and_rate() {
        let console = Console::new(crate::ci::detect(&crate::base::env::Env::default()));
        let start = Instant::now();
        let mut progress = Progress::new(&console, &Version::new(3, 259, 0), start);
        progress.total = Some(110_000_000);
        let mut at = |seconds, bytes| progress.line(bytes, start + Duration::from_secs(seconds));
        assert_eq!(at(4, 1), None);
        assert_eq!(at(5, 25_000_000).as_deref(), Some("pulumi 3.259.0: 25.0 MB of 110.0 MB, 5.0 MB/s"));
        assert_eq!(at(9, 30_000_000), None);
        assert_eq!(at(15, 26_000_000).as_deref(), Some("pulumi 3.259.0: 26.0 MB of 110.0 MB, 0.1 MB/s"));
        assert_eq!(at(25, 1).as_deref(), Some("pulumi 3.259.0: 0.0 MB of 110.0 MB, 0.0 MB/s"));
    }
}
