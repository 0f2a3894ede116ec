//! A Markdown document while it is written: what every part of it needs to know, its limits, and what had no room.

use crate::render::alike::AlikeRow;
use crate::render::escape::{code, tagged};
use crate::render::{Detail, Options, Size};
use crate::report::Report;
use crate::report::{DiffRoom, Step, middle};

/// How much of each thing a document holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimits {
    /// Rows of the table of changes, and names of the changes that one row stands for.
    pub rows: usize,
    /// Paths in a row.
    pub paths: usize,
    /// Blocks of properties, of a resource or of many in which the same changes.
    pub diffs: usize,
    /// Properties of one resource.
    pub properties: usize,
    /// Unchanged lines on each side of a change in a text.
    pub context: usize,
    /// Changed lines of one property.
    pub lines: usize,
    /// Bytes of one line of a value.
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

impl PageLimits {
    /// How much of a resource's properties is shown.
    pub fn shape(&self) -> Shape {
        Shape { properties: self.properties, room: self.room() }
    }

    /// How much of one value's difference is shown.
    pub fn room(&self) -> DiffRoom {
        DiffRoom { context: self.context, lines: self.lines, width: self.value }
    }
}

/// A document that grows until it is too large.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) size: Option<Size>,
    pub(super) used: usize,
    pub(super) overflowed: bool,
    pub(super) hidden: LeftOut,
}

impl Page {
    pub fn new(size: Option<Size>) -> Self {
        Self { text: String::new(), size, used: 0, overflowed: false, hidden: LeftOut::default() }
    }

    /// Remembers what had no room.
    pub fn hide(&mut self, hidden: LeftOut) {
        self.hidden.add(hidden);
    }

    /// What had no room so far.
    pub fn hidden(&self) -> LeftOut {
        self.hidden
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

/// Where all of a shortened report can be had, if no file was asked for.
pub(super) const ALL_OF_IT: &str = "set `report-file` or `result-file` for all of it";

/// What every part of a document needs to know.
#[derive(Clone, Copy)]
pub(super) struct PageContext<'a> {
    pub report: &'a Report,
    /// The report's steps in the order in which they are shown.
    pub steps: &'a [&'a Step],
    /// The same as rows of a table.
    pub rows: &'a [AlikeRow<'a>],
    pub options: &'a Options,
    pub limits: PageLimits,
}

impl PageContext<'_> {
    /// A name as inline code, not longer than the limit.
    pub fn code(&self, text: &str) -> String {
        code(&middle(text, self.limits.name, None), self.options.flavor.html)
    }

    pub fn html(&self) -> bool {
        self.options.flavor.html
    }

    /// Whether `detail` and more is shown.
    pub fn shows(&self, detail: Detail) -> bool {
        self.options.detail >= detail
    }

    /// A name as code in a heading that folds, where Markdown is not read.
    pub fn tagged(&self, text: &str) -> String {
        tagged(&middle(text, self.limits.name, None), self.options.flavor.html)
    }

    /// Begins a part that is folded away, where that can be done.
    pub fn fold(&self, page: &mut Page, title: &str) {
        self.fold_at_first(page, title, true);
    }

    /// The same, open where `folded` is not.
    pub fn fold_at_first(&self, page: &mut Page, title: &str, folded: bool) {
        if self.html() {
            let open = if folded { "" } else { " open" };
            page.push(&format!("<details{open}><summary>{title}</summary>\n\n"));
        } else {
            page.push(&format!("#### {title}\n\n"));
        }
    }

    pub fn unfold(&self, page: &mut Page) {
        if self.html() {
            page.push("</details>\n\n");
        }
    }

    /// Begins a quote that stands out, where that can be done.
    pub fn alert(&self, page: &mut Page, kind: &str) {
        if self.options.flavor.alerts {
            page.push(&format!("> [!{kind}]\n"));
        }
    }
}

/// How much of a step's properties is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Properties.
    pub properties: usize,
    /// What differs in each.
    pub room: DiffRoom,
}

/// Counts of what had no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Changed lines of properties that are shown.
    pub lines: u64,
    /// Changed lines that are shown without all of their change.
    pub cut: u64,
    /// Changed lines that no form of the report has, or has whole, as a value is too large.
    pub nowhere: u64,
    /// Properties.
    pub properties: u64,
    /// Resources.
    pub resources: usize,
}

impl LeftOut {
    /// Counts `other` too.
    pub fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.cut += other.cut;
        self.nowhere += other.nowhere;
        self.properties += other.properties;
        self.resources += other.resources;
    }
}
