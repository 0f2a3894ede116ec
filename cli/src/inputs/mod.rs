//! Inputs, which tell a run what to do: their table, the source of each value, and the values as types.
//!
//! [`headings`] has a line for each input, with the field of its value and its row of the [`table`]. There are two
//! passes: [`resolve()`] finds one raw value and its source for each row of [`INPUTS`]; [`Inputs::from_resolved`] turns
//! them into types and refuses contradictions.

mod check;
mod command;
pub mod config_map;
mod config_object;
pub mod file;
pub mod found;
pub mod headings;
pub mod input;
mod javascript;
mod mapping;
mod official;
mod official_config;
mod official_number;
pub mod outer;
pub mod reading;
pub mod resolve;
pub mod row;
mod run_on;
pub mod show;
pub mod strangers;
pub mod table;
pub mod typed;

pub use command::{COMMANDS, Command, CommandRow, Effect, ProgramUse};
pub use found::{Raw, Resolved, Source};
pub use input::{Audience, Default, Group, Input, Kind, OnlyFor};
pub use official::OFFICIAL_INPUTS;
pub use outer::{FileUse, OuterInputs, resolve};
pub use table::INPUTS;
pub use typed::Inputs;
