//! Who hears of a deployment, at sinks on this machine: good ones, and those that fail, stall, redirect, close early and
//! answer garbage.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::repository::{MAP, Repository};
use crate::support::forge::{FACES, Fake, State, TOKEN};
use crate::support::server::{Received, Reply, Server};
use crate::support::{Run, json};

/// A part of the address of a hook, which must show nowhere.
const SECRET: &str = "hunter22hunter22";

/// The variable for the address of a hook.
const HOOK: &str = "HOOK_URL";

fn ok() -> Reply {
    Reply::Answer(200, Vec::new(), "ok".to_owned())
}

/// A repository on `main` whose deployment of `staging` waits for an approval, with these sinks.
fn waiting(sinks: &str) -> Repository {
    with_entry("approvals: { needed: 1 }", sinks)
}

/// A repository on `main` with this entry for `staging`, and these sinks.
fn with_entry(entry: &str, sinks: &str) -> Repository {
    let file = format!("{MAP}stacks:\n  staging: {{ unreviewed: allow, {entry} }}\nnotify:\n{sinks}");
    Repository::new(&file).on_branch("main")
}

/// The repository in a job that has the hook of `server`.
fn hooked(repository: Repository, server: &Server) -> Repository {
    Repository { scene: repository.scene.with(HOOK, &format!("{}/services/{SECRET}", server.url())) }
}

const SLACK: &str = "  - { slack: { from-env: HOOK_URL } }\n";
const WEBHOOK: &str = "  - webhook: { url: { from-env: HOOK_URL }, secret: { from-env: HOOK_SECRET } }\n";

/// The result of the run in `repository`, without what differs from one run to the next.
fn outcome(repository: &Repository) -> Value {
    let result = json(repository.scene.root().join("result.json"));
    let fields = ["status", "reason", "exit_code", "message", "hint", "changes"];
    fields.iter().map(|field| ((*field).to_owned(), result[*field].clone())).collect()
}

fn deploy(repository: &Repository) -> Run {
    let result = repository.scene.root().join("result.json").display().to_string();
    repository.scene.run_args(&["deploy", "--upsert", "--result-file", &result])
}

/// Gives the thing of the program another size.
fn sized(repository: &Repository, size: u8) {
    let path = repository.scene.program.join("infra/shop/Pulumi.yaml");
    let program = std::fs::read_to_string(&path).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", &format!("size: {size}")));
}

fn body(request: &Received) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

/// No file of the run holds the secret part of an address.
fn leaks_nothing(repository: &Repository, run: &Run) {
    assert!(!run.log().contains(SECRET), "{}", run.log());
    for (path, bytes) in repository.scene.snapshot() {
        let is_there = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!is_there, "{}", path.display());
    }
}

#[test]
fn a_deployment_that_waits_for_an_approval_tells_slack_once() {
    let server = Server::start(|_, _| ok());
    let repository = hooked(waiting(SLACK), &server);
    let run = deploy(&repository).ends_with(75).says("Slack (`HOOK_URL`) was told of `waiting`");
    let request = server.only("/services/");
    assert_eq!(request.header("content-type"), Some("application/json"));
    let message = body(&request);
    assert_eq!(message["text"], "`shop/staging` waits for an approval");
    let blocks = message["blocks"].to_string();
    assert!(blocks.contains("an approval is missing") && blocks.contains("What to do:"), "{blocks}");
    assert!(blocks.contains("2 to create"), "{blocks}");
    leaks_nothing(&repository, &run);
}

