//! The reason why a forge did not do something, in words for a person: the request, the forge's answer, and the missing
//! permission if that is the reason. It holds no token, and of an address only the host.

use std::fmt;

use serde_json::Value;

use super::Place;
use crate::base::error::Problem;
use crate::base::http::{Answer, Failure};
use crate::report::shortened;

/// The most bytes of a forge's message that are shown.
const WORDS: usize = 300;

/// The kind of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The token is not accepted, or has no permission for the request.
    Denied,
    /// The thing does not exist, or the token can't see it.
    Missing,
    /// The forge does not accept the content of the request.
    Rejected,
    /// There were too many requests; nothing was done.
    TurnedAway,
    /// The forge failed, or did not answer: the request may have been carried out all the same.
    Broken,
    /// The forge was not reached, so nothing was done.
    Unreachable,
    /// The answer can't be read.
    Unreadable,
}

/// A failed request to a forge.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The kind of the failure.
    pub kind: TroubleKind,
    /// The message: what was requested and how it failed, with a hint.
    pub problem: Problem,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl Trouble {
    /// The trouble of a request without an answer; `do_what` describes the request.
    pub(super) fn unanswered(do_what: &str, failure: &Failure) -> Self {
        let kind = match failure {
            Failure::Unreachable { .. } | Failure::Untrusted { .. } => TroubleKind::Unreachable,
            Failure::Redirected { .. } => TroubleKind::Missing,
            Failure::TimedOut { .. } | Failure::Broken { .. } | Failure::TooBig { .. } => TroubleKind::Broken,
        };
        let what = format!("could not {do_what}: {failure}");
        Self { kind, problem: Problem::new(what, failure.hint()) }
    }

    /// The trouble of a request that the forge refused.
    pub(super) fn refused(place: &Place, do_what: &str, answer: &Answer) -> Self {
        let (status, title) = (answer.status, place.forge.title());
        let said = words(answer.body.expose());
        let said = said.map(|said| format!(": {}", shortened(&said, WORDS))).unwrap_or_default();
        let kind = match status {
            _ if answer.is_turned_away() => TroubleKind::TurnedAway,
            // Azure DevOps answers with status 203 and a page to sign in at.
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

    /// The trouble of an answer that can't be read.
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

    /// The same trouble with an explanation added.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { problem: self.problem.retold(|what| format!("{what} ({why})")), ..self }
    }

    /// Whether the request may have been carried out all the same.
    pub fn may_be_done(&self) -> bool {
        matches!(self.kind, TroubleKind::Broken | TroubleKind::Unreadable)
    }
}

/// The message in a forge's answer. Each forge has another field for it.
fn words(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let said = ["/message", "/error/message", "/error_description", "/error", "/errors/0/message"];
    said.iter().filter_map(|pointer| body.pointer(pointer)).find_map(|said| match said {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Object(_) | Value::Array(_) => Some(said.to_string()),
        _ => None,
    })
}
