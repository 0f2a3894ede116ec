//! What change requests merge: their files, and the queue in which they stand.

use stackstep::forge::trouble::TroubleKind;
use stackstep::forge::{Client, QueuedRequest};
use stackstep::reviewed::taken_away::ChangedFiles;

use super::{hash, http};
use crate::support::forge::memory::Changed;
use crate::support::forge::{FACES, Fake};

async fn files(fake: &Fake) -> Result<ChangedFiles, String> {
    let place = fake.place();
    Client::new(http(), &place).changed_files(7).await.map_err(|why| why.what)
}

async fn queue(fake: &Fake) -> Option<Vec<QueuedRequest>> {
    let place = fake.place();
    Client::new(http(), &place).queue("main").await.unwrap()
}

#[tokio::test]
async fn the_files_of_a_change_request_are_those_that_it_removes_and_those_that_it_writes() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls[0].files = vec![
            Changed::Added("new.ts"),
            Changed::Modified("index.ts"),
            Changed::Removed("old.ts"),
            Changed::Renamed("from.ts", "to.ts"),
        ];
        let found = files(&fake).await;
        if face.name() == "azure-repos" {
            assert!(found.unwrap_err().contains("does not tell them"), "what is not known is not nothing");
            continue;
        }
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        let expected = ChangedFiles {
            removed: set(&["from.ts", "old.ts"]),
            written: set(&["index.ts", "new.ts", "to.ts"]),
        };
        assert_eq!(found.unwrap(), expected, "{}", face.name());
    }
}

#[tokio::test]
async fn files_that_a_forge_does_not_list_whole_are_not_known() {
    for face in FACES.iter().filter(|face| face.name() != "azure-repos") {
        let fake = Fake::start(*face);
        fake.memory().pulls[0].files = vec![Changed::Removed("old.ts"); 1001];
        let many = files(&fake).await.unwrap_err();
        assert!(many.contains("there are more than 1,000"), "{}: {many}", face.name());
        fake.memory().pulls[0].files.truncate(1);
        fake.memory().pulls[0].has_more_files = true;
        let found = files(&fake).await;
        // Bitbucket tells of the last page that it is the last.
        assert_eq!(found.is_err(), face.name() != "bitbucket", "{}: {found:?}", face.name());
    }
}

#[tokio::test]
async fn the_queue_of_a_branch_is_told_in_its_order_where_there_is_such_a_thing() {
    for face in FACES {
        let fake = Fake::start(*face);
        let entry = |number, commit: &str, base: &str| (number, hash(commit), hash(base));
        fake.memory().shown.queue = vec![entry(8, "eight", "main"), entry(7, "seven", "eight")];
        let has_bases = face.name() == "github";
        let expected = |number, commit: &str, base: &str| QueuedRequest {
            number,
            commit: Some(hash(commit)),
            base: has_bases.then(|| hash(base)),
        };
        let expected = vec![expected(8, "eight", "main"), expected(7, "seven", "eight")];
        let has_queue = ["github", "gitlab"].contains(&face.name());
        assert_eq!(queue(&fake).await, has_queue.then_some(expected), "{}", face.name());
        fake.memory().shown.queue.clear();
        assert_eq!(queue(&fake).await, has_queue.then(Vec::new), "{}", face.name());
    }
}

#[tokio::test]
async fn a_queue_that_may_not_be_read_is_an_error_and_not_an_empty_one() {
    for face in FACES.iter().filter(|face| ["github", "gitlab"].contains(&face.name())) {
        let fake = Fake::start(*face);
        fake.memory().shown.closed = vec!["queue"];
        let place = fake.place();
        let trouble = Client::new(http(), &place).queue("main").await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Denied, "{}", face.name());
        assert!(trouble.problem.what.contains("read what is in the queue of the branch `main`"), "{trouble}");
    }
}
