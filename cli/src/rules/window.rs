//! A window of time in which nothing is deployed: days of the week or dates, a time of day, and the zone whose clocks say
//! so. What the clock on the wall shows decides, so that an hour that comes twice is frozen twice.

use std::fmt;

use jiff::civil::{Date, Weekday};

use super::place::{RulePlace, shown};
use super::zone::{WallTime, Zone};
use crate::base::error::Result;
use crate::base::suggest::nearest;
use crate::base::yaml::{Mapping, Value};

/// The days of the week, from Monday.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The minutes of a day.
const DAY: u16 = 24 * 60;
/// The most windows in a row whose common end is looked for.
const ROW: usize = 1000;

/// A window of time that comes again and again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FreezeWindow {
    zone: Zone,
    /// The days of the week on which it begins, from Monday.
    days: [bool; 7],
    /// The ranges of dates on which it begins, both ends among them. Empty for any date.
    dates: Vec<(Date, Date)>,
    /// Its first minute of the day.
    from: u16,
    /// The first minute after it; not after `from` if it ends on the next day.
    to: u16,
}

/// The keys of a window.
pub(super) const KEYS: &[&str] = &["days", "dates", "from", "to", "zone"];

impl FreezeWindow {
    /// Reads a window.
    pub fn read(mapping: &Mapping, place: &RulePlace<'_>) -> Result<Self> {
        let zone = place.within("zone");
        let zone = match mapping.get("zone").map(|value| (value, value.source().map(str::trim))) {
            Some((value, Some(name))) if !value.is_null() => Zone::parse(name).map_err(|problem| {
                zone.wrong(
                    &format!("is `{}`, which {}", shown(name), problem.what),
                    problem.hint.unwrap_or_default(),
                )
            })?,
            _ => {
                return Err(place.wrong(
                    "names no time zone",
                    "add whose clock it is: `zone: Europe/Berlin`, or `zone: UTC`",
                ));
            }
        };
        let time = |key: &str, default: u16| {
            mapping.get(key).map_or(Ok(default), |value| minute(value, &place.within(key)))
        };
        let (from, to) = (time("from", 0)?, time("to", DAY)?);
        let days = match mapping.get("days") {
            Some(value) => days(value, &place.within("days"))?,
            None => [true; 7],
        };
        let dates = match mapping.get("dates") {
            Some(value) => dates(value, &place.within("dates"))?,
            None => Vec::new(),
        };
        if from == DAY {
            return Err(place
                .within("from")
                .wrong("is the end of the day", "write `from: \"00:00\"`, on the day after"));
        }
        if from == to {
            return Err(place.wrong(
                &format!("begins and ends at {}", clock(from)),
                "for a whole day leave `from` and `to` out",
            ));
        }
        if (from, to) == (0, DAY) && days == [true; 7] && dates.is_empty() {
            return Err(place.wrong(
                "never ends: it is every day, all day",
                "name days, dates or a time: `days: [fri]`, `dates: 2026-12-20..2027-01-02`, `from: \"16:00\"`",
            ));
        }
        Ok(Self { zone, days, dates, from, to })
    }

    /// What the zone's clocks show at a time in Unix seconds: `Fri 2026-12-04 17:30`.
    pub fn clock_at(&self, seconds: u64) -> Option<String> {
        let WallTime { day, minute } = self.zone.wall_time(seconds)?;
        Some(format!("{} {day} {} {}", title(day.weekday()), clock(minute), self.zone))
    }

    /// Whether a time in Unix seconds is in the window. A time that no calendar has is in every window.
    pub fn contains(&self, seconds: u64) -> bool {
        let Some(WallTime { day, minute }) = self.zone.wall_time(seconds) else { return true };
        if self.from < self.to {
            return self.begins_on(day) && (self.from..self.to).contains(&minute);
        }
        let yesterday = day.yesterday().is_ok_and(|yesterday| self.begins_on(yesterday));
        (self.begins_on(day) && minute >= self.from) || (yesterday && minute < self.to)
    }

    /// The end of the window that a time is in, in Unix seconds.
    fn end(&self, seconds: u64) -> Option<u64> {
        let WallTime { day, minute } = self.zone.wall_time(seconds)?;
        let is_on_the_next_day = self.to <= self.from && minute >= self.from;
        let day = if is_on_the_next_day { day.tomorrow().ok()? } else { day };
        // The hour that comes twice can be in the window both times.
        let end = self.zone.first_time(WallTime { day, minute: self.to })?;
        Some(if end > seconds { end } else { seconds - seconds % 60 + 60 })
    }

