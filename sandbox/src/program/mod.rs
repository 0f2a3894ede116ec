//! YAML programs: read, checked, put in order and evaluated as the CLI and its language host do.

pub mod access;
pub mod check;
pub mod config;
pub mod diagnostic;
pub mod eval;
pub mod expr;
mod functions;
pub mod project;
pub mod sort;
pub mod template;
pub mod yaml;

pub use functions::number_text;
