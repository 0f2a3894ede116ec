//! A change request's own stack on the CLI itself: `review up` and `review down`, with secrets under a key of its own, stopped
//! between any two steps, and beside stacks that are not ours.

mod again;
mod backends;
mod keeper;
mod reap;

use super::running::{Gate, Running};
use super::shown;
use super::stage::{Ended, Stage};
use super::things::{program, program_with_outputs, thing};
use crate::support::checkout::{Checkout, Event};
use crate::support::forge::{Fake, Pull, State, TOKEN};
use keeper::Keeper;
use serde_json::{Value, json};
use stackstep::lifecycle::{RepositoryIdentity, ReviewName};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The branch of the change.
const BRANCH: &str = "feature";

/// The passphrase of the base stack.
const OF_THE_BASE: &str = "the passphrase of the base";

/// A secret of the base stack that is copied, and one that is not.
const COPIED: &str = "token-that-is-copied";
const KEPT: &str = "password-that-is-kept";

/// The section that copies a value and a secret.
const SECTION: &str = "from: staging, config: [\"shop:size\", \"shop:token\"]";

/// The configuration that each program declares.
const CONFIG: &str =
    "config: {size: {type: string, default: none}, token: {type: string, default: none, secret: true}}\n";

/// The repository with its change request, and the job that runs for it.
struct Review {
    stage: Stage,
    checkout: Checkout,
    forge: Fake,
    keeper: Keeper,
}

impl Review {
    /// A change request with this program, whose repository has the section `review` with these keys.
    fn opened(section: &str, program: &str) -> Self {
        Self::opened_under(&format!("review: {{ {section} }}\n"), program)
    }

    /// The same with the whole text of `stackstep.yaml`.
    fn opened_under(file: &str, program: &str) -> Self {
        Self::opened_in(Keeper::Folder, file, program)
    }

    /// The same with the states in this backend.
    fn opened_in(keeper: Keeper, file: &str, program: &str) -> Self {
        let stage =
            Stage::in_folder("repository/shop", "name: shop\nruntime: yaml\n").with_passphrase(OF_THE_BASE);
        let variables = keeper.variables();
        let stage = variables.iter().fold(stage, |stage, (name, value)| stage.with(name, value));
        std::fs::write(stage.path("repository/stackstep.yaml"), file).unwrap();
        stage.pulumi("stack init staging --no-select").ends_with(0);
        for line in ["size small", "other elsewhere"] {
            stage.pulumi(&format!("config set --stack staging {line}")).ends_with(0);
        }
        for (key, secret) in [("token", COPIED), ("password", KEPT)] {
            stage.pulumi(&format!("config set --stack staging --secret {key} {secret}")).ends_with(0);
        }
        let checkout = Checkout::init(&stage.path("repository"));
        checkout.commit("The base");
        checkout.push("main");
        checkout.git(&["fetch", "-q", "origin"]);
        checkout.git(&["checkout", "-q", "-b", BRANCH]);
        let forge = Fake::start(keeper.face());
        forge.memory().shown.branches = vec![("main".to_owned(), checkout.head())];
        let stage = stage
            .with_passphrase("the passphrase of review stacks")
            .with("STACKSTEP_FORGE_TOKEN", TOKEN)
            .with("STACKSTEP_BASE_PASSPHRASE", OF_THE_BASE);
        Self { stage, checkout, forge, keeper }.pushed(program)
    }

    /// Pushes a program to the change's branch, and enters the job of that.
    fn pushed(self, program: &str) -> Self {
        self.stage.write("Pulumi.yaml", program);
        self.checkout.commit("A change");
        self.checkout.push(BRANCH);
        let pull = Pull { branch: BRANCH.to_owned(), head: self.checkout.head(), ..Pull::default() };
        self.forge.memory().pulls = vec![pull];
        self.in_a_job(Event::MergeRequest(BRANCH))
    }

    /// Pushed with a thing whose creation waits at a gate, and being deployed up to there.
    fn held_up(self) -> (Self, Gate, Running) {
        let gate = Gate::closed(self.stage.path("gate"));
        let waits = format!("waits: {{create: {}}}", gate.path().display());
        let review = self.pushed(&plain(&[thing("a", &waits)]));
        let mut first = review.stage.start("review up", "first");
        gate.until_begun(&mut first);
        (review, gate, first)
    }

