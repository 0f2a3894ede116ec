//! What the entries of a ledger say together: what is deployed and verified, what was begun and not ended, which holds
//! are in force, which approvals are used up. A function of the entries, in the order of their numbers: no clock counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::drift_history::DriftHistory;
use super::entry::{EntryApprover, EntryKind, EntryStatus, LedgerEntry, cut_hash, same_hash};
use super::life::StackLife;
use super::settled::Settled;
use crate::base::error::Problem;

/// The most sources whose verification is remembered, the newest ones.
const SOURCES: usize = 500;

/// The most approvals that are remembered as used, the newest ones.
const USED: usize = 2_000;

/// The most approvals of [`EntryKind::Approved`] that are kept, the newest ones.
const APPROVALS: usize = 100;

/// The most broken glasses that are kept, the newest ones.
const GLASSES: usize = 20;

/// The most accepted changes that are kept, the newest ones.
const ACCEPTED: usize = 20;

/// What the entries say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// The number of the last entry. 0 if there is none.
    last: u64,
    /// The last attempt of a deployment: its reservation, with the end if there is one.
    attempt: Option<DeploymentAttempt>,
    /// The reservations without an end, the oldest first.
    unfinished: Vec<LedgerEntry>,
    /// The last deployment that succeeded, or what a person accepted in its place.
    deployed: Option<LedgerEntry>,
    /// The last verification that passed.
    verified: Option<LedgerEntry>,
    /// The last verification, whatever its result.
    checked: Option<Box<LedgerEntry>>,
    /// The last verification of each source.
    sources: BTreeMap<String, SourceVerification>,
    /// The holds in force, the oldest first.
    holds: Vec<LedgerEntry>,
    /// The approvals that were recorded, the oldest first.
    approvals: Vec<LedgerEntry>,
    /// The approvals that a deployment has used, by [`EntryApprover::key`].
    used: BTreeMap<String, UsedApproval>,
    /// The glasses that were broken, the oldest first.
    broken_glasses: Vec<LedgerEntry>,
    /// The last refusal. None once a deployment has begun after it.
    refused: Option<LedgerEntry>,
    /// The refused changes that people have accepted, the oldest first. A deployment that succeeds ends them.
    accepted: Vec<LedgerEntry>,
    /// The times of the refusals that they are about, by the acceptances' numbers.
    accepted_refusals: BTreeMap<u64, String>,
    /// The stack's life: its opening, its end, what was said of it.
    pub(super) life: StackLife,
    /// What was done to the stack since its last deployment.
    pub(super) settled: Settled,
    /// The last look for drift, the last one that came to know whether there is any, and the drift that people accept.
    drift: DriftHistory,
    /// The entries that can't be read, with the reason.
    unreadable: BTreeMap<u64, String>,
    /// The entries that are missing between others: the first and the last number of each gap.
    missing: Vec<(u64, u64)>,
}

/// An attempt of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentAttempt {
    /// The reservation.
    pub reserved: LedgerEntry,
    /// Its end. None if it has none: it is under way, or was killed.
    pub end: Option<EntryStatus>,
}

/// The last verification of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceVerification {
    /// The entry's number.
    pub number: u64,
    /// The entry's time.
    pub time: String,
    /// The result of the checks.
    pub status: Option<EntryStatus>,
}

/// The use of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedApproval {
    /// The number of the reservation that used it last.
    pub number: u64,
    /// The time of that.
    pub time: String,
    /// The digest of the change that it was used for.
    pub digest: Option<String>,
    /// Whether a deployment under it has succeeded.
    pub done: bool,
}

/// Whether an approval can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalUse {
    /// It has not been used.
    Free,
    /// The deployment that used it has not succeeded, is the last one, and was of the same change: it may be finished.
    Continues(UsedApproval),
    /// It is used up.
    UsedUp(UsedApproval),
    /// It has no id, so that nobody can tell whether it has been used.
    NotKnown,
}

/// The answer to a promotion's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceStanding {
    /// It was deployed, and the checks passed.
    Verified(SourceVerification),
    /// It was deployed, and the checks failed or had no clear result.
    NotPassed(SourceVerification),
    /// It is deployed, and there is no result of checks.
    Deployed(u64),
    /// It is not known here.
    Unknown,
}

