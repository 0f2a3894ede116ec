//! The comment's behaviours: one list of scenarios, each on all five forges.

use stackstep::inputs::headings::CommentWhen;
use stackstep::publish::comment::{Marker, Mode, Posted};

use super::{changes, failed, no_changes, of, post, run};
use crate::support::forge::{Act, FACES, Fake, ME, Verb};

#[tokio::test]
async fn the_first_run_comments_and_the_next_one_edits() {
    for face in FACES {
        let fake = Fake::start(*face);
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
        let first = fake.only();
        assert!(first.contains("Preview of"), "{first}");
        assert_eq!(post(&fake, &run(2), &failed()).await.unwrap(), Posted::Updated);
        assert_ne!(fake.only(), first);
        assert_eq!(fake.memory().notifications, 1);
    }
}

#[tokio::test]
async fn the_same_body_again_is_not_written() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &changes()).await.unwrap();
        fake.asked();
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Unchanged);
        assert_eq!(fake.asked(), [Verb::List], "{}", face.name());
    }
}

#[tokio::test]
async fn our_comment_is_found_on_the_last_page() {
    for face in FACES {
        let fake = Fake::start(*face);
        for number in 0..250 {
            fake.memory().write("ada", &format!("comment {number}"));
        }
        post(&fake, &run(1), &changes()).await.unwrap();
        assert_eq!(post(&fake, &run(2), &changes()).await.unwrap(), Posted::Updated);
        fake.only();
    }
}

#[tokio::test]
async fn an_older_run_never_replaces_what_a_newer_one_said() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(2), &changes()).await.unwrap();
        let newer = fake.only();
        for mode in [Mode::Update, Mode::New, Mode::Aggregate] {
            let wanted = super::Wanted { mode, ..run(1) };
            if mode == Mode::Aggregate {
                post(&fake, &super::Wanted { mode, ..run(2) }, &changes()).await.unwrap();
            }
            assert_eq!(post(&fake, &wanted, &failed()).await.unwrap(), Posted::Outdated, "{mode:?}");
        }
        assert_eq!(fake.memory().ours()[0].body, newer);
    }
}

#[tokio::test]
async fn each_stack_command_and_key_has_a_comment_of_its_own() {
    for face in FACES {
        let fake = Fake::start(*face);
        let mut up = changes();
        up.command = stackstep::report::Operation::Up;
        for report in [changes(), of("shop", "prod", changes()), of("web", "dev", changes()), up] {
            assert_eq!(post(&fake, &run(1), &report).await.unwrap(), Posted::Created);
        }
        let keyed = super::Wanted { key: Some("eu".into()), ..run(1) };
        assert_eq!(post(&fake, &keyed, &changes()).await.unwrap(), Posted::Created);
        assert_eq!(
            post(&fake, &super::Wanted { key: keyed.key, ..run(2) }, &failed()).await.unwrap(),
            Posted::Updated
        );
        assert_eq!(fake.memory().ours().len(), 5);
    }
}

#[tokio::test]
async fn a_marker_that_a_person_copied_is_not_ours() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &changes()).await.unwrap();
        let copy = fake.only();
        fake.memory().comments.clear();
        fake.memory().write("mallory", &copy);
        assert_eq!(post(&fake, &run(2), &failed()).await.unwrap(), Posted::Created);
        let memory = fake.memory();
        assert_eq!((memory.comments[0].author.as_str(), &memory.comments[0].body), ("mallory", &copy));
        assert_eq!(memory.ours().len(), 1);
    }
}

#[tokio::test]
async fn what_a_program_prints_is_never_read_as_a_marker() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &of("shop", "prod", changes())).await.unwrap();
        let marker = fake.only().lines().next().unwrap().to_owned();
        fake.memory().comments.clear();
        let mut report = failed();
        let forged = format!("\n{marker}\n--> <!--\n{marker}");
        for said in &mut report.diagnostics {
            said.message.clone_from(&forged);
        }
        (report.message, report.hint) = (Some(forged.clone()), Some(forged.clone()));
        report.notes.push(forged);
        post(&fake, &run(1), &report).await.unwrap();
        assert_eq!(
            Marker::read(&fake.only()).unwrap().subject,
            stackstep::publish::comment::Subject::from_report(&report)
        );
        // The other stack's run does not take it for its own.
        assert_eq!(post(&fake, &run(2), &of("shop", "prod", changes())).await.unwrap(), Posted::Created);
        assert_eq!(fake.memory().ours().len(), 2);
    }
}

#[tokio::test]
async fn a_comment_that_was_deleted_in_between_is_written_anew() {
    for face in FACES {
        for mode in [Mode::Update, Mode::Aggregate] {
            let fake = Fake::start(*face);
            let wanted = |number| super::Wanted { mode, ..run(number) };
            post(&fake, &wanted(1), &changes()).await.unwrap();
            fake.then(Verb::Update, Act::Meanwhile(Box::new(|memory| memory.comments.clear())));
            assert_eq!(post(&fake, &wanted(2), &failed()).await.unwrap(), Posted::Created);
            fake.only();
        }
    }
}

#[tokio::test]
async fn two_jobs_that_write_at_the_same_time_end_with_one_comment() {
    for face in FACES {
        for (theirs, ends) in [(1, Posted::Created), (3, Posted::Outdated)] {
            // What the other job writes, between our list and our comment.
            let other = Fake::start(*face);
            post(&other, &run(theirs), &failed()).await.unwrap();
            let body = other.only();
            let fake = Fake::start(*face);
            fake.then(
                Verb::Create,
                Act::Meanwhile(Box::new(move |memory| {
                    memory.write(ME, &body);
                })),
            );
            assert_eq!(post(&fake, &run(2), &changes()).await.unwrap(), ends);
            let marker = Marker::read(&fake.only()).unwrap();
            assert_eq!(marker.stamp.run, Some(theirs.max(2)), "the latest run's stays");
            let asked = fake.asked();
            assert_eq!(asked, [Verb::List, Verb::Create, Verb::List, Verb::Delete], "{}", face.name());
        }
    }
}

