//! The facts about the place of the repository, known without a request. A CI system tells them, a forge is found by
//! them, and neither knows the other.

/// The place of the repository, and the number of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The kind of forge, by the words of the input `forge`, if the CI system names it.
    pub forge: Option<&'static str>,
    /// An address of the repository, or of the change request, in any form; it can hold a token.
    pub remote: Option<String>,
    /// The address of the forge's API, if the CI system tells it.
    pub api: Option<String>,
    /// The token that the CI system made for the job.
    pub token: Option<OwnToken>,
    /// The author of comments with the CI system's tokens, if it is known: such a token often can't be used to ask.
    pub author: Option<&'static str>,
    /// Whether the job's token is in the input `github-token`, although the forge is another one.
    pub token_in_github_input: bool,
    /// The name of the input `forge-token` in a step of this system; none if only a variable reaches stackstep.
    pub forge_token_input: Option<&'static str>,
    /// The name of the job that `run` is the number of, if the system numbers the runs of each job by themselves:
    /// numbers of two jobs must not be compared.
    pub counted: Option<String>,
    /// A number that grows with each run.
    pub run: Option<u64>,
    /// A number that grows with each attempt of the same run.
    pub attempt: Option<u64>,
    /// What the forge's own CI system calls this job, for asking the forge who opened the job's gate. None on another
    /// system: its numbers mean something else there.
    pub gate: Option<GateClue>,
}

/// What a forge's own CI system calls a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateClue {
    /// The id of the run or build.
    pub run: Option<String>,
    /// The id of the job, or the name of its stage.
    pub job: Option<String>,
}

impl Origin {
    /// The id of this run itself, as the CI system's own API knows it. [`Origin::run`] can be that of another one, which
    /// this run reports on.
    pub fn own_run(&self) -> Option<String> {
        let asked = self.gate.as_ref().and_then(|gate| gate.run.clone());
        asked.or_else(|| self.run.map(|run| run.to_string()))
    }

    /// The name of the input or variable by which a job of this system passes a token for the forge.
    pub fn forge_token(&self) -> &'static str {
        self.forge_token_input.unwrap_or("STACKSTEP_FORGE_TOKEN")
    }
}

/// The token that a CI system makes for a job, and that is valid for its own forge only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// The variable that holds it.
    pub variable: &'static str,
    /// The reason why this token can't comment, with the token to use instead. None if it can.
    pub mute: Option<&'static str>,
}
