//! The verdict of the rules on a run's changes, as it stands in the result file. The room `rules` makes it.

use serde::{Deserialize, Serialize};

/// The verdict of all rules together, and of each one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RulesOutcome {
    /// The worst of the verdicts, which decides.
    pub verdict: RuleVerdict,
    /// The time by which freezes and exceptions were judged, in Unix seconds: that of the job's machine.
    pub judged_at: u64,
    /// The verdict of each rule that is set, the worst first.
    pub rulings: Vec<Ruling>,
    /// The exceptions that have expired or match nothing, a sentence each.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// The verdict of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RuleVerdict {
    /// The changes may be deployed.
    Allowed,
    /// The changes may be deployed with an approval.
    Approval,
    /// The changes may not be deployed.
    Refused,
}

/// What one rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ruling {
    /// The rule's name.
    pub rule: String,
    /// Its verdict.
    pub verdict: RuleVerdict,
    /// What was found, and what the rule allows: `201 to delete, at most 0`.
    pub finding: String,
    /// How many resources, warnings or policy packs the verdict rests on; `null` where that is not known.
    pub count: Option<u64>,
    /// The first of those resources, by URN.
    #[serde(default)]
    pub resources: Vec<String>,
    /// How many more resources there are.
    #[serde(default)]
    pub more_resources: u64,
    /// Whose approval it takes: one of each list. An empty list stands for anybody whose approvals count.
    #[serde(default)]
    pub approval_from: Vec<Vec<String>>,
    /// Where the rule is set: the file and its key, or the inputs of the run.
    pub set_in: Vec<String>,
    /// What to do about it.
    pub way_out: Option<String>,
    /// The exceptions that let something through.
    #[serde(default)]
    pub let_through: Vec<LetThrough>,
}

/// An exception that let something through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetThrough {
    /// The pattern for the resources that it is about; `null` for an exception from the whole rule.
    pub urn: Option<String>,
    /// Its last day, in UTC.
    pub until: String,
    /// The reason that was given for it.
    pub because: String,
    /// How many resources, warnings or policy packs it let through.
    pub count: u64,
}

impl RuleVerdict {
    /// The verdict's word in the result and in a job's outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Approval => "approval",
            Self::Refused => "refused",
        }
    }
}

impl RulesOutcome {
    /// The rulings of this verdict.
    pub fn rulings_of(&self, verdict: RuleVerdict) -> impl Iterator<Item = &Ruling> {
        self.rulings.iter().filter(move |ruling| ruling.verdict == verdict)
    }

    /// The rulings that decide: those of the worst verdict, if it is not that all is allowed.
    pub fn deciding(&self) -> impl Iterator<Item = &Ruling> {
        let verdict = self.verdict;
        self.rulings_of(verdict).filter(move |_| verdict != RuleVerdict::Allowed)
    }

    /// The findings that decide, in one line: `201 to delete, at most 0`. Empty if all is allowed.
    pub fn findings(&self) -> String {
        self.deciding().map(|ruling| ruling.finding.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// The verdict in one line: ``refused by the rule `max-deletes`: 201 to delete, at most 0``.
    pub fn in_one_line(&self) -> String {
        let names: Vec<String> = self.deciding().map(|ruling| format!("`{}`", ruling.rule)).collect();
        let rules = if names.len() == 1 { "rule" } else { "rules" };
        let by = format!("by the {rules} {}: {}", names.join(", "), self.findings());
        match self.verdict {
            RuleVerdict::Allowed => "allowed by the rules".to_owned(),
            RuleVerdict::Approval => format!("an approval is needed {by}"),
            RuleVerdict::Refused => format!("refused {by}"),
        }
    }

    /// Whose approval it takes: one of each list; an empty list stands for anybody whose approvals count. Empty if
    /// there is no need for one.
    pub fn approval_from(&self) -> Vec<&[String]> {
        let mut lists: Vec<&[String]> = self
            .rulings_of(RuleVerdict::Approval)
            .flat_map(|ruling| ruling.approval_from.iter().map(Vec::as_slice))
            .collect();
        lists.sort_unstable();
        lists.dedup();
        lists
    }
}
