//! What a self-managed backend does to the stacks of change requests, where the states lie in a bucket and in a database:
//! tags without a lock, names that change their owner, copies of the state, locks, and kills.

use super::super::running::Gate;
use super::*;

/// The file of the repository.
const FILE: &str = "review: { from: staging }\nreapable: [\"pr-*\", demo]\n";

/// The number of other stacks of which the list has to be read to its end: they have more objects than a page of S3.
const MANY: usize = 360;

/// Makes a test of each function for each backend.
macro_rules! in_each_backend {
    ($($name:ident),* $(,)?) => {
        mod bucket {
            $(#[test]
            #[ignore = "needs the Pulumi CLI and moto"]
            fn $name() {
                super::$name(super::Keeper::bucket());
                super::shown();
            })*
        }

        mod database {
            $(#[test]
            #[ignore = "needs the Pulumi CLI and PostgreSQL"]
            fn $name() {
                super::$name(super::Keeper::database());
                super::shown();
            })*
        }
    };
}

in_each_backend! {
    the_tag_the_ledger_and_the_history_have_one_nonce,
    what_is_closed_is_gone_with_the_copies_of_its_state,
    a_stack_that_was_renamed_is_left_alone,
    a_new_stack_of_an_old_name_is_left_alone,
    a_push_and_a_close_wait_for_the_deployment_that_goes_on,
    a_run_that_has_waited_for_the_lock_is_not_deployed_if_it_is_not_the_newest,
    a_sweep_destroys_what_is_closed_and_finds_it_among_many,
    whatever_a_killed_run_has_left_is_gone_after_one_sweep,
    a_stack_has_a_time_to_live_that_is_extended,
    a_look_for_drift_beside_a_deployment_is_not_known,
}

fn opened(keeper: Keeper) -> Review {
    Review::opened_in(keeper, FILE, &plain(&[thing("a", "value: 1")]))
}

/// Fails the test if a log has the keys of a backend. A job of GitHub's hides them by naming them.
#[track_caller]
fn shows_no_key(run: &Ended) {
    let keys = [super::super::postgres::PASSWORD, super::super::s3::S3::KEYS[1].1];
    let lines = run.log.lines().filter(|line| !line.starts_with("::add-mask::"));
    assert!(!lines.clone().any(|line| keys.iter().any(|key| line.contains(key))), "{}", run.log);
}

fn the_tag_the_ledger_and_the_history_have_one_nonce(keeper: Keeper) {
    let review = opened(keeper);
    let run = review.up().ends_with(0);
    shows_no_key(&run);
    let entries = review.keeper.entries(&review.name(), &review.forge.memory());
    assert_eq!(entries.len(), 1, "{entries:?}");
    let nonce = entries[0]["nonce"].as_str().unwrap();
    let tags: Value =
        serde_json::from_str(&review.pulumi("stack tag ls --json").ends_with(0).stdout).unwrap();
    let tag = tags["stackstep"].as_str().unwrap();
    assert!(tag.contains(&format!("nonce={nonce};")) && tag.contains(";pr=7;project=shop;"), "{tag}");
    let history = review.pulumi("stack history --json").ends_with(0).stdout;
    assert_eq!(history.matches(&format!("(stackstep review {nonce})")).count(), 2, "{history}");
    // Another tag, which is written at the same time, takes ours away.
    review.pulumi("stack tag rm stackstep").ends_with(0);
    review.up().ends_with(73);
    assert_eq!(review.things(), ["a"]);
}

fn what_is_closed_is_gone_with_the_copies_of_its_state(keeper: Keeper) {
    let review = opened(keeper);
    review.up().ends_with(0);
    let copies = review.left();
    assert!(
        copies.iter().any(|name| std::path::Path::new(name).extension().is_some_and(|end| end == "bak")),
        "{copies:?}"
    );
    assert!(copies.iter().any(|name| name.contains(".pulumi/backups/")), "{copies:?}");
    let review = review.closed();
    review.down().ends_with(0);
    assert_eq!(review.left(), Vec::<String>::new());
    assert_eq!(review.ledger(), ["opened", "destroyed"]);
}

