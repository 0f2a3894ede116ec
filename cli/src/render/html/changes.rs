//! The table of changes, what destroys first, each row with the properties that change.

use super::{Html, View, class};
use crate::render::alike::{self, AlikeRow};
use crate::render::page::Shape;
use crate::render::{Detail, diff, words};
use crate::report::{DiffRoom, Step, StepStatus};

/// With more changes than this, properties are folded away at first.
const OPEN: usize = 20;

/// With more changes than this, only the rows in sight are laid out.
const MANY: usize = 200;

/// Paths that are named before the rest is counted.
const PATHS: usize = 6;

/// A page larger than this holds short values only from there on: no browser likes a hundred megabytes.
const LARGE: usize = 8 * 1024 * 1024;
pub(super) const ALL: Shape =
    Shape { properties: 500, room: DiffRoom { context: 3, lines: usize::MAX, width: 16_384 } };
const SHORT: Shape = Shape { properties: 20, room: DiffRoom { context: 0, lines: 20, width: 160 } };

/// How a row is written.
#[derive(Clone, Copy)]
struct Looks {
    open: bool,
    short: bool,
}

pub(super) fn table(view: &View<'_>, html: &mut Html) {
    let steps = words::ordered(view.report);
    let rows = alike::rows(&steps, view.shows(Detail::Paths));
    // Shown by the script, as it does nothing without. It searches one table.
    if view.prefix.is_empty() {
        html.raw("<form id=\"filter\" role=\"search\" hidden>\n")
            .raw("<label>Search <input id=\"query\" type=\"search\" autocomplete=\"off\" aria-keyshortcuts=\"/\"></label>\n")
        .raw("<label>Operation <select id=\"operation\"><option value=\"\">all</option></select></label>\n")
        .raw("<output id=\"shown\" for=\"query operation\"></output>\n</form>\n");
    }
    let began = html.len();
    // The style lays the rows out by itself, and a browser may forget then what they are:
    // <https://www.w3.org/WAI/ARIA/apg/patterns/table/>
    html.raw("<table id=\"").raw(view.prefix).raw("rows\" class=\"rows");
    html.raw(if rows.len() > MANY { " many" } else { "" });
    html.raw("\" role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">");
    for head in ["Operation", "Resource", "Type", "Properties"] {
        html.raw("<th scope=\"col\" role=\"columnheader\">").raw(head).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for of_table in &rows {
        let short = html.len() - began > LARGE;
        row(view, html, of_table, Looks { open: rows.len() <= OPEN, short });
    }
    html.raw("</tbody>\n</table>\n");
    if html.len() - began > LARGE {
        html.raw("<p>The last rows show short values only, as there are so many.</p>\n");
    }
}

fn row(view: &View<'_>, html: &mut Html, row: &AlikeRow<'_>, looks: Looks) {
    let step = row.first();
    let (word, class) = (words::operation(view.report, step), class(&step.operation));
    // What the script counts and chooses by.
    html.raw("<tr role=\"row\" data-operation=\"").raw(word).raw("\" data-count=\"");
    html.raw(&row.count().to_string()).raw("\"><td role=\"cell\" class=\"").raw(class).raw("\">");
    html.raw("<span class=\"sign\" aria-hidden=\"true\">").raw(sign(class)).raw("</span>");
    if words::destroys(&step.operation) {
        html.raw("<strong>").raw(word).raw("</strong>");
    } else {
        html.raw(word);
    }
    html.raw(match step.status {
        StepStatus::Failed => " <strong class=\"failed\">failed</strong>",
        StepStatus::Unfinished => " <strong class=\"failed\">unfinished</strong>",
        StepStatus::Planned | StepStatus::Done => "",
    });
    html.raw("</td><th scope=\"row\" role=\"rowheader\">");
    if row.count() > 1 {
        html.raw("<strong>").raw(&words::number(row.count() as u64)).raw(" ×</strong> ");
    }
    html.code(&step.name);
    if let Some(last) = row.last() {
        html.raw(" … ").code(&last.name);
    }
    html.raw("</th><td role=\"cell\">").code(&step.kind).raw("</td><td role=\"cell\">");
    if row.count() > 1 {
        members(view, html, row, looks);
    } else if view.shows(Detail::Paths) {
        properties(view, html, step, looks);
    }
    html.raw("</td></tr>\n");
}

/// How an operation looks without its colour.
pub(super) fn sign(class: &str) -> &'static str {
    match class {
        "create" => "+",
        "delete" => "−",
        "replace" => "±",
        "update" => "~",
        _ => "·",
    }
}

/// All that one row stands for, by their names; what destroys is in sight.
fn members(view: &View<'_>, html: &mut Html, row: &AlikeRow<'_>, looks: Looks) {
    let step = row.first();
    let open = words::destroys(&step.operation);
    html.raw(if open { "<details open><summary>" } else { "<details><summary>" });
    html.raw("all ").raw(&words::number(row.count() as u64));
    if view.shows(Detail::Paths) && !(step.diffs.is_empty() && step.replace_keys.is_empty()) {
        html.raw(": ");
        names(html, step);
    }
    html.raw("</summary><ul class=\"alike\">\n");
    let values = view.shows(Detail::Values);
    for step in row.steps() {
        html.raw("<li>").code(&step.name);
        if values {
            html.raw(" ");
            id(html, step);
            if !step.diffs.is_empty() {
                difference_of(html, step, Looks { open: false, ..looks }, "what changes");
            }
        }
        html.raw("</li>\n");
    }
    html.raw("</ul></details>");
}

fn id(html: &mut Html, step: &Step) {
    if let Some(id) = step.id.as_deref().filter(|_| step.operation == "delete") {
        html.raw("ID ").code(id);
    }
}

/// The changed properties with their values, folded away at first where there are many.
fn difference_of(html: &mut Html, step: &Step, looks: Looks, title: &str) {
    html.raw(if looks.open { "<details open><summary>" } else { "<details><summary>" });
    if title.is_empty() {
        names(html, step);
    } else {
        html.raw(title);
    }
    html.raw("</summary><pre>");
    difference(html, &diff::block(step, if looks.short { SHORT } else { ALL }).text);
    html.raw("</pre></details>");
}

fn properties(view: &View<'_>, html: &mut Html, step: &Step, looks: Looks) {
    let values = view.shows(Detail::Values);
    if values {
        id(html, step);
    }
    if !values || step.diffs.is_empty() {
        return names(html, step);
    }
    difference_of(html, step, looks, "");
}

/// The lines of a `diff` block.
pub(super) fn difference(html: &mut Html, block: &str) {
    for line in block.lines() {
        // The elements speak where colours don't.
        let element = match line.as_bytes().first() {
            Some(b'+') => Some(("<ins>", "</ins>\n")),
            Some(b'-') => Some(("<del>", "</del>\n")),
            _ => None,
        };
        match element {
            Some((begin, end)) => html.raw(begin).lines(line).raw(end),
            None => html.lines(line).raw("\n"),
        };
    }
}

/// What forces a replacement, then what else changes.
fn names(html: &mut Html, step: &Step) {
    let forced = |path: &str| step.replace_keys.iter().any(|key| key == path);
    let others = step.diffs.iter().map(|diff| diff.path.as_str()).filter(|path| !forced(path));
    let mut between = "";
    for key in step.replace_keys.iter().take(PATHS) {
        html.raw(between).raw("<strong>").code(key).raw("</strong>");
        between = ", ";
    }
    if !step.replace_keys.is_empty() {
        html.raw(if step.replace_keys.len() > 1 { " force replacement" } else { " forces replacement" });
    }
    let total = others.clone().count() as u64 + step.more_diffs;
    let named = others.take(PATHS.saturating_sub(step.replace_keys.len()));
    let mut count = 0;
    for path in named {
        html.raw(between).code(path);
        (between, count) = (", ", count + 1);
    }
    if total > count {
        html.raw(between).raw(&words::number(total - count)).raw(" more");
    }
}
