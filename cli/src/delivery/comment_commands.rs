//! The commands that a comment on a change request can give, and who may give them: the table, and the section
//! `comment-commands` of the root's `stackstep.yaml`, without which there are none.

use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::base::words::{Words, enum_of_words};
use crate::base::yaml::Value;
use crate::forge::Permission;
use crate::inputs::file::COMMENT_COMMANDS;

enum_of_words! {
    /// A command of a comment.
    pub enum CommentCommand {
        /// Previews the change.
        Preview = "preview",
        /// Deploys the change's own stack.
        Review = "review",
        /// Approves what the preview shows.
        Approve = "approve",
        /// Takes a change that was refused for a reviewed one.
        Accept = "accept",
        /// Keeps the change's own stack for longer.
        Extend = "extend",
        /// Deploys nothing to a stack.
        Hold = "hold",
        /// Ends a hold.
        Release = "release",
        /// Removes the lock of a run that was killed.
        Unlock = "unlock",
    }
}

/// A row of the table of commands.
#[derive(Debug)]
pub struct CommentCommandRow {
    /// The command.
    pub command: CommentCommand,
    /// What stands after its word.
    pub arguments: &'static str,
    /// What a person has to be able to do in the repository to give it, unless the file says something else.
    pub default: Permission,
    /// What it does.
    pub about: &'static str,
    /// Whether the author of the change request may never give it there.
    pub never_the_author: bool,
    /// The least that a person has to be able to do, whatever the file says.
    pub least: Permission,
}

/// The commands, in the order in which people read them.
pub const ROWS: &[CommentCommandRow] = &[
    CommentCommandRow {
        command: CommentCommand::Preview,
        arguments: "[COMMIT]",
        default: Permission::Write,
        about: "Previews the head of the change. Where it comes from a fork, the commit has to be named, by 12 digits at \
                least, and only that one is previewed.",
        never_the_author: false,
        least: Permission::Read,
    },
    CommentCommandRow {
        command: CommentCommand::Review,
        arguments: "[COMMIT]",
        default: Permission::Write,
        about: "Deploys the change's own stack at its head, as `stackstep review up` does. Where it comes from a fork, the commit \
                has to be named, by 20 digits at least, only that one is deployed, and `review.forks` has to be on. It takes no \
                less than `write`.",
        never_the_author: false,
        least: Permission::Write,
    },
    CommentCommandRow {
        command: CommentCommand::Approve,
        arguments: "[STACK…]",
        default: Permission::Write,
        about: "Approves what the comment with the preview shows, of these stacks or of all that are shown. It counts as an \
                approving review does, and takes no less than `write`.",
        never_the_author: true,
        least: Permission::Write,
    },
    CommentCommandRow {
        command: CommentCommand::Accept,
        arguments: "STACK DIGEST REASON",
        default: Permission::Maintain,
        about: "Takes a change whose deployment was refused, as it is not what was reviewed, for a reviewed one: `stackstep \
                accept`.",
        never_the_author: true,
        least: Permission::Read,
    },
    CommentCommandRow {
        command: CommentCommand::Extend,
        arguments: "TIME",
        default: Permission::Write,
        about: "Keeps the review stacks of the change for longer, up to `review.ttl-max`.",
        never_the_author: false,
        least: Permission::Read,
    },
    CommentCommandRow {
        command: CommentCommand::Hold,
        arguments: "STACK REASON",
        default: Permission::Write,
        about: "Deploys nothing to a stack until it is released: `stackstep hold`.",
        never_the_author: false,
        least: Permission::Read,
    },
    CommentCommandRow {
        command: CommentCommand::Release,
        arguments: "STACK REASON",
        default: Permission::Maintain,
        about: "Lets a stack that is held be deployed again: `stackstep release`.",
        never_the_author: false,
        least: Permission::Read,
    },
    CommentCommandRow {
        command: CommentCommand::Unlock,
        arguments: "STACK RUN",
        default: Permission::Maintain,
        about: "Removes the lock that a run has left which was killed: `stackstep unlock`.",
        never_the_author: false,
        least: Permission::Read,
    },
];

impl CommentCommand {
    /// The command's row.
    pub fn row(self) -> &'static CommentCommandRow {
        ROWS.iter().find(|row| row.command == self).unwrap_or(&ROWS[0])
    }

    /// The command as a person writes it, with its arguments.
    pub fn usage(self) -> String {
        format!("/stackstep {} {}", self.word(), self.row().arguments)
    }
}

/// Who may give a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhoMay {
    /// Everybody with this permission, or more.
    Permitted(Permission),
    /// These people, and the members of these teams (`@acme/platform`).
    Named(Vec<String>),
    /// Nobody.
    Nobody,
}

/// The commands that are on, with who may give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentCommands {
    who: Vec<(CommentCommand, WhoMay)>,
}

/// The word for all commands with their defaults.
pub const DEFAULTS: &str = "defaults";

/// The word for a command that nobody may give.
pub const OFF: &str = "off";

const WRITE_IT: &str = "write it as `comment-commands: { preview: write, approve: [ann, \"@acme/platform\"], release: off }`; \
                        what is left out has its default, and `comment-commands: {}` leaves out all";

