//! The ledger: a record of each deployment, verification and approval of a stack, which is only appended to.

pub mod backend_stack;
pub mod backend_stacks;
pub mod bucket;
mod cloud;
mod cloud_stacks;
mod compact;
mod deployments;
pub mod drift_history;
pub mod entry;
pub mod history;
mod kinds;
mod life;
pub mod locks;
mod objects;
mod open;
mod stack_ledger;
pub mod state_identity;
mod tags;
pub mod trouble;

pub use open::LedgerFor;
pub use stack_ledger::{Ledger, NotAppended};