impl History {
    /// Adds the next entry.
    pub fn add(&mut self, entry: LedgerEntry) {
        self.last = self.last.max(entry.number);
        self.life.add(&entry);
        self.settled.add(&entry);
        match entry.kind {
            EntryKind::Reserved => self.reserve(entry),
            EntryKind::Finished => self.finish(entry),
            EntryKind::Verified => self.verify(entry),
            EntryKind::Held => self.holds.push(entry),
            EntryKind::Released => {
                self.holds.retain(|hold| entry.about.is_some_and(|about| about != hold.number));
            }
            EntryKind::Accepted => self.accept(entry),
            EntryKind::Approved => {
                self.approvals.push(entry);
                let extra = self.approvals.len().saturating_sub(APPROVALS);
                self.approvals.drain(..extra);
            }
            EntryKind::BrokeGlass => {
                self.broken_glasses.push(entry);
                let extra = self.broken_glasses.len().saturating_sub(GLASSES);
                self.broken_glasses.drain(..extra);
            }
            EntryKind::Destroyed => {
                self.unfinished.clear();
                (self.attempt, self.deployed, self.verified, self.refused) = (None, None, None, None);
                self.checked = None;
                self.drift = DriftHistory::default();
                self.forget_accepted();
            }
            EntryKind::Refused => self.refused = Some(entry),
            EntryKind::Opened
            | EntryKind::Expiry
            | EntryKind::Warned
            | EntryKind::DestroyFailed
            | EntryKind::Forgotten
            | EntryKind::Swept
            | EntryKind::Unlocked
            | EntryKind::Later(_) => {}
            EntryKind::Drift | EntryKind::DriftAccepted => self.drift.add(entry),
        }
    }

    /// Adds an entry that can't be read.
    pub fn add_unreadable(&mut self, number: u64, why: impl Into<String>) {
        self.last = self.last.max(number);
        self.unreadable.insert(number, why.into());
    }

    /// Adds a gap: the entries from the number `first` to `last` are missing between others.
    pub fn add_missing(&mut self, first: u64, last: u64) {
        self.last = self.last.max(last);
        self.missing.push((first, last));
    }

    /// Adds the gap before the entry `number`, if it is not the one that is expected.
    pub fn add_missing_before(&mut self, number: u64, expected: u64) {
        if number > expected {
            self.add_missing(expected, number - 1);
        }
    }

    fn reserve(&mut self, entry: LedgerEntry) {
        for key in entry.approvers.iter().filter_map(EntryApprover::key) {
            let done = self.used.get(&key).is_some_and(|used| used.done);
            let (time, digest) = (entry.time.clone(), entry.digest.clone());
            self.used.insert(key, UsedApproval { number: entry.number, time, digest, done });
        }
        keep_newest(&mut self.used, USED, |used| used.number);
        self.refused = None;
        // The record is large, and only that of the last attempt is asked for.
        self.unfinished.push(LedgerEntry { record: None, ..entry.clone() });
        self.attempt = Some(DeploymentAttempt { reserved: entry, end: None });
    }

    fn finish(&mut self, mut entry: LedgerEntry) {
        let about = entry.about.or_else(|| self.unfinished.last().map(|reserved| reserved.number));
        let place = self.unfinished.iter().position(|reserved| Some(reserved.number) == about);
        let reserved = place.map(|place| self.unfinished.remove(place));
        if let Some(attempt) = self.attempt.as_mut().filter(|attempt| Some(attempt.reserved.number) == about)
        {
            attempt.end.clone_from(&entry.status);
            if entry.status == Some(EntryStatus::Succeeded) {
                attempt.reserved.record = None;
            }
        }
        if let Some(reserved) = reserved {
            complete(&mut entry, reserved);
        }
        self.settled.finish(&entry);
        if entry.status != Some(EntryStatus::Succeeded) {
            return;
        }
        for key in entry.approvers.iter().filter_map(EntryApprover::key) {
            if let Some(used) = self.used.get_mut(&key) {
                used.done = true;
            }
        }
        self.forget_accepted();
        // Another command leaves what was deployed last: a refresh, or a destroy of some resources.
        if entry.command.as_deref().is_none_or(|command| command == "up") {
            self.deployed = Some(entry);
        }
    }

    fn verify(&mut self, mut entry: LedgerEntry) {
        let is_about = |one: &&LedgerEntry| {
            entry.about.is_none_or(|about| about == one.number || Some(about) == one.about)
        };
        if let Some(deployed) = self.deployed.as_ref().filter(is_about) {
            complete(&mut entry, deployed.clone());
        }
        if let Some(source) = &entry.source {
            let (number, time, status) = (entry.number, entry.time.clone(), entry.status.clone());
            self.sources.insert(cut_hash(source), SourceVerification { number, time, status });
        }
        keep_newest(&mut self.sources, SOURCES, |one| one.number);
        self.checked = Some(Box::new(entry.clone()));
        if entry.status == Some(EntryStatus::Succeeded) {
            self.verified = Some(entry);
        }
    }

