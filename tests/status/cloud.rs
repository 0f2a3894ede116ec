//! The same at Pulumi Cloud: an update names its run itself, and is cancelled over the API.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::Shop;
use crate::support::pulumi_cloud::{self, STACK, Tags};
use crate::support::server::{Reply, Server};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";

/// The service and a forge in one, with an update of `acme/shop/prod` that runs and says this of itself.
fn server(environment: Value, run: &'static str) -> (Server, Arc<Mutex<bool>>) {
    let (tags, cancelled) = (Tags::default(), Arc::new(Mutex::new(false)));
    let done = Arc::clone(&cancelled);
    let server = Server::start(move |request, _| {
        let path = request.target.split('?').next().unwrap();
        match (request.method.as_str(), path.strip_prefix(STACK)) {
            ("GET", Some("")) => {
                let running = (!*done.lock().unwrap())
                    .then(|| json!({ "kind": "update", "author": "ann", "started": 1_795_000_000 }));
                let tags = tags.lock().unwrap().clone();
                Reply::json(
                    200,
                    &json!({ "version": 17, "activeUpdate": "u-1", "currentOperation": running, "tags": tags }),
                )
            }
            ("GET", Some("/updates")) => Reply::json(
                200,
                &json!({ "updates": [
                    { "kind": "update", "result": "in-progress", "environment": environment },
                    { "kind": "update", "result": "succeeded", "environment": { "ci.build.id": "7" } },
                ] }),
            ),
            ("POST", Some("/update/u-1/cancel")) => {
                *done.lock().unwrap() = true;
                Reply::json(200, &json!({}))
            }
            ("GET", Some("/export")) => {
                Reply::json(200, &json!({ "version": 3, "deployment": { "pending_operations": [] } }))
            }
            _ if path == "/api/v3/repos/acme/shop/actions/runs/42" => {
                Reply::json(200, &json!({ "status": run, "conclusion": null }))
            }
            _ if path == "/api/v4/projects/acme%2Fshop/jobs/101" => {
                Reply::json(200, &json!({ "status": run }))
            }
            _ => pulumi_cloud::answer(request, TOKEN, &mut tags.lock().unwrap()),
        }
    });
    (server, cancelled)
}

fn shop(server: &Server) -> Shop {
    let shop = Shop::new().on("github", &server.url());
    let scene = shop.scene.with("PULUMI_BACKEND_URL", &server.url()).with("PULUMI_ACCESS_TOKEN", TOKEN);
    Shop { scene }
}

#[test]
fn the_update_of_a_run_that_has_ended_is_cancelled() {
    let (server, cancelled) = server(json!({ "ci.system": "GitHub", "ci.build.id": "42" }), "completed");
    let run = shop(&server).scene.run("unlock --stack acme/shop/prod --run 42").ends_with(0);
    run.says("update by ann since 2026-11-18T11:06:40Z is removed")
        .says("entry 1 of the ledger")
        .says("no operation is pending");
    assert!(*cancelled.lock().unwrap());
}

#[test]
fn an_update_of_a_gitlab_job_is_judged_by_that_job() {
    let page = "https://gitlab.example.com/acme/shop/-/jobs/101";
    let environment = json!({ "ci.system": "GitLab", "ci.build.id": "42", "ci.build.url": page });
    for (status, ended) in [("running", false), ("failed", true)] {
        let (server, cancelled) = server(environment.clone(), status);
        let shop = shop(&server).on("gitlab", &server.url());
        let line = "unlock --stack acme/shop/prod --run 42";
        shop.scene.run(line).ends_with(if ended { 0 } else { 73 }).says(&format!("`{status}`"));
        assert_eq!(*cancelled.lock().unwrap(), ended, "{status}");
    }
}

#[test]
fn the_update_of_another_run_or_of_one_at_work_goes_on() {
    for (environment, run, why) in [
        (json!({ "ci.system": "GitHub", "ci.build.id": "42" }), "in_progress", "has not ended"),
        (json!({ "ci.system": "GitHub", "ci.build.id": "43" }), "completed", "it is of the run 43"),
        (json!({ "git.author": "ann" }), "completed", "does not say of which run it is"),
        (json!({ "ci.system": "Travis CI", "ci.build.id": "42" }), "completed", "`Travis CI` is not asked"),
    ] {
        let (server, cancelled) = server(environment, run);
        let refused = shop(&server).scene.run("unlock --stack acme/shop/prod --run 42").ends_with(73);
        refused.says("`unlock` is refused").says(why).says("update by ann");
        assert!(!*cancelled.lock().unwrap(), "{why}");
        let posts = server.received().iter().filter(|request| request.method != "GET").count();
        assert_eq!(posts, 0, "{why}");
    }
}

#[test]
fn a_status_costs_two_requests_and_tells_the_update_that_runs() {
    let (server, _) = server(json!({}), "completed");
    let run = shop(&server).scene.run("status --stack acme/shop/prod --json").ends_with(0);
    let page: Value = serde_json::from_str(&run.stdout()).unwrap();
    let lock = &page["stacks"][0]["lock"];
    let expected = json!([{ "holder": "update by ann", "since": "2026-11-18T11:06:40Z" }]);
    assert_eq!((&lock["state"], &lock["value"]), (&json!("found"), &expected));
    assert_eq!(server.received().len(), 2);
}
