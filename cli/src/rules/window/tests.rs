//! Windows against a second implementation: minutes since 1970 and hand-written changes of the clocks, over a year.

use super::*;
use crate::base::yaml;

fn window(text: &str) -> FreezeWindow {
    let value = yaml::parse(text).unwrap();
    FreezeWindow::read(value.as_mapping().unwrap(), &RulePlace::new("freeze", "a test")).unwrap()
}

/// A zone by hand: its offset in minutes before the first change of 2026, and each change: the minute since 1970 (UTC) and
/// the offset from then on.
struct PlainZone {
    name: &'static str,
    before: i64,
    changes: &'static [(i64, i64)],
}

/// Minutes since 1970 of a day of 2026, counted from 0, and a minute of it, in UTC.
const fn in_2026(day: i64, minute: i64) -> i64 {
    (20_454 + day) * 1440 + minute
}

/// The changes of 2026, from the laws and not from a database.
const ZONES: &[PlainZone] = &[
    PlainZone { name: "UTC", before: 0, changes: &[] },
    // The last Sundays of March (29) and October (25), at 01:00 UTC.
    PlainZone {
        name: "Europe/Berlin",
        before: 60,
        changes: &[(in_2026(87, 60), 120), (in_2026(297, 60), 60)],
    },
    // The second Sunday of March (8) and the first of November (1), at 2:00 of the local clock.
    PlainZone {
        name: "America/New_York",
        before: -300,
        changes: &[(in_2026(66, 7 * 60), -240), (in_2026(304, 6 * 60), -300)],
    },
    // Half an hour: the first Sundays of April (5) and October (4), at 2:00 of the local clock.
    PlainZone {
        name: "Australia/Lord_Howe",
        before: 660,
        changes: &[(in_2026(93, 15 * 60), 630), (in_2026(275, 15 * 60 + 30), 660)],
    },
    // At midnight: the last Friday of April (24) becomes 01:00, and the last Thursday of October (29) has 23:00 twice.
    PlainZone {
        name: "Africa/Cairo",
        before: 120,
        changes: &[(in_2026(112, 22 * 60), 180), (in_2026(301, 21 * 60), 120)],
    },
    PlainZone { name: "Asia/Kathmandu", before: 345, changes: &[] },
];

impl PlainZone {
    /// The minutes since 1970 that the local clock shows.
    fn local(&self, utc: i64) -> i64 {
        let now = self.changes.iter().rev().find(|(from, _)| *from <= utc);
        utc + now.map_or(self.before, |(_, offset)| *offset)
    }
}

/// A window by hand.
struct PlainWindow {
    text: &'static str,
    /// Whether a day, counted from 1970, is one on which it begins.
    begins: fn(i64) -> bool,
    from: i64,
    to: i64,
}

/// The day of the week, from Monday: the first of January 1970 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

const WINDOWS: &[PlainWindow] = &[
    PlainWindow {
        text: "days: [fri], from: \"16:00\", to: \"24:00\"",
        begins: |day| weekday(day) == 4,
        from: 960,
        to: 1440,
    },
    PlainWindow { text: "days: [sat, sun]", begins: |day| weekday(day) >= 5, from: 0, to: 1440 },
    PlainWindow { text: "from: \"22:30\", to: \"06:15\"", begins: |_| true, from: 1350, to: 375 },
    PlainWindow {
        text: "days: [sat], from: \"23:00\", to: \"03:00\"",
        begins: |day| weekday(day) == 5,
        from: 1380,
        to: 180,
    },
    PlainWindow { text: "from: \"02:15\", to: \"02:45\"", begins: |_| true, from: 135, to: 165 },
    PlainWindow { text: "from: \"00:00\", to: \"00:30\"", begins: |_| true, from: 0, to: 30 },
    PlainWindow {
        text: "dates: [2026-04-20..2026-05-02, 2026-12-24]",
        begins: |day| (20_454 + 109..=20_454 + 121).contains(&day) || day == 20_454 + 357,
        from: 0,
        to: 1440,
    },
    PlainWindow {
        text: "dates: 2026-10-25, from: \"20:00\", to: \"04:00\"",
        begins: |day| day == 20_454 + 297,
        from: 1200,
        to: 240,
    },
];

