//! Which commands a job takes: of those that need credentials that others must not have, another job takes care.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};

use crate::base::words::Words as _;
use crate::delivery::comment_commands::CommentCommand;
use crate::delivery::comment_text::WrittenCommand;

/// What the command line of `comment-command` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommentAsk {
    /// The commands that the job takes, and no others. Empty: all.
    only: Vec<String>,
    /// The commands that another job takes.
    except: Vec<String>,
}

impl CommentAsk {
    /// The flags.
    pub fn args() -> [Arg; 2] {
        let list = |name: &'static str, help: &'static str, order| {
            Arg::new(name)
                .long(name)
                .help(help)
                .value_name("COMMAND")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .value_parser(PossibleValuesParser::new(CommentCommand::WORDS))
                .hide_possible_values(true)
                .display_order(order)
        };
        [
            list("only", "The commands that this job takes; the others are those of another job", 0)
                .conflicts_with("except"),
            list("except", "The commands that another job takes", 1),
        ]
    }

    /// What the command line says.
    pub fn given(sub: &ArgMatches) -> Self {
        let words = |name| sub.get_many::<String>(name).into_iter().flatten().cloned().collect();
        Self { only: words("only"), except: words("except") }
    }

    /// Whether another job takes the comment. One with a word that is no command, or with several commands, is answered by the job
    /// that takes all but some.
    pub(super) fn leaves(&self, commands: &[WrittenCommand]) -> bool {
        let is_among = |words: &[String], command: &WrittenCommand| words.contains(&command.word);
        match (self.only.as_slice(), self.except.as_slice(), commands) {
            ([], except, [one]) => is_among(except, one),
            ([], _, _) => false,
            (only, _, [one]) => !is_among(only, one),
            (_, _, _) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::comment_text::commands_in;

    fn leaves(only: &[&str], except: &[&str], comment: &str) -> bool {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        CommentAsk { only: words(only), except: words(except) }.leaves(&commands_in(comment))
    }

    #[test]
    fn each_comment_is_taken_by_one_of_two_jobs_that_share_the_commands() {
        for (comment, is_the_first_s) in [
            ("/stackstep review 0123", true),
            ("/stackstep preview", false),
            ("/stackstep reviw 0123", false),
            ("/stackstep review 0123\n/stackstep preview", false),
        ] {
            assert_eq!(leaves(&["review"], &[], comment), !is_the_first_s, "{comment}");
            assert_eq!(leaves(&[], &["review"], comment), is_the_first_s, "{comment}");
            assert!(!leaves(&[], &[], comment), "{comment}");
        }
    }
}
