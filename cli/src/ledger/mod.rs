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
pub mod last_update;
mod life;
pub mod locks;
mod object_updates;
mod objects;
mod open;
pub mod past_updates;
pub mod set_rows;
mod settled;
mod stack_ledger;
pub mod state_identity;
mod state_references;
mod tags;
pub mod trouble;

pub use open::LedgerFor;
pub use settled::LastDeployment;
pub use stack_ledger::{Ledger, NotAppended};
