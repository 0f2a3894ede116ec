//! What goes wrong between us and a forge, on all five: refusals, rates, broken connections, strange answers.

use std::time::Duration;

use stackstep::base::http::{Http, Limits};
use stackstep::forge::trouble::TroubleKind;
use stackstep::forge::{Client, Trouble};
use stackstep::publish::comment::{self, Content, Posted};
use stackstep::render::Options;

use super::{LIMITS, changes, http, post, run};
use crate::support::forge::{Act, FACES, Fake, NUMBER, State, TOKEN, Verb};
use crate::support::server::Reply;

/// What a person reads of it, which never holds the token.
#[track_caller]
fn told(trouble: &Trouble) -> String {
    let text = format!("{trouble} {trouble:?}");
    let encoded = {
        use base64::Engine as _;
        base64::prelude::BASE64_STANDARD.encode(format!(":{TOKEN}"))
    };
    assert!(!text.contains(TOKEN) && !text.contains(&encoded), "{text}");
    text
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    for face in FACES {
        for verb in [Verb::List, Verb::Create] {
            for (status, kind) in
                [(401, TroubleKind::Denied), (403, TroubleKind::Denied), (404, TroubleKind::Missing)]
            {
                let fake = Fake::start(*face);
                fake.then(verb, Act::Refuse(status, "Resource not accessible by integration"));
                let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
                assert_eq!(trouble.kind, kind, "{trouble}");
                let text = told(&trouble);
                assert!(text.contains(fake.place().forge.permission(false)), "{text}");
                assert!(
                    text.contains(&format!("status {status}")) && text.contains("not accessible"),
                    "{text}"
                );
            }
        }
    }
}

/// Why a comment could not be posted by this client.
async fn trouble(client: &Client<'_>) -> Trouble {
    let (report, options) = (changes().masked(&str::to_owned), Options::default());
    let content = Content { reports: report.as_slice(), template: None, options: &options, warn: &|_| {} };
    comment::post(client, NUMBER, &run(1), &content).await.unwrap_err()
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_not_shown() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        let place = fake.place_with("wrong-token-0123456789");
        let client = Client::new(http, &place);
        let trouble = trouble(&client).await;
        assert_eq!(trouble.kind, TroubleKind::Denied);
        assert!(
            !format!("{trouble} {trouble:?} {place:?} {client}", client = client.calls())
                .contains("wrong-token")
        );
    }
}

#[tokio::test]
async fn a_refused_text_is_told_in_the_forges_words() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.then(Verb::Create, Act::Refuse(422, "body is too long"));
        let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Rejected);
        assert!(told(&trouble).contains("body is too long"));
        assert!(fake.memory().comments.is_empty());
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_and_nothing_is_written_twice() {
    for face in FACES {
        for reply in [
            Reply::again(429),
            // GitHub's secondary limits come with 403: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
            Reply::again(403),
            Reply::Answer(
                403,
                vec![
                    ("date", "Sat, 21 Nov 2026 10:00:00 GMT".into()),
                    ("x-ratelimit-remaining", "0".into()),
                    ("x-ratelimit-reset", "1795255200".into()),
                ],
                "{}".into(),
            ),
        ] {
            let fake = Fake::start(*face);
            fake.then(Verb::List, Act::Answer(reply.clone())).then(Verb::Create, Act::Answer(reply.clone()));
            assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created, "{reply:?}");
            fake.then(Verb::Update, Act::Answer(reply));
            assert_eq!(post(&fake, &run(2), &changes()).await.unwrap(), Posted::Updated);
            fake.only();
        }
    }
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_told_and_not_waited_for() {
    for face in FACES {
        let fake = Fake::start(*face);
        let reply = Reply::Answer(429, vec![("retry-after", "3600".into())], "{}".into());
        fake.then(Verb::List, Act::Answer(reply));
        let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::TurnedAway);
        assert!(told(&trouble).contains("3600 s"));
        assert_eq!(fake.asked(), [Verb::List]);
    }
}

#[tokio::test]
async fn a_forge_in_trouble_is_asked_again_with_a_limit() {
    for face in FACES {
        let fake = Fake::start(*face);
        for _ in 0..2 {
            fake.then(Verb::List, Act::Refuse(502, "Bad Gateway"));
        }
        fake.then(Verb::List, Act::Answer(Reply::Half));
        let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
        let lists = fake.asked().into_iter().filter(|verb| *verb == Verb::List).count();
        assert_eq!(lists, 3, "{trouble}");
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
    }
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_not_written_twice() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.then(Verb::Create, Act::DoneAndCut);
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
        fake.only();
        assert_eq!(fake.memory().notifications, 1);
    }
}

