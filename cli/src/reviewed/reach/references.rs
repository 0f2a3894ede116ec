//! The stacks whose outputs a program reads, as far as it writes their names.

/// What makes a reference in every language.
const SIGN: &str = "StackReference";

/// How a reference begins in a program of YAML.
const YAML: &str = "pulumi:pulumi:";

/// The most bytes of a reference that are looked at.
const LONGEST: usize = 2000;

/// The references of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackReferences {
    /// Their names, in the parts between slashes.
    pub names: Vec<ReferenceName>,
    /// Whether there is one whose name is not written there.
    pub is_unclear: bool,
}

/// The name of a stack whose outputs are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceName {
    /// The organisation, the project and the stack, if it is whole.
    pub parts: Vec<String>,
    /// Whether nothing is put into it while the program runs.
    pub is_whole: bool,
}

impl StackReferences {
    /// The references in a text.
    pub fn in_text(text: &str) -> Self {
        let mut found = Self::default();
        for (at, _) in text.match_indices(SIGN) {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + SIGN.len()..).unwrap_or_default());
            let after = after.get(..floor(after, LONGEST)).unwrap_or(after);
            if before.ends_with(YAML) {
                found.take_yaml(after);
            } else if let Some(argument) = argument_in(after) {
                found.take(argument);
            } else if before.trim_end().rsplit(['\n', ';']).next().is_some_and(|line| line.contains('=')) {
                found.is_unclear = true;
            }
        }
        found
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.is_unclear
    }

    fn take(&mut self, argument: &str) {
        let mut is_named = false;
        let mut rest = argument;
        while let Some(begin) = rest.find(['"', '\'', '`']) {
            let quote = rest.get(begin..=begin).unwrap_or_default();
            let inside = rest.get(begin + 1..).unwrap_or_default();
            let Some((name, after)) = inside.split_once(quote) else { break };
            if name.contains('/') {
                let is_interpolated = rest.get(..begin).is_some_and(|before| before.ends_with(['f', '$']));
                let goes_on = after.trim_start().starts_with(['+', '%', '.']) || argument.contains("printf(");
                let is_whole = !is_interpolated && !goes_on && !name.contains(['$', '{', '%']);
                self.add(name, is_whole);
                is_named = true;
            }
            rest = after;
        }
        self.is_unclear |= !is_named;
    }

    fn take_yaml(&mut self, after: &str) {
        let value = after.split_once("name:").map(|(_, value)| value.trim_start());
        let name = value.and_then(|value| value.split(['\n', '}', ',']).next().map(|name| (name, value)));
        match name {
            Some((name, value)) if name.contains('/') || name.contains("${") => {
                // An expression has a brace of its own.
                let line = value.lines().next().unwrap_or(name);
                let is_whole = !line.contains("${");
                let name = if is_whole { name } else { line };
                self.add(name.trim().trim_matches(['"', '\'']), is_whole);
            }
            _ => self.is_unclear = true,
        }
    }

    fn add(&mut self, name: &str, is_whole: bool) {
        let parts = name.split('/').map(|part| part.trim_end_matches(['}', ' ']).to_owned()).collect();
        self.names.push(ReferenceName { parts, is_whole });
    }
}

/// The argument of a call that follows: at once, or as `new(…)` on the same line.
fn argument_in(after: &str) -> Option<&str> {
    let line = after.lines().next().unwrap_or_default();
    let begin = if after.trim_start().starts_with('(') { after.find('(')? } else { line.find("new(")? + 3 };
    if begin > 0 && after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let inside = after.get(begin + 1..)?;
    let mut depth = 1_usize;
    for (at, c) in inside.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return inside.get(..at);
        }
    }
    Some(inside)
}

/// The end of a text's beginning of at most `most` bytes.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, bool)>, bool) {
        let found = StackReferences::in_text(text);
        let names = found.names.iter().map(|name| (name.parts.join("|"), name.is_whole)).collect();
        (names, found.is_unclear)
    }

    #[test]
    fn names_are_read_in_every_language() {
        for (text, name, is_whole) in [
            ("new pulumi.StackReference('acme/net/dev')", "acme|net|dev", true),
            ("new pulumi.StackReference(`${org}/net/${stack}`)", "${org|net|${stack", false),
            ("pulumi.StackReference(f\"{org}/net/{stack}\")", "{org|net|{stack", false),
            ("pulumi.StackReference('acme/net/' + stack)", "acme|net|", false),
            ("pulumi.NewStackReference(ctx, \"acme/net/dev\", nil)", "acme|net|dev", true),
            ("pulumi.NewStackReference(ctx, fmt.Sprintf(\"acme/net/%s\", stack), nil)", "acme|net|%s", false),
            ("new StackReference($\"acme/net/{stack}\")", "acme|net|{stack", false),
            ("StackReference r = new(\"acme/net/dev\");", "acme|net|dev", true),
            (
                "new StackReference(\"x\", StackReferenceArgs.builder().name(\"acme/net/dev\").build())",
                "acme|net|dev",
                true,
            ),
            (
                "type: pulumi:pulumi:StackReference\n    properties:\n      name: acme/net/dev\n",
                "acme|net|dev",
                true,
            ),
            ("{type: pulumi:pulumi:StackReference, properties: {name: x/net/dev}}", "x|net|dev", true),
            (
                "type: pulumi:pulumi:StackReference\n    properties:\n      name: ${org}/net/${pulumi.stack}\n",
                "${org|net|${pulumi.stack",
                false,
            ),
        ] {
            assert_eq!(read(text), (vec![(name.to_owned(), is_whole)], false), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_not_written_is_unclear() {
        for text in [
            "new pulumi.StackReference(config.require('net'))",
            "const R = pulumi.StackReference;",
            "type: pulumi:pulumi:StackReference\n    properties:\n      name: ${net}\n    x: y",
            "StackReference r = new(config.Require(\"net\"));",
        ] {
            let (names, is_unclear) = read(text);
            assert!(is_unclear || names.iter().all(|(_, is_whole)| !is_whole), "{text}: {names:?}");
        }
    }

    #[test]
    fn a_type_and_an_import_are_no_reference() {
        for text in
            ["import { StackReference } from '@pulumi/pulumi'", "function f(net: pulumi.StackReference) {}"]
        {
            assert!(StackReferences::in_text(text).is_empty(), "{text}");
        }
    }
}
