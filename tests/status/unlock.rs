//! `unlock` removes the lock of a run that has ended, and no other.

use serde_json::{Value, json};

use super::{Shop, by_run};
use crate::support::Run;
use crate::support::server::{Reply, Server};

const GITHUB_RUN: &str = "/api/v3/repos/acme/shop/actions/runs/42";

/// A forge that answers this path with this, and knows nothing else.
fn forge(path: &'static str, answer: Value) -> Server {
    Server::start(move |request, _| {
        if request.target == path {
            Reply::json(200, &answer)
        } else {
            Reply::json(404, &json!({ "message": "Not Found" }))
        }
    })
}

fn with_status(status: &str, conclusion: Option<&str>) -> Server {
    forge(GITHUB_RUN, json!({ "id": 42, "status": status, "conclusion": conclusion }))
}

/// `prod`, locked by the killed run 42 of GitHub Actions.
fn killed() -> Shop {
    Shop::new()
        .entry("reserved", 1, &by_run("github-actions", "42", "runner-1"))
        .lock("a", "runner-1", 2)
        .state(&json!([]))
}

/// Tries to unlock: it is refused with `why`, and nothing was touched.
#[track_caller]
fn refused(shop: &Shop, line: &str, why: &str) -> Run {
    let before = shop.scene.snapshot();
    let run = shop.scene.run(line).ends_with(73).says("`unlock` is refused").says(why);
    assert_eq!(shop.scene.snapshot(), before, "{}", run.log());
    run
}

#[test]
fn the_lock_of_a_run_that_has_ended_is_removed_and_the_ledger_says_so() {
    let server = with_status("completed", Some("cancelled"));
    let shop = killed().on("github", &server.url());
    let run = shop.scene.run("unlock --stack prod --run 42").ends_with(0);
    run.says("the lock of ci@runner-1 (pid 7)")
        .says("the run 42 has ended (`cancelled`)")
        .says("no operation is pending");
    assert_eq!((shop.locks(), server.received().len()), (0, 1));
    let entry = &shop.entries()[1];
    assert_eq!(
        (&entry["kind"], &entry["about"], &entry["host"]),
        (&json!("unlocked"), &json!(1), &json!("runner-1"))
    );
    assert!(entry["reason"].as_str().unwrap().contains("the run 42 has ended (`cancelled`)"), "{entry}");
}

#[test]
fn operations_that_nobody_knows_the_end_of_are_shown_with_the_repair() {
    let server = with_status("completed", Some("failure"));
    let urn = "urn:pulumi:prod::shop::aws:s3/bucket:Bucket::logs";
    let pending = json!([{ "type": "creating", "resource": { "urn": urn } }]);
    let shop = killed().state(&pending).on("github", &server.url());
    let run = shop.scene.run("unlock --stack prod --run 42").ends_with(0);
    run.says(&format!("creating {urn}")).says("`pulumi refresh --clear-pending-creates --stack prod`");
}

#[test]
fn a_run_that_is_at_work_keeps_its_lock() {
    for status in ["in_progress", "queued", "a word of a later version"] {
        let server = with_status(status, None);
        let shop = killed().on("github", &server.url());
        refused(&shop, "unlock --stack prod --run 42", &format!("the run 42 has not ended (`{status}`)"))
            .says("cancel it there");
    }
}

#[test]
fn a_run_that_the_forge_does_not_tell_of_keeps_its_lock() {
    let server = forge("/nothing", json!({}));
    let shop = killed().on("github", &server.url());
    refused(&shop, "unlock --stack prod --run 42", "status 404");
    let shop = killed();
    refused(&shop, "unlock --stack prod --run 42", "whether the run 42 has ended is not known")
        .says("`pulumi cancel prod --yes`");
}

#[test]
fn a_run_never_removes_its_own_lock() {
    let mut shop = killed();
    shop.scene = shop.scene.on_github();
    refused(&shop, "unlock --stack prod --run 42", "the run 42 is this one");
}

