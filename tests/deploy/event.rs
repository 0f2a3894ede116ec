//! `doctor --event`: what `deploy` would do for an event, without being in a job for it.

use serde_json::{Value, json};

use super::repository::{MAP, Repository};

const STACKS: &str = "stacks:\n  staging: { environment: stage, unreviewed: warn }\n  prod:\n    environment: production\n    \
                      after: staging\n    rules: { max-deletes: 0, keep: [\"aws:rds/*\"] }\n    approvals: { needed: 2, from: [ann, \
                      \"@acme/platform\"] }\n    checks: [{ tcp: \"db.example:5432\" }]\n    inconclusive: pass\n";

fn repository() -> Repository {
    let repository = Repository::new(&format!("{MAP}{STACKS}"));
    repository.git(&["fetch", "-q", "origin"]);
    repository
}

/// What `doctor --event` prints on a person's own machine, which has no credentials.
fn told(repository: Repository, event: &str) -> Value {
    let scene = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "STACKSTEP_ENGINE"]
        .iter()
        .fold(repository.scene, |scene, name| scene.without(name));
    let before = scene.snapshot();
    let run = scene.run(&format!("doctor --json --event {event}")).ends_with(0);
    let told = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(scene.snapshot().len(), before.len(), "it changes nothing");
    told
}

/// The outputs of `deploy --dry-run` in a job.
fn dry_run(repository: Repository) -> Vec<(String, String)> {
    let file = repository.scene.root().join("out.env");
    let scene = repository.scene.with("STACKSTEP_OUTPUTS_FILE", &file.display().to_string());
    scene.run("deploy --dry-run").ends_with(0);
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("STACK_")?.split_once('='));
    lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

#[test]
fn it_says_what_a_dry_run_in_a_job_of_that_event_says() {
    type Job = fn(Repository) -> Repository;
    let events: [(&str, Job); 6] = [
        ("push --branch main", |repository| repository.on_branch("main")),
        ("push --branch release/1", |repository| repository.on_branch("release/1")),
        ("push --branch wip", |repository| repository.on_branch("wip")),
        ("tag --tag v1.2", |repository| repository.on_tag("v1.2")),
        ("tag --tag other", |repository| repository.on_tag("other")),
        ("merge-request --branch main", |repository| repository.on_merge_request("feature")),
    ];
    for (event, job) in events {
        let (told, handed_on) = (told(repository(), event), dry_run(job(repository())));
        assert_eq!(handed_on.len(), 5, "{handed_on:?}");
        for (name, value) in handed_on {
            // A job knows the number of its change request.
            let value = value.replace("change request 7", "a change request");
            let mut own = told[&name].clone();
            for stack in own.as_array_mut().into_iter().flatten() {
                stack.as_object_mut().unwrap().remove("gates");
            }
            let own = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
            assert_eq!(own, value, "{name} of {event}");
        }
    }
}

#[test]
fn it_names_the_gates_of_each_stack_in_a_line_each() {
    let told = told(repository(), "tag --tag v1");
    assert_eq!(told["why"], "the tag `v1` deploys `prod`: `deploy.tags.v*`");
    assert_eq!(told["judged_by"], "the default branch `main`");
    let gates = &told["stacks"][1]["gates"];
    let what = |name: &str| {
        let gate = gates.as_array().unwrap().iter().find(|gate| gate["gate"] == name);
        gate.unwrap_or_else(|| panic!("{gates}"))["what"].as_str().unwrap().to_owned()
    };
    assert_eq!(told["stacks"][1]["project"], "shop");
    assert_eq!(what("entry"), "`stacks.prod`");
    assert_eq!(what("after"), "`staging` has deployed and verified the same inputs");
    assert!(what("rules").contains("max-deletes: at most 0") && what("rules").contains("keep: "), "{gates}");
    assert_eq!(what("unreviewed"), "refuse: a change that nobody reviewed is not deployed");
    assert_eq!(what("approvals"), "2 by review, of ann, @acme/platform");
    assert_eq!(what("checks"), "`db.example:5432`; an inconclusive one passes");
}

