//! The table of changes: by operation, deletions and replacements first and loud.

use super::{Detail, words};
use crate::render::page::Page;
use crate::render::page::PageContext;
use crate::report::{Step, StepStatus};

/// So many properties that force a replacement are named above the table.
const FORCING: usize = 5;

/// With more rows than this, what destroys nothing is folded away.
const OPEN_ROWS: usize = 30;

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
    for (operation, will, was) in [
        ("delete", "will be deleted", "deleted"),
        ("replace", "will be replaced", "replaced"),
        ("delete-replaced", "left over from a replacement will be deleted", "left over deleted"),
    ] {
        if count(operation) > 0 {
            let things = words::many(usize::try_from(count(operation)).unwrap_or(usize::MAX), "resource");
            lost.push(format!("{things} {}", if plan { will } else { was }));
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
    let total = context.steps.len();
    let steps = context.steps.get(..context.limits.rows.min(total)).unwrap_or_default();
    let split = steps.partition_point(|step| words::destroys(&step.operation));
    let (loud, quiet) = steps.split_at(split);
    if steps.len() > OPEN_ROWS && !quiet.is_empty() {
        rows(context, page, loud);
        context
            .fold(page, &words::many(quiet.len(), if loud.is_empty() { "change" } else { "other change" }));
        rows(context, page, quiet);
        context.unfold(page);
    } else {
        rows(context, page, steps);
    }
    if total > steps.len() {
        page.push(&format!("… and {} not shown.\n\n", words::many(total - steps.len(), "more change")));
    }
}

fn rows(context: &PageContext<'_>, page: &mut Page, steps: &[&Step]) {
    if steps.is_empty() {
        return;
    }
    let paths = context.shows(Detail::Paths) && context.limits.paths > 0;
    let tells = |step: &&Step| !is_new(step) && !properties(context, step).is_empty();
    let paths = paths && steps.iter().any(tells);
    page.push(if paths {
        "| | Resource | Type | Properties |\n| --- | --- | --- | --- |\n"
    } else {
        "| | Resource | Type |\n| --- | --- | --- |\n"
    });
    for step in steps {
        if page.is_full() {
            return;
        }
        page.push_all(&[
            "| ",
            &label(context, step),
            " | ",
            &context.code(&step.name),
            " | ",
            &context.code(&step.kind),
            " |",
        ]);
        if paths {
            page.push_all(&[" ", &properties(context, step), " |"]);
        }
        page.push("\n");
    }
    page.push("\n");
}

fn label(context: &PageContext<'_>, step: &Step) -> String {
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
        StepStatus::Planned | StepStatus::Done => format!("{sign} {word}"),
    }
}

/// Whether it was not there before.
pub(super) fn is_new(step: &Step) -> bool {
    matches!(step.operation.as_str(), "create" | "import")
}

/// What forces a replacement in bold, then what else changes. All of a new resource is new: not worth a word.
fn properties(context: &PageContext<'_>, step: &Step) -> String {
    if is_new(step) {
        return String::new();
    }
    let forced = step.replace_keys.iter().map(|key| format!("**{}**", context.code(key)));
    let known = |path: &str| step.replace_keys.iter().any(|key| key == path);
    let others = step.diffs.iter().filter(|diff| !known(&diff.path)).map(|diff| context.code(&diff.path));
    if let Some(id) =
        step.id.as_deref().filter(|_| step.operation == "delete" && context.shows(Detail::Values))
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
