//! Entries as objects beside the state of a self-managed backend, one object for each:
//! `.stackstep/ledger/<project>/<stack>/000000000042.json`. The name is the number alone, so that of two writers of one
//! number only one can create it. A summary beside them spares later runs the reading of all.

use std::cell::Cell;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::bucket::{Bucket, Creation, Names};
use super::entry::LedgerEntry;
use super::history::History;
use super::trouble::LedgerTrouble;
use crate::base::error::Problem;

/// The number of entries that are read at once.
const AT_ONCE: usize = 16;

/// The number of entries after the summary from which on a new one is written.
const SUMMARY_AFTER: usize = 16;

/// The version of the summary. It changes with what [`History`] makes of an entry: a summary of another version is not
/// read, and the entries are.
const SUMMARY_FORM: u32 = 5;

/// The digits of a number in an object's name.
const DIGITS: usize = 12;

/// The summary's name.
const SUMMARY: &str = "summary.json";

/// The ledger of one stack in a bucket.
pub(super) struct ObjectLedger {
    bucket: Bucket,
    folder: String,
    project: String,
    stack: String,
    /// The number of requests, without those that were sent again.
    requests: Cell<u32>,
    /// The number of entries that were read beside the summary.
    beside_summary: Cell<usize>,
    keeps_apart: Cell<Option<bool>>,
}

#[derive(Serialize, Deserialize)]
struct SummaryFile<H> {
    form: u32,
    stack: String,
    history: H,
}

/// An entry as it was read: its number, and the entry or the reason why it can't be read.
pub(super) type ReadEntry = (u64, Result<LedgerEntry, String>);

impl ObjectLedger {
    /// The ledger of the stack in `bucket`.
    pub fn new(bucket: Bucket, project: &str, stack: &str) -> Self {
        Self {
            folder: format!(".stackstep/ledger/{project}/{stack}"),
            keeps_apart: Cell::new(bucket.is_known_to_keep_apart().then_some(true)),
            bucket,
            project: project.to_owned(),
            stack: stack.to_owned(),
            requests: Cell::new(0),
            beside_summary: Cell::new(0),
        }
    }

    /// The folder, for messages.
    pub fn shown(&self) -> String {
        format!("{} in {}", self.folder, self.bucket.shown())
    }

    /// Whether two writers at once are kept apart there. Not known before the first entry was written to a server that
    /// only speaks the protocol of S3.
    pub fn keeps_apart(&self) -> Option<bool> {
        self.keeps_apart.get()
    }

    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn count(&self, requests: usize) {
        self.requests.set(self.requests.get().saturating_add(u32::try_from(requests).unwrap_or(u32::MAX)));
    }

    /// What the entries say.
    pub async fn read(&self) -> Result<History, LedgerTrouble> {
        let mut history = self.summary().await?;
        let entries = self.entries_after(history.last()).await?;
        self.beside_summary.set(entries.len());
        for (number, entry) in entries {
            history.add_missing_before(number, history.last().saturating_add(1));
            match entry {
                Ok(entry) => history.add(entry),
                Err(why) => history.add_unreadable(number, why),
            }
        }
        Ok(history)
    }

    /// The summary, or an empty history where there is none that can be read.
    async fn summary(&self) -> Result<History, LedgerTrouble> {
        self.count(1);
        let bytes = self.bucket.read(&self.key(SUMMARY)).await?.unwrap_or_default();
        let file: Option<SummaryFile<History>> = serde_json::from_slice(&bytes).ok();
        let ours = |file: &SummaryFile<History>| file.form == SUMMARY_FORM && file.stack == self.named();
        Ok(file.filter(ours).map(|file| file.history).unwrap_or_default())
    }

    fn named(&self) -> String {
        format!("{}/{}", self.project, self.stack)
    }

    /// The entries after the number `after`, in order.
    pub async fn entries_after(&self, after: u64) -> Result<Vec<ReadEntry>, LedgerTrouble> {
        let last_read = name(after);
        let after = (after > 0).then_some(last_read.as_str());
        self.count(1);
        let names = self.bucket.list(Names { folder: &self.folder, beginning: "", after }).await?;
        let numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
        self.count(numbers.len());
        let mut entries = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(AT_ONCE) {
            let mut reading = JoinSet::new();
            for number in some.iter().copied() {
                let (bucket, key) = (self.bucket.clone(), self.key(&name(number)));
                reading.spawn(async move { (number, bucket.read(&key).await) });
            }
            while let Some(read) = reading.join_next().await {
                let (number, bytes) = read.map_err(|_| {
                    LedgerTrouble::broken(Problem::without_hint("the reading of an entry was stopped"))
                })?;
                entries.push((number, self.entry(number, bytes?.as_deref())));
            }
        }
        entries.sort_by_key(|(number, _)| *number);
        Ok(entries)
    }

    fn entry(&self, number: u64, bytes: Option<&[u8]>) -> Result<LedgerEntry, String> {
        let bytes = bytes.ok_or("it is listed, and is not there")?;
        let entry = LedgerEntry::read(bytes, number)?;
        if !entry.is_about(Some(&self.project), &self.stack) {
            return Err(format!("it is about the stack `{}`", entry.stack.escape_debug()));
        }
        Ok(entry)
    }

    /// Creates the entry. Its number is free if nobody else has taken it.
    pub async fn create(&self, entry: &LedgerEntry) -> Result<Creation, LedgerTrouble> {
        self.count(1);
        let key = self.key(&name(entry.number));
        let bytes: bytes::Bytes = entry.to_json().into_bytes().into();
        let creation = self.bucket.create(&key, bytes.clone()).await?;
        if creation == Creation::Taken && self.has(entry).await? {
            // The answer to the first try was lost.
            return Ok(Creation::Done);
        }
        if creation == Creation::Done && self.keeps_apart.get().is_none() {
            // A server that creates what is there already overwrites what another run has written.
            self.count(1);
            self.keeps_apart.set(Some(self.bucket.create(&key, bytes).await? == Creation::Taken));
        }
        Ok(creation)
    }

    /// Whether the entry there is this one.
    async fn has(&self, entry: &LedgerEntry) -> Result<bool, LedgerTrouble> {
        self.count(1);
        let bytes = self.bucket.read(&self.key(&name(entry.number))).await?.unwrap_or_default();
        Ok(LedgerEntry::read(&bytes, entry.number).is_ok_and(|there| there.id == entry.id))
    }

    /// Writes a summary, if enough entries have come since the last one. It only saves time: a failure does no harm.
    pub async fn summarise(&self, history: &History) {
        if self.beside_summary.get() < SUMMARY_AFTER || history.certain().is_err() {
            return;
        }
        let file = SummaryFile { form: SUMMARY_FORM, stack: self.named(), history };
        if let Ok(text) = serde_json::to_string(&file) {
            self.count(1);
            if self.bucket.replace(&self.key(SUMMARY), text.into()).await.is_ok() {
                self.beside_summary.set(0);
            }
        }
    }
}

/// The name of the object with this number.
fn name(number: u64) -> String {
    format!("{number:0DIGITS$}.json")
}

/// The number in an object's name. None for another object.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let is_number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_entries() {
        assert_eq!(name(42), "000000000042.json");
        assert_eq!(number("000000000042.json"), Some(42));
        for other in [
            "summary.json",
            "42.json",
            "000000000000.json",
            "00000000004x.json",
            "000000000042.json.attrs",
            "18446744073709551615.json",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
