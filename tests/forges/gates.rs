//! Who approved at the gate of a job, on the forges whose own CI systems have one.

use stackstep::forge::{Client, GatedJob};

use super::http;
use crate::support::forge::{FACES, Fake};

fn job(face: &str) -> GatedJob {
    let (run, job, environment) = match face {
        "gitlab" => (None, Some("99"), Some("production")),
        // A job of Azure Pipelines belongs to a stage.
        "azure-repos" => (Some("4711"), Some("production"), None),
        _ => (Some("4711"), None, Some("production")),
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    GatedJob { run: owned(run), job: owned(job), environment: owned(environment) }
}

#[tokio::test]
async fn who_let_the_job_through_is_told_and_nobody_of_another_environment() {
    for face in FACES {
        let (fake, http) = (Fake::start(*face), http());
        fake.memory().shown.gate = vec![("bob".to_owned(), false), ("ann".to_owned(), true)];
        let place = fake.place();
        let found = Client::new(http, &place).gate_approvals(&job(face.name())).await.unwrap();
        let Some(found) = found else {
            assert!(["bitbucket", "gitea"].contains(&face.name()), "{}", face.name());
            continue;
        };
        let decided: Vec<_> = found.iter().map(|one| (one.person.id.as_str(), one.approved)).collect();
        assert_eq!(decided, [("bob", false), ("ann", true)], "{}", face.name());
        assert_eq!(found[1].comment.as_deref(), Some("Ship it!"), "{}", face.name());
        // GitHub tells no time.
        assert_eq!(found[1].at.is_some(), face.name() != "github", "{}", face.name());
    }
}

#[tokio::test]
async fn a_job_that_came_through_no_gate_has_no_approvals() {
    let gitlab = FACES.iter().find(|face| face.name() == "gitlab").unwrap();
    let (fake, http) = (Fake::start(*gitlab), http());
    let place = fake.place();
    let client = Client::new(http, &place);
    let other = GatedJob { job: Some("1".to_owned()), ..job("gitlab") };
    assert_eq!(client.gate_approvals(&other).await.unwrap(), Some(Vec::new()));
    let nowhere = GatedJob { environment: None, ..job("gitlab") };
    assert_eq!(client.gate_approvals(&nowhere).await.unwrap(), None, "a job without an environment");
}

#[tokio::test]
async fn on_github_a_job_of_its_own_may_have_asked_for_the_approval() {
    let github = FACES.iter().find(|face| face.name() == "github").unwrap();
    let (fake, http) = (Fake::start(*github), http());
    let place = fake.place();
    let job = GatedJob { environment: Some("qa".to_owned()), ..job("github") };
    let found = Client::new(http, &place).gate_approvals(&job).await.unwrap().unwrap();
    assert_eq!(found.iter().map(|one| one.person.id.as_str()).collect::<Vec<_>>(), ["joe"]);
}
