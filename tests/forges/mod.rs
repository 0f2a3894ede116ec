//! What delivery asks of five forges: reviews, files, history, protection, gates, and previews that are marked as stale.

mod contents;
mod gates;
mod mentions;
mod merging;
mod protection;
mod reviews;
mod stale;
mod standing;

use std::sync::LazyLock;
use std::time::Duration;

use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits};

use crate::support::forge::reads::{Kept, Verdict};

/// Without pauses: the fakes ask for none.
const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(20),
    tries: 2,
    pause: Duration::ZERO,
    longest_pause: Duration::from_secs(1),
    body: 64 << 20,
};

fn http() -> &'static Http {
    static HTTP: LazyLock<Http> = LazyLock::new(|| Http::new(&Env::default(), LIMITS).unwrap());
    &HTTP
}

/// The hash of a commit that is called so.
fn hash(name: &str) -> String {
    let mut hash = name.bytes().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    while hash.len() < 40 {
        hash.push('0');
    }
    hash
}

/// A review at a time of the 21st of November.
fn review(who: &str, verdict: Verdict, time: &str, head: &str) -> Kept {
    Kept { who: who.to_owned(), verdict, at: at(time), head: head.to_owned(), writes: true }
}

fn at(time: &str) -> String {
    format!("2026-11-21T{time}:00Z")
}
