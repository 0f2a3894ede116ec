//! What the commands do, one file each.

pub mod config;
pub mod context;
mod print;
pub mod stack;
mod table;
