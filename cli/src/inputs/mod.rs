//! What a run was asked to do: the table of inputs, where each value came from, and the values as types.
//!
//! Low and high, in two passes: [`resolve()`] finds one raw value and its source for each row of [`table::INPUTS`];
//! [`Inputs::from_resolved`] turns them into types and refuses what contradicts itself.

mod check;
mod command;
pub mod config_map;
mod config_object;
pub mod file;
pub mod headings;
mod javascript;
mod mapping;
mod official;
mod official_config;
pub mod outer;
pub mod resolve;
pub mod show;
pub mod strangers;
pub mod suggest;
pub mod table;
pub mod typed;

pub use command::{COMMANDS, Command, CommandRow, Effect, ProgramUse};
pub use official::OFFICIAL_INPUTS;
pub use outer::{FileUse, OuterInputs, resolve};
pub use resolve::{Resolved, Source};
pub use table::{Default, Group, INPUTS, Input, Kind};
pub use typed::Inputs;
