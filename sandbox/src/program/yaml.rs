//! YAML with the place of every node, which messages about a program need.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde::Deserialize as _;

/// Where a node begins, and how much of the line its value takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pos {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// The length of the value: what a message underlines.
    pub width: usize,
}

/// A node and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub pos: Pos,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// `true`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// The name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub pos: Pos,
}

impl Node {
    /// The entries of an object.
    pub fn entries(&self) -> Option<&[(Key, Node)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// An entry of an object.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entries()?.iter().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// The text of a scalar that is text.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Parses the first document. The message of an error is the CLI's in kind.
pub fn parse(source: &str) -> Result<Node, String> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    // This reader's messages are those of libyaml, which the CLI's reader is a port of.
    let first = serde_yaml::Deserializer::from_str(source).next();
    if let Some(Err(error)) = first.map(serde::de::IgnoredAny::deserialize) {
        return Err(in_the_words_of_the_cli(&error.to_string()));
    }
    let mut events = Parser::new_from_str(source);
    loop {
        match events.next_event() {
            Some(Ok((Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _))) => {}
            Some(Ok((Event::StreamEnd | Event::DocumentEnd, _))) | None => {
                return Ok(Node { kind: Kind::Null, pos: Pos::default() });
            }
            Some(Ok((event, span))) => return node(&mut events, event, span),
            Some(Err(error)) => return Err(format!("yaml: {}", error.info())),
        }
    }
}

type Events<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

fn next<'a>(events: &mut Events<'a>) -> Result<(Event<'a>, Span), String> {
    match events.next_event() {
        Some(Ok(event)) => Ok(event),
        Some(Err(error)) => Err(format!("yaml: {}", error.info())),
        None => Err("yaml: unexpected end of file".to_owned()),
    }
}

fn node<'a>(events: &mut Events<'a>, event: Event<'a>, span: Span) -> Result<Node, String> {
    let mut pos = Pos { line: span.start.line(), column: span.start.col() + 1, width: 0 };
    let kind = match event {
        Event::Scalar(text, style, _, tag) => {
            pos.width = text.chars().count();
            scalar(text, style, tag.as_deref())
        }
        Event::SequenceStart(..) => {
            let mut items = vec![];
            loop {
                match next(events)? {
                    (Event::SequenceEnd, _) => break Kind::List(items),
                    (event, span) => {
                        let item = node(events, event, span)?;
                        if item.pos.line == pos.line {
                            pos.width = item.pos.column + item.pos.width - pos.column;
                        }
                        items.push(item);
                    }
                }
            }
        }
        Event::MappingStart(..) => Kind::Map(mapping(events)?),
        Event::Alias(_) => return Err(format!("line {}: alias nodes are not supported", pos.line)),
        _ => return Err(format!("line {}: unexpected content", pos.line)),
    };
    Ok(Node { kind, pos })
}

fn mapping(events: &mut Events) -> Result<Vec<(Key, Node)>, String> {
    let mut entries = vec![];
    let mut seen = HashMap::new();
    loop {
        let (event, span) = next(events)?;
        if event == Event::MappingEnd {
            return Ok(entries);
        }
        let key = node(events, event, span)?;
        let Kind::Text(text) = key.kind else {
            return Err(format!("line {}: mapping keys must be strings", key.pos.line));
        };
        if let Some(first) = seen.insert(text.clone(), key.pos.line) {
            return Err(format!(
                "yaml: unmarshal errors:\n  line {}: mapping key {text:?} already defined at line {first}",
                key.pos.line
            ));
        }
        let (event, span) = next(events)?;
        entries.push((Key { text, pos: key.pos }, node(events, event, span)?));
    }
}

/// A scalar's value by the rules of YAML's core schema. Quoted ones are text.
fn scalar(text: Cow<str>, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return Kind::Text(text.into_owned());
    }
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        other => number(other).map_or_else(|| Kind::Text(other.to_owned()), Kind::Number),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the engine knows 64-bit floats only")]
fn number(text: &str) -> Option<f64> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok().map(|number| number as f64);
        }
    }
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let looks_like_one = plain.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && plain.bytes().any(|byte| byte.is_ascii_digit());
    looks_like_one.then(|| text.parse().ok()).flatten()
}

/// The CLI names the line where the broken thing begins, and nothing else.
/// <https://github.com/go-yaml/yaml/blob/v3.0.1/decode.go#L93>
fn in_the_words_of_the_cli(message: &str) -> String {
    let (problem, context) = message.split_once(", while ").unwrap_or((message, ""));
    let (problem, problem_line) = split_line(problem);
    let (context, context_line) = split_line(context);
    // Counted from 0 in its parser, and from 1 in its scanner.
    let scanner = context.is_empty() || context.starts_with("scanning");
    // A context in the first line, its line 0, counts as none.
    let line = context_line.filter(|line| *line > 1).or(problem_line).unwrap_or(1) - usize::from(!scanner);
    if line == 0 { format!("yaml: {problem}") } else { format!("yaml: line {line}: {problem}") }
}

fn split_line(text: &str) -> (&str, Option<usize>) {
    let Some((problem, place)) = text.split_once(" at line ") else { return (text, None) };
    (problem, place.split(' ').next().and_then(|line| line.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_knows_its_line_and_column() {
        let root = parse("a: 1\nb:\n  - x\n  - {deep: \"q ${r}\"}\n").unwrap();
        let Kind::List(items) = &root.get("b").unwrap().kind else { panic!("no list") };
        let deep = items[1].get("deep").unwrap();
        assert_eq!(deep.pos, Pos { line: 4, column: 12, width: 6 });
        assert_eq!(deep.text(), Some("q ${r}"));
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        let root = parse("[1, 1.5, -2, 0x10, true, ~, '1', 1.2.3, 1e3, yes]").unwrap();
        let Kind::List(items) = root.kind else { panic!("no list") };
        let kinds: Vec<Kind> = items.into_iter().map(|item| item.kind).collect();
        assert_eq!(
            kinds,
            [
                Kind::Number(1.0),
                Kind::Number(1.5),
                Kind::Number(-2.0),
                Kind::Number(16.0),
                Kind::Bool(true),
                Kind::Null,
                Kind::Text("1".into()),
                Kind::Text("1.2.3".into()),
                Kind::Number(1000.0),
                Kind::Text("yes".into()),
            ]
        );
    }

    #[test]
    fn a_broken_file_is_refused_in_the_words_of_the_cli() {
        for (broken, message) in [
            ("name: a\nruntime: yaml\nresources: [a\nb: c\n", "line 2: did not find expected ',' or ']'"),
            ("name: a\nruntime: yaml\nresources: {a: [1, 2\n", "line 2: did not find expected ',' or ']'"),
            ("name: a\n  runtime: yaml\n", "line 2: mapping values are not allowed in this context"),
            ("name: a\nruntime: yaml\nx: \"abc\n", "line 3: found unexpected end of stream"),
            ("name: a\nruntime: yaml\n\tx: 1\n", "line 2: found a tab character that violates indentation"),
        ] {
            assert_eq!(parse(broken).unwrap_err(), format!("yaml: {message}"));
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let twice = parse("name: a\nx: 1\nname: b\n").unwrap_err();
        assert_eq!(
            twice,
            "yaml: unmarshal errors:\n  line 3: mapping key \"name\" already defined at line 1"
        );
    }

    #[test]
    fn aliases_are_refused() {
        assert_eq!(parse("a: &x 1\nb: *x\n").unwrap_err(), "line 2: alias nodes are not supported");
    }
}
