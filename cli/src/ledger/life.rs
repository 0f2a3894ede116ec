//! What the entries say of a stack's life: for which change request it was opened, when its time to live ends, of what people
//! were warned, which tries of its destruction failed. A function of the entries, in the order of their numbers.

use serde::{Deserialize, Serialize};

use super::entry::{EntryKind, LedgerEntry};
use super::history::History;

/// The most failed tries of a destruction that are kept, the newest ones.
const FAILURES: usize = 10;

/// The most warnings that are kept, the newest ones.
const WARNINGS: usize = 10;

/// What the entries say of the stack's life.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StackLife {
    /// The last opening.
    opened: Option<Box<LedgerEntry>>,
    /// Whether the stack was destroyed since.
    over: bool,
    /// The last time to live that was set or extended since the stack was opened or destroyed.
    expiry: Option<Box<LedgerEntry>>,
    /// The warnings since the stack was opened or destroyed, the oldest first.
    warned: Vec<LedgerEntry>,
    /// The tries of a destruction in a row that failed, the oldest first.
    failures: Vec<LedgerEntry>,
    /// The last entry with an issue about these tries.
    issue: Option<Box<LedgerEntry>>,
    /// The last entry by which a person took the stack out of the sweep. None once it was opened anew.
    forgotten: Option<Box<LedgerEntry>>,
}

impl StackLife {
    /// Adds an entry of the kinds that are about the stack's life, or one that ends something of it.
    pub fn add(&mut self, entry: &LedgerEntry) {
        match entry.kind {
            EntryKind::Opened => {
                *self = Self { opened: Some(Box::new(entry.clone())), ..Self::default() };
            }
            EntryKind::Expiry => self.expiry = Some(Box::new(entry.clone())),
            EntryKind::Warned if entry.issue.is_some() => self.issue = Some(Box::new(entry.clone())),
            EntryKind::Warned => keep(&mut self.warned, entry, WARNINGS),
            EntryKind::DestroyFailed => keep(&mut self.failures, entry, FAILURES),
            // The opening stays: the stack may still be there, without resources.
            EntryKind::Destroyed => {
                let (opened, forgotten) = (self.opened.take(), self.forgotten.take());
                *self = Self { opened, forgotten, over: true, ..Self::default() };
            }
            EntryKind::Forgotten => {
                self.forgotten = Some(Box::new(entry.clone()));
                self.failures.clear();
                self.issue = None;
            }
            _ => {}
        }
    }

    /// The entries that are still needed.
    pub fn needed(&self) -> impl Iterator<Item = &LedgerEntry> {
        let single = [&self.opened, &self.expiry, &self.issue, &self.forgotten];
        single.into_iter().flatten().map(Box::as_ref).chain(&self.warned).chain(&self.failures)
    }
}

impl History {
    /// The opening of the stack for a change request, the last one: with the nonce, the repository's identity, the change
    /// request and its author. It stays after a destruction, as the stack may still be there without resources.
    pub fn opened(&self) -> Option<&LedgerEntry> {
        self.life.opened.as_deref()
    }

    /// The opening of the stack that has not been destroyed since.
    pub fn living(&self) -> Option<&LedgerEntry> {
        self.opened().filter(|_| !self.life.over)
    }

    /// The time to live that was set or extended last. None without one since the stack was opened or destroyed.
    pub fn expiry(&self) -> Option<&LedgerEntry> {
        self.life.expiry.as_deref()
    }

    /// The time at which the stack's time to live ends, as RFC 3339 in UTC: that of the last entry which sets one, else that of
    /// the opening. None for a stack that lives without one.
    pub fn expires(&self) -> Option<&str> {
        match (self.expiry(), self.opened()) {
            (Some(expiry), _) => expiry.expires.as_deref(),
            (None, opened) => opened?.expires.as_deref(),
        }
    }

    /// The last issue on the forge about the failed tries in a row. None if there is none since the stack was opened, destroyed
    /// or forgotten.
    pub fn destroy_issue(&self) -> Option<u64> {
        self.life.issue.as_ref().and_then(|entry| entry.issue)
    }

    /// The warnings since the stack was opened or destroyed, the oldest first, the newest ten.
    pub fn warnings(&self) -> &[LedgerEntry] {
        &self.life.warned
    }

    /// The tries of a destruction in a row that failed, the oldest first, the newest ten.
    pub fn destroy_failures(&self) -> &[LedgerEntry] {
        &self.life.failures
    }

    /// The entry by which a person took the stack out of the sweep. None once it was opened anew.
    pub fn forgotten(&self) -> Option<&LedgerEntry> {
        self.life.forgotten.as_deref()
    }
}

