//! The checks after a deployment: what is asked of what was deployed, how it is asked, and what counts as an answer.
//!
//! [`settings`] has them as values, [`parse`] reads those from `stackstep.yaml`. [`http`], [`tcp`] and [`command`] carry
//! out one try of a kind, [`tries`] makes as many as [`tally`] needs for a result, and [`round`] carries out all of them
//! within one deadline. A second preview is the run's affair, as only it has the engine.
//!
//! A condition that was set and does not hold has failed. Whatever kept a check from being made (no time left, a name
//! that does not resolve from here, no way to the network) is inconclusive: it says nothing about what was deployed.

pub mod address;
pub mod command;
pub mod http;
pub mod parse;
pub mod plain;
pub mod round;
pub mod settings;
pub mod tally;
pub mod tcp;
pub mod tries;

pub use settings::{Check, Checks};