    fn accept(&mut self, entry: LedgerEntry) {
        if let Some(digest) = &entry.digest {
            let refused = self
                .refused
                .as_ref()
                .filter(|refused| refused.is_about_change(digest))
                .map(|refused| &refused.time);
            let refused = refused.unwrap_or(&entry.time).clone();
            self.accepted_refusals.insert(entry.number, refused);
            self.accepted.push(entry);
            let extra = self.accepted.len().saturating_sub(ACCEPTED);
            self.accepted.drain(..extra);
            return;
        }
        self.unreadable.retain(|number, _| *number > entry.number);
        self.missing.retain(|(first, _)| *first > entry.number);
        self.unfinished.clear();
        self.attempt = None;
        if entry.commit.is_some() || entry.source.is_some() {
            self.deployed = Some(entry);
        }
    }

    fn forget_accepted(&mut self) {
        self.accepted.clear();
        self.accepted_refusals.clear();
    }

    /// The number of the last entry. 0 if there is none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The last deployment that succeeded, with what its reservation says: commit, source, digest. It is what a person
    /// accepted if that came later.
    pub fn deployed(&self) -> Option<&LedgerEntry> {
        self.deployed.as_ref()
    }

    /// The last verification that passed, with what its deployment says.
    pub fn verified(&self) -> Option<&LedgerEntry> {
        self.verified.as_ref()
    }

    /// The last verification, whatever its result, with what its deployment says.
    pub fn checked(&self) -> Option<&LedgerEntry> {
        self.checked.as_deref()
    }

    /// The last attempt of a deployment. None after a person has accepted what is there.
    pub fn attempt(&self) -> Option<&DeploymentAttempt> {
        self.attempt.as_ref()
    }

    /// The last attempt of a deployment, if it has not succeeded: what is left of it may be done under what let it pass.
    pub fn broken_off(&self) -> Option<&LedgerEntry> {
        let attempt = self.attempt.as_ref()?;
        (attempt.end != Some(EntryStatus::Succeeded)).then_some(&attempt.reserved)
    }

    /// The reservations without an end: their deployments are under way, or were killed.
    pub fn unfinished(&self) -> &[LedgerEntry] {
        &self.unfinished
    }

    /// The holds in force.
    pub fn holds(&self) -> &[LedgerEntry] {
        &self.holds
    }

    /// The recorded approvals of a change.
    pub fn approvals<'h>(&'h self, digest: &'h str) -> impl Iterator<Item = &'h LedgerEntry> {
        self.approvals
            .iter()
            .filter(move |entry| entry.digest.as_deref().is_some_and(|its| same_hash(its, digest)))
    }

    /// The glass that was broken last, for a deployment without what is needed otherwise.
    pub fn broke_glass(&self) -> Option<&LedgerEntry> {
        self.broken_glasses.last()
    }

    /// The glasses that were broken, the oldest first. Whether somebody else has looked at them is not in the ledger.
    pub fn broken_glasses(&self) -> &[LedgerEntry] {
        &self.broken_glasses
    }

    /// The last refusal of a deployment. None once one has begun after it.
    pub fn refused(&self) -> Option<&LedgerEntry> {
        self.refused.as_ref()
    }

    /// The acceptance of a change with this digest, which no deployment has carried out yet.
    pub fn accepted(&self, digest: &str) -> Option<&LedgerEntry> {
        self.accepted.iter().rfind(|entry| entry.digest.as_deref().is_some_and(|its| same_hash(its, digest)))
    }

    /// The time of the refusal that an acceptance is about, by the clock of the run that was refused; that of the
    /// acceptance itself if it is about none.
    pub fn refusal_time<'h>(&'h self, accepted: &'h LedgerEntry) -> &'h str {
        self.accepted_refusals.get(&accepted.number).unwrap_or(&accepted.time)
    }

    /// The accepted changes that no deployment has carried out yet, the oldest first.
    pub fn accepted_changes(&self) -> &[LedgerEntry] {
        &self.accepted
    }

    /// What the entries say of drift.
    pub fn drift(&self) -> &DriftHistory {
        &self.drift
    }

    /// Whether this approval can be used for a change.
    ///
    /// An approval counts once. A deployment that it was used for may be tried again as long as it has not succeeded,
    /// and no other change has been tried since.
    pub fn approval_use(&self, approval: &EntryApprover, digest: &str) -> ApprovalUse {
        let Some(key) = approval.key() else { return ApprovalUse::NotKnown };
        let Some(used) = self.used.get(&key) else { return ApprovalUse::Free };
        let is_last = self.attempt.as_ref().is_some_and(|attempt| {
            attempt.reserved.number == used.number && attempt.end != Some(EntryStatus::Succeeded)
        });
        let same = used.digest.as_deref().is_some_and(|its| same_hash(its, digest));
        if is_last && !used.done && same {
            ApprovalUse::Continues(used.clone())
        } else {
            ApprovalUse::UsedUp(used.clone())
        }
    }

