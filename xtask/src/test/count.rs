//! How many tests passed, failed and were skipped.

use std::fmt;
use std::ops::{Add, AddAssign};

/// A count of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Ran, and fine.
    pub passed: u64,
    /// Ran, and not fine.
    pub failed: u64,
    /// Did not run.
    pub skipped: u64,
}

impl Count {
    /// A failure that is no test of its own.
    pub fn one_failed() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// What a closing line of libtest says: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub fn of_libtest(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |word: &str| {
            counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse::<u64>().ok())
        };
        Some(Self { passed: number("passed")?, failed: number("failed")?, skipped: number("ignored")? })
    }
}

impl Add for Count {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_a_test_program_is_read() {
        let line = "test result: FAILED. 21 passed; 2 failed; 3 ignored; 0 measured; 4 filtered out; finished in 0.36s";
        assert_eq!(Count::of_libtest(line), Some(Count { passed: 21, failed: 2, skipped: 3 }));
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(Count::of_libtest("test the_test ... ok"), None);
    }

    #[test]
    fn the_last_line_names_what_was_skipped_only_when_something_was() {
        assert_eq!(Count { passed: 2, failed: 1, skipped: 0 }.to_string(), "2 passed, 1 failed");
        assert_eq!(Count { passed: 2, failed: 0, skipped: 4 }.to_string(), "2 passed, 0 failed, 4 skipped");
    }
}
