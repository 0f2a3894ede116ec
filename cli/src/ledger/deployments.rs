//! Entries on the forge's page of deployments, for a state beside which nothing can be written: each is a record with the
//! entry as its text. A forge can't create a record only if it is absent, so that of two with one number the earlier one
//! counts, by the forge's own order.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::bucket::Creation;
use super::entry::{LAST_NUMBER, LedgerEntry, compact};
use super::history::History;
use super::objects::ReadEntry;
use super::trouble::{LedgerTrouble, LedgerTroubleKind};
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::Http;
use crate::forge::trouble::TroubleKind;
use crate::forge::{Client, KeptRecord, NewRecord, Place, Trouble, client};

/// The beginning of the task of a record.
const TASK: &str = "stackstep-ledger";

/// The environment that the records are shown under.
const ENVIRONMENT: &str = "stackstep-ledger";

/// The most pages that are read: 300 entries on GitHub.
const PAGES: usize = 3;

/// The ledger of one stack on a forge.
pub(super) struct ForgeLedger {
    http: Http,
    place: Place,
    task: String,
    commit: String,
    project: Option<String>,
    stack: String,
    requests: std::cell::Cell<u32>,
}

/// The names of a stack on a forge.
pub(super) struct ForgeLedgerStack<'a> {
    /// The stack with organisation and backend, so that no two stacks of a repository share a ledger.
    pub whole: &'a str,
    pub project: Option<&'a str>,
    pub stack: &'a str,
    /// The commit that the records are of.
    pub commit: &'a str,
}

impl ForgeLedger {
    /// The ledger of the stack. None if the forge keeps no text with its deployments.
    pub fn new(place: Place, stack: &ForgeLedgerStack<'_>, env: &Env) -> Option<Result<Self, Problem>> {
        let digest = compact(&Sha256::digest(stack.whole.as_bytes()));
        let task = format!("{TASK}:{}", digest.get(..16)?);
        place.forge.deployments()?.list_records(&place, &task)?;
        let http = Http::new(env, client::LIMITS).map_err(|error| Problem::from(&error));
        Some(http.map(|http| Self {
            http,
            place,
            task,
            commit: stack.commit.to_owned(),
            project: stack.project.map(str::to_owned),
            stack: stack.stack.to_owned(),
            requests: std::cell::Cell::new(0),
        }))
    }

    /// The place, for messages.
    pub fn shown(&self) -> String {
        format!(
            "the deployments of {} on {}, under `{ENVIRONMENT}`",
            self.place.repository,
            self.place.forge.title()
        )
    }

    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// What the entries say.
    pub async fn read(&self) -> Result<History, LedgerTrouble> {
        let mut history = History::default();
        for (number, entry) in self.entries().await? {
            // Entries before the oldest that was read are forgotten, not lost.
            if history.last() > 0 {
                history.add_missing_before(number, history.last().saturating_add(1));
            }
            match entry {
                Ok(entry) => history.add(entry),
                Err(why) => history.add_unreadable(number, why),
            }
        }
        Ok(history)
    }

    /// The newest entries, in order. Of two with one number the earlier one counts.
    pub async fn entries(&self) -> Result<Vec<ReadEntry>, LedgerTrouble> {
        Ok(self
            .first_of_each(self.records(PAGES).await?)
            .into_iter()
            .map(|(number, (_, entry))| (number, entry))
            .collect())
    }

    async fn records(&self, pages: usize) -> Result<Vec<KeptRecord>, LedgerTrouble> {
        let client = Client::new(&self.http, &self.place);
        let read = client.records(&self.task, pages).await;
        self.requests.set(self.requests.get() + client.calls());
        Ok(read.map_err(trouble)?.unwrap_or_default())
    }

    fn first_of_each(
        &self,
        mut records: Vec<KeptRecord>,
    ) -> BTreeMap<u64, (u64, Result<LedgerEntry, String>)> {
        records.sort_by_key(|record| record.id);
        let mut entries = BTreeMap::new();
        for record in records {
            let Some(number) = number_in(&record.text) else { continue };
            let read = LedgerEntry::read(record.text.as_bytes(), number).and_then(|entry| {
                let ours = entry.is_about(self.project.as_deref(), &self.stack);
                if ours {
                    Ok(entry)
                } else {
                    Err(format!("it is about the stack `{}`", entry.stack.escape_debug()))
                }
            });
            entries.entry(number).or_insert((record.id, read));
        }
        entries
    }

    /// Adds the entry. Returns [`Creation::Taken`] if another one with its number came first.
    pub async fn create(&self, entry: &LedgerEntry) -> Result<Creation, LedgerTrouble> {
        let text = serde_json::to_string(entry).unwrap_or_default();
        let description = format!("stackstep ledger: {} {}", entry.kind, entry.number);
        let record = NewRecord {
            task: &self.task,
            environment: ENVIRONMENT,
            commit: entry.commit.as_deref().unwrap_or(&self.commit),
            description: &description,
            text: &text,
        };
        let client = Client::new(&self.http, &self.place);
        let added = client.add_record(&record).await;
        self.requests.set(self.requests.get() + client.calls());
        let lost = match added {
            Ok(_) => None,
            Err(failed) if failed.may_be_done() => Some(failed),
            Err(failed) => return Err(trouble(failed)),
        };
        // The newest page is enough: what has this number came in a moment ago.
        let there = self.first_of_each(self.records(1).await?);
        match (there.get(&entry.number), lost) {
            (Some((_, Ok(first))), _) if first.id == entry.id => Ok(Creation::Done),
            (Some(_), _) => Ok(Creation::Taken),
            (None, Some(failed)) => Err(trouble(failed)),
            (None, None) => Err(LedgerTrouble::broken(Problem::new(
                format!("an entry that was added to {} is not there", self.shown()),
                "run the job again later",
            ))),
        }
    }
}

/// The number in the text of an entry, even if it can't be read otherwise. None for one that no entry can have.
fn number_in(text: &str) -> Option<u64> {
    any_number_in(text).filter(|number| *number <= LAST_NUMBER)
}

fn any_number_in(text: &str) -> Option<u64> {
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        return value.get("number")?.as_u64();
    }
    let rest = text.split_once("\"number\":")?.1.trim_start();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn trouble(trouble: Trouble) -> LedgerTrouble {
    let kind = match trouble.kind {
        TroubleKind::Denied | TroubleKind::Missing => LedgerTroubleKind::Denied,
        _ => LedgerTroubleKind::Broken,
    };
    LedgerTrouble { kind, problem: trouble.problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_entry_that_is_cut_off_is_known() {
        assert_eq!(number_in(r#"{"v":1,"number":42,"id":"x"}"#), Some(42));
        assert_eq!(number_in(r#"{"v":1,"number":42,"id":"x"#), Some(42));
        assert_eq!(number_in("{}"), None);
        assert_eq!(number_in(r#"{"v":1,"number":18446744073709551615}"#), None);
    }
}
