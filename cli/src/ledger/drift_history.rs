//! What the entries of a ledger say of drift: the last look, the last one that came to know something, what people accept.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::entry::{EntryKind, EntryStatus, LedgerEntry};

/// The most acceptances that are kept, the newest ones.
const ACCEPTED: usize = 20;

/// What the entries say of drift.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftHistory {
    /// The last look, whatever it came to.
    last: Option<Box<LedgerEntry>>,
    /// The last look that came to know whether there is drift.
    known: Option<Box<LedgerEntry>>,
    /// The acceptances, the oldest first.
    accepted: Vec<LedgerEntry>,
}

impl DriftHistory {
    /// Adds the next entry, of one of the two kinds.
    pub(super) fn add(&mut self, entry: LedgerEntry) {
        if entry.kind == EntryKind::DriftAccepted {
            self.accepted.push(entry);
            let extra = self.accepted.len().saturating_sub(ACCEPTED);
            self.accepted.drain(..extra);
            return;
        }
        if matches!(entry.status, Some(EntryStatus::Found | EntryStatus::NoneFound)) {
            self.known = Some(Box::new(entry.clone()));
        }
        self.last = Some(Box::new(entry));
    }

    /// The entries that are still needed.
    pub(super) fn needed(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.last.iter().chain(&self.known).map(Box::as_ref).chain(&self.accepted)
    }

    /// The last look, whatever it came to.
    pub fn last(&self) -> Option<&LedgerEntry> {
        self.last.as_deref()
    }

    /// The last look that came to know whether there is drift.
    pub fn known(&self) -> Option<&LedgerEntry> {
        self.known.as_deref()
    }

    /// The drift that the last look with an answer has found. None if it found none.
    pub fn found(&self) -> Option<&LedgerEntry> {
        self.known().filter(|look| look.status == Some(EntryStatus::Found))
    }

    /// The issue that follows the drift up, by the last look that names one.
    pub fn issue(&self) -> Option<u64> {
        self.last().and_then(|look| look.issue).or_else(|| self.known()?.issue)
    }

    /// The acceptance of the drift with this digest that counts at this time, the last one of several.
    pub fn accepted(&self, digest: &str, now: SystemTime) -> Option<&LedgerEntry> {
        self.accepted.iter().rfind(|entry| entry.is_about_change(digest) && !entry.is_over(now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn look(number: u64, status: EntryStatus, digest: Option<&str>, issue: Option<u64>) -> LedgerEntry {
        let mut entry = LedgerEntry::new(EntryKind::Drift, Some("shop"), "prod", UNIX_EPOCH);
        (entry.number, entry.status, entry.issue) = (number, Some(status), issue);
        entry.digest = digest.map(str::to_owned);
        entry
    }

    fn number(look: Option<&LedgerEntry>) -> Option<u64> {
        look.map(|look| look.number)
    }

    #[test]
    fn a_look_that_does_not_know_takes_nothing_away_from_what_an_earlier_one_has_found() {
        let mut drift = DriftHistory::default();
        drift.add(look(1, EntryStatus::Found, Some("sha256:aa"), Some(7)));
        drift.add(look(2, EntryStatus::NotKnown, None, None));
        assert_eq!((number(drift.last()), number(drift.found())), (Some(2), Some(1)));
        assert_eq!(drift.issue(), Some(7));
        drift.add(look(3, EntryStatus::NoneFound, None, Some(7)));
        assert_eq!((number(drift.known()), number(drift.found())), (Some(3), None));
    }

    #[test]
    fn an_acceptance_counts_for_its_drift_and_until_its_time_is_over() {
        let mut entry = LedgerEntry::new(EntryKind::DriftAccepted, Some("shop"), "prod", UNIX_EPOCH);
        entry.digest = Some("sha256:aa".to_owned());
        let hour = Duration::from_secs(3600);
        let mut drift = DriftHistory::default();
        drift.add(entry.counting_for(hour, UNIX_EPOCH));
        assert!(drift.accepted("sha256:aa", UNIX_EPOCH).is_some());
        assert!(drift.accepted("sha256:bb", UNIX_EPOCH).is_none());
        assert!(drift.accepted("sha256:aa", UNIX_EPOCH + hour).is_none());
    }
}
