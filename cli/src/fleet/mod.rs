//! Many stacks: which projects and stacks a repository has, and which of them a change can affect.

pub mod affected;
pub mod changes;
pub mod code_order;
pub mod discover;
pub mod esc;
pub mod fanout;
pub mod left_behind;
mod listing;
pub mod order;
pub mod schedule;
pub mod sets;
pub mod settings;
pub mod waves;

pub use discover::{FoundProject, RepositoryStacks};
