//! What a run was asked to do: the table of inputs, where each value came from, and the values as types.
//!
//! Low and high, in two passes: [`resolve()`] finds one raw value and its source for each row of [`table::INPUTS`];
//! [`Inputs::from_resolved`] turns them into types and refuses what contradicts itself.

mod check;
pub mod config_map;
mod config_object;
pub mod file;
mod javascript;
mod official;
mod official_config;
pub mod outer;
pub mod resolve;
pub mod show;
pub mod strangers;
pub mod suggest;
pub mod table;
pub mod typed;

pub use official::OFFICIAL_INPUTS;
pub use outer::{FileUse, OuterInputs};
pub use resolve::{Resolved, Source, resolve};
pub use table::{Default, Group, INPUTS, Input, Kind};
pub use typed::Inputs;

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// Show what would change.
    Preview,
    /// Deploy.
    Up,
    /// Bring the state in line with what is there.
    Refresh,
    /// Delete everything.
    Destroy,
    /// Read the stack's outputs.
    Outputs,
    /// Any engine command.
    Exec,
    /// See to it that the engine is there; what an empty command means.
    Install,
    /// Publish what other jobs have found.
    Report,
}

impl Command {
    /// The words that a step's `command` takes.
    pub const WORDS: &'static [&'static str] =
        &["preview", "up", "update", "refresh", "destroy", "outputs", "output", "report"];

    /// The command that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "preview" => Self::Preview,
            "up" | "update" => Self::Up,
            "refresh" => Self::Refresh,
            "destroy" => Self::Destroy,
            "outputs" | "output" => Self::Outputs,
            "exec" => Self::Exec,
            "install" => Self::Install,
            "report" => Self::Report,
            _ => return None,
        })
    }

    /// Its own word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Up => "up",
            Self::Refresh => "refresh",
            Self::Destroy => "destroy",
            Self::Outputs => "outputs",
            Self::Exec => "exec",
            Self::Install => "install",
            Self::Report => "report",
        }
    }
}
