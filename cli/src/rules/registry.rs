//! The registry of rules: a line for each, in the order of the documentation.

use super::freeze::FREEZE;
use super::keep::KEEP;
use super::max_creates::MAX_CREATES;
use super::max_deletes::MAX_DELETES;
use super::max_replaces::MAX_REPLACES;
use super::max_updates::MAX_UPDATES;
use super::no_warnings::NO_WARNINGS;
use super::require_policy_packs::REQUIRE_POLICY_PACKS;
use super::rule::RuleRow;

/// The rules.
pub static RULES: &[RuleRow] =
    &[MAX_DELETES, MAX_REPLACES, MAX_UPDATES, MAX_CREATES, KEEP, REQUIRE_POLICY_PACKS, NO_WARNINGS, FREEZE];
