//! The forms in which people name a reviewed change: the result file of its preview, the comment of its change request, or
//! its digest alone.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::digest::{digest_of, is_digest};
use crate::base::error::Problem;
use crate::base::json;
use crate::pulumi::stack::StackIdentity;
use crate::report::{REVIEW_VERSION, ReviewKey, ReviewRecord, SCHEMA};

/// The word for the comment of the change request.
const COMMENT: &str = "comment";

/// The way out where a file can't be taken.
const AGAIN: &str = "preview the change again, and name the result file of that";

/// One form of the input `reviewed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewedForm {
    /// The result file of the preview.
    File(PathBuf),
    /// The comment on the change request, which names the digest.
    Comment,
    /// The digest: only the same change passes.
    Digest(String),
}

impl ReviewedForm {
    /// Reads `PATH`, `comment` or `sha256:…`.
    ///
    /// # Errors
    /// A text that begins like a digest and is none.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        match text {
            COMMENT => Ok(Self::Comment),
            digest if is_digest(digest) => Ok(Self::Digest(digest.to_owned())),
            other if other.starts_with("sha256:") => Err(Problem::new(
                format!("`{other}` is not a digest"),
                "write `sha256:` and all 64 hexadecimal digits, which the result file has as `review.digest`: a report \
                 shows the first twelve",
            )),
            "" => Err(Problem::new(
                "`reviewed` is empty",
                "write the path of a preview's result file, `comment`, or `sha256:…`",
            )),
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

/// The record in the result file of a preview.
///
/// # Errors
/// A file that is cut off, is no result, is of another version, or has no record: each with its own words.
pub fn record_of(text: &str, path: &Path) -> Result<ReviewRecord, Problem> {
    let file = format!("`{}`", path.display());
    let problem = |what: String| Problem::new(what, AGAIN);
    let result: Value = json::read(text.as_bytes()).map_err(|error| {
        let is_cut = error.is_eof() || text.trim().is_empty();
        let what =
            if is_cut { "is cut off: its end is missing" } else { "is not a result file: it is not JSON" };
        Problem::new(
            format!("the reviewed result {file} {what}"),
            format!("download the artifact of the preview's job again; if it is gone, {AGAIN}"),
        )
    })?;
    let schema = result.get("schema").and_then(Value::as_u64);
    let Some(schema) = schema.filter(|_| result.get("command").is_some()) else {
        return Err(problem(format!("the reviewed result {file} is not a result file of stackstep")));
    };
    if schema > u64::from(SCHEMA) {
        return Err(Problem::new(
            format!(
                "the reviewed result {file} is of version {schema}, and this stackstep reads up to {SCHEMA}"
            ),
            "use the same version of stackstep in both jobs",
        ));
    }
    let Some(review) = result.get("review").filter(|review| !review.is_null()) else {
        return Err(without_record(&result, &file));
    };
    let v = review.get("v").and_then(Value::as_u64);
    if v != Some(u64::from(REVIEW_VERSION)) {
        let v = v.map_or_else(|| "no version".to_owned(), |v| format!("version {v}"));
        return Err(Problem::new(
            format!(
                "the reviewed change in {file} is of {v}, and this stackstep compares version {REVIEW_VERSION}"
            ),
            "use the same version of stackstep in both jobs",
        ));
    }
    let record: ReviewRecord = serde_json::from_value(review.clone())
        .map_err(|error| problem(format!("the reviewed change in {file} can't be read: {error}")))?;
    if record.key.as_deref().is_some_and(|key| ReviewKey::of_record(key).is_without_values()) {
        return Err(problem(format!("the reviewed change in {file} was edited: its values are not there")));
    }
    if !record.hides_names() && digest_of(&record) != record.digest {
        return Err(problem(format!(
            "the reviewed change in {file} was edited: it has not the digest that it says"
        )));
    }
    Ok(record)
}

/// Why a result has no record.
fn without_record(result: &Value, file: &str) -> Problem {
    let is = |field: &str| result.get(field) == Some(&Value::Bool(true));
    let command = result.get("command").and_then(Value::as_str).unwrap_or_default();
    let looks = command == "preview" || is("preview_only");
    let (what, hint) = match () {
        () if !looks => (
            format!("is of `{command}`, which is not a preview"),
            "name the result file of the preview that was reviewed",
        ),
        () if is("incomplete") => (
            "has no reviewed change, as the preview is not known whole".to_owned(),
            "preview the change again: the notes of that result say what was missing",
        ),
        () if result.get("status").and_then(Value::as_str) != Some("succeeded") => {
            ("has no reviewed change, as the preview failed".to_owned(), AGAIN)
        }
        () => ("has no reviewed change".to_owned(), AGAIN),
    };
    Problem::new(format!("the reviewed result {file} {what}"), hint)
}

/// Refuses a record of another stack than the one that is about to be deployed, with the part in which it is another one.
///
/// # Errors
/// The record of another stack, or of this one in another backend. `path` is its file, for the message.
pub fn about_this_stack(record: &ReviewRecord, path: &Path, identity: &StackIdentity) -> Result<(), Problem> {
    let file = format!("`{}`", path.display());
    let this = identity.names().collect::<Vec<_>>().join("/");
    let parts = |name: &str| -> Vec<String> { name.split('/').rev().map(str::to_owned).collect() };
    let (one, other) = (parts(&record.stack), parts(&this));
    if record.stack != this {
        let what = match () {
            () if one.first() != other.first() => "stack",
            () if one.get(1) != other.get(1) => "project",
            () => "organisation",
        };
        return Err(Problem::new(
            format!(
                "the reviewed change in {file} is about another {what}: `{}`, while this run is about `{this}`",
                record.stack
            ),
            "name the result file of the preview of this stack",
        ));
    }
    if record.backend != identity.backend.clone().unwrap_or_default() {
        return Err(Problem::new(
            format!("the reviewed change in {file} is about `{this}` in another backend"),
            "preview the change with the same `cloud-url`",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