    /// Whether it contains each time that `other` contains, as far as their values show it.
    pub fn covers(&self, other: &Self) -> bool {
        let has_the_days = (0..7).all(|day| self.days[day] || !other.days[day]);
        let has_the_dates = self.dates.is_empty()
            || (!other.dates.is_empty()
                && other.dates.iter().all(|(first, last)| {
                    self.dates.iter().any(|(own_first, own_last)| own_first <= first && last <= own_last)
                }));
        // Of a window over midnight the end is counted from the day on which it begins.
        let end = |window: &Self| if window.to <= window.from { window.to + DAY } else { window.to };
        let has_the_times = self.from <= other.from && end(other) <= end(self);
        self.zone == other.zone && has_the_days && has_the_dates && has_the_times
    }

    fn begins_on(&self, day: Date) -> bool {
        let is_a_date =
            self.dates.is_empty() || self.dates.iter().any(|(first, last)| *first <= day && day <= *last);
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.days.get(weekday).copied().unwrap_or_default() && is_a_date
    }
}

/// When a time is in none of the windows any more, in Unix seconds. None if that is far away.
pub(super) fn end_of_freeze(windows: &[&FreezeWindow], seconds: u64) -> Option<u64> {
    let mut time = seconds;
    for _ in 0..ROW {
        let Some(window) = windows.iter().find(|window| window.contains(time)) else { return Some(time) };
        time = window.end(time)?;
    }
    None
}

impl fmt::Display for FreezeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> =
            WEEKDAYS.iter().zip(self.days).filter(|(_, is)| *is).map(|(day, _)| *day).collect();
        if days.len() < 7 {
            write!(f, "{} ", days.join(", "))?;
        }
        for (first, last) in &self.dates {
            if first == last { write!(f, "{first} ")? } else { write!(f, "{first}..{last} ")? }
        }
        if (self.from, self.to) != (0, DAY) {
            write!(f, "{} to {} ", clock(self.from), clock(self.to))?;
        }
        write!(f, "{}", self.zone)
    }
}

/// A minute of the day as `16:00`.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn title(day: Weekday) -> &'static str {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        [usize::try_from(day.to_monday_zero_offset()).unwrap_or_default().min(6)]
}

/// The minute of the day of `16:00`; `24:00` is the end of the day.
fn minute(value: &Value, place: &RulePlace<'_>) -> Result<u16> {
    let digits = |text: &str, longest: usize| {
        let plain =
            !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let read = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (digits(hour, 2)?, digits(minute, 2).filter(|_| minute.len() == 2)?);
        (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
    };
    let read = value.source().map(str::trim).and_then(read);
    read.ok_or_else(|| place.wrong_value(value, "write a time of day from `\"00:00\"` to `\"24:00\"`"))
}

fn days(value: &Value, place: &RulePlace<'_>) -> Result<[bool; 7]> {
    let mut days = [false; 7];
    for name in place.texts(value, "days")? {
        let word = name.to_lowercase();
        let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let known = |names: [&str; 7]| names.iter().position(|day| *day == word);
        let Some(at) = known(WEEKDAYS).or_else(|| known(full)) else {
            let hint = match nearest(&word, WEEKDAYS.into_iter().chain(full)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a day is one of `{}`", WEEKDAYS.join("`, `")),
            };
            return Err(place.wrong(&format!("has `{}`, which is not a day of the week", shown(&name)), hint));
        };
        days[at] = true;
    }
    if days == [false; 7] {
        return Err(
            place.wrong("names no day", "name days: `[fri, sat, sun]`, or leave `days` out for every day")
        );
    }
    Ok(days)
}

fn dates(value: &Value, place: &RulePlace<'_>) -> Result<Vec<(Date, Date)>> {
    let mut dates = Vec::new();
    for text in place.texts(value, "dates")? {
        let wrong = |what: &str| {
            place.wrong(
                &format!("has `{}`, {what}", shown(&text)),
                "write a day as `2026-12-24`, and days as `2026-12-20..2027-01-02`",
            )
        };
        let (first, last) = text.split_once("..").unwrap_or((&text, &text));
        let read = |text: &str| day(text.trim()).ok_or_else(|| wrong("which is not a date"));
        let (first, last) = (read(first)?, read(last)?);
        if last < first {
            return Err(wrong("which ends before it begins"));
        }
        dates.push((first, last));
    }
    if dates.is_empty() {
        return Err(place.wrong("names no date", "name dates, or leave `dates` out for any"));
    }
    dates.sort_unstable();
    dates.dedup();
    Ok(dates)
}

/// The day that is written as `2026-12-24`.
pub(super) fn day(text: &str) -> Option<Date> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
