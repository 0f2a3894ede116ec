//! What changes inside of a resource or an output, as the lines of a `diff` block.
//!
//! Values are compared whole and cut afterwards: [`TextDiff`] says in which order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::sides::sides;
use super::tree::tree;
use super::words;
use crate::base::text::visible;
use crate::render::page::LeftOut;
use crate::render::page::Shape;
use crate::report::{
    Change, DiffRoom, HIDDEN, OutputChange, PARTLY_HIDDEN, PropertyDiff, Step, TextDiff, clipped, middle,
    skeleton, unseen,
};

/// The most names that are listed of what has no room.
pub(super) const NAMES: usize = 20;

/// The lines of a `diff` block.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub text: String,
    pub hidden: LeftOut,
}

/// The lines of one step's `diff` block.
pub(super) fn block(step: &Step, shape: Shape) -> Block {
    let mut block = Block::default();
    for diff in step.diffs.iter().take(shape.properties) {
        block.hidden.add(property(&mut block.text, diff, shape.room));
    }
    names_alike(&mut block.text, step.diffs.get(..shape.properties).unwrap_or(&step.diffs));
    let others = step.diffs.get(shape.properties..).unwrap_or_default();
    let more = others.len() as u64 + step.more_diffs;
    if more > 0 {
        block.hidden.properties = more;
        let names =
            others.iter().take(NAMES).map(|diff| visible(&clipped(&diff.path, 100), false).into_owned());
        let names = names.collect::<Vec<_>>().join(", ");
        let rest = if more > NAMES as u64 && !names.is_empty() { " …" } else { "" };
        let colon = if names.is_empty() { "" } else { ": " };
        let _ = writeln!(block.text, "  … and {} more{colon}{names}{rest}", words::number(more));
    }
    block.text.truncate(block.text.trim_end_matches('\n').len());
    block
}

/// Says how the name of an added property differs from that of a removed one, if they look alike.
fn names_alike(lines: &mut String, diffs: &[PropertyDiff]) {
    let with = |change| diffs.iter().filter(move |diff| diff.change == change).map(|diff| diff.path.as_str());
    if with(Change::Delete).next().is_none() || with(Change::Add).next().is_none() {
        return;
    }
    let gone: HashMap<String, &str> = with(Change::Delete).map(|path| (skeleton(path), path)).collect();
    for path in with(Change::Add) {
        let told = gone.get(&skeleton(path)).and_then(|gone| unseen(gone, path));
        let told = told.or_else(|| with(Change::Delete).take(NAMES).find_map(|gone| unseen(gone, path)));
        if let Some(told) = told {
            let _ =
                writeln!(lines, "~ {}: the name differs, {}", visible(path, false), visible(&told, false));
        }
    }
}

/// The lines of one output that is too large for a cell of a table.
pub(super) fn output(change: &OutputChange, room: DiffRoom) -> Block {
    let OutputChange { name, change, old, new, text_diff } = change.clone();
    let diff = PropertyDiff { path: name, change, replaces: false, old, new, text_diff, hidden: false };
    let mut block = Block::default();
    block.hidden = property(&mut block.text, &diff, room);
    block.text.truncate(block.text.trim_end_matches('\n').len());
    block
}

/// Writes one property. Returns what had no room.
fn property(lines: &mut String, diff: &PropertyDiff, room: DiffRoom) -> LeftOut {
    let path = visible(&diff.path, false);
    let forces = if diff.replaces { "  # forces replacement" } else { "" };
    if let Some(mut found) = text_of(diff, room) {
        let sign = sign(diff.change);
        let said = |note: &String| note == HIDDEN || note == PARTLY_HIDDEN;
        if diff.hidden && !found.notes.iter().any(said) {
            found.notes.push(PARTLY_HIDDEN.to_owned());
        }
        if found.hunks.is_empty() && found.more_lines == 0 {
            let _ = writeln!(lines, "~ {path}: {}{forces}", visible(&found.notes.join("; "), false));
        } else {
            let _ = writeln!(lines, "{sign} {path}:{forces}");
            texts(lines, &found);
        }
        // What the result itself lacks, no other form has.
        let nowhere = diff.text_diff.as_ref().map_or((0, 0), |known| (known.more_lines, known.cut_lines));
        let here = (found.more_lines.saturating_sub(nowhere.0), found.cut_lines.saturating_sub(nowhere.1));
        return LeftOut { lines: here.0, cut: here.1, nowhere: nowhere.0 + nowhere.1, ..LeftOut::default() };
    }
    if let Some(left_out) = branches(lines, diff, room) {
        return left_out;
    }
    let mut cut = false;
    let mut put = |sign: &str, value: Option<&str>, forces: &str| {
        let value = value.map(|value| visible(value, false));
        let (between, value) = value.as_deref().map_or(("", ""), |value| (": ", value));
        lines.extend([sign, " ", &path, between, value, forces, "\n"]);
    };
    let mut alone = |value: &Value| {
        let value = value.to_string();
        let shown = middle(&value, room.width, None);
        cut |= matches!(shown, Cow::Owned(_));
        shown.into_owned()
    };
    let mut words = diff.hidden.then(|| PARTLY_HIDDEN.to_owned());
    match (&diff.old, &diff.new, diff.change) {
        (None, None, Change::Add) => put("+", None, forces),
        (None, None, Change::Delete) => put("-", None, forces),
        (None, None, Change::Update) => put("~", None, forces),
        (Some(old), None, _) => put("-", Some(&alone(old)), forces),
        (None, Some(new), _) => put("+", Some(&alone(new)), forces),
        (Some(old), Some(new), _) if old == new => {
            let note = sides(old, new, room.width).note.unwrap_or_default();
            words = None;
            put("~", Some(&format!("{} ({note})", alone(new))), forces);
        }
        (Some(old), Some(new), _) => {
            let sides = sides(old, new, room.width);
            put("-", Some(&sides.before), "");
            put("+", Some(&sides.after), forces);
            cut = sides.lacks;
            words = [sides.note, words].into_iter().flatten().reduce(|note, words| note + "; " + &words);
        }
    }
    if let Some(words) = words {
        let _ = writeln!(lines, "~     {}", visible(&words, false));
    }
    LeftOut { cut: u64::from(cut), ..LeftOut::default() }
}

