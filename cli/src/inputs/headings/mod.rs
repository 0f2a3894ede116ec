//! The inputs by their headings. A line of [`super::row::heading!`] is an input: the field of its value, and its row of
//! the table. The words of a choice are an enum beside the row.

mod backend;
mod checks;
mod comment;
mod config;
mod engine;
mod forge;
mod log;
mod operation;
mod report;
mod review;
mod rules;
mod safety;
mod stack;

pub use backend::BackendInputs;
pub use checks::ChecksInputs;
pub use comment::{CommentChoice, CommentInputs, CommentWhen};
pub use config::ConfigInputs;
pub use engine::{Deps, EngineInputs, RunOn, Verify};
pub use forge::{ForgeChoice, ForgeInputs};
pub use log::{Color, LogInputs};
pub use operation::OperationInputs;
pub use report::ReportInputs;
pub use review::{Guard, ReviewInputs};
pub use rules::RulesInputs;
pub use safety::{SafetyInputs, Stale};
pub use stack::{COMMAND, PROFILE, Profile, StackInputs};
