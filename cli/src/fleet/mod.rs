//! Many stacks: which projects and stacks a repository has, and which of them a change can affect.

pub mod affected;
pub mod changes;
pub mod discover;
mod listing;
pub mod settings;

pub use discover::{FoundProject, RepositoryStacks};
