//! The table of changes: by operation, deletions and replacements first and loud.

use super::alike::AlikeRow;
use super::{Detail, alike, ruled, words};
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::{Step, StepStatus};

/// So many properties that force a replacement are named above the table.
const FORCING: usize = 5;

/// With more rows than this, what destroys nothing is folded away.
const OPEN_ROWS: usize = 30;

/// Where nothing folds, so many names of changes that are alike are listed, unless they destroy.
const NAMES: usize = 20;

/// What will be gone, named above the table.
pub(super) fn warning(context: &PageContext<'_>, page: &mut Page) {
    let report = context.report;
    let plan = words::is_plan(report);
    let changes = report.least_changes();
    let count = |operation: &str| changes.get(operation).copied().unwrap_or(0);
    let mut lost = Vec::new();
    if words::found(report, "delete").is_some() {
        return;
    }
    // Of a run that was refused nothing is done.
    let will = if ruled::ended(report) { "would have been" } else { "will be" };
    for (operation, to_be, was) in [
        ("delete", format!("{will} deleted"), "deleted"),
        ("replace", format!("{will} replaced"), "replaced"),
        ("delete-replaced", format!("left over from a replacement {will} deleted"), "left over deleted"),
    ] {
        if count(operation) > 0 {
            let things = words::many(usize::try_from(count(operation)).unwrap_or(usize::MAX), "resource");
            lost.push(format!("{things} {}", if plan { &to_be } else { was }));
        }
    }
    if lost.is_empty() || !plan {
        return;
    }
    context.alert(page, "CAUTION");
    let least = if report.changes.is_none() { "At least " } else { "" };
    page.push(&format!("> **{least}{}.**", lost.join(", ")));
    let forcing = words::forcing(report);
    if context.shows(Detail::Paths) && !forcing.is_empty() {
        let shown = forcing.iter().take(FORCING).map(|key| context.code(key)).collect::<Vec<_>>().join(", ");
        let more = forcing.len().saturating_sub(FORCING);
        let more = if more > 0 { format!(" and {} more", words::number(more as u64)) } else { String::new() };
        let verb = if forcing.len() > 1 { "force" } else { "forces" };
        page.push(&format!(" {shown}{more} {verb} replacement."));
    }
    page.push("\n\n");
}

/// All changes in a table, what destroys first.
pub(super) fn table(context: &PageContext<'_>, page: &mut Page) {
    if !context.shows(Detail::Resources) || context.limits.rows == 0 {
        return;
    }
    let (shown, hidden) = context.rows.split_at(context.limits.rows.min(context.rows.len()));
    let (loud, quiet) = shown.split_at(shown.partition_point(|row| words::destroys(&row.first().operation)));
    if shown.len() > OPEN_ROWS && !quiet.is_empty() {
        rows(context, page, loud);
        let thing = if loud.is_empty() { "change" } else { "other change" };
        context.fold(page, &words::many(alike::count(quiet), thing));
        rows(context, page, quiet);
        context.unfold(page);
    } else {
        rows(context, page, shown);
    }
    if !hidden.is_empty() {
        let more = words::many(alike::count(hidden), "more change");
        page.push(&format!("… and {more} not shown.\n\n"));
    }
}

fn rows(context: &PageContext<'_>, page: &mut Page, rows: &[AlikeRow<'_>]) {
    if rows.is_empty() {
        return;
    }
    let paths = context.shows(Detail::Paths) && context.limits.paths > 0;
    let paths = paths && rows.iter().any(|row| !properties(context, row).is_empty());
    page.push(if paths {
        "| | Resource | Type | Properties |\n| --- | --- | --- | --- |\n"
    } else {
        "| | Resource | Type |\n| --- | --- | --- |\n"
    });
    for row in rows {
        if page.is_full() {
            return;
        }
        let step = row.first();
        page.push_all(&["| ", &label(context, row), " | ", &context.code(&step.name)]);
        if let Some(last) = row.last() {
            page.push_all(&[" … ", &context.code(&last.name)]);
        }
        page.push_all(&[" | ", &context.code(&step.kind), " |"]);
        if paths {
            page.push_all(&[" ", &properties(context, row), " |"]);
        }
        page.push("\n");
    }
    page.push("\n");
    for row in rows.iter().filter(|row| row.count() > 1) {
        names(context, page, row);
    }
}

