//! Who may give a command: what the default branch's file says, by what the forge says of the commenter.

use super::talk::Talk;

const ON: &str = "comment-commands: {}\n";

const HOLD: &str = "/stackstep hold shop/staging the database is moved";

#[test]
fn who_has_the_permission_may_and_the_answer_says_what_was_done() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        talk.comment("tim", HOLD).ends_with(0).says("answered in the thread");
        assert_eq!(talk.kinds().last().unwrap(), "held", "{forge}");
        let answer = talk.answer();
        assert!(answer.contains("`/stackstep hold shop/staging the database is moved`"), "{forge}: {answer}");
        assert!(answer.contains("nothing is deployed until it is released"), "{forge}: {answer}");
        let (seen, done) = if forge == "gitlab" { ("eyes", "thumbsup") } else { ("eyes", "+1") };
        assert_eq!(talk.reactions(), [seen, done], "{forge}");
    }
}

#[test]
fn a_stranger_and_one_who_may_only_read_are_refused() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        for who in ["eve", "rob"] {
            talk.comment(who, HOLD).ends_with(73).says("`hold` takes the permission `write`");
            assert!(talk.answer().contains("**Refused:**"), "{forge}");
        }
        assert!(talk.kinds().is_empty(), "{forge}");
        assert_eq!(talk.reactions().len(), 4);
    }
}

#[test]
fn who_writes_may_not_do_what_takes_more() {
    let talk = Talk::new(ON);
    talk.comment("tim", HOLD).ends_with(0);
    let run = talk.comment("tim", "/stackstep release staging done").ends_with(73);
    run.says("`release` takes the permission `maintain`, and `tim` has `write`");
    talk.comment("ann", "/stackstep release staging done").ends_with(0).says("is released");
}

#[test]
fn people_and_teams_can_be_named() {
    let talk = Talk::new("comment-commands: { hold: [rob, \"@acme/platform\"] }\n");
    talk.fake.memory().shown.team = vec!["zoe".to_owned()];
    let run = talk.comment("ann", HOLD).ends_with(73);
    run.says("`ann` is not one of those who may `hold`").says("names rob, @acme/platform");
    talk.comment("rob", HOLD).ends_with(0);
    talk.comment("zoe", HOLD).ends_with(0);
    talk.fake.memory().shown.closed = vec!["team"];
    talk.comment("zoe", HOLD).ends_with(73).says("could not read the members of `@acme/platform`");
}

#[test]
fn what_the_forge_does_not_tell_is_a_refusal() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        talk.fake.memory().shown.closed = vec!["writers"];
        talk.comment("ann", HOLD).ends_with(73).says("could not read what the author of the comment may do");
        assert!(talk.kinds().is_empty(), "{forge}");
    }
}

#[test]
fn commands_are_off_until_they_are_switched_on() {
    let talk = Talk::new("");
    talk.comment("ann", HOLD)
        .ends_with(73)
        .says("comment commands are off here")
        .says("comment-commands: {}");
    assert!(talk.kinds().is_empty());
}

#[test]
fn a_command_that_is_off_is_refused() {
    let talk = Talk::new("comment-commands: { hold: off }\n");
    talk.comment("ann", HOLD).ends_with(73).says("`hold` is off here");
    talk.comment("ann", "/stackstep release staging x").ends_with(2).says("is not held");
}

#[test]
fn the_file_of_the_change_switches_nothing_on() {
    let mut talk = Talk::new("");
    talk.repository.scene.write("stackstep.yaml", "comment-commands: { hold: read }\n");
    talk.repository.commit("switched on by the change");
    talk.repository.push("feature");
    talk.head = talk.repository.head();
    talk.fake.memory().pulls[0].head.clone_from(&talk.head);
    // The job that runs at the change's commit is none of the default branch.
    talk.comment("rob", HOLD).ends_with(73).says("`comment-command` is refused: the checkout is at commit");
    talk.repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    talk.comment("rob", HOLD).ends_with(73).says("comment commands are off here");
    assert!(talk.kinds().is_empty());
}

#[test]
fn the_file_is_that_of_the_branch_as_it_is_now() {
    let talk = Talk::new(ON);
    talk.repository.scene.write("stackstep.yaml", "comment-commands: { hold: off }\n");
    talk.repository.commit("off");
    talk.repository.push("main");
    talk.repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    talk.comment("ann", HOLD).ends_with(73).says("`hold` is off here");
}