fn a_stack_that_was_renamed_is_left_alone(keeper: Keeper) {
    let review = opened(keeper);
    review.up().ends_with(0);
    review.pulumi("stack rename pr-9-0123abcd").ends_with(0);
    let tags = review.stage.pulumi("stack tag ls --json --stack pr-9-0123abcd").ends_with(0).stdout;
    assert_eq!(tags.trim(), "{}", "it has lost its tags");
    let review = review.closed().in_a_schedule();
    let run =
        review.stage.stackstep(&format!("reap --json --destroy-env {}", review.destroy_env())).ends_with(0);
    assert!(run.stdout.contains("\"foreign\""), "{}", run.log);
    // By itself the CLI reads more stacks of a database at once than it has connections for, and waits for ever.
    let stage = review.stage.with("PULUMI_DIY_BACKEND_PARALLEL", "1");
    let stacks = stage.pulumi("stack ls --json").ends_with(0).stdout;
    assert!(stacks.contains("pr-9-0123abcd"), "{stacks}");
}

fn a_new_stack_of_an_old_name_is_left_alone(keeper: Keeper) {
    let review = opened(keeper);
    review.up().ends_with(0);
    // The tags of the old stack stay behind.
    review.pulumi("stack rename somewhere-else").ends_with(0);
    review.stage.write("Pulumi.yaml", &program(&[thing("theirs", "value: 1")]));
    review.stage.pulumi(&format!("stack init {} --no-select", review.name())).ends_with(0);
    review.pulumi("up --yes --skip-preview").ends_with(0);
    let tags = review.pulumi("stack tag ls --json").ends_with(0).stdout;
    assert!(tags.contains(";pr=7;project=shop;"), "it has inherited them: {tags}");
    let review = review.closed();
    let run = review.down().ends_with(73);
    assert!(run.log.contains("none of its updates is one of ours"), "{}", run.log);
    let review = review.in_a_schedule();
    review.sweep().ends_with(79);
    assert_eq!(review.things(), ["theirs"]);
}

fn a_push_and_a_close_wait_for_the_deployment_that_goes_on(keeper: Keeper) {
    let (review, gate, first) = Review::opened_in(keeper, FILE, super::super::delivery::EMPTY).held_up();
    let review = review.closed();
    let mut down = review.stage.start("review down", "down");
    down.until("waiting for");
    gate.open();
    let (first, down) = (first.end(), down.end());
    assert_eq!((first.status, down.status), (0, 0), "{} {}", first.log, down.log);
    assert_eq!(review.left(), Vec::<String>::new());
}

fn a_run_that_has_waited_for_the_lock_is_not_deployed_if_it_is_not_the_newest(keeper: Keeper) {
    let (review, gate, first) = Review::opened_in(keeper, FILE, super::super::delivery::EMPTY).held_up();
    let mut second = review.stage.start("review up", "second");
    second.until("waiting for");
    "8d08154cabb1c4f71a535de986600303936780f8".clone_into(&mut review.forge.memory().pulls[0].head);
    gate.open();
    assert_eq!(first.end().status, 0);
    let second = second.end().ends_with(0);
    assert_eq!(second.result["status"], "skipped", "{}", second.log);
    assert!(second.log.contains("is no longer the head of"), "{}", second.log);
}

fn a_sweep_destroys_what_is_closed_and_finds_it_among_many(keeper: Keeper) {
    let review = opened(keeper);
    review.up().ends_with(0);
    review.keeper.copy_stack("staging", MANY);
    review.stage.pulumi("stack init pr-9-0123abcd --no-select").ends_with(0);
    let review = review.in_a_schedule();
    let kept = review.sweep().ends_with(0);
    assert_eq!(review.things(), ["a"], "its change request is open: {}", kept.log);
    let review = review.closed();
    let listed = review.stage.stackstep("reap --dry-run --json").ends_with(0);
    let page: Value = serde_json::from_str(&listed.stdout).unwrap();
    let verdicts: Vec<_> =
        page["stacks"].as_array().unwrap().iter().map(|one| one["verdict"].clone()).collect();
    assert_eq!(verdicts, ["destroy", "foreign"], "{page}");
    let handed_on = review.stage.stackstep("reap --json").ends_with(0);
    assert!(handed_on.stdout.contains("handed on to a job of its own"), "{}", handed_on.log);
    // Only a job of GitHub's has a file for them here.
    let outputs = std::fs::read_to_string(review.stage.path("outputs")).unwrap_or_default();
    assert!(!outputs.contains(super::super::postgres::PASSWORD), "{outputs}");
    let run = review.sweep().ends_with(0);
    shows_no_key(&run);
    assert_eq!(review.left(), Vec::<String>::new(), "{}", run.log);
    assert_eq!(review.ledger(), ["opened", "destroyed"]);
    // By itself the CLI reads more stacks of a database at once than it has connections for, and waits for ever.
    let stage = review.stage.with("PULUMI_DIY_BACKEND_PARALLEL", "1");
    let stacks = stage.pulumi("stack ls --json").ends_with(0).stdout;
    assert!(stacks.contains("pr-9-0123abcd"), "{stacks}");
}

