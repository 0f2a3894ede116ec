//! The flags of the command line: one for an input of the table, with its help, and those that several commands share.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches};

use crate::inputs::headings::COMMAND;
use crate::inputs::resolve::default_value;
use crate::inputs::{Command, Default, INPUTS, Input, Kind};

/// The flag that asks for JSON.
pub(super) fn json() -> Arg {
    Arg::new("json").long("json").help("Print it as JSON").action(ArgAction::SetTrue).display_order(0)
}

/// Whether a flag without a value is given. One that the command has not got is not.
pub(super) fn is_given(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or_default()
}

/// The flag of an input, at this place of the help.
pub(super) fn flag(order: usize, input: &'static Input) -> Arg {
    let mut arg = Arg::new(input.name)
        .long(input.name)
        .help(help(input))
        .help_heading(input.group.heading())
        .display_order(order)
        .aliases(input.aliases.iter().copied())
        .value_name(value_name(input.kind))
        .action(match input.kind {
            Kind::List | Kind::Mapping => ArgAction::Append,
            _ => ArgAction::Set,
        });
    if let Some(short) = input.short {
        arg = arg.short(short);
    }
    match input.kind {
        Kind::Bool => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Choice(words) => arg.value_parser(PossibleValuesParser::new(words)).hide_possible_values(true),
        // A text that a person writes may begin with a dash.
        Kind::Text | Kind::Words | Kind::Mapping => arg.allow_hyphen_values(true),
        Kind::Path | Kind::ProgramPath => arg.value_parser(NonEmptyStringValueParser::new()),
        _ => arg,
    }
}

/// The help of an input, with its default and its allowed words.
pub fn help(input: &Input) -> String {
    let mut help = input.help.to_owned();
    if let Kind::Choice(words) = input.kind {
        help.push_str(&format!(" One of: {}.", words.join(", ")));
    }
    match (default_value(input, false), input.default) {
        (Some("false"), _) if input.kind == Kind::Bool => {}
        (Some(value), _) => help.push_str(&format!(" [default: {value}]")),
        (None, Default::Depends(words)) => help.push_str(&format!(" [default: {words}]")),
        _ => {}
    }
    help
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Secret => "TEXT",
        Kind::Path | Kind::ProgramPath => "PATH",
        Kind::Bool => "BOOL",
        Kind::Number { .. } => "N",
        Kind::Duration => "TIME",
        Kind::List => "LIST",
        Kind::Choice(_) => "WORD",
        Kind::Words => "ARGS",
        Kind::Mapping => "YAML",
    }
}

/// A flag for each input that one of `commands` reads.
pub(super) fn flags(commands: &[Command]) -> Vec<Arg> {
    let reads = |input: &&Input| commands.iter().any(|command| input.applies_to(*command));
    let command_word = |input: &&Input| input.name != COMMAND.name || commands.len() > 1;
    // A secret has no flag: everyone on the machine can read a command line.
    let open = |input: &&Input| input.kind != Kind::Secret;
    INPUTS
        .iter()
        .filter(reads)
        .filter(command_word)
        .filter(open)
        .enumerate()
        .map(|(order, input)| flag(order, input))
        .collect()
}
