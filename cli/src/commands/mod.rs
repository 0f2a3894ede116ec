//! The commands of stackstep: the command line, and one file for each command; [`run`] has those that run the engine.

pub mod accept;
pub mod args;
pub mod break_glass;
pub mod deploy;
pub mod doctor;
pub mod early;
pub mod ended;
pub mod exec;
pub mod finish;
pub mod hold;
pub mod inputs;
mod ledger_verb;
pub mod report;
pub mod rollback;
pub mod rules;
pub mod run;
pub mod stacks;