#[test]
fn it_says_who_hears_of_each_stack() {
    let sinks = "notify:\n  - { slack: { from-env: SLACK_URL }, on: [waiting, failed], stacks: prod }\n";
    let repository = Repository::new(&format!("{MAP}{STACKS}{sinks}"));
    repository.git(&["fetch", "-q", "origin"]);
    let heard = |told: Value| told["stacks"][0]["notify"].clone();
    let line = json!(["Slack (`SLACK_URL`) of `waiting`, `failed`"]);
    let run = repository.scene.run("doctor --event tag --tag v1.2").ends_with(0);
    run.says("notify       Slack (`SLACK_URL`) of `waiting`, `failed`");
    assert_eq!(heard(told(repository, "tag --tag v1.2")), line);
    let other = Repository::new(&format!("{MAP}{STACKS}{sinks}"));
    other.git(&["fetch", "-q", "origin"]);
    assert_eq!(heard(told(other, "push --branch main")), json!([]), "of `staging` nobody hears");
    assert_eq!(heard(told(self::repository(), "tag --tag v1.2")), Value::Null);
}

#[test]
fn a_stack_without_an_entry_has_the_rules_and_checks_of_the_inputs_only() {
    let repository = Repository::new(&format!("max-creates: 3\ncheck-url: \"https://shop.example\"\n{MAP}"));
    let told = told(repository, "push --branch main");
    let gates = json!([
        { "gate": "entry", "what": "none: the stack has none in the section `stacks`" },
        { "gate": "rules", "what": "max-creates: at most 3, else refuses" },
        { "gate": "checks", "what": "`shop.example`" },
    ]);
    assert_eq!(told["stacks"][0]["gates"], gates);
}

#[test]
fn as_text_it_is_a_table() {
    let run = repository().scene.run("doctor --event push --branch main").ends_with(0);
    run.says("why          a commit on the branch `main` deploys `staging`: `deploy.branches.main`\n")
        .says("command      up\n")
        .says("environment  stage\n")
        .says("skip         false\n")
        .says("stack        shop/staging in infra/shop, environment stage\n")
        .says("  unreviewed   warn: a change that nobody reviewed is deployed with a warning\n")
        .never_says("credentials");
}

#[test]
fn a_question_that_is_no_event_is_one_clear_error() {
    let repository = repository();
    for (line, said) in [
        ("--event pushed --branch main", "invalid value 'pushed'"),
        ("--branch main", "--event <WORD>"),
        ("--tag v1", "--event <WORD>"),
        ("--event push", "`--event push` names no branch"),
        ("--event tag", "`--event tag` names no tag"),
        ("--event tag --tag v1 --branch main", "`--event tag` has no branch"),
        ("--event push --branch main --tag v1", "`--event push` has no tag"),
        ("--event merge-queue --tag v1", "`--event merge-queue` has no tag"),
        ("--event push --branch main --remote", "cannot be used with"),
    ] {
        let run = repository.scene.run(&format!("doctor {line}")).ends_with(2).says(said);
        assert_eq!(run.log().matches("error:").count(), 1, "{}", run.log());
    }
}

#[test]
fn what_deploy_refuses_it_refuses_with_the_same_words_and_status() {
    let scenes = [
        ("stack: staging\n".to_owned(), 2, "there is no map for `deploy`"),
        (format!("{MAP}  otherwise: error\n"), 2, "hint: add a line for it below `deploy`"),
        (
            "deploy: { branches: { main: staging, \"w*\": qa, wip: prod } }\n".to_owned(),
            2,
            "`wip` fits two lines",
        ),
        ("deploy: { branches: { wip: live } }\n".to_owned(), 2, "no project has the stack `live`"),
    ];
    for (file, status, said) in scenes {
        let repository = Repository::new(&file);
        repository.scene.run("doctor --event push --branch wip").ends_with(status).says(said);
        repository.on_branch("wip").scene.run("deploy --dry-run").ends_with(status).says(said);
    }
}
