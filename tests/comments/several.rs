//! The comment of one final job that has all reports.

use stackstep::inputs::headings::CommentWhen;
use stackstep::publish::comment::aggregate::parts;
use stackstep::publish::comment::{Mode, Posted, Wanted};
use stackstep::render::Size;
use stackstep::report::{Report, Step};

use super::{changes, failed, no_changes, of, post, post_all, run};
use crate::report::recordings::folded;
use crate::support::forge::{FACES, Fake, Verb};
use crate::support::size::sized;

/// One with so many changes that no forge but GitLab takes several of them.
fn large(stack: &str, report: &Report) -> Report {
    let mut large = of("shop", stack, report.clone());
    let step = changes().steps[0].clone();
    large.steps =
        (0..sized(150, 400)).map(|n| Step { name: format!("{stack}-{n}"), ..step.clone() }).collect();
    large
}

#[tokio::test]
async fn a_final_job_replaces_what_steps_wrote_and_is_quiet_the_second_time() {
    for face in FACES {
        let fake = Fake::start(*face);
        let live = Wanted { mode: Mode::Aggregate, ..run(1) };
        post(&fake, &live, &of("old", "gone", changes())).await.unwrap();
        let all = [changes(), of("web", "dev", no_changes())];
        assert_eq!(post_all(&fake, &run(2), &all).await.unwrap(), Posted::Updated);
        let body = fake.only();
        assert_eq!(parts(&body).len(), 2);
        assert!(!body.contains("old/gone"), "{body}");
        fake.asked();
        assert_eq!(post_all(&fake, &run(2), &all).await.unwrap(), Posted::Unchanged);
        assert!(!fake.asked().contains(&Verb::Update));
        // A step that comes later finds the parts.
        let later = Wanted { mode: Mode::Aggregate, ..run(3) };
        post(&fake, &later, &of("web", "dev", failed())).await.unwrap();
        assert_eq!(parts(&fake.only()).len(), 2);
        // And an older final job changes nothing.
        assert_eq!(post_all(&fake, &run(1), &all).await.unwrap(), Posted::Outdated);
    }
}

#[tokio::test]
async fn the_urgent_stand_first_and_get_the_room() {
    for face in FACES {
        let fake = Fake::start(*face);
        let mut quiet = large("quiet", &no_changes());
        quiet.has_changes = Some(true);
        let mut all: Vec<Report> = (0..20).map(|n| large(&format!("quiet-{n:02}"), &quiet)).collect();
        all.push(large("loses", &changes()));
        all.push(large("broken", &failed()));
        post_all(&fake, &run(1), &all).await.unwrap();
        let body = fake.only();
        let Size::Chars(limit) = fake.place().forge.limit() else { panic!() };
        assert!(body.encode_utf16().count() <= limit, "{}", body.encode_utf16().count());
        let at = |text: &str| body.find(text).unwrap_or_else(|| panic!("{text}: {body}"));
        assert!(at("| `shop/broken` |") < at("| `shop/loses` |"));
        assert!(at("| `shop/loses` |") < at("| `shop/quiet-00` |"));
        let rows = |stack: &str| body.matches(&format!("`{stack}-")).count();
        assert!(rows("loses") >= rows("quiet-00"), "{} {}", rows("loses"), rows("quiet-00"));
        assert_eq!(body.matches("<details").count(), body.matches("</details>").count());
        assert_eq!(parts(&body).len(), 22);
    }
}

#[tokio::test]
async fn hundreds_of_stacks_are_counted_and_what_is_missing_is_said() {
    let stacks = sized(100, 400);
    for face in FACES {
        let fake = Fake::start(*face);
        let all: Vec<Report> = (0..stacks).map(|n| large(&format!("stack-{n:03}"), &changes())).collect();
        post_all(&fake, &run(1), &all).await.unwrap();
        let body = fake.only();
        let Size::Chars(limit) = fake.place().forge.limit() else { panic!() };
        assert!(body.encode_utf16().count() <= limit);
        assert!(body.contains(&format!("{stacks} stacks: {stacks} with changes")), "{body}");
        assert!(body.contains("No room for the details of ") || face.name() == "gitlab", "{body}");
    }
}

#[tokio::test]
async fn when_and_mode_hold_for_all_together() {
    for face in FACES {
        let fake = Fake::start(*face);
        let quiet = [no_changes(), of("web", "dev", no_changes())];
        let when = Wanted { when: CommentWhen::Changes, ..run(1) };
        assert_eq!(post_all(&fake, &when, &quiet).await.unwrap(), Posted::Nothing);
        let one = [no_changes(), of("web", "dev", changes())];
        assert_eq!(post_all(&fake, &when, &one).await.unwrap(), Posted::Created);
        let again = Wanted { when: CommentWhen::Changes, ..run(2) };
        assert_eq!(post_all(&fake, &again, &quiet).await.unwrap(), Posted::Updated);
        assert!(fake.only().contains("there are none any more"), "{}", fake.only());
        let append = Wanted { mode: Mode::Append, ..run(3) };
        assert_eq!(post_all(&fake, &append, &one).await.unwrap(), Posted::Created);
        assert_eq!(fake.memory().ours().len(), 2);
    }
}

#[tokio::test]
async fn a_preview_and_an_update_of_one_stack_are_two_runs_of_it() {
    for face in FACES {
        for mode in [Mode::Update, Mode::Aggregate] {
            let fake = Fake::start(*face);
            let all = [changes(), of("shop", "dev", folded("up-update"))];
            let wanted = |number| Wanted { mode, ..run(number) };
            if mode == Mode::Update {
                post_all(&fake, &wanted(1), &all).await.unwrap();
            } else {
                for (number, report) in (1..).zip(&all) {
                    post(&fake, &wanted(number), report).await.unwrap();
                }
            }
            let body = fake.only();
            assert!(body.contains("## 📝 1 stack, 2 runs: 2 with changes\n"), "{body}");
            assert!(body.contains("\n| `shop/dev` | ⚠️ preview |  |  | 4 | 2 |"), "{body}");
            assert!(body.contains("\n| `shop/dev` | ✅ deployed |  | 6 |  |  |"), "{body}");
        }
    }
}

#[tokio::test]
async fn what_fails_is_open_and_what_is_unchanged_is_a_row_alone() {
    for face in FACES {
        let fake = Fake::start(*face);
        let all = [failed(), of("web", "dev", no_changes()), of("web", "new", folded("up-update"))];
        post_all(&fake, &run(1), &all).await.unwrap();
        let body = fake.only();
        let html = fake.place().forge.flavor().html;
        assert!(body.contains("\n| `web/dev` | ✅ preview: no changes |  |  |  |  |"), "{body}");
        assert_eq!(body.matches("<details open><summary>❌").count(), usize::from(html), "{body}");
        assert_eq!(body.matches("<details><summary>✅").count(), usize::from(html), "{body}");
        // What a fold's own line says is not said again in it.
        assert_eq!(body.matches("\n## ").count(), if html { 1 } else { 3 }, "{body}");
        assert!(!body.contains("No room"), "{body}");
    }
}
