//! The rules that the changes of a run have to pass: how many of each kind there may be, what must stay, what has to have
//! looked at them, and when nothing is deployed.
//!
//! A rule is a file with a [`RuleRow`](rule::RuleRow), and a line of [`registry::RULES`]; its texts are its documentation.
//! [`Rules::parse`] reads what is set, [`evaluate()`] judges a report by it. Both are pure: the time is handed in.

mod changes;
mod clause;
mod ending;
mod evaluate;
mod exception;
mod freeze;
mod keep;
mod limit;
mod loosening;
mod max_creates;
mod max_deletes;
mod max_replaces;
mod max_updates;
mod no_warnings;
mod otherwise;
mod pattern;
mod place;
#[cfg(test)]
mod properties;
pub mod registry;
mod require_policy_packs;
pub mod rule;
mod settings;
mod subjects;
mod value;
mod window;
mod zone;

pub use ending::{end_by_rules, is_only_frozen, went_further};
pub use evaluate::evaluate;
pub use loosening::Loosening;
pub use pattern::ResourcePattern;
pub use settings::Rules;
pub use zone::time_from;
