//! What changes inside of each resource, as a `diff` block, folded away.

use std::fmt::Write as _;

use serde_json::Value;

use super::changes::is_new;
use super::escape::{fence, visible};
use super::fit::Page;
use super::markdown::Context;
use super::{Detail, words};
use crate::report::{Change, PropertyDiff, Step, clipped};

/// Unchanged lines shown round a change inside a text of many lines.
const AROUND: usize = 2;

/// Where nothing folds, more resources than this would bury what follows.
const OPEN_DIFFS: usize = 20;

/// The properties of each resource that changes.
pub(super) fn property_changes(context: &Context<'_>, page: &mut Page) {
    if !context.shows(Detail::Values) || context.limits.diffs == 0 {
        return;
    }
    let mut steps: Vec<&Step> = context.report.steps.iter().filter(|step| !step.diffs.is_empty()).collect();
    // All of a new resource is new: what is there already, and changes, is worth a look first.
    steps.sort_by_key(|step| (is_new(step), words::rank(&step.operation)));
    let total = steps.len();
    steps.truncate(if context.html() { context.limits.diffs } else { context.limits.diffs.min(OPEN_DIFFS) });
    if steps.is_empty() {
        return;
    }
    context.fold(page, &format!("Properties of {}", words::many(total, "resource")));
    for step in &steps {
        if page.is_full() {
            return;
        }
        page.push_all(&[
            &context.code(&step.name),
            " ",
            step_word(context, step),
            " ",
            &context.code(&step.kind),
            "\n",
        ]);
        page.push(&fence(&block(step, context.limits.properties, context.limits.value), "diff"));
        page.push("\n");
    }
    if total > steps.len() {
        page.push(&format!("… and {} not shown.\n", words::many(total - steps.len(), "more resource")));
    }
    context.unfold(page);
}

fn step_word(context: &Context<'_>, step: &Step) -> &'static str {
    if let Some(found) = words::found(context.report, &step.operation) {
        return found;
    }
    match step.operation.as_str() {
        "create" => "create",
        "import" => "import",
        "update" => "update",
        "replace" => "**replace**",
        "delete" => "**delete**",
        _ => "change",
    }
}

/// The lines of one step's `diff` block: at most `properties`, and `room` bytes of each value.
pub(super) fn block(step: &Step, properties: usize, room: usize) -> String {
    let mut lines = String::new();
    for diff in step.diffs.iter().take(properties) {
        property(&mut lines, diff, room);
    }
    let more = step.diffs.len().saturating_sub(properties) as u64 + step.more_diffs;
    if more > 0 {
        let _ = writeln!(lines, "  … and {} more", words::number(more));
    }
    lines.truncate(lines.trim_end().len());
    lines
}

fn property(lines: &mut String, diff: &PropertyDiff, room: usize) {
    let path = visible(&diff.path, false);
    let forces = if diff.replaces { "  # forces replacement" } else { "" };
    if let (Some(Value::String(old)), Some(Value::String(new))) = (&diff.old, &diff.new)
        && (old.contains('\n') || new.contains('\n'))
    {
        let _ = writeln!(lines, "  {path}:{forces}");
        return texts(lines, &clipped(old, room), &clipped(new, room));
    }
    let mut put = |sign: &str, value: &Option<Value>, forces: &str| {
        let value = value.as_ref().map(Value::to_string);
        let value = value.as_deref().map(|value| visible(value, false));
        let value = value.as_deref().map(|value| clipped(value, room));
        let (between, value) = value.as_deref().map_or(("", ""), |value| (": ", value));
        lines.extend([sign, " ", &path, between, value, forces, "\n"]);
    };
    match (&diff.old, &diff.new, diff.change) {
        (None, None, Change::Add) => put("+", &None, forces),
        (None, None, Change::Delete) => put("-", &None, forces),
        (None, None, Change::Update) => put("~", &None, forces),
        (old, None, _) => put("-", old, forces),
        (None, new, _) => put("+", new, forces),
        (old, new, _) => {
            put("-", old, "");
            put("+", new, forces);
        }
    }
}

/// Two texts of many lines: what is equal at both ends is left out, but for a little round the change.
fn texts(lines: &mut String, old: &str, new: &str) {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let shorter = old.len().min(new.len());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| a == b).count();
    let mut put = |sign: char, part: &[&str]| {
        for line in part {
            let _ = writeln!(lines, "{sign}     {line}");
        }
    };
    put(' ', old.get(head.saturating_sub(AROUND)..head).unwrap_or_default());
    put('-', old.get(head..old.len() - tail).unwrap_or_default());
    put('+', new.get(head..new.len() - tail).unwrap_or_default());
    let rest = old.len() - tail;
    put(' ', old.get(rest..(rest + AROUND).min(old.len())).unwrap_or_default());
}
