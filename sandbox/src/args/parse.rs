//! From words to [`Args`].

use super::Args;
use super::table::{ABSENT, COMMANDS, Command, FLAGS, Flag, Kind, Support};
use crate::env::Env;
use crate::failure::Failure;

/// Parses the words after the program's name.
pub fn parse(words: &[String], env: &Env) -> Result<Args, Failure> {
    let mut parser = Parser { args: Args::default(), env, line: command_line(words)? };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            parser.line.rest.extend(words.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            parser.long(long, &mut words)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            parser.short(letters, word, &mut words)?;
        }
    }
    parser.finish()
}

/// What of the command line is no flag.
struct Line {
    command: Option<&'static Command>,
    rest: Vec<String>,
}

/// Finds the command as cobra does: the first words that are no flags and no values of flags.
fn command_line(words: &[String]) -> Result<Line, Failure> {
    let plain = plain_words(words);
    let Some(first) = plain.first() else { return Ok(Line { command: None, rest: vec![] }) };
    let Some(top) = find(first, "") else { return Err(unknown_command(first, "")) };
    let sub = plain.get(1).and_then(|second| find(second, top.name));
    if sub.is_none() && matches!(top.name, "stack" | "config") && plain.len() > 1 {
        return Err(unknown_command(&plain[1], top.name));
    }
    let taken = if sub.is_some() { 2 } else { 1 };
    Ok(Line { command: Some(sub.unwrap_or(top)), rest: plain.into_iter().skip(taken).collect() })
}

/// The words that are neither flags nor their values. What follows `--` is added later.
fn plain_words(words: &[String]) -> Vec<String> {
    let mut plain: Vec<String> = vec![];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            if takes_next_word(rest, &plain) {
                words.next();
            }
        } else {
            plain.push(word.clone());
        }
    }
    plain
}

/// Whether a flag's value is the word after it.
fn takes_next_word(flag: &str, plain: &[String]) -> bool {
    let command = plain.iter().take(2).fold(String::new(), |command, word| {
        find(word, &command).map_or(command, |found| found.name.to_owned())
    });
    let takes = |found: Option<&Flag>| found.is_some_and(|flag| flag.kind.takes_value());
    if let Some(long) = flag.strip_prefix('-') {
        !long.contains('=') && takes(lookup(long, &command))
    } else {
        // In a group of letters, the first that takes a value takes the rest of the group.
        let mut letters = flag.chars();
        while let Some(letter) = letters.next() {
            if takes(lookup_short(letter, &command)) {
                return letters.as_str().is_empty();
            }
        }
        false
    }
}

fn find(word: &str, parent: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| {
        let (above, last) = command.name.rsplit_once(' ').unwrap_or(("", command.name));
        above == parent && (last == word || command.aliases.contains(&word))
    })
}

/// The flag of this name, as the command has it. Before the command is known, any command's will do.
fn lookup(name: &str, command: &str) -> Option<&'static Flag> {
    let mut named = FLAGS.iter().filter(|flag| flag.name == name);
    if command.is_empty() { named.next() } else { named.rfind(|flag| flag.applies_to(command)) }
}

fn lookup_short(letter: char, command: &str) -> Option<&'static Flag> {
    let mut named = FLAGS.iter().filter(|flag| flag.short == Some(letter));
    if command.is_empty() { named.next() } else { named.rfind(|flag| flag.applies_to(command)) }
}

fn unknown_command(word: &str, parent: &str) -> Failure {
    let path = if parent.is_empty() { word.to_owned() } else { format!("{parent} {word}") };
    if ABSENT.contains(&path.as_str()) {
        return Failure::unsupported(format_args!("`pulumi {path}`"));
    }
    let of = if parent.is_empty() { "pulumi".to_owned() } else { format!("pulumi {parent}") };
    Failure::new(format!("unknown command \"{word}\" for \"{of}\"\nRun '{of} --help' for usage."))
}

impl Kind {
    fn takes_value(self) -> bool {
        !matches!(self, Kind::Switch | Kind::Optional(_))
    }
}

struct Parser<'a> {
    args: Args,
    env: &'a Env,
    line: Line,
}