/// The names of all changes that one row stands for: folded away, but of what destroys always in sight.
fn names(context: &PageContext<'_>, page: &mut Page, row: &AlikeRow<'_>) {
    let step = row.first();
    let loud = words::destroys(&step.operation);
    let word = words::operation(context.report, step);
    let title = format!("{word} {} × {}", words::number(row.count() as u64), context.tagged(&step.kind));
    let room = if loud || context.html() { context.limits.rows } else { context.limits.rows.min(NAMES) };
    if context.html() {
        context.fold_at_first(page, &title, !loud);
    } else {
        page.push(&format!("{title}: "));
    }
    for (at, step) in row.steps().take(room).enumerate() {
        if page.is_full() {
            return;
        }
        page.push_all(&[if at > 0 { ", " } else { "" }, &context.code(&step.name), &id(context, step)]);
    }
    let more = row.count().saturating_sub(room);
    if more > 0 {
        page.push(&format!(" and {} more", words::number(more as u64)));
    }
    page.push("\n\n");
    context.unfold(page);
}

/// What goes has its ID beside its name: it is all that finds it at its provider.
fn id(context: &PageContext<'_>, step: &Step) -> String {
    let shown = |_: &&str| step.operation == "delete" && context.shows(Detail::Values);
    step.id.as_deref().filter(shown).map_or_else(String::new, |id| format!(" (ID {})", context.code(id)))
}

fn label(context: &PageContext<'_>, row: &AlikeRow<'_>) -> String {
    let step = row.first();
    let sign = match step.operation.as_str() {
        "delete" => "🔴",
        "replace" | "delete-replaced" => "🟠",
        "create" | "import" => "🟢",
        "update" => "🔵",
        _ => "⚪",
    };
    let word = words::operation(context.report, step);
    let word = if words::destroys(&step.operation) { format!("**{word}**") } else { word.to_owned() };
    match step.status {
        StepStatus::Failed => format!("❌ {word} **failed**"),
        StepStatus::Unfinished => format!("❔ {word} **unfinished**"),
        StepStatus::Planned | StepStatus::Done if row.count() > 1 => {
            format!("{sign} {word} **{} ×**", words::number(row.count() as u64))
        }
        StepStatus::Planned | StepStatus::Done => format!("{sign} {word}"),
    }
}

/// Whether it was not there before.
pub(super) fn is_new(step: &Step) -> bool {
    matches!(step.operation.as_str(), "create" | "import")
}

/// What forces a replacement in bold, then what else changes. All of a new resource is new: not worth a word, but of
/// many new ones that are alike.
fn properties(context: &PageContext<'_>, row: &AlikeRow<'_>) -> String {
    let step = row.first();
    if is_new(step) && row.count() == 1 {
        return String::new();
    }
    let forced = step.replace_keys.iter().map(|key| format!("**{}**", context.code(key)));
    let known = |path: &str| step.replace_keys.iter().any(|key| key == path);
    let others = step.diffs.iter().filter(|diff| !known(&diff.path)).map(|diff| context.code(&diff.path));
    if let Some(id) = step
        .id
        .as_deref()
        .filter(|_| row.count() == 1 && step.operation == "delete" && context.shows(Detail::Values))
    {
        return format!("ID {}", context.code(id));
    }
    let total = step.replace_keys.len() + step.diffs.iter().filter(|diff| !known(&diff.path)).count();
    let mut shown: Vec<_> = forced.chain(others).take(context.limits.paths).collect();
    let more = total - shown.len() + usize::try_from(step.more_diffs).unwrap_or(0);
    if more > 0 {
        shown.push(format!("{} more", words::number(more as u64)));
    }
    shown.join(", ")
}
