//! The ladder: full → diffs shortened → table only → counts and a link.
//!
//! Every rung is a complete document made with smaller limits, so nothing is ever cut in the middle of a
//! table, a fence, a tag or a character. The first rung that fits is taken; a rung that grows too large is
//! given up as soon as it does.

use super::markdown::document;
use super::{Options, Size};
use crate::report::Report;

/// How much of each thing a document holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Rows of the table of changes.
    pub rows: usize,
    /// Paths in a row.
    pub paths: usize,
    /// Resources whose properties are shown.
    pub diffs: usize,
    /// Properties of one resource.
    pub properties: usize,
    /// Bytes of one value.
    pub value: usize,
    /// Diagnostics, policy findings and notes, of each kind.
    pub messages: usize,
    /// Bytes of one message.
    pub message: usize,
    /// Stack outputs.
    pub outputs: usize,
    /// Bytes of one name.
    pub name: usize,
}

const FULL: Limits = Limits {
    rows: usize::MAX,
    paths: 6,
    diffs: usize::MAX,
    properties: usize::MAX,
    value: 16_384,
    messages: 1000,
    message: 40_000,
    outputs: usize::MAX,
    name: 1000,
};
const SHORT_VALUES: Limits = Limits { properties: 100, value: 1000, messages: 100, message: 8000, ..FULL };
const SHORT_DIFFS: Limits =
    Limits { properties: 20, value: 200, messages: 50, message: 4000, outputs: 100, name: 300, ..FULL };
const TABLE: Limits =
    Limits { paths: 4, diffs: 0, messages: 20, message: 2000, outputs: 50, value: 100, name: 200, ..FULL };
const COUNTS: Limits = Limits {
    rows: 0,
    paths: 0,
    diffs: 0,
    properties: 0,
    value: 60,
    messages: 2,
    message: 300,
    outputs: 0,
    name: 80,
};

/// The rungs, from everything to next to nothing.
const LADDER: &[Limits] = &[
    FULL,
    SHORT_VALUES,
    SHORT_DIFFS,
    Limits { diffs: 200, properties: 12, value: 120, ..SHORT_DIFFS },
    Limits { diffs: 40, properties: 10, value: 100, messages: 20, message: 2000, ..SHORT_DIFFS },
    TABLE,
    Limits { rows: 1000, paths: 3, ..TABLE },
    Limits { rows: 300, paths: 3, messages: 10, message: 1000, outputs: 20, ..TABLE },
    Limits { rows: 100, paths: 2, messages: 5, message: 600, outputs: 10, name: 120, ..TABLE },
    Limits { rows: 30, paths: 1, messages: 3, message: 400, outputs: 0, name: 100, ..TABLE },
    Limits { rows: 10, paths: 0, messages: 2, message: 300, outputs: 0, name: 80, ..TABLE },
    COUNTS,
    Limits { messages: 1, message: 160, name: 60, ..COUNTS },
    Limits { messages: 0, message: 60, name: 40, ..COUNTS },
];

/// The report as Markdown that `size` holds, as much of it as goes in.
///
/// From 1 KB on there is always a document; under that, and where even a marker and a link are too long,
/// it is the marker and the shortest heading there is. Where that is too long as well, it is nothing.
pub fn fit(report: &Report, options: &Options, size: Size) -> String {
    let whole = LADDER.iter().enumerate();
    let mut rungs =
        whole.filter_map(|(rung, limits)| document(report, options, *limits, rung > 0, Some(size)));
    rungs.next().unwrap_or_else(|| smallest(report, options, size))
}

/// The report as Markdown, all of it.
pub(super) fn everything(report: &Report, options: &Options) -> String {
    document(report, options, FULL, false, None).unwrap_or_default()
}

fn smallest(report: &Report, options: &Options, size: Size) -> String {
    let marker = options.marker.as_deref().map_or(String::new(), |marker| format!("{marker}\n"));
    let headline = super::words::outcome_of(report, "the stack");
    let outcome = headline.split(':').next().unwrap_or_default();
    let sign = super::words::sign(report);
    let headings = [
        format!("{marker}## {sign} {headline}\n\nShortened to fit; the job's log has all of it\n"),
        format!("{marker}## {sign} {headline}\n"),
        format!("{marker}## {sign} {outcome}\n"),
    ];
    headings.into_iter().find(|text| fits(text, size)).unwrap_or_default()
}

/// Whether `size` holds `text`.
pub fn fits(text: &str, size: Size) -> bool {
    match size {
        Size::Bytes(bytes) => text.len() <= bytes,
        Size::Chars(chars) => text.encode_utf16().count() <= chars,
    }
}

/// A document that grows until it is too large.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    size: Option<Size>,
    used: usize,
    overflowed: bool,
}

impl Page {
    pub fn new(size: Option<Size>) -> Self {
        Self { text: String::new(), size, used: 0, overflowed: false }
    }

    /// Adds all of `parts`.
    pub fn push_all(&mut self, parts: &[&str]) {
        for part in parts {
            self.push(part);
        }
    }

    pub fn push(&mut self, text: &str) {
        if self.overflowed {
            return;
        }
        let (used, room) = match self.size {
            None => (0, 0),
            Some(Size::Bytes(bytes)) => (text.len(), bytes),
            Some(Size::Chars(chars)) if text.is_ascii() => (text.len(), chars),
            Some(Size::Chars(chars)) => (text.encode_utf16().count(), chars),
        };
        self.used = self.used.saturating_add(used);
        self.overflowed |= self.used > room;
        if !self.overflowed {
            self.text.push_str(text);
        }
    }

    /// Whether nothing more goes in.
    pub fn is_full(&self) -> bool {
        self.overflowed
    }

    pub fn finish(self) -> Option<String> {
        (!self.overflowed).then_some(self.text)
    }
}
