//! The commands that a GitHub Actions runner reads from a step's output, and its output file. The runners of Gitea
//! and Forgejo read the same ones.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::{Level, Output};

/// Opens a group.
pub(super) fn group(title: &str) -> String {
    format!("::group::{}\n", data(title))
}

/// Closes it.
pub(super) const END_GROUP: &str = "::endgroup::\n";

/// Hides a line of text: the runner masks line by line.
pub(super) fn mask(line: &str) -> String {
    format!("::add-mask::{}\n", data(line))
}

/// Makes the runner read no commands, until [`resume`] with the same token.
pub(super) fn stop(token: &str) -> String {
    format!("::stop-commands::{token}\n")
}

/// Makes it read them again.
pub(super) fn resume(token: &str) -> String {
    format!("::{token}::\n")
}

/// An annotation.
pub(super) fn annotation(level: Level, title: &str, message: &str) -> String {
    let message = if message.is_empty() { title } else { message };
    format!("::{} title={}::{}\n", level.word(), property(title), data(message))
}

/// Why `name` can't be the name of an output: a delimiter follows the name, and `=` or `<<` end it.
pub(super) fn refuses_output_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains(['\n', '\r', '\0']) {
        Some("it has a line break in it")
    } else if name.contains('=') || name.contains("<<") {
        Some("it has `=` or `<<` in it")
    } else if name.trim() != name {
        Some("it begins or ends with a blank")
    } else {
        None
    }
}

/// What to add to the file of outputs.
pub(super) fn outputs(outputs: &[Output], random: &mut dyn FnMut() -> String) -> String {
    let mut text = String::new();
    for Output { name, value } in outputs {
        // A delimiter that stood in the value would end it early, and what follows could set other outputs.
        let delimiter = loop {
            let candidate = format!("stackstep_{}", random());
            if !value.contains(&candidate) {
                break candidate;
            }
        };
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    text
}

/// Escapes the text of a command.
/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_holds_the_delimiter_gets_another_one() {
        let mut words = ["one", "two"].iter().map(ToString::to_string);
        let output = Output { name: "a".into(), value: "x\nstackstep_one\nb=1".into() };
        let text = outputs(&[output], &mut || words.next().unwrap());
        assert_eq!(text, "a<<stackstep_two\nx\nstackstep_one\nb=1\nstackstep_two\n");
    }

    #[test]
    fn commands_in_a_message_are_escaped() {
        assert_eq!(
            annotation(Level::Error, "a:b", "1\n::set-output name=x::y%"),
            "::error title=a%3Ab::1%0A::set-output name=x::y%25\n"
        );
    }

    #[test]
    fn a_mask_is_escaped() {
        assert_eq!(mask("two%"), "::add-mask::two%25\n");
    }
}
