//! Change requests that are looked for, statuses and deployments, on all five forges.

use stackstep::forge::{Client, CommitStatus, Deployment, State as Outcome};

use super::http;
use crate::support::forge::{FACES, Fake, HEAD, Pull, State};

fn pull(number: u64, state: State) -> Pull {
    Pull {
        number,
        state,
        branch: "feature/a b".into(),
        head: HEAD.into(),
        commits: vec![HEAD.into()],
        ..Pull::default()
    }
}

#[tokio::test]
async fn a_change_request_is_found_by_its_commit() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        fake.memory().pulls = vec![pull(7, State::Merged)];
        let place = fake.place();
        let client = Client::new(http, &place);
        let found = client.change_requests_of_commit(HEAD).await.unwrap();
        assert_eq!((found.len(), found[0].number, found[0].merged, found[0].open), (1, 7, true, false));
        assert!(client.change_requests_of_commit("0000000").await.unwrap().is_empty(), "{}", face.name());
    }
}

#[tokio::test]
async fn a_change_request_is_found_by_its_branch_and_a_forks_branch_of_that_name_is_not() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        let fork = Pull { fork: true, ..pull(9, State::Open) };
        let other = Pull { branch: "other".into(), head: "1".into(), ..pull(10, State::Open) };
        fake.memory().pulls = vec![pull(7, State::Open), pull(8, State::Closed), fork, other];
        let place = fake.place();
        let client = Client::new(http, &place);
        let found = client.change_requests_of_branch("feature/a b", None, None).await.unwrap();
        assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), [7], "{}", face.name());
        assert_eq!(found[0].head.as_deref(), Some(HEAD));
    }
}

#[tokio::test]
async fn one_change_request_is_read() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        let place = fake.place();
        let one = Client::new(http, &place).change_request(7).await.unwrap();
        assert_eq!((one.number, one.open, one.fork), (7, true, Some(false)), "{}", face.name());
        assert_eq!(one.branch.as_deref(), Some("feature/a b"));
    }
}

#[tokio::test]
async fn a_commit_has_a_status_in_each_forges_words() {
    let words = [
        ("github", "success", "failure"),
        ("gitlab", "success", "failed"),
        ("azure-repos", "succeeded", "failed"),
        ("bitbucket", "SUCCESSFUL", "FAILED"),
        ("gitea", "success", "failure"),
    ];
    assert_eq!(FACES.len(), words.len());
    for (face, (name, good, bad)) in FACES.iter().zip(words) {
        let (fake, http) = (Fake::start(*face), http());
        assert_eq!(face.name(), name);
        let place = fake.place();
        for state in [Outcome::Success, Outcome::Failure] {
            let status = CommitStatus {
                commit: HEAD.into(),
                name: "stackstep / shop / dev".into(),
                state,
                description: "x".repeat(1000),
                url: Some("https://ci.example/7".into()),
            };
            Client::new(http, &place).set_status(&status).await.unwrap();
        }
        let memory = fake.memory();
        assert_eq!((&memory.statuses[0]["state"], &memory.statuses[1]["state"]), (&good.into(), &bad.into()));
        assert!(memory.statuses[0]["description"].as_str().unwrap().chars().count() <= 255);
        assert!(memory.statuses[0].to_string().contains("stackstep / shop / dev"));
    }
}

#[tokio::test]
async fn a_deployment_is_recorded_with_its_address_where_the_forge_has_a_page_of_them() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        let place = fake.place();
        let deployment = Deployment {
            environment: "production".into(),
            url: Some("https://shop.example".into()),
            commit: HEAD.into(),
            reference: "main".into(),
            tag: false,
            state: Outcome::Success,
            removed: false,
            log: Some("https://ci.example/7".into()),
            description: "deployed".to_owned(),
        };
        let recorded = Client::new(http, &place).record_deployment(&deployment).await.unwrap();
        assert_eq!(recorded, ["github", "gitlab"].contains(&face.name()));
        let all = serde_json::to_string(&fake.memory().deployments).unwrap();
        assert_eq!(all.contains("https://shop.example"), recorded, "{all}");
        assert_eq!(all.contains(HEAD), recorded);
    }
}
