//! The ledger in a folder, whose entries are files.

use std::convert::Infallible;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::*;
use crate::base::env::Env;
use crate::ledger::LedgerFor;
use crate::ledger::entry::{ApprovalWay, EntryApprover, EntryKind};
use crate::ledger::history::ApprovalUse;
use crate::pulumi::stack::StackIdentity;

const ENTRIES: &str = ".stackstep/ledger/shop/prod";

fn ledger(root: &Path) -> Ledger {
    ledger_of(root, "prod")
}

fn ledger_of(root: &Path, stack: &str) -> Ledger {
    let env = Env::from_pairs("/", [("A", "b")]);
    let identity = StackIdentity {
        project: Some("shop".to_owned()),
        stack: stack.to_owned(),
        backend_url: Some("file://./state".to_owned()),
        ..StackIdentity::default()
    };
    let url = format!("file://{}", root.display());
    let (folder, forge, token, commit) = (Path::new("/"), None, None, None);
    let stack = LedgerFor { url: Some(&url), token, identity: &identity, env: &env, folder, forge, commit };
    Ledger::open(&stack)
}

fn entry(kind: EntryKind) -> LedgerEntry {
    LedgerEntry::new(kind, Some("shop"), "prod", UNIX_EPOCH)
}

/// Appends an entry whatever the others say.
async fn add(ledger: &Ledger, kind: EntryKind) -> LedgerEntry {
    ledger.append(|_| Ok::<_, Infallible>(entry(kind.clone()))).await.unwrap().unwrap()
}

fn files(root: &Path) -> Vec<String> {
    let names = std::fs::read_dir(root.join(ENTRIES)).unwrap();
    let mut names: Vec<String> = names.map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn entries_lie_beside_the_state_as_files_with_their_numbers() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    assert_eq!(ledger.history().await.unwrap().unwrap().last(), 0);
    assert_eq!(add(&ledger, EntryKind::Reserved).await.number, 1);
    assert_eq!(add(&ledger, EntryKind::Finished).await.number, 2);
    assert_eq!(files(root.path()), ["000000000001.json", "000000000002.json"]);
    let text = std::fs::read_to_string(root.path().join(ENTRIES).join("000000000001.json")).unwrap();
    assert!(text.starts_with("{\n  \"v\": 1,\n  \"number\": 1,\n"), "{text}");
    assert!(ledger.not_promised().is_empty());
}

#[tokio::test]
async fn one_run_reads_once_and_writes_each_entry_with_one_request() {
    let root = tempfile::tempdir().unwrap();
    let ledger = ledger(root.path());
    for kind in [EntryKind::Reserved, EntryKind::Finished, EntryKind::Verified] {
        add(&ledger, kind).await;
    }
    // The summary, the list, and three entries.
    assert_eq!(ledger.requests(), 5);
}

#[tokio::test]
async fn another_run_that_wrote_in_between_is_seen_and_the_decision_is_made_anew() {
    let root = tempfile::tempdir().unwrap();
    let (ours, theirs) = (ledger(root.path()), ledger(root.path()));
    let approval = EntryApprover::new(Some("ann"), ApprovalWay::Review, Some("4711"));
    let reserve = |digest: &'static str| {
        let approval = approval.clone();
        move |history: &History| {
            if let ApprovalUse::UsedUp(used) = history.approval_use(&approval, digest) {
                return Err(used.number);
            }
            let mut reserved = entry(EntryKind::Reserved);
            reserved.digest = Some(digest.to_owned());
            reserved.approvers = vec![approval.clone()];
            Ok(reserved)
        }
    };
    add(&ours, EntryKind::Approved).await;
    theirs.append(reserve("one")).await.unwrap();
    let Err(NotAppended::Decided(used_by)) = ours.append(reserve("two")).await else { panic!() };
    assert_eq!(used_by, 2);
    assert_eq!(files(root.path()).len(), 2);
}

#[tokio::test]
async fn a_decision_against_an_entry_is_never_made_of_old_knowledge() {
    let root = tempfile::tempdir().unwrap();
    let (ours, theirs) = (ledger(root.path()), ledger(root.path()));
    add(&ours, EntryKind::Held).await;
    add(&theirs, EntryKind::Released).await;
    let unless_held = |history: &History| match history.holds() {
        [] => Ok(entry(EntryKind::Reserved)),
        holds => Err(holds.len()),
    };
    assert_eq!(ours.append(unless_held).await.unwrap().unwrap().number, 3);
}

#[test]
fn of_eight_writers_at_once_each_writes_its_entry_and_each_number_has_one() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let numbers: Vec<u64> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let ledger = ledger(root);
                        let first = add(&ledger, EntryKind::Reserved).await.number;
                        [first, add(&ledger, EntryKind::Finished).await.number]
                    })
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=16).collect::<Vec<u64>>(), "{numbers:?}");
    assert_eq!(files(root).iter().filter(|name| name.starts_with('0')).count(), 16);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let history = runtime.block_on(ledger(root).history()).unwrap().unwrap();
    assert!(history.certain().is_ok() && history.last() == 16 && history.unfinished().is_empty());
}