#[test]
fn a_deployment_that_still_waits_when_its_job_is_run_again_tells_nobody_again() {
    let server = Server::start(|_, _| ok());
    let repository = hooked(waiting(SLACK), &server);
    // The first preview creates the stack, which writes the salt of its secrets into its file.
    repository.scene.run("preview --upsert -C infra/shop --stack staging").ends_with(0);
    deploy(&repository).ends_with(75).says("was told of `waiting`");
    let again = deploy(&repository).ends_with(75);
    again.says("nobody is told of this again").never_says("was told of");
    assert_eq!(server.received().len(), 1);
    // Another change waits as well, and nobody knows of it yet.
    sized(&repository, 2);
    deploy(&repository).ends_with(75).says("was told of `waiting`");
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_deployment_that_waits_tells_teams_by_a_card() {
    let server = Server::start(|_, _| Reply::Answer(202, Vec::new(), String::new()));
    let repository = hooked(waiting("  - { teams: { from-env: HOOK_URL } }\n"), &server);
    deploy(&repository).ends_with(75).says("Teams (`HOOK_URL`) was told of `waiting`");
    let message = body(&server.only("/services/"));
    let card = &message["attachments"][0];
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(card["content"]["type"], "AdaptiveCard");
    let title = &card["content"]["body"][0]["inlines"][0]["text"];
    assert_eq!(title, "`shop/staging` waits for an approval");
}

#[test]
fn a_sink_that_does_not_work_is_a_note_and_changes_nothing_of_the_run() {
    let good = Server::start(|_, _| ok());
    let repository = hooked(waiting(SLACK), &good);
    deploy(&repository).ends_with(75);
    let usual = outcome(&repository);
    let elsewhere = Server::start(|_, _| ok());
    let redirect = Reply::redirect(307, &format!("{}/{SECRET}", elsewhere.url()));
    let slow_down = Reply::Answer(429, vec![("retry-after", "60".to_owned())], String::new());
    for (reply, tries, why) in [
        (Reply::again(500), 2, "it answered with 500"),
        (Reply::Answer(404, Vec::new(), SECRET.to_owned()), 1, "it answered with 404"),
        (slow_down, 1, "it answered with 429"),
        (redirect, 1, "it redirects to another address, which is not followed"),
        (Reply::Close, 1, "the connection broke"),
        (Reply::Half, 1, "the connection broke"),
        (Reply::Raw(format!("220 {SECRET} ESMTP\r\n").into_bytes()), 1, "the connection broke"),
        (Reply::Silence, 1, "there was no answer within 5s"),
        (Reply::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_vec()), 1, "no answer within 5s"),
    ] {
        let bad = Server::start(move |_, _| reply.clone());
        let repository = hooked(waiting(SLACK), &bad);
        let said = "Slack (`HOOK_URL`) was not told of `waiting`: ";
        let run = deploy(&repository).ends_with(75).says(said).says(why);
        assert_eq!(outcome(&repository), usual, "{why}");
        assert_eq!(bad.received().len(), tries, "{why}");
        let notes = json(repository.scene.root().join("result.json"))["notes"].to_string();
        assert!(notes.contains(said) && notes.contains(why), "{notes}");
        leaks_nothing(&repository, &run);
    }
    assert!(elsewhere.received().is_empty());
}

