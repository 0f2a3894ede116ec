//! Events and facts become a [`Report`], purely: no clock, no files, no environment.
//!
//! [`Fold`] takes the engine's event log line by line while it is written; [`report`] joins what the events
//! say with how the engine ended. The [`Report`] as JSON is the result file.

mod build;
mod classify;
mod command;
mod diagnostics;
mod diff;
mod event;
mod facts;
mod fold;
mod gaps;
mod hints;
mod known;
mod mask;
mod model;
mod outputs;
mod policies;
mod reason;
mod rules;
mod skim;
mod steps;
mod telling;
mod urn;
mod value;

pub use build::report;
pub use command::Command;
pub use diagnostics::colourless;
pub use facts::{Ci, Ending, Engine, Facts, Verdict};
pub use fold::{Events, Fold};
pub use mask::is_open;
pub use model::{
    Change, Diagnostic, OutputChange, OutputsFrom, Policies, PolicyPack, PropertyDiff, Remediation, Report,
    SCHEMA, Severity, Status, Step, StepStatus, Violation,
};
pub use reason::Reason;
pub use rules::{Voice, is_provider_gone, reason_of};
pub use steps::InFlight;
pub use telling::telling;
pub use urn::Urn;
pub use value::{SECRET, UNKNOWN, char_boundary, clipped, shortened};
