//! The engine, Pulumi's CLI: finds or installs it, makes its command lines ([`plan`], pure), and has the seam between a
//! run and whatever carries it out ([`executor`]): the CLI on this machine ([`local`]), or Pulumi Deployments ([`remote`]).

pub mod args;
pub mod config_args;
pub mod config_secrets;
pub mod deps;
mod driver;
pub mod env_file;
pub mod executor;
pub(crate) mod fate;
mod fenced;
pub mod install;
pub mod job;
pub mod left_state;
pub mod line;
pub mod local;
pub mod locate;
mod lock_wait;
pub mod login;
pub mod observed;
pub mod options;
pub mod plan;
pub mod remote;
pub mod remote_stack;
mod remote_state;
mod remote_wait;
pub mod row_run;
pub mod version;
pub mod voice;
