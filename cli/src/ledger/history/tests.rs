//! What the entries say, one behaviour a test.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::ledger::entry::ApprovalWay;

/// A ledger that is written in memory.
#[derive(Default)]
struct Book {
    history: History,
}

impl Book {
    fn add(&mut self, kind: EntryKind, change: impl FnOnce(&mut LedgerEntry)) -> u64 {
        let number = self.history.last() + 1;
        // The clock of each writer is another one.
        let time = UNIX_EPOCH + Duration::from_secs(2_000_000_000 - number * 86_400);
        let mut entry = LedgerEntry::new(kind, Some("shop"), "prod", time);
        entry.number = number;
        change(&mut entry);
        self.history.add(entry);
        number
    }

    fn reserve(&mut self, digest: &str, approvals: &[&str]) -> u64 {
        self.add(EntryKind::Reserved, |entry| {
            entry.digest = Some(digest.to_owned());
            entry.source = Some(format!("source of {digest}"));
            entry.commit = Some(format!("commit of {digest}"));
            entry.approvers = approvals.iter().map(|id| review(id)).collect();
        })
    }

    fn finish(&mut self, about: u64, status: EntryStatus) -> u64 {
        self.add(EntryKind::Finished, |entry| {
            entry.about = Some(about);
            entry.status = Some(status);
        })
    }

    fn deploy(&mut self, digest: &str, approvals: &[&str]) -> u64 {
        let reserved = self.reserve(digest, approvals);
        self.finish(reserved, EntryStatus::Succeeded)
    }

    fn verify(&mut self, status: EntryStatus) -> u64 {
        self.add(EntryKind::Verified, |entry| entry.status = Some(status))
    }

    fn can_use(&self, id: &str, digest: &str) -> &'static str {
        match self.history.approval_use(&review(id), digest) {
            ApprovalUse::Free => "free",
            ApprovalUse::Continues(_) => "continues",
            ApprovalUse::UsedUp(_) => "used up",
            ApprovalUse::NotKnown => "not known",
        }
    }
}

fn review(id: &str) -> EntryApprover {
    EntryApprover::new(Some("ann"), ApprovalWay::Review, Some(id))
}

fn digest_of(entry: Option<&LedgerEntry>) -> Option<&str> {
    entry?.digest.as_deref()
}

#[test]
fn an_empty_ledger_says_nothing() {
    let book = Book::default();
    assert_eq!((book.history.last(), book.history.deployed()), (0, None));
    assert_eq!(book.can_use("1", "a"), "free");
    assert_eq!(book.history.standing("x"), SourceStanding::Unknown);
    assert!(book.history.certain().is_ok());
}

#[test]
fn what_is_deployed_is_the_last_success_with_what_its_reservation_says() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    let reserved = book.reserve("b", &["2"]);
    assert_eq!(digest_of(book.history.deployed()), Some("a"));
    assert_eq!(book.history.unfinished()[0].number, reserved);
    book.finish(reserved, EntryStatus::Failed);
    assert_eq!(digest_of(book.history.deployed()), Some("a"));
    assert!(book.history.unfinished().is_empty());
    book.deploy("c", &["3"]);
    let deployed = book.history.deployed().unwrap();
    assert_eq!((deployed.commit.as_deref(), deployed.about), (Some("commit of c"), Some(5)));
    assert_eq!(deployed.approvers, [review("3")]);
}

#[test]
fn an_end_belongs_to_its_own_reservation() {
    let mut book = Book::default();
    let killed = book.reserve("a", &["1"]);
    let second = book.reserve("b", &["2"]);
    book.finish(second, EntryStatus::Succeeded);
    assert_eq!(digest_of(book.history.deployed()), Some("b"));
    let left: Vec<u64> = book.history.unfinished().iter().map(|entry| entry.number).collect();
    assert_eq!(left, [killed]);
}

#[test]
fn an_approval_counts_once() {
    let mut book = Book::default();
    assert_eq!(book.can_use("1", "a"), "free");
    book.deploy("a", &["1"]);
    assert_eq!(book.can_use("1", "a"), "used up");
    assert_eq!(book.can_use("1", "b"), "used up");
    assert_eq!(book.can_use("2", "a"), "free");
}