type Words<'a> = std::slice::Iter<'a, String>;

impl Parser<'_> {
    fn command(&self) -> &'static str {
        self.line.command.map_or("", |command| command.name)
    }

    fn long(&mut self, word: &str, words: &mut Words) -> Result<(), Failure> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        let flag = lookup(name, self.command())
            .filter(|flag| self.is_registered(flag))
            .ok_or_else(|| Failure::new(format!("unknown flag: --{name}")))?;
        let value = match (value, flag.kind) {
            (Some(value), _) => value,
            (None, Kind::Switch) => "true".to_owned(),
            (None, Kind::Optional(default)) => default.to_owned(),
            (None, _) => words
                .next()
                .cloned()
                .ok_or_else(|| Failure::new(format!("flag needs an argument: --{name}")))?,
        };
        self.set(flag, value)
    }

    /// A group of one-letter flags: `-y`, `-yf`, `-sdev`, `-s=dev`, `-s dev`.
    fn short(&mut self, letters: &str, word: &str, words: &mut Words) -> Result<(), Failure> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let flag = lookup_short(letter, self.command())
                .filter(|flag| self.is_registered(flag))
                .ok_or_else(|| Failure::new(format!("unknown shorthand flag: {letter:?} in {word}")))?;
            let rest = letters.as_str();
            if let Some(value) = rest.strip_prefix('=') {
                return self.set(flag, value.to_owned());
            }
            match flag.kind {
                Kind::Switch => self.set(flag, "true".to_owned())?,
                Kind::Optional(default) => self.set(flag, default.to_owned())?,
                _ if !rest.is_empty() => return self.set(flag, rest.to_owned()),
                _ => {
                    let value = words.next().cloned().ok_or_else(|| {
                        Failure::new(format!("flag needs an argument: {letter:?} in {word}"))
                    })?;
                    return self.set(flag, value);
                }
            }
        }
        Ok(())
    }

    /// The event log is a debugging feature: without this variable the CLI does not know the flag.
    fn is_registered(&self, flag: &Flag) -> bool {
        flag.name != "event-log" || self.env.is_true("PULUMI_DEBUG_COMMANDS")
    }

    fn set(&mut self, flag: &'static Flag, value: String) -> Result<(), Failure> {
        if flag.support == Support::Refused {
            return Err(Failure::unsupported(format_args!("--{}", flag.name)));
        }
        let value = match flag.kind {
            Kind::Switch => parse_bool(&value).ok_or_else(|| invalid(flag, &value, "ParseBool"))?.to_string(),
            Kind::Number => {
                value.parse::<i32>().map_err(|_| invalid(flag, &value, "ParseInt"))?;
                value
            }
            _ => value,
        };
        let values = self.args.flags.entry(flag.name).or_default();
        if flag.kind == Kind::Commas {
            values.extend(value.split(',').map(str::to_owned));
        } else {
            values.push(value);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Args, Failure> {
        self.args.command = self.command().to_owned();
        self.args.arguments = self.line.rest;
        let given = self.args.arguments.len();
        if let Some(command) = self.line.command.filter(|_| !self.args.is_on("help")) {
            let (fewest, most) = command.arity;
            if !(fewest..=most).contains(&given) {
                return Err(Failure::new(arity_message(fewest, most, given)));
            }
        }
        Ok(self.args)
    }
}

fn arity_message(fewest: usize, most: usize, given: usize) -> String {
    if fewest == most {
        format!("accepts {fewest} arg(s), received {given}")
    } else if given < fewest {
        format!("requires at least {fewest} arg(s), only received {given}")
    } else if fewest == 0 {
        format!("accepts at most {most} arg(s), received {given}")
    } else {
        format!("accepts between {fewest} and {most} arg(s), received {given}")
    }
}

/// What Go's `strconv.ParseBool` takes.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn invalid(flag: &Flag, value: &str, parser: &str) -> Failure {
    let short = flag.short.map(|letter| format!("-{letter}, ")).unwrap_or_default();
    Failure::new(format!(
        "invalid argument {value:?} for \"{short}--{}\" flag: strconv.{parser}: parsing {value:?}: invalid syntax",
        flag.name
    ))
}
