//! Whose lock it is: the reservations in the ledger that a lock in a self-managed backend can belong to. The engine writes into
//! a lock the machine and the time, and no run; the ledger has both of each run that deploys. Pure.

use crate::base::moment::Moment;
use crate::ledger::entry::{EntryKind, EntryRun, LedgerEntry};
use crate::ledger::locks::StackLock;

/// An entry of the ledger, or the reason why it can't be read.
type NumberedEntry = (u64, Result<LedgerEntry, String>);

/// The time in which a run can have taken the lock, in seconds since 1970.
struct LockWindow<'e> {
    reserved: &'e LedgerEntry,
    from: Option<u64>,
    to: Option<u64>,
}

impl LockWindow<'_> {
    /// Whether a lock since `at` can be from this time. What is not known could be.
    fn holds(&self, at: u64) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    fn is_at(&self, host: &str) -> Option<bool> {
        self.reserved.host.as_ref().map(|own| own.eq_ignore_ascii_case(host))
    }
}

/// The reservations of the run `run`, the newest first.
pub(super) fn reservations_of<'e>(
    entries: &'e [NumberedEntry],
    run: &str,
) -> impl Iterator<Item = &'e LedgerEntry> {
    let entries = entries.iter().rev().filter_map(|(_, entry)| entry.as_ref().ok());
    entries.filter(move |entry| entry.kind == EntryKind::Reserved && is_of(entry, run))
}

/// The reservations of the run `run` that the lock can belong to, the newest first; there is one at least. Two jobs of one
/// pipeline have the run's id both. Fails with the reason if it is not clear that the lock is that of the run.
pub(super) fn owners<'e>(
    lock: &StackLock,
    entries: &'e [NumberedEntry],
    run: &str,
) -> Result<Vec<&'e LedgerEntry>, String> {
    if let Some((number, why)) =
        entries.iter().find_map(|(number, entry)| Some((number, entry.as_ref().err()?)))
    {
        return Err(format!("entry {number} of the ledger can't be read: {why}"));
    }
    let Some(last) = reservations_of(entries, run).next() else {
        return Err(format!("the ledger has no deployment of the run {run}"));
    };
    let Some(host) = lock.host.as_deref() else {
        return Err("the lock does not say on which machine it was taken".to_owned());
    };
    let Some(at) = lock.since.as_deref().and_then(seconds) else {
        return Err("the lock does not say when it was taken".to_owned());
    };
    let windows = windows(entries);
    let (own, others): (Vec<_>, Vec<_>) = windows.iter().partition(|one| is_of(one.reserved, run));
    let can_be = |one: &&&LockWindow<'_>| one.is_at(host) != Some(false) && one.holds(at);
    if !own.iter().filter(can_be).any(|one| one.is_at(host) == Some(true) && one.from.is_some()) {
        return Err(why_not(last, &own, host, at, run));
    }
    match others.iter().find(can_be) {
        None => Ok(own.iter().filter(can_be).rev().map(|one| one.reserved).collect()),
        Some(other) => Err(format!(
            "the deployment of the run {}, entry {} of the ledger, can have taken it as well",
            other.reserved.run.as_ref().and_then(|run| run.id.as_deref()).unwrap_or("that is not known"),
            other.reserved.number
        )),
    }
}

fn why_not(last: &LedgerEntry, own: &[&LockWindow<'_>], host: &str, at: u64, run: &str) -> String {
    let Some(its) = last.host.as_deref() else {
        return format!("the ledger does not say on which machine the run {run} was");
    };
    if own.iter().all(|one| one.is_at(host) != Some(true)) {
        return format!("the run {run} was on the machine `{}`", its.escape_debug());
    }
    let is_older = own.iter().all(|one| one.from.is_some_and(|from| at < from));
    let when = if is_older { "is older than" } else { "was taken after the end of" };
    format!("the lock {when} the deployment of the run {run}, entry {} of the ledger", last.number)
}

/// The times of all reservations: each ends with its deployment, with the removal of its lock, or where a person has closed
/// what was open.
fn windows(entries: &[NumberedEntry]) -> Vec<LockWindow<'_>> {
    let mut windows: Vec<LockWindow<'_>> = Vec::new();
    for entry in entries.iter().filter_map(|(_, entry)| entry.as_ref().ok()) {
        let closes_all =
            matches!(entry.kind, EntryKind::Accepted | EntryKind::Destroyed) && entry.digest.is_none();
        match entry.kind {
            EntryKind::Reserved => {
                windows.push(LockWindow { reserved: entry, from: seconds(&entry.time), to: None });
            }
            EntryKind::Finished | EntryKind::Unlocked => {
                let about = |one: &&mut LockWindow<'_>| {
                    one.to.is_none() && entry.about.is_none_or(|about| about == one.reserved.number)
                };
                if let Some(one) = windows.iter_mut().rev().find(about) {
                    one.to = seconds(&entry.time);
                }
            }
            _ if closes_all => {
                windows
                    .iter_mut()
                    .filter(|one| one.to.is_none())
                    .for_each(|one| one.to = seconds(&entry.time));
            }
            _ => {}
        }
    }
    windows
}

/// Whether an entry is one of the run. In a tag the attempt stands behind the id.
fn is_of(entry: &LedgerEntry, run: &str) -> bool {
    let id = entry.run.as_ref().and_then(|EntryRun { id, .. }| id.as_deref()).unwrap_or_default();
    id == run || id.strip_prefix(run).is_some_and(|rest| rest.starts_with('.'))
}

