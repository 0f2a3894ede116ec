//! A question that takes several requests: they are made in rounds, each from the answers so far, and the answers are read
//! together. Pure; the client sends the requests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::trouble::{Trouble, TroubleKind};
use crate::base::http::Request;

/// One request of a survey.
pub struct SurveyPart {
    /// The name by which the answer is found.
    pub name: String,
    /// The request.
    pub request: Request,
    /// A description of the request for messages, as a verb: `read the reviews`.
    pub do_what: String,
    /// The permission that it needs, as a sentence with a link.
    pub needs: &'static str,
    /// Whether the survey has no answer without this one.
    pub required: bool,
}

impl SurveyPart {
    /// A request whose answer the survey can't do without.
    pub(super) fn new(name: &str, request: Request, do_what: &str, needs: &'static str) -> Self {
        Self { name: name.to_owned(), request, do_what: do_what.to_owned(), needs, required: true }
    }

    /// The request as one whose refusal is an answer too.
    #[must_use]
    pub(super) fn or_unknown(self) -> Self {
        Self { required: false, ..self }
    }
}

/// The answers so far, by the names of their requests.
#[derive(Debug, Default)]
pub struct SurveyAnswers {
    /// The pages of each answer, or why there is none.
    heard: BTreeMap<String, Result<Vec<Value>, Trouble>>,
}

impl SurveyAnswers {
    /// Adds an answer.
    pub(super) fn add(&mut self, name: &str, heard: Result<Vec<Value>, Trouble>) {
        self.heard.insert(name.to_owned(), heard);
    }

    /// Whether there is an answer, or a refusal.
    pub(super) fn has(&self, name: &str) -> bool {
        self.heard.contains_key(name)
    }

    /// The answer's first page.
    pub(super) fn one(&self, name: &str) -> Option<&Value> {
        self.heard.get(name)?.as_ref().ok()?.first()
    }

    /// The items of all pages, each of which has them at `pointer`. None if there is no answer, or one that is no list.
    pub(super) fn list(&self, name: &str, pointer: &str) -> Option<Vec<&Value>> {
        let pages = self.heard.get(name)?.as_ref().ok()?;
        let mut items = Vec::new();
        for page in pages {
            items.extend(page.pointer(pointer)?.as_array()?);
        }
        Some(items)
    }

    /// The reason why there is no answer.
    pub(super) fn trouble(&self, name: &str) -> Option<&Trouble> {
        self.heard.get(name)?.as_ref().err()
    }

    /// Whether the forge has answered that there is no such thing, or that this token can't see it.
    pub(super) fn is_missing(&self, name: &str) -> bool {
        self.trouble(name).is_some_and(|trouble| trouble.kind == TroubleKind::Missing)
    }
}

/// The requests of the next round, from the answers so far; none if nothing is left to ask.
type NextRound = Box<dyn Fn(&SurveyAnswers) -> Vec<SurveyPart>>;

/// The reader of a survey's answers; it returns none if they have another form.
type SurveyReader<T> = Box<dyn Fn(&SurveyAnswers) -> Option<T>>;

/// A question that takes several requests.
pub struct Survey<T> {
    /// The requests of the next round. Those that were sent already are left out by the client.
    pub next: NextRound,
    /// The reader of the answers.
    pub read: SurveyReader<T>,
}

impl<T> Survey<T> {
    /// A survey with its requests and the reader of their answers.
    pub(super) fn new(
        next: impl Fn(&SurveyAnswers) -> Vec<SurveyPart> + 'static,
        read: impl Fn(&SurveyAnswers) -> Option<T> + 'static,
    ) -> Self {
        Self { next: Box::new(next), read: Box::new(read) }
    }
}
