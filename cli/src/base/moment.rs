//! Moments in time, as RFC 3339 writes them: `2026-11-21T10:00:00.5+01:00`. Servers write them with and without a fraction,
//! and in any zone, so that their texts can't be compared. <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>

use crate::base::day::Day;

/// Microseconds since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Reads a moment. None if the text is not one; a time without a zone is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.trim().split_at_checked(10)?;
        let time = time.strip_prefix(['T', 't', ' '])?;
        let days = Day::parse(date).filter(|day| day.to_string() == date)?.since(Day::parse("1970-01-01")?);
        let (clock, rest) = time.split_at_checked(8)?;
        let mut parts = clock.split(':').map(|part| number(part, 2));
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
        // 60 is a leap second.
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, zone) = rest.split_at_checked(digits)?;
                (micros(digits)?, zone)
            }
            None => (0, rest),
        };
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset(zone)?;
        Some(Self(seconds * 1_000_000 + fraction))
    }

    /// The moment of seconds since 1970.
    pub fn from_unix(seconds: u64) -> Self {
        Self(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000))
    }

    /// The seconds since 1970; 0 for an earlier moment.
    pub fn unix(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000_000)).unwrap_or(0)
    }
}

/// The number of a text of `digits` digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// The microseconds of a fraction's digits; further digits are left out.
fn micros(digits: &str) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let six: String = digits.chars().chain("000000".chars()).take(6).collect();
    six.parse().ok()
}

/// The seconds that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, zone.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_has_many_texts() {
        let texts = [
            "2019-11-17T17:43:43Z",
            "2019-11-17T17:43:43.000000+00:00",
            "2019-11-17t18:43:43.0+01:00",
            "2019-11-17 12:13:43-05:30",
        ];
        for text in texts {
            assert_eq!(Moment::parse(text), Some(Moment::from_unix(1_574_012_623)), "{text}");
        }
    }

    #[test]
    fn a_fraction_tells_two_moments_apart_however_many_digits_it_has() {
        let at = |text| Moment::parse(text).unwrap();
        assert!(at("2016-11-01T16:30:31.6655471Z") < at("2016-11-01T16:30:31.67Z"));
        assert!(at("2016-11-01T16:30:31Z") < at("2016-11-01T16:30:31.000001Z"));
        assert_eq!(at("2016-11-01T16:30:31.9Z").unix(), 1_478_017_831);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "2019-11-17",
            "2019-11-17T17:43:43",
            "2019-11-17T17:43Z",
            "2019-11-17T24:00:00Z",
            "2019-02-31T10:00:00Z",
            "2019-11-17T17:43:43.Z",
            "2019-11-17T17:43:43+1:00",
            "2019-11-17T17:43:43+25:00",
            "17 Nov 2019",
            "2019-11-17Tab:43:43Z",
            "2019-11-1éT17:43:43Z",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
