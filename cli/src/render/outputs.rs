//! The stack's outputs: of a deployment what they are now, second after the heading; of a preview what would change.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::escape::{autolink, code, fence, plain};
use super::sides::plain_sides;
use super::{Detail, diff, words};
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::{
    Change, Operation, OutputChange, OutputsFrom, Report, SECRET, Status, UNKNOWN, natural_key, shortened,
};

/// With more outputs than this, those that are no addresses are folded away.
const OPEN: usize = 10;

/// What is said in place of a value that is not known before the deployment.
pub(super) const LATER: &str = "known after the deployment";

/// Whether the outputs are those that this run has left: what a reader came for.
fn are_deployed(report: &Report) -> bool {
    !words::is_plan(report)
        && report.status == Status::Succeeded
        && report.outputs_from == OutputsFrom::Current
        && report.outputs.is_some()
}

/// Whether all of them are listed: those that this run has left, and those that somebody asked for. Those of the last
/// deployment nobody asked a preview for.
pub(super) fn are_listed(report: &Report) -> bool {
    let any = report.outputs.as_ref().is_some_and(|outputs| !outputs.is_empty());
    let of_this_run = are_deployed(report) || report.command == Operation::Outputs;
    of_this_run && any
}

/// The outputs in the order in which they are shown: addresses first, then by name.
pub(super) fn ordered(report: &Report) -> Vec<(&String, &Value)> {
    let mut outputs: Vec<(&String, &Value)> = report.outputs.iter().flatten().collect();
    outputs.sort_by_cached_key(|(name, value)| (address_of(report, value).is_none(), natural_key(name)));
    outputs
}

/// The address that an output is, if it may become a link.
pub(super) fn address_of<'v>(report: &Report, value: &'v Value) -> Option<&'v str> {
    let url = value.as_str().filter(|_| !report.is_a_strangers)?;
    let whole =
        |rest: &str| !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control());
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    (whole(rest) && url.len() <= 500 && !rest.contains(SECRET)).then_some(url)
}

/// What a run has left, right below the heading.
pub(super) fn deployed(context: &PageContext<'_>, page: &mut Page) {
    let report = context.report;
    if let Some(url) = report.address.as_deref().filter(|_| !report.is_a_strangers) {
        page.push(&format!("🔗 <{}>\n\n", autolink(url)));
    }
    if !are_listed(report) || !context.shows(Detail::Resources) || context.limits.outputs == 0 {
        return;
    }
    let changes: HashMap<&str, &OutputChange> =
        report.output_changes.iter().map(|change| (change.name.as_str(), change)).collect();
    if context.shows(Detail::Values) {
        values(context, page, &changes);
    } else {
        names(context, page, &changes);
    }
}

/// The list of all outputs with their values, and what they were where that was another one.
fn values(context: &PageContext<'_>, page: &mut Page, changes: &HashMap<&str, &OutputChange>) {
    let report = context.report;
    let outputs = ordered(report);
    let (shown, hidden) = outputs.split_at(outputs.len().min(context.limits.outputs));
    let addresses = shown.partition_point(|(_, value)| address_of(report, value).is_some());
    let open = if shown.len() > OPEN { addresses } else { shown.len() };
    let (open, folded) = shown.split_at(open);
    let line = |page: &mut Page, (name, value): &(&String, &Value)| {
        let change = changes.get(name.as_str()).copied();
        page.push(&line(context, name, value, change));
    };
    for output in open {
        line(page, output);
    }
    if !open.is_empty() {
        page.push("\n");
    }
    if !folded.is_empty() {
        let thing = if open.is_empty() { "output" } else { "more output" };
        context.fold(page, &words::many(folded.len(), thing));
        for output in folded {
            if page.is_full() {
                return;
            }
            line(page, output);
        }
        page.push("\n");
        context.unfold(page);
    }
    more(page, hidden.len());
    let gone = report.output_changes.iter().filter(|change| change.change == Change::Delete);
    let gone: Vec<_> = gone.take(context.limits.outputs).map(|change| context.code(&change.name)).collect();
    if !gone.is_empty() {
        page.push(&format!("🔴 **gone**: {}\n\n", gone.join(", ")));
    }
    blocks(context, page);
}

