//! An entry of the ledger: what was about to be deployed, how it ended, whether it was verified, who approved it. It holds
//! names, hashes and numbers; never a secret or a value of a resource.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

pub use super::kinds::{ApprovalWay, EntryKind, EntryStatus};
use crate::base::moment::Moment;
use crate::base::random;

/// The highest number of an entry: one of twelve digits, as many as the name of its object has.
pub(super) const LAST_NUMBER: u64 = 999_999_999_999;

/// The version of the form that this stackstep writes.
const FORM: u32 = 1;

/// The most characters of a text that a person wrote, such as the reason for a hold.
const TEXT: usize = 500;

/// The bytes of an approval's fingerprint: more than enough to tell approvals apart.
const FINGERPRINT: usize = 9;

/// One entry. The fields that do not fit its kind are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The version of the form.
    pub v: u32,
    /// The entry's number: 1 for the first one of a stack. The order of the entries is that of their numbers, not of
    /// their times.
    pub number: u64,
    /// 32 random hexadecimal digits, by which a writer knows its own entry.
    pub id: String,
    /// The kind of the entry.
    pub kind: EntryKind,
    /// The time by the writer's clock, as RFC 3339 in UTC: `2026-11-29T18:44:00Z`.
    pub time: String,
    /// The project, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The stack's name, without organisation and project.
    pub stack: String,
    /// The entry that this one is about: of `finished` its `reserved`, of `verified` its `finished`, of `released` its
    /// `held`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<u64>,
    /// The run that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<EntryRun>,
    /// The person or machine account that started the run, as the CI system calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The command: `up`, `destroy`, `refresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The commit whose `stackstep.yaml` judged the deployment, if it is another one: after a
    /// rollback that of the deployment before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<String>,
    /// The branch that the commit was deployed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The tag that the commit was deployed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The hash of what is deployed: the program, what it reaches, the configuration, lock files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The hash of the stack's configuration file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The digest of the reviewed change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The change that is about to be deployed, in one word: by it the rest is known again if the deployment breaks off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The numbers of the change requests that are deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub change_requests: Vec<u64>,
    /// The approvals that count for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<EntryApprover>,
    /// The verdicts of the rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<EntryVerdict>,
    /// The end of a deployment, or of the checks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<EntryStatus>,
    /// The number of resources for each operation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// The results of the checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<EntryCheck>,
    /// The reason, in a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A page with more, such as the incident of a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The identity of the stack's state before the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_before: Option<String>,
    /// The identity of the stack's state after the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_after: Option<String>,
    /// The gate that refused, by the word of its reason: `approval`, `reviewed`, `rules`, `gate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The time after which the entry does not count any more, as RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The number of the issue on the forge by which people follow it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<u64>,
    /// The random word by which a stack of a change request is known to be ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The identity of the change request's repository, the forge's host and its immutable id: `github.com/123456`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The name of the machine of the run, as the engine writes it into a lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether the commit's own `stackstep.yaml` has no entry for the stack any more, so that nothing judges what comes
    /// after this deployment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last_judged: bool,
    /// Whether only some of the resources were asked for (`target`, `exclude`), so that the rest may be as it was before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_part: bool,
    /// The fields of later versions, which are kept.
    #[serde(flatten)]
    pub later: Map<String, Value>,
}

/// A run of a CI system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRun {
    /// The CI system: `github-actions`.
    pub system: String,
    /// The run's id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The attempt, where a run can be repeated under its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// The job's page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An approval of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryApprover {
    /// The person, as the forge, the CI system or the list of signers calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The way in which it was given.
    pub by: ApprovalWay,
    /// The id of this one approval there: the review's, the run's with its environment, the nonce of what was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The time after which it does not count, as RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The fingerprint of way and id, in a ledger that has no room for the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl EntryApprover {
    /// An approval by its way and its id there.
    pub fn new(name: Option<&str>, by: ApprovalWay, id: Option<&str>) -> Self {
        let owned = |text: &str| text.to_owned();
        Self { name: name.map(owned), by, id: id.map(owned), expires: None, fingerprint: None }
    }

    /// The fingerprint by which approvals are told apart: 12 characters. None for an approval without an id, which
    /// can't be recognised.
    pub fn key(&self) -> Option<String> {
        if self.fingerprint.is_some() {
            return self.fingerprint.clone();
        }
        let mut hash = Sha256::new();
        hash.update(self.by.word());
        hash.update([0]);
        hash.update(self.id.as_deref()?);
        Some(compact(hash.finalize().get(..FINGERPRINT)?))
    }
}