fn whatever_a_killed_run_has_left_is_gone_after_one_sweep(keeper: Keeper) {
    let mut review = opened(keeper).in_a_schedule();
    for words in ["stack init", "stack tag set", "refresh", "up"] {
        for (before, after) in KILLS {
            review.checkout.git(&["checkout", "-q", "-f", BRANCH]);
            review.forge.memory().pulls[0].state = State::Open;
            review = review.in_a_job(Event::MergeRequest(BRANCH)).with_engine(words, before, after);
            assert_ne!(review.up().status, 0, "{words}");
            review = review.with_plain_engine().closed().in_the_next_schedule();
            let run = review.sweep();
            let mut left = review.left();
            left.retain(|name| !name.contains("/locks/"));
            assert_eq!((run.status, left), (0, Vec::new()), "{words} {before}: {}", run.log);
        }
    }
}

fn a_stack_has_a_time_to_live_that_is_extended(keeper: Keeper) {
    let review = opened(keeper);
    review.stage.pulumi("stack init demo --no-select").ends_with(0);
    let review = review.in_a_schedule();
    review.stage.stackstep("ttl demo --set 7d --reason fair").ends_with(2);
    review.stage.stackstep("ttl demo --set 7d --reason fair --confirm demo").ends_with(0);
    review.stage.stackstep("ttl demo --extend 2d --reason longer").ends_with(0);
    let shown = review.stage.stackstep("ttl demo").ends_with(0);
    assert!(shown.log.contains("lives until "), "{}", shown.log);
    let entries = review.keeper.entries("demo", &review.forge.memory());
    assert_eq!(entries.len(), 2);
    let state = |at: usize| entries[at]["state_after"].as_str().unwrap().to_owned();
    assert!(state(0).starts_with("sha256:") && state(0) == state(1), "{entries:?}");
    let page = review.stage.stackstep("reap --dry-run --json").ends_with(0).stdout;
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(
        (&page["stacks"][0]["stack"], &page["stacks"][0]["verdict"]),
        (&json!("demo"), &json!("kept"))
    );
    review.stage.stackstep("ttl nobody --never --reason none").ends_with(73);
    review.stage.stackstep("reap --forget demo --reason mine").ends_with(0);
    let page = review.stage.stackstep("reap --dry-run --json").ends_with(0).stdout;
    assert!(page.contains("\"forgotten\""), "{page}");
}

fn a_look_for_drift_beside_a_deployment_is_not_known(keeper: Keeper) {
    let review = opened(keeper).in_a_schedule();
    let stage = &review.stage;
    stage.pulumi("stack init dev --no-select").ends_with(0);
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 1")]));
    stage.pulumi("up --stack dev --yes --skip-preview").ends_with(0);
    let look = stage.stackstep("drift --stack dev").ends_with(0);
    assert_eq!(look.result["drift"]["found"], false, "{}", look.log);
    let gate = Gate::closed(stage.path("gate"));
    let waits = format!("waits: {{create: {}}}", gate.path().display());
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 1"), thing("b", &waits)]));
    let mut up = stage.start("up --stack dev", "up");
    gate.until_begun(&mut up);
    let look = stage.stackstep("drift --stack dev").ends_with(79).because("incomplete");
    assert_eq!(look.result["drift"]["found"], Value::Null, "{}", look.log);
    gate.open();
    up.end().ends_with(0);
    let look = stage.stackstep("drift --stack dev").ends_with(0);
    assert_eq!(look.result["drift"]["found"], false, "{}", look.log);
    let entries = review.keeper.entries("dev", &review.forge.memory());
    let looks: Vec<_> = entries.iter().filter_map(|entry| entry["status"].as_str()).collect();
    assert_eq!(looks, ["none", "not-known", "none"], "{entries:?}");
}
