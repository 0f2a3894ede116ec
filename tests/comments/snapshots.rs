//! One result on all five forges: the bodies as they are posted.

use stackstep::comment::{Mode, Wanted};

use super::{changes, failed, of, only, post, run};
use crate::report::snapshot;
use crate::support::forge::{FACES, Fake};

#[tokio::test]
async fn the_same_result_is_posted_to_all_five_forges() {
    let mut differences = Vec::new();
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(42), &changes()).await.unwrap();
        differences.extend(snapshot::matches(&format!("comments/{}.md", face.name()), &only(&fake)).err());
        let fake = Fake::start(*face);
        let aggregate = Wanted { mode: Mode::Aggregate, ..run(42) };
        for report in [changes(), of("shop", "prod", failed())] {
            post(&fake, &aggregate, &report).await.unwrap();
        }
        differences
            .extend(snapshot::matches(&format!("comments/{}-aggregate.md", face.name()), &only(&fake)).err());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
