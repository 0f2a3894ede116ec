//! Exceptions from rules, each with its last day and its reason.

use super::pattern::ResourcePattern;
use super::place::{RulePlace, shown};
use super::window::day;
use crate::base::day::Day;
use crate::base::error::Result;
use crate::base::yaml::Mapping;

/// An exception from a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exception {
    /// The resources that it is about; none for the whole rule.
    pub urn: Option<ResourcePattern>,
    /// Its last day, in UTC.
    pub until: Day,
    /// The reason for it.
    pub because: String,
}

/// The earliest day that a clock can show which is right. A machine whose clock was lost begins at 1970.
const EARLIEST: &str = "2026-01-01";

impl Exception {
    /// Reads an exception; the key `rule` was read before.
    pub fn read(mapping: &Mapping, place: &RulePlace<'_>) -> Result<Self> {
        place.only_keys(mapping, &["rule", "urn", "until", "because"])?;
        let text = |key: &str| {
            let value = mapping.get(key).filter(|value| !value.is_null())?;
            Some(value.source().map(str::trim).unwrap_or_default().to_owned())
        };
        let urn = match text("urn") {
            None => None,
            Some(pattern) => Some(ResourcePattern::parse(&pattern).map_err(|problem| {
                place.within("urn").wrong(
                    &format!("is `{}`: {}", shown(&pattern), problem.what),
                    problem.hint.unwrap_or_default(),
                )
            })?),
        };
        let until = match text("until") {
            None => {
                return Err(place.wrong("has no end", "add its last day: `until: 2026-12-31`"));
            }
            Some(text) => day(&text).and_then(|_| Day::parse(&text)).ok_or_else(|| {
                place
                    .within("until")
                    .wrong(&format!("is `{}`, which is not a date", shown(&text)), "write it as `2026-12-31`")
            })?,
        };
        let because = text("because").filter(|because| !because.is_empty()).ok_or_else(|| {
            place.wrong("has no reason", "add it for those who come later: `because: \"moved to orders-db\"`")
        })?;
        Ok(Self { urn, until, because })
    }

    /// Whether it holds at a time in Unix seconds: to the end of its last day, in UTC. None holds by a clock that can't
    /// be right.
    pub fn holds(&self, now: u64) -> bool {
        !is_impossible(now) && Day::from_unix(now) <= self.until
    }

    /// Whether it is about the resource with this URN.
    pub fn is_about(&self, urn: Option<&str>) -> bool {
        self.urn.as_ref().is_none_or(|pattern| urn.is_some_and(|urn| pattern.matches(urn)))
    }

    /// Whether it lets through whatever `other` lets through.
    pub fn covers(&self, other: &Self) -> bool {
        let is_about_as_much = match (&self.urn, &other.urn) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(their)) => own.covers(their),
        };
        is_about_as_much && other.until <= self.until
    }

    /// The exception of `rule` in words: ``the exception of `keep` for `**::old-db` until 2026-12-31``.
    pub fn in_words(&self, rule: &str) -> String {
        let about = self.urn.as_ref().map_or_else(String::new, |urn| format!(" for `{urn}`"));
        format!("the exception of `{rule}`{about} until {}", self.until)
    }
}

/// Whether a clock that shows this time is off: no job runs before this program was written.
pub(super) fn is_impossible(now: u64) -> bool {
    Day::parse(EARLIEST).is_some_and(|earliest| Day::from_unix(now) < earliest)
}
