//! Time zones, and the time that their clocks show. The data are those that the binary brings, so that a job in a small
//! image, which has none, judges as any other one: <https://docs.rs/jiff/latest/jiff/tz/index.html>.

use std::cmp::Ordering;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::base::error::Problem;
use crate::base::suggest::nearest;

/// A time zone, by its name.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    zone: TimeZone,
    name: String,
}

/// A day and a minute of it, as a clock on the wall shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WallTime {
    /// The day.
    pub day: Date,
    /// The minute of the day, from 0.
    pub minute: u16,
}

/// A time with its offset, as `2026-12-04T17:30:00+01:00`, in Unix seconds.
pub fn time_from(text: &str) -> Option<u64> {
    u64::try_from(text.parse::<Timestamp>().ok()?.as_second()).ok()
}

impl Zone {
    /// The zone called `name`, in any case.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        let zones = TimeZoneDatabase::bundled();
        let found = zones.get(name).ok().filter(|zone| zone.iana_name().is_some());
        if let Some(zone) = found {
            let name = zone.iana_name().unwrap_or(name).to_owned();
            return Ok(Self { zone, name });
        }
        let names: Vec<String> = zones.available().map(|name| name.as_str().to_owned()).collect();
        // People think of the city, not of the continent.
        let same_city = names.iter().find(|known| {
            known.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&name.replace(' ', "_")))
        });
        let near = same_city.map(String::as_str).or_else(|| nearest(name, names.iter().map(String::as_str)));
        let hint = near.map_or_else(
            || "write the name of an IANA time zone: `Europe/Berlin`, `UTC`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Problem::new("is not the name of a time zone", hint))
    }

    /// What its clocks show at a time in Unix seconds. None for a time beyond the year 9999.
    pub fn wall_time(&self, seconds: u64) -> Option<WallTime> {
        let time = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        let shown = self.zone.to_datetime(time);
        let minute = u16::from(shown.hour().unsigned_abs()) * 60 + u16::from(shown.minute().unsigned_abs());
        Some(WallTime { day: shown.date(), minute })
    }

    /// The first time at or after which its clocks show this, in Unix seconds. A time that they skip is the end of the
    /// gap.
    pub fn first_time(&self, shown: WallTime) -> Option<u64> {
        // Minute 1440 is the first one of the next day.
        let day = if shown.minute >= 1440 { shown.day.tomorrow().ok()? } else { shown.day };
        let minute = i8::try_from(shown.minute % 60).ok()?;
        let hour = i8::try_from(shown.minute % 1440 / 60).ok()?;
        let shown = DateTime::from_parts(day, Time::new(hour, minute, 0, 0).ok()?);
        u64::try_from(self.zone.to_timestamp(shown).ok()?.as_second()).ok()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clock of `zone` at a time in UTC, as `2026-03-29 03:00`.
    fn clock(zone: &str, utc: &str) -> String {
        let seconds = utc.parse::<Timestamp>().unwrap().as_second();
        let shown = Zone::parse(zone).unwrap().wall_time(u64::try_from(seconds).unwrap()).unwrap();
        format!("{} {:02}:{:02}", shown.day, shown.minute / 60, shown.minute % 60)
    }

    #[test]
    fn a_clock_skips_an_hour_in_spring_and_repeats_one_in_autumn() {
        for (zone, utc, shown) in [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00"),
            ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30"),
            ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30"),
            ("America/New_York", "2026-03-08T07:00:00Z", "2026-03-08 03:00"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05 01:30"),
            ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01 05:45"),
        ] {
            assert_eq!(clock(zone, utc), shown, "{zone} {utc}");
        }
    }

    #[test]
    fn a_day_may_begin_at_one_where_the_clock_changes_at_midnight() {
        assert_eq!(clock("Africa/Cairo", "2026-04-23T21:59:59Z"), "2026-04-23 23:59");
        assert_eq!(clock("Africa/Cairo", "2026-04-23T22:00:00Z"), "2026-04-24 01:00");
    }

    #[test]
    fn the_first_time_of_a_wall_time_is_the_end_of_a_gap_and_the_first_of_two() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let first = |day: &str, minute: u16| {
            let seconds = zone.first_time(WallTime { day: day.parse().unwrap(), minute }).unwrap();
            Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap().to_string()
        };
        assert_eq!(first("2026-03-29", 150), "2026-03-29T01:30:00Z");
        assert_eq!(first("2026-10-25", 150), "2026-10-25T00:30:00Z");
        assert_eq!(first("2026-12-04", 1440), "2026-12-04T23:00:00Z");
    }

    #[test]
    fn an_unknown_zone_leads_to_the_one_that_is_meant() {
        for (name, hint) in [
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("berlin", "did you mean `Europe/Berlin`?"),
            ("new york", "did you mean `America/New_York`?"),
            ("+02:00", "IANA time zone"),
        ] {
            assert!(Zone::parse(name).unwrap_err().hint.unwrap().contains(hint), "{name}");
        }
        assert_eq!(Zone::parse("europe/berlin").unwrap().to_string(), "Europe/Berlin");
        assert_eq!(Zone::parse("UTC").unwrap().to_string(), "UTC");
    }
}