    /// In a job for the commit that is checked out.
    fn in_a_job(self, event: Event<'_>) -> Self {
        let variables = self.job(event);
        let stage = variables.into_iter().fold(self.stage, |stage, (name, value)| match value {
            Some(value) => stage.with(name, &value),
            None => stage.without(name),
        });
        Self { stage, ..self }
    }

    /// The variables of that job, in the CI system of the forge. Those without a value are not set.
    fn job(&self, event: Event<'_>) -> Vec<(&'static str, Option<String>)> {
        let url = self.forge.server.url();
        if self.forge.face.name() == "gitlab" {
            let api = ("CI_API_V4_URL", Some(format!("{url}/api/v4")));
            return self.checkout.job(event).into_iter().chain([api]).collect();
        }
        let repository = json!({ "full_name": "acme/shop", "default_branch": "main", "private": true });
        let (name, reference, payload) = match event {
            Event::MergeRequest(branch) => (
                "pull_request",
                "refs/pull/7/merge",
                json!({
                    "pull_request": {
                        "number": 7,
                        "head": { "sha": self.checkout.head(), "ref": branch, "repo": { "full_name": "acme/shop" } },
                        "base": { "ref": "main", "repo": { "full_name": "acme/shop" } },
                    },
                    "repository": repository,
                }),
            ),
            _ => ("schedule", "refs/heads/main", json!({ "repository": repository })),
        };
        let path = self.stage.path("event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        std::fs::write(self.stage.path("outputs"), "").unwrap();
        let variables = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
            ("GITHUB_SERVER_URL", url.clone()),
            ("GITHUB_API_URL", format!("{url}/api/v3")),
            ("GITHUB_EVENT_NAME", name.to_owned()),
            ("GITHUB_EVENT_PATH", path.display().to_string()),
            ("GITHUB_REF", reference.to_owned()),
            ("GITHUB_SHA", self.checkout.head()),
            ("GITHUB_RUN_ID", "4001".to_owned()),
            ("GITHUB_OUTPUT", self.stage.path("outputs").display().to_string()),
        ];
        variables.map(|(name, value)| (name, Some(value))).to_vec()
    }

    fn closed(self) -> Self {
        self.forge.memory().pulls[0].state = State::Closed;
        self
    }

    fn with(self, name: &str, value: &str) -> Self {
        Self { stage: self.stage.with(name, value), ..self }
    }

    /// The name of the stack.
    fn name(&self) -> String {
        let host = self.forge.server.url();
        let repository = RepositoryIdentity::from_id(host.strip_prefix("http://").unwrap(), "1").unwrap();
        ReviewName::for_request(&repository, "shop", 7).unwrap().to_string()
    }

    fn up(&self) -> Ended {
        self.stage.stackstep("review up")
    }

    fn down(&self) -> Ended {
        self.stage.stackstep("review down")
    }

    /// The CLI itself about the stack.
    fn pulumi(&self, line: &str) -> Ended {
        self.stage.pulumi(&format!("{line} --stack {}", self.name()))
    }

    /// The names of the things in the state.
    fn things(&self) -> Vec<String> {
        let state: Value = serde_json::from_str(&self.pulumi("stack export").ends_with(0).stdout).unwrap();
        let resources = state["deployment"]["resources"].as_array().cloned().unwrap_or_default();
        let names = resources
            .iter()
            .filter_map(|one| one["urn"].as_str()?.rsplit_once("Thing::").map(|(_, name)| name.to_owned()));
        names.collect()
    }

    /// The kinds of the ledger's entries.
    fn ledger(&self) -> Vec<String> {
        self.keeper.kinds(&self.stage.path("state"), &self.name(), &self.forge.memory())
    }

    /// What the backend has on its disk of the stack, without the ledger.
    fn left(&self) -> Vec<String> {
        let name = self.name();
        let objects = self.keeper.objects(&self.stage.path("state"));
        objects.into_iter().filter(|object| object.contains(&name)).collect()
    }

