//! A change request's own stack, as far as it goes without an engine: when there is none, and what is refused. What the engine
//! does with it is shown on the CLI itself, in `tests/runners/real/review.rs`.

#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod forks;

use crate::deploy::repository::Repository;
use crate::support::forge::{FACES, Fake, Pull, State, TOKEN};
use crate::support::{Run, json};

/// A job of change request 7, whose default branch has this `stackstep.yaml`.
struct Change {
    fake: Fake,
    repository: Repository,
}

impl Change {
    fn of(file: &str) -> Self {
        let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap());
        let repository = Repository::new(file);
        repository.git(&["fetch", "-q", "origin"]);
        fake.memory().shown.branches = vec![("main".to_owned(), repository.head())];
        repository.git(&["checkout", "-q", "-b", "feature"]);
        repository.commit("a change");
        repository.push("feature");
        let head = repository.head();
        fake.memory().pulls = vec![Pull { branch: "feature".to_owned(), head, ..Pull::default() }];
        let repository = repository.on_merge_request("feature");
        let scene = repository
            .scene
            .with("STACKSTEP_FORGE", "gitlab")
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN);
        Self { fake, repository: Repository { scene } }
    }

    fn with(self, name: &str, value: &str) -> Self {
        Self { repository: Repository { scene: self.repository.scene.with(name, value) }, ..self }
    }

    fn pull(&self, change: impl FnOnce(&mut Pull)) -> &Self {
        change(&mut self.fake.memory().pulls[0]);
        self
    }

    fn run(&self, line: &str) -> Run {
        self.repository.scene.run(&format!("review {line} -C infra/shop"))
    }

    /// Nothing of a stack is in the backend, nor in a ledger.
    fn has_made_nothing(&self) {
        let state = self.repository.scene.root().join("state");
        assert!(!state.join(".pulumi/stacks/shop").exists() && !state.join(".stackstep").exists());
    }
}

const PLAIN: &str = "review: { from: staging }\n";

#[test]
fn without_a_section_there_are_no_stacks_and_the_way_to_have_some_is_said() {
    let change = Change::of("deploy: { branches: { main: staging } }\n");
    change.run("up").ends_with(2).says("has no section `review`").says("docs/review-stacks.md");
    change.has_made_nothing();
}

#[test]
fn the_section_of_the_change_itself_does_not_count() {
    let change = Change::of("deploy: { branches: { main: staging } }\n");
    change.repository.scene.write("stackstep.yaml", PLAIN);
    change.run("up").ends_with(2).says("has no section `review`");
}

#[test]
fn a_protected_base_stack_is_refused_whatever_protects_it() {
    for (entry, word) in [
        ("approvals: { needed: 1 }", "approvals"),
        ("break-glass: { from: [ann] }", "break-glass"),
        ("rules: { keep: [\"aws:rds/*\"] }", "keep"),
        ("rules: { freeze: { days: [fri], from: \"16:00\", to: \"24:00\", zone: Europe/Berlin } }", "freeze"),
    ] {
        let change = Change::of(&format!("{PLAIN}stacks: {{ staging: {{ {entry} }} }}\n"));
        change
            .run("up")
            .ends_with(73)
            .says(&format!("`staging` is protected (`{word}` in `stacks.staging`)"));
        change.has_made_nothing();
    }
}

#[test]
fn a_change_request_that_is_closed_or_has_moved_or_lacks_the_label_is_passed_over() {
    let labelled = "review: { from: staging, label: preview-environment }\n";
    for (file, change, why) in [
        (
            PLAIN,
            (|pull: &mut Pull| pull.state = State::Closed) as fn(&mut Pull),
            "merge request !7 is closed",
        ),
        (PLAIN, |pull| pull.head = "0".repeat(40), "is no longer the head of merge request !7"),
        (labelled, |_| (), "does not have the label `preview-environment`"),
    ] {
        let job = Change::of(file);
        let result = job.repository.scene.root().join("result.json");
        let line = format!("up --result-file {}", result.display());
        job.pull(change).run(&line).ends_with(0).says(why);
        let result = json(&result);
        assert_eq!(result["status"], "skipped", "{why}");
        job.has_made_nothing();
    }
}

