//! One result on all five forges: the bodies as they are posted.

use stackstep::publish::comment::{Mode, Wanted};

use super::{changes, failed, no_changes, of, post, post_all, run};
use crate::report::snapshot;
use crate::support::forge::{FACES, Fake};

#[tokio::test]
async fn the_same_result_is_posted_to_all_five_forges() {
    let mut differences = Vec::new();
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(42), &changes()).await.unwrap();
        differences.extend(snapshot::matches(&format!("comments/{}.md", face.name()), &fake.only()).err());
        let fake = Fake::start(*face);
        let aggregate = Wanted { mode: Mode::Aggregate, ..run(42) };
        for report in [changes(), of("shop", "prod", failed())] {
            post(&fake, &aggregate, &report).await.unwrap();
        }
        differences
            .extend(snapshot::matches(&format!("comments/{}-aggregate.md", face.name()), &fake.only()).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn one_final_jobs_report_of_several_stacks_is_posted_to_all_five_forges() {
    let reports = [no_changes(), of("shop", "prod", failed()), of("web", "dev", changes())];
    let mut differences = Vec::new();
    for face in FACES {
        let fake = Fake::start(*face);
        post_all(&fake, &run(42), &reports).await.unwrap();
        differences
            .extend(snapshot::matches(&format!("comments/{}-report.md", face.name()), &fake.only()).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
