//! A command line that could not be read: what of it says where a result belongs.

use std::ffi::OsString;

use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Input, Kind};

/// Whether a subcommand is one that reports on no stack, so that it leaves result files alone.
pub fn has_no_result(word: &str) -> bool {
    let command = Command::from_word(word);
    command.is_some_and(|command| command.operation().is_none())
        || matches!(
            word,
            "inputs"
                | "stacks"
                | "hold"
                | "release"
                | "accept"
                | "approve"
                | "status"
                | "audit"
                | "unlock"
                | "break-glass"
                | "comment-command"
                | "rules"
                | "doctor"
                | "finish"
                | "help"
        )
}

/// Reads as much as possible of a command line that clap refused: the first word that is neither a flag nor a flag's
/// value, and the values of the flags for the inputs `names`.
pub fn salvaged<'a>(arguments: &'a [OsString], names: &[&str]) -> (Option<&'a str>, Flags) {
    let words: Vec<&str> = arguments.iter().skip(1).filter_map(|word| word.to_str()).collect();
    let takes_value = |flag: &str| {
        let input = flag.strip_prefix("--").and_then(Input::find);
        input.is_some_and(|input| input.kind != Kind::Bool)
    };
    let is_value = |at: usize| at.checked_sub(1).is_some_and(|before| takes_value(words[before]));
    let plain = words.iter().enumerate().find(|(at, word)| !word.starts_with('-') && !is_value(*at));
    let command = plain.map(|(_, word)| *word);
    let mut flags = Flags::new();
    let mut rest = words.iter().take_while(|word| **word != "--").peekable();
    while let Some(word) = rest.next() {
        let Some(flag) = word.strip_prefix("--") else { continue };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, rest.peek().map(|next| **next).filter(|next| !next.starts_with("--"))),
        };
        let Some(input) = Input::find(name).filter(|input| names.contains(&input.name)) else { continue };
        flags.extend(value.map(|value| (input.name, vec![value.to_owned()])));
    }
    (command, flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_still_says_where_the_result_goes() {
        let line = "stackstep up --paralel 3 --result-file r.json --stack=dev --junit-file --x";
        let words = line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let (command, flags) = salvaged(&words, &["result-file", "junit-file"]);
        assert_eq!((command, flags), (Some("up"), Flags::from([("result-file", vec!["r.json".into()])])));
    }

    #[test]
    fn the_command_of_a_line_that_cannot_be_read_is_its_first_plain_word() {
        for (line, word) in [
            ("stackstep --stack dev up", Some("up")),
            ("stackstep --diff upp --stack dev", Some("upp")),
            ("stackstep --stack=dev", None),
            ("stackstep", None),
        ] {
            assert_eq!(
                salvaged(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), &[]).0,
                word,
                "{line}"
            );
        }
    }
}