/// Writes a list, an object or a text with one of them that comes or goes as indented lines. None of any other.
fn branches(lines: &mut String, diff: &PropertyDiff, room: DiffRoom) -> Option<LeftOut> {
    let (sign, value) = match (&diff.old, &diff.new) {
        (Some(old), None) => ('-', old),
        (None, Some(new)) => ('+', new),
        _ => return None,
    };
    let (tree, is_text) = tree(value)?;
    let json = if is_text { " (JSON)" } else { "" };
    let forces = if diff.replaces { "  # forces replacement" } else { "" };
    let _ = writeln!(lines, "{sign} {}{json}:{forces}", visible(&diff.path, false));
    if diff.hidden {
        let _ = writeln!(lines, "~     {PARTLY_HIDDEN}");
    }
    let mut cut = 0;
    for line in tree.iter().take(room.lines) {
        let shown = middle(line, room.width, None);
        cut += u64::from(matches!(shown, Cow::Owned(_)));
        let _ = writeln!(lines, "{sign}     {}", visible(&shown, false));
    }
    let more = tree.len().saturating_sub(room.lines);
    if more > 0 {
        let _ = writeln!(lines, "  … and {} not shown", words::many(more, "more changed line"));
    }
    Some(LeftOut { lines: more as u64, cut, ..LeftOut::default() })
}

/// How the sign before a property's name shows its change; the lines of its text have their own.
fn sign(change: Change) -> &'static str {
    match change {
        Change::Add => "+",
        Change::Delete => "-",
        Change::Update => " ",
    }
}

/// What differs between texts of many lines, or values too large to be here. None where a line for each will do.
fn text_of(diff: &PropertyDiff, room: DiffRoom) -> Option<TextDiff> {
    if let Some(known) = &diff.text_diff {
        return Some(known.within(room));
    }
    let (old, new) = match (&diff.old, &diff.new) {
        (Some(Value::String(old)), Some(Value::String(new))) => (old.as_str(), new.as_str()),
        (Some(Value::String(old)), None) => (old.as_str(), ""),
        (None, Some(Value::String(new))) => ("", new.as_str()),
        _ => return None,
    };
    let many = (old.contains('\n') || new.contains('\n')) && old != new;
    many.then(|| TextDiff::between(old, new, room))
}

/// Writes the notes, then the hunks with their places.
fn texts(lines: &mut String, found: &TextDiff) {
    for note in &found.notes {
        let _ = writeln!(lines, "~     {}", visible(note, false));
    }
    for (nth, hunk) in found.hunks.iter().enumerate() {
        let (old, new) = (hunk.old_line, hunk.new_line);
        if old != new {
            let _ = writeln!(lines, "@@ line {old}, now {new} @@");
        } else if nth > 0 || old > 1 {
            let _ = writeln!(lines, "@@ line {old} @@");
        }
        for line in &hunk.lines {
            let (sign, text) = line.split_at_checked(1).unwrap_or((" ", ""));
            let _ = writeln!(lines, "{sign}     {}", tabbed(text));
        }
    }
    if found.cut_lines > 0 {
        let cut = usize::try_from(found.cut_lines).unwrap_or(usize::MAX);
        let verb = if cut == 1 { "is" } else { "are" };
        let _ = writeln!(lines, "  … {} {verb} shown in part", words::many(cut, "changed line"));
    }
    if found.more_lines > 0 {
        let more = usize::try_from(found.more_lines).unwrap_or(usize::MAX);
        let _ = writeln!(lines, "  … and {} not shown", words::many(more, "more changed line"));
    }
}

