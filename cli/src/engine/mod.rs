//! The engine's boundary and the one place that starts processes: what to run ([`plan`], pure), where the engine is
//! ([`locate`]), the process itself ([`process`]) with its output, its event log and the ladder that stops it.

pub mod alive;
pub mod args;
pub mod config_args;
pub mod config_secrets;
pub mod drive;
pub mod env_file;
pub(crate) mod fate;
pub mod helper;
pub mod ladder;
pub mod left_state;
pub mod leftovers;
pub mod locate;
mod lock_wait;
pub mod options;
pub mod output;
pub mod plan;
pub mod process;
pub mod signals;
pub mod stream;
pub mod tail;
pub mod told;
#[cfg(unix)]
pub mod tree;
pub mod version;
pub mod withhold;
