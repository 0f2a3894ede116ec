//! What counts as a command: a new comment of a person with one line that is one.

use super::talk::Talk;

const ON: &str = "comment-commands: {}\n";

const HOLD: &str = "/stackstep hold staging the database is moved";

/// Nothing was done and nothing was said.
#[track_caller]
fn nothing_happens(talk: &Talk, who: &str, body: &str) {
    talk.comment(who, body).ends_with(0).says("nothing to do:");
    assert_eq!((talk.answers(), talk.reactions().len()), (0, 0), "{body}");
    assert!(talk.kinds().is_empty(), "{body}");
}

#[test]
fn a_comment_without_a_command_is_left_alone() {
    let talk = Talk::new(ON);
    for body in [
        "Looks good!",
        "> /stackstep hold staging x",
        "```\n/stackstep hold staging x\n```",
        "please /stackstep hold staging x",
        "> as ann says\n/stackstep hold staging x",
    ] {
        nothing_happens(&talk, "ann", body);
    }
}

#[test]
fn what_a_program_writes_is_left_alone() {
    for forge in ["github", "gitlab"] {
        let talk = Talk::on(forge, ON);
        let bot = if forge == "github" { "renovate[bot]" } else { "project_7_bot_0a1b" };
        nothing_happens(&talk, bot, HOLD);
        nothing_happens(&talk, "ann", &format!("<!-- stackstep-answer comment=1 -->\n{HOLD}"));
    }
}

#[test]
fn an_edited_comment_is_refused() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        let id = talk.says("ann", "Looks good!");
        {
            let mut memory = talk.fake.memory();
            let at = memory.now();
            let comment = memory.comments.last_mut().unwrap();
            (comment.body, comment.at) = (HOLD.to_owned(), at);
        }
        talk.job(id, HOLD).ends_with(73).says("the comment was edited").says("in a new comment");
        assert!(talk.kinds().is_empty(), "{forge}");
    }
}

#[test]
fn another_text_than_the_event_has_is_an_edit_too() {
    let talk = Talk::new(ON);
    let id = talk.says("ann", HOLD);
    talk.job(id, "/stackstep hold staging for a while").ends_with(73).says("the comment was edited");
}

#[test]
fn a_comment_that_is_gone_is_a_refusal() {
    let talk = Talk::new(ON);
    talk.job(4711, HOLD).ends_with(73).says("could not read the comment");
    assert_eq!(talk.answers(), 0);
}

#[test]
fn a_misspelled_command_is_answered_with_what_was_meant() {
    let talk = Talk::new(ON);
    let run = talk.comment("ann", "/stackstep hodl staging x").ends_with(2);
    run.says("there is no command `hodl`").says("did you mean `/stackstep hold`?");
    talk.comment("ann", "/stackstep").ends_with(2).says("names no command").says("`preview`");
    assert_eq!(talk.answers(), 2);
    assert!(talk.answer().contains("**Not done:**"));
}

#[test]
fn of_two_commands_none_is_carried_out() {
    let talk = Talk::new(ON);
    let run = talk.comment("ann", &format!("{HOLD}\n/stackstep preview")).ends_with(2);
    run.says("the comment has 2 commands").says("a comment for each");
    assert_eq!((talk.answers(), talk.kinds().len()), (1, 0));
}

#[test]
fn a_job_that_runs_again_does_nothing_twice() {
    let talk = Talk::new(ON);
    let id = talk.says("ann", HOLD);
    talk.job(id, HOLD).ends_with(0);
    talk.job(id, HOLD).ends_with(0).says("answered already");
    assert_eq!((talk.answers(), talk.kinds().iter().filter(|kind| *kind == "held").count()), (1, 1));
}

#[test]
fn the_copy_of_an_answer_keeps_nobody_from_a_command() {
    let talk = Talk::new(ON);
    let id = talk.says("ann", HOLD);
    talk.says("eve", &format!("<!-- stackstep-answer comment={id} -->\ndone"));
    talk.job(id, HOLD).ends_with(0).says("answered in the thread");
}

#[test]
fn an_answer_never_starts_a_command_and_mentions_nobody() {
    let talk = Talk::new(ON);
    talk.comment("eve", "/stackstep hold staging @ann ```\n/stackstep").ends_with(2);
    talk.comment("eve", "/stackstep hold staging @acme/all <!-- x").ends_with(73);
    let answer = talk.answer();
    assert!(!answer.lines().any(|line| line.starts_with("/stackstep")), "{answer}");
    assert!(answer.contains("`/stackstep hold staging @acme/all"), "{answer}");
    nothing_happens_twice(&talk, &answer);
}

#[track_caller]
fn nothing_happens_twice(talk: &Talk, answer: &str) {
    let answers = talk.answers();
    talk.comment("ann", answer).ends_with(0).says("nothing to do:");
    assert_eq!(talk.answers(), answers);
}

#[test]
fn a_job_that_no_comment_has_started_is_told_so() {
    let talk = Talk::new(ON).with("CI_PIPELINE_SOURCE", "push");
    talk.repository
        .scene
        .run("comment-command")
        .ends_with(2)
        .says("no comment on a change request has started this job");
}

#[test]
fn a_secret_does_not_come_back_in_an_answer() {
    let talk = Talk::new(ON).with("AWS_SECRET_ACCESS_KEY", "hunter2-in-a-variable");
    talk.comment("ann", "/stackstep hold staging hunter2-in-a-variable").ends_with(0);
    assert!(!talk.answer().contains("hunter2"), "{}", talk.answer());
    assert!(!talk.entry(1)["reason"].as_str().unwrap().contains("hunter2"));
}
