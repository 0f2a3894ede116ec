//! The ledger beside a real state, and the identity of that state: in a folder, in a bucket of moto, in the tags that the
//! CLI reads.

use super::running::Gate;
use super::s3::S3;
use super::shown;
use super::stage::{SHOP, Stage};
use super::things::{program, thing};
use crate::support::pulumi_cloud;
use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::base::secret::Secret;
use stackstep::ledger::entry::{EntryKind, LedgerEntry};
use stackstep::ledger::state_identity::{self, StateIdentity, StateSeen};
use stackstep::ledger::{Ledger, LedgerFor};
use stackstep::pulumi::stack::StackIdentity;
use std::convert::Infallible;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A stack of a backend, as our own code reads it.
struct Ours {
    url: String,
    env: Env,
    identity: StackIdentity,
    token: Option<Secret>,
}

impl Ours {
    fn new(url: &str, stack: &str) -> Self {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "the-key-of-the-state"),
            ("AWS_SECRET_ACCESS_KEY", "the-secret-key-of-the-state"),
        ];
        let identity = StackIdentity {
            organization: Some("acme".to_owned()),
            project: Some("shop".to_owned()),
            stack: stack.to_owned(),
            ..StackIdentity::default()
        };
        Self { url: url.to_owned(), env: Env::from_pairs("/", keys), identity, token: None }
    }

    /// The stack `dev` in the folder of a stage.
    fn in_folder(stage: &Stage) -> Self {
        Self::new(&format!("file://{}", stage.path("state").display()), "dev")
    }

    fn with<T>(&self, ask: impl AsyncFnOnce(LedgerFor<'_>) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stack = LedgerFor {
            url: Some(&self.url),
            token: self.token.as_ref(),
            identity: &self.identity,
            env: &self.env,
            folder: Path::new("/"),
            forge: None,
            commit: None,
        };
        runtime.block_on(ask(stack))
    }

    fn state(&self) -> StateSeen {
        self.with(async |stack| state_identity::read(&stack).await.unwrap())
    }

    /// Appends an entry, and returns its number.
    fn add(&self, kind: &EntryKind) -> u64 {
        self.with(async |stack| {
            let ledger = Ledger::open(&stack);
            let entry = |_: &_| {
                Ok::<_, Infallible>(LedgerEntry::new(
                    kind.clone(),
                    Some("shop"),
                    &self.identity.stack,
                    UNIX_EPOCH,
                ))
            };
            ledger.append(entry).await.unwrap().unwrap().number
        })
    }

    fn last(&self) -> u64 {
        self.with(async |stack| {
            let history = Ledger::open(&stack).history().await.unwrap().unwrap();
            history.certain().unwrap();
            history.last()
        })
    }
}

/// The identity that the engine's export has.
fn exported(stage: &Stage) -> StateIdentity {
    let export: Value =
        serde_json::from_str(&stage.pulumi("stack export --stack dev").ends_with(0).stdout).unwrap();
    state_identity::of_export(export.as_object().unwrap()).unwrap()
}

