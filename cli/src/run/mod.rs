//! One run of one stack: its preparation, its phases and their reports, the stack's outputs, and what a post step needs if
//! it is killed.

pub mod drift;
pub mod gates;
pub mod issue;
pub mod outputs;
pub mod phases;
pub mod prepare;
pub mod progress;
pub mod ready;
pub mod reporting;
pub mod stacks;
pub mod telling;
pub mod time_to_live;
pub mod unfinished;
pub mod verification;
