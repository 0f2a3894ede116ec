//! The settings of the checks as values, with their defaults.

use std::path::PathBuf;
use std::time::Duration;

use super::address::{HostAddress, WebAddress};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::Method;
use crate::base::secret::Secret;
use crate::base::words::enum_of_words;
use crate::report::{CheckKind, Inconclusive};

/// The time limit of all checks together, unless `checks-timeout` says another one.
pub const TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// The time that what was deployed has to come up, unless `ready-within` says another one.
pub const READY_WITHIN: Duration = Duration::from_secs(60);
/// The time between the beginnings of two tries, unless `every` says another one.
pub const EVERY: Duration = Duration::from_secs(2);
/// The longest that a try of `http` or `tcp` is waited for, unless `within` is longer.
pub const TRY_TIME: Duration = Duration::from_secs(10);

/// The checks after a deployment of one stack.
#[derive(Debug, Clone)]
pub struct Checks {
    /// The checks, in the order of the settings. No two have the same name.
    pub list: Vec<Check>,
    /// The folder that commands run in: that of the settings' file. None for the folder of the run.
    pub folder: Option<PathBuf>,
    /// The time limit of all of them together.
    pub timeout: Duration,
    /// What an inconclusive check means for the run.
    pub inconclusive: Inconclusive,
    /// What a failed check means for the deployments that follow.
    pub on_failed: OnFailedCheck,
}

enum_of_words! {
    /// What a failed check means for the deployments that follow.
    pub enum OnFailedCheck {
        /// The stack is held until somebody releases it.
        Hold = "hold",
        /// Nothing: the next deployment may come.
        Nothing = "nothing",
    }
}

/// No checks.
impl Default for Checks {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            folder: None,
            timeout: TIMEOUT,
            inconclusive: Inconclusive::Fail,
            on_failed: OnFailedCheck::Nothing,
        }
    }
}

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// The check's name.
    pub name: String,
    /// What it looks at.
    pub subject: CheckSubject,
    /// How often it is tried.
    pub pace: Pace,
    /// Whether it is made before the deployment as well.
    pub baseline: bool,
}

/// What a check looks at.
#[derive(Debug, Clone)]
pub enum CheckSubject {
    /// The answer to a request.
    Http(Box<HttpCheck>),
    /// Whether a connection is accepted.
    Tcp(TcpCheck),
    /// The exit status of a command.
    Run(CommandCheck),
    /// Whether a second preview has no changes.
    Preview,
}

/// How often a check is tried, and how many of the tries have to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many tries have to pass; at least one.
    pub needed: u32,
    /// Out of how many.
    pub of: u32,
    /// The time between the beginnings of two tries.
    pub every: Duration,
    /// The time that what was deployed has to come up: until it is over, or one passes, no try counts.
    pub ready_within: Duration,
}

/// A request, and what is wanted of its answer.
#[derive(Debug, Clone)]
pub struct HttpCheck {
    /// The address.
    pub address: WebAddress,
    /// The method.
    pub method: Method,
    /// The headers.
    pub headers: Vec<(String, HeaderText)>,
    /// The statuses of which the answer has to have one.
    pub status: Vec<StatusRange>,
    /// Texts that the answer has to contain, all of them.
    pub contains: Vec<String>,
    /// Texts of which the answer must not contain any.
    pub not_contains: Vec<String>,
    /// The longest that the answer may take.
    pub within: Option<Duration>,
    /// For how many more days the certificate has to be valid.
    pub tls_days: Option<u32>,
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderText {
    /// This text, which is no secret.
    Plain(String),
    /// The value of a variable of the job, which is hidden.
    FromEnv {
        /// The text before it: `Bearer `.
        prefix: String,
        /// The variable's name.
        variable: String,
    },
}

/// The statuses from one to another, both of them included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// A connection.
#[derive(Debug, Clone)]
pub struct TcpCheck {
    /// The address.
    pub address: HostAddress,
    /// The longest that it may take.
    pub within: Option<Duration>,
}

/// A command.
#[derive(Debug, Clone)]
pub struct CommandCheck {
    /// What is run.
    pub line: CheckLine,
    /// The folder to run it in, relative to that of the settings.
    pub cwd: Option<String>,
    /// The longest that it may take.
    pub within: Option<Duration>,
    /// Names of the job's variables that it gets although they look like secrets.
    pub env: Vec<String>,
    /// Names of secret outputs that it gets.
    pub secret_outputs: Vec<String>,
}

/// The command line of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckLine {
    /// A program and its arguments; no shell sees them.
    Words(String, Vec<String>),
    /// A text for the shell.
    Shell(String),
}

