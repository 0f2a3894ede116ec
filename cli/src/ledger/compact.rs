//! An entry as the value of a stack's tag at Pulumi Cloud, which has room for 256 characters: hashes are cut to 24 bytes,
//! approvals are known by their fingerprints, and of texts it holds what fits.
//!
//! `1;k=r;t=1kx8p2;n=h3bQ…;c=…;s=…;g=…;a=r.MhVn….ann`: the version, and fields of one letter each. A later version adds
//! letters, which are kept. The last field is a sum of those before it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::Value;

use sha2::{Digest as _, Sha256};

use super::entry::{
    ApprovalWay, EntryApprover, EntryKind, EntryRun, EntryStatus, LedgerEntry, compact, cut_hash, instant,
    is_hexadecimal,
};

/// The most characters of a tag's value.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/util/validation/stack.go>
pub(super) const VALUE: usize = 256;

/// The characters that are left for the fields.
const ROOM: usize = VALUE - SUM_MARK.len() - SUM;

/// The version of the form.
const FORM: &str = "1";

/// The characters of the sum at a value's end, and of its mark.
const SUM: usize = 4;
const SUM_MARK: &str = ";z=";

/// The bytes of an entry's id that are kept: enough for a writer to know its own.
const ID: usize = 6;

/// The name in [`LedgerEntry::later`] of the letters that this version does not know.
const LETTERS: &str = "letters";

/// The short form of the kinds.
const KINDS: [(&str, EntryKind); 19] = [
    ("r", EntryKind::Reserved),
    ("f", EntryKind::Finished),
    ("v", EntryKind::Verified),
    ("h", EntryKind::Held),
    ("l", EntryKind::Released),
    ("c", EntryKind::Accepted),
    ("a", EntryKind::Approved),
    ("b", EntryKind::BrokeGlass),
    ("d", EntryKind::Destroyed),
    ("x", EntryKind::Refused),
    ("u", EntryKind::Unlocked),
    ("o", EntryKind::Opened),
    ("e", EntryKind::Expiry),
    ("w", EntryKind::Warned),
    ("y", EntryKind::DestroyFailed),
    ("g", EntryKind::Forgotten),
    ("s", EntryKind::Swept),
    ("dr", EntryKind::Drift),
    ("da", EntryKind::DriftAccepted),
];

/// The short form of the ways of an approval.
const WAYS: [(&str, ApprovalWay); 5] = [
    ("r", ApprovalWay::Review),
    ("e", ApprovalWay::Environment),
    ("s", ApprovalWay::Ssh),
    ("b", ApprovalWay::BreakGlass),
    ("c", ApprovalWay::Comment),
];

/// The short form of the ends.
const ENDS: [(&str, EntryStatus); 7] = [
    ("s", EntryStatus::Succeeded),
    ("f", EntryStatus::Failed),
    ("c", EntryStatus::Cancelled),
    ("i", EntryStatus::Inconclusive),
    ("d", EntryStatus::Found),
    ("n", EntryStatus::NoneFound),
    ("u", EntryStatus::NotKnown),
];