/// A line of a text: tabs stay what they are.
fn tabbed(line: &str) -> String {
    line.split('\t').map(|part| visible(part, false)).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ALL: DiffRoom = DiffRoom::ALL;

    fn shown(old: Option<Value>, new: Option<Value>, room: DiffRoom) -> String {
        let diff = PropertyDiff::between("v".to_owned(), old, new);
        let mut lines = String::new();
        property(&mut lines, &diff, room);
        lines
    }

    fn update(old: &str, new: &str) -> String {
        shown(Some(old.into()), Some(new.into()), ALL)
    }

    fn numbered(changed: &[usize]) -> String {
        let line =
            |n| if changed.contains(&n) { format!("key{n}: X\n") } else { format!("key{n}: value{n}\n") };
        (1..=120).map(line).collect()
    }

    #[test]
    fn two_changes_far_apart_are_two_hunks() {
        let block = update(&numbered(&[]), &numbered(&[3, 119]));
        let changed = block.lines().filter(|line| line.starts_with(['-', '+'])).collect::<Vec<_>>();
        assert_eq!(
            changed,
            ["-     key3: value3", "+     key3: X", "-     key119: value119", "+     key119: X"]
        );
        assert!(block.contains(
            "+     key3: X\n      key4: value4\n      key5: value5\n      key6: value6\n@@ line 116 @@\n"
        ));
    }

    #[test]
    fn a_line_that_goes_and_one_that_comes_are_two_changed_lines() {
        let old = numbered(&[]);
        let new = old.replace("key4: value4\n", "") + "key121: value121\n";
        let block = update(&old, &new);
        let changed = block.lines().filter(|line| line.starts_with(['-', '+'])).collect::<Vec<_>>();
        assert_eq!(changed, ["-     key4: value4", "+     key121: value121"]);
        assert!(block.contains("@@ line 118, now 117 @@"), "{block}");
    }

    #[test]
    fn line_ends_and_the_last_newline_are_said() {
        assert_eq!(update("a\r\nb\r\nc\r\n", "a\nb\nc\n"), "~ v: line ends: CRLF → LF\n");
        assert_eq!(update("line\n", "line"), "~ v: no newline at the end any more\n");
        assert_eq!(
            update("a\nb\n", "a\nc"),
            "  v:\n~     no newline at the end any more\n      a\n-     b\n+     c\n"
        );
    }

    #[test]
    fn lines_that_look_alike_are_told_apart_in_words() {
        let block = update("a: 1\nb: 2\n", "a: 1\nb:\u{a0}2 \n");
        let words =
            "~     line 2, column 3: U+00A0 (no-break space) instead of a blank, at the end: a blank added\n";
        assert!(block.contains(words), "{block}");
        let block = update("a b", "a\u{a0}b");
        assert!(block.ends_with("~     column 2: U+00A0 (no-break space) instead of a blank\n"), "{block}");
    }

    #[test]
    fn sides_that_read_the_same_are_shown_once() {
        let block = update("[secret]", "[secret]");
        assert_eq!(block, "~ v: \"[secret]\" (what differs is hidden, or not known yet)\n");
    }

    #[test]
    fn a_change_at_the_end_of_a_long_line_is_shown() {
        let line = |end: &str| format!("{}{end}", "x".repeat(20_000));
        let block = shown(Some(line("a").into()), Some(line("b").into()), DiffRoom { width: 200, ..ALL });
        let lines = block.lines().collect::<Vec<_>>();
        assert!(lines[0].starts_with("- v: \"") || lines[0].starts_with("- v: …"), "{block}");
        assert!(lines[0].ends_with("xa\"") && lines[1].ends_with("xb\"") && block.len() < 500, "{block}");
    }

    #[test]
    fn a_text_that_comes_is_shown_by_its_lines() {
        assert_eq!(shown(None, Some("a\nb\n".into()), ALL), "+ v:\n+     a\n+     b\n");
        assert_eq!(shown(Some(json!({"a": 1})), None, ALL), "- v: {\"a\":1}\n");
    }

    #[test]
    fn changed_lines_without_room_are_counted() {
        let changed: Vec<usize> = (10..60).collect();
        let diff = |room| shown(Some(numbered(&[]).into()), Some(numbered(&changed).into()), room);
        let block = diff(DiffRoom { context: 0, lines: 10, width: 100 });
        assert!(block.ends_with("  … and 90 more changed lines not shown\n"), "{block}");
        assert_eq!(block.matches("\n-").count(), 5, "{block}");
        assert_eq!(block.matches("\n+").count(), 5, "{block}");
    }

    #[test]
    fn properties_without_room_are_named() {
        let diff = |path: &str| PropertyDiff {
            path: path.to_owned(),
            change: Change::Update,
            replaces: false,
            old: Some(1.into()),
            new: Some(2.into()),
            text_diff: None,
            hidden: false,
        };
        let mut step: Step = serde_json::from_value(json!({
            "urn": "u", "type": "t", "name": "n", "operation": "update", "status": "planned", "parent": null,
            "began": null, "ended": null, "id": null, "retained": false, "replace_keys": [], "diffs": [], "more_diffs": 0
        }))
        .unwrap();
        step.diffs = ["a", "b", "c"].map(diff).into();
        let block = block(&step, Shape { properties: 1, room: ALL });
        assert_eq!(block.text, "- a: 1\n+ a: 2\n  … and 2 more: b, c");
        assert_eq!(block.hidden, LeftOut { properties: 2, ..LeftOut::default() });
    }
}
