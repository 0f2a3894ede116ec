//! What happens where a rule does not hold: a refusal, or an approval by somebody.

use std::collections::BTreeSet;

use super::place::RulePlace;
use crate::base::error::Result;
use crate::base::yaml::Value;
use crate::report::RuleVerdict;

/// The answer to changes that a rule does not allow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Otherwise {
    /// They need an approval of one of these people; of anybody whose approvals count if there are none.
    Approval(BTreeSet<String>),
    /// They are refused.
    Refuse,
}

/// The key of an answer.
pub(super) const ELSE: &str = "else";
/// The key of the people whose approval it takes.
const APPROVAL_FROM: &str = "approval-from";

impl Otherwise {
    /// Reads the value of `else`. Nothing stands for a refusal.
    pub fn read(value: Option<&Value>, place: &RulePlace<'_>) -> Result<Self> {
        let hint =
            "write `else: approval`, `else: { approval-from: [ann, \"@acme/platform\"] }` or `else: refuse`";
        match value {
            None => Ok(Self::Refuse),
            Some(Value::Text(word)) if word == "refuse" => Ok(Self::Refuse),
            Some(Value::Text(word)) if word == "approval" => Ok(Self::Approval(BTreeSet::new())),
            Some(Value::Mapping(mapping)) => {
                place.within(ELSE).only_keys(mapping, &[APPROVAL_FROM])?;
                let from = place.within(APPROVAL_FROM);
                let people = match mapping.get(APPROVAL_FROM) {
                    Some(value) => from.texts(value, "people or teams")?,
                    None => Vec::new(),
                };
                if people.is_empty() {
                    return Err(from.wrong("names nobody", "name people or teams, or write `else: approval`"));
                }
                Ok(Self::Approval(people.into_iter().collect()))
            }
            Some(other) => Err(place.within(ELSE).wrong_value(other, hint)),
        }
    }

    /// The verdict on changes that the rule does not allow.
    pub fn verdict(&self) -> RuleVerdict {
        match self {
            Self::Approval(_) => RuleVerdict::Approval,
            Self::Refuse => RuleVerdict::Refused,
        }
    }

    /// The people whose approval it takes, one of them; nobody in particular if there are none.
    pub fn people(&self) -> Vec<String> {
        match self {
            Self::Approval(people) => people.iter().cloned().collect(),
            Self::Refuse => Vec::new(),
        }
    }

    /// Whether it is at least as strict as `other`: fewer people can let the changes through.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refuse, _) => true,
            (Self::Approval(_), Self::Refuse) => false,
            (Self::Approval(_), Self::Approval(any)) if any.is_empty() => true,
            (Self::Approval(own), Self::Approval(their)) => !own.is_empty() && own.is_subset(their),
        }
    }

    /// What it does, for a sentence: `refuses`, `asks for an approval of ann or bob`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Refuse => "refuses".to_owned(),
            Self::Approval(people) if people.is_empty() => "asks for an approval".to_owned(),
            Self::Approval(people) => {
                let people: Vec<&str> = people.iter().map(String::as_str).collect();
                format!("asks for an approval of {}", people.join(" or "))
            }
        }
    }
}
