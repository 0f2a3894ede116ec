//! Stack sets: environments from data. A row of a file or of a command's output is a stack of a project, created, configured,
//! updated, and removed by a tombstone alone.
//!
//! ```text
//! settings → table (csv | json | yaml) → rows (which can be used) → difference (with the stacks that are there) → runs
//! ```
//!
//! Nothing here starts, reads or sends anything.

pub mod add;
pub mod changed;
pub mod column;
pub mod config;
mod csv;
pub mod difference;
mod listed;
pub mod past;
pub mod pattern;
mod reading;
pub mod rows;
pub mod settings;
pub mod table;

#[cfg(test)]
mod tests;