    /// With an engine that runs a shell's words before and after `pulumi WORDS …` of the stack itself; looks at the base stack go through.
    fn with_engine(self, words: &str, before: &str, after: &str) -> Self {
        let engine = self.stage.path("engine");
        let count = words.split(' ').count();
        let said = (1..=count).map(|at| format!("${at}")).collect::<Vec<_>>().join(" ");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *--stack=base*) exec pulumi \"$@\" ;; esac\n[ \"{said}\" = \"{words}\" ] || exec pulumi \"$@\"\n{before}\npulumi \"$@\"\nstatus=$?\n{after}\nexit $status\n"
        );
        std::fs::write(&engine, script).unwrap();
        std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
        let engine = engine.display().to_string();
        self.with("STACKSTEP_ENGINE", &engine)
    }

    fn with_plain_engine(self) -> Self {
        Self { stage: self.stage.without("STACKSTEP_ENGINE"), ..self }
    }
}

/// The shell's words before and behind an engine's command that kill the run: before it, and behind it.
const KILLS: [(&str, &str); 2] = [("kill -9 $PPID; exit 1", ""), ("", "kill -9 $PPID")];

fn walk(folder: &Path, seen: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, seen);
        } else {
            seen(&path);
        }
    }
}

/// A program with these things, which shows its configuration.
fn shop(things: &[super::things::Thing<'_>]) -> String {
    let outputs = "{url: \"https://pr.example.com\", size: \"${size}\", token: \"${token}\"}";
    let program = format!("{}{CONFIG}", program_with_outputs(things, outputs));
    if things.is_empty() { program.replace("resources:\n", "") } else { program }
}

/// A program with these things and nothing else.
fn plain(things: &[super::things::Thing<'_>]) -> String {
    program_with_outputs(things, "{url: \"https://pr.example.com\"}")
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_change_request_has_a_stack_while_it_is_open() {
    let review =
        Review::opened(SECTION, &shop(&[thing("a", "value: 1")])).with("STACKSTEP_ENVIRONMENT_URL", "url");
    let run = review.up().ends_with(0);
    assert_eq!(
        (review.things(), run.result["stack"].as_str()),
        (vec!["a".to_owned()], Some(&*review.name()))
    );
    assert!(review.forge.only().contains("🔗 <https://pr.example.com>"), "{}", review.forge.only());
    let deployments = review.forge.memory().deployments.clone();
    assert!(deployments.iter().any(|one| one["environment"] == "review/pr-7"), "{deployments:?}");
    assert_eq!(review.ledger(), ["opened"]);
    let review = review.pushed(&shop(&[thing("a", "value: 2"), thing("b", "value: 1")]));
    review.up().ends_with(0).did("a: update, b: create");
    assert_eq!(review.ledger(), ["opened"], "it is the same stack");
    let review = review.closed();
    review.down().ends_with(0);
    assert_eq!(review.left(), Vec::<String>::new(), "no copy of its state is left");
    assert_eq!(review.ledger(), ["opened", "destroyed"]);
    review.down().ends_with(0);
    assert_eq!(review.ledger(), ["opened", "destroyed"], "once more does nothing");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn only_named_keys_are_copied_and_secrets_are_under_a_key_of_its_own() {
    let seen = "env > \"$(dirname \"$0\")/seen\"";
    let review = Review::opened(SECTION, &shop(&[])).with_engine("up", seen, "");
    let run = review.up().ends_with(0);
    assert!(!run.log.contains(COPIED), "{}", run.log);
    let seen = std::fs::read_to_string(review.stage.path("seen")).unwrap();
    assert!(!seen.contains(OF_THE_BASE) && seen.contains("the passphrase of review stacks"), "{seen}");
    let config: Value =
        serde_json::from_str(&review.pulumi("config --json --show-secrets").ends_with(0).stdout).unwrap();
    assert_eq!(config.as_object().unwrap().keys().collect::<Vec<_>>(), ["shop:size", "shop:token"]);
    assert_eq!(
        (config["shop:size"]["value"].as_str(), config["shop:token"]["value"].as_str()),
        (Some("small"), Some(COPIED))
    );
    assert_eq!(config["shop:token"]["secret"], true);
    let outputs = review.pulumi("stack output --json --show-secrets").ends_with(0).stdout;
    assert!(outputs.contains(COPIED) && outputs.contains("small"), "{outputs}");
    // The base's secret can't be decrypted by what the change's program has.
    let opened = review.stage.pulumi("config get password --stack staging");
    assert_ne!(opened.status, 0, "{}", opened.log);
    assert!(opened.log.contains("incorrect passphrase"), "{}", opened.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_change_can_not_have_another_secret_decrypted_for_a_named_key() {
    let review = Review::opened(SECTION, &shop(&[]));
    let path = review.stage.path("repository/shop/Pulumi.staging.yaml");
    let file = std::fs::read_to_string(&path).unwrap();
    let ciphertext = |key: &str| {
        let (_, rest) = file.split_once(&format!("{key}:\n    secure: ")).unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    std::fs::write(&path, file.replace(&ciphertext("shop:token"), &ciphertext("shop:password"))).unwrap();
    let review = review.pushed(&shop(&[]));
    review.up().ends_with(0);
    let token = review.pulumi("config get token").ends_with(0).stdout;
    assert_eq!(token.trim(), COPIED, "the default branch's file counts");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_job_with_the_key_of_the_base_stack_is_refused() {
    let review = Review::opened(SECTION, &shop(&[]));
    let review = Review { stage: review.stage.with_passphrase(OF_THE_BASE), ..review };
    let run = review.up().ends_with(73);
    assert!(run.log.contains("the job's passphrase is that of the base stack `staging`"), "{}", run.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_key_of_the_base_stack_is_known_again_in_a_file_and_what_is_not_known_is_refused() {
    let review = Review::opened(SECTION, &shop(&[]));
    review.stage.write("key.txt", OF_THE_BASE);
    let review = review.with("PULUMI_CONFIG_PASSPHRASE_FILE", "key.txt");
    let run = review.up().ends_with(73);
    assert!(run.log.contains("the job's passphrase is that of the base stack `staging`"), "{}", run.log);
    let review = review.with("PULUMI_CONFIG_PASSPHRASE_FILE", "missing.txt");
    let run = review.up().ends_with(73);
    assert!(run.log.contains("whether the job's passphrase is that of the base stack"), "{}", run.log);
    assert_eq!((review.left(), review.ledger()), (Vec::new(), Vec::new()), "nothing is made");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_can_not_be_configured_leaves_no_stack() {
    let review = Review::opened("from: staging, config: [\"shop:missing\"]", &shop(&[]));
    let run = review.up().ends_with(73);
    assert!(run.log.contains("shop:missing"), "{}", run.log);
    assert_eq!((review.left(), review.ledger()), (Vec::new(), Vec::new()));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_changes_own_file_neither_starts_nor_reaches_anything() {
    let file = "review: { from: staging, config: [\"shop:token\"] }\nstacks: { \"pr-*\": { message: \"By the base\", engine: ./evil } }\n";
    let review = Review::opened_under(file, &shop(&[]));
    let (evil, seen) = (review.stage.path("repository/evil"), review.stage.path("seen"));
    let script = format!("#!/bin/sh\nenv >> {}\nexec pulumi \"$@\"\n", seen.display());
    std::fs::write(&evil, script).unwrap();
    std::fs::set_permissions(&evil, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(review.stage.path("repository/evil.env"), "STOLEN=1\n").unwrap();
    let own = "engine: ./evil, env-file: ./evil.env, environment: production, environment-url: url, cloud-url: \"file:///nowhere\", \
               secrets-provider: passphrase, forge-url: \"http://127.0.0.1:9\", message: By the change";
    let file = format!("{{ {own}, review: {{ from: prod }}, stacks: {{ \"pr-*\": {{ {own} }} }} }}\n");
    std::fs::write(review.stage.path("repository/stackstep.yaml"), file).unwrap();
    let review = review.pushed(&shop(&[thing("a", "value: 1")]));
    let run = review.up().ends_with(0);
    assert!(run.log.contains("of `stackstep.yaml` are not used"), "{}", run.log);
    let deployments = review.forge.memory().deployments.clone();
    assert!(deployments.iter().all(|one| one["environment"] == "review/pr-7"), "{deployments:?}");
    let history = review.pulumi("stack history --json").ends_with(0).stdout;
    assert!(history.contains("By the base") && !history.contains("By the change"), "{history}");
    let review = review.closed();
    review.down().ends_with(0);
    assert!(!seen.exists(), "the change's program was started as an engine");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_that_is_not_ours_is_left_alone() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    let by_hand = program(&[thing("theirs", "value: 1")]);
    review.stage.write("Pulumi.yaml", &by_hand);
    review.stage.pulumi(&format!("stack init {} --no-select", review.name())).ends_with(0);
    review.pulumi("up --yes --skip-preview").ends_with(0);
    let run = review.up().ends_with(73);
    assert!(run.log.contains("is not certainly that of merge request !7"), "{}", run.log);
    let review = review.closed();
    review.down().ends_with(73);
    assert_eq!(review.things(), ["theirs"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_that_was_renamed_to_the_name_of_a_review_stack_is_left_alone() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    // The tags of the old stack stay behind, and the new one of its name has them.
    review.pulumi("stack rename somewhere-else").ends_with(0);
    let prod = program(&[thing("theirs", "value: 1")]);
    review.stage.write("Pulumi.yaml", &prod);
    review.stage.pulumi("stack init prod --no-select").ends_with(0);
    review.stage.pulumi("up --yes --skip-preview --stack prod").ends_with(0);
    review.stage.pulumi(&format!("stack rename --stack prod {}", review.name())).ends_with(0);
    let review = review.closed();
    let run = review.down().ends_with(73);
    assert!(run.log.contains("none of its updates is one of ours"), "{}", run.log);
    assert_eq!(review.things(), ["theirs"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_protected_resource_stays_with_the_engines_own_words() {
    let kept = super::things::Thing("db", "value: 1", "protect: true");
    let review = Review::opened("from: staging", &plain(&[kept]));
    review.up().ends_with(0);
    let review = review.closed();
    assert_ne!(review.down().status, 0);
    assert_eq!(review.ledger(), ["opened", "destroy-failed"]);
    let folder = review.stage.path("state/.stackstep/ledger/shop").join(review.name());
    let entry = crate::support::json(folder.join("000000000002.json"));
    assert!(entry["reason"].as_str().unwrap().contains("protect"), "{entry}");
    assert_eq!(review.things(), ["db"]);
    review.pulumi("state unprotect --all --yes").ends_with(0);
    review.down().ends_with(0);
    assert_eq!((review.left(), review.ledger().last().map(String::as_str)), (Vec::new(), Some("destroyed")));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_run_that_is_killed_between_any_two_steps_is_finished_by_the_next() {
    let things = plain(&[thing("a", "value: 1")]);
    for words in ["stack init", "stack tag set", "refresh", "up"] {
        for (before, after) in KILLS {
            let review = Review::opened("from: staging", &things).with_engine(words, before, after);
            assert_ne!(review.up().status, 0, "{words}");
            let review = review.with_plain_engine();
            let run = review.up();
            assert_eq!(
                (run.status, review.things()),
                (0, vec!["a".to_owned()]),
                "{words} {before}: {}",
                run.log
            );
            let review = review.closed();
            review.down().ends_with(0);
            assert_eq!(review.left(), Vec::<String>::new(), "{words} {before}");
        }
    }
    for words in ["destroy", "stack rm"] {
        for (before, after) in KILLS {
            let review = Review::opened("from: staging", &things);
            review.up().ends_with(0);
            let review = review.closed().with_engine(words, before, after);
            assert_ne!(review.down().status, 0, "{words}");
            let review = review.with_plain_engine();
            let run = review.down();
            assert_eq!((run.status, review.left()), (0, Vec::new()), "{words} {before}: {}", run.log);
            assert_eq!(review.ledger().last().map(String::as_str), Some("destroyed"), "{words} {before}");
        }
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_close_that_was_killed_before_it_began_to_open_is_closed_again() {
    for words in ["stack init", "stack tag set", "refresh"] {
        let review =
            Review::opened("from: staging", super::delivery::EMPTY).with_engine(words, KILLS[0].0, "");
        assert_ne!(review.up().status, 0);
        let review = review.with_plain_engine().closed();
        let run = review.down();
        assert_eq!((run.status, review.left()), (0, Vec::new()), "{words}: {}", run.log);
        assert_eq!(review.ledger(), ["opened", "destroyed"], "{words}");
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn of_two_pushes_the_newest_is_deployed() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    let old = review.checkout.head();
    let review = review.pushed(&plain(&[thing("a", "value: 2")])).with("CI_COMMIT_SHA", &old);
    let run = review.up().ends_with(0);
    assert!(run.log.contains("is no longer the head of merge request !7"), "{}", run.log);
    assert_eq!((review.left(), run.result["status"].as_str()), (Vec::new(), Some("skipped")));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_push_and_a_close_wait_for_the_deployment_that_goes_on() {
    let (review, gate, first) = Review::opened("from: staging", super::delivery::EMPTY).held_up();
    let review = review.closed();
    let mut down = review.stage.start("review down", "down");
    down.until("waiting for");
    gate.open();
    assert_eq!((first.end().status, down.end().status), (0, 0));
    assert_eq!(review.left(), Vec::<String>::new());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn there_are_no_more_stacks_than_the_section_lets_be() {
    for (section, why) in [
        ("from: staging, max: 1", "`review.max` allows 1 at once, and 1 stacks are there"),
        ("from: staging, max-per-author: 1", "`review.max-per-author` allows 1 at once, and `ada` has 1"),
    ] {
        let review = Review::opened(section, super::delivery::EMPTY);
        review.up().ends_with(0);
        let pull = Pull { number: 8, ..review.forge.memory().pulls[0].clone() };
        review.forge.memory().pulls.push(pull);
        let review = review.with("CI_MERGE_REQUEST_IID", "8");
        let run = review.up().ends_with(73);
        assert!(run.log.contains(why), "{}", run.log);
        let review = review.with("CI_MERGE_REQUEST_IID", "7");
        review.up().ends_with(0);
    }
    shown();
}

/// Writes down how the engine destroys, and the program that it finds.
const SEEN: &str = "{ echo \"$*\"; cat Pulumi.yaml; } > \"$(dirname \"$0\")/seen\"";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_destruction_that_runs_the_program_runs_that_of_the_commit_which_deployed() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    // The newest commit was never deployed, and could not be.
    let review =
        review.pushed("name: shop\nruntime: yaml\nresources: [\n").pushed(&plain(&[thing("b", "value: 1")]));
    let review = review.closed().with("STACKSTEP_RUN_PROGRAM", "true").with_engine("destroy", SEEN, "");
    review.down().ends_with(0);
    let seen = std::fs::read_to_string(review.stage.path("seen")).unwrap();
    assert!(seen.contains("--run-program") && seen.contains("a: {type: probe"), "{seen}");
    assert!(!seen.contains("--run-program=false") && !seen.contains("b: {type: probe"), "{seen}");
    assert_eq!(review.left(), Vec::<String>::new());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn where_the_commit_that_deployed_is_gone_the_state_alone_counts_and_the_log_says_so() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    let deployed = review.checkout.head();
    review.checkout.git(&["checkout", "-q", "-f", "-B", BRANCH, "main"]);
    let review = review.pushed(&plain(&[thing("b", "value: 1")]));
    let remote = format!("--git-dir={}", review.stage.path("remote.git").display());
    for place in [&["-c", "gc.auto=0"][..], &[remote.as_str()]] {
        let git = |words: &[&str]| review.checkout.git(&[place, words].concat());
        git(&["reflog", "expire", "--expire=now", "--all"]);
        git(&["gc", "-q", "--prune=now"]);
        assert!(!git(&["cat-file", "--batch-all-objects", "--batch-check"]).contains(&deployed));
    }
    let review = review.closed().with("STACKSTEP_RUN_PROGRAM", "true").with_engine("destroy", SEEN, "");
    let run = review.down().ends_with(0);
    assert!(run.log.contains("it is destroyed by its state only"), "{}", run.log);
    let seen = std::fs::read_to_string(review.stage.path("seen")).unwrap();
    assert!(seen.contains("--run-program=false"), "{seen}");
    assert_eq!(review.left(), Vec::<String>::new());
    shown();
}