fn line(context: &PageContext<'_>, name: &str, value: &Value, change: Option<&OutputChange>) -> String {
    let large = change.is_some_and(|change| change.text_diff.is_some());
    let shown = match value.as_str() {
        _ if large => "see below".to_owned(),
        Some(SECRET) => "*secret*".to_owned(),
        _ => match address_of(context.report, value) {
            Some(url) => format!("<{}>", autolink(url)),
            None => cell(context, Some(value)),
        },
    };
    let was = match change.filter(|_| !large) {
        None => String::new(),
        Some(_) if all_are_new(context.report) => String::new(),
        Some(change) if change.change == Change::Add => " (new)".to_owned(),
        Some(OutputChange { old: Some(old), .. }) if old == value => {
            let changed = if old.as_str() == Some(SECRET) { "changed" } else { "a secret in it changed" };
            format!(" ({changed})")
        }
        Some(OutputChange { old: Some(old), .. }) => {
            let sides = plain_sides(old, value, context.limits.value.min(300));
            let note = sides.note.map(|note| format!(": {}", plain(&note))).unwrap_or_default();
            format!(" (was {}{note})", code(&sides.before, context.html()))
        }
        Some(_) => " (changed)".to_owned(),
    };
    match address_of(context.report, value) {
        Some(_) => format!("- 🔗 **{}** {shown}{was}\n", context.code(name)),
        None => format!("- {}: {shown}{was}\n", context.code(name)),
    }
}

/// Whether the stack had no outputs before: a word beside each would say it too often.
pub(super) fn all_are_new(report: &Report) -> bool {
    let new = report.output_changes.iter().filter(|change| change.change == Change::Add).count();
    new == report.output_changes.len() && Some(new) == report.outputs.as_ref().map(Map::len)
}

/// The names alone, and which of them changed.
fn names(context: &PageContext<'_>, page: &mut Page, changes: &HashMap<&str, &OutputChange>) {
    let report = context.report;
    let mut all: Vec<&String> = report.outputs.iter().flat_map(Map::keys).collect();
    all.sort_by_cached_key(|name| natural_key(name));
    let count = all.len();
    let room = context.limits.outputs.min(50);
    let all_new = all_are_new(report);
    let said = |name: &String| {
        let change = changes
            .get(name.as_str())
            .filter(|_| !all_new)
            .map(|change| format!(" ({})", plain_word(change)));
        context.code(name) + &change.unwrap_or_default()
    };
    let mut shown: Vec<String> = all.into_iter().take(room).map(said).collect();
    if shown.len() < count {
        shown.push(format!("{} more", words::number((count - shown.len()) as u64)));
    }
    let gone = report.output_changes.iter().filter(|change| change.change == Change::Delete);
    shown.extend(gone.take(room).map(|change| format!("{} (**gone**)", context.code(&change.name))));
    if !shown.is_empty() {
        page.push(&format!("{}: {}\n\n", words::many(count, "output"), shown.join(", ")));
    }
}

/// What changes, or would change, in a table.
pub(super) fn changed(context: &PageContext<'_>, page: &mut Page) {
    let report = context.report;
    let nothing = report.output_changes.is_empty() || are_listed(report);
    if nothing || !context.shows(Detail::Resources) || context.limits.outputs == 0 {
        return;
    }
    let values = context.shows(Detail::Values);
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
    blocks(context, page);
    more(page, report.output_changes.len().saturating_sub(context.limits.outputs));
}

/// What differs in values that are too large for a line.
fn blocks(context: &PageContext<'_>, page: &mut Page) {
    if !context.shows(Detail::Values) {
        return;
    }
    for change in context.report.output_changes.iter().take(context.limits.outputs) {
        if change.text_diff.is_some() {
            let block = diff::output(change, context.limits.room());
            page.hide(block.hidden);
            page.push(&fence(&block.text, "diff"));
            page.push("\n");
        }
    }
}

fn word(change: &OutputChange) -> &'static str {
    match change.change {
        Change::Add if change.is_unknown() => "🟢 new, known after the deployment",
        Change::Add => "🟢 new",
        Change::Delete => "🔴 **gone**",
        Change::Update if change.is_unknown() => LATER,
        Change::Update => "🔵 changed",
    }
}

pub(super) fn plain_word(change: &OutputChange) -> &'static str {
    match change.change {
        Change::Add => "new",
        Change::Delete => "**gone**",
        Change::Update => "changed",
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
    let withheld = |value: Option<&Value>, expected: bool| match value {
        None if expected => "not shown".to_owned(),
        value => cell(context, value),
    };
    let (Some(was), Some(is)) = (old, new) else {
        return [withheld(old, change.change != Change::Add), withheld(new, change.change != Change::Delete)];
    };
    if is.as_str() == Some(UNKNOWN) {
        return [withheld(old, true), LATER.to_owned()];
    }
    let sides = plain_sides(was, is, context.limits.value.min(1000));
    let note = sides.note.map(|note| format!(" ({})", plain(&note))).unwrap_or_default();
    let written = |side: &str| code(side, context.html());
    [written(&sides.before), written(&sides.after) + &note]
}

fn cell(context: &PageContext<'_>, value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) if text == UNKNOWN => LATER.to_owned(),
        Some(Value::String(text)) if text == SECRET => "*secret*".to_owned(),
        Some(value) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            code(&shortened(&text, context.limits.value.min(1000)), context.html())
        }
    }
}

fn more(page: &mut Page, count: usize) {
    if count > 0 {
        page.push(&format!("… and {} not shown.\n\n", words::many(count, "more output")));
    }
}
