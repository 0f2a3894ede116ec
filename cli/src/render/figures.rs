//! Numbers and times as people read them, and whether a report is about a plan.

use crate::base::day::Day;
use crate::report::Report;

/// Whether the report speaks of what would be, not of what was done.
pub(super) fn is_plan(report: &Report) -> bool {
    report.command.only_looks(report.preview_only)
}

/// 12345 as "12,345".
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment in Unix seconds: 2026-11-28 22:00 UTC.
pub(super) fn moment(seconds: u64) -> String {
    let minutes = seconds % 86_400 / 60;
    format!("{} {:02}:{:02} UTC", Day::from_unix(seconds), minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn moments_are_days_with_their_time() {
        assert_eq!(moment(0), "1970-01-01 00:00 UTC");
        assert_eq!(moment(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(moment(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(moment(1_795_903_260), "2026-11-28 22:01 UTC");
    }
}
