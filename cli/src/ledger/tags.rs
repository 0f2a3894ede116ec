//! Entries as tags of the stack at Pulumi Cloud, one tag for each: `stackstep:ledger:000042`. A tag is created only if there
//! is none of its name. The engine writes back the tags that it has read when it begins an update or a preview, so that a
//! tag which comes in between can be lost: one that this process has written is written again, and a gap is named.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::bucket::Creation;
use super::cloud::{CloudStack, CloudStackState};
use super::compact;
use super::entry::{EntryKind, LedgerEntry};
use super::history::History;
use super::objects::ReadEntry;
use super::trouble::{LedgerTrouble, LedgerTroubleKind};
use crate::base::error::Problem;

/// The beginning of a tag's name. <https://github.com/pulumi/pulumi/blob/master/pkg/util/validation/stack.go>
const TAG: &str = "stackstep:ledger:";

/// The number of the newest entries that are always kept: among these a gap is an entry that was lost.
const KEPT: u64 = 20;

/// The fewest and the most digits of a number in a tag's name.
const DIGITS: RangeInclusive<usize> = 6..=12;

/// The ledger of one stack in its tags.
pub(super) struct TagLedger {
    cloud: CloudStack,
    stack: String,
    /// What this process has written, by number.
    written: RefCell<BTreeMap<u64, String>>,
}

impl TagLedger {
    /// The ledger of the stack.
    pub fn new(cloud: CloudStack, stack: &str) -> Self {
        Self { cloud, stack: stack.to_owned(), written: RefCell::default() }
    }

    /// The stack, for messages.
    pub fn shown(&self) -> String {
        format!("the tags of {}", self.cloud.shown())
    }

    pub fn requests(&self) -> u32 {
        self.cloud.requests()
    }

    /// What the entries say; nothing if there is no such stack. Entries of this process that were lost are written
    /// again.
    pub async fn read(&self) -> Result<History, LedgerTrouble> {
        let Some(mut state) = self.cloud.read().await? else { return Ok(History::default()) };
        let written = self.written.borrow().clone();
        for (number, value) in written {
            let name = tag(number);
            if !state.tags.contains_key(&name) && self.cloud.add_tag(&name, &value).await? {
                state.tags.insert(name, value);
            }
        }
        Ok(self.history(&state))
    }

    fn history(&self, state: &CloudStackState) -> History {
        let mut history = History::default();
        let entries = self.entries_in(state);
        let last = entries.last().map_or(0, |(number, _)| *number);
        for (number, entry) in entries {
            history.add_missing_before(number, history.last().saturating_add(1).max(Self::first_kept(last)));
            match entry {
                Ok(entry) => history.add(entry),
                Err(why) => history.add_unreadable(number, why),
            }
        }
        history
    }

    fn entries_in(&self, state: &CloudStackState) -> Vec<ReadEntry> {
        let mut entries: Vec<ReadEntry> = state
            .tags
            .iter()
            .filter_map(|(name, value)| {
                let number = number(name)?;
                Some((number, compact::read(value, number, &self.stack)))
            })
            .collect();
        entries.sort_by_key(|(number, _)| *number);
        entries
    }

    /// The number of the oldest entry that has to be there, if `last` is the newest one.
    pub fn first_kept(last: u64) -> u64 {
        last.saturating_sub(KEPT - 1).max(1)
    }

    /// The entries that are still there.
    pub async fn entries(&self) -> Result<Vec<ReadEntry>, LedgerTrouble> {
        let state = self.cloud.read().await?;
        Ok(state.map(|state| self.entries_in(&state)).unwrap_or_default())
    }

    /// Creates the entry. Its number is free if nobody else has taken it.
    pub async fn create(&self, entry: &LedgerEntry) -> Result<Creation, LedgerTrouble> {
        let value = compact::write(entry).map_err(|why| {
            LedgerTrouble::broken(Problem::new(
                format!("an entry of the ledger does not fit into a tag: {why}"),
                "ask for fewer approvals",
            ))
        })?;
        let name = tag(entry.number);
        let added = self.cloud.add_tag(&name, &value).await;
        let lost = match added {
            Ok(true) => {
                self.written.borrow_mut().insert(entry.number, value);
                return Ok(Creation::Done);
            }
            Ok(false) => None,
            Err(trouble) if trouble.kind == LedgerTroubleKind::Broken => Some(trouble),
            Err(trouble) => return Err(trouble),
        };
        let state = self.cloud.read().await?.unwrap_or_default();
        match (state.tags.get(&name), lost) {
            // The answer to the request was lost.
            (Some(there), _) if *there == value => {
                self.written.borrow_mut().insert(entry.number, value);
                Ok(Creation::Done)
            }
            (Some(_), _) => Ok(Creation::Taken),
            (None, Some(trouble)) => Err(trouble),
            (None, None) => Err(LedgerTrouble::broken(Problem::new(
                format!("{} does not take another tag: it has {}", self.cloud.shown(), state.tags.len()),
                "delete tags that nobody needs any more: `pulumi stack tag rm`",
            ))),
        }
    }

