//! The table of changes, what destroys first, each row with the properties that change.

use super::{Html, View, class, wide};
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

/// What the parts of the table say that they are. A browser may forget it of rows that the style lays out by itself:
/// <https://www.w3.org/WAI/ARIA/apg/patterns/table/>
struct Roles {
    table: &'static str,
    group: &'static str,
    row: &'static str,
    column: &'static str,
    head: &'static str,
    cell: &'static str,
}

const IMPLIED: Roles = Roles { table: "", group: "", row: "", column: "", head: "", cell: "" };
const SPOKEN: Roles = Roles {
    table: " class=\"many\" role=\"table\"",
    group: " role=\"rowgroup\"",
    row: " role=\"row\"",
    column: " role=\"columnheader\"",
    head: " role=\"rowheader\"",
    cell: " role=\"cell\"",
};

/// How a row is written.
struct Looks {
    roles: &'static Roles,
    paths: bool,
    open: bool,
    short: bool,
}

pub(super) fn table(view: &View<'_>, html: &mut Html) {
    let steps = words::ordered(view.report);
    // Shown by the script, as it does nothing without. It searches one table.
    if view.prefix.is_empty() {
        html.raw("<form id=\"filter\" role=\"search\" hidden>\n")
            .raw("<label>Search <input id=\"query\" type=\"search\" autocomplete=\"off\" aria-keyshortcuts=\"/\"></label>\n")
        .raw("<label>Operation <select id=\"operation\"><option value=\"\">all</option></select></label>\n")
        .raw("<output id=\"shown\" for=\"query operation\"></output>\n</form>\n");
    }
    let paths = view.shows(Detail::Paths);
    let began = html.len();
    wide(html, "Table of changes", |html| {
        let roles = if steps.len() > MANY { &SPOKEN } else { &IMPLIED };
        html.raw("<table id=\"")
            .raw(view.prefix)
            .raw("rows\"")
            .raw(roles.table)
            .raw(">\n<thead")
            .raw(roles.group)
            .raw("><tr")
            .raw(roles.row);
        html.raw(">");
        let heads = ["Operation", "Resource", "Type", "Properties"];
        for head in heads.into_iter().take(if paths { 4 } else { 3 }) {
            html.raw("<th scope=\"col\"").raw(roles.column).raw(">").raw(head).raw("</th>");
        }
        html.raw("</tr></thead>\n<tbody").raw(roles.group).raw(">\n");
        for step in &steps {
            let short = html.len() - began > LARGE;
            let looks = Looks { roles, paths, open: steps.len() <= OPEN, short };
            row(view, html, step, &looks);
        }
        html.raw("</tbody>\n</table>\n");
    });
    if html.len() - began > LARGE {
        html.raw("<p>The last rows show short values only, as there are so many.</p>\n");
    }
}

fn row(view: &View<'_>, html: &mut Html, step: &Step, looks: &Looks) {
    let Looks { roles, paths, open, short } = *looks;
    let word = words::operation(view.report, step);
    html.raw("<tr")
        .raw(roles.row)
        .raw("><td")
        .raw(roles.cell)
        .raw(" class=\"")
        .raw(class(&step.operation))
        .raw("\">");
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
    html.raw("</td><th scope=\"row\"").raw(roles.head).raw(">").code(&step.name).raw("</th>");
    html.raw("<td").raw(roles.cell).raw(">").code(&step.kind).raw("</td>");
    if paths {
        html.raw("<td").raw(roles.cell).raw(">");
        properties(view, html, step, open, short);
        html.raw("</td>");
    }
    html.raw("</tr>\n");
}

fn properties(view: &View<'_>, html: &mut Html, step: &Step, open: bool, short: bool) {
    let values = view.shows(Detail::Values);
    if let Some(id) = step.id.as_deref().filter(|_| values && step.operation == "delete") {
        html.raw("ID ").code(id);
    }
    if !values || step.diffs.is_empty() {
        return names(html, step);
    }
    html.raw(if open { "<details open><summary>" } else { "<details><summary>" });
    names(html, step);
    html.raw("</summary><pre>");
    difference(html, &diff::block(step, if short { SHORT } else { ALL }).text);
    html.raw("</pre></details>");
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