fn keep(entries: &mut Vec<LedgerEntry>, entry: &LedgerEntry, most: usize) {
    entries.push(entry.clone());
    let extra = entries.len().saturating_sub(most);
    entries.drain(..extra);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    const MONDAY: &str = "2026-11-30T12:00:00Z";
    const FRIDAY: &str = "2026-12-04T12:00:00Z";

    /// Whether people were warned in this way of the end at the time `expires`.
    fn was_warned(history: &History, expires: &str, which: &str) -> bool {
        let is_it = |entry: &LedgerEntry| {
            entry.expires.as_deref() == Some(expires) && entry.reason.as_deref() == Some(which)
        };
        history.warnings().iter().any(is_it)
    }

    #[derive(Default)]
    struct Book {
        history: History,
    }

    impl Book {
        fn add(&mut self, kind: EntryKind, change: impl FnOnce(&mut LedgerEntry)) -> u64 {
            let mut entry = LedgerEntry::new(kind, Some("shop"), "pr-7-0123abcd", UNIX_EPOCH);
            entry.number = self.history.last() + 1;
            change(&mut entry);
            let number = entry.number;
            self.history.add(entry);
            number
        }

        fn open(&mut self, nonce: &str) -> u64 {
            self.add(EntryKind::Opened, |entry| {
                entry.nonce = Some(nonce.to_owned());
                entry.repository = Some("github.com/123456".to_owned());
                entry.change_requests = vec![7];
                entry.expires = Some(MONDAY.to_owned());
            })
        }

        fn warn(&mut self, expires: &str, which: &str) -> u64 {
            self.add(EntryKind::Warned, |entry| {
                entry.expires = Some(expires.to_owned());
                entry.reason = Some(which.to_owned());
            })
        }
    }

    #[test]
    fn the_end_is_that_of_the_opening_until_it_is_set_anew() {
        let mut book = Book::default();
        assert_eq!(book.history.expires(), None);
        book.open("a1");
        assert_eq!(book.history.expires(), Some(MONDAY));
        book.add(EntryKind::Expiry, |entry| entry.expires = Some(FRIDAY.to_owned()));
        assert_eq!(book.history.expires(), Some(FRIDAY));
        book.add(EntryKind::Expiry, |_| ());
        assert_eq!(book.history.expires(), None, "an entry without a time takes it away");
    }

    #[test]
    fn the_opening_stays_after_a_destruction_and_the_rest_does_not() {
        let mut book = Book::default();
        book.open("a1");
        book.add(EntryKind::Expiry, |entry| entry.expires = Some(FRIDAY.to_owned()));
        book.warn(FRIDAY, "2d");
        book.add(EntryKind::DestroyFailed, |_| ());
        book.add(EntryKind::Destroyed, |_| ());
        let history = &book.history;
        assert_eq!(history.opened().and_then(|entry| entry.nonce.as_deref()), Some("a1"));
        assert_eq!((history.expires(), history.destroy_failures().len()), (Some(MONDAY), 0));
        assert!(!was_warned(history, FRIDAY, "2d"));
    }

    #[test]
    fn a_stack_that_is_opened_anew_begins_a_new_life() {
        let mut book = Book::default();
        book.open("a1");
        book.add(EntryKind::DestroyFailed, |_| ());
        book.add(EntryKind::Forgotten, |entry| entry.reason = Some("moved".to_owned()));
        assert!(book.history.forgotten().is_some() && book.history.destroy_failures().is_empty());
        book.open("b2");
        assert_eq!(book.history.forgotten(), None);
        assert_eq!(book.history.opened().and_then(|entry| entry.nonce.as_deref()), Some("b2"));
    }

    #[test]
    fn a_warning_counts_for_the_time_that_it_was_given_for() {
        let mut book = Book::default();
        book.open("a1");
        book.warn(MONDAY, "2d");
        assert!(was_warned(&book.history, MONDAY, "2d"));
        assert!(!was_warned(&book.history, MONDAY, "2h") && !was_warned(&book.history, FRIDAY, "2d"));
    }

    #[test]
    fn the_issue_is_that_of_the_failures_in_a_row() {
        let mut book = Book::default();
        book.open("a1");
        book.add(EntryKind::DestroyFailed, |_| ());
        assert_eq!(book.history.destroy_issue(), None);
        book.add(EntryKind::Warned, |entry| entry.issue = Some(12));
        assert_eq!(book.history.destroy_issue(), Some(12));
        book.add(EntryKind::Destroyed, |_| ());
        book.add(EntryKind::DestroyFailed, |_| ());
        assert_eq!(book.history.destroy_issue(), None);
    }

    #[test]
    fn a_ledger_without_room_keeps_what_the_answers_need() {
        let mut book = Book::default();
        let opened = book.open("a1");
        let expiry = book.add(EntryKind::Expiry, |entry| entry.expires = Some(FRIDAY.to_owned()));
        let warned = book.warn(FRIDAY, "2d");
        let failed = book.add(EntryKind::DestroyFailed, |_| ());
        for _ in 0..30 {
            book.add(EntryKind::Unlocked, |_| ());
        }
        let needed = book.history.needed();
        for number in [opened, expiry, warned, failed] {
            assert!(needed.contains(&number), "{number} of {needed:?}");
        }
    }
}
