//! What the engine says while it works.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>

use std::collections::BTreeMap;

use super::step::{Op, Step};

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Debug,
    Info,
    /// What the program wrote to its standard error.
    InfoError,
    Warning,
    Error,
}

impl Severity {
    /// Its name in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::InfoError => "info#err",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// What stands before a message.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Debug => "debug: ",
            Self::Info | Self::InfoError => "",
            Self::Warning => "warning: ",
            Self::Error => "error: ",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
    Canceled,
}

impl Outcome {
    /// Its name in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// A policy pack and where it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder it was read from.
    pub path: String,
}

/// What the engine says.
#[derive(Debug)]
pub enum Event<'a> {
    /// The configuration, secrets hidden.
    Prelude(&'a BTreeMap<String, String>),
    /// A step begins.
    Pre(&'a Step),
    /// A step has ended, or the stack has its outputs.
    Outputs(&'a Step, Op),
    /// A step has failed.
    Failed {
        /// The step.
        step: &'a Step,
        /// 0 for an operation that did not happen, 2 for one that happened in part.
        status: u8,
        /// How many steps have succeeded.
        steps: usize,
    },
    /// A message.
    Diagnostic {
        /// The resource it is about.
        urn: Option<&'a str>,
        /// How much it matters.
        severity: Severity,
        /// The text; it may hold terminal colours.
        message: &'a str,
    },
    /// A line on the engine's own account.
    Stdout(&'a str),
    /// Policy packs are being loaded.
    PolicyLoad(&'a [Pack]),
    /// A policy was violated.
    Policy {
        /// The resource.
        urn: &'a str,
        /// The pack.
        pack: &'a Pack,
        /// The policy.
        policy: &'a crate::faults::Policy,
        /// What it says about this resource.
        message: &'a str,
    },
    /// A policy changed a resource's inputs.
    Remediation {
        /// The resource.
        urn: &'a str,
        /// The pack.
        pack: &'a Pack,
        /// The policy.
        policy: &'a str,
        /// The inputs before.
        before: &'a crate::value::Properties,
        /// The inputs after.
        after: &'a crate::value::Properties,
    },
    /// What a pack's policies made of a resource, or of the stack.
    PolicySummary {
        /// Which of the three kinds.
        kind: SummaryKind,
        /// The resource.
        urn: Option<&'a str>,
        /// The pack.
        pack: &'a Pack,
        /// The policies that found nothing.
        passed: &'a [&'a str],
        /// The others.
        failed: &'a [&'a str],
    },
    /// The end, in figures.
    Summary {
        /// How many resources met which operation.
        changes: &'a BTreeMap<Op, usize>,
        /// How it ended.
        outcome: Outcome,
        /// Whether the state may not tell the truth.
        maybe_corrupt: bool,
        /// The policy packs that were loaded.
        packs: &'a [Pack],
    },
    /// Nothing follows.
    Cancel,
}

/// The kinds of policy summaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryKind {
    Remediate,
    Analyze,
    AnalyzeStack,
}

/// Takes the events.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: &Event);
    /// Called while the engine waits.
    fn tick(&mut self) {}
}