#[test]
fn a_deployment_that_was_killed_is_finished_under_the_same_approval() {
    let mut book = Book::default();
    book.reserve("a", &["1", "2"]);
    assert_eq!(book.can_use("1", "a"), "continues");
    assert_eq!(book.can_use("1", "other"), "used up");
    let again = book.reserve("a", &["1", "2"]);
    assert_eq!(book.can_use("2", "a"), "continues");
    book.finish(again, EntryStatus::Succeeded);
    assert_eq!((book.can_use("1", "a"), book.can_use("2", "a")), ("used up", "used up"));
}

#[test]
fn a_deployment_that_failed_or_was_stopped_is_tried_again_under_the_same_approval() {
    for status in [EntryStatus::Failed, EntryStatus::Cancelled, EntryStatus::Later("odd".to_owned())] {
        let mut book = Book::default();
        let reserved = book.reserve("a", &["1"]);
        book.finish(reserved, status);
        assert_eq!(book.can_use("1", "a"), "continues");
        book.deploy("a", &["1"]);
        assert_eq!(book.can_use("1", "a"), "used up");
    }
}

#[test]
fn an_approval_of_a_deployment_that_another_one_has_followed_is_used_up() {
    let mut book = Book::default();
    book.reserve("a", &["1"]);
    book.reserve("b", &["2"]);
    assert_eq!((book.can_use("1", "a"), book.can_use("2", "b")), ("used up", "continues"));
}

#[test]
fn of_two_runs_under_one_approval_the_first_success_uses_it_up() {
    let mut book = Book::default();
    let first = book.reserve("a", &["1"]);
    book.reserve("a", &["1"]);
    book.finish(first, EntryStatus::Succeeded);
    assert_eq!(book.can_use("1", "a"), "used up");
    assert_eq!(book.history.unfinished().len(), 1, "the second one is still under way, or was killed");
}

#[test]
fn an_approval_without_an_id_can_t_be_recognised() {
    let book = Book::default();
    let nameless = EntryApprover::new(Some("ann"), ApprovalWay::Environment, None);
    assert_eq!(book.history.approval_use(&nameless, "a"), ApprovalUse::NotKnown);
}

#[test]
fn promotion_asks_for_sources_whose_last_checks_passed() {
    let mut book = Book::default();
    let finished = book.deploy("a", &[]);
    assert_eq!(book.history.standing("source of a"), SourceStanding::Deployed(finished));
    book.verify(EntryStatus::Succeeded);
    assert!(book.history.has_verified("source of a"));
    assert_eq!(book.history.verified().unwrap().commit.as_deref(), Some("commit of a"));
    book.deploy("b", &[]);
    book.verify(EntryStatus::Failed);
    assert!(book.history.has_verified("source of a") && !book.history.has_verified("source of b"));
    assert!(matches!(book.history.standing("source of b"), SourceStanding::NotPassed(_)));
    book.verify(EntryStatus::Inconclusive);
    assert!(!book.history.has_verified("source of b"));
    book.deploy("a", &[]);
    book.verify(EntryStatus::Failed);
    assert!(!book.history.has_verified("source of a"), "the last checks count");
    assert_eq!(book.history.verified().unwrap().number, 3, "the last one that passed");
}

#[test]
fn a_verification_can_be_about_the_reservation_of_the_last_deployment() {
    let mut book = Book::default();
    let reserved = book.reserve("a", &[]);
    book.finish(reserved, EntryStatus::Succeeded);
    book.add(EntryKind::Verified, |entry| {
        (entry.about, entry.status) = (Some(reserved), Some(EntryStatus::Succeeded));
    });
    assert!(book.history.has_verified("source of a"));
    assert_eq!(digest_of(book.history.verified()), Some("a"));
}

#[test]
fn another_command_leaves_what_was_deployed_last() {
    for command in ["refresh", "destroy"] {
        let mut book = Book::default();
        book.deploy("a", &[]);
        let reserved = book.add(EntryKind::Reserved, |entry| {
            (entry.commit, entry.command) = (Some("other".to_owned()), Some(command.to_owned()));
        });
        book.finish(reserved, EntryStatus::Succeeded);
        assert_eq!(digest_of(book.history.deployed()), Some("a"), "{command}");
        assert!(book.history.unfinished().is_empty());
    }
}

