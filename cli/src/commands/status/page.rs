//! How the stacks stand: what `stackstep status --json` prints. What is not known says so, with the reason, and is never
//! written as something that is not there.

use serde::Serialize;

/// The version of the form.
pub const FORM: u32 = 1;

/// How the stacks stand.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusPage {
    /// The version of this form.
    pub v: u32,
    /// The time of the look, as RFC 3339 in UTC.
    pub time: String,
    /// The stacks, in the order of the projects' folders.
    pub stacks: Vec<StackStatus>,
    /// What of the repository could not be read, so that stacks may be missing.
    pub problems: Vec<String>,
}

/// How one stack stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StackStatus {
    /// The stack, as far as its name is known: `acme/shop/prod`.
    pub name: String,
    /// The stack's own name.
    pub stack: String,
    /// The project.
    pub project: Option<String>,
    /// The project's folder, from the top of the repository.
    pub cwd: Option<String>,
    /// The address of the backend, without credentials.
    pub backend: Option<String>,
    /// The ledger, from which all but the lock is read.
    pub ledger: LedgerStatus,
    /// The last deployment that succeeded.
    pub deployed: StatusFact<StatusEntry>,
    /// The last verification of what is deployed, whatever its result.
    pub verified: StatusFact<StatusEntry>,
    /// The last verification that passed, of whatever was deployed then.
    pub last_verified: StatusFact<StatusEntry>,
    /// The holds in force, the oldest first.
    pub held: StatusFact<Vec<StatusEntry>>,
    /// The last refusal, if nothing was deployed since. The gate `approval` waits for people.
    pub refused: StatusFact<StatusEntry>,
    /// The deployments after the last one that succeeded of which no end is known: under way, or killed.
    pub unfinished: StatusFact<Vec<StatusEntry>>,
    /// The last deployment without what is needed otherwise.
    pub glass_broken: StatusFact<StatusEntry>,
    /// The changes that people have accepted and no deployment has carried out.
    pub accepted: StatusFact<Vec<StatusEntry>>,
    /// The locks of the stack, or the update that runs.
    pub lock: StatusFact<Vec<LockStatus>>,
    /// Whether the resources still are what was deployed, by the last look. What was accepted has `expires`, with who has
    /// accepted it and why.
    pub drift: StatusFact<StatusEntry>,
    /// Whether the stack is to be deleted, and when.
    pub expiry: StatusFact<StatusEntry>,
}

/// A fact about a stack.
#[derive(Debug, Serialize, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StatusFact<T> {
    /// There is none, by what was read.
    None,
    /// It could not be read.
    NotKnown {
        /// The reason.
        why: String,
    },
    /// Nobody looks for it yet.
    NotLooked {
        /// The reason.
        why: String,
    },
    /// It is this.
    Found {
        /// The fact.
        value: T,
    },
}

/// The ledger of a stack.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerStatus {
    /// The place, and why it lies there. None if it is not known.
    pub place: Option<String>,
    /// Whether its entries are all there and can be read. None if it was not read.
    pub certain: Option<bool>,
    /// The reason why it is not certain, or was not read.
    pub why: Option<String>,
}

/// An entry of the ledger, with what people ask about it.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusEntry {
    /// The number of the entry.
    pub number: u64,
    /// Its time, by the writer's clock, as RFC 3339 in UTC.
    pub time: String,
    /// The person or the machine account.
    pub who: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The hash of what was deployed.
    pub source: Option<String>,
    /// The digest of the reviewed change.
    pub digest: Option<String>,
    /// The run, by the CI system's id.
    pub run: Option<String>,
    /// The run's page.
    pub url: Option<String>,
    /// The result of a verification: `succeeded`, `failed`, `inconclusive`.
    pub result: Option<String>,
    /// The checks that did not pass, each with its result.
    pub not_passed: Vec<String>,
    /// The gate that refused: `approval`, `reviewed`, `rules`, `gate`.
    pub gate: Option<String>,
    /// The reason, in a person's words.
    pub reason: Option<String>,
    /// A page with more.
    pub link: Option<String>,
    /// The time after which it does not count.
    pub expires: Option<String>,
    /// Whether it does not count any more. None for what does not expire.
    pub expired: Option<bool>,
}

/// A lock of a stack.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LockStatus {
    /// What holds it: `the lock of ci@runner-1 (pid 7)`, or at Pulumi Cloud `update by ann`.
    pub holder: String,
    /// The time of its beginning, in RFC 3339. None if it is not told.
    pub since: Option<String>,
}

impl<T> StatusFact<T> {
    /// The fact of a value that may not be there.
    pub(super) fn if_any(value: Option<T>) -> Self {
        value.map_or(Self::None, |value| Self::Found { value })
    }

    /// What could not be read, for this reason.
    pub(super) fn not_known(why: &str) -> Self {
        Self::NotKnown { why: why.to_owned() }
    }

    /// The fact, where nothing that was found proves nothing, for this reason. Without a reason it stays.
    pub(super) fn or_not_known(self, why: Option<&str>) -> Self {
        match (self, why) {
            (Self::None, Some(why)) => Self::not_known(why),
            (fact, _) => fact,
        }
    }

    /// The value, if it was found.
    pub(super) fn found(&self) -> Option<&T> {
        match self {
            Self::Found { value } => Some(value),
            Self::None | Self::NotKnown { .. } | Self::NotLooked { .. } => None,
        }
    }

    /// Whether it could not be read.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::NotKnown { .. })
    }
}

impl<T> StatusFact<Vec<T>> {
    /// The fact of a list, which may be empty.
    pub(super) fn of_all(values: Vec<T>) -> Self {
        Self::if_any((!values.is_empty()).then_some(values))
    }
}

impl StackStatus {
    /// Whether something could not be read, or is not certain.
    pub(super) fn is_incomplete(&self) -> bool {
        self.ledger.certain != Some(true) || self.lock.is_unknown()
    }
}
