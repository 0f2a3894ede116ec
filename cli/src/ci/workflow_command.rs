//! The commands that a GitHub Actions runner reads from a step's output, and its output file. The runners of Gitea and
//! Forgejo read the same ones.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::path::PathBuf;

use super::{
    Annotation, Append, Delivery, Handover, LogCommands, LogFormat, Output, OutputRules, OutputsWay,
    RandomWord, StepEnvironment, StepVariable,
};
use crate::base::env::Env;

/// The log of such a runner.
pub(super) const LOG: LogFormat = LogFormat {
    open_group: |title, _| format!("::group::{}\n", data(title)),
    close_group: |_| "::endgroup::\n".to_owned(),
    // The runner masks line by line.
    mask: |line| format!("::add-mask::{}\n", data(line)),
    commands: LogCommands::Fenced {
        begin: |token| format!("::stop-commands::{token}\n"),
        end: |token| format!("::{token}::\n"),
    },
    annotation,
    ..LogFormat::PLAIN
};

/// The most bytes of a step's summary, 1 MiB.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>
const SUMMARY_BYTES: usize = 1024 * 1024;

/// The files that such a runner reads after a step.
pub(super) const HANDOVER: Handover = Handover {
    outputs: OutputsWay::Append(|env, outputs, random| added(env, "GITHUB_OUTPUT", outputs, random)),
    rules: OutputRules { refuses_name: refuses_output_name, names_ignore_case: true, ..OutputRules::NONE },
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-environment-variable
    environment: StepEnvironment {
        delivery: |env, variables, random| {
            let as_output = |StepVariable { name, value, .. }: &StepVariable| Output {
                name: name.clone(),
                value: value.expose().to_owned(),
            };
            let outputs: Vec<Output> = variables.iter().map(as_output).collect();
            added(env, "GITHUB_ENV", &outputs, random).map(Delivery::Append)
        },
        ..StepEnvironment::NONE
    },
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#sending-values-to-the-pre-and-post-actions
    post_step: |env, state, random| Some(Delivery::Append(added(env, "GITHUB_STATE", state, random)?)),
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-system-path
    path: |env, folder| {
        let path = PathBuf::from(env.get("GITHUB_PATH")?);
        Some(Delivery::Append(Append { path, text: format!("{folder}\n") }))
    },
    summary: |env| env.get("GITHUB_STEP_SUMMARY").map(|path| (PathBuf::from(path), SUMMARY_BYTES)),
    ..Handover::FILES_ONLY
};

/// The names and values as text for the file that `variable` names.
fn added(env: &Env, variable: &str, values: &[Output], random: RandomWord<'_>) -> Option<Append> {
    Some(Append { path: PathBuf::from(env.get(variable)?), text: with_delimiters(values, random) })
}

fn annotation(annotation: &Annotation<'_>) -> String {
    let Annotation { level, title, message, place } = annotation;
    let message = if message.is_empty() { title } else { message };
    let place = place.map_or_else(String::new, |place| {
        let column = place.column.map_or_else(String::new, |column| format!(",col={column}"));
        format!("file={},line={}{column},", property(&place.file), place.line)
    });
    format!("::{} {place}title={}::{}\n", level.word(), property(title), data(message))
}

/// The reason why `name` can't be the name of an output: a delimiter follows the name, and `=` or `<<` end it.
fn refuses_output_name(name: &str) -> Option<&'static str> {
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

/// The names and values, each value between two lines of a delimiter of its own.
fn with_delimiters(values: &[Output], random: RandomWord<'_>) -> String {
    let mut text = String::new();
    for Output { name, value } in values {
        // A delimiter inside of the value would end it early, and the text after it could set other outputs.
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
    use crate::base::source_place::SourcePlace;
    use crate::ci::Level;

    #[test]
    fn a_value_that_holds_the_delimiter_gets_another_one() {
        let mut words = ["one", "two"].iter().map(ToString::to_string);
        let output = Output { name: "a".into(), value: "x\nstackstep_one\nb=1".into() };
        let text = with_delimiters(&[output], &mut || words.next().unwrap());
        assert_eq!(text, "a<<stackstep_two\nx\nstackstep_one\nb=1\nstackstep_two\n");
    }

    #[test]
    fn commands_in_a_message_are_escaped() {
        assert_eq!(
            annotation(&Annotation {
                level: Level::Error,
                title: "a:b",
                message: "1\n::set-output name=x::y%",
                place: None
            }),
            "::error title=a%3Ab::1%0A::set-output name=x::y%25\n"
        );
    }

    #[test]
    fn an_annotation_stands_at_its_place_in_the_change() {
        let place = SourcePlace { file: "infra/a,b.ts".into(), line: 40, column: Some(103) };
        let annotation =
            annotation(&Annotation { level: Level::Error, title: "t", message: "m", place: Some(&place) });
        assert_eq!(annotation, "::error file=infra/a%2Cb.ts,line=40,col=103,title=t::m\n");
    }

    #[test]
    fn a_mask_is_escaped() {
        assert_eq!((LOG.mask)("two%"), "::add-mask::two%25\n");
    }
}