/// The bytes of a hash that every ledger keeps. Two changes with the same 24 bytes can't be found, nor can one for a given
/// hash.
const HASH: usize = 24;

/// A hash of hexadecimal digits as the ledger with the least room keeps it; any other text as it is.
pub(super) fn cut_hash(text: &str) -> String {
    let begins = text.find(':').map_or(0, |colon| colon + 1);
    let digits = text.get(begins..).unwrap_or_default();
    if digits.len() > HASH * 2 && is_hexadecimal(digits) {
        return text.get(..begins + HASH * 2).unwrap_or(text).to_owned();
    }
    text.to_owned()
}

pub(super) fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether two hashes are the same, one of which a ledger may have cut. Digests and sources have to be compared by this.
pub fn same_hash(one: &str, other: &str) -> bool {
    cut_hash(one) == cut_hash(other)
}

/// The hexadecimal digits of a SHA-256 that is whole: `sha256:` and 64 of them. None for a part of one, as a ledger may keep,
/// and for anything else.
pub fn is_whole_sha256(digest: &str) -> Option<&str> {
    digest.strip_prefix("sha256:").filter(|digits| digits.len() == 64 && is_hexadecimal(digits))
}

/// Bytes as text that is safe in any place.
pub(super) fn compact(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The verdict of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryVerdict {
    /// The rule's name.
    pub rule: String,
    /// The verdict: `allowed`, `needs-approval`, `refused`.
    pub verdict: String,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryCheck {
    /// The check, without an address's query.
    pub check: String,
    /// The result: `passed`, `failed`, `inconclusive`.
    pub result: String,
}

impl LedgerEntry {
    /// A new entry about a stack, written at `time`. Its number is given when it is appended.
    pub fn new(kind: EntryKind, project: Option<&str>, stack: &str, time: SystemTime) -> Self {
        Self {
            v: FORM,
            number: 0,
            id: random::word(),
            kind,
            time: instant(time),
            project: project.map(str::to_owned),
            stack: stack.to_owned(),
            about: None,
            run: None,
            actor: None,
            command: None,
            commit: None,
            judged_by: None,
            branch: None,
            tag: None,
            environment: None,
            source: None,
            config: None,
            digest: None,
            record: None,
            change_requests: Vec::new(),
            approvers: Vec::new(),
            verdicts: Vec::new(),
            status: None,
            counts: BTreeMap::new(),
            checks: Vec::new(),
            reason: None,
            link: None,
            state_before: None,
            state_after: None,
            gate: None,
            expires: None,
            issue: None,
            nonce: None,
            repository: None,
            host: None,
            last_judged: false,
            in_part: false,
            later: Map::new(),
        }
    }

    /// The entry with every text that a person or a system wrote masked and cut to a length.
    #[must_use]
    pub fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        let safe = |text: &mut String| *text = mask(text).chars().take(TEXT).collect();
        let texts = [&mut self.actor, &mut self.branch, &mut self.tag, &mut self.environment, &mut self.host];
        texts.into_iter().chain([&mut self.reason, &mut self.link]).flatten().for_each(safe);
        if let Some(run) = &mut self.run {
            run.url.iter_mut().chain(&mut run.id).for_each(safe);
        }
        self.approvers.iter_mut().flat_map(|approver| &mut approver.name).for_each(safe);
        self.checks.iter_mut().for_each(|check| safe(&mut check.check));
        self
    }

    /// Lets the entry count for so long, from `now` on.
    #[must_use]
    pub fn counting_for(mut self, time: Duration, now: SystemTime) -> Self {
        self.expires = Some(instant(now + time));
        self
    }

    /// Whether the time for which it counts is over, or can't be read. An entry without such a time counts for ever.
    pub fn is_over(&self, now: SystemTime) -> bool {
        let Some(expires) = &self.expires else { return false };
        let (end, now) = (Moment::parse(expires), Moment::parse(&instant(now)));
        !matches!((end, now), (Some(end), Some(now)) if now < end)
    }

    /// Whether it is about the change with this digest.
    pub fn is_about_change(&self, digest: &str) -> bool {
        self.digest.as_deref().is_some_and(|own| same_hash(own, digest))
    }

    /// The commit whose `stackstep.yaml` judged the deployment.
    pub fn judging_commit(&self) -> Option<&str> {
        self.judged_by.as_deref().or(self.commit.as_deref())
    }

    /// The entry as JSON, for people too.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads the entry of this number. Fails with the reason why it can't be read: it is cut off, is not an entry, or is
    /// the one of another number.
    pub fn read(bytes: &[u8], number: u64) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("it is empty".to_owned());
        }
        let entry: Self = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() { "it is cut off".to_owned() } else { format!("it is not an entry: {error}") }
        })?;
        if entry.number != number {
            return Err(format!("it says that it is number {}", entry.number));
        }
        if entry.id.is_empty() {
            return Err("it has no id".to_owned());
        }
        Ok(entry)
    }

    /// Whether the entry is about this stack. An earlier one, or one that was made by hand, may not say its project.
    pub fn is_about(&self, project: Option<&str>, stack: &str) -> bool {
        let same_project = self.project.as_deref().zip(project).is_none_or(|(mine, asked)| mine == asked);
        same_project && self.stack == stack
    }
}