/// The value of the tag for this entry. Fails if what it has to hold does not fit.
pub(super) fn write(entry: &LedgerEntry) -> Result<String, String> {
    let mut line = TagLine { text: FORM.to_owned() };
    line.must("k", short(&KINDS, &entry.kind).unwrap_or(entry.kind.word()));
    line.must("t", &base36(seconds(&entry.time)));
    line.must("n", &id(&entry.id));
    if let Some(about) = entry.about {
        line.must("o", &base36(about));
    }
    if let Some(command) = entry.command.as_deref().filter(|command| *command != "up") {
        line.must("m", command);
    }
    if let Some(status) = &entry.status {
        line.must("e", short(&ENDS, status).unwrap_or(status.word()));
    }
    for (letter, hash) in
        [("g", &entry.digest), ("s", &entry.source), ("c", &entry.commit), ("h", &entry.judged_by)]
    {
        if let Some(hash) = hash {
            line.must(letter, &hashed(hash));
        }
    }
    if entry.last_judged {
        line.must("j", "l");
    }
    if entry.in_part {
        line.must("T", "1");
    }
    for approver in &entry.approvers {
        let way = short(&WAYS, &approver.by).unwrap_or(approver.by.word());
        line.must("a", &format!("{way}.{}", approver.key().unwrap_or_default()));
    }
    if let Some(expires) = entry.approvers.iter().find_map(|approver| approver.expires.as_deref()) {
        line.must("x", &base36(seconds(expires)));
    }
    if let Some(gate) = &entry.gate {
        line.must("p", gate);
    }
    if let Some(expires) = &entry.expires {
        line.must("i", &base36(seconds(expires)));
    }
    if let Some(issue) = entry.issue {
        line.must("d", &base36(issue));
    }
    if entry.kind == EntryKind::Opened {
        for (letter, text) in [("v", &entry.nonce), ("r", &entry.repository)] {
            if let Some(text) = text {
                line.must(letter, text);
            }
        }
        for number in &entry.change_requests {
            line.must("f", &base36(*number));
        }
    }
    // Which warning it was decides whether there is another one.
    let reason_counts = entry.kind == EntryKind::Warned;
    if let Some(reason) = entry.reason.as_deref().filter(|_| reason_counts) {
        line.must("q", reason);
    }
    if line.text.len() > ROOM {
        return Err(format!("it needs {} characters, and a tag has {ROOM}", line.text.len()));
    }
    // What is left of the room goes to what people want to know, the most important first.
    line.may("y", entry.state_after.as_deref().or(entry.state_before.as_deref()), 24);
    line.may("w", entry.actor.as_deref(), 40);
    line.may("u", entry.run.as_ref().and_then(run).as_deref(), 48);
    line.may("b", entry.host.as_deref(), 24);
    line.may("q", entry.reason.as_deref().filter(|_| !reason_counts), 120);
    line.may("l", entry.link.as_deref(), 100);
    let sum = sum(&line.text);
    Ok(line.text + SUM_MARK + &sum)
}

/// Reads the entry with this number from the value of its tag. Fails with the reason why it can't be read.
pub(super) fn read(value: &str, number: u64, stack: &str) -> Result<LedgerEntry, String> {
    let (fields, end) = value.rsplit_once(SUM_MARK).ok_or("it is cut off")?;
    if end != sum(fields) {
        return Err("it was changed by somebody, or is cut off".to_owned());
    }
    let mut fields = fields.split(';');
    let form = fields.next().unwrap_or_default();
    if form != FORM {
        return Err(format!("its form is `{}`, which a later version may know", form.escape_debug()));
    }
    let mut entry = LedgerEntry::new(EntryKind::Later(String::new()), None, stack, UNIX_EPOCH);
    (entry.number, entry.id) = (number, String::new());
    let mut later = serde_json::Map::new();
    let mut expires = None;
    for field in fields {
        let (letter, text) = field.split_once('=').ok_or("a field of it can't be read")?;
        let text = opened(text);
        let owned = || Some(text.clone());
        match letter {
            "k" => entry.kind = long(&KINDS, &text).unwrap_or_else(|| EntryKind::from(text.clone())),
            "t" => entry.time = instant(time_at(from_base36(&text).ok_or("its time can't be read")?)),
            "n" => entry.id.clone_from(&text),
            "o" => entry.about = Some(from_base36(&text).ok_or("the entry that it is about can't be read")?),
            "e" => entry.status = Some(long(&ENDS, &text).unwrap_or_else(|| EntryStatus::from(text.clone()))),
            "g" => entry.digest = Some(unhashed(&text).ok_or("its digest can't be read")?),
            "s" => entry.source = Some(unhashed(&text).ok_or("its source can't be read")?),
            "c" => entry.commit = Some(unhashed(&text).ok_or("its commit can't be read")?),
            "h" => entry.judged_by = Some(unhashed(&text).ok_or("the commit that judged it can't be read")?),
            "a" => entry.approvers.push(approver(&text).ok_or("an approval of it can't be read")?),
            "j" => entry.last_judged = text == "l",
            "T" => entry.in_part = text == "1",
            "x" => expires = from_base36(&text).map(|seconds| instant(time_at(seconds))),
            "p" => entry.gate = owned(),
            "i" => entry.expires = from_base36(&text).map(|seconds| instant(time_at(seconds))),
            "d" => entry.issue = from_base36(&text),
            "v" => entry.nonce = owned(),
            "r" => entry.repository = owned(),
            "f" => entry.change_requests.push(from_base36(&text).ok_or("a change request can't be read")?),
            "b" => entry.host = owned(),
            "y" => entry.state_after = owned(),
            "w" => entry.actor = owned(),
            "m" => entry.command = owned(),
            "u" => {
                entry.run = Some(EntryRun { system: String::new(), id: owned(), attempt: None, url: None });
            }
            "q" => entry.reason = owned(),
            "l" => entry.link = owned(),
            _ => {
                later.insert(letter.to_owned(), Value::String(text));
            }
        }
    }
    if entry.id.is_empty() || entry.kind.word().is_empty() {
        return Err("it has no kind or no id".to_owned());
    }
    entry.approvers.iter_mut().for_each(|approver| approver.expires.clone_from(&expires));
    if !later.is_empty() {
        entry.later.insert(LETTERS.to_owned(), Value::Object(later));
    }
    Ok(entry)
}

