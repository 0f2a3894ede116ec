//! Changes a YAML file no more than needed: what did not change keeps its lines, with comments and style.
//!
//! It works on lines, so it can fail on rare forms; the result is read back, and whatever does not come out as wanted
//! is written anew.

use serde_json::Map;
use serde_json::Value as Json;

use super::emit;

/// The text that reads as `new`, close to `text`, which reads as `old`.
pub fn patch(text: &str, old: &Map<String, Json>, new: &Map<String, Json>) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if let Some(patched) = block(&lines, old, new) {
        let patched = joined(&patched);
        if reads_as(&patched, new) {
            return patched;
        }
    }
    joined(&new.iter().flat_map(|(key, value)| emit::entry(key, value, None)).collect::<Vec<_>>())
}

fn joined(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

fn reads_as(text: &str, wanted: &Map<String, Json>) -> bool {
    match serde_yaml::from_str::<Json>(text) {
        Ok(Json::Object(read)) => read == *wanted,
        Ok(Json::Null) => wanted.is_empty(),
        _ => false,
    }
}

/// Patches a block of entries. Nothing if its lines are not understood.
fn block(lines: &[&str], old: &Map<String, Json>, new: &Map<String, Json>) -> Option<Vec<String>> {
    let indent = lines.iter().find(|line| is_content(line)).map_or(0, |line| indent_of(line));
    let entries = split(lines, indent);
    if entries.len() != old.len() {
        return None;
    }
    let begin = entries.first().map_or(lines.len(), |entry| entry.0);
    let mut out: Vec<String> = lines[..begin].iter().map(|line| (*line).to_owned()).collect();
    let mut trivia = vec![];
    for (&(start, end), (key, before)) in entries.iter().zip(old) {
        out.append(&mut trivia);
        let content = trim(&lines[start..end]);
        trivia = lines[start + content.len()..end].iter().map(|line| (*line).to_owned()).collect();
        match new.get(key) {
            None => {}
            Some(after) if after == before => out.extend(content.iter().map(|line| (*line).to_owned())),
            Some(after) => out.extend(changed(content, indent, key, before, after)),
        }
    }
    let mut added: Vec<_> = new.iter().filter(|(key, _)| !old.contains_key(*key)).collect();
    added.sort_by_key(|(key, _)| *key);
    for (key, value) in added {
        out.extend(indented(emit::entry(key, value, None), indent));
    }
    out.append(&mut trivia);
    Some(out)
}

/// Where each entry's lines begin and end.
fn split(lines: &[&str], indent: usize) -> Vec<(usize, usize)> {
    let starts: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_content(line) && indent_of(line) == indent && !is_item(line))
        .map(|(index, _)| index)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    starts.iter().copied().zip(ends).collect()
}

/// An entry's lines without the comments and blank lines after it, which belong to what follows. Those that a block
/// of text needs are found missing when the result is read back.
fn trim<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    let keeps_blanks = lines.iter().any(|line| line.ends_with("|+") || line.ends_with(">+"));
    let last = lines.iter().rposition(|line| keeps_blanks || is_content(line));
    &lines[..last.map_or(0, |last| last + 1)]
}

fn changed(lines: &[&str], indent: usize, key: &str, before: &Json, after: &Json) -> Vec<String> {
    let (first, rest) = lines.split_first().unwrap_or((&"", &[]));
    let comment = comment_of(first);
    let bare = first[..first.len() - comment.map_or(0, str::len)].trim_end();
    if let (Json::Object(before), Json::Object(after), true) = (before, after, bare.ends_with(':'))
        && !after.is_empty()
        && let Some(inner) = block(rest, before, after)
    {
        return std::iter::once((*first).to_owned()).chain(inner).collect();
    }
    if let Some(name) = bare.strip_suffix(['}', ']']).and_then(|_| flow_name(bare))
        && rest.is_empty()
    {
        let comment = comment.map(|comment| format!(" {comment}")).unwrap_or_default();
        return vec![format!("{name} {}{comment}", emit::flow(after))];
    }
    indented(emit::entry(key, after, comment), indent)
}

/// The name of an entry whose value is written in braces or brackets, on one line.
fn flow_name(line: &str) -> Option<&str> {
    let at = line.find(": {").or_else(|| line.find(": ["))?;
    Some(&line[..=at])
}

