//! A row of the table: an input's name, its kind, the commands that read it, and its default.

use super::Command;
use crate::base::words::enum_of_words;

/// One input: a row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The name in kebab case, as in a flag, on a step and in `stackstep.yaml`.
    pub name: &'static str,
    /// The kind of values that it takes.
    pub kind: Kind,
    /// The heading that it has in help and reference.
    pub group: Group,
    /// The commands that read it.
    pub commands: &'static [Command],
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// The flag's short form.
    pub short: Option<char>,
    /// The default, in words or as a value.
    pub default: Default,
    /// The help: the effect of the input, in one or two sentences.
    pub help: &'static str,
    /// The people that it is for, if it is not for everybody.
    pub only_for: Option<OnlyFor>,
}

/// The people that an input is for. A wrapper that has none of them leaves the input out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyFor {
    /// The kind of people.
    pub audience: Audience,
    /// The reason why nobody else needs it, for the wrapper's page.
    pub why: &'static str,
}

enum_of_words! {
    /// People that an input can be for.
    pub enum Audience {
        /// People whose jobs run on GitLab.
        GitLab = "gitlab",
        /// People who move from the official GitHub action.
        OfficialAction = "official-action",
    }
}

/// A kind of values that an input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text that is never shown, and is refused in `stackstep.yaml`.
    Secret,
    /// A file or folder, relative to the folder that stackstep was started in; in `stackstep.yaml` to that file.
    Path,
    /// A file that the engine reads or writes, relative to `cwd`; in `stackstep.yaml` to that file.
    ProgramPath,
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds.
    Number {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// A length of time: `90s`, `15m`, `1h30m`.
    Duration,
    /// Several values, split at newlines and commas.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Words as on a command line, split as a shell would split them.
    Words,
    /// A YAML mapping.
    Mapping,
}

/// The default of an input: the value if nobody sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Nothing: the engine's own behaviour.
    Unset,
    /// This value.
    Value(&'static str),
    /// This value, and another one under `profile: official-action`, with which changing the `uses:` line must not
    /// change anything downstream.
    OfficialAction {
        /// The value without the profile; empty for none.
        ours: &'static str,
        /// The value under the profile.
        official: &'static str,
    },
    /// Depends on other inputs, in these words.
    Depends(&'static str),
}

/// The headings of help and reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Command, stack and program.
    Stack,
    /// The place of the state, and who may read it.
    Backend,
    /// Configuration and environment of the program.
    Config,
    /// The resources of the operation, and how it treats them.
    Operation,
    /// Conditions that have to hold.
    Safety,
    /// Rules for the changes.
    Rules,
    /// The reviewed change.
    Review,
    /// What is checked after a deployment.
    Checks,
    /// Result, report, comment and forge.
    Report,
    /// The log.
    Log,
    /// The Pulumi CLI itself.
    Engine,
}

impl Group {
    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Stack => "Stack",
            Self::Backend => "Backend and secrets",
            Self::Config => "Configuration",
            Self::Operation => "Operation",
            Self::Safety => "Safety",
            Self::Rules => "Rules",
            Self::Review => "Review",
            Self::Checks => "Checks",
            Self::Report => "Result and report",
            Self::Log => "Log",
            Self::Engine => "Engine",
        }
    }
}

/// The inputs of a refresh that a look for drift does not have: it decides about them itself.
const NOT_FOR_A_LOOK: &[&str] =
    &["preview-only", "expect-no-changes", "fail-on-changes", "skip-preview", "lock-timeout"];

impl Input {
    /// An input without aliases and default. [`Self::under`] puts it under its heading.
    pub(super) const fn new(
        name: &'static str,
        kind: Kind,
        commands: &'static [Command],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            group: Group::Stack,
            commands,
            aliases: &[],
            short: None,
            default: Default::Unset,
            help,
            only_for: None,
        }
    }

    /// The input under the heading `group`.
    pub(super) const fn under(self, group: Group) -> Self {
        Self { group, ..self }
    }

    /// The name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether `command` reads the input.
    pub fn applies_to(&self, command: Command) -> bool {
        let reads = |command| self.commands.contains(&command);
        match command {
            Command::Deploy => reads(command) || reads(Command::Preview) || reads(Command::Up),
            // A look has an exit status of its own for what it finds.
            Command::Drift => {
                reads(command) || (reads(Command::Refresh) && !NOT_FOR_A_LOOK.contains(&self.name))
            }
            _ => reads(command),
        }
    }
}
