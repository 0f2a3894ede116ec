//! The commands that a run can have.

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// Show what would change.
    Preview,
    /// Deploy.
    Up,
    /// Bring the state in line with what is there.
    Refresh,
    /// Delete everything.
    Destroy,
    /// Read the stack's outputs.
    Outputs,
    /// Any engine command.
    Exec,
    /// See to it that the engine is there; what an empty command means.
    Install,
    /// Publish what other jobs have found.
    Report,
}

impl Command {
    /// The words that a step's `command` takes.
    pub const WORDS: &'static [&'static str] =
        &["preview", "up", "update", "refresh", "destroy", "outputs", "output", "report"];

    /// The command that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "preview" => Self::Preview,
            "up" | "update" => Self::Up,
            "refresh" => Self::Refresh,
            "destroy" => Self::Destroy,
            "outputs" | "output" => Self::Outputs,
            "exec" => Self::Exec,
            "install" => Self::Install,
            "report" => Self::Report,
            _ => return None,
        })
    }

    /// Its own word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Up => "up",
            Self::Refresh => "refresh",
            Self::Destroy => "destroy",
            Self::Outputs => "outputs",
            Self::Exec => "exec",
            Self::Install => "install",
            Self::Report => "report",
        }
    }
}
