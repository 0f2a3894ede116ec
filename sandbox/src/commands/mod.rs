//! What the commands do, one file each.

pub mod config;
pub mod context;
pub mod login;
mod metadata;
pub mod misc;
pub mod operation;
mod options;
mod print;
pub mod stack;
mod table;
