//! The engine's boundary: the one `pulumi` process.

pub mod ladder;
pub mod output;
pub mod process;
pub mod signals;
pub mod stream;
pub mod tail;
#[cfg(unix)]
mod tree;
