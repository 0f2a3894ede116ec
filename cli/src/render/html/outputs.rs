//! The stack's outputs: what changes, and what they are where values may be shown.

use serde_json::{Map, Value};

use super::changes::{ALL, difference};
use super::{Html, View, wide};
use crate::render::sides::plain_sides;
use crate::render::{Detail, diff, words};
use crate::report::{Change, DiffRoom, OutputChange, OutputsFrom, shortened};

/// Bytes of one value.
const VALUE: usize = 4096;
const ROOM: DiffRoom = ALL.room;

pub(super) fn outputs(view: &View<'_>, html: &mut Html) {
    let report = view.report;
    let values = view.shows(Detail::Values);
    if !report.output_changes.is_empty() {
        changes(view, html, values);
    } else if values {
        all_outputs(view, html);
    } else {
        html.raw("<p>").raw(from(view)).raw("</p>\n<ul>\n");
        for name in report.outputs.iter().flat_map(Map::keys) {
            html.raw("<li>").code(name).raw("</li>\n");
        }
        html.raw("</ul>\n");
    }
}

fn changes(view: &View<'_>, html: &mut Html, values: bool) {
    let plan = words::is_plan(view.report);
    html.raw(if plan { "<p>These would change.</p>\n" } else { "<p>These changed.</p>\n" });
    wide(html, "Table of outputs that change", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Output</th><th scope=\"col\">Change</th>");
        if values {
            html.raw("<th scope=\"col\">Before</th><th scope=\"col\">After</th>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        for change in &view.report.output_changes {
            let (class, word) = match change.change {
                Change::Add => ("create", "new"),
                Change::Delete => ("delete", "gone"),
                Change::Update => ("update", "changed"),
            };
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

fn all_outputs(view: &View<'_>, html: &mut Html) {
    html.raw("<p>").raw(from(view)).raw("</p>\n");
    wide(html, "Table of outputs", |html| {
        html.raw("<table>\n<thead><tr><th scope=\"col\">Output</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
        for (name, value) in view.report.outputs.iter().flatten() {
            html.raw("<tr><th scope=\"row\">").code(name).raw("</th>");
            cell(html, Some(value));
            html.raw("</tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

fn from(view: &View<'_>) -> &'static str {
    match view.report.outputs_from {
        OutputsFrom::Previous if view.report.has_changes.is_none() => {
            "Of the last deployment; whether they change is not known."
        }
        _ if view.report.has_changes.is_none() => "Whether they change is not known.",
        OutputsFrom::Previous => "Of the last deployment; none of them changes.",
        OutputsFrom::Current | OutputsFrom::None => "None of them changes.",
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
    let (Some(old), Some(new)) = (&change.old, &change.new) else {
        for (value, expected) in
            [(&change.old, change.change != Change::Add), (&change.new, change.change != Change::Delete)]
        {
            if value.is_none() && expected {
                html.raw("<td>not shown</td>");
            } else {
                cell(html, value.as_ref());
            }
        }
        return;
    };
    let sides = plain_sides(old, new, VALUE);
    html.raw("<td>").code(&sides.before).raw("</td><td>").code(&sides.after);
    if let Some(note) = &sides.note {
        html.raw(" (").text(note).raw(")");
    }
    html.raw("</td>");
}

fn cell(html: &mut Html, value: Option<&Value>) {
    html.raw("<td>");
    if let Some(value) = value {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        html.raw("<code>").text(&shortened(&text, VALUE)).raw("</code>");
    }
    html.raw("</td>");
}
