//! The ladder: full → less context → diffs shortened → table only → counts and a link.
//!
//! Every rung is a complete document made with smaller limits, so nothing is ever cut in the middle of a
//! table, a fence, a tag or a character. The first rung that fits is taken; a rung that grows too large is
//! given up as soon as it does.

use super::markdown::document;
use super::{Detail, Options, Size, alike, words};
use crate::render::page::PageLimits;
use crate::render::page::{ALL_OF_IT, PageContext};
use crate::report::Report;

const FULL: PageLimits = PageLimits {
    rows: usize::MAX,
    paths: 6,
    diffs: usize::MAX,
    properties: usize::MAX,
    context: 3,
    lines: usize::MAX,
    value: 16_384,
    messages: 1000,
    message: 40_000,
    outputs: usize::MAX,
    name: 1000,
};
/// What is unchanged goes first, also in a long line; every changed line is still there.
const LITTLE_AROUND: PageLimits =
    PageLimits { context: 1, value: 4000, messages: 100, message: 8000, ..FULL };
const ONLY_CHANGES: PageLimits = PageLimits { context: 0, value: 400, messages: 50, message: 4000, ..FULL };
const SHORT_VALUES: PageLimits = PageLimits { properties: 100, lines: 100, value: 200, ..ONLY_CHANGES };
const SHORT_DIFFS: PageLimits =
    PageLimits { properties: 20, lines: 20, outputs: 100, name: 300, ..SHORT_VALUES };
const TABLE: PageLimits = PageLimits {
    paths: 4,
    diffs: 0,
    messages: 20,
    message: 2000,
    outputs: 50,
    value: 100,
    name: 200,
    ..FULL
};
const COUNTS: PageLimits = PageLimits {
    rows: 0,
    paths: 0,
    diffs: 0,
    properties: 0,
    context: 0,
    lines: 0,
    value: 60,
    messages: 2,
    message: 300,
    outputs: 0,
    name: 80,
};

/// The rungs, from everything to next to nothing.
const LADDER: &[PageLimits] = &[
    FULL,
    LITTLE_AROUND,
    ONLY_CHANGES,
    SHORT_VALUES,
    SHORT_DIFFS,
    PageLimits { diffs: 200, properties: 12, lines: 8, value: 120, ..SHORT_DIFFS },
    PageLimits {
        diffs: 40,
        properties: 10,
        lines: 4,
        value: 100,
        messages: 20,
        message: 2000,
        ..SHORT_DIFFS
    },
    TABLE,
    PageLimits { rows: 1000, paths: 3, ..TABLE },
    PageLimits { rows: 300, paths: 3, messages: 10, message: 1000, outputs: 20, ..TABLE },
    PageLimits { rows: 100, paths: 2, messages: 5, message: 600, outputs: 10, name: 120, ..TABLE },
    PageLimits { rows: 30, paths: 1, messages: 3, message: 400, outputs: 0, name: 100, ..TABLE },
    PageLimits { rows: 10, paths: 0, messages: 2, message: 300, outputs: 0, name: 80, ..TABLE },
    COUNTS,
    PageLimits { messages: 1, message: 160, name: 60, ..COUNTS },
    PageLimits { messages: 0, message: 60, name: 40, ..COUNTS },
];

/// The report as Markdown that `size` holds, as much of it as goes in.
///
/// From 1 KB on there is always a document; under that, and where even a marker and a link are too long,
/// it is the marker and the shortest heading there is. Where that is too long as well, it is nothing.
pub fn fit(report: &Report, options: &Options, size: Size) -> String {
    let steps = words::ordered(report);
    let rows = alike::rows(&steps, options.detail >= Detail::Paths);
    let mut rungs = LADDER.iter().enumerate().filter_map(|(rung, limits)| {
        let context = PageContext { report, steps: &steps, rows: &rows, options, limits: *limits };
        document(context, rung > 0, Some(size))
    });
    rungs.next().unwrap_or_else(|| smallest(report, options, size))
}

/// The report as Markdown, all of it.
pub(super) fn everything(report: &Report, options: &Options) -> String {
    let steps = words::ordered(report);
    let rows = alike::rows(&steps, options.detail >= Detail::Paths);
    let context = PageContext { report, steps: &steps, rows: &rows, options, limits: FULL };
    document(context, false, None).unwrap_or_default()
}

fn smallest(report: &Report, options: &Options, size: Size) -> String {
    let marker = options.marker.as_deref().map_or(String::new(), |marker| format!("{marker}\n"));
    let headline = words::outcome_of(report, "the stack");
    let (outcome, _) = words::outcome_and_counts(report, "the stack");
    let sign = words::sign(report);
    if options.among_others {
        let text = format!("Shortened to fit; {ALL_OF_IT}\n");
        return Some(text).filter(|text| fits(text, size)).unwrap_or_default();
    }
    let headings = [
        format!("{marker}## {sign} {headline}\n\nShortened to fit; {ALL_OF_IT}\n"),
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

/// The report as Markdown, all of it; [`super::fit()`] makes it fit a place.
pub fn markdown(report: &Report, options: &Options) -> String {
    everything(report, options)
}