#[tokio::test]
async fn a_comment_that_was_not_written_is_tried_once_more() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.then(Verb::Create, Act::Refuse(500, "oops"));
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
        fake.only();
        let fake = Fake::start(*face);
        fake.then(Verb::Create, Act::Refuse(500, "oops")).then(Verb::Create, Act::Refuse(503, "oops"));
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap_err().kind, TroubleKind::Broken);
        assert!(fake.memory().comments.is_empty());
    }
}

#[tokio::test]
async fn a_forge_that_never_answers_is_given_up() {
    let limits = Limits { try_time: Duration::from_millis(50), tries: 2, ..LIMITS };
    for face in FACES {
        let fake = Fake::start(*face);
        fake.then(Verb::List, Act::Answer(Reply::Silence)).then(Verb::List, Act::Answer(Reply::Silence));
        let (http, place) = (Http::new(&stackstep::base::env::Env::default(), limits).unwrap(), fake.place());
        let client = Client::new(&http, &place);
        let trouble = trouble(&client).await;
        assert_eq!(trouble.kind, TroubleKind::Broken, "{trouble}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_no_empty_list() {
    for face in FACES {
        for body in ["<html>Sign in</html>", "{}", "7"] {
            let fake = Fake::start(*face);
            fake.then(Verb::List, Act::Answer(Reply::Answer(200, Vec::new(), body.into())));
            let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
            assert_eq!(trouble.kind, TroubleKind::Unreadable, "{body}: {trouble}");
            assert!(fake.memory().comments.is_empty());
        }
    }
}

#[tokio::test]
async fn a_page_that_leads_to_another_server_gets_no_token() {
    let other = crate::support::server::Server::start(|_, _| Reply::json(200, &serde_json::json!([])));
    for face in FACES {
        let fake = Fake::start(*face);
        let next = format!("{}/steal", other.url().replace("127.0.0.1", "localhost"));
        let Reply::Answer(status, mut headers, body) = face.list(Vec::new(), None) else { panic!() };
        headers.push(("link", format!("<{next}>; rel=\"next\"")));
        let body =
            if face.name() == "bitbucket" { format!("{{\"values\":[],\"next\":\"{next}\"}}") } else { body };
        fake.then(Verb::List, Act::Answer(Reply::Answer(status, headers, body)));
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
    }
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_forge_that_names_itself_by_another_port_is_asked_where_it_is() {
    let other = crate::support::server::Server::start(|_, _| Reply::json(200, &serde_json::json!([])));
    let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitea").unwrap());
    let next = format!("{}/api/v1/repos/acme/shop/issues/7/comments?page=2", other.url());
    let first = Reply::Answer(200, vec![("link", format!("<{next}>; rel=\"next\""))], "[]".into());
    fake.then(Verb::List, Act::Answer(first));
    assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
    assert!(other.received().is_empty());
    let pages =
        fake.server.received().iter().filter(|asked| asked.target.contains("comments?page=2")).count();
    assert_eq!(pages, 1);
}

#[tokio::test]
async fn a_change_request_that_takes_no_comments_is_explained() {
    for face in FACES {
        for (state, locked, says) in [
            (State::Closed, false, "it is closed"),
            (State::Merged, false, "it is merged"),
            (State::Open, true, "locked"),
        ] {
            if locked && ["azure-repos", "bitbucket"].contains(&face.name()) {
                continue;
            }
            let fake = Fake::start(*face);
            fake.memory().pulls[0].state = state;
            fake.memory().pulls[0].locked = locked;
            if !locked {
                fake.then(Verb::Create, Act::Refuse(422, "no"));
            }
            let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
            assert!(told(&trouble).contains(says), "{}: {trouble}", face.name());
        }
    }
}

#[tokio::test]
async fn a_closed_change_request_is_commented_where_the_forge_lets_us() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls[0].state = State::Closed;
        assert_eq!(post(&fake, &run(1), &changes()).await.unwrap(), Posted::Created);
    }
}

#[tokio::test]
async fn a_change_request_that_is_not_there_is_named() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls.clear();
        let trouble = post(&fake, &run(1), &changes()).await.unwrap_err();
        assert!(told(&trouble).contains(" request "), "{trouble}");
        assert_eq!(trouble.kind, TroubleKind::Missing);
    }
}
