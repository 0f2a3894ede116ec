//! THE table of commands: one row for each that a run can have. The command line's words, the values of the input
//! `command`, and all properties of a command are read from it.

use self::Command::{Deploy, Destroy, Drift, Exec, Install, Outputs, Preview, Refresh, Report, Up};
use crate::base::suggest::nearest;
use crate::report::Operation;

/// A command of a run, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// Show what would change.
    Preview,
    /// Deploy.
    Up,
    /// Deploy or preview what the map of `stackstep.yaml` says for the event at hand: [`Command::Up`] or
    /// [`Command::Preview`], of each stack that it names.
    Deploy,
    /// Bring the state in line with what is there.
    Refresh,
    /// Look whether what is there is still what was deployed: [`Command::Refresh`] that only shows what it would do, of each
    /// stack that is named.
    Drift,
    /// Delete everything.
    Destroy,
    /// Read the stack's outputs.
    Outputs,
    /// Make sure that the engine is installed. An empty command means this one.
    Install,
    /// Publish what other jobs have found.
    Report,
    /// Any engine command.
    Exec,
}

/// The effect of a command on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does not use the stack.
    None,
    /// It reads the stack.
    Reads,
    /// It changes the stack, unless only a preview is wanted.
    Changes,
    /// It can do anything: the engine command decides.
    Anything,
}

/// Whether a command runs the program of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramUse {
    /// Always.
    Always,
    /// If `run-program` is set.
    IfAsked,
    /// Never.
    Never,
}

/// One row of the table.
#[derive(Debug)]
pub struct CommandRow {
    /// The command.
    pub command: Command,
    /// The command's word.
    pub word: &'static str,
    /// Another word that means the same.
    pub alias: Option<&'static str>,
    /// Whether the help shows the alias.
    pub shows_alias: bool,
    /// The help of the command.
    pub about: &'static str,
    /// Whether the `command` input of a step accepts it. `exec` needs a command line, and an empty command means
    /// `install`.
    pub in_a_step: bool,
    /// The effect on the stack.
    pub effect: Effect,
    /// Whether it runs the program of the project.
    pub program: ProgramUse,
    /// The operation in its report; none for a command without a report of its own.
    pub operation: Option<Operation>,
}

/// A row of an operation of the engine: it makes a report, and a step can ask for it.
const fn operation(
    command: Command,
    operation: Operation,
    effect: Effect,
    program: ProgramUse,
    about: &'static str,
) -> CommandRow {
    let operation_row =
        CommandRow { operation: Some(operation), in_a_step: true, ..other(command, operation.name(), about) };
    CommandRow { effect, program, ..operation_row }
}

/// A row of a command that has no stack.
const fn other(command: Command, word: &'static str, about: &'static str) -> CommandRow {
    CommandRow {
        command,
        word,
        alias: None,
        shows_alias: false,
        about,
        in_a_step: false,
        effect: Effect::None,
        program: ProgramUse::Never,
        operation: None,
    }
}

/// The rows, in the order of the help.
pub const COMMANDS: &[CommandRow] = &[
    operation(
        Command::Preview,
        Operation::Preview,
        Effect::Reads,
        ProgramUse::Always,
        "Show what a deployment would change",
    ),
    CommandRow {
        alias: Some("update"),
        shows_alias: true,
        ..operation(Command::Up, Operation::Up, Effect::Changes, ProgramUse::Always, "Deploy")
    },
    CommandRow {
        in_a_step: true,
        effect: Effect::Changes,
        program: ProgramUse::Always,
        ..other(
            Command::Deploy,
            "deploy",
            "Deploy or preview what the map in stackstep.yaml says for the event at hand",
        )
    },
    operation(
        Command::Refresh,
        Operation::Refresh,
        Effect::Changes,
        ProgramUse::IfAsked,
        "Bring the state in line with what is there",
    ),
    CommandRow {
        in_a_step: true,
        effect: Effect::Reads,
        program: ProgramUse::IfAsked,
        ..other(
            Command::Drift,
            "drift",
            "Look whether what is there is still what was deployed, and follow it up by an issue",
        )
    },
    operation(
        Command::Destroy,
        Operation::Destroy,
        Effect::Changes,
        ProgramUse::IfAsked,
        "Delete every resource of the stack",
    ),
    CommandRow {
        alias: Some("output"),
        ..operation(
            Command::Outputs,
            Operation::Outputs,
            Effect::Reads,
            ProgramUse::Never,
            "Read the stack's outputs and export them to later steps",
        )
    },
    other(Command::Install, "install", "Install the Pulumi CLI if it is missing"),
    CommandRow {
        in_a_step: true,
        ..other(Command::Report, "report", "Publish what other jobs or machines have found")
    },
    CommandRow {
        effect: Effect::Anything,
        ..other(
            Command::Exec,
            "exec",
            "Run any command of the Pulumi CLI with the same backend, credentials and masks",
        )
    },
];

