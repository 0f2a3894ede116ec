//! The ledger: a record of each deployment, verification and approval of a stack, which is only appended to.

pub mod bucket;
pub mod entry;
pub mod history;
