//! The world of the search: the change request, its stack, the ledger, a deployment and two sweeps, and what each of them may
//! do next.

use std::time::UNIX_EPOCH;

use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::lifecycle::facts::{
    HeldFacts, LifeFacts, ReadFact, RequestFacts, RequestStanding, SweepRules, SweptStack,
};
use crate::lifecycle::mark::{Mark, in_message};
use crate::lifecycle::ownership::FoundStack;
use crate::lifecycle::{RepositoryIdentity, ReviewName};

/// The time between two moments of the search: longer than the grace and the difference of the clocks.
const TICK: u64 = 3 * 3600;

/// The moment at which the search begins, in ticks.
const BEGIN: u8 = 8;

/// The nonces, in the order in which they are drawn.
pub const NONCES: [&str; 4] =
    ["0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"];

/// The change request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    Open,
    /// Closed at this tick.
    Closed(u8),
}

/// Who holds the engine's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lock {
    Free,
    Deployment,
    Sweep(u8),
    /// One that was killed.
    Dead,
}

/// The updates in the stack's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Updates {
    None,
    Ours(u8),
    ByHand,
}

/// The stack. `ours` and `live` are what is true, and nobody can see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stack {
    pub ours: bool,
    /// Whether it was deployed since the change request was opened last.
    pub live: bool,
    pub tag: Option<u8>,
    pub resources: bool,
    pub updates: Updates,
    pub lock: Lock,
}

/// The ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Book {
    /// The nonce of the last opening.
    pub opened: Option<u8>,
    pub failed_at: Option<u8>,
}

/// The steps of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Up {
    Idle,
    Started,
    /// The forge has said that the change request is open.
    Checked,
    /// The ledger has the opening, or the stack is there.
    Written(u8),
    Created(u8),
    Marked(u8),
    /// An update that changes nothing has said whose the stack is.
    Signed(u8),
    Updating,
}

/// The steps of a sweep about this stack, with what it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sweep {
    Idle,
    /// It has read the ledger.
    Read(Book),
    /// And the stack.
    Looked(Book, Stack),
    /// It has decided to destroy it, and hands that on.
    Doomed,
    /// The destroying process has looked again, with the same result, and has the engine's lock.
    Destroying,
    Destroyed,
    Removed,
}

/// What can still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    pub events: u8,
    /// A killed run, a wrong answer, a failed destruction, a person who takes the stack's name.
    pub mishaps: u8,
    pub ticks: u8,
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    pub now: u8,
    pub request: Request,
    pub stack: Option<Stack>,
    pub book: Book,
    pub up: Up,
    pub sweeps: [Sweep; 2],
    pub left: Budget,
}

/// What the forge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    Truth,
    Error,
    /// A closed change request of another number.
    OtherNumber,
    /// A closed change request of another repository.
    OtherRepository,
}

impl World {
    /// The change request is open, and nothing was deployed.
    pub fn begin(left: Budget) -> Self {
        Self {
            now: BEGIN,
            request: Request::Open,
            stack: None,
            book: Book::default(),
            up: Up::Idle,
            sweeps: [Sweep::Idle; 2],
            left,
        }
    }

    /// The same world with its sweeps in one order, of two that differ by that alone.
    pub fn in_order(mut self) -> Self {
        if self.sweeps[0] > self.sweeps[1] {
            self.sweeps.swap(0, 1);
            if let Some(stack) = &mut self.stack
                && let Lock::Sweep(who) = stack.lock
            {
                stack.lock = Lock::Sweep(1 - who);
            }
        }
        self
    }

    /// The rules of a sweep whose clock differs by so many hours.
    pub fn rules(&self, skew: i64) -> SweepRules {
        SweepRules {
            repository: repository(),
            now: seconds(self.now).saturating_add_signed(skew * 3600),
            grace: 3600,
            max_destroys: 10,
            max_share: 100,
        }
    }

    /// What a sweep knows that has read this.
    pub fn facts(&self, book: Book, stack: Stack, answer: Answer) -> SweptStack {
        let closed = |number: u64, repository: &str| {
            Ok(Some(RequestFacts {
                number,
                repository: Some(repository.to_owned()),
                standing: RequestStanding::ClosedAt(0),
                kept: false,
            }))
        };
        let request: ReadFact<Option<RequestFacts>> = match answer {
            Answer::Error => Err("no answer".to_owned()),
            Answer::OtherNumber => closed(8, "1"),
            Answer::OtherRepository => closed(7, "2"),
            Answer::Truth => Ok(Some(RequestFacts {
                number: 7,
                repository: Some("1".to_owned()),
                standing: match self.request {
                    Request::Open => RequestStanding::Open,
                    Request::Closed(at) => RequestStanding::ClosedAt(seconds(at)),
                },
                kept: false,
            })),
        };
        let nonce = |nonce: u8| NONCES[usize::from(nonce)].to_owned();
        SweptStack {
            project: "shop".to_owned(),
            stack: stack_name().to_string(),
            name: Some(stack_name()),
            reapable: true,
            protected: None,
            life: Ok(LifeFacts {
                opened: book.opened.map(|opened| opened_as(&nonce(opened))),
                failures: book.failed_at.map(seconds).into_iter().collect(),
                ..LifeFacts::default()
            }),
            held: Ok(HeldFacts {
                found: FoundStack {
                    tag: stack.tag.map(|tag| marked_as(nonce(tag))),
                    resources: usize::from(stack.resources),
                    messages: match stack.updates {
                        Updates::None => Vec::new(),
                        Updates::Ours(one) => vec![in_message(&nonce(one))],
                        Updates::ByHand => vec!["by hand".to_owned()],
                    },
                },
                locked_by: (stack.lock != Lock::Free).then(|| "somebody".to_owned()),
                ..HeldFacts::default()
            }),
            request,
        }
    }
}

fn seconds(tick: u8) -> u64 {
    u64::from(tick) * TICK
}

fn repository() -> RepositoryIdentity {
    RepositoryIdentity::from_id("github.com", "1").unwrap()
}

fn stack_name() -> ReviewName {
    ReviewName::for_request(&repository(), "shop", 7).unwrap()
}

fn opened_as(nonce: &str) -> LedgerEntry {
    let mut opened = LedgerEntry::new(EntryKind::Opened, Some("shop"), stack_name().as_str(), UNIX_EPOCH);
    opened.repository = Some(repository().to_string());
    opened.change_requests = vec![7];
    opened.nonce = Some(nonce.to_owned());
    opened
}

fn marked_as(nonce: String) -> String {
    let (repository, project) = (repository(), "shop".to_owned());
    Mark { repository, number: 7, project, nonce, created: "2026-11-29T10:00:00Z".to_owned() }.to_string()
}
