//! The ledger of one stack: where it lies, what it says, and the appending of an entry.

use std::cell::RefCell;
use std::time::Duration;

use super::bucket::Creation;
use super::deployments::ForgeLedger;
use super::entry::{LAST_NUMBER, LedgerEntry};
use super::history::History;
use super::objects::{ObjectLedger, ReadEntry};
use super::tags::TagLedger;
use super::trouble::{LedgerTrouble, LedgerTroubleKind};
use crate::base::error::Problem;

/// The most rounds of an append: each one that is lost was won by another writer.
const ROUNDS: u32 = 40;

/// The rounds after which a writer waits a little before the next one.
const EAGER: u32 = 3;

/// The ledger of one stack.
pub struct Ledger {
    store: LedgerStore,
    /// The reason why it lies there.
    why: String,
    /// What the entries said when this process read or wrote them last.
    known: RefCell<Option<History>>,
}

/// The place of the entries.
pub(super) enum LedgerStore {
    Objects(ObjectLedger),
    Tags(TagLedger),
    Forge(ForgeLedger),
    Nowhere(Problem),
}

/// The reason why an entry was not appended.
#[derive(Debug)]
pub enum NotAppended<E> {
    /// The decision was against it.
    Decided(E),
    /// The ledger can't be used.
    Trouble(LedgerTrouble),
}

impl Ledger {
    pub(super) fn in_store(store: LedgerStore, why: impl Into<String>) -> Self {
        Self { store, why: why.into(), known: RefCell::new(None) }
    }

    /// No ledger, for this reason.
    pub fn none(reason: Problem) -> Self {
        Self::in_store(LedgerStore::Nowhere(reason), "")
    }

    /// The reason why there is none. None if there is one.
    pub fn missing(&self) -> Option<&Problem> {
        match &self.store {
            LedgerStore::Nowhere(reason) => Some(reason),
            _ => None,
        }
    }

    /// The place of the entries and the reason why they are there, for the log.
    pub fn shown(&self) -> String {
        let place = match &self.store {
            LedgerStore::Objects(objects) => objects.shown(),
            LedgerStore::Tags(tags) => tags.shown(),
            LedgerStore::Forge(forge) => forge.shown(),
            LedgerStore::Nowhere(reason) => return format!("none: {}", reason.what),
        };
        format!("{place} ({})", self.why)
    }

    /// Whether an entry has room for the record of a change.
    pub fn has_room_for_records(&self) -> bool {
        matches!(self.store, LedgerStore::Objects(_))
    }

    /// What can't be promised with this ledger, one sentence each. It can grow by the first entry that is written.
    pub fn not_promised(&self) -> Vec<String> {
        match &self.store {
            LedgerStore::Objects(objects) if objects.keeps_apart() == Some(false) => vec![
                "the server of the bucket overwrites what is there already, so that two runs at once can use the same \
                 approval"
                    .to_owned(),
            ],
            LedgerStore::Objects(_) => Vec::new(),
            LedgerStore::Tags(_) => vec![
                "an entry that is written in the moment in which another job begins an update or a preview of the \
                 stack can be lost; a gap is noticed by the next run"
                    .to_owned(),
                "the tags hold the last 20 entries and what is still open: an approval that was used before them is \
                 not recognised"
                    .to_owned(),
            ],
            LedgerStore::Forge(_) => vec![
                "whoever may write deployments of the repository may write the ledger".to_owned(),
                "the forge orders entries and does not refuse them: two runs at once are kept apart as far as it shows \
                 each its own and the other's entry"
                    .to_owned(),
            ],
            LedgerStore::Nowhere(_) => vec![
                "an approval may count more than once".to_owned(),
                "a deployment that was killed can't be recognised, nor finished under its approval".to_owned(),
                "what was verified is not known to a promotion".to_owned(),
            ],
        }
    }

    /// Whether it has room for entries that say nothing new.
    pub fn is_roomy(&self) -> bool {
        matches!(self.store, LedgerStore::Objects(_))
    }

    /// The number of requests so far, without those that were sent again.
    pub fn requests(&self) -> u32 {
        match &self.store {
            LedgerStore::Objects(objects) => objects.requests(),
            LedgerStore::Tags(tags) => tags.requests(),
            LedgerStore::Forge(forge) => forge.requests(),
            LedgerStore::Nowhere(_) => 0,
        }
    }

    /// What the entries say now. None without a ledger.
    pub async fn history(&self) -> Result<Option<History>, LedgerTrouble> {
        let read = match &self.store {
            LedgerStore::Objects(objects) => Box::pin(objects.read()).await,
            LedgerStore::Tags(tags) => Box::pin(tags.read()).await,
            LedgerStore::Forge(forge) => Box::pin(forge.read()).await,
            LedgerStore::Nowhere(_) => return Ok(None),
        };
        let history = read.map_err(LedgerTrouble::of_the_ledger)?;
        *self.known.borrow_mut() = Some(history.clone());
        Ok(Some(history))
    }

