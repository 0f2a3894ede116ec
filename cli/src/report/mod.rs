//! Makes a [`Report`] of events and facts, purely: no clock, no files, no environment.
//!
//! [`Fold`] reads the engine's event log line by line while it is written; [`report`] combines its facts with how the
//! engine ended. The [`Report`] as JSON is the result file.

mod align;
mod anchors;
mod build;
mod change;
mod checks;
mod classify;
mod compact;
mod concealed;
mod diagnostics;
mod diff;
mod differing;
mod document;
mod drift;
mod event;
mod excerpt;
mod facts;
mod fold;
mod gaps;
mod hints;
mod hunks;
mod known;
mod lines;
mod marked;
mod mask;
mod model;
mod natural;
mod operation;
mod outputs;
mod pairs;
mod place;
mod policies;
mod review;
mod ruled;
mod rules;
mod skim;
mod steps;
mod tally;
mod telling;
mod unseen;
mod urn;
mod value;
mod verified;
mod way_out;

pub use crate::base::reason::Reason;
pub use build::report;
pub use change::Change;
pub use checks::{CheckKind, CheckOutcome, CheckResult, CheckTry};
pub(crate) use concealed::{HIDDEN, PARTLY_HIDDEN};
pub(crate) use diff::{is_under, member, value_at_path};
pub(crate) use document::document;
pub use drift::{DriftAcceptance, DriftIssue, DriftOutcome};
pub use event::{EventState, PropertyDiffEvent, StepEvent, StepMetadata};
pub(crate) use excerpt::{Excerpt, excerpt};
pub use facts::{Ending, Facts, Shown, Verdict};
pub use fold::{Events, Fold, StepObserver, Unobserved};
pub use hints::{ATTRIBUTES_CUT_OFF, STATE_CUT_OFF};
pub use hunks::{DiffRoom, Hunk, TextDiff};
pub use marked::{MarkedValue, marked};
pub use mask::{Masked, is_open};
pub use model::{
    Ci, Diagnostic, Engine, OutputChange, OutputsFrom, Policies, PolicyPack, PropertyDiff, Remediation,
    Report, SCHEMA, Severity, Status, Step, StepStatus, Violation,
};
pub use natural::{natural, natural_key};
pub use operation::Operation;
pub use outputs::take_outputs;
pub use place::ProgramFolders;
pub use review::{
    DifferenceKind, HIDDEN_NAME, PathChange, REVIEW_VERSION, ReviewComparison, ReviewConfig,
    ReviewDifference, ReviewKey, ReviewPlugin, ReviewRecord, ReviewStep, ReviewedValue, of_resource, root_of,
    short_digest,
};
pub use ruled::{LetThrough, RuleVerdict, RulesOutcome, Ruling};
pub use rules::{Voice, crash, is_provider_gone, reason_of};
pub use steps::InFlight;
pub use telling::telling;
pub(crate) use unseen::{skeleton, unseen};
pub use urn::Urn;
pub(crate) use value::middle;
pub use value::{SECRET, UNKNOWN, char_boundary, clipped, shortened};
pub use verified::Inconclusive;
