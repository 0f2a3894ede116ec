//! Trouble with a ledger: it can't be read or written, so that what it says is not known.

use std::fmt;

use super::bucket::{BucketTrouble, BucketTroubleKind};
use crate::base::error::Problem;
use crate::cloud::trouble::{CloudTrouble, CloudTroubleKind};

/// The kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerTroubleKind {
    /// The job has no permission for it.
    Denied,
    /// There is no such stack, which would have to exist.
    NoStack,
    /// Other writers came first, again and again.
    Contended,
    /// Anything else: it can't be reached, or its answer can't be read.
    Broken,
}

/// Trouble with a ledger.
#[derive(Debug, Clone)]
pub struct LedgerTrouble {
    /// The kind of the trouble.
    pub kind: LedgerTroubleKind,
    /// What is wrong, and the way out.
    pub problem: Problem,
}

impl LedgerTrouble {
    /// Trouble of any other kind.
    pub(super) fn broken(problem: Problem) -> Self {
        Self { kind: LedgerTroubleKind::Broken, problem }
    }

    /// The trouble as that of the ledger.
    pub(super) fn of_the_ledger(self) -> Self {
        Self { problem: self.problem.retold(|what| format!("the ledger can't be used: {what}")), ..self }
    }
}

impl From<BucketTrouble> for LedgerTrouble {
    fn from(trouble: BucketTrouble) -> Self {
        let kind = match trouble.kind {
            BucketTroubleKind::Denied => LedgerTroubleKind::Denied,
            BucketTroubleKind::Broken => LedgerTroubleKind::Broken,
        };
        Self { kind, problem: trouble.problem }
    }
}

impl From<CloudTrouble> for LedgerTrouble {
    fn from(trouble: CloudTrouble) -> Self {
        let kind = match trouble.kind {
            CloudTroubleKind::NotSignedIn | CloudTroubleKind::Denied => LedgerTroubleKind::Denied,
            CloudTroubleKind::NotTaken
            | CloudTroubleKind::Missing
            | CloudTroubleKind::Conflict
            | CloudTroubleKind::Broken => LedgerTroubleKind::Broken,
        };
        Self { kind, problem: trouble.problem }
    }
}

impl fmt::Display for LedgerTrouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}
