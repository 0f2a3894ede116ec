//! The facet "log": the commands and the format of a job's log.

use crate::base::source_place::SourcePlace;
use crate::base::text::log_line;
use crate::process::output::Disarm;

/// The level of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Worth a look.
    Warning,
    /// A failure.
    Error,
}

impl Level {
    /// The level's word, which the CI systems share.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something worth knowing, shown where the system shows such things.
#[derive(Debug, Clone, Copy)]
pub struct Annotation<'a> {
    /// How much it is worth.
    pub level: Level,
    /// What it is about.
    pub title: &'a str,
    /// What it says.
    pub message: &'a str,
    /// The place in the repository's files that it is about.
    pub place: Option<&'a SourcePlace>,
}

/// What tells the end of a folded group which beginning is its own, on systems that want to know.
#[derive(Debug, Clone, Copy)]
pub struct GroupMark {
    /// The number of the group in this run, from 1 on.
    pub number: u32,
    /// The time of the beginning or of the end, in Unix seconds.
    pub at: u64,
}

/// The commands that the system reads from the log, and the way to keep foreign output from giving any.
///
/// Marks that only fold or colour the log command nothing and are left alone: Buildkite's `---`, `+++` and `~~~`,
/// GitLab's `section_start`, Travis's `travis_fold`.
#[derive(Clone, Copy)]
pub enum LogCommands {
    /// The log has no commands.
    None,
    /// Foreign output is put between two lines with a token that nobody can guess.
    Fenced {
        /// The lines before it.
        begin: fn(&str) -> String,
        /// The lines after it.
        end: fn(&str) -> String,
    },
    /// The commands in foreign output are broken up.
    BrokenUp(Disarm),
}

/// The format of a job's log.
#[derive(Clone, Copy)]
pub struct LogFormat {
    /// Whether standard output and standard error of a job end up in one log.
    pub one_stream: bool,
    /// The lines that open a folded group with a title.
    pub open_group: fn(&str, GroupMark) -> String,
    /// The lines that close the group.
    pub close_group: fn(GroupMark) -> String,
    /// The lines that make the system hide a line of text from now on. Empty if it can't.
    pub mask: fn(&str) -> String,
    /// The commands that foreign output must not give.
    pub commands: LogCommands,
    /// The lines of an annotation.
    pub annotation: fn(&Annotation<'_>) -> String,
    /// Whether annotations show elsewhere than in the log, so that what the log says anyway is worth repeating.
    pub shows_annotations: bool,
    /// The lines that mark the step as passed with issues: its report is not complete.
    pub passed_with_issues: Option<&'static str>,
}

impl LogFormat {
    /// A log of plain lines, which takes no commands.
    pub const PLAIN: Self = Self {
        one_stream: true,
        open_group: |title, _| format!("{title}\n"),
        close_group: |_| String::new(),
        mask: |_| String::new(),
        commands: LogCommands::None,
        annotation: plain_annotation,
        shows_annotations: false,
        passed_with_issues: None,
    };

    /// The lines before foreign output, so that nothing in it is taken for a command; nobody must be able to guess
    /// the token.
    pub fn begin_foreign(&self, token: &str) -> String {
        match self.commands {
            LogCommands::Fenced { begin, .. } => begin(token),
            _ => String::new(),
        }
    }

    /// The lines after foreign output.
    pub fn end_foreign(&self, token: &str) -> String {
        match self.commands {
            LogCommands::Fenced { end, .. } => end(token),
            _ => String::new(),
        }
    }

    /// The function that breaks up commands in foreign output, for a log without fences.
    pub fn disarm(&self) -> Option<Disarm> {
        match self.commands {
            LogCommands::BrokenUp(disarm) => Some(disarm),
            _ => None,
        }
    }
}

fn plain_annotation(annotation: &Annotation<'_>) -> String {
    let Annotation { level, title, message, .. } = annotation;
    let level = level.word();
    let whole =
        if message.is_empty() { format!("{level}: {title}") } else { format!("{level}: {title}: {message}") };
    whole.lines().map(|line| log_line(line) + "\n").collect()
}

/// A title without line ends.
pub(super) fn one_line(title: &str) -> String {
    title.replace(['\r', '\n'], " ")
}