#[test]
fn a_sink_in_trouble_is_asked_once_more_with_the_same_delivery() {
    let server = Server::start(|_, before| if before == 0 { Reply::again(503) } else { ok() });
    let sinks = "  - webhook: { url: { from-env: HOOK_URL } }\n";
    deploy(&hooked(waiting(sinks), &server)).ends_with(75).says("the webhook (`HOOK_URL`) was told");
    let ids: Vec<_> =
        server.received().iter().map(|one| one.header("x-stackstep-delivery").unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn sinks_that_stall_do_not_keep_others_from_hearing() {
    let (good, bad) = (Server::start(|_, _| ok()), Server::start(|_, _| Reply::Silence));
    let sinks = format!(
        "{SLACK}  - webhook: {{ url: \"{}/a\" }}\n  - webhook: {{ url: \"{}/b\" }}\n",
        bad.url(),
        bad.url()
    );
    let run = deploy(&hooked(waiting(&sinks), &good)).ends_with(75);
    run.says("Slack (`HOOK_URL`) was told of `waiting`");
    good.only("/services/");
    assert_eq!(bad.received().len(), 2);
}

#[test]
fn a_variable_that_is_missing_or_holds_no_address_is_a_line_of_the_log() {
    let run = deploy(&waiting(SLACK)).ends_with(75);
    run.says("Slack (`HOOK_URL`) was not told of `waiting`: the variable `HOOK_URL` is not set in this job");
    for value in [SECRET.to_owned(), format!("http://hooks.example.com/{SECRET}")] {
        let repository = Repository { scene: waiting(SLACK).scene.with(HOOK, &value) };
        let run = deploy(&repository).ends_with(75);
        leaks_nothing(&repository, &run);
        run.says("the value of `HOOK_URL` is not an address that begins with `https://`");
    }
}

#[test]
fn a_webhook_is_signed_as_openssl_signs() {
    let server = Server::start(|_, _| ok());
    let repository = hooked(waiting(WEBHOOK), &server);
    let key = "a key of the receiver's";
    let repository = Repository { scene: repository.scene.with("HOOK_SECRET", key) };
    deploy(&repository).ends_with(75).says("was told of `waiting`").never_says(key);
    let request = server.only("/services/");
    let message = body(&request);
    for (field, value) in [("event", "waiting"), ("stack", "staging"), ("project", "shop"), ("command", "up")]
    {
        assert_eq!(message[field], value, "{message}");
    }
    assert_eq!((&message["reason"], &message["exit_code"]), (&"approval".into(), &75.into()));
    assert_eq!(message["changes"]["create"], 2);
    assert_eq!(request.header("x-stackstep-event"), Some("waiting"));
    assert_eq!(request.header("x-stackstep-delivery"), message["id"].as_str());
    assert_eq!(request.header("x-stackstep-timestamp"), Some(message["time"].to_string().as_str()));
    let started = repository
        .scene
        .other("openssl")
        .args(["dgst", "-sha256", "-hmac", key, "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut openssl) = started else {
        eprintln!("skipped: the signature by openssl, which is not here");
        return;
    };
    openssl.stdin.take().unwrap().write_all(request.body.as_bytes()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    let wanted = format!("sha256={}", hash.split_whitespace().next().unwrap());
    assert_eq!(request.header("x-stackstep-signature-256"), Some(wanted.as_str()));
}

#[test]
fn without_the_key_of_its_signatures_a_webhook_hears_nothing() {
    let server = Server::start(|_, _| ok());
    let run = deploy(&hooked(waiting(WEBHOOK), &server)).ends_with(75);
    run.says("the variable `HOOK_SECRET` is not set in this job");
    assert!(server.received().is_empty());
}

#[test]
fn a_refused_a_failed_and_a_held_deployment_have_their_own_events() {
    let heard = |entry: &str, status: i32, line: &str| {
        let server = Server::start(|_, _| ok());
        let sinks = "  - webhook: { url: { from-env: HOOK_URL } }\n";
        let repository = hooked(with_entry(entry, sinks), &server);
        repository.scene.run(line).ends_with(status);
        let mut events: Vec<String> =
            server.received().iter().map(|one| body(one)["event"].as_str().unwrap().to_owned()).collect();
        events.sort();
        events
    };
    assert_eq!(heard("rules: { max-creates: 0 }", 74, "deploy --upsert"), ["refused"]);
    let failing = "checks: [{ run: [\"false\"], ready-within: 0 }]";
    assert_eq!(heard(failing, 77, "deploy --upsert"), ["verification-failed"]);
    let holding = format!("{failing}, on-failed-check: hold");
    assert_eq!(heard(&holding, 77, "deploy --upsert"), ["held", "verification-failed"]);
    assert_eq!(heard("parallel: 2", 0, "deploy --upsert"), Vec::<String>::new());
    let missing = heard("parallel: 2", 6, "up -C infra/shop --stack staging");
    assert_eq!(missing, ["failed"], "there is no such stack");
}

#[test]
fn holding_and_releasing_a_stack_tells_who_wants_to_hear_it() {
    let server = Server::start(|_, _| ok());
    let sinks = "  - { webhook: { url: { from-env: HOOK_URL } }, on: [held, released], stacks: staging }\n";
    let repository = hooked(with_entry("parallel: 2", sinks), &server);
    let repository = Repository { scene: repository.scene.with("GITLAB_USER_LOGIN", "ann") };
    repository.scene.run("deploy --upsert").ends_with(0);
    for (verb, reason) in [("hold", "the database is moved"), ("release", "it is moved")] {
        let args = [verb, "-C", "infra/shop", "--stack", "staging", "--reason", reason];
        repository.scene.run_args(&args).ends_with(0).says("the webhook (`HOOK_URL`) was told of");
    }
    let said: Vec<_> = server.received().iter().map(body).collect();
    let told: Vec<_> = said.iter().map(|one| (one["event"].clone(), one["what"].clone())).collect();
    let wanted = [("held", "the database is moved"), ("released", "it is moved")];
    assert_eq!(told, wanted.map(|(event, what)| (event.into(), what.into())));
    assert_eq!(said[0]["by"], "ann");
}

#[test]
fn the_address_of_a_hook_in_a_reason_reaches_neither_the_ledger_nor_anybody() {
    let server = Server::start(|_, _| ok());
    let repository = hooked(with_entry("parallel: 2", SLACK), &server);
    repository.scene.run("deploy --upsert").ends_with(0);
    let address = format!("{}/services/{SECRET}", server.url());
    let reason = format!("ask at {address} before it goes on");
    for verb in ["hold", "release"] {
        let args = [verb, "-C", "infra/shop", "--stack", "staging", "--reason", &reason];
        let run = repository.scene.run_args(&args).ends_with(0);
        leaks_nothing(&repository, &run);
    }
    let folder = repository.scene.root().join("state/.stackstep/ledger/shop/staging");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| json(entry.unwrap().path()));
    let kept = entries.filter(|entry| entry["reason"].as_str().is_some_and(|why| why.starts_with("ask at ")));
    assert_eq!(kept.count(), 2, "the words around it stay");
    assert!(server.received().iter().all(|one| !one.body.contains(SECRET)), "{:?}", server.received());
}

#[test]
fn a_sink_hears_of_its_events_and_stacks_only_and_a_preview_tells_nobody() {
    let server = Server::start(|_, _| ok());
    for options in ["on: [failed]", "stacks: [prod, \"qa*\"]"] {
        let sinks = format!("  - {{ slack: {{ from-env: HOOK_URL }}, {options} }}\n");
        deploy(&hooked(waiting(&sinks), &server)).ends_with(75);
    }
    let repository = hooked(with_entry("rules: { max-creates: 0 }", SLACK), &server);
    repository.scene.run("preview -C infra/shop --stack staging --upsert");
    assert!(server.received().is_empty(), "{:?}", server.received());
}

#[test]
fn a_change_request_tells_nobody_by_its_own_file() {
    let (main, own) = (Server::start(|_, _| ok()), Server::start(|_, _| ok()));
    let repository = hooked(waiting(SLACK), &main);
    repository.git(&["fetch", "-q", "origin"]);
    let file = std::fs::read_to_string(repository.scene.program.join("stackstep.yaml")).unwrap();
    let added = format!("{file}  - webhook: {{ url: \"{}/own\" }}\n", own.url());
    repository.scene.write("stackstep.yaml", &added);
    repository.commit("a sink of its own");
    let repository = Repository { scene: repository.scene.without("CI_COMMIT_BRANCH") };
    let repository = repository.on_merge_request("feature");
    repository.scene.run("up -C infra/shop --stack staging --upsert").says("`HOOK_URL`");
    main.only("/services/");
    assert!(own.received().is_empty());
}

#[test]
fn people_are_named_in_a_new_comment_on_the_merged_change_request() {
    let gitlab = FACES.iter().find(|face| face.name() == "gitlab").unwrap();
    let fake = Fake::start(*gitlab);
    let repository = waiting("  - { mention: { people: [\"@acme/oncall\", ann] } }\n");
    let commit = repository.head();
    let mut memory = fake.memory();
    memory.pulls[0].state = State::Merged;
    memory.pulls[0].merge_commit = Some(commit.clone());
    memory.pulls[0].commits = vec![commit];
    drop(memory);
    let scene = repository
        .scene
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN)
        .with("STACKSTEP_COMMENT", "off");
    let repository = Repository { scene };
    for size in [1, 2] {
        sized(&repository, size);
        repository
            .scene
            .run("deploy --upsert")
            .ends_with(75)
            .says("a comment for acme/oncall, ann was told of `waiting`");
    }
    let memory = fake.memory();
    assert_eq!(memory.comments.len(), 2, "an edit notifies nobody");
    let text = &memory.comments[0].body;
    assert!(text.starts_with("**`shop/staging` waits for an approval**\n\n@acme/oncall @ann\n"), "{text}");
    assert!(text.contains("What to do: "), "{text}");
}

#[test]
fn the_address_of_a_hook_in_the_file_is_refused_and_not_shown() {
    let sinks = format!("  - slack: https://hooks.slack.com/services/T0/B0/{SECRET}\n");
    let run = waiting(&sinks).scene.run("deploy --upsert").ends_with(2).never_says(SECRET);
    run.says("`notify[0].slack` of `stackstep.yaml` stands in the file")
        .says("hint: write `slack: { from-env: SLACK_URL }`");
}
