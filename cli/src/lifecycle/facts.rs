//! What a sweep knows of a stack before it decides. A fact that could not be read is its reason, and never nothing.

use std::time::Duration;

use super::ownership::FoundStack;
use super::review_name::{RepositoryIdentity, ReviewName};
use super::time_to_live::latest;
use crate::base::moment::Moment;
use crate::ledger::entry::LedgerEntry;
use crate::ledger::history::History;
use crate::ledger::state_identity::StateIdentity;

/// A fact, or the reason why it is not known.
pub type ReadFact<T> = Result<T, String>;

/// A stack of a backend, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptStack {
    /// The project.
    pub project: String,
    /// The stack's own name.
    pub stack: String,
    /// Whether `reapable` of the default branch's file allows the name.
    pub reapable: bool,
    /// The reason why the stack may never be destroyed by a sweep, such as an entry with approvals in the file.
    pub protected: Option<String>,
    /// The name, if it has the form of a change request's own stack.
    pub name: Option<ReviewName>,
    /// What the ledger says of the stack's life.
    pub life: ReadFact<LifeFacts>,
    /// What lies in the backend.
    pub held: ReadFact<HeldFacts>,
    /// How the change request stands for which the ledger says that the stack was opened; not asked for (`Ok(None)`) where
    /// there is none.
    pub request: ReadFact<Option<RequestFacts>>,
}

/// What the ledger says of the stack's life. Times are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LifeFacts {
    /// The last opening.
    pub opened: Option<LedgerEntry>,
    /// The latest time to which people may put off the end. None without a limit.
    pub latest: Option<u64>,
    /// The end of the time to live.
    pub expires: Option<u64>,
    /// The identity of the state that the time to live was set for. None for that of an opening.
    pub expires_for: Option<String>,
    /// Whether the time to live was set by a run before it made the stack, and for no state since then.
    pub expires_from_nothing: bool,
    /// The warnings that people were given.
    pub warned: Vec<GivenWarning>,
    /// The times of the destructions in a row that failed.
    pub failures: Vec<u64>,
    /// Whether there is an issue about these.
    pub has_issue: bool,
    /// Whether a person has taken the stack out of the sweep.
    pub forgotten: bool,
}

/// A warning that people were given. Times are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenWarning {
    /// Which one.
    pub which: Warning,
    /// The time at which it was given.
    pub at: u64,
    /// The end that it warned of. It counts for no other one.
    pub end: u64,
}

impl LifeFacts {
    /// What a ledger says. `ttl_max` is how long after its opening a stack may live at most. Fails with the reason if the end
    /// can't be read.
    pub fn from_history(history: &History, ttl_max: Option<Duration>) -> ReadFact<Self> {
        let seconds = |time: &str| Moment::parse(time).map(Moment::unix);
        let expires = match history.expires() {
            None => None,
            Some(time) => Some(seconds(time).ok_or("the end of its time to live can't be read")?),
        };
        let given = |entry: &LedgerEntry| {
            let which = Warning::from_word(entry.reason.as_deref()?)?;
            Some(GivenWarning { which, at: seconds(&entry.time)?, end: seconds(entry.expires.as_deref()?)? })
        };
        Ok(Self {
            opened: history.opened().cloned(),
            latest: history.opened().and_then(|opened| latest(&opened.time, ttl_max)),
            expires,
            expires_for: history.expiry().and_then(|entry| entry.state_after.clone()),
            expires_from_nothing: history.expiry().is_some_and(is_from_nothing),
            warned: history.warnings().iter().filter_map(given).collect(),
            failures: history
                .destroy_failures()
                .iter()
                .map(|entry| seconds(&entry.time).unwrap_or(0))
                .collect(),
            has_issue: history.destroy_issue().is_some(),
            forgotten: history.forgotten().is_some(),
        })
    }

    /// The end of the time to live, in seconds since 1970: the one that the ledger has, or the latest one that the file allows
    /// while the label keeps the stack (`is_kept`). None if it lives without an end.
    pub fn end(&self, is_kept: bool) -> Option<u64> {
        let expires = self.expires?;
        if is_kept { self.latest.map(|latest| latest.max(expires)) } else { Some(expires) }
    }

    /// The time of the first warning of this end, in seconds since 1970. None without one.
    pub fn first_warning(&self, end: u64) -> Option<u64> {
        self.warned.iter().filter(|warning| warning.end == end).map(|warning| warning.at).min()
    }
}

/// Whether an entry gives a stack its end that was not there.
fn is_from_nothing(entry: &LedgerEntry) -> bool {
    entry.state_after.is_none() && entry.state_before == Some(StateIdentity::NoStack.to_string())
}

impl SweptStack {
    /// The end of the stack's time to live, in seconds since 1970; the label counts for an open change request. None if it lives
    /// without an end.
    pub fn end(&self) -> Option<u64> {
        let is_kept = |request: &RequestFacts| request.kept && request.standing == RequestStanding::Open;
        let request = self.request.as_ref().ok().and_then(Option::as_ref);
        self.life.as_ref().ok()?.end(request.is_some_and(is_kept))
    }
}

/// What lies in the backend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldFacts {
    /// What its ownership is judged by.
    pub found: FoundStack,
    /// The identity of the state.
    pub state: String,
    /// What holds a lock of the stack.
    pub locked_by: Option<String>,
}

/// How a change request stands, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// The number that the answer is about.
    pub number: u64,
    /// The immutable id of the repository that the answer is about. None if it does not say.
    pub repository: Option<String>,
    /// Whether it is open, and since when it is not.
    pub standing: RequestStanding,
    /// Whether it has the label that keeps its stacks.
    pub kept: bool,
}

/// Whether a change request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStanding {
    /// It is open.
    Open,
    /// It was closed or merged at this time.
    ClosedAt(u64),
}

/// A warning before the end of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Two days before.
    TwoDays,
    /// Two hours before.
    TwoHours,
}

impl Warning {
    /// The warning as the ledger has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::TwoDays => "2d",
            Self::TwoHours => "2h",
        }
    }

    /// The warning by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::TwoDays, Self::TwoHours].into_iter().find(|one| one.word() == word)
    }
}

/// What limits a sweep. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRules {
    /// The identity of the repository whose stacks are swept.
    pub repository: RepositoryIdentity,
    /// The time by the clock of the sweep.
    pub now: u64,
    /// The time for which a change request has to have been closed.
    pub grace: u64,
    /// The most destructions of one sweep.
    pub max_destroys: usize,
    /// The largest share of our stacks that one sweep destroys, in percent. It does not count up to three.
    pub max_share: usize,
}