#[test]
fn a_lock_that_may_be_another_run_s_stays() {
    let server = with_status("completed", Some("cancelled"));
    let shop = killed()
        .entry("reserved", 2, &by_run("github-actions", "43", "runner-1"))
        .on("github", &server.url());
    let run = refused(&shop, "unlock --stack prod --run 42", "the deployment of the run 43, entry 2");
    run.says("the lock of ci@runner-1 (pid 7)").says("`pulumi cancel prod --yes`");
    refused(&shop, "unlock --stack prod --run 44", "the ledger has no deployment of the run 44");
    let shop = killed().lock("b", "runner-1", 3).on("github", &server.url());
    refused(&shop, "unlock --stack prod --run 42", "there are 2 locks");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn on_gitlab_the_job_is_asked_for_and_not_its_pipeline() {
    for (status, ended) in [("canceled", true), ("failed", true), ("running", false), ("canceling", false)] {
        let server = forge("/api/v4/projects/acme%2Fshop/jobs/427", json!({ "id": 427, "status": status }));
        let shop = Shop::new()
            .entry("reserved", 1, &by_run("gitlab-ci", "42", "runner-1"))
            .lock("a", "runner-1", 2)
            .on("gitlab", &server.url());
        let run = shop.scene.run("unlock --stack prod --run 42").ends_with(if ended { 0 } else { 73 });
        run.says(&format!("`{status}`"));
        assert_eq!(shop.locks(), usize::from(!ended), "{status}");
    }
}

#[test]
fn of_two_jobs_of_one_pipeline_that_can_have_taken_the_lock_each_has_to_have_ended() {
    let page = |job: u32| {
        let mut fields = by_run("gitlab-ci", "7", "runner-1");
        fields["run"]["url"] = json!(format!("https://ci.example.com/acme/shop/-/jobs/{job}"));
        fields
    };
    for (statuses, ended) in
        [(["failed", "running"], false), (["running", "failed"], false), (["failed", "canceled"], true)]
    {
        let server = Server::start(move |request, _| {
            let status = match request.target.strip_prefix("/api/v4/projects/acme%2Fshop/jobs/") {
                Some("100") => statuses[0],
                Some("101") => statuses[1],
                _ => return Reply::json(404, &json!({ "message": "404 Not Found" })),
            };
            Reply::json(200, &json!({ "status": status }))
        });
        let shop = Shop::new()
            .entry("reserved", 1, &page(100))
            .entry("reserved", 2, &page(101))
            .lock("a", "runner-1", 3)
            .on("gitlab", &server.url());
        let run = shop.scene.run("unlock --stack prod --run 7").ends_with(if ended { 0 } else { 73 });
        assert_eq!(shop.locks(), usize::from(!ended), "{statuses:?}\n{}", run.log());
        if !ended {
            run.says("has not ended (`running`)").says("the lock of ci@runner-1 (pid 7)");
        }
    }
}

#[test]
fn on_gitea_every_job_of_the_run_has_to_have_ended() {
    let task = |run: u64, status: &str| json!({ "id": 1, "run_number": run, "status": status });
    for (tasks, ended) in [
        (json!([task(43, "running"), task(42, "success"), task(42, "cancelled")]), true),
        (json!([task(42, "success"), task(42, "running")]), false),
        (json!([task(43, "success")]), false),
        (json!(null), false),
    ] {
        let answer = json!({ "total_count": 3, "workflow_runs": tasks });
        let server = forge("/api/v1/repos/acme/shop/actions/tasks?limit=50", answer);
        let shop = Shop::new()
            .entry("reserved", 1, &by_run("forgejo-actions", "42", "runner-1"))
            .lock("a", "runner-1", 2)
            .on("gitea", &server.url());
        let run = shop.scene.run("unlock --stack prod --run 42").ends_with(if ended { 0 } else { 73 });
        assert_eq!(shop.locks(), usize::from(!ended), "{tasks}\n{}", run.log());
    }
}

#[test]
fn a_system_that_is_not_asked_leaves_the_lock_to_people() {
    let server = with_status("completed", None);
    let shop = Shop::new()
        .entry("reserved", 1, &by_run("jenkins", "42", "runner-1"))
        .lock("a", "runner-1", 2)
        .on("github", &server.url());
    let run =
        refused(&shop, "unlock --stack prod --run 42", "`jenkins` is not asked whether the run 42 has ended");
    run.says("only if no engine is at work there any more");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn without_a_lock_nothing_is_done() {
    let shop =
        Shop::new().entry("reserved", 1, &by_run("github-actions", "42", "runner-1")).state(&json!([]));
    let before = shop.scene.snapshot();
    shop.scene.run("unlock --stack prod --run 42").ends_with(0).says("`shop/prod` is not locked");
    assert_eq!(shop.scene.snapshot(), before);
}

#[test]
fn the_name_of_this_machine_stands_in_the_ledger() {
    let env = stackstep::base::env::Env::from_pairs("/", [("COMPUTERNAME", "RUNNER-1")]);
    let name = stackstep::base::machine::host_name(&env).unwrap();
    if let Ok(kernel) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        assert_eq!(name, kernel.trim());
    }
}