/// The last second of the year 9999, in seconds since 1970, with which what can be written ends.
const LAST: u64 = 253_402_300_799;

/// A time as RFC 3339 in UTC, by the second.
pub fn instant(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).min(LAST);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// A time in seconds since 1970 as RFC 3339 in UTC.
pub fn instant_of(seconds: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map_or_else(|| instant_of(LAST), instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reserved() -> LedgerEntry {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let mut entry = LedgerEntry::new(EntryKind::Reserved, Some("shop"), "prod", time);
        entry.number = 7;
        entry.digest = Some("sha256:ab".to_owned());
        entry.approvers = vec![EntryApprover::new(Some("ann"), ApprovalWay::Review, Some("4711"))];
        entry.counts = BTreeMap::from([("create".to_owned(), 3)]);
        entry.change_requests = vec![7];
        entry
    }

    #[test]
    fn an_entry_is_written_without_what_it_does_not_have_and_read_again() {
        let entry = reserved();
        let text = entry.to_json();
        assert_eq!(LedgerEntry::read(text.as_bytes(), 7), Ok(entry.clone()));
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut expected = json!({
            "v": 1, "number": 7, "kind": "reserved", "time": "2026-11-18T11:06:40Z", "project": "shop", "stack": "prod",
            "digest": "sha256:ab", "counts": {"create": 3}, "change_requests": [7], "approvers": [{"name": "ann", "by": "review", "id": "4711"}],
        });
        expected["id"] = json!(entry.id);
        assert_eq!(json, expected);
    }

    #[test]
    fn what_a_later_version_adds_is_kept() {
        let text = r#"{"v":9,"number":1,"id":"x","kind":"frobbed","time":"?","stack":"prod","mood":{"a":1},
            "approvers":[{"by":"carrier-pigeon"}],"status":"maybe"}"#;
        let entry = LedgerEntry::read(text.as_bytes(), 1).unwrap();
        assert_eq!(entry.kind, EntryKind::Later("frobbed".to_owned()));
        assert_eq!(entry.approvers[0].by.word(), "carrier-pigeon");
        assert_eq!(entry.status, Some(EntryStatus::Later("maybe".to_owned())));
        let again: Value = serde_json::from_str(&entry.to_json()).unwrap();
        assert_eq!(again["mood"], json!({"a": 1}));
        assert_eq!(again["kind"], "frobbed");
    }

    #[test]
    fn an_entry_that_is_not_whole_is_not_read() {
        let text = reserved().to_json();
        for end in 0..text.trim_end().len() {
            let read = LedgerEntry::read(&text.as_bytes()[..end], 7);
            assert!(read.is_err(), "cut at {end}");
        }
        assert_eq!(LedgerEntry::read(b"", 7).unwrap_err(), "it is empty");
        assert_eq!(LedgerEntry::read(&text.as_bytes()[..40], 7).unwrap_err(), "it is cut off");
        assert_eq!(LedgerEntry::read(text.as_bytes(), 8).unwrap_err(), "it says that it is number 7");
        assert!(LedgerEntry::read(b"<html>", 7).unwrap_err().starts_with("it is not an entry"));
    }

    #[test]
    fn an_approval_is_known_by_its_way_and_id() {
        let one = EntryApprover::new(Some("ann"), ApprovalWay::Review, Some("4711"));
        let renamed = EntryApprover::new(None, ApprovalWay::Review, Some("4711"));
        let other_way = EntryApprover::new(Some("ann"), ApprovalWay::Ssh, Some("4711"));
        assert_eq!(one.key(), renamed.key());
        assert_ne!(one.key(), other_way.key());
        assert_eq!(one.key().unwrap().len(), 12);
        assert_eq!(EntryApprover::new(Some("ann"), ApprovalWay::Environment, None).key(), None);
        let short = EntryApprover { fingerprint: one.key(), id: None, ..one.clone() };
        assert_eq!(short.key(), one.key());
    }

    #[test]
    fn a_hash_that_was_cut_is_the_same_hash() {
        let whole = format!("sha256:{}", "ab".repeat(32));
        let cut = format!("sha256:{}", "ab".repeat(24));
        assert_eq!(cut_hash(&whole), cut);
        assert!(same_hash(&whole, &cut) && !same_hash(&whole, &cut[..50]));
        assert!(!same_hash(&whole, &format!("sha256:{}", "ac".repeat(32))));
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(cut_hash(commit), commit);
        assert_eq!(cut_hash("anything: at all"), "anything: at all");
    }

    #[test]
    fn an_entry_counts_until_its_time_is_over_and_not_if_that_can_not_be_read() {
        let hour = Duration::from_secs(3600);
        let entry = reserved();
        assert!(!entry.is_over(UNIX_EPOCH + hour));
        let mut entry = entry.counting_for(hour, UNIX_EPOCH);
        assert!(!entry.is_over(UNIX_EPOCH + hour - Duration::from_secs(1)));
        assert!(entry.is_over(UNIX_EPOCH + hour));
        entry.expires = Some("soon".to_owned());
        assert!(entry.is_over(UNIX_EPOCH));
    }

    #[test]
    fn texts_of_people_are_masked_and_cut() {
        let mut entry = reserved();
        entry.reason = Some(format!("hunter2 {}", "x".repeat(1000)));
        entry.run = Some(EntryRun { url: Some("https://ci/hunter2".to_owned()), ..EntryRun::default() });
        let entry = entry.masked(&|text| text.replace("hunter2", "***"));
        assert_eq!(entry.reason.unwrap().chars().count(), TEXT);
        assert_eq!(entry.run.unwrap().url.unwrap(), "https://ci/***");
    }

    #[test]
    fn an_entry_of_another_stack_is_told_apart() {
        let entry = reserved();
        assert!(entry.is_about(Some("shop"), "prod") && entry.is_about(None, "prod"));
        assert!(!entry.is_about(Some("shop"), "staging") && !entry.is_about(Some("web"), "prod"));
    }
}