#[test]
fn a_verification_of_an_earlier_deployment_is_not_one_of_the_last() {
    let mut book = Book::default();
    let first = book.deploy("a", &[]);
    book.deploy("b", &[]);
    book.add(EntryKind::Verified, |entry| {
        entry.about = Some(first);
        entry.source = Some("source of a".to_owned());
        entry.status = Some(EntryStatus::Succeeded);
    });
    assert!(book.history.has_verified("source of a") && !book.history.has_verified("source of b"));
    assert_eq!(book.history.verified().unwrap().commit, None);
}

#[test]
fn holds_are_in_force_until_they_are_released() {
    let mut book = Book::default();
    let hold = |book: &mut Book, why: &str| {
        book.add(EntryKind::Held, |entry| {
            entry.reason = Some(why.to_owned());
            entry.actor = Some("ann".to_owned());
        })
    };
    let first = hold(&mut book, "incident");
    hold(&mut book, "check failed");
    let reasons =
        |book: &Book| book.history.holds().iter().filter_map(|hold| hold.reason.clone()).collect::<Vec<_>>();
    book.deploy("a", &[]);
    assert_eq!(reasons(&book), ["incident", "check failed"]);
    book.add(EntryKind::Released, |entry| entry.about = Some(first));
    assert_eq!(reasons(&book), ["check failed"]);
    hold(&mut book, "again");
    book.add(EntryKind::Released, |_| {});
    assert_eq!(reasons(&book), Vec::<String>::new());
}

#[test]
fn recorded_approvals_are_found_by_the_change() {
    let mut book = Book::default();
    for (digest, id) in [("a", "1"), ("b", "2"), ("a", "3")] {
        book.add(EntryKind::Approved, |entry| {
            entry.digest = Some(digest.to_owned());
            entry.approvers = vec![review(id)];
        });
    }
    let found: Vec<&EntryApprover> = book.history.approvals("a").flat_map(|entry| &entry.approvers).collect();
    assert_eq!(found, [&review("1"), &review("3")]);
    assert_eq!(book.can_use("1", "a"), "free", "an approval that is recorded is not one that is used");
}

#[test]
fn an_entry_that_can_t_be_read_makes_the_answers_uncertain_and_is_named() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.history.add_unreadable(3, "it is cut off");
    book.history.add_missing(4, 4);
    book.history.add_missing(5, 7);
    assert_eq!(book.history.last(), 7, "its number is taken");
    let problem = book.history.certain().unwrap_err();
    assert_eq!(
        problem.what,
        "what the ledger says is not certain: entry 3 can't be read: it is cut off; entry 4 is missing; entries 5 to \
         7 are missing"
    );
    assert!(problem.hint.unwrap().contains("stackstep accept"));
}

#[test]
fn accepting_closes_what_was_open_and_says_what_is_there() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.history.add_unreadable(3, "it is cut off");
    book.reserve("b", &["2"]);
    book.add(EntryKind::Accepted, |entry| entry.commit = Some("abc".to_owned()));
    assert!(book.history.certain().is_ok());
    assert!(book.history.unfinished().is_empty() && book.history.attempt().is_none());
    assert_eq!(book.history.deployed().unwrap().commit.as_deref(), Some("abc"));
    assert_eq!(book.can_use("2", "b"), "used up", "what was accepted is not finished by another deployment");
    assert_eq!(book.can_use("1", "a"), "used up");
}

#[test]
fn accepting_without_a_commit_leaves_what_was_deployed_last() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.reserve("b", &["2"]);
    book.add(EntryKind::Accepted, |_| {});
    assert_eq!(digest_of(book.history.deployed()), Some("a"));
}

#[test]
fn after_a_destroy_nothing_is_deployed_and_approvals_stay_used() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.verify(EntryStatus::Succeeded);
    book.add(EntryKind::Destroyed, |_| {});
    assert_eq!((book.history.deployed(), book.history.verified()), (None, None));
    assert_eq!(book.can_use("1", "a"), "used up");
    assert!(book.history.has_verified("source of a"), "it was verified, whatever is there now");
}

#[test]
fn kinds_of_later_versions_are_passed_over() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    let before = book.history.clone();
    book.add(EntryKind::Later("frobbed".to_owned()), |entry| entry.digest = Some("z".to_owned()));
    assert_eq!(book.history, History { last: 3, ..before });
}

