//! The commands that a comment on a change request gives, on each forge that has them: who may give them, what they do, and
//! what is answered in the thread.

mod approve;
mod from;
mod preview;
pub mod talk;
mod verbs;
mod who;
