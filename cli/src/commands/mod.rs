//! The commands of stackstep: the command line, and one file for each command; [`run`] has those that run the engine.

pub mod accept;
pub mod approve;
pub mod args;
pub mod audit;
pub mod break_glass;
pub mod comment_command;
pub mod deploy;
pub mod doctor;
pub mod early;
pub mod ended;
pub mod exec;
pub mod finish;
pub mod hold;
mod input_flags;
pub mod inputs;
mod ledger_verb;
mod one_stack;
pub mod report;
pub mod rollback;
pub mod rules;
pub mod run;
pub mod stacks;
pub mod status;
pub mod unlock;
mod unread;