    /// All entries that are there, in order, each with its number: an entry that can't be read has the reason instead.
    /// None without a ledger. Reads each of them.
    pub async fn entries(&self) -> Result<Option<Vec<ReadEntry>>, LedgerTrouble> {
        let read = match &self.store {
            LedgerStore::Objects(objects) => objects.entries_after(0).await,
            LedgerStore::Tags(tags) => tags.entries().await,
            LedgerStore::Forge(forge) => forge.entries().await,
            LedgerStore::Nowhere(_) => return Ok(None),
        };
        read.map(Some).map_err(LedgerTrouble::of_the_ledger)
    }

    /// The entries that are missing among these: the first and the last number of each gap. Where old ones are not kept, only
    /// those count that should be there.
    pub fn missing_among(&self, entries: &[ReadEntry]) -> Vec<(u64, u64)> {
        let (Some((first, _)), Some((last, _))) = (entries.first(), entries.last()) else {
            return Vec::new();
        };
        let from = match &self.store {
            LedgerStore::Objects(_) => 1,
            LedgerStore::Tags(_) => TagLedger::first_kept(*last),
            LedgerStore::Forge(_) | LedgerStore::Nowhere(_) => *first,
        };
        let mut next = from;
        let mut missing = Vec::new();
        for (number, _) in entries.iter().filter(|(number, _)| *number >= from) {
            if *number > next {
                missing.push((next, number - 1));
            }
            next = number.saturating_add(1);
        }
        missing
    }

    /// Appends the entry that `decide` makes of what the entries say. If another writer comes first, it decides anew: of
    /// two runs that both want the last free approval, the second one sees that it is used. Returns the entry with its
    /// number; none without a ledger, in which case nothing is decided.
    ///
    /// The first decision is made of what this process has read before, if it has: if that is not the newest any more,
    /// the number is taken, and it decides anew.
    pub async fn append<E>(
        &self,
        decide: impl FnMut(&History) -> Result<LedgerEntry, E>,
    ) -> Result<Option<LedgerEntry>, NotAppended<E>> {
        // What it holds on its way is large, and lies elsewhere.
        Box::pin(self.append_in_rounds(decide)).await
    }

    async fn append_in_rounds<E>(
        &self,
        mut decide: impl FnMut(&History) -> Result<LedgerEntry, E>,
    ) -> Result<Option<LedgerEntry>, NotAppended<E>> {
        let trouble = |trouble: LedgerTrouble| NotAppended::Trouble(trouble.of_the_ledger());
        let mut known = self.known.borrow_mut().take();
        for round in 0..ROUNDS {
            let before = known.take().map(|history| (decide(&history), history));
            let (mut entry, mut history) = match before {
                Some((Ok(entry), history)) => (entry, history),
                // A decision against it is made of the newest entries only.
                Some((Err(_), _)) | None => {
                    let Some(history) = self.history().await.map_err(NotAppended::Trouble)? else {
                        return Ok(None);
                    };
                    (decide(&history).map_err(NotAppended::Decided)?, history)
                }
            };
            entry.number =
                history.last().checked_add(1).filter(|number| *number <= LAST_NUMBER).ok_or_else(|| {
                    trouble(LedgerTrouble::broken(Problem::new(
                        "the ledger has an entry with the last number that there is",
                        "remove it, and run the job again",
                    )))
                })?;
            let creation = match &self.store {
                LedgerStore::Objects(objects) => Box::pin(objects.create(&entry)).await,
                LedgerStore::Tags(tags) => Box::pin(tags.create(&entry)).await,
                LedgerStore::Forge(forge) => Box::pin(forge.create(&entry)).await,
                LedgerStore::Nowhere(_) => return Ok(None),
            };
            if creation.map_err(trouble)? == Creation::Done {
                history.add(entry.clone());
                match &self.store {
                    LedgerStore::Objects(objects) => Box::pin(objects.summarise(&history)).await,
                    LedgerStore::Tags(tags) => Box::pin(tags.tidy(&history)).await,
                    LedgerStore::Forge(_) | LedgerStore::Nowhere(_) => {}
                }
                *self.known.borrow_mut() = Some(history);
                return Ok(Some(entry));
            }
            if round >= EAGER {
                tokio::time::sleep(Duration::from_millis(u64::from(round) * 10)).await;
            }
        }
        Err(trouble(LedgerTrouble {
            kind: LedgerTroubleKind::Contended,
            problem: Problem::new(
                format!("{ROUNDS} times another run wrote the next entry first"),
                "let fewer jobs deploy this stack at once, and run the job again",
            ),
        }))
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Ledger").field(&self.shown()).finish()
    }
}

#[cfg(test)]
mod tests;
