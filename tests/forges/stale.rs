//! Previews of other open change requests, after a deployment.

use stackstep::forge::Client;
use stackstep::publish::stale::{StaleBy, StaleMarks, mark_stale};
use stackstep::pulumi::stack::StackIdentity;

use super::{hash, http};
use crate::support::forge::{Act, FACES, Fake, Pull, State, Verb};

const NAME: &str = "stackstep / shop / prod (s3://acme)";

fn stack() -> StackIdentity {
    StackIdentity {
        project: Some("shop".to_owned()),
        stack: "prod".to_owned(),
        backend_url: Some("s3://acme".to_owned()),
        ..StackIdentity::default()
    }
}

async fn marks(fake: &Fake) -> StaleMarks {
    let (place, stack) = (fake.place(), stack());
    let by = StaleBy {
        stack: &stack,
        key: None,
        target: Some("main"),
        except: &[7],
        url: Some("https://ci.example/1"),
    };
    mark_stale(&Client::new(http(), &place), &by).await.unwrap()
}

fn pull(number: u64) -> Pull {
    Pull { number, head: hash(&format!("p{number}")), ..Pull::default() }
}

fn good(fake: &Fake, number: u64) {
    fake.memory().shown.statuses.push((hash(&format!("p{number}")), NAME.to_owned(), "success"));
}

#[tokio::test]
async fn a_good_preview_of_another_open_change_request_is_pending_afterwards() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls = vec![pull(7), pull(8), pull(9), Pull { state: State::Merged, ..pull(10) }];
        for number in [7, 8, 10] {
            good(&fake, number);
        }
        let found = marks(&fake).await;
        assert_eq!(found.marked, [8], "{}", face.name());
        assert!(found.failed.is_empty() && !found.more, "{}", face.name());
        let memory = fake.memory();
        assert_eq!(memory.statuses.len(), 1, "{}", face.name());
        let text = memory.statuses[0].to_string();
        assert!(text.contains("stale: `prod` has been deployed since, preview again"), "{text}");
        assert!(
            ["\"pending\"", "\"running\"", "\"INPROGRESS\""].iter().any(|state| text.contains(state)),
            "{text}"
        );
        drop(memory);
        let words = found.in_words(&|number| format!("#{number}")).unwrap();
        assert_eq!(words, "marked as stale: the preview of #8");
    }
}

#[tokio::test]
async fn what_is_not_of_this_stack_or_branch_and_not_good_is_left_alone() {
    for face in FACES {
        let fake = Fake::start(*face);
        let elsewhere = Pull { target: "release".to_owned(), ..pull(9) };
        fake.memory().pulls = vec![pull(8), elsewhere, pull(11)];
        good(&fake, 9);
        let other = |number: u64, name: &str, state| (hash(&format!("p{number}")), name.to_owned(), state);
        fake.memory().shown.statuses.extend([
            other(8, "stackstep / shop / dev (s3://acme)", "success"),
            other(8, NAME, "failure"),
            other(11, NAME, "pending"),
        ]);
        let found = marks(&fake).await;
        assert!(found.marked.is_empty() && fake.memory().statuses.is_empty(), "{}: {found:?}", face.name());
        assert_eq!(found.in_words(&|_| String::new()), None);
    }
}

#[tokio::test]
async fn one_that_fails_is_told_and_the_others_go_on() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls = vec![pull(8), pull(9)];
        for number in [8, 9] {
            good(&fake, number);
        }
        fake.then(Verb::Status, Act::Refuse(403, "no"));
        let found = marks(&fake).await;
        assert_eq!((found.marked.len(), found.failed.len()), (1, 1), "{}", face.name());
        let problem = found.problem(&|number| format!("#{number}")).unwrap();
        assert!(
            problem.what.contains("was not marked as stale: could not set the commit's status"),
            "{problem}"
        );
        assert!(problem.hint.is_some());
    }
}

#[tokio::test]
async fn more_change_requests_than_are_looked_at_are_told() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls = (100..140).map(pull).collect();
        good(&fake, 100);
        let found = marks(&fake).await;
        assert!(found.more && found.marked.len() == 1, "{}", face.name());
        let words = found.in_words(&|number| format!("#{number}")).unwrap();
        assert!(words.contains("more than 30 change requests are open"), "{words}");
    }
}