#[test]
fn deploying_past_what_is_needed_is_remembered() {
    let mut book = Book::default();
    let number = book.add(EntryKind::BrokeGlass, |entry| entry.reason = Some("fire".to_owned()));
    book.deploy("a", &[]);
    assert_eq!(book.history.broke_glass().unwrap().number, number);
}

#[test]
fn the_newest_broken_glasses_are_kept_and_needed() {
    let mut book = Book::default();
    for _ in 0..GLASSES + 2 {
        book.add(EntryKind::BrokeGlass, |_| {});
    }
    let kept: Vec<u64> = book.history.broken_glasses().iter().map(|entry| entry.number).collect();
    assert_eq!(kept, (3..=22).collect::<Vec<u64>>());
    assert_eq!(book.history.needed(), kept);
}

#[test]
fn what_is_remembered_of_approvals_and_sources_is_bounded_to_the_newest() {
    let mut book = Book::default();
    for index in 0..USED + 10 {
        book.deploy(&format!("{index}"), &[&format!("r{index}")]);
        book.verify(EntryStatus::Succeeded);
    }
    assert_eq!((book.history.used.len(), book.history.sources.len()), (USED, SOURCES));
    assert_eq!((book.can_use("r9", "9"), book.can_use("r10", "10")), ("free", "used up"));
    assert!(!book.history.has_verified("source of 1509") && book.history.has_verified("source of 1510"));
}

#[test]
fn what_is_needed_is_what_the_answers_stand_on() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.deploy("b", &["2"]);
    book.verify(EntryStatus::Succeeded);
    book.add(EntryKind::Held, |_| {});
    book.deploy("c", &["3"]);
    book.reserve("d", &["4"]);
    // 1, 2: a; 3, 4: b; 5: b verified; 6: held; 7, 8: c; 9: d is under way.
    assert_eq!(book.history.needed(), [4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_summary_is_read_again_as_it_was() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.reserve("b", &["2"]);
    book.add(EntryKind::Held, |_| {});
    book.history.add_unreadable(5, "it is cut off");
    let text = serde_json::to_string(&book.history).unwrap();
    assert_eq!(serde_json::from_str::<History>(&text).unwrap(), book.history);
}

#[test]
fn an_accepted_change_waits_for_its_deployment_and_leaves_what_is_there() {
    let mut book = Book::default();
    book.deploy("a", &["1"]);
    book.add(EntryKind::Refused, |entry| entry.digest = Some("b".to_owned()));
    assert_eq!(digest_of(book.history.refused()), Some("b"));
    book.add(EntryKind::Accepted, |entry| entry.digest = Some("b".to_owned()));
    assert_eq!(digest_of(book.history.deployed()), Some("a"));
    assert!(book.history.accepted("b").is_some() && book.history.accepted("c").is_none());
    book.deploy("b", &["2"]);
    assert_eq!((book.history.refused(), book.history.accepted("b")), (None, None), "it counts once");
}

#[test]
fn an_accepted_change_can_be_tried_again_until_it_is_deployed() {
    let mut book = Book::default();
    book.add(EntryKind::Accepted, |entry| entry.digest = Some("b".to_owned()));
    let reserved = book.reserve("b", &[]);
    book.finish(reserved, EntryStatus::Failed);
    assert!(book.history.accepted("b").is_some());
}

#[test]
fn the_last_deployment_that_did_not_succeed_has_its_record_until_one_has() {
    let mut book = Book::default();
    assert_eq!(book.history.broken_off(), None);
    let begun = book.reserve("a", &[]);
    let with_record = |entry: &mut LedgerEntry| {
        entry.digest = Some("a".to_owned());
        entry.record = Some("packed".to_owned());
    };
    let again = book.add(EntryKind::Reserved, with_record);
    assert_eq!(book.history.broken_off().and_then(|entry| entry.record.as_deref()), Some("packed"));
    assert!(book.history.unfinished().iter().all(|entry| entry.record.is_none()), "it is there once");
    book.finish(begun, EntryStatus::Cancelled);
    book.finish(again, EntryStatus::Failed);
    assert_eq!(book.history.broken_off().map(|entry| entry.number), Some(again));
    let done = book.add(EntryKind::Reserved, with_record);
    book.finish(done, EntryStatus::Succeeded);
    assert_eq!(book.history.broken_off(), None);
    let json = serde_json::to_string(&book.history).unwrap();
    assert!(!json.contains("packed"), "what is done needs no record: {json}");
}
