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
        own_stack: false,
        hands_values_on: false,
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

/// The verdict on a command about a stack for a fork's change, whose job has the repository's credentials.
fn of_a_fork(command: Command, own_stack: bool, work_folder: &str, context: Context) -> TrustVerdict {
    let env = Env::from_pairs("/", [("GITHUB_ACTIONS", "true")]);
    let checkouts = [Checkout { top: "/ws".into(), commit: Some(work_folder.to_owned()) }];
    let context = Context {
        fork: Some(true),
        trusted: Some(false),
        proposed: true,
        change_request: Some(7),
        event: Some("pull_request_target".into()),
        base_credentials: true,
        own_commits: vec![OTHER.into()],
        ..context
    };
    judge(&Question {
        ci: detect(&env),
        context: &context,
        command,
        preview_only: false,
        upsert: false,
        credentials: &Credentials { backend: true, found: Vec::new() },
        work_folder: &checkouts,
        branch_head: None,
        refuse_stale: false,
        own_stack,
        hands_values_on: false,
    })
}

fn let_in() -> Context {
    Context { allowed_commit: Some(HEAD.into()), may_have_stack: true, ..Context::default() }
}

#[test]
fn a_forks_commit_that_was_let_in_is_deployed_to_its_own_stack_and_nowhere_else() {
    let is_let = |verdict: &TrustVerdict| matches!(verdict, TrustVerdict::Warn { what, .. } if what.contains("can read"));
    assert!(is_let(&of_a_fork(Command::Up, true, HEAD, let_in())));
    let previewed = Context { may_have_stack: false, ..let_in() };
    for refused in [
        of_a_fork(Command::Up, false, HEAD, let_in()),
        of_a_fork(Command::Refresh, true, HEAD, let_in()),
        of_a_fork(Command::Exec, true, HEAD, let_in()),
        of_a_fork(Command::Up, true, HEAD, previewed),
        of_a_fork(Command::Up, true, HEAD, Context { may_have_stack: true, ..Context::default() }),
        of_a_fork(Command::Up, true, &"0".repeat(40), let_in()),
        of_a_fork(Command::Up, true, OTHER, Context::default()),
    ] {
        assert_eq!((refused.exit_status(), refused.reason()), (Some(73), Some(Reason::Untrusted)));
    }
}

#[test]
fn a_forks_stack_is_destroyed_from_the_repositorys_own_code_alone() {
    assert_eq!(of_a_fork(Command::Destroy, true, OTHER, Context::default()), TrustVerdict::Go);
    for refused in [
        of_a_fork(Command::Destroy, true, HEAD, Context::default()),
        of_a_fork(Command::Destroy, false, OTHER, Context::default()),
    ] {
        assert_eq!(refused.reason(), Some(Reason::Untrusted));
    }
}