impl CommentCommands {
    /// Reads the section of `file`.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let mut who: Vec<(CommentCommand, WhoMay)> =
            ROWS.iter().map(|row| (row.command, WhoMay::Permitted(row.default))).collect();
        if section.as_str() == Some(DEFAULTS) {
            return Ok(Self { who });
        }
        let Some(mapping) = section.as_mapping() else {
            return Err(Error::input(
                format!("`{COMMENT_COMMANDS}` in `{file}` is neither a mapping nor `{DEFAULTS}`"),
                WRITE_IT,
            ));
        };
        for (key, value) in mapping.iter() {
            let word = key.source().unwrap_or_default();
            let Some(command) = CommentCommand::from_word(word) else {
                let hint = match nearest(word, CommentCommand::WORDS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has `{}`", CommentCommand::WORDS.join("`, `")),
                };
                let what = format!("unknown command `{COMMENT_COMMANDS}.{word}` in `{file}`");
                return Err(Error::input(what, hint));
            };
            if value.is_null() {
                continue;
            }
            let read = who_may(command, value, &format!("`{COMMENT_COMMANDS}.{word}` in `{file}`"))?;
            who.iter_mut().filter(|(own, _)| *own == command).for_each(|(_, may)| *may = read.clone());
        }
        Ok(Self { who })
    }

    /// Who may give a command.
    pub fn who_may(&self, command: CommentCommand) -> &WhoMay {
        self.who.iter().find(|(own, _)| *own == command).map_or(&WhoMay::Nobody, |(_, who)| who)
    }
}

fn who_may(command: CommentCommand, value: &Value, place: &str) -> Result<WhoMay> {
    if let Value::List(items) = value {
        let name = |item: &Value| {
            item.source().map(str::trim).filter(|name| !item.is_null() && !name.is_empty()).map(str::to_owned)
        };
        let names = items.iter().map(name).collect::<Option<Vec<_>>>();
        return match names {
            Some(names) if names.is_empty() => {
                let hint = format!("write `{OFF}` for a command that nobody may give");
                Err(Error::input(format!("{place} names nobody"), hint))
            }
            Some(names) => Ok(WhoMay::Named(names)),
            None => Err(Error::input(format!("{place} is not a list of names"), WRITE_IT)),
        };
    }
    let word = value.source().unwrap_or_default();
    if word == OFF {
        return Ok(WhoMay::Nobody);
    }
    let Some(permission) = Permission::from_word(word) else {
        let words = Permission::WORDS.iter().copied().chain([OFF]);
        let hint = match nearest(word, words) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "it takes one of `{}`, `{OFF}`, or a list of people and teams",
                Permission::WORDS.join("`, `")
            ),
        };
        return Err(Error::input(format!("{place} is no permission"), hint));
    };
    let least = command.row().least;
    if !permission.reaches(least) {
        return Err(Error::input(
            format!("{place} is `{word}`, and `{}` takes `{}` at least", command.word(), least.word()),
            "set it to `write`, `maintain`, `admin`, or to a list of people and teams",
        ));
    }
    Ok(WhoMay::Permitted(permission))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Definition;

    fn read(section: &str) -> Result<CommentCommands> {
        let found = Definition::parse(&format!("comment-commands: {section}\n"))?;
        Ok(found.and_then(|found| found.comment_commands).expect("the section is there"))
    }

    #[test]
    fn without_the_section_there_are_no_commands() {
        for text in ["", "comment-commands:\n", "deploy: { branches: { main: dev } }\n"] {
            let found = Definition::parse(text).unwrap();
            assert!(found.is_none_or(|found| found.comment_commands.is_none()), "{text}");
        }
    }

    #[test]
    fn what_the_section_leaves_out_has_its_default() {
        for section in ["{}", "defaults", "{ preview: write, hold: }"] {
            let commands = read(section).unwrap();
            for row in ROWS {
                assert_eq!(commands.who_may(row.command), &WhoMay::Permitted(row.default), "{section}");
            }
        }
    }

    #[test]
    fn a_command_is_for_a_permission_for_people_and_teams_or_for_nobody() {
        let commands = read("{ preview: triage, approve: [ann, \"@acme/platform\"], release: off }").unwrap();
        assert_eq!(commands.who_may(CommentCommand::Preview), &WhoMay::Permitted(Permission::Triage));
        let named = vec!["ann".to_owned(), "@acme/platform".to_owned()];
        assert_eq!(commands.who_may(CommentCommand::Approve), &WhoMay::Named(named));
        assert_eq!(commands.who_may(CommentCommand::Release), &WhoMay::Nobody);
    }

    #[test]
    fn what_is_misspelled_is_refused_with_what_was_meant() {
        for (section, what, hint) in [
            ("{ prevew: write }", "unknown command `comment-commands.prevew`", "did you mean `preview`?"),
            ("{ zzz: write }", "unknown command", "it has `preview`"),
            ("{ preview: wirte }", "is no permission", "did you mean `write`?"),
            ("{ preview: { a: b } }", "is no permission", "it takes one of `read`"),
            ("{ preview: [] }", "names nobody", "write `off`"),
            ("{ preview: [[a]] }", "is not a list of names", "write it as"),
            ("{ approve: triage }", "`approve` takes `write` at least", "set it to `write`"),
            ("{ review: read }", "`review` takes `write` at least", "set it to `write`"),
            ("yes", "neither a mapping nor `defaults`", "comment-commands: {}"),
        ] {
            let error = read(section).unwrap_err();
            assert!(error.to_string().contains(what), "{section}: {error}");
            assert!(error.hint().unwrap().contains(hint), "{section}: {:?}", error.hint());
        }
    }

    #[test]
    fn the_table_has_each_word_once() {
        let words: Vec<&str> = ROWS.iter().map(|row| row.command.word()).collect();
        assert_eq!(words, CommentCommand::WORDS);
    }
}
