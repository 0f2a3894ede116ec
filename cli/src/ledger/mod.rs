//! The ledger: a record of each deployment, verification and approval of a stack, which is only appended to.