    /// What is known of a source here: the question of a promotion to the stack after this one.
    pub fn standing(&self, source: &str) -> SourceStanding {
        match (self.sources.get(&cut_hash(source)), &self.deployed) {
            (Some(one), _) if one.status == Some(EntryStatus::Succeeded) => {
                SourceStanding::Verified(one.clone())
            }
            (Some(one), _) => SourceStanding::NotPassed(one.clone()),
            (None, Some(deployed))
                if deployed.source.as_deref().is_some_and(|its| same_hash(its, source)) =>
            {
                SourceStanding::Deployed(deployed.number)
            }
            _ => SourceStanding::Unknown,
        }
    }

    /// Whether a source was deployed here and its last checks passed.
    pub fn has_verified(&self, source: &str) -> bool {
        matches!(self.standing(source), SourceStanding::Verified(_))
    }

    /// Fails if an entry can't be read or is missing: then what the others say may be wrong. A person closes that with
    /// an entry of [`EntryKind::Accepted`].
    pub fn certain(&self) -> Result<(), Problem> {
        let broken =
            self.unreadable.iter().map(|(number, why)| format!("entry {number} can't be read: {why}"));
        let missing = self.missing.iter().map(|(first, last)| {
            if first == last {
                format!("entry {first} is missing")
            } else {
                format!("entries {first} to {last} are missing")
            }
        });
        let mut troubles: Vec<String> = broken.chain(missing).collect();
        let more = troubles.len().saturating_sub(3);
        troubles.truncate(3);
        if more > 0 {
            troubles.push(format!("{more} more"));
        }
        if troubles.is_empty() {
            return Ok(());
        }
        Err(Problem::new(
            format!("what the ledger says is not certain: {}", troubles.join("; ")),
            "restore it from the versions or backups of the place where it lies; or look at what is deployed, and close \
             the question with `stackstep accept <stack> --as-deployed --reason …`",
        ))
    }

    /// The numbers of the entries that the answers above still need, for a ledger that has no room for all.
    pub(super) fn needed(&self) -> Vec<u64> {
        let single = [&self.deployed, &self.verified, &self.refused];
        let mut numbers: Vec<u64> = single
            .into_iter()
            .flatten()
            .chain(self.checked.as_deref())
            .chain(&self.unfinished)
            .chain(&self.holds)
            .chain(&self.broken_glasses)
            .chain(&self.approvals)
            .chain(&self.accepted)
            .chain(self.attempt.iter().map(|attempt| &attempt.reserved))
            .chain(self.life.needed())
            .chain(self.drift.needed())
            .chain(self.settled.needed())
            .flat_map(|entry| [Some(entry.number), entry.about])
            .flatten()
            .chain(self.unreadable.keys().copied())
            .chain([self.last])
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// Removes the oldest ones, by the number of the entry that each comes from, until `most` are left.
fn keep_newest<T>(remembered: &mut BTreeMap<String, T>, most: usize, number: impl Fn(&T) -> u64) {
    while remembered.len() > most {
        let oldest = remembered.iter().min_by_key(|(_, one)| number(one)).map(|(key, _)| key.clone());
        let Some(oldest) = oldest else { break };
        remembered.remove(&oldest);
    }
}

/// Fills what `entry` leaves out from the entry that it is about.
fn complete(entry: &mut LedgerEntry, from: LedgerEntry) {
    fn fill<T>(field: &mut Option<T>, from: Option<T>) {
        if field.is_none() {
            *field = from;
        }
    }
    entry.about.get_or_insert(from.number);
    fill(&mut entry.command, from.command);
    fill(&mut entry.commit, from.commit);
    fill(&mut entry.judged_by, from.judged_by);
    fill(&mut entry.branch, from.branch);
    fill(&mut entry.tag, from.tag);
    fill(&mut entry.environment, from.environment);
    fill(&mut entry.source, from.source);
    fill(&mut entry.config, from.config);
    fill(&mut entry.digest, from.digest);
    fill(&mut entry.actor, from.actor);
    fill(&mut entry.run, from.run);
    fill(&mut entry.state_before, from.state_before);
    entry.last_judged |= from.last_judged;
    entry.in_part |= from.in_part;
    if entry.change_requests.is_empty() {
        entry.change_requests = from.change_requests;
    }
    if entry.approvers.is_empty() {
        entry.approvers = from.approvers;
    }
}

#[cfg(test)]
mod tests;
