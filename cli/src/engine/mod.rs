//! The Pulumi CLI at work: found or installed, its command lines ([`plan`], pure), and the seam between a run and whatever
//! carries it out ([`executor`]), of which the CLI on this machine ([`local`]) is one.

pub mod args;
pub mod config_args;
pub mod config_secrets;
pub mod deps;
pub mod env_file;
pub mod executor;
pub(crate) mod fate;
pub mod install;
pub mod job;
pub mod left_state;
pub mod line;
pub mod local;
pub mod locate;
mod lock_wait;
pub mod login;
pub mod options;
pub mod plan;
pub mod version;
pub mod voice;