impl Checks {
    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The values of the job's variables that headers and commands name, each with its variable: they have to be hidden.
    /// Fails for a variable that is not set, because after the deployment it would be too late to find out.
    pub fn secrets(&self, env: &Env) -> Result<Vec<(String, Secret)>> {
        let mut secrets = Vec::new();
        for check in &self.list {
            for variable in check.variables() {
                let value = env.get(variable).ok_or_else(|| {
                    Error::input(
                        format!(
                            "the check `{}` needs the variable `{variable}`, which is not set",
                            check.name
                        ),
                        "hand it to the job from the CI system's own secret store",
                    )
                })?;
                secrets.push((variable.to_owned(), Secret::new(value)));
            }
        }
        Ok(secrets)
    }
}

impl Check {
    /// The kind of the check.
    pub fn kind(&self) -> CheckKind {
        match &self.subject {
            CheckSubject::Http(_) => CheckKind::Http,
            CheckSubject::Tcp(_) => CheckKind::Tcp,
            CheckSubject::Run(_) => CheckKind::Run,
            CheckSubject::Preview => CheckKind::Preview,
        }
    }

    /// The stack output that the address comes from.
    pub fn output(&self) -> Option<&str> {
        match &self.subject {
            CheckSubject::Http(http) => http.address.output(),
            CheckSubject::Tcp(tcp) => tcp.address.output(),
            CheckSubject::Run(_) | CheckSubject::Preview => None,
        }
    }

    /// The secret outputs that a command gets.
    pub fn secret_outputs(&self) -> &[String] {
        match &self.subject {
            CheckSubject::Run(command) => &command.secret_outputs,
            _ => &[],
        }
    }

    /// The stack outputs without which it can't be made.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.output().into_iter().chain(self.secret_outputs().iter().map(String::as_str))
    }

    /// The job's variables without which it can't be made.
    fn variables(&self) -> Vec<&str> {
        match &self.subject {
            CheckSubject::Http(http) => http
                .headers
                .iter()
                .filter_map(|(_, text)| match text {
                    HeaderText::FromEnv { variable, .. } => Some(variable.as_str()),
                    HeaderText::Plain(_) => None,
                })
                .collect(),
            CheckSubject::Run(command) => command.env.iter().map(String::as_str).collect(),
            CheckSubject::Tcp(_) | CheckSubject::Preview => Vec::new(),
        }
    }
}

impl Pace {
    /// One try, which counts.
    pub const ONCE: Self = Self { needed: 1, of: 1, every: EVERY, ready_within: Duration::ZERO };

    /// The same without the time to come up: before a deployment nothing has to.
    #[must_use]
    pub fn at_once(self) -> Self {
        Self { ready_within: Duration::ZERO, ..self }
    }

    /// The time that it takes at least until enough tries can have passed.
    pub fn shortest(&self) -> Duration {
        self.every.saturating_mul(self.needed - 1)
    }
}

impl HeaderText {
    /// The header's value. None if its variable is not set.
    pub fn value(&self, env: &Env) -> Option<Secret> {
        match self {
            Self::Plain(text) => Some(Secret::new(text)),
            Self::FromEnv { prefix, variable } => {
                env.get(variable).map(|value| Secret::new(format!("{prefix}{}", value.trim())))
            }
        }
    }
}

impl StatusRange {
    /// Any success.
    pub const SUCCESS: Self = Self { first: 200, last: 299 };

    /// Whether `status` is one of them.
    pub fn holds(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

/// `200`, or `2xx`.
impl std::fmt::Display for StatusRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}xx", self.first / 100)
        }
    }
}