/// The last command. The assertions check that each command's row is at its own index.
const LAST: Command = Command::Exec;
const _: () = {
    assert!(COMMANDS.len() == LAST as usize + 1, "a command has no row, or a row no command");
    let mut at = 0;
    while at < COMMANDS.len() {
        assert!(COMMANDS[at].command as usize == at, "the rows are in the order of the commands");
        at += 1;
    }
};

/// The number of words that the `command` input accepts.
const WORD_COUNT: usize = {
    let (mut count, mut at) = (0, 0);
    while at < COMMANDS.len() {
        if COMMANDS[at].in_a_step {
            count += 1 + COMMANDS[at].alias.is_some() as usize;
        }
        at += 1;
    }
    count
};

/// The words that the `command` input accepts.
const STEP_WORDS: [&str; WORD_COUNT] = {
    let (mut words, mut count, mut at) = ([""; WORD_COUNT], 0, 0);
    while at < COMMANDS.len() {
        let row = &COMMANDS[at];
        if row.in_a_step {
            words[count] = row.word;
            count += 1;
            if let Some(alias) = row.alias {
                words[count] = alias;
                count += 1;
            }
        }
        at += 1;
    }
    words
};

impl Command {
    /// The words that the `command` input accepts.
    pub const STEP_WORDS: &'static [&'static str] = &STEP_WORDS;

    /// The command that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        let row = COMMANDS.iter().find(|row| row.word == word || row.alias == Some(word))?;
        Some(row.command)
    }

    /// The command that people mean by a word that they know from another tool.
    pub fn meant_by(word: &str) -> Option<Self> {
        match word {
            "apply" => Some(Self::Up),
            "plan" | "diff" => Some(Self::Preview),
            "down" => Some(Self::Destroy),
            _ => None,
        }
    }

    /// The word for a step that `word` is a misspelling of. What deletes everything is taken for meant only where hardly a
    /// letter differs.
    pub fn near(word: &str) -> Option<&'static str> {
        let is_safe =
            |near: &&str| *near != Self::Destroy.word() || strsim::damerau_levenshtein(word, near) <= 2;
        nearest(word, Self::STEP_WORDS.iter().copied().filter(is_safe))
    }

    /// Its row.
    pub fn row(self) -> &'static CommandRow {
        &COMMANDS[self as usize]
    }

    /// The command's word.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The operation in its report; none for a command without a report of its own.
    pub fn operation(self) -> Option<Operation> {
        self.row().operation
    }

    /// The effect on the stack.
    pub fn effect(self) -> Effect {
        self.row().effect
    }

    /// Whether it is an operation on the stack's resources.
    pub fn is_on_resources(self) -> bool {
        self.row().program != ProgramUse::Never
    }
}

/// The commands that work on a stack's resources.
pub(super) const OPERATIONS: &[Command] = &[Preview, Up, Refresh, Destroy];
pub(super) const OPERATIONS_AND_EXEC: &[Command] = &[Preview, Up, Refresh, Destroy, Exec];
pub(super) const OPERATIONS_AND_OUTPUTS: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs];
pub(super) const OPERATIONS_AND_REPORT: &[Command] = &[Preview, Up, Refresh, Destroy, Report];
pub(super) const OPERATIONS_OUTPUTS_AND_EXEC: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec];
pub(super) const OPERATIONS_OUTPUTS_AND_REPORT: &[Command] =
    &[Preview, Up, Refresh, Destroy, Outputs, Report];
pub(super) const UP_REFRESH_DESTROY: &[Command] = &[Up, Refresh, Destroy];
pub(super) const UP_REFRESH_DESTROY_AND_REPORT: &[Command] = &[Up, Refresh, Destroy, Report];
pub(super) const ONLY_UP: &[Command] = &[Up];
pub(super) const ONLY_DEPLOY: &[Command] = &[Deploy];
pub(super) const ONLY_DRIFT: &[Command] = &[Drift];
pub(super) const ONLY_REPORT: &[Command] = &[Report];
pub(super) const ALL: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec, Install, Report];
pub(super) const ALL_BUT_INSTALL: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec, Report];
pub(super) const ALL_BUT_REPORT: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec, Install];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_asks_for_what_needs_no_command_line() {
        let words = [
            "preview", "up", "update", "deploy", "refresh", "drift", "destroy", "outputs", "output", "report",
        ];
        assert_eq!(Command::STEP_WORDS, words);
    }
}
