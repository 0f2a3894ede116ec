//! Starting, watching and stopping a program: its signals, its output, its descendants. This room knows no Pulumi.

pub mod alive;
pub mod helper;
pub mod ladder;
pub mod leftovers;
pub mod memory;
pub mod output;
pub mod signals;
pub mod stream;
pub mod supervise;
pub mod tail;
pub mod told;
#[cfg(unix)]
pub mod tree;
pub mod withhold;
