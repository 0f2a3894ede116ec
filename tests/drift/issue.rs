//! The one issue of a stack.

use super::{LARGER, LARGEST, Looked};
use crate::support::forge::{Fake, StoredIssue};

const FORGES: [&str; 3] = ["github", "gitlab", "gitea"];

fn open(fake: &Fake) -> Vec<usize> {
    let memory = fake.memory();
    let is_open = |issue: &StoredIssue| issue.closed_by.is_none() && !issue.deleted;
    memory.issues.iter().enumerate().filter(|(_, issue)| is_open(issue)).map(|(at, _)| at + 1).collect()
}

#[test]
fn it_is_opened_shown_anew_closed_and_opened_again_and_never_a_second_one() {
    for forge in FORGES {
        let (looked, fake) = Looked::new().finding(LARGER).on(forge);
        looked.look("").ends_with(0).says("issue #1 follows this drift up");
        let issue = fake.memory().issues[0].clone();
        assert_eq!(issue.title, "Drift: `shop/staging` is not what was deployed", "{forge}");
        for said in ["- `thing` (`demo:index:Thing`): `size`", "up -C infra/shop --stack staging --refresh"] {
            assert!(issue.body.contains(said), "{forge}: {}", issue.body);
        }
        let result = looked.result();
        assert_eq!(
            (&result["drift"]["issue"]["number"], &result["drift"]["issue"]["open"]),
            (&1.into(), &true.into())
        );
        looked.look("").ends_with(0).never_says("issue #");
        assert_eq!(fake.memory().issues[0].comments.len(), 0, "{forge}: nothing is new");

        let looked = looked.finding(LARGEST);
        looked.look("").ends_with(0).says("issue #1 shows the drift as it is now");
        assert!(fake.memory().issues[0].comments[0].contains("The drift is another one now"), "{forge}");

        let looked = looked.finding_nothing();
        looked.look("").ends_with(0).says("issue #1 is closed: there is no drift any more");
        assert_eq!(open(&fake), [] as [usize; 0], "{forge}");
        looked.look("").ends_with(0).never_says("issue #");
        assert_eq!(fake.memory().issues[0].comments.len(), 2, "{forge}");

        let looked = looked.finding(LARGER);
        looked.look("").ends_with(0).says("issue #1 is open again");
        assert_eq!((open(&fake), fake.memory().issues.len()), (vec![1], 1), "{forge}");
        assert_eq!(looked.last_entry()["issue"], 1);
    }
}

#[test]
fn a_look_that_does_not_know_leaves_it_as_it_is() {
    let (looked, fake) = Looked::new().finding(LARGER).on("gitlab");
    looked.look("").ends_with(0);
    let looked = looked.finding_nothing();
    looked.lock();
    looked.look("").ends_with(79).never_says("issue #");
    assert_eq!((open(&fake), fake.memory().issues[0].comments.len()), (vec![1], 0));
}

#[test]
fn one_that_a_person_closed_renamed_or_took_the_marker_out_of_is_still_the_one() {
    for forge in FORGES {
        let (looked, fake) = Looked::new().finding(LARGER).on(forge);
        looked.look("").ends_with(0);
        fake.memory().issues[0].closed_by = Some("ann".to_owned());
        looked.look("").ends_with(0).says("issue #1 is open again");
        fake.memory().issues[0].title = "Larger".to_owned();
        looked.look("").ends_with(0);
        fake.memory().issues[0].body = "Ann looks at it".to_owned();
        looked.look("").ends_with(0).says("issue #1 shows the drift as it is now");
        assert_eq!((open(&fake), fake.memory().issues.len()), (vec![1], 1), "{forge}");
    }
}

#[test]
fn one_that_was_deleted_has_a_successor() {
    let (looked, fake) = Looked::new().finding(LARGER).on("github");
    looked.look("").ends_with(0);
    fake.memory().issues[0].deleted = true;
    looked.look("").ends_with(0).says("issue #2 follows this drift up");
    assert_eq!(open(&fake), [2]);
}

#[test]
fn somebody_else_s_issue_with_our_marker_is_none_of_ours() {
    let (looked, fake) = Looked::new().finding(LARGER).on("gitlab");
    looked.look("").ends_with(0);
    let copied = fake.memory().issues[0].body.clone();
    fake.memory().issues[0].deleted = true;
    fake.memory().issues.push(StoredIssue::new("mallory", "Drift", &copied));
    looked.look("").ends_with(0).says("issue #3 follows this drift up");
    looked.finding_nothing().look("").ends_with(0);
    let memory = fake.memory();
    assert_eq!((memory.issues[1].closed_by.as_deref(), memory.issues[1].comments.len()), (None, 0));
}

#[test]
fn of_two_runs_that_open_one_at_once_one_stays() {
    let (looked, fake) = Looked::new().finding(LARGER).on("gitlab");
    looked.look("").ends_with(0);
    // Another run has read that there is none, and opens its own right after this one.
    let other = fake.memory().issues.remove(0);
    fake.memory().after_opening = Some(other);
    looked.look("").ends_with(0).says("issue #2 is closed: #1 is about the same");
    assert_eq!(open(&fake), [1]);
    assert!(fake.memory().issues[1].comments[0].contains("#1 is about the same"));
}

#[test]
fn its_owners_are_those_of_the_project_s_folder() {
    for (forge, place, owners) in [
        ("github", ".github/CODEOWNERS", "Owners by `CODEOWNERS`: @acme/ops, `ann@acme.example`"),
        ("gitlab", ".gitlab/CODEOWNERS", "Owners by `CODEOWNERS`: @acme/ops, `ann@acme.example`"),
    ] {
        let looked = Looked::new().finding(LARGER);
        let text = "* @acme/all\n/infra/shop/ @acme/ops ann@acme.example\n";
        std::fs::create_dir_all(looked.repository.scene.program.join(place).parent().unwrap()).unwrap();
        looked.repository.scene.write(place, text);
        let (looked, fake) = looked.on(forge);
        looked.look("").ends_with(0);
        let body = fake.memory().issues[0].body.clone();
        assert!(body.contains(owners), "{forge}: {body}");
    }
}

#[test]
fn the_issue_of_a_stack_s_earlier_name_is_closed() {
    let section = "{ stacks: [staging], renamed-from: { staging: qa } }";
    let (looked, fake) = Looked::with_section(section).finding(LARGER).on("gitlab");
    looked.run("up -C infra/shop --stack qa --upsert").ends_with(0);
    looked.run("drift -C infra/shop --stack qa").ends_with(0).says("issue #1 follows");
    looked.look("").ends_with(0).says("issue #1 is closed: the stack has another name now");
    assert_eq!(open(&fake), [2]);
    assert!(fake.memory().issues[0].comments[0].contains("called `shop/staging` now"));
}

#[test]
fn where_there_is_no_forge_or_it_has_no_issues_the_look_is_as_good() {
    let looked = Looked::new().finding(LARGER);
    looked.look("").ends_with(0).says("no issue follows this up");
    let (looked, _fake) = Looked::new().finding(LARGER).on("bitbucket");
    looked.look("").ends_with(0).says("Bitbucket has no issues that a job can open");
}

#[test]
fn a_forge_that_does_not_answer_is_a_note() {
    let looked =
        Looked::new().finding(LARGER).on("gitlab").0.with("STACKSTEP_FORGE_TOKEN", "another-token-0123");
    looked.look("").ends_with(0).says("no issue is looked for");
    assert_eq!(looked.output(), "true");
}