impl PlainWindow {
    fn contains(&self, local: i64) -> bool {
        let (day, minute) = (local.div_euclid(1440), local.rem_euclid(1440));
        if self.from < self.to {
            return (self.begins)(day) && self.from <= minute && minute < self.to;
        }
        (self.begins)(day) && minute >= self.from || (self.begins)(day - 1) && minute < self.to
    }
}

#[test]
fn a_year_of_instants_is_judged_as_by_plain_arithmetic() {
    let (mut compared, mut inside) = (0, 0);
    for plain_zone in ZONES {
        for plain in WINDOWS {
            let window = window(&format!("{{{}, zone: {}}}", plain.text, plain_zone.name));
            // Each quarter of an hour, and a minute before it: all changes of the clocks are at one.
            for quarter in in_2026(0, 0) / 15..=in_2026(365, 0) / 15 {
                for utc in [quarter * 15 - 1, quarter * 15] {
                    let expected = plain.contains(plain_zone.local(utc));
                    let seconds = u64::try_from(utc * 60 + 59).unwrap();
                    assert_eq!(
                        window.contains(seconds),
                        expected,
                        "{} in {} at {utc}",
                        plain.text,
                        plain_zone.name
                    );
                    compared += 1;
                    inside += usize::from(expected);
                }
            }
        }
    }
    assert!(compared > 3_000_000 && inside > 300_000, "{compared} compared, {inside} inside");
}

#[test]
fn the_end_of_a_freeze_is_the_first_time_outside_of_all_windows() {
    for plain_zone in ZONES {
        let windows: Vec<FreezeWindow> = WINDOWS
            .iter()
            .map(|plain| window(&format!("{{{}, zone: {}}}", plain.text, plain_zone.name)))
            .collect();
        let windows: Vec<&FreezeWindow> = windows.iter().collect();
        // Hours around the changes of the clocks, and some others.
        let days = [0, 66, 87, 93, 109, 112, 113, 275, 297, 301, 304, 357];
        for utc in days.iter().flat_map(|day| (-24..36).map(move |hour| in_2026(*day, hour * 60 + 7))) {
            let is_frozen = |utc: i64| WINDOWS.iter().any(|plain| plain.contains(plain_zone.local(utc)));
            let expected = (utc..utc + 1_000_000).find(|utc| !is_frozen(*utc)).unwrap();
            let end = end_of_freeze(&windows, u64::try_from(utc * 60).unwrap()).unwrap();
            assert_eq!(i64::try_from(end).unwrap() / 60, expected, "{} at {utc}", plain_zone.name);
        }
    }
}

#[test]
fn a_window_covers_another_one_only_if_it_contains_all_of_it() {
    for (wide, narrow, covers) in [
        ("days: [fri, sat]", "days: [fri], from: \"16:00\"", true),
        ("days: [fri]", "days: [fri], from: \"22:00\", to: \"06:00\"", false),
        ("from: \"22:00\", to: \"06:00\"", "from: \"23:00\", to: \"24:00\"", true),
        ("from: \"22:00\", to: \"06:00\"", "from: \"23:00\", to: \"05:00\"", true),
        ("from: \"22:00\", to: \"06:00\"", "from: \"01:00\", to: \"05:00\"", false),
        ("dates: 2026-12-20..2027-01-02", "dates: [2026-12-24, 2026-12-31]", true),
        ("dates: 2026-12-24", "days: [fri]", false),
        ("days: [fri]", "dates: 2026-12-24", false),
    ] {
        let [wide_one, narrow_one] = [wide, narrow].map(|text| window(&format!("{{{text}, zone: UTC}}")));
        assert_eq!(wide_one.covers(&narrow_one), covers, "{wide} / {narrow}");
        let elsewhere = window(&format!("{{{narrow}, zone: Asia/Tokyo}}"));
        assert!(!wide_one.covers(&elsewhere));
    }
}
