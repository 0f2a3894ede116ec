//! What a person types: the command line, and one file for each command that is more than a run.

pub mod args;
pub mod doctor;
pub mod early;
pub mod finish;
pub mod report;
