//! The reason why a forge did not do something, in words for a person: the request, the forge's answer, and the missing
//! permission if that is the reason. It holds no token, and of an address only the host.

use std::fmt;

use crate::base::error::Problem;

/// The kind of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The token is not accepted, or has no permission for the request.
    Denied,
    /// The thing does not exist, or the token can't see it.
    Missing,
    /// The forge does not accept the content of the request.
    Rejected,
    /// There were too many requests; nothing was done.
    TurnedAway,
    /// The forge failed, or did not answer: the request may have been carried out all the same.
    Broken,
    /// The forge was not reached, so nothing was done.
    Unreachable,
    /// The answer can't be read.
    Unreadable,
}

/// A failed request to a forge.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The kind of the failure.
    pub kind: TroubleKind,
    /// The message: what was requested and how it failed, with a hint.
    pub problem: Problem,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl Trouble {
    /// The same trouble with an explanation added.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { problem: self.problem.retold(|what| format!("{what} ({why})")), ..self }
    }

    /// Whether the request may have been carried out all the same.
    pub fn may_be_done(&self) -> bool {
        matches!(self.kind, TroubleKind::Broken | TroubleKind::Unreadable)
    }
}
