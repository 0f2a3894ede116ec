//! Many stacks: which projects and stacks a repository has. It decides on values, and starts nothing.

pub mod discover;
mod listing;

pub use discover::{FoundProject, RepositoryStacks};
