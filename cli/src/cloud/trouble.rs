//! Trouble with Pulumi Cloud: no answer, or one that refuses or can't be read.

use crate::base::error::Problem;

/// The kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloudTroubleKind {
    /// The token is not accepted (401).
    NotSignedIn,
    /// The organisation's plan has not got it (402), or the token has no right to it (403).
    Denied,
    /// The service does not take what was sent (400, 422).
    NotTaken,
    /// There is no such thing (404).
    Missing,
    /// Somebody else was faster (409).
    Conflict,
    /// Anything else: it can't be reached, is busy, or its answer can't be read.
    Broken,
}

/// Trouble with Pulumi Cloud.
#[derive(Debug, Clone)]
pub struct CloudTrouble {
    /// The kind of the trouble.
    pub kind: CloudTroubleKind,
    /// What is wrong, and the way out.
    pub problem: Problem,
}

impl CloudTrouble {
    /// Trouble of any other kind.
    pub fn broken(problem: Problem) -> Self {
        Self { kind: CloudTroubleKind::Broken, problem }
    }
}