    /// Deletes the entries that nothing is said by any more, except for the newest. A failure leaves them there.
    pub async fn tidy(&self, history: &History) {
        let Some(oldest_kept) = history.last().checked_sub(KEPT) else { return };
        if history.certain().is_err() || !oldest_kept.is_multiple_of(KEPT / 4) {
            return;
        }
        let Ok(Some(state)) = self.cloud.read().await else { return };
        for number in superfluous(&self.entries_in(&state), history) {
            if self.cloud.delete_tag(&tag(number)).await.is_err() {
                return;
            }
        }
    }
}

/// The numbers of the entries that can go. Refusals and looks for drift are not counted among those that are kept: a job that
/// is refused, or looks, again and again pushes no used approval out.
fn superfluous(entries: &[ReadEntry], history: &History) -> Vec<u64> {
    let Some(oldest_kept) = history.last().checked_sub(KEPT) else { return Vec::new() };
    let needed = history.needed();
    let repeats = |entry: &ReadEntry| {
        entry.1.as_ref().is_ok_and(|entry| matches!(entry.kind, EntryKind::Refused | EntryKind::Drift))
    };
    let others = entries.iter().rev().filter(|entry| !repeats(entry));
    let kept: Vec<u64> =
        others.map(|(number, _)| *number).take(usize::try_from(KEPT).unwrap_or_default()).collect();
    let numbers = entries.iter().map(|(number, _)| *number);
    numbers
        .filter(|number| *number <= oldest_kept && !needed.contains(number) && !kept.contains(number))
        .collect()
}

fn tag(number: u64) -> String {
    format!("{TAG}{number:06}")
}

/// The number of a tag of ours.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(TAG)?;
    let is_number = DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::env::Env;
    use crate::base::secret::Secret;
    use crate::cloud::service::CloudNames;
    use std::time::UNIX_EPOCH;

    fn ledger() -> TagLedger {
        let env = Env::from_pairs("/", [("A", "b")]);
        let names = CloudNames { organization: Some("acme"), project: "shop", stack: "prod" };
        let cloud = CloudStack::new("https://api.pulumi.com", Secret::new("t"), &names, &env).unwrap();
        TagLedger::new(cloud, "prod")
    }

    fn state(numbers: impl IntoIterator<Item = u64>) -> CloudStackState {
        let value = |number| {
            let mut entry = LedgerEntry::new(EntryKind::Approved, None, "prod", UNIX_EPOCH);
            entry.number = number;
            compact::write(&entry).unwrap()
        };
        let tags = numbers.into_iter().map(|number| (tag(number), value(number))).collect();
        CloudStackState { tags, ..CloudStackState::default() }
    }

    #[test]
    fn other_tags_are_nobody_s_entries_and_the_order_is_that_of_the_numbers() {
        let mut state = state([2, 1]);
        for name in [
            "pulumi:project",
            "stackstep:ledger:x",
            "stackstep:ledger:000000",
            "stackstep:ledger:7",
            "stackstep:ledger:18446744073709551615",
        ] {
            state.tags.insert(name.to_owned(), "x".to_owned());
        }
        state.tags.insert(tag(1_000_000), state.tags[&tag(1)].clone());
        let numbers: Vec<u64> = ledger().entries_in(&state).iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 1_000_000]);
    }

    #[test]
    fn a_gap_among_the_newest_is_an_entry_that_was_lost_and_one_before_is_not() {
        assert!(ledger().history(&state(1..=40)).certain().is_ok());
        assert!(ledger().history(&state([3, 7, 12].into_iter().chain(21..=40))).certain().is_ok());
        let lost = ledger().history(&state((1..=40).filter(|number| *number != 30))).certain();
        assert!(lost.unwrap_err().what.contains("entry 30 is missing"));
        let lost = ledger().history(&state(22..=40)).certain();
        assert!(lost.unwrap_err().what.contains("entry 21 is missing"));
        let first = ledger().history(&state(2..=4)).certain();
        assert!(first.unwrap_err().what.contains("entry 1 is missing"));
    }

    #[test]
    fn refusals_push_no_other_entry_out() {
        let mut state = state(1..=60);
        let refusal = |number| {
            let mut entry = LedgerEntry::new(EntryKind::Refused, None, "prod", UNIX_EPOCH);
            entry.number = number;
            compact::write(&entry).unwrap()
        };
        state.tags.extend((11..=60).map(|number| (tag(number), refusal(number))));
        let finished = |number| {
            let mut entry = LedgerEntry::new(EntryKind::Finished, None, "prod", UNIX_EPOCH);
            entry.number = number;
            compact::write(&entry).unwrap()
        };
        state.tags.extend((1..=10).map(|number| (tag(number), finished(number))));
        let history = ledger().history(&state);
        let gone = superfluous(&ledger().entries_in(&state), &history);
        assert_eq!(gone, (11..=40).collect::<Vec<u64>>());
    }

    #[test]
    fn a_tag_that_somebody_changed_is_named() {
        let mut state = state(1..=3);
        state.tags.insert(tag(2), "oops".to_owned());
        let problem = ledger().history(&state).certain().unwrap_err();
        assert!(problem.what.contains("entry 2 can't be read: it is cut off"), "{}", problem.what);
    }
}
