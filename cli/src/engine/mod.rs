//! The Pulumi CLI at work: found or installed, its command lines ([`plan`], pure), its processes one after the other
//! ([`drive`]), and what became of each.

pub mod args;
pub mod config_args;
pub mod config_secrets;
pub mod deps;
pub mod drive;
pub mod env_file;
pub(crate) mod fate;
pub mod install;
pub mod job;
pub mod left_state;
pub mod line;
pub mod locate;
mod lock_wait;
pub mod login;
pub mod options;
pub mod plan;
pub mod version;
