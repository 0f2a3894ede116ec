//! The stack's outputs: what changes, and what they are where values may be shown.

use serde_json::{Map, Value};

use super::{Html, View, wide};
use crate::render::{Detail, words};
use crate::report::{Change, OutputsFrom, shortened};

/// Bytes of one value.
const VALUE: usize = 4096;

pub(super) fn outputs(view: &View<'_>, html: &mut Html) {
    let report = view.report;
    let values = view.options.output_values && view.shows(Detail::Values);
    if !report.output_changes.is_empty() {
        changes(view, html, values);
    } else if values {
        all(view, html);
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
                cell(html, change.old.as_ref());
                cell(html, change.new.as_ref());
            }
            html.raw("</tr>\n");
        }
        html.raw("</tbody>\n</table>\n");
    });
}

fn all(view: &View<'_>, html: &mut Html) {
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
        OutputsFrom::Previous if view.report.changes.is_none() => {
            "Of the last deployment; whether they change is not known."
        }
        _ if view.report.changes.is_none() => "Whether they change is not known.",
        OutputsFrom::Previous => "Of the last deployment; none of them changes.",
        OutputsFrom::Current | OutputsFrom::None => "None of them changes.",
    }
}

fn cell(html: &mut Html, value: Option<&Value>) {
    html.raw("<td>");
    if let Some(value) = value {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        html.raw("<code>").text(&shortened(&text, VALUE)).raw("</code>");
    }
    html.raw("</td>");
}
