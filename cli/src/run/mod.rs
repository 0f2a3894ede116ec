//! One run of one stack: its preparation, the report of what it did, and what a post step needs if it is killed.

pub mod prepare;
pub mod reporting;
pub mod unfinished;
