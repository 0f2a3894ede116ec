//! The checks after a deployment in the report: each with its tries, and what came of it.

use serde::{Deserialize, Serialize};

/// A check after a deployment, and what came of it. Nothing here is the body of an answer or the query of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// The check's kind.
    pub kind: CheckKind,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The address that was asked, without its query; none of a command and of a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The stack output that the address comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What came of the same check before the deployment; none where it was not made then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<CheckOutcome>,
    /// How many tries have to pass.
    pub needed: u32,
    /// Out of how many.
    pub of: u32,
    /// The tries that count, in order. There are fewer than `of` where a few decide.
    pub tries: Vec<CheckTry>,
    /// How many tries went before them and do not count, while what was deployed came up.
    #[serde(default)]
    pub early_tries: u32,
    /// The longest time that a try took which was answered, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_ms: Option<u64>,
    /// For how many more days the server's certificate is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_days: Option<i64>,
    /// How long the check took.
    pub duration_ms: u64,
}

/// One try of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckTry {
    /// What came of it.
    pub outcome: CheckOutcome,
    /// The status of the answer, or the exit status of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// How long it took; none where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// The answer to an HTTP request.
    Http,
    /// Whether a connection is accepted.
    Tcp,
    /// The exit status of a command.
    Run,
    /// Whether a second preview has no changes.
    Preview,
}

impl CheckKind {
    /// The kind's word, as in the settings and in the result.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Run => "run",
            Self::Preview => "preview",
        }
    }
}

/// What came of a check, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    /// What was asked for is so.
    Passed,
    /// It is not known: there was no time left, or nothing was reached that could tell.
    Inconclusive,
    /// It is not so.
    Failed,
}

impl CheckOutcome {
    /// The outcome's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

impl CheckResult {
    /// A check of which nothing more is known than its outcome.
    pub fn new(name: impl Into<String>, kind: CheckKind, outcome: CheckOutcome) -> Self {
        Self {
            name: name.into(),
            kind,
            outcome,
            message: None,
            hint: None,
            address: None,
            output: None,
            before: None,
            needed: 1,
            of: 1,
            tries: Vec::new(),
            early_tries: 0,
            worst_ms: None,
            certificate_days: None,
            duration_ms: 0,
        }
    }

    /// How many of the tries that count have passed.
    pub fn passed_tries(&self) -> usize {
        self.tries.iter().filter(|one| one.outcome == CheckOutcome::Passed).count()
    }

    /// "health: status 503, and 200 was wanted".
    pub(super) fn in_one_line(&self) -> String {
        let name = &self.name;
        self.message.as_ref().map_or_else(|| name.clone(), |message| format!("{name}: {message}"))
    }
}
