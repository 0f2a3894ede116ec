//! `pulumi stack output`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_output.go>

use serde_json::{Map, Value as Json};

use crate::commands::context::Context;
use crate::commands::{print, table};
use crate::failure::Failure;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let (as_json, as_shell) = (args.is_on("json"), args.is_on("shell"));
    if as_json && as_shell {
        return Err(Failure::new("only one of --json and --shell may be set"));
    }
    let stack = context.require_stack(false)?;
    let secrets = Some(&context.secrets).filter(|_| args.is_on("show-secrets"));
    let outputs = print::plain(context.backend.outputs(&stack, secrets)?);
    let Some(name) = args.arguments.first() else {
        let all = outputs.as_object().cloned().unwrap_or_default();
        return match (as_json, as_shell) {
            (true, _) => print::json(&outputs),
            (_, true) => print::out(&all.iter().map(|(name, value)| shell(name, value)).collect::<String>()),
            _ => print::out(&listed(&all)),
        };
    };
    let Some(value) = outputs.get(name) else {
        return Err(Failure::new(format!("current stack does not have output property '{name}'")));
    };
    match (as_json, as_shell) {
        (true, _) => print::json(value),
        (_, true) => print::out(&shell(name, value)),
        _ => print::out(&format!("{}\n", print::on_one_line(value))),
    }
}

/// The outputs as a list under a heading.
pub fn listed(outputs: &Map<String, Json>) -> String {
    let heading = format!("Current stack outputs ({}):\n", outputs.len());
    if outputs.is_empty() {
        return heading + "    No output values currently in this stack\n";
    }
    let row = |(name, value): (&String, &Json)| [name.clone(), print::on_one_line(value)].into();
    heading + &table::render(&["OUTPUT", "VALUE"], outputs.iter().map(row).collect(), "    ")
}

fn shell(name: &str, value: &Json) -> String {
    let text = print::on_one_line(value);
    if cfg!(windows) {
        return format!("${name} = '{}'\n", text.replace('\'', "''"));
    }
    format!("{name}={}\n", quoted(&text))
}

/// A word of a shell: quoted where it is long or holds a quote, else with backslashes.
/// <https://github.com/kballard/go-shellquote>
fn quoted(word: &str) -> String {
    const SPECIAL: &str = "\\'\"`${[|&;<>()*?!";
    const EXTRA: &str = " \t\n";
    const AT_START: &str = "#~";
    if word.is_empty() {
        return "''".to_owned();
    }
    let mut quoted = String::new();
    let mut rest = word;
    // What needs no quotes, with a backslash before each special character, until a blank turns up.
    while let Some(first) = rest.chars().next() {
        let is_start = quoted.is_empty() && AT_START.contains(first);
        if EXTRA.contains(first) {
            return in_quotes(word);
        }
        if SPECIAL.contains(first) || is_start {
            quoted.push('\\');
        }
        quoted.push(first);
        rest = &rest[first.len_utf8()..];
    }
    quoted
}

/// Single quotes round what is between single quotes.
fn in_quotes(word: &str) -> String {
    let parts: Vec<String> = word
        .split('\'')
        .map(|part| if part.is_empty() { String::new() } else { format!("'{part}'") })
        .collect();
    parts.join("\\'")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    /// As the CLI (v3.260.0) quoted them.
    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, expected) in [
            ("hi", "hi"),
            ("[\"a\",\"b\"]", "\\[\\\"a\\\",\\\"b\\\"]"),
            ("{\"x\":1}", "\\{\\\"x\\\":1}"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's two", "'it'\\''s two'"),
            ("#x#", "\\#x#"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
