//! The trouble that an answer of a forge means, or that there is none.

use serde_json::Value;

use super::Place;
use super::trouble::{Trouble, TroubleKind};
use crate::base::error::Problem;
use crate::base::http::{Answer, Failure};
use crate::report::shortened;

/// The most bytes of a forge's message that are shown.
const WORDS: usize = 300;

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

    /// The trouble of a request that the forge refused. `needs`: the permission that it needs, if it is another one than that
    /// for comments.
    pub(super) fn refused(
        place: &Place,
        do_what: &str,
        answer: &Answer,
        needs: Option<&'static str>,
    ) -> Self {
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
            TroubleKind::Denied | TroubleKind::Missing => {
                Some(needs.unwrap_or_else(|| place.permission()).to_owned())
            }
            _ => None,
        };
        let what = format!("could not {do_what}: {title} answered with status {status}{said}");
        Self { kind, problem: Problem { what, hint } }
    }

    /// The trouble of a question that would take more than `most` requests.
    pub(super) fn too_much(do_what: &str, most: usize) -> Self {
        let what = format!("could not {do_what}: it would take more than {most} requests");
        Self { kind: TroubleKind::Broken, problem: Problem::without_hint(what) }
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
