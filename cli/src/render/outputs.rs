//! The stack's outputs before and after.

use serde_json::{Map, Value};

use super::escape::{code, fence, plain};
use super::sides::plain_sides;
use super::{Detail, diff, words};
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::{Change, OutputChange, OutputsFrom, shortened};

/// What changes in a table, or all of them folded away where nothing does.
pub(super) fn outputs(context: &PageContext<'_>, page: &mut Page) {
    let report = context.report;
    if !context.shows(Detail::Resources) || context.limits.outputs == 0 {
        return;
    }
    let values = context.shows(Detail::Values);
    if report.output_changes.is_empty() {
        return if values { all_outputs(context, page) } else { names(context, page) };
    }
    let title = if words::is_plan(report) { "Outputs that would change" } else { "Outputs that changed" };
    page.push(&format!("#### {title}\n\n"));
    page.push(if values {
        "| Output | Before | After |\n| --- | --- | --- |\n"
    } else {
        "| Output | |\n| --- | --- |\n"
    });
    for change in report.output_changes.iter().take(context.limits.outputs) {
        if page.is_full() {
            return;
        }
        let name = context.code(&change.name);
        page.push(&if values {
            let [before, after] = cells(context, change);
            format!("| {name} | {before} | {after} |\n")
        } else {
            format!("| {name} | {} |\n", word(change))
        });
    }
    page.push("\n");
    for change in report.output_changes.iter().take(context.limits.outputs).filter(|_| values) {
        if change.text_diff.is_some() {
            let block = diff::output(change, context.limits.room());
            page.hide(block.hidden);
            page.push(&fence(&block.text, "diff"));
            page.push("\n");
        }
    }
    more(page, report.output_changes.len(), context.limits.outputs);
}

fn all_outputs(context: &PageContext<'_>, page: &mut Page) {
    let Some(outputs) = context.report.outputs.as_ref().filter(|outputs| !outputs.is_empty()) else { return };
    context.fold(page, &title(context));
    page.push("| Output | Value |\n| --- | --- |\n");
    for (name, value) in outputs.iter().take(context.limits.outputs) {
        if page.is_full() {
            return;
        }
        page.push(&format!("| {} | {} |\n", context.code(name), cell(context, Some(value))));
    }
    page.push("\n");
    more(page, outputs.len(), context.limits.outputs);
    context.unfold(page);
}

fn names(context: &PageContext<'_>, page: &mut Page) {
    let Some(outputs) = context.report.outputs.as_ref().filter(|outputs| !outputs.is_empty()) else { return };
    let shown = outputs.keys().take(context.limits.outputs.min(50)).map(|name| context.code(name));
    let mut shown = shown.collect::<Vec<_>>();
    if shown.len() < outputs.len() {
        shown.push(format!("{} more", words::number((outputs.len() - shown.len()) as u64)));
    }
    page.push(&format!("{}: {}\n\n", title(context), shown.join(", ")));
}

fn title(context: &PageContext<'_>) -> String {
    let count = words::many(context.report.outputs.as_ref().map_or(0, Map::len), "output");
    match context.report.outputs_from {
        OutputsFrom::Previous => format!("{count} of the last deployment"),
        OutputsFrom::Current | OutputsFrom::None => count,
    }
}

fn word(change: &OutputChange) -> &'static str {
    match change.change {
        Change::Add => "🟢 new",
        Change::Delete => "🔴 **gone**",
        Change::Update => "🔵 changed",
    }
}

/// The value before and afterwards; what can't be seen is said beside it.
fn cells(context: &PageContext<'_>, change: &OutputChange) -> [String; 2] {
    let (old, new) = (change.old.as_ref(), change.new.as_ref());
    if change.text_diff.is_some() {
        return [old, new].map(|digest| {
            digest.map(|digest| format!("{}, see below", words::size(digest))).unwrap_or_default()
        });
    }
    let (Some(was), Some(is)) = (old, new) else {
        let withheld = |value: Option<&Value>, expected: bool| match value {
            None if expected => "not shown".to_owned(),
            value => cell(context, value),
        };
        return [withheld(old, change.change != Change::Add), withheld(new, change.change != Change::Delete)];
    };
    let sides = plain_sides(was, is, context.limits.value.min(1000));
    let note = sides.note.map(|note| format!(" ({})", plain(&note))).unwrap_or_default();
    let written = |side: &str| code(side, context.html());
    [written(&sides.before), written(&sides.after) + &note]
}

fn cell(context: &PageContext<'_>, value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    code(&shortened(&text, context.limits.value.min(1000)), context.html())
}

fn more(page: &mut Page, total: usize, shown: usize) {
    if total > shown {
        page.push(&format!("… and {} not shown.\n\n", words::many(total - shown, "more output")));
    }
}
