//! Days of the calendar, without a time.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Days since the first of January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// Reads `2026-08-20`. Text after it, such as `T21:39:33Z`, is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.splitn(3, '-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        Some(Self(days(year, month, day)))
    }

    /// The day of a time; 1 January 1970 for an earlier time.
    pub fn from_time(time: SystemTime) -> Self {
        Self::from_unix(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }

    /// The day of a time in Unix seconds.
    pub fn from_unix(seconds: u64) -> Self {
        Self(i64::try_from(seconds / 86_400).unwrap_or(i64::MAX))
    }

    /// The number of days from `earlier` to this day.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

/// Days since 1970 by Howard Hinnant's method, <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>:
/// a year begins in March, so that a leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let of_era = year % 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_and_written_as_the_calendar_has_them() {
        for (text, number) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2026-11-21", 20_778)]
        {
            let day = Day::parse(text).unwrap();
            assert_eq!(day, Day(number), "{text}");
            assert_eq!(day.to_string(), text);
        }
    }

    #[test]
    fn a_time_of_day_may_follow() {
        assert_eq!(Day::parse("2023-09-15T21:39:33Z"), Day::parse("2023-09-15"));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in ["", "soon", "2023-13-01", "2023-00-01", "23-1-1", "2023/01/01"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
