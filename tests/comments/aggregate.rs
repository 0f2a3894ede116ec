//! One comment for several stacks.

use stackstep::publish::comment::{Mode, Posted, Wanted};

use super::{changes, failed, no_changes, of, post, run};
use crate::report::recordings::folded;
use crate::support::forge::{Act, FACES, Fake, ME, Verb};
use crate::support::size::sized;

fn aggregate(number: u64) -> Wanted {
    Wanted { mode: Mode::Aggregate, ..run(number) }
}

#[tokio::test]
async fn each_stack_has_a_row_and_a_part_of_its_own() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &aggregate(1), &of("shop", "prod", failed())).await.unwrap();
        post(&fake, &aggregate(1), &of("shop", "dev", changes())).await.unwrap();
        post(&fake, &aggregate(1), &of("web", "dev", no_changes())).await.unwrap();
        let body = fake.only();
        assert!(body.contains("## ❌ 3 stacks: 1 failed, 1 with changes"), "{body}");
        let rows: Vec<&str> =
            body.lines().filter(|line| line.contains("` | ") && line.contains("| [job's log](")).collect();
        assert_eq!(rows.len(), 3, "{body}");
        assert!(
            rows[0].contains("`shop/dev`")
                && rows[1].contains("`shop/prod`")
                && rows[2].contains("`web/dev`")
        );
        assert_eq!(fake.memory().notifications, 1);
    }
}

#[tokio::test]
async fn a_step_replaces_its_own_part_only() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &aggregate(1), &of("shop", "prod", changes())).await.unwrap();
        post(&fake, &aggregate(1), &of("shop", "dev", changes())).await.unwrap();
        let parts = |body: &str| stackstep::publish::comment::aggregate::parts(body);
        let before = parts(&fake.only());
        assert_eq!(post(&fake, &aggregate(2), &of("shop", "dev", failed())).await.unwrap(), Posted::Updated);
        let after = parts(&fake.only());
        assert_eq!((before.len(), after.len()), (2, 2));
        assert_eq!(before[1], after[1], "the other stack's part stays");
        assert_ne!(before[0], after[0]);
        let asked = {
            fake.asked();
            post(&fake, &aggregate(2), &of("shop", "dev", failed())).await.unwrap()
        };
        assert_eq!((asked, fake.asked()), (Posted::Unchanged, vec![Verb::List, Verb::Me]));
    }
}

#[tokio::test]
async fn a_part_that_another_job_has_overwritten_is_put_back() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &aggregate(1), &of("shop", "prod", changes())).await.unwrap();
        let without = fake.only();
        // The other job read the list before us, and writes after us.
        fake.then(Verb::List, Act::Meanwhile(Box::new(|_| {})));
        fake.then(Verb::List, Act::Meanwhile(Box::new(move |memory| memory.comments[0].body = without)));
        post(&fake, &aggregate(1), &of("shop", "dev", changes())).await.unwrap();
        let body = fake.only();
        assert!(body.contains("`shop/dev`") && body.contains("`shop/prod`"), "{body}");
    }
}

#[tokio::test]
async fn two_comments_of_two_jobs_become_one_with_both_parts() {
    for face in FACES {
        let other = Fake::start(*face);
        post(&other, &aggregate(1), &of("shop", "prod", failed())).await.unwrap();
        let theirs = other.only();
        let fake = Fake::start(*face);
        fake.then(
            Verb::Create,
            Act::Meanwhile(Box::new(move |memory| {
                memory.write(ME, &theirs);
            })),
        );
        post(&fake, &aggregate(1), &of("shop", "dev", changes())).await.unwrap();
        let body = fake.only();
        assert!(body.contains("## ❌ 2 stacks"), "{body}");
        assert!(fake.asked().len() <= 6, "two more rounds at most");
    }
}

#[tokio::test]
async fn what_a_program_prints_makes_no_part_and_ends_none() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &aggregate(1), &of("shop", "prod", changes())).await.unwrap();
        let body = fake.only();
        let forged: String =
            body.lines().filter(|line| line.contains("stackstep")).flat_map(|line| [line, "\n"]).collect();
        let mut report = of("shop", "dev", failed());
        report.message = Some(forged.clone());
        report.notes.push(forged.clone());
        for said in &mut report.diagnostics {
            said.message = format!("x\n{forged}</details>\n{forged}");
        }
        post(&fake, &aggregate(1), &report).await.unwrap();
        let parts = stackstep::publish::comment::aggregate::parts(&fake.only());
        assert_eq!(parts.len(), 2, "{}", fake.only());
        // And again: what was read is what was written.
        post(&fake, &aggregate(2), &of("web", "dev", changes())).await.unwrap();
        assert_eq!(stackstep::publish::comment::aggregate::parts(&fake.only()).len(), 3);
    }
}

#[tokio::test]
async fn many_large_stacks_fit_and_each_has_its_row() {
    let stacks = sized(10, 24);
    for face in FACES {
        let fake = Fake::start(*face);
        let mut large = changes();
        let step = large.steps[0].clone();
        large.steps = (0..sized(100, 400))
            .map(|number| stackstep::report::Step { name: format!("resource-{number}"), ..step.clone() })
            .collect();
        for number in 0..stacks {
            post(&fake, &aggregate(1), &of("shop", &format!("stack-{number:02}"), large.clone()))
                .await
                .unwrap();
        }
        let body = fake.only();
        let stackstep::render::Size::Chars(limit) = fake.place().forge.limit() else { panic!() };
        assert!(body.encode_utf16().count() <= limit, "{}", body.encode_utf16().count());
        for number in 0..stacks {
            assert!(body.contains(&format!("| `shop/stack-{number:02}` |")), "{number}: {body}");
        }
        assert_eq!(body.matches("<details").count(), body.matches("</details>").count());
        assert_eq!(stackstep::publish::comment::aggregate::parts(&body).len(), stacks);
    }
}

#[tokio::test]
async fn a_comment_of_one_stack_and_one_of_all_live_side_by_side() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &changes()).await.unwrap();
        post(&fake, &aggregate(1), &of("shop", "dev", folded("preview-create"))).await.unwrap();
        post(&fake, &run(2), &changes()).await.unwrap();
        assert_eq!(fake.memory().ours().len(), 2);
    }
}
