//! Which change requests stand before a run's commit, by what the forge tells of its queue.

use super::*;

/// An entry of the queue: `NUMBER COMMIT BASE`, with `-` for what the forge does not tell.
fn entry(text: &str) -> QueuedRequest {
    let mut words = text.split(' ');
    let number = words.next().unwrap().parse().unwrap();
    let mut hash = || words.next().filter(|word| *word != "-").map(str::to_owned);
    QueuedRequest { number, commit: hash(), base: hash() }
}

/// The answer for a run of change request 9 at the last commit of `line`, which begins on `main`.
fn ahead(queue: &[&str], line: &str) -> Result<Vec<u64>, &'static str> {
    let queue: Vec<_> = queue.iter().map(|text| entry(text)).collect();
    let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
    requests_ahead(&queue, "main", &line, 9)
}

const CHANGED: Result<Vec<u64>, &str> = Err("the queue has changed since this run began");

#[test]
fn those_between_the_head_and_the_commit_are_found_and_those_behind_are_not() {
    let github = ["7 a main", "8 b a", "9 c b", "10 d c"];
    assert_eq!(ahead(&github, "a b c"), Ok(vec![7, 8]));
    assert_eq!(ahead(&github[1..], "b c"), CHANGED, "8 was made on what is not known");
    let gitlab = ["7 a -", "8 b -", "9 c -", "10 - -"];
    assert_eq!(ahead(&gitlab, "a b c"), Ok(vec![7, 8]));
}

#[test]
fn a_change_request_that_brings_several_commits_is_one() {
    assert_eq!(ahead(&["7 b main", "9 d b"], "a b c d"), Ok(vec![7]));
    assert_eq!(ahead(&["9 b main"], "a b"), Ok(vec![]), "all of them are this one's");
    assert_eq!(ahead(&["7 b -", "9 d -"], "a b c d"), Ok(vec![7]));
}

#[test]
fn those_that_share_a_commit_are_all_taken() {
    assert_eq!(ahead(&["7 a main", "8 a main", "9 b a"], "a b"), Ok(vec![7, 8]));
}

#[test]
fn one_that_has_been_merged_by_now_is_no_longer_ahead() {
    assert_eq!(ahead(&["6 main older", "7 a main", "9 b a"], "a b"), Ok(vec![7]));
}

#[test]
fn a_queue_that_has_changed_is_not_taken_for_the_one_of_this_run() {
    assert_eq!(ahead(&["8 b a", "9 c b"], "a b c"), CHANGED, "7 was taken out");
    assert_eq!(ahead(&["9 c b"], "a b c"), CHANGED);
    assert_eq!(ahead(&["7 - -", "9 c -"], "a b c"), CHANGED, "7 has no commit by now");
    assert_eq!(ahead(&["6 x -", "7 a -", "9 b -"], "a b"), CHANGED, "6 was not there");
    let others = Err("the queue has another commit for this one by now");
    assert_eq!(ahead(&["7 a main", "9 x a"], "a b"), others);
    assert_eq!(ahead(&["7 a main", "9 a main"], "a b"), others);
    assert_eq!(ahead(&["7 a main"], "a b"), Err("this one is not in the queue"));
    assert_eq!(ahead(&[], "a b"), Err("this one is not in the queue"));
}