/// The short form of an entry's id.
pub(super) fn id(id: &str) -> String {
    from_hexadecimal(id).and_then(|bytes| bytes.get(..ID).map(compact)).unwrap_or_else(|| id.to_owned())
}

fn sum(text: &str) -> String {
    let mut sum = compact(&Sha256::digest(text.as_bytes()));
    sum.truncate(SUM);
    sum
}

/// A value that grows.
struct TagLine {
    text: String,
}

impl TagLine {
    fn must(&mut self, letter: &str, text: &str) {
        self.text.push_str(&format!(";{letter}={}", closed(text)));
    }

    /// Adds of `text` what fits, up to `most` characters; nothing if there is no room for four.
    fn may(&mut self, letter: &str, text: Option<&str>, most: usize) {
        let room = ROOM.saturating_sub(self.text.len() + letter.len() + 2);
        let Some(text) = text else { return };
        let mut fitting = String::new();
        for character in text.chars().filter(|c| !c.is_control()).take(most) {
            let next = closed(&character.to_string());
            if fitting.len() + next.len() > room {
                break;
            }
            fitting.push_str(&next);
        }
        if fitting.len() >= 4.min(text.len()) && !fitting.is_empty() {
            self.text.push_str(&format!(";{letter}={fitting}"));
        }
    }
}

/// The text without what separates fields.
fn closed(text: &str) -> String {
    text.replace('%', "%25").replace(';', "%3B")
}

fn opened(text: &str) -> String {
    text.replace("%3B", ";").replace("%25", "%")
}

