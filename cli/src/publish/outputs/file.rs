//! The file of `outputs-file`: the outputs as variables under names that a shell allows, for CI systems whose later
//! steps read variables. Steps can share one file, as they append to it: a later value of the same name wins in both
//! forms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::base::text::shell_word;
use crate::ci::console::Console;
use crate::ci::{Level, Output, OutputsForm};

/// The most bytes of a `NAME=value` in an environment. With a longer exported variable no program can be started.
/// <https://man7.org/linux/man-pages/man2/execve.2.html>
const LONGEST_VARIABLE: usize = 128 * 1024 - 1;

/// An output with its name in the file.
pub struct Named {
    /// The output's name in messages.
    shown: String,
    /// The output's name in the file, or why it can't have one.
    variable: std::result::Result<String, &'static str>,
    value: String,
}

/// Our own outputs as `<PREFIX>HAS_CHANGES`, the stack's as `<PREFIX>OUTPUT_<name>`. `outputs`, which can be long,
/// comes last, so that the single outputs fit first if there is little room.
pub fn named(own: &[Output], stack: &[Output], prefix: &str) -> Vec<Named> {
    let ours = |output: &Output| Named {
        shown: format!("the output `{}`", output.name),
        variable: Ok(format!("{prefix}{}", output.name.replace('-', "_").to_uppercase())),
        value: output.value.clone(),
    };
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    for output in stack {
        *uses.entry(spelt(&output.name)).or_default() += 1;
    }
    let theirs = |output: &Output| {
        let name = spelt(&output.name);
        let variable = if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            Err("the name of a variable has letters, digits and `_`")
        } else if uses.get(&name).is_some_and(|uses| *uses > 1) {
            Err("another one has the same name there")
        } else {
            Ok(format!("{prefix}OUTPUT_{name}"))
        };
        let shown = format!("the stack output `{}`", output.name.escape_debug());
        Named { shown, variable, value: output.value.clone() }
    };
    let (last, first): (Vec<_>, Vec<_>) = own.iter().partition(|output| output.name == "outputs");
    first.into_iter().map(ours).chain(stack.iter().map(theirs)).chain(last.into_iter().map(ours)).collect()
}

