//! How many calls and notifications comments cost.

use std::fmt::Write as _;

use stackstep::publish::comment::{Mode, Posted, Wanted};

use super::{changes, of, post, run};
use crate::support::forge::{FACES, Fake};
use crate::support::table;

/// The most calls that one update of a comment may take on a change request with a hundred of them.
const GOAL: usize = 3;

#[tokio::test]
async fn an_update_among_a_hundred_comments_takes_three_calls_at_most() {
    let mut rows = String::new();
    for face in FACES {
        let fake = Fake::start(*face);
        for number in 0..99 {
            fake.memory().write("ada", &format!("comment {number}"));
        }
        post(&fake, &run(1), &changes()).await.unwrap();
        let created = fake.asked().len();
        assert_eq!(post(&fake, &run(2), &changes()).await.unwrap(), Posted::Updated);
        let updated = fake.asked().len();
        post(&fake, &run(2), &changes()).await.unwrap();
        let same = fake.asked().len();
        assert!(updated <= GOAL, "{}: {updated}", face.name());
        let mut life = Vec::new();
        for mode in [Mode::Update, Mode::New, Mode::Aggregate] {
            let (calls, notifications) = life_of_a_change_request(&Fake::start(*face), mode).await;
            life.push(format!("{calls} / {notifications}"));
        }
        let _ = writeln!(rows, "| {} | {created} | {updated} | {same} | {} |", face.name(), life.join(" | "));
    }
    table(
        "comments",
        &format!(
            "| calls | create | update (goal ≤ {GOAL}) | same again | 10 pushes × 5 stacks: `update`, calls / notifications | `new` | `aggregate` |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n{rows}"
        ),
    );
}

/// Ten pushes, each with a run of five stacks.
async fn life_of_a_change_request(fake: &Fake, mode: Mode) -> (usize, usize) {
    for push in 1..=10 {
        for stack in ["dev", "test", "stage", "prod-eu", "prod-us"] {
            let wanted = Wanted { mode, ..run(push) };
            post(fake, &wanted, &of("shop", stack, changes())).await.unwrap();
        }
    }
    (fake.asked().len(), fake.memory().notifications)
}
