//! Why a forge did not do what it was asked for, in words for a person: what was asked, what it said, and which
//! permission is missing where that is the reason. Nothing of a token or of an address but its host is in them.

use std::fmt;

use serde_json::Value;

use super::Place;
use crate::base::error::Problem;
use crate::base::http::{Answer, Failure};
use crate::report::shortened;

/// The most of a forge's own words that is shown, in bytes.
const WORDS: usize = 300;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The token is not accepted, or may not do it.
    Denied,
    /// There is nothing there, or the token can't see it.
    Missing,
    /// The forge does not take what was sent.
    Rejected,
    /// There were too many requests; nothing was done.
    TurnedAway,
    /// The forge is in trouble, or did not answer: it may have been done all the same.
    Broken,
    /// Nobody was reached, so nothing was done.
    Unreachable,
    /// The answer is none that can be read.
    Unreadable,
}

/// Why something was not done.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub kind: TroubleKind,
    /// What was wanted and what became of it, with the way out.
    pub problem: Problem,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl Trouble {
    /// No answer came to what should `do_what`.
    pub(super) fn unanswered(do_what: &str, failure: &Failure) -> Self {
        let kind = match failure {
            Failure::Unreachable { .. } | Failure::Untrusted { .. } => TroubleKind::Unreachable,
            Failure::Redirected { .. } => TroubleKind::Missing,
            Failure::TimedOut { .. } | Failure::Broken { .. } | Failure::TooBig { .. } => TroubleKind::Broken,
        };
        let what = format!("could not {do_what}: {failure}");
        Self { kind, problem: Problem::new(what, failure.hint()) }
    }

    /// The answer is no good.
    pub(super) fn refused(place: &Place, do_what: &str, answer: &Answer) -> Self {
        let (status, title) = (answer.status, place.forge.title());
        let said = words(answer.body.expose());
        let said = said.map(|said| format!(": {}", shortened(&said, WORDS))).unwrap_or_default();
        let kind = match status {
            _ if answer.is_turned_away() => TroubleKind::TurnedAway,
            // 203 is how Azure DevOps shows a page to sign in at.
            401 | 403 | 407 | 203 => TroubleKind::Denied,
            404 | 410 => TroubleKind::Missing,
            400..500 => TroubleKind::Rejected,
            500.. => TroubleKind::Broken,
            _ => TroubleKind::Unreadable,
        };
        let hint = match kind {
            TroubleKind::TurnedAway => Some(answer.retry_after.map_or_else(
                || "it was asked too often: run the job again later".to_owned(),
                |pause| format!("it was asked too often, and wants a pause of {} s", pause.as_secs()),
            )),
            TroubleKind::Denied | TroubleKind::Missing => Some(place.permission().to_owned()),
            _ => None,
        };
        let what = format!("could not {do_what}: {title} answered with status {status}{said}");
        Self { kind, problem: Problem { what, hint } }
    }

    /// The answer is not what it should be.
    pub(super) fn unreadable(place: &Place, do_what: &str) -> Self {
        Self {
            kind: TroubleKind::Unreadable,
            problem: Problem::new(
                format!(
                    "could not {do_what}: what {} answered is not what {} answers",
                    crate::base::http::host(&place.api),
                    place.forge.title()
                ),
                "check `forge` and `forge-url`, and that the token is one of this forge",
            ),
        }
    }

    /// The same with what is known beside it.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { problem: self.problem.retold(|what| format!("{what} ({why})")), ..self }
    }

    /// Whether what was asked for may have been done all the same.
    pub fn may_be_done(&self) -> bool {
        matches!(self.kind, TroubleKind::Broken | TroubleKind::Unreadable)
    }
}

/// What the forge says about it: each has a field of its own for that.
fn words(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let said = ["/message", "/error/message", "/error_description", "/error", "/errors/0/message"];
    said.iter().filter_map(|pointer| body.pointer(pointer)).find_map(|said| match said {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Object(_) | Value::Array(_) => Some(said.to_string()),
        _ => None,
    })
}