/// A program whose state has numbers, secrets, empty and missing values.
const ODD: &str = "name: shop
runtime: yaml
resources:
  odd:
    type: pulumi:index:Stash
    properties:
      input: {a: 1, b: 1.5, c: 1e30, d: 12345678901234567890, e: [], f: {}, g: '', h: false, i: null, j: 'ü\"<&>'}
  hidden:
    type: pulumi:index:Stash
    properties:
      input: {fn::secret: the-secret-of-the-shop}
    options: {protect: false, dependsOn: [\"${odd}\"]}
outputs:
  token: {fn::secret: token-for-the-shop}
";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_state_s_identity_is_that_of_its_export_and_moves_with_the_state_only() {
    let stage = Stage::new(ODD);
    let ours = Ours::in_folder(&stage);
    assert_eq!(ours.state().identity, StateIdentity::NoStack);
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let empty = ours.state().identity;
    assert_eq!(empty, exported(&stage));
    stage.stackstep("up --stack dev").ends_with(0);
    let deployed = ours.state().identity;
    assert_eq!(deployed, exported(&stage));
    assert_ne!(deployed, empty);
    stage.stackstep("preview --stack dev").ends_with(0);
    assert_eq!(ours.state().identity, deployed, "a preview writes nothing");
    stage.stackstep("up --stack dev --expect-no-changes").ends_with(0);
    assert_ne!(
        ours.state().identity,
        deployed,
        "the engine encrypts each secret anew: it could be another one"
    );
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_update_without_changes_leaves_a_state_without_secrets_what_it_is() {
    let program = SHOP.replace("  token: {fn::secret: token-for-the-shop}\n", "  size: 1\n");
    let stage = Stage::deployed(&program);
    let ours = Ours::in_folder(&stage);
    let deployed = ours.state().identity;
    stage.stackstep("up --stack dev --expect-no-changes").ends_with(0);
    assert_eq!(ours.state().identity, deployed);
    stage.write("Pulumi.yaml", &program.replace("size: 1", "size: 2"));
    stage.stackstep("up --stack dev").ends_with(0);
    assert_ne!(ours.state().identity, deployed);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_compressed_state_has_the_identity_of_its_export() {
    let stage = Stage::new(ODD)
        .with("PULUMI_DIY_BACKEND_GZIP", "true")
        .with("PULUMI_SELF_MANAGED_STATE_GZIP", "true");
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    assert!(stage.path("state/.pulumi/stacks/shop/dev.json.gz").is_file());
    assert_eq!(Ours::in_folder(&stage).state().identity, exported(&stage));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_lock_is_seen_while_an_update_works_and_not_before_or_after() {
    let stage = Stage::new("");
    let gate = Gate::closed(stage.path("gate"));
    stage.write(
        "Pulumi.yaml",
        &program(&[thing("a", &format!("waits: {{create: {}}}", gate.path().display()))]),
    );
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let ours = Ours::in_folder(&stage);
    assert_eq!(ours.state().at_work, Vec::<String>::new());
    let mut run = stage.start("up --stack dev", "first");
    gate.until_begun(&mut run);
    let at_work = ours.state().at_work;
    let holder = format!("(pid {})", run.engine());
    assert!(at_work.len() == 1 && at_work[0].contains(&holder), "{at_work:?}");
    gate.open();
    run.end().ends_with(0);
    assert_eq!(ours.state().at_work, Vec::<String>::new());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_engine_does_not_mind_a_ledger_beside_its_state() {
    let stage = Stage::deployed(SHOP);
    let ours = Ours::in_folder(&stage);
    assert_eq!((ours.add(&EntryKind::Reserved), ours.add(&EntryKind::Finished)), (1, 2));
    stage.stackstep("up --stack dev --expect-no-changes").ends_with(0);
    let stacks = stage.pulumi("stack ls --json").ends_with(0);
    assert_eq!(serde_json::from_str::<Value>(&stacks.stdout).unwrap().as_array().unwrap().len(), 1);
    stage.stackstep("destroy --stack dev --remove").ends_with(0);
    assert_eq!(ours.last(), 2, "the record outlives the stack");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI and moto"]
fn in_a_bucket_state_and_ledger_are_read_and_two_writers_are_kept_apart() {
    let s3 = S3::start();
    let stage = s3.stage(ODD, "state");
    let ours = Ours::new(&s3.url("state"), "dev");
    assert_eq!(ours.state().identity, StateIdentity::NoStack);
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    assert_eq!(ours.state().identity, exported(&stage));
    let numbers: Vec<u64> = std::thread::scope(|scope| {
        let writers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| ours_again(&s3).add(&EntryKind::Approved))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=8).collect::<Vec<u64>>(), "{numbers:?}");
    assert_eq!(ours.last(), 8);
    let more: Vec<u64> = (0..20).map(|_| ours.add(&EntryKind::Approved)).collect();
    assert_eq!((more, ours.last()), ((9..=28).collect(), 28));
    stage.stackstep("preview --stack dev --expect-no-changes").ends_with(0);
    ours.with(async |stack| crate::support::locks::is_seen_and_removed(&stack).await);
    shown();
}

fn ours_again(s3: &S3) -> Ours {
    Ours::new(&s3.url("state"), "dev")
}

#[test]
#[ignore = "needs the Pulumi CLI and moto"]
fn a_bucket_that_is_not_there_is_not_a_stack_that_is_not_there() {
    let s3 = S3::start();
    let ours = Ours::new(&s3.url("nowhere"), "dev");
    let problem = ours.with(async |stack| state_identity::read(&stack).await.unwrap_err());
    assert!(problem.what.contains("NoSuchBucket"), "{}", problem.what);
    let trouble = ours.with(async |stack| Ledger::open(&stack).history().await.unwrap_err());
    assert!(trouble.problem.what.contains("NoSuchBucket"), "{trouble}");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_cli_reads_the_tags_of_a_ledger_and_what_it_overwrites_is_written_again() {
    let (server, tags) = pulumi_cloud::start("pul-0123456789");
    let stage = Stage::new(SHOP)
        .with("PULUMI_BACKEND_URL", &server.url())
        .with("PULUMI_ACCESS_TOKEN", "pul-0123456789");
    let mut ours = Ours::new(&server.url(), "prod");
    ours.token = Some(Secret::new("pul-0123456789"));
    ours.with(async |stack| {
        let ledger = Ledger::open(&stack);
        let entry = |kind: EntryKind| {
            move |_: &_| Ok::<_, Infallible>(LedgerEntry::new(kind.clone(), Some("shop"), "prod", UNIX_EPOCH))
        };
        ledger.append(entry(EntryKind::Reserved)).await.unwrap();
        let listed = stage.pulumi("stack tag ls --stack acme/shop/prod --json").ends_with(0);
        let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
        let value = listed["stackstep:ledger:000001"].as_str().unwrap();
        assert!(value.starts_with("1;k=r;t="), "{value}");
        stage.pulumi("stack tag set --stack acme/shop/prod team web").ends_with(0);
        assert_eq!(tags.lock().unwrap().len(), 2, "the CLI writes back what it has read");
        tags.lock().unwrap().remove("stackstep:ledger:000001");
        assert_eq!(ledger.history().await.unwrap().unwrap().last(), 1);
        assert_eq!(tags.lock().unwrap()["stackstep:ledger:000001"], value);
    });
    shown();
}