fn seconds(time: &str) -> Option<u64> {
    Moment::parse(time).map(Moment::unix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    /// An entry that was written `second` seconds after some time.
    fn entry(number: u64, kind: EntryKind, second: u64, run: &str, about: Option<u64>) -> NumberedEntry {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second);
        let mut entry = LedgerEntry::new(kind, Some("shop"), "prod", time);
        entry.number = number;
        entry.about = about;
        entry.host = Some("runner-1".to_owned());
        entry.run = Some(EntryRun { id: Some(run.to_owned()), ..EntryRun::default() });
        (number, Ok(entry))
    }

    fn on(mut entry: NumberedEntry, host: Option<&str>) -> NumberedEntry {
        entry.1.as_mut().unwrap().host = host.map(str::to_owned);
        entry
    }

    fn lock(second: u64) -> StackLock {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second);
        StackLock {
            id: "x".to_owned(),
            holder: "the lock".to_owned(),
            host: Some("runner-1".to_owned()),
            since: Some(crate::ledger::entry::instant(time)),
            run: None,
        }
    }

    fn owners_of(second: u64, entries: &[NumberedEntry]) -> Result<Vec<u64>, String> {
        Ok(owners(&lock(second), entries, "42")?.iter().map(|entry| entry.number).collect())
    }

    /// The only one.
    fn owner_of(second: u64, entries: &[NumberedEntry]) -> Result<u64, String> {
        owners_of(second, entries).map(|all| all.try_into().map(|[one]: [u64; 1]| one).unwrap())
    }

    use EntryKind::{Accepted, Finished, Reserved, Unlocked};

    #[test]
    fn a_lock_belongs_to_the_deployment_that_ran_on_its_machine_when_it_was_taken() {
        assert_eq!(owner_of(5, &[entry(1, Reserved, 3, "42", None)]), Ok(1));
        // The engine was killed, and stackstep has written how it ended.
        let ended = [entry(1, Reserved, 3, "42", None), entry(2, Finished, 9, "42", Some(1))];
        assert_eq!(owner_of(5, &ended), Ok(1));
        // A run's id with its attempt, as a tag has it.
        assert_eq!(owner_of(5, &[entry(1, Reserved, 3, "42.2", None)]), Ok(1));
    }

    #[test]
    fn of_two_deployments_of_one_run_that_fit_both_can_have_taken_the_lock() {
        let both = [entry(1, Reserved, 3, "42", None), entry(2, Reserved, 4, "42", None)];
        assert_eq!(owners_of(5, &both), Ok(vec![2, 1]));
        let ended =
            [both[0].clone(), entry(2, Finished, 4, "42", Some(1)), entry(3, Reserved, 5, "42", None)];
        assert_eq!(owners_of(6, &ended), Ok(vec![3]));
    }

    #[test]
    fn the_lock_of_another_time_or_machine_is_nobody_s() {
        let ended = [entry(1, Reserved, 3, "42", None), entry(2, Finished, 9, "42", Some(1))];
        assert!(owner_of(2, &ended).unwrap_err().contains("is older than"));
        assert!(owner_of(10, &ended).unwrap_err().contains("after the end of"));
        let elsewhere = [on(entry(1, Reserved, 3, "42", None), Some("runner-2"))];
        assert!(owner_of(5, &elsewhere).unwrap_err().contains("was on the machine `runner-2`"));
        let nowhere = [on(entry(1, Reserved, 3, "42", None), None)];
        assert!(owner_of(5, &nowhere).unwrap_err().contains("does not say on which machine"));
        assert!(owner_of(5, &[entry(1, Reserved, 3, "420", None)]).unwrap_err().contains("no deployment"));
    }

    #[test]
    fn a_lock_that_another_run_can_have_taken_is_nobody_s() {
        let mine = || entry(1, Reserved, 3, "42", None);
        let said = owner_of(5, &[mine(), entry(2, Reserved, 4, "43", None)]).unwrap_err();
        assert!(said.contains("the run 43, entry 2"), "{said}");
        assert!(owner_of(5, &[mine(), on(entry(2, Reserved, 4, "43", None), None)]).is_err());
        // On another machine, later, or ended before.
        assert!(owner_of(5, &[mine(), on(entry(2, Reserved, 4, "43", None), Some("runner-2"))]).is_ok());
        assert!(owner_of(5, &[mine(), entry(2, Reserved, 6, "43", None)]).is_ok());
        let before = [entry(1, Reserved, 1, "41", None), entry(2, Finished, 2, "41", Some(1))];
        let mine = || entry(3, Reserved, 3, "42", None);
        assert!(owner_of(5, &[before[0].clone(), before[1].clone(), mine()]).is_ok());
        assert!(owner_of(5, &[before[0].clone(), mine()]).is_err());
    }

    #[test]
    fn a_killed_run_whose_lock_was_removed_or_that_a_person_has_closed_is_no_other_candidate() {
        let killed = entry(1, Reserved, 1, "41", None);
        let mine = entry(3, Reserved, 3, "42", None);
        let removed = [killed.clone(), entry(2, Unlocked, 2, "9", Some(1)), mine.clone()];
        assert_eq!(owner_of(5, &removed), Ok(3));
        assert_eq!(owner_of(5, &[killed, entry(2, Accepted, 2, "9", None), mine]), Ok(3));
    }

    #[test]
    fn with_an_entry_that_can_t_be_read_nobody_s_lock_is_known() {
        let entries = [entry(1, Reserved, 3, "42", None), (2, Err("it is cut off".to_owned()))];
        assert!(owner_of(5, &entries).unwrap_err().contains("entry 2 of the ledger can't be read"));
    }
}
