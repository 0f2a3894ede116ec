//! Times as the CLI writes them (RFC 3339 in UTC, Go's form), read and shown without a calendar library.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: the time since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Duration);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// `2026-11-21T01:06:55.62586Z`: as many digits of the second as it needs, as Go's RFC3339Nano.
    pub fn rfc3339(self) -> String {
        let nanos = format!("{:09}", self.0.subsec_nanos());
        let fraction = nanos.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}Z", self.date_and_time('T'))
    }

    /// `2026-11-21T01:06:55.625Z`.
    pub fn rfc3339_millis(self) -> String {
        format!("{}.{:03}Z", self.date_and_time('T'), self.0.subsec_millis())
    }

    /// `2026-11-21 01:06:55.62586 +0000 UTC`, as Go prints a time.
    pub fn go(self) -> String {
        let precise = self.rfc3339();
        let fraction = precise
            .split_once('.')
            .map_or(String::new(), |(_, rest)| format!(".{}", rest.trim_end_matches('Z')));
        format!("{}{fraction} +0000 UTC", self.date_and_time(' '))
    }

    fn date_and_time(self, between: char) -> String {
        let seconds = self.0.as_secs();
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}")
    }

    /// Reads RFC 3339, with any offset.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
        let days = days(number(0..4)?, number(5..7)?, number(8..10)?)?;
        let seconds = days * 86_400 + number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
        let rest = text.get(19..)?;
        let zone_at = rest.find(['Z', '+', '-'])?;
        let (fraction, zone) = rest.split_at(zone_at);
        let digits: String =
            fraction.trim_start_matches('.').chars().chain("000000000".chars()).take(9).collect();
        let offset = match zone.as_bytes().first()? {
            b'Z' => 0,
            sign => {
                let minutes =
                    zone.get(1..3)?.parse::<i64>().ok()? * 60 + zone.get(4..6)?.parse::<i64>().ok()?;
                if *sign == b'-' { -minutes * 60 } else { minutes * 60 }
            }
        };
        Some(Self(Duration::new(seconds.checked_add_signed(-offset)?, digits.parse().ok()?)))
    }

    /// How long ago, in the words of the CLI: `now`, `1 second ago`, `3 hours ago`.
    pub fn ago(self, now: Moment) -> String {
        let (seconds, tense) = if now >= self {
            (now.0.as_secs() - self.0.as_secs(), "ago")
        } else {
            (self.0.as_secs() - now.0.as_secs(), "from now")
        };
        match UNITS.iter().find(|(length, _)| seconds >= *length) {
            None => "now".to_owned(),
            Some((length, unit)) => {
                let count = seconds / length;
                let plural = if count == 1 { "" } else { "s" };
                format!("{count} {unit}{plural} {tense}")
            }
        }
    }
}

/// The lengths in which an age is told.
const UNITS: [(u64, &str); 7] = [
    (31_104_000, "year"),
    (2_592_000, "month"),
    (604_800, "week"),
    (86_400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// Days since the epoch to year, month and day.
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Year, month and day to days since the epoch; nothing for a date before it or out of range.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (era * 146_097 + of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "2026-11-21T01:06:55.625861258Z";

    #[test]
    fn a_time_is_read_and_written_alike() {
        for text in [TEXT, "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.5Z", "2000-03-01T00:00:00Z"] {
            assert_eq!(Moment::parse(text).unwrap().rfc3339(), text);
        }
    }

    #[test]
    fn an_offset_is_taken_into_account() {
        assert_eq!(Moment::parse("2026-11-21T01:30:00+02:00").unwrap().rfc3339(), "2026-11-20T23:30:00Z");
        assert_eq!(
            Moment::parse("2026-11-21T01:30:00.25-00:45").unwrap().rfc3339(),
            "2026-11-21T02:15:00.25Z"
        );
    }

    #[test]
    fn a_time_is_shown_in_the_forms_of_the_cli() {
        let moment = Moment::parse(TEXT).unwrap();
        assert_eq!(moment.rfc3339_millis(), "2026-11-21T01:06:55.625Z");
        assert_eq!(moment.go(), "2026-11-21 01:06:55.625861258 +0000 UTC");
    }

    #[test]
    fn what_is_no_time_is_told() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-21T01:06:55", "äöüäöüäöüäöüäöü"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let age = |seconds: u64| {
            Moment(Duration::from_secs(1_000_000_000))
                .ago(Moment(Duration::from_secs(1_000_000_000 + seconds)))
        };
        assert_eq!(
            [age(0), age(1), age(59), age(7300)],
            ["now", "1 second ago", "59 seconds ago", "2 hours ago"]
        );
    }
}