fn spelt(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

/// The outputs, without a name in the file for each that a file of this form can't hold.
pub fn fit_for(form: &OutputsForm, named: Vec<Named>) -> Vec<Named> {
    let fit = |Named { shown, variable, value }| {
        let variable = variable.and_then(|name: String| line(form, &name, &value).map(|_| name));
        Named { shown, variable, value }
    };
    named.into_iter().map(fit).collect()
}

/// Appends the outputs to the file at `path`, which messages call `called`. Warns of each that does not fit. With
/// `secret`, a new file is readable by its owner only.
pub fn add(
    path: &Path,
    called: &str,
    form: &OutputsForm,
    named: Vec<Named>,
    secret: bool,
    console: &Console,
) -> Result<()> {
    let before = match std::fs::read(path) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let (text, left_out) = lines(&before, form, named);
    for (shown, why) in left_out {
        let message = format!("{shown} is not in {called}: {why}");
        console.annotate(Level::Warning, "stackstep", &message);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let write = || -> std::io::Result<()> {
        folder.map_or(Ok(()), std::fs::create_dir_all)?;
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        if secret {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options.open(path)?.write_all(text.as_bytes())
    };
    write().map_err(Error::io("write", path))
}

/// The text to append after `before`, and the outputs that are left out, each with the reason.
fn lines(before: &[u8], form: &OutputsForm, named: Vec<Named>) -> (String, Vec<(String, &'static str)>) {
    let mut room = Room::new(before, form);
    let mut text = String::new();
    if before.last().is_some_and(|last| *last != b'\n') {
        text.push('\n');
    }
    let mut left_out = Vec::new();
    for Named { shown, variable, value } in named {
        let line = variable.and_then(|variable| {
            let line = line(form, &variable, &value)?;
            room.take(variable, text.len() + line.len())?;
            Ok(line)
        });
        match line {
            Ok(line) => text.push_str(&line),
            Err(why) => left_out.push((shown, why)),
        }
    }
    (text, left_out)
}

fn line(form: &OutputsForm, name: &str, value: &str) -> std::result::Result<String, &'static str> {
    match form {
        OutputsForm::Shell if value.contains('\0') => Err("no variable can hold a NUL"),
        OutputsForm::Shell if name.len() + 1 + value.len() > LONGEST_VARIABLE => {
            Err("no program starts with a variable of 128 KiB")
        }
        OutputsForm::Shell => Ok(format!("export {name}={}\n", shell_word(value))),
        OutputsForm::Dotenv { name: longest, .. } if name.len() > *longest => Err("its name is too long"),
        OutputsForm::Dotenv { refuses, .. } => match refuses(value) {
            Some(why) => Err(why),
            None => Ok(format!("{name}={value}\n")),
        },
    }
}

/// The room that is left in the file.
struct Room {
    bytes: usize,
    variables: usize,
    /// The names that the file has already.
    names: BTreeSet<String>,
}

impl Room {
    fn new(before: &[u8], form: &OutputsForm) -> Self {
        let (bytes, variables) = match form {
            OutputsForm::Shell => (usize::MAX, usize::MAX),
            OutputsForm::Dotenv { bytes, variables, .. } => (bytes.saturating_sub(before.len()), *variables),
        };
        let text = String::from_utf8_lossy(before);
        let names =
            text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().to_owned());
        Self { bytes, variables, names: names.collect() }
    }

    /// Adds `name` to the file's names, if the file can take it; `added` is the number of bytes that are appended in
    /// all.
    fn take(&mut self, name: String, added: usize) -> std::result::Result<(), &'static str> {
        if added > self.bytes {
            return Err("there is no room left in the file, whose size the CI system limits");
        }
        if !self.names.contains(&name) && self.names.len() >= self.variables {
            return Err("the CI system limits how many variables the file can have");
        }
        self.names.insert(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, value: &str) -> Output {
        Output { name: name.to_owned(), value: value.to_owned() }
    }

    const DOTENV: OutputsForm = OutputsForm::Dotenv {
        bytes: 60,
        variables: 3,
        name: 30,
        refuses: |value| value.contains('$').then_some("no"),
    };

    fn added(before: &str, form: &OutputsForm, own: &[Output], stack: &[Output]) -> (String, Vec<String>) {
        let (text, left_out) = lines(before.as_bytes(), form, named(own, stack, "STACK_"));
        (text, left_out.into_iter().map(|(shown, why)| format!("{shown}: {why}")).collect())
    }

    #[test]
    fn names_are_those_of_variables_and_the_long_one_comes_last() {
        let own = [output("outputs", "{}"), output("has-changes", "true")];
        let (text, left_out) =
            added("", &OutputsForm::Shell, &own, &[output("site.url-1", "x"), output("Url", "y")]);
        assert_eq!(
            text,
            "export STACK_HAS_CHANGES='true'\nexport STACK_OUTPUT_site_url_1='x'\nexport STACK_OUTPUT_Url='y'\n\
             export STACK_OUTPUTS='{}'\n"
        );
        assert!(left_out.is_empty(), "{left_out:?}");
    }

    #[test]
    fn what_can_not_be_a_name_or_collides_is_left_out_and_named() {
        let stack = [
            output("a-b", "1"),
            output("a_b", "2"),
            output("größe", "3"),
            output("a b", "4"),
            output("", "5"),
        ];
        let (text, left_out) = added("", &OutputsForm::Shell, &[], &stack);
        assert_eq!(text, "");
        assert_eq!(
            left_out,
            [
                "the stack output `a-b`: another one has the same name there",
                "the stack output `a_b`: another one has the same name there",
                "the stack output `größe`: the name of a variable has letters, digits and `_`",
                "the stack output `a b`: the name of a variable has letters, digits and `_`",
                "the stack output ``: the name of a variable has letters, digits and `_`",
            ]
        );
    }

    #[test]
    fn a_value_that_no_variable_can_hold_is_left_out() {
        let long = "x".repeat(LONGEST_VARIABLE);
        let (text, left_out) = added(
            "",
            &OutputsForm::Shell,
            &[],
            &[output("nul", "a\0b"), output("long", &long), output("x", "y")],
        );
        assert_eq!(text, "export STACK_OUTPUT_x='y'\n");
        assert_eq!(left_out.len(), 2, "{left_out:?}");
    }

    #[test]
    fn a_dotenv_file_has_no_quotes_and_what_the_system_refuses_is_left_out() {
        let (text, left_out) = added("", &DOTENV, &[], &[output("a", "it's \"a\""), output("b", "$x")]);
        assert_eq!(text, "STACK_OUTPUT_a=it's \"a\"\n");
        assert_eq!(left_out, ["the stack output `b`: no"]);
    }

    #[test]
    fn what_stands_in_a_dotenv_file_counts_towards_its_limits() {
        let three = [output("a", "1"), output("b", "2"), output("c", "3")];
        let (text, left_out) = added("A=1\nB=2\n", &DOTENV, &[], &three);
        assert_eq!(text, "STACK_OUTPUT_a=1\n");
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        let (text, left_out) =
            added("STACK_OUTPUT_a=0\nSTACK_OUTPUT_b=0\nSTACK_OUTPUT_c=0\n", &DOTENV, &[], &three);
        assert_eq!(text, "", "the bytes are used up");
        assert_eq!(left_out.len(), 3, "{left_out:?}");
        let (text, _) = added("STACK_OUTPUT_a=0\nB=\nC=\n", &DOTENV, &[], &three);
        assert_eq!(text, "STACK_OUTPUT_a=1\n", "a name that is there is none more");
    }

    #[test]
    fn a_last_line_without_an_end_gets_one() {
        assert_eq!(added("A=1", &DOTENV, &[], &[output("b", "2")]).0, "\nSTACK_OUTPUT_b=2\n");
    }
}
