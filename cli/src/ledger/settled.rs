//! Whether a stack is as the commit describes it that it last deployed: a deployment that failed, one of some resources only and
//! a destruction of some leave it in between, until the next whole one.

use serde::{Deserialize, Serialize};

use super::entry::{EntryKind, EntryStatus, LedgerEntry};
use super::history::History;

/// What was done to the stack since its last whole deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settled {
    /// The end of the last operation that has left it in between.
    between: Option<Box<LedgerEntry>>,
}

impl Settled {
    /// Adds the next entry, of any kind.
    pub fn add(&mut self, entry: &LedgerEntry) {
        let is_accepted = entry.kind == EntryKind::Accepted && entry.digest.is_none();
        // What a person has looked at, and found to be as a commit describes it.
        if entry.kind == EntryKind::Destroyed || is_accepted && entry.commit.is_some() {
            self.between = None;
        }
    }

    /// Adds the end of an operation, with what its reservation says.
    pub fn finish(&mut self, entry: &LedgerEntry) {
        match entry.command.as_deref() {
            None | Some("up") if entry.status == Some(EntryStatus::Succeeded) && !entry.in_part => {
                self.between = None;
            }
            // It reads what is there.
            Some("refresh") => {}
            _ => self.between = Some(Box::new(entry.clone())),
        }
    }

    /// The entries that are still needed.
    pub fn needed(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.between.iter().map(Box::as_ref)
    }
}

/// How a stack stands to the commit that it last deployed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LastDeployment<'h> {
    /// Nothing is deployed, as far as the ledger knows.
    Never,
    /// An operation has not ended, or was killed.
    Unfinished(&'h LedgerEntry),
    /// An operation has left it between two commits.
    Between(&'h LedgerEntry),
    /// It is as the entry's commit describes it.
    Whole(&'h LedgerEntry),
}

impl History {
    /// How the stack stands to the commit that it last deployed.
    pub fn last_deployment(&self) -> LastDeployment<'_> {
        let last = self.deployed().map_or(0, |deployed| deployed.number);
        if let Some(open) = self.unfinished().iter().rfind(|entry| entry.number > last) {
            return LastDeployment::Unfinished(open);
        }
        match (self.settled.between.as_deref(), self.deployed()) {
            (Some(between), _) => LastDeployment::Between(between),
            (None, Some(deployed)) => LastDeployment::Whole(deployed),
            (None, None) => LastDeployment::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// What a ledger says of deployments: the command, how it ended (none: not), whether it was of some resources only.
    fn history(operations: &[(&str, Option<EntryStatus>, bool)]) -> History {
        let mut history = History::default();
        let mut number = 0;
        for (command, end, in_part) in operations {
            let mut entry =
                LedgerEntry::new(EntryKind::Reserved, Some("shop"), "prod", SystemTime::UNIX_EPOCH);
            number += 1;
            entry.number = number;
            entry.commit = Some(format!("commit {number}"));
            (entry.command, entry.in_part) = (Some((*command).to_owned()), *in_part);
            history.add(entry.clone());
            if let Some(end) = end {
                let mut finished =
                    LedgerEntry::new(EntryKind::Finished, Some("shop"), "prod", SystemTime::UNIX_EPOCH);
                number += 1;
                (finished.number, finished.about) = (number, Some(entry.number));
                finished.status = Some(end.clone());
                history.add(finished);
            }
        }
        history
    }

    const DONE: Option<EntryStatus> = Some(EntryStatus::Succeeded);
    const FAILED: Option<EntryStatus> = Some(EntryStatus::Failed);

    fn whole(history: &History) -> Option<&str> {
        match history.last_deployment() {
            LastDeployment::Whole(entry) => entry.commit.as_deref(),
            _ => None,
        }
    }

    #[test]
    fn the_last_deployment_that_succeeded_counts() {
        assert_eq!(history(&[]).last_deployment(), LastDeployment::Never);
        assert_eq!(whole(&history(&[("up", DONE, false), ("up", DONE, false)])), Some("commit 3"));
        assert_eq!(whole(&history(&[("up", FAILED, false), ("up", DONE, false)])), Some("commit 3"));
    }

    #[test]
    fn what_leaves_a_stack_in_between_counts_until_the_next_whole_deployment() {
        for between in [("up", FAILED, false), ("up", DONE, true), ("destroy", DONE, true)] {
            let first = ("up", DONE, false);
            let refresh = ("refresh", DONE, false);
            let standing = history(&[first.clone(), between.clone(), refresh]);
            assert!(matches!(standing.last_deployment(), LastDeployment::Between(_)), "{between:?}");
            assert_eq!(whole(&history(&[first.clone(), between, first])), Some("commit 5"));
        }
    }

    #[test]
    fn a_deployment_without_an_end_is_one_that_may_have_changed_anything() {
        let standing = history(&[("up", DONE, false), ("up", None, false), ("refresh", DONE, false)]);
        assert!(matches!(standing.last_deployment(), LastDeployment::Unfinished(_)));
    }

    #[test]
    fn a_refresh_leaves_what_is_deployed() {
        let standing = history(&[("up", DONE, false), ("refresh", FAILED, false)]);
        assert_eq!(whole(&standing), Some("commit 1"));
    }

    #[test]
    fn what_a_person_has_looked_at_is_what_is_deployed() {
        let mut standing = history(&[("up", DONE, false), ("up", FAILED, false)]);
        let mut accepted =
            LedgerEntry::new(EntryKind::Accepted, Some("shop"), "prod", SystemTime::UNIX_EPOCH);
        (accepted.number, accepted.commit) = (5, Some("looked at".to_owned()));
        standing.add(accepted);
        assert_eq!(whole(&standing), Some("looked at"));
    }
}
