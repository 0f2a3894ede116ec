//! What is known of the place that the repository lies in, without asking it. A CI system says it, a forge is found by it,
//! and neither knows the other.

/// Where the repository lies, and which run this is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The kind of forge, as the input `forge` has it, where the system says so in so many words.
    pub forge: Option<&'static str>,
    /// An address of the repository, or of the change request, in any form; it can hold a token.
    pub remote: Option<String>,
    /// The address of the forge's API, where the system tells it.
    pub api: Option<String>,
    /// The token that the system made for the job.
    pub token: Option<OwnToken>,
    /// Who the comments of the system's tokens are by, where that is known: such a token often can't ask.
    pub author: Option<&'static str>,
    /// The job's token arrives in the input `github-token`, although the forge is another one.
    pub token_in_github_input: bool,
    /// How a step of this system spells the input `forge-token`; none where only a variable reaches stackstep.
    pub forge_token_input: Option<&'static str>,
    /// The job that `run` is a number of, where the system counts the runs of each job by itself: numbers of two jobs
    /// must not be compared.
    pub counted: Option<String>,
    /// A number that grows with each run.
    pub run: Option<u64>,
    /// A number that grows with each try of the same run.
    pub attempt: Option<u64>,
}

impl Origin {
    /// What a job of this system sets to hand over a token for the forge.
    pub fn forge_token(&self) -> &'static str {
        self.forge_token_input.unwrap_or("STACKSTEP_FORGE_TOKEN")
    }
}

/// The token that a CI system makes for a job, and that is good for its own forge only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// The variable that it lies in.
    pub variable: &'static str,
    /// The reason for which this token can't comment, with the token to use instead. None where it can.
    pub mute: Option<&'static str>,
}
