//! How a change request stands by its number: open, or closed since when, in which repository, with which labels.

use stackstep::forge::Client;

use super::http;
use crate::support::forge::{FACES, Fake, State};

#[tokio::test]
async fn a_closed_change_request_says_since_when_and_in_which_repository() {
    for face in FACES {
        let fake = Fake::start(*face);
        for (state, closed) in [(State::Open, false), (State::Closed, true), (State::Merged, true)] {
            fake.memory().pulls[0].state = state;
            let place = fake.place();
            let read = Client::new(http(), &place).change_request(7).await.unwrap();
            let name = face.name();
            assert_eq!((read.number, read.open), (7, !closed), "{name} {state:?}");
            let since = read.closed_at.as_deref().map(|time| &time[..19]);
            assert_eq!(since, closed.then_some("2026-11-21T10:00:00"), "{name} {state:?}");
            let id = match name {
                "azure-repos" => "2f3d",
                "bitbucket" => "{0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f}",
                _ => "1",
            };
            assert_eq!(read.repository.as_deref(), Some(id), "{name}");
            let labels: &[&str] = if name == "bitbucket" { &[] } else { &["infra"] };
            assert_eq!(read.labels, labels, "{name}");
        }
    }
}

#[tokio::test]
async fn a_change_request_that_is_not_there_is_an_error_and_never_a_closed_one() {
    for face in FACES {
        let fake = Fake::start(*face);
        let place = fake.place();
        let read = Client::new(http(), &place).change_request(8).await;
        assert!(read.is_err(), "{}: {read:?}", face.name());
    }
}
