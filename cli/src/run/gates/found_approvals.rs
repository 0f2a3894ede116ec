//! The approvals of a deployment, as they are found one after the other.

use crate::forge::Person;
use crate::ledger::entry::EntryApprover;

/// The approvals that count, with notes for the report.
#[derive(Debug, Default)]
pub(super) struct FoundApprovals {
    pub approvers: Vec<EntryApprover>,
    pub notes: Vec<String>,
    /// The people whom the forge and the gate name.
    pub persons: Vec<Person>,
}