#[test]
fn a_fork_has_no_stack_by_what_the_job_or_the_forge_says() {
    let change = Change::of(PLAIN);
    change.pull(|pull| pull.fork = true).run("up").ends_with(0).says("comes from a fork");
    let change = change.with("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "bob/shop");
    change.pull(|pull| pull.fork = false).run("up").ends_with(0).says("comes from a fork");
    change.run("down").ends_with(0).says("comes from a fork, whose own job has nothing to destroy");
    change.has_made_nothing();
}

#[test]
fn a_project_that_is_not_named_has_none() {
    let change = Change::of("review: { from: staging, projects: [infra/network] }\n");
    change.run("up").ends_with(0).says("`review.projects` does not name the project in `infra/shop`");
}

#[test]
fn a_name_that_no_sweep_may_destroy_is_not_made() {
    let change = Change::of(&format!("{PLAIN}reapable: [\"demo-*\"]\n"));
    change.run("up").ends_with(73).says("no sweep could ever destroy it");
    change.has_made_nothing();
}

#[test]
fn an_open_change_request_keeps_its_stack_and_another_repositorys_name_is_refused() {
    let change = Change::of(PLAIN);
    change.run("down").ends_with(73).says("merge request !7 is open");
    change.run("down --stack pr-7-00000000").ends_with(73).says("is not a stack of this repository");
    change.run("down --stack prod").ends_with(2).says("is not the name of a change request's own stack");
}

#[test]
fn a_job_for_no_change_request_says_so() {
    let change = Change::of(PLAIN);
    let change = Change { repository: change.repository.on_branch("main"), ..change };
    change.run("up").ends_with(2).says("this job is for no change request");
}

#[test]
fn where_the_ci_system_tells_no_number_the_input_does_and_that_of_the_changes_own_file_does_not() {
    let change = Change::of("review: { from: staging, label: preview-environment }\n");
    let change = Change { repository: change.repository.on_branch("feature"), ..change };
    change.repository.scene.write("stackstep.yaml", "change-request: 7\n");
    change.run("up").ends_with(2).says("this job is for no change request").says("set `change-request`");
    let change = change.with("STACKSTEP_CHANGE_REQUEST", "7");
    change.run("up").ends_with(0).says("merge request !7 does not have the label `preview-environment`");
    change.run("down").ends_with(73).says("merge request !7 is open");
    change.has_made_nothing();
}

#[test]
fn a_flag_that_the_verb_has_by_itself_is_none() {
    let change = Change::of(PLAIN);
    for line in [
        "up --stack pr-7-0123abcd",
        "up --config-file x",
        "up --upsert",
        "up --ttl 7d",
        "up --confirm x",
        "down --remove",
        "down --nonce x",
    ] {
        let flag = line.split(' ').nth(1).unwrap();
        change.run(line).ends_with(2).says(&format!("unexpected argument '{flag}'"));
    }
}

#[test]
fn how_long_it_lives_says_the_section_and_no_input() {
    let change = Change::of(PLAIN).with("STACKSTEP_TTL", "7d");
    change.run("up").ends_with(2).says("`ttl` can't be set for `review up`").says("`review.ttl`");
    change.has_made_nothing();
}

#[test]
fn the_changes_own_file_does_not_name_the_forge() {
    let change = Change::of("review: { from: staging, label: preview-environment }\n");
    let api = format!("{}/api/v4", change.fake.server.url());
    let scene = change.repository.scene.without("STACKSTEP_FORGE_URL").with("CI_API_V4_URL", &api);
    let change = Change { repository: Repository { scene }, ..change };
    let attacker = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap());
    let url = attacker.server.url();
    let file = format!("forge-url: {url}\nstacks: {{ \"pr-*\": {{ forge-url: \"{url}\" }} }}\n");
    change.repository.scene.write("stackstep.yaml", &file);
    change.run("up").ends_with(0).says("does not have the label `preview-environment`");
    change.run("down").ends_with(73).says("merge request !7 is open");
    assert!(attacker.server.received().is_empty(), "it got the forge's token");
    change.has_made_nothing();
}

#[test]
fn where_nothing_can_be_written_down_before_there_is_a_stack_none_is_made() {
    let cloud = Change::of(PLAIN)
        .with("PULUMI_BACKEND_URL", "http://127.0.0.1:9")
        .with("PULUMI_ACCESS_TOKEN", "pul-0123456789abcdef");
    let run = cloud.run("up").ends_with(73);
    run.says("would be at Pulumi Cloud").says("keep the states of review stacks in a folder or a bucket");
    let database = Change::of(PLAIN).with("PULUMI_BACKEND_URL", "postgres://127.0.0.1:9/state");
    let run = database.run("up").ends_with(73).says("`review up` needs a ledger, and there is none");
    run.says("GitLab keeps no text with its deployments");
}