fn short<T: PartialEq>(table: &[(&'static str, T)], long: &T) -> Option<&'static str> {
    table.iter().find(|(_, word)| word == long).map(|(short, _)| *short)
}

fn long<T: Clone>(table: &[(&'static str, T)], wanted: &str) -> Option<T> {
    table.iter().find(|(short, _)| *short == wanted).map(|(_, word)| word.clone())
}

/// A hash with its method: `sha256:` is left out, hexadecimal digits become fewer characters, and any other text stays.
fn hashed(text: &str) -> String {
    let cut = cut_hash(text);
    let (mark, digits) = cut.strip_prefix("sha256:").map_or(("-", cut.as_str()), |digits| ("+", digits));
    match from_hexadecimal(digits) {
        Some(bytes) => format!("{mark}{}", compact(&bytes)),
        None => format!("={cut}"),
    }
}

fn unhashed(text: &str) -> Option<String> {
    let (mark, rest) = text.split_at_checked(1)?;
    if mark == "=" {
        return Some(rest.to_owned());
    }
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(rest).ok()?;
    let mut digits = String::new();
    for byte in bytes {
        digits.push_str(&format!("{byte:02x}"));
    }
    match mark {
        "+" => Some(format!("sha256:{digits}")),
        "-" => Some(digits),
        _ => None,
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !is_hexadecimal(text) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

fn approver(text: &str) -> Option<EntryApprover> {
    let (way, key) = text.split_once('.')?;
    let by = long(&WAYS, way).unwrap_or_else(|| ApprovalWay::from(way.to_owned()));
    let fingerprint = Some(key.to_owned()).filter(|key| !key.is_empty());
    Some(EntryApprover { fingerprint, ..EntryApprover::new(None, by, None) })
}

/// The run's id and attempt.
fn run(run: &EntryRun) -> Option<String> {
    let id = run.id.as_deref()?;
    Some(run.attempt.as_deref().map_or_else(|| id.to_owned(), |attempt| format!("{id}.{attempt}")))
}

fn seconds(time: &str) -> u64 {
    let time = humantime::parse_rfc3339(time).unwrap_or(UNIX_EPOCH);
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn time_at(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

fn base36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        digits.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

fn from_base36(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 36).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserved() -> LedgerEntry {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let mut entry = LedgerEntry::new(EntryKind::Reserved, Some("shop"), "prod", time);
        entry.number = 42;
        entry.digest = Some(format!("sha256:{}", "ab".repeat(32)));
        entry.source = Some(format!("sha256:{}", "cd".repeat(32)));
        entry.commit = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
        entry.approvers = ["4711", "4712", "4713"]
            .map(|id| EntryApprover::new(Some("ann"), ApprovalWay::Review, Some(id)))
            .to_vec();
        entry.actor = Some("bob;%".to_owned());
        entry.run = Some(EntryRun {
            system: "github-actions".to_owned(),
            id: Some("17123456789".to_owned()),
            attempt: Some("2".to_owned()),
            url: None,
        });
        entry.state_before = Some("version 17".to_owned());
        (entry.last_judged, entry.in_part) = (true, true);
        entry
    }

    #[test]
    fn a_deployment_with_three_approvals_fits_with_run_actor_and_state() {
        let entry = reserved();
        let value = write(&entry).unwrap();
        assert!(value.len() <= VALUE && value.is_ascii(), "{} {value}", value.len());
        let again = read(&value, 42, "prod").unwrap();
        assert_eq!((again.kind.clone(), again.time.clone()), (entry.kind.clone(), entry.time.clone()));
        assert_eq!(again.commit, entry.commit);
        assert_eq!(again.digest.as_deref(), Some(format!("sha256:{}", "ab".repeat(24)).as_str()));
        let keys = |entry: &LedgerEntry| entry.approvers.iter().map(EntryApprover::key).collect::<Vec<_>>();
        assert_eq!(keys(&again), keys(&entry));
        assert_eq!(again.actor.as_deref(), Some("bob;%"));
        assert_eq!(again.run.unwrap().id.as_deref(), Some("17123456789.2"));
        assert_eq!(again.state_after.as_deref(), Some("version 17"));
        assert_eq!(again.id, id(&entry.id));
        assert!(again.last_judged && again.in_part);
    }

    #[test]
    fn an_opening_and_a_warning_keep_what_counts() {
        let mut opened = LedgerEntry::new(EntryKind::Opened, Some("shop"), "pr-7-0123abcd", UNIX_EPOCH);
        opened.nonce = Some("0123456789abcdef".to_owned());
        opened.repository = Some("git.example.com:8443/{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}".to_owned());
        opened.change_requests = vec![123_456];
        opened.expires = Some("2026-11-30T12:00:00Z".to_owned());
        opened.actor = Some("a".repeat(60));
        let again = read(&write(&opened).unwrap(), 1, "pr-7-0123abcd").unwrap();
        assert_eq!((&again.nonce, &again.repository), (&opened.nonce, &opened.repository));
        assert_eq!((again.change_requests, again.expires), (opened.change_requests, opened.expires));
        let mut warned = LedgerEntry::new(EntryKind::Warned, None, "prod", UNIX_EPOCH);
        (warned.reason, warned.issue) = (Some("2d".to_owned()), Some(12));
        (warned.actor, warned.host) = (Some(";".repeat(60)), Some(";".repeat(60)));
        let again = read(&write(&warned).unwrap(), 1, "prod").unwrap();
        assert_eq!((again.kind, again.reason, again.issue), (warned.kind, warned.reason, warned.issue));
    }

    #[test]
    fn of_long_texts_it_holds_what_fits() {
        let mut entry = reserved();
        entry.reason = Some("ü".repeat(300));
        let value = write(&entry).unwrap();
        assert!(value.len() <= VALUE, "{}", value.len());
        let mut hold = LedgerEntry::new(EntryKind::Held, None, "prod", UNIX_EPOCH);
        hold.reason = Some(format!("check failed; {}", "x".repeat(300)));
        hold.link = Some("https://ci.example.com/1".to_owned());
        (hold.gate, hold.expires) = (Some("reviewed".to_owned()), Some("2026-11-18T11:06:40Z".to_owned()));
        let again = read(&write(&hold).unwrap(), 1, "prod").unwrap();
        assert_eq!((&again.gate, &again.expires), (&hold.gate, &hold.expires));
        assert!(again.reason.unwrap().starts_with("check failed; x"));
        assert_eq!(again.link.as_deref(), Some("https://ci.example.com/1"));
    }

    #[test]
    fn what_has_to_be_there_and_does_not_fit_is_an_error() {
        let mut entry = reserved();
        let one = entry.approvers[0].clone();
        entry.approvers = vec![one; 9];
        assert!(write(&entry).unwrap_err().contains("and a tag has"));
    }

    #[test]
    fn every_kind_end_and_way_is_read_again_and_so_is_a_later_one() {
        let kinds =
            KINDS.iter().map(|(_, kind)| kind.clone()).chain([EntryKind::Later("frobbed".to_owned())]);
        for kind in kinds {
            let mut entry = LedgerEntry::new(kind.clone(), None, "prod", UNIX_EPOCH);
            entry.about = Some(41);
            assert_eq!(read(&write(&entry).unwrap(), 1, "prod").unwrap().kind, kind);
        }
        for status in
            ENDS.iter().map(|(_, status)| status.clone()).chain([EntryStatus::Later("odd".to_owned())])
        {
            let mut entry = LedgerEntry::new(EntryKind::Finished, None, "prod", UNIX_EPOCH);
            entry.status = Some(status.clone());
            assert_eq!(read(&write(&entry).unwrap(), 1, "prod").unwrap().status, Some(status));
        }
    }

    #[test]
    fn a_value_that_was_cut_or_changed_is_not_read() {
        let value = write(&reserved()).unwrap();
        for end in 0..value.len() {
            assert!(read(&value[..end], 42, "prod").is_err(), "cut at {end}");
        }
        for (from, to) in [("k=r", "k=f"), (";a=", ";b="), ("bob", "ann")] {
            assert!(read(&value.replacen(from, to, 1), 42, "prod").is_err(), "{from} → {to}");
        }
        assert!(read("", 42, "prod").is_err());
        let later = "2;k=r";
        let later = format!("{later}{SUM_MARK}{}", sum(later));
        assert_eq!(read(&later, 42, "prod").unwrap_err(), "its form is `2`, which a later version may know");
    }

    #[test]
    fn letters_of_a_later_version_are_kept_and_do_no_harm() {
        let fields = "1;k=r;t=0;n=abcdefgh;J=x";
        let entry = read(&format!("{fields}{SUM_MARK}{}", sum(fields)), 1, "prod").unwrap();
        assert_eq!(entry.later[LETTERS]["J"], "x");
    }

    #[test]
    fn hashes_of_any_form_are_read_again() {
        for text in ["abc", "sha512:xyz", "sha256:", "", "0123456789abcdef0123456789abcdef01234567", "main"] {
            assert_eq!(unhashed(&hashed(text)).as_deref(), Some(text), "{text}");
        }
    }
}
