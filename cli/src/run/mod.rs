//! One run of one stack: its preparation, the report of what it did, the stack's outputs, and what a post step needs if it is killed.

pub mod outputs;
pub mod prepare;
pub mod reporting;
pub mod unfinished;
