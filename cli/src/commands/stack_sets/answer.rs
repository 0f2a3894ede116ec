//! The answer to `fleet add`: for whoever reads its output, and for the address that the payload names.

use serde::Serialize;

use crate::base::error::{EXIT_PUBLISH, Error, Problem, Result};
use crate::base::http::{Url, host};
use crate::base::secret::Secret;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::fleet::sets::add::settings::AddSettings;
use crate::publish::notify::send_signed;
use crate::run::prepare::Prepared;

/// The version of the answer's form.
const FORM: u32 = 1;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddAnswer {
    v: u32,
    /// The set.
    pub set: String,
    /// The cell by which the row is told from the others.
    pub id: String,
    /// The name of its stack.
    pub stack: String,
    /// The key of the request.
    pub request: String,
    /// What became of it.
    pub status: AddStatus,
    /// The page of the change request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddStatus {
    /// It is one of the set's rows: the next deployment makes its stack.
    Accepted,
    /// A change request asks people to take it.
    Proposed,
    /// It is not taken.
    Refused,
}

impl AddAnswer {
    /// An answer without its outcome.
    pub fn new(set: &str, id: &str, stack: &str, request: &str) -> Self {
        Self {
            v: FORM,
            set: set.to_owned(),
            id: id.to_owned(),
            stack: stack.to_owned(),
            request: request.to_owned(),
            status: AddStatus::Accepted,
            url: None,
            why: None,
        }
    }

    /// The answer with the page of a change request.
    #[must_use]
    pub fn proposed(self, url: Option<String>) -> Self {
        Self { status: AddStatus::Proposed, url, ..self }
    }

    /// The answer with why the row is not taken.
    #[must_use]
    pub fn refused(self, why: impl Into<String>) -> Self {
        Self { status: AddStatus::Refused, why: Some(why.into()), ..self }
    }

    /// Prints it, and sends it to the address of the payload. Returns the exit status for an answer that did not arrive.
    pub async fn give(
        &self,
        callback: Option<(&Url, Secret)>,
        found: &Prepared<'_>,
        console: &Console,
    ) -> u8 {
        let body = serde_json::to_value(self).unwrap_or_default();
        console.print_json(&format!("{}\n", console.masker().mask(&body.to_string())));
        let Some((url, key)) = callback else { return 0 };
        let Err(why) = send_signed(url, &key, &body, found.env).await else { return 0 };
        let problem = Problem::new(
            format!("the answer did not arrive at `{}`: {why}", host(url)),
            "what was answered stands in this job's output; the same request again is answered the same",
        );
        console.annotate(Level::Warning, "stackstep", &problem.to_string());
        EXIT_PUBLISH
    }
}

/// The key by which answers are signed; none if nobody is to be answered.
pub(super) fn signing_key(
    add: &AddSettings,
    url: Option<&Url>,
    found: &Prepared<'_>,
    console: &mut Console,
) -> Result<Option<Secret>> {
    let (Some(callback), Some(_)) = (&add.callback, url) else { return Ok(None) };
    let key = found.env.get_raw(&callback.secret).filter(|key| key.len() >= SHORTEST_KEY).ok_or_else(|| {
        Error::input(
            format!("the answer can't be signed: `{}` is not set in this job, or has less than {SHORTEST_KEY} characters", callback.secret),
            "set it from the CI system's own secret store, and give the portal the same key",
        )
    })?;
    console.hide(&callback.secret, key);
    Ok(Some(Secret::new(key)))
}

/// The fewest characters of a key.
const SHORTEST_KEY: usize = 16;
