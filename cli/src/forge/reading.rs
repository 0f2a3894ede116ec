//! The kinds of things that a token may or may not read, for messages about a missing permission.

/// A kind of thing on a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Change requests and their reviews.
    Reviews,
    /// Who may write to the repository.
    Writers,
    /// Files and history.
    Contents,
    /// The members of a team.
    Teams,
    /// Statuses of commits.
    Statuses,
    /// The protection of branches and tags.
    Protection,
    /// Environments, their gates, and who approved there.
    Environments,
    /// The runs of the forge's own CI system.
    Runs,
}
