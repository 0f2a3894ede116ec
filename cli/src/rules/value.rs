//! The values that rules take.

use std::fmt;

use super::pattern::ResourcePattern;
use super::window::FreezeWindow;

/// One value of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RuleValue {
    /// There may be so many at most.
    AtMost(u64),
    /// These resources stay.
    Stays(ResourcePattern),
    /// This policy pack has looked at the resources.
    Checked(String),
    /// There are no warnings.
    NoWarnings,
    /// Nothing is deployed during this window.
    Frozen(FreezeWindow),
}

impl RuleValue {
    /// Whether it is at least as strict as `other`, a value of the same rule.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AtMost(own), Self::AtMost(their)) => own <= their,
            (Self::Stays(own), Self::Stays(their)) => own.covers(their),
            (Self::Frozen(own), Self::Frozen(their)) => own.covers(their),
            _ => self == other,
        }
    }
}

impl fmt::Display for RuleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Stays(pattern) => write!(f, "keeps `{pattern}`"),
            Self::Checked(pack) => write!(f, "checked by `{pack}`"),
            Self::NoWarnings => f.write_str("no warnings"),
            Self::Frozen(window) => write!(f, "frozen {window}"),
        }
    }
}
