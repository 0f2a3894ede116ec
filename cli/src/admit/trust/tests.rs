use super::*;
use crate::base::env::Env;
use crate::ci::detect;

const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";
const OTHER: &str = "88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9";

/// The verdict on `up` of a push to `main`, with what `change` makes of the question.
fn pushed(change: impl FnOnce(&mut Question<'_>)) -> TrustVerdict {
    let env = Env::from_pairs("/", [("GITHUB_ACTIONS", "true")]);
    let context = Context {
        commit: Some(HEAD.into()),
        branch: Some("main".into()),
        fork: Some(false),
        ..Context::default()
    };
    let credentials = Credentials { backend: true, found: Vec::new() };
    let mut question = Question {
        ci: detect(&env),
        context: &context,
        command: Command::Up,
        preview_only: false,
        upsert: false,
        credentials: &credentials,
        work_folder: &[],
        branch_head: Some(HEAD),
        refuse_stale: false,
    };
    change(&mut question);
    judge(&question)
}

#[test]
fn the_head_of_a_branch_is_deployed() {
    assert_eq!(pushed(|_| {}), TrustVerdict::Go);
    assert_eq!(pushed(|question| question.branch_head = Some("8d08154")), TrustVerdict::Go);
    assert_eq!(pushed(|question| question.branch_head = None), TrustVerdict::Go);
}

#[test]
fn a_commit_that_its_branch_left_behind_is_warned_of() {
    let TrustVerdict::Warn { what, hint } = pushed(|question| question.branch_head = Some(OTHER)) else {
        panic!("no warning")
    };
    assert_eq!(
        what,
        "commit `8d08154c` is no longer the head of `main`, which is at `88a27cd7`: this deploys an older \
         state of the code"
    );
    assert_eq!(hint, "`stale: refuse` refuses such runs");
}

#[test]
fn it_is_refused_where_that_is_asked_for() {
    let verdict = pushed(|question| {
        question.branch_head = Some(OTHER);
        question.refuse_stale = true;
    });
    assert_eq!((verdict.exit_status(), verdict.reason()), (Some(73), Some(Reason::Gate)));
}

#[test]
fn an_older_commit_may_be_previewed() {
    let verdict = pushed(|question| {
        question.branch_head = Some(OTHER);
        question.refuse_stale = true;
        question.command = Command::Preview;
    });
    assert_eq!(verdict, TrustVerdict::Go);
}

#[test]
fn a_short_hash_is_the_same_commit_and_a_few_characters_are_none() {
    assert!(same_commit(Some(HEAD), Some("8D08154cabb1")));
    assert!(!same_commit(Some(HEAD), Some("8d0")));
    assert!(!same_commit(Some(HEAD), None));
}

#[test]
fn what_is_no_hash_is_no_commit() {
    for other in
        [format!("{HEAD}\n::set-output name=x::y"), format!("{HEAD}00"), "8d08154-".into(), " 8d08154".into()]
    {
        assert!(!same_commit(Some(HEAD), Some(&other)), "{other}");
        assert!(!same_commit(Some(&other), Some(HEAD)), "{other}");
    }
    assert!(!same_commit(Some("zzzzzzz"), Some("zzzzzzz")));
}
