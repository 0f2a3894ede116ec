//! The ledger and the identity of a state against servers on this machine: one file a service, each with a fake that keeps
//! what it is sent and checks how it is asked.

mod amazon;
mod azure;
mod cloud;
mod github;
mod google;

use std::convert::Infallible;
use std::path::Path;
use std::time::UNIX_EPOCH;

use stackstep::base::env::Env;
use stackstep::base::secret::Secret;
use stackstep::forge::Place;
use stackstep::ledger::entry::{EntryKind, LedgerEntry};
use stackstep::ledger::state_identity::{self, StateSeen};
use stackstep::ledger::trouble::LedgerTrouble;
use stackstep::ledger::{Ledger, LedgerFor, NotAppended};
use stackstep::pulumi::stack::StackIdentity;

/// A word that must never be seen: each credential of these tests holds it.
pub const HUSH: &str = "hunter2";

/// A stack and its backend.
pub struct Stage {
    pub url: String,
    pub env: Env,
    pub identity: StackIdentity,
    pub forge: Option<Place>,
}

impl Stage {
    /// `shop/prod` in the backend at `url`, with these variables.
    pub fn new(url: &str, variables: &[(&str, &str)]) -> Self {
        let home = [("HOME", "/nowhere")];
        let identity = StackIdentity {
            organization: Some("acme".to_owned()),
            project: Some("shop".to_owned()),
            stack: "prod".to_owned(),
            backend: None,
            backend_url: Some("the backend's address".to_owned()),
        };
        let env = Env::from_pairs("/", variables.iter().chain(&home).copied());
        Self { url: url.to_owned(), env, identity, forge: None }
    }

    fn with<T>(&self, ask: impl FnOnce(&LedgerFor<'_>) -> T) -> T {
        let token = Secret::new(format!("pul-{HUSH}"));
        ask(&LedgerFor {
            url: Some(&self.url),
            token: Some(&token),
            identity: &self.identity,
            env: &self.env,
            folder: Path::new("/"),
            forge: self.forge.as_ref(),
            commit: Some("0123456789abcdef0123456789abcdef01234567"),
        })
    }

    /// Sees and removes a lock of the stack.
    pub async fn lock_is_seen_and_removed(&self) {
        let stack = LedgerFor {
            url: Some(&self.url),
            token: None,
            identity: &self.identity,
            env: &self.env,
            folder: Path::new("/"),
            forge: None,
            commit: None,
        };
        crate::support::locks::is_seen_and_removed(&stack).await;
    }

    /// The ledger.
    pub fn ledger(&self) -> Ledger {
        self.with(Ledger::open)
    }

    /// The identity of the state, or what is wrong.
    pub async fn state(&self) -> Result<StateSeen, String> {
        let token = Secret::new(format!("pul-{HUSH}"));
        let stack = LedgerFor {
            url: Some(&self.url),
            token: Some(&token),
            identity: &self.identity,
            env: &self.env,
            folder: Path::new("/"),
            forge: None,
            commit: None,
        };
        state_identity::read(&stack).await.map_err(|problem| problem.in_one_line())
    }
}

/// An entry of `shop/prod`.
pub fn entry(kind: EntryKind) -> LedgerEntry {
    LedgerEntry::new(kind, Some("shop"), "prod", UNIX_EPOCH)
}

/// Appends an entry whatever the others say.
pub async fn add(ledger: &Ledger, kind: EntryKind) -> Result<LedgerEntry, LedgerTrouble> {
    assert!(ledger.missing().is_none(), "{:?}", ledger.missing());
    match ledger.append(|_| Ok::<_, Infallible>(entry(kind.clone()))).await {
        Ok(entry) => Ok(entry.unwrap()),
        Err(NotAppended::Trouble(trouble)) => Err(trouble),
        Err(NotAppended::Decided(never)) => match never {},
    }
}

/// The trouble in one line; it shows no credential.
pub fn told(trouble: &LedgerTrouble) -> String {
    let line = trouble.problem.in_one_line();
    assert!(!line.contains(HUSH), "{line}");
    line
}

/// Lets eight runs append an entry each at once. Each gets a number of its own, and nothing is lost.
pub async fn eight_at_once(stage: &Stage) {
    let ledgers: Vec<Ledger> = (0..8).map(|_| stage.ledger()).collect();
    let mut numbers = Vec::new();
    let runs = ledgers.iter().map(|ledger| add(ledger, EntryKind::Approved));
    for appended in together(runs).await {
        numbers.push(appended.unwrap().number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<u64>>());
    let history = stage.ledger().history().await.unwrap().unwrap();
    assert!(history.certain().is_ok() && history.last() == 8);
}

/// Runs the futures side by side.
async fn together<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in &mut running {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        let all = running.iter().all(|(_, done)| done.is_some());
        if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