#[tokio::test]
async fn an_entry_that_is_cut_off_is_named_and_its_number_is_not_given_again() {
    let root = tempfile::tempdir().unwrap();
    for kind in [EntryKind::Reserved, EntryKind::Finished] {
        add(&ledger(root.path()), kind).await;
    }
    let path = root.path().join(ENTRIES).join("000000000002.json");
    let whole = std::fs::read(&path).unwrap();
    for (bytes, why) in
        [(&whole[..20], "it is cut off"), (&[][..], "it is empty"), (b"\0\0", "it is not an entry")]
    {
        std::fs::write(&path, bytes).unwrap();
        let history = ledger(root.path()).history().await.unwrap().unwrap();
        let problem = history.certain().unwrap_err();
        assert!(problem.what.contains(&format!("entry 2 can't be read: {why}")), "{}", problem.what);
        assert_eq!(history.last(), 2);
    }
    assert_eq!(add(&ledger(root.path()), EntryKind::Accepted).await.number, 3);
    assert!(ledger(root.path()).history().await.unwrap().unwrap().certain().is_ok());
}

#[tokio::test]
async fn a_file_that_is_missing_between_others_is_named() {
    let root = tempfile::tempdir().unwrap();
    for _ in 0..4 {
        add(&ledger(root.path()), EntryKind::Approved).await;
    }
    for name in ["000000000001.json", "000000000003.json"] {
        std::fs::remove_file(root.path().join(ENTRIES).join(name)).unwrap();
    }
    let problem = ledger(root.path()).history().await.unwrap().unwrap().certain().unwrap_err();
    assert!(problem.what.ends_with("entry 1 is missing; entry 3 is missing"), "{}", problem.what);
}

#[tokio::test]
async fn entries_of_another_stack_that_were_copied_do_not_count() {
    let root = tempfile::tempdir().unwrap();
    add(&ledger(root.path()), EntryKind::Approved).await;
    let folder = root.path().join(".stackstep/ledger/shop");
    std::fs::rename(folder.join("prod"), folder.join("live")).unwrap();
    let history = ledger_of(root.path(), "live").history().await.unwrap().unwrap();
    assert!(
        history.certain().unwrap_err().what.contains("entry 1 can't be read: it is about the stack `prod`")
    );
}

#[tokio::test]
async fn a_summary_spares_the_reading_of_old_entries_and_is_nothing_to_rely_on() {
    let root = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        add(&ledger(root.path()), EntryKind::Approved).await;
    }
    let summary = root.path().join(ENTRIES).join("summary.json");
    assert!(summary.is_file());
    let whole = ledger(root.path()).history().await.unwrap().unwrap();
    let reader = ledger(root.path());
    assert_eq!(reader.history().await.unwrap().unwrap(), whole);
    assert!(reader.requests() < 20, "{}", reader.requests());
    for text in [
        "",
        "{",
        "{\"form\":99,\"stack\":\"shop/prod\",\"history\":{\"last\":99}}",
        "{\"form\":1,\"stack\":\"shop/x\",\"history\":{\"last\":99}}",
    ] {
        std::fs::write(&summary, text).unwrap();
        assert_eq!(ledger(root.path()).history().await.unwrap().unwrap(), whole, "{text}");
    }
    std::fs::remove_file(&summary).unwrap();
    assert_eq!(ledger(root.path()).history().await.unwrap().unwrap(), whole);
}

#[tokio::test]
async fn what_is_uncertain_is_never_summarised() {
    let root = tempfile::tempdir().unwrap();
    let broken = root.path().join(ENTRIES).join("000000000001.json");
    add(&ledger(root.path()), EntryKind::Approved).await;
    std::fs::write(&broken, "{").unwrap();
    for _ in 0..20 {
        add(&ledger(root.path()), EntryKind::Approved).await;
    }
    assert!(!root.path().join(ENTRIES).join("summary.json").exists());
}

#[tokio::test]
async fn the_order_is_that_of_the_numbers_whatever_the_clocks_say() {
    let root = tempfile::tempdir().unwrap();
    for (seconds, commit) in [(2_000_000_000, "first"), (1, "second")] {
        let add = |_: &History| {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            let mut entry = LedgerEntry::new(EntryKind::Accepted, Some("shop"), "prod", time);
            entry.commit = Some(commit.to_owned());
            Ok::<_, Infallible>(entry)
        };
        ledger(root.path()).append(add).await.unwrap();
    }
    let history = ledger(root.path()).history().await.unwrap().unwrap();
    assert_eq!(history.deployed().unwrap().commit.as_deref(), Some("second"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_can_t_be_written_is_named_with_the_way_out() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join(".stackstep"), "a file").unwrap();
    let Err(NotAppended::Trouble(trouble)) =
        ledger(root.path()).append(|_| Ok::<_, Infallible>(entry(EntryKind::Held))).await
    else {
        panic!()
    };
    assert!(trouble.problem.what.starts_with("the ledger can't be used: could not"), "{trouble}");
    assert!(trouble.problem.hint.is_some());
}

#[tokio::test]
async fn without_a_ledger_nothing_is_decided() {
    let none = Ledger::none(Problem::without_hint("because"));
    assert_eq!(none.history().await.unwrap(), None);
    let decided = none.append(|_| -> Result<LedgerEntry, ()> { panic!() }).await.unwrap();
    assert_eq!(decided, None);
}
