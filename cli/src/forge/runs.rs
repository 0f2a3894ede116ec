//! A run of a forge's own CI system, and whether it has ended.

/// A run to ask about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedRun {
    /// The id of the run, as stackstep writes it into the ledger: GitHub's run id, the id of GitLab's pipeline, the number
    /// of Gitea's run.
    pub id: String,
    /// The id of the job, where a run has several and it is known.
    pub job: Option<String>,
}

/// What a forge says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStanding {
    /// It has ended, in the forge's own word.
    Ended(String),
    /// It has not ended, in the forge's own word.
    AtWork(String),
    /// It is not among the runs that the forge tells of.
    NotTold,
}

impl RunStanding {
    /// The standing of a run with the status `word`, which has ended if that is one of `ends`. A word that nobody knows
    /// ends nothing.
    pub(super) fn by_word(word: String, ends: &[&str]) -> Self {
        if ends.contains(&word.as_str()) { Self::Ended(word) } else { Self::AtWork(word) }
    }
}