fn indented(lines: Vec<String>, indent: usize) -> Vec<String> {
    let lead = " ".repeat(indent);
    lines.into_iter().map(|line| if line.is_empty() { line } else { format!("{lead}{line}") }).collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether a line is neither blank nor a comment nor a mark between documents.
fn is_content(line: &str) -> bool {
    let text = line.trim_start();
    !text.is_empty() && !text.starts_with('#') && !line.starts_with("---") && !line.starts_with('%')
}

fn is_item(line: &str) -> bool {
    let text = line.trim_start();
    text == "-" || text.starts_with("- ")
}

/// The comment at the end of a line: from the first ` #` that is in no quotes.
fn comment_of(line: &str) -> Option<&str> {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        match quote {
            Some(open) if character == open => quote = None,
            None if matches!(character, '\'' | '"') && matches!(before, ' ' | '{' | '[' | ',') => {
                quote = Some(character);
            }
            None if character == '#' && before == ' ' => return Some(&line[at..]),
            _ => {}
        }
        before = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(json: &Json) -> Map<String, Json> {
        json.as_object().cloned().unwrap_or_default()
    }

    fn patched(text: &str, change: impl FnOnce(&mut Json)) -> String {
        let old: Json = serde_yaml::from_str(text).unwrap();
        let mut new = old.clone();
        if new.is_null() {
            new = json!({});
        }
        change(&mut new);
        let result = patch(text, &object(&old), &object(&new));
        assert_eq!(serde_yaml::from_str::<Json>(&result).unwrap(), new);
        result
    }

    const FILE: &str = "\
# head
encryptionsalt: v1:a
# before
config:
  # about a
  shop:a: \"1\" # trailing
  shop:z: # named
    deep: {k: v} # flow

    # about list
    list:
    - 1
  # the end
extra: kept
# tail
";

    #[test]
    fn a_changed_scalar_changes_its_line_only() {
        let expected = FILE.replace("shop:a: \"1\" #", "shop:a: two #");
        assert_eq!(patched(FILE, |yaml| yaml["config"]["shop:a"] = json!("two")), expected);
    }

    #[test]
    fn a_new_entry_stands_after_the_last() {
        let expected = FILE.replace("    - 1\n", "    - 1\n  shop:b: x\n");
        assert_eq!(patched(FILE, |yaml| yaml["config"]["shop:b"] = json!("x")), expected);
    }

    #[test]
    fn a_change_deep_inside_leaves_its_neighbours_alone() {
        let expected = FILE.replace("{k: v}", "{k: v, m: [3, 'a, b']}");
        let change = |yaml: &mut Json| yaml["config"]["shop:z"]["deep"]["m"] = json!([3, "a, b"]);
        assert_eq!(patched(FILE, change), expected);
    }

    #[test]
    fn a_removed_entry_goes_with_its_lines() {
        let expected = FILE.replace("  shop:a: \"1\" # trailing\n", "");
        let remove = |yaml: &mut Json| drop(yaml["config"].as_object_mut().unwrap().shift_remove("shop:a"));
        assert_eq!(patched(FILE, remove), expected);
    }

    #[test]
    fn a_first_entry_is_put_into_an_empty_file() {
        assert_eq!(patched("", |yaml| yaml["config"] = json!({ "a:b": "c" })), "config:\n  a:b: c\n");
        assert_eq!(patched("# note\n", |yaml| yaml["x"] = json!("new")), "# note\nx: new\n");
    }

    #[test]
    fn blocks_of_text_survive_changes_around_them() {
        let text = "config:\n  a:u: x\n  a:t: |+\n    one\n\n    # no comment\n\n# head\nb: c\n";
        assert_eq!(
            patched(text, |yaml| yaml["config"]["a:u"] = json!("new")),
            text.replace("a:u: x", "a:u: new")
        );
    }

    #[test]
    fn a_block_of_text_at_the_end_keeps_its_blank_lines() {
        let text = "# h\nconfig:\n  a:t: |+\n    one\n\n";
        let expected = format!("{text}  a:n: x\n");
        assert_eq!(patched(text, |yaml| yaml["config"]["a:n"] = json!("x")), expected);
    }

    #[test]
    fn forms_that_lines_do_not_show_are_written_anew() {
        for text in ["{config: {a:b: c}}\n", "config: {a:b: c}\n", "config:\n  a:b: 'two\n  lines'\n"] {
            patched(text, |yaml| yaml["config"]["a:n"] = json!("x"));
        }
    }
}