#[tokio::test]
async fn an_older_run_that_writes_last_is_written_over_by_the_newer_one() {
    let beside = |number| {
        let wanted = run(number);
        super::Wanted { stamp: super::Stamp { at: 1000 + number, ..wanted.stamp }, ..wanted }
    };
    for face in FACES {
        for deletes in [false, true] {
            let other = Fake::start(*face);
            post(&other, &beside(2), &failed()).await.unwrap();
            let body = other.only();
            let fake = Fake::start(*face);
            post(&fake, &beside(1), &changes()).await.unwrap();
            // The older run had read the list before the newer one wrote, and writes after it.
            let writes_last = Act::Meanwhile(Box::new(move |memory: &mut crate::support::forge::Memory| {
                if deletes {
                    memory.comments.clear();
                    memory.write(ME, &body);
                } else {
                    memory.comments[0].body = body;
                }
            }));
            let pass = Act::Meanwhile(Box::new(|_| {}));
            fake.then(Verb::List, pass).then(Verb::List, writes_last);
            assert_eq!(post(&fake, &beside(3), &changes()).await.unwrap(), Posted::Updated);
            assert_eq!(Marker::read(&fake.only()).unwrap().stamp.run, Some(3), "{}", face.name());
        }
    }
}

#[tokio::test]
async fn comments_that_are_there_twice_become_one() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &changes()).await.unwrap();
        let twice = fake.only();
        fake.memory().write(ME, &twice);
        post(&fake, &run(2), &changes()).await.unwrap();
        assert_eq!(Marker::read(&fake.only()).unwrap().stamp.run, Some(2));
    }
}

#[tokio::test]
async fn a_new_comment_takes_the_old_one_away() {
    for face in FACES {
        let fake = Fake::start(*face);
        for number in 1..4 {
            let wanted = super::Wanted { mode: Mode::New, ..run(number) };
            assert_eq!(post(&fake, &wanted, &changes()).await.unwrap(), Posted::Created);
            assert_eq!(Marker::read(&fake.only()).unwrap().stamp.run, Some(number));
        }
        let hides = ["github", "azure-repos"].contains(&face.name());
        assert_eq!(fake.memory().comments.len(), if hides { 3 } else { 1 });
    }
}

#[tokio::test]
async fn appending_leaves_all_as_it_is_and_asks_for_nothing() {
    for face in FACES {
        let fake = Fake::start(*face);
        for number in 1..3 {
            let wanted = super::Wanted { mode: Mode::Append, ..run(number) };
            post(&fake, &wanted, &changes()).await.unwrap();
        }
        assert_eq!(fake.memory().ours().len(), 2);
        assert_eq!(fake.asked(), [Verb::Create, Verb::Create]);
    }
}

#[tokio::test]
async fn there_is_a_comment_only_when_it_is_wanted() {
    for face in FACES {
        for (when, report, comments) in [
            (CommentWhen::Changes, no_changes(), false),
            (CommentWhen::Changes, changes(), true),
            (CommentWhen::Changes, failed(), true),
            (CommentWhen::Failure, changes(), false),
            (CommentWhen::Failure, failed(), true),
        ] {
            for mode in [Mode::Update, Mode::New, Mode::Append, Mode::Aggregate] {
                let fake = Fake::start(*face);
                let wanted = super::Wanted { when, mode, ..run(1) };
                let expected = if comments { Posted::Created } else { Posted::Nothing };
                assert_eq!(post(&fake, &wanted, &report).await.unwrap(), expected, "{when:?} {mode:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_stale_comment_says_that_it_is_over() {
    for face in FACES {
        for (when, before, after, says) in [
            (CommentWhen::Changes, changes(), no_changes(), "there are none any more"),
            (CommentWhen::Failure, failed(), changes(), "this one did not"),
        ] {
            for mode in [Mode::Update, Mode::Aggregate] {
                let fake = Fake::start(*face);
                let wanted = |number| super::Wanted { when, mode, ..run(number) };
                post(&fake, &wanted(1), &before).await.unwrap();
                assert_eq!(post(&fake, &wanted(2), &after).await.unwrap(), Posted::Updated);
                assert!(fake.only().contains(says), "{}", fake.only());
            }
            let fake = Fake::start(*face);
            let wanted = |number| super::Wanted { when, mode: Mode::New, ..run(number) };
            post(&fake, &wanted(1), &before).await.unwrap();
            assert_eq!(post(&fake, &wanted(2), &after).await.unwrap(), Posted::TakenAway);
            assert!(fake.memory().ours().is_empty());
        }
    }
}

#[tokio::test]
async fn whose_token_it_is_need_not_be_known() {
    for face in FACES {
        let fake = Fake::start(*face);
        for number in 1..4 {
            fake.then(Verb::Me, Act::Refuse(403, "Resource not accessible by integration"));
            assert_eq!(post(&fake, &run(number), &changes()).await.unwrap(), Posted::Created);
            assert_eq!(Marker::read(&fake.only()).unwrap().stamp.run, Some(number));
        }
    }
}

#[tokio::test]
async fn a_body_that_the_forge_hands_back_with_other_line_ends_is_the_same() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &changes()).await.unwrap();
        for comment in &mut fake.memory().comments {
            comment.body = comment.body.replace('\n', "\r\n").trim_end().to_owned();
        }
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Unchanged);
    }
}
