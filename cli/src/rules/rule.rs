//! A rule: a row of the registry. Its texts are its documentation.

use super::changes::Changes;
use super::otherwise::{ELSE, Otherwise};
use super::pattern::ResourcePattern;
use super::place::{RulePlace, shown};
use super::subjects::Subjects;
use super::value::RuleValue;
use super::window::{self, FreezeWindow};
use crate::base::error::Result;
use crate::base::yaml::Value;
use crate::report::{Operation, Report};

/// A rule.
#[derive(Debug)]
pub struct RuleRow {
    /// Its name, which is its key in `rules`.
    pub name: &'static str,
    /// What it can be set to.
    pub form: RuleForm,
    /// What has to hold, in one sentence.
    pub about: &'static str,
    /// What counts and what does not, for the documentation: paragraphs in Markdown.
    pub details: &'static str,
    /// An example: lines below `rules:`.
    pub example: &'static str,
    /// Whether it is about single resources, so that an exception can name them.
    pub by_resource: bool,
    /// Whether it also holds for `destroy`.
    pub on_destroy: bool,
    /// What of a report a value of the rule is about.
    pub(super) judge: for<'a> fn(&JudgedReport<'a>, &RuleValue) -> Subjects<'a>,
    /// The finding in words, from the values that decide and the number of what they are about.
    pub(super) finding: fn(&JudgedReport<'_>, &[&RuleValue], u64) -> String,
    /// What to do about changes that it does not allow.
    pub(super) way_out: fn(&JudgedReport<'_>, &[&RuleValue]) -> String,
}

/// What is judged.
#[derive(Debug)]
pub(super) struct JudgedReport<'a> {
    /// The report.
    pub report: &'a Report,
    /// Its changes.
    pub changes: Changes<'a>,
    /// The time, in Unix seconds.
    pub now: u64,
}

impl JudgedReport<'_> {
    /// Whether the changes would be made, and were not yet.
    pub fn is_plan(&self) -> bool {
        self.report.command.only_looks(self.report.preview_only)
    }

    /// Whether everything is deleted.
    pub fn is_destroy(&self) -> bool {
        self.report.command == Operation::Destroy
    }
}

/// What a rule can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleForm {
    /// A number, which may not be exceeded.
    Count,
    /// Patterns for resources.
    Resources,
    /// Names of policy packs.
    Packs,
    /// `true`.
    Switch,
    /// Windows of time.
    Windows,
}

impl RuleForm {
    /// What it is written as, for the documentation.
    pub const fn takes(self) -> &'static str {
        match self {
            Self::Count => "a number from 0; `{ limit: 2, else: approval }`; or a list of these",
            Self::Resources => {
                "a list of types and URNs with wildcards; `{ resources: […], else: approval }`; or a list of both"
            }
            Self::Packs => "a list of names; `{ packs: […], else: approval }`; or a list of both",
            Self::Switch => "`true`, or `{ else: approval }`",
            Self::Windows => "`{ days, dates, from, to, zone, else }`, or a list of these",
        }
    }

    /// Reads what is set: values, each with what happens where it does not hold. A value that switches the rule off gives
    /// none.
    pub(super) fn read(self, value: &Value, place: &RulePlace<'_>) -> Result<Vec<(RuleValue, Otherwise)>> {
        if let (Self::Switch, Value::Bool(word)) = (self, value) {
            let is_on = word.eq_ignore_ascii_case("true");
            return Ok(is_on.then_some((RuleValue::NoWarnings, Otherwise::Refuse)).into_iter().collect());
        }
        let items = match value {
            Value::List(items) if self != Self::Switch => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if items.is_empty() {
            return Err(place.wrong("names nothing", "name something, or leave it out"));
        }
        let mut read = Vec::new();
        for item in items {
            read.extend(self.read_one(item, place)?);
        }
        Ok(read)
    }

    /// Reads one item of a list, or the only value.
    fn read_one(self, item: &Value, place: &RulePlace<'_>) -> Result<Vec<(RuleValue, Otherwise)>> {
        let Value::Mapping(mapping) = item else {
            return Ok(vec![(self.short(item, place)?, Otherwise::Refuse)]);
        };
        let key = match self {
            Self::Count => "limit",
            Self::Resources => "resources",
            Self::Packs => "packs",
            Self::Switch => ELSE,
            Self::Windows => "zone",
        };
        let known = if self == Self::Windows {
            window::KEYS.iter().copied().chain([ELSE]).collect()
        } else {
            vec![key, ELSE]
        };
        place.only_keys(mapping, &known)?;
        let otherwise = Otherwise::read(mapping.get(ELSE), place)?;
        let values = match self {
            Self::Windows => vec![RuleValue::Frozen(FreezeWindow::read(mapping, place)?)],
            Self::Switch => vec![RuleValue::NoWarnings],
            _ => {
                let within = place.within(key);
                let value = mapping.get(key).ok_or_else(|| {
                    place.wrong(&format!("has no `{key}`"), format!("it takes {}", self.takes()))
                })?;
                match value {
                    Value::List(items) if self != Self::Count => {
                        items.iter().map(|item| self.short(item, &within)).collect::<Result<Vec<_>>>()?
                    }
                    one => vec![self.short(one, &within)?],
                }
            }
        };
        if values.is_empty() {
            return Err(place.within(key).wrong("names nothing", "name something, or leave the rule out"));
        }
        Ok(values.into_iter().map(|value| (value, otherwise.clone())).collect())
    }

    /// The value of a scalar.
    fn short(self, item: &Value, place: &RulePlace<'_>) -> Result<RuleValue> {
        let wrong = || place.wrong_value(item, format!("it takes {}", self.takes()));
        let text = item.source().map(str::trim).filter(|_| !item.is_null()).ok_or_else(wrong)?;
        Ok(match self {
            Self::Count => {
                let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                RuleValue::AtMost(text.parse().ok().filter(|_| plain).ok_or_else(wrong)?)
            }
            Self::Resources => RuleValue::Stays(ResourcePattern::parse(text).map_err(|problem| {
                place.wrong(
                    &format!("has `{}`: {}", shown(text), problem.what),
                    problem.hint.unwrap_or_default(),
                )
            })?),
            Self::Packs if !text.is_empty() => RuleValue::Checked(text.to_owned()),
            Self::Packs | Self::Switch | Self::Windows => return Err(wrong()),
        })
    }
}
