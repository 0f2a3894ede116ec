//! The label that lets a fork's commit have a stack: at which commit, by whom, and in which job.

use super::{ANN, Fork, LABELLED};
use crate::support::json;

#[test]
fn the_label_lets_in_the_commit_at_which_it_was_set() {
    let fork = Fork::new(LABELLED);
    let head = fork.talk.head.clone();
    let (fork, run) = fork.labelled(ANN, &head);
    run.ends_with(0)
        .says("until somebody who may push lets another one be deployed, when the label is set again");
    let stack = fork.has_a_stack(2);
    assert_eq!(fork.ledger(&stack), ["opened"]);
    let shown = fork.talk.preview().expect("there is the comment about the deployment");
    assert!(shown.contains(&head) && shown.contains("comes from a fork"), "{shown}");
}

#[test]
fn results_lie_in_the_jobs_own_folder_and_no_output_of_a_forks_program_reaches_later_steps() {
    let fork = Fork::new(LABELLED);
    let outputs = fork.talk.repository.scene.root().join("github-output");
    std::fs::write(&outputs, "").unwrap();
    let fork = fork
        .with("GITHUB_OUTPUT", &outputs.display().to_string())
        .with("STACKSTEP_RESULT_FILE", "result.json")
        .with("STACKSTEP_ENVIRONMENT_URL", "url");
    let head = fork.talk.head.clone();
    let (fork, run) = fork.labelled(ANN, &head);
    run.ends_with(0);
    let handed_on = fork.talk.repository.scene.github_outputs();
    assert_eq!((handed_on["status"].as_str(), handed_on["outputs"].as_str()), ("succeeded", ""));
    assert!(!handed_on.contains_key("url"), "{handed_on:?}");
    let result = json(fork.talk.repository.scene.program.join("result.json"));
    assert_eq!(result["status"], "succeeded");
    assert!(fork.talk.preview().unwrap().contains("https://shop.example"), "people see the address");
}

#[test]
fn a_label_that_was_set_at_another_commit_has_to_be_set_again() {
    let mut fork = Fork::new(LABELLED);
    let old = fork.talk.head.clone();
    fork.pushes(3);
    let (fork, run) = fork.labelled(ANN, &old);
    run.ends_with(73)
        .says("is not the head of pull request #7")
        .says("take the label `preview` away, and set it again");
    fork.has_no_stack();
}

#[test]
fn a_label_by_somebody_who_may_not_push_or_by_a_program_lets_nothing_in() {
    for (sender, why) in [
        (("rob", "User"), "may not push to this repository"),
        (("bob", "User"), "may not push to this repository"),
        (("acme[bot]", "Bot"), "is no person"),
    ] {
        let fork = Fork::new(LABELLED);
        let head = fork.talk.head.clone();
        let (fork, run) = fork.labelled(sender, &head);
        run.ends_with(73).says(why);
        fork.has_no_stack();
    }
}

#[test]
fn another_label_and_one_that_was_taken_away_let_nothing_in() {
    let fork = Fork::new(&LABELLED.replace("label: preview", "label: other"));
    let head = fork.talk.head.clone();
    let (fork, run) = fork.labelled(ANN, &head);
    run.ends_with(0).says("the label `preview` was set").says("a stack needs `other`");
    fork.has_no_stack();
    let fork = Fork::new(LABELLED);
    let head = fork.talk.head.clone();
    let (fork, run) = fork.job("labeled", ANN, &head, "up");
    run.ends_with(0).says("does not have the label `preview`");
    fork.has_no_stack();
}

#[test]
fn every_other_event_of_a_fork_is_passed_over_though_it_has_the_label() {
    for action in ["synchronize", "opened", "reopened", "unlabeled"] {
        let fork = Fork::new(LABELLED);
        fork.talk.fake.memory().pulls[0].labels.push("preview".to_owned());
        let head = fork.talk.head.clone();
        let (fork, run) = fork.job(action, ANN, &head, "up");
        run.ends_with(0).says("comes from a fork").says("`/stackstep review COMMIT`");
        fork.has_no_stack();
    }
}

#[test]
fn a_job_that_has_checked_out_the_forks_code_is_refused() {
    let fork = Fork::new(LABELLED);
    let head = fork.talk.head.clone();
    fork.talk.repository.git(&["checkout", "-q", "--detach", &head]);
    let (fork, run) = fork.labelled(ANN, &head);
    run.ends_with(73).says("whose code would have them is not proven");
    fork.has_no_stack();
}
