//! A change whose deployment broke off, and what is left of it.

use crate::report::ReviewRecord;

/// A change whose deployment broke off.
#[derive(Debug, Clone)]
pub(super) struct WholeChange {
    /// Its record.
    pub record: ReviewRecord,
    /// The record as the ledger has it.
    pub word: String,
}

/// What is left of a change.
#[derive(Debug, Clone)]
pub(super) struct RestOfChange {
    /// The digest of the whole change.
    pub digest: String,
    /// The number of its steps that are done.
    pub done: u64,
    /// The record of the whole, as the ledger has it.
    pub word: String,
}
