//! The stack's outputs: of a deployment what they are now, of a preview what would change.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::changes::{ALL, difference};
use super::{Html, View, wide};
use crate::render::outputs::{LATER, address_of, all_are_new, ordered};
use crate::render::sides::plain_sides;
use crate::render::{Detail, diff, words};
use crate::report::{Change, DiffRoom, OutputChange, SECRET, UNKNOWN, natural_key, shortened};

/// Bytes of one value.
const VALUE: usize = 4096;
const ROOM: DiffRoom = ALL.room;

/// All of them, and what they were where that was another value.
pub(super) fn listed(view: &View<'_>, html: &mut Html) {
    let report = view.report;
    let changes: HashMap<&str, &OutputChange> =
        report.output_changes.iter().map(|change| (change.name.as_str(), change)).collect();
    html.raw("<dl class=\"outputs\">\n");
    if view.shows(Detail::Values) {
        for (name, value) in ordered(report) {
            html.raw("<div><dt>").code(name).raw("</dt> <dd>");
            now(view, html, value, changes.get(name.as_str()).copied());
            html.raw("</dd></div>\n");
        }
    } else {
        let mut names: Vec<&String> = report.outputs.iter().flat_map(Map::keys).collect();
        names.sort_by_cached_key(|name| natural_key(name));
        for name in names {
            let word = changes.get(name.as_str()).map_or("", |change| word(change).1);
            html.raw("<div><dt>").code(name).raw("</dt> <dd>").raw(word).raw("</dd></div>\n");
        }
    }
    for change in report.output_changes.iter().filter(|change| change.change == Change::Delete) {
        html.raw("<div><dt>").code(&change.name);
        html.raw("</dt> <dd class=\"delete\"><strong>gone</strong></dd></div>\n");
    }
    html.raw("</dl>\n");
}

fn now(view: &View<'_>, html: &mut Html, value: &Value, change: Option<&OutputChange>) {
    if let Some(change) = change.filter(|change| change.text_diff.is_some()) {
        html.raw("<pre>");
        difference(html, &diff::output(change, ROOM).text);
        html.raw("</pre>");
        return;
    }
    match address_of(view.report, value) {
        Some(url) => html.link(url, url),
        None => written(html, value),
    };
    match change.filter(|_| !all_are_new(view.report)) {
        None => {}
        Some(OutputChange { change: Change::Update, old: Some(old), .. }) if old != value => {
            let sides = plain_sides(old, value, VALUE);
            html.raw(" <span class=\"was\">was ").code(&sides.before);
            if let Some(note) = &sides.note {
                html.raw(": ").text(note);
            }
            html.raw("</span>");
        }
        Some(change) => {
            html.raw(" <span class=\"was\">").raw(word(change).1).raw("</span>");
        }
    }
}

/// What changes, or would change.
pub(super) fn changed(view: &View<'_>, html: &mut Html) {
    let values = view.shows(Detail::Values);
    let plan = words::is_plan(view.report);
    html.raw(if plan { "<p>These would change.</p>\n" } else { "<p>These changed.</p>\n" });
    wide(html, "Table of outputs that change", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Output</th><th scope=\"col\">Change</th>");
        if values {
            html.raw("<th scope=\"col\">Before</th><th scope=\"col\">After</th>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        for change in &view.report.output_changes {
            let (class, word) = word(change);
            html.raw("<tr><th scope=\"row\">")
                .code(&change.name)
                .raw("</th><td class=\"")
                .raw(class)
                .raw("\">");
            html.raw(word).raw("</td>");
            if values {
                cells(html, change);
            }
            html.raw("</tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

/// The style of a change, and the word for it.
fn word(change: &OutputChange) -> (&'static str, &'static str) {
    match change.change {
        Change::Add => ("create", "new"),
        Change::Delete => ("delete", "gone"),
        Change::Update if change.is_unknown() => ("other", LATER),
        Change::Update => ("update", "changed"),
    }
}

/// The value before and afterwards; what can't be seen is said beside it.
fn cells(html: &mut Html, change: &OutputChange) {
    if change.text_diff.is_some() {
        html.raw("<td colspan=\"2\"><pre>");
        difference(html, &diff::output(change, ROOM).text);
        html.raw("</pre></td>");
        return;
    }
    match (&change.old, &change.new) {
        (Some(old), Some(new)) if new.as_str() != Some(UNKNOWN) => {
            let sides = plain_sides(old, new, VALUE);
            html.raw("<td>").code(&sides.before).raw("</td><td>").code(&sides.after);
            if let Some(note) = &sides.note {
                html.raw(" (").text(note).raw(")");
            }
            html.raw("</td>");
        }
        (old, new) => {
            let there = [(old, change.change != Change::Add), (new, change.change != Change::Delete)];
            for (value, expected) in there {
                html.raw("<td>");
                match value {
                    Some(value) => written(html, value),
                    None if expected => html.raw("not shown"),
                    None => html,
                };
                html.raw("</td>");
            }
        }
    }
}

fn written<'h>(html: &'h mut Html, value: &Value) -> &'h mut Html {
    match value.as_str() {
        Some(SECRET) => html.raw("<em>secret</em>"),
        Some(UNKNOWN) => html.raw(LATER),
        text => {
            let text = text.map_or_else(|| value.to_string(), str::to_owned);
            html.raw("<code>").text(&shortened(&text, VALUE)).raw("</code>")
        }
    }
}
