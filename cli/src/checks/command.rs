//! One try of a command check: a program of the repository's own, with its output in the log, masked and fenced off, and
//! without the job's credentials. Only its exit status counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::address::KnownOutputs;
use super::settings::{CheckLine, CommandCheck};
use super::tries::{Tried, no_time_left, stopped};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::program::on_path;
use crate::ci::LogFormat;
use crate::ci::console::Console;
use crate::process::ladder::Cause;
use crate::process::signals::Signals;
use crate::process::stream::Passing;
use crate::process::supervise::{Ended, Process, ProcessStatus, Supervision, run};
use crate::process::told::Deaf;
use crate::report::CheckOutcome;

/// The exit status of a command that could not find out: `EX_TEMPFAIL`.
/// <https://man7.org/linux/man-pages/man3/sysexits.h.3head.html>
const UNCLEAR: i32 = 75;

/// The time that a command has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(1);

/// The most bytes of a variable with an output: more of them could keep the command from being started.
const LONGEST: usize = 32 * 1024;

/// What the names of variables with an output begin with.
pub const OUTPUT_PREFIX: &str = "STACKSTEP_OUTPUT_";

/// What each command of a run needs to be started.
pub struct CommandPlace<'a> {
    /// The folder of the settings, in which commands run.
    pub folder: &'a Path,
    /// The job's environment.
    pub env: &'a Env,
    /// Names of variables that no command gets: the job's credentials, and the files by which a step acts on later ones.
    pub withheld: &'a [String],
    /// The format of the log.
    pub log: LogFormat,
    /// The console.
    pub console: &'a Console,
    /// The signals of the run.
    pub signals: &'a Signals,
}

/// A command that can be started.
#[derive(Debug)]
pub struct ReadyCommand {
    program: PathBuf,
    args: Vec<String>,
    cwd: PathBuf,
}

impl CommandPlace<'_> {
    /// Finds the command's program and folder. Fails if they are not there, because after the deployment it would be too
    /// late to find out.
    pub fn find(&self, name: &str, check: &CommandCheck) -> Result<ReadyCommand> {
        let cwd = check.cwd.as_ref().map_or_else(|| self.folder.to_owned(), |cwd| self.folder.join(cwd));
        if !cwd.is_dir() {
            return Err(Error::input(
                format!("there is no folder `{}` to run the check `{name}` in", cwd.display()),
                "set its `cwd` to a folder, relative to that of `stackstep.yaml`",
            ));
        }
        let (program, args) = match &check.line {
            CheckLine::Words(program, args) => (program.as_str(), args.clone()),
            CheckLine::Shell(text) => {
                let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
                (shell, vec![flag.to_owned(), text.clone()])
            }
        };
        let found = if program.contains(['/', '\\']) {
            Some(cwd.join(program)).filter(|path| path.is_file())
        } else {
            on_path(program, self.env)
        };
        let program = found.ok_or_else(|| {
            Error::input(
                format!("the program of the check `{name}` is not there: `{program}`"),
                "write it as a path such as `./smoke.sh`, from the folder of `stackstep.yaml` or the check's `cwd`; or \
                 install it in a step before this one",
            )
        })?;
        if !may_be_executed(&program) {
            return Err(Error::input(
                format!("the program of the check `{name}` may not be executed: `{}`", program.display()),
                "commit it as an executable file: `git update-index --chmod=+x`, or name what runs it: `[sh, smoke.sh]`",
            ));
        }
        Ok(ReadyCommand { program, args, cwd })
    }

    /// Runs the command once, within the time that is left for all checks.
    pub async fn run(
        &self,
        name: &str,
        check: &CommandCheck,
        ready: &ReadyCommand,
        outputs: &[(String, String)],
        left: Duration,
    ) -> Tried {
        let limit = check.within.unwrap_or(left).min(left);
        let process = Process {
            program: ready.program.clone(),
            args: ready.args.iter().map(Into::into).collect(),
            cwd: ready.cwd.clone(),
            set: outputs.to_vec(),
            remove: self.removed(&check.env),
            stdin: None,
            event_log: None,
        };
        let begun = Instant::now();
        match self.supervised(name, &process, limit).await {
            Ok(ended) => judge(&ended, begun.elapsed(), check.within.filter(|within| *within < left)),
            Err(error) => {
                let problem = Problem::from(&error);
                let hint = problem.hint.unwrap_or_else(|| "check that the file may be executed".to_owned());
                Tried::without_answer(CheckOutcome::Failed, problem.what, hint)
            }
        }
    }

    async fn supervised(&self, name: &str, process: &Process, limit: Duration) -> Result<Ended> {
        self.console.group(&format!("check {name}"));
        let fence = crate::base::random::word();
        self.console.command(&self.log.begin_foreign(&fence));
        let ended = {
            let (mut stdout, mut stderr) = self.console.streams();
            let supervision = Supervision {
                masker: self.console.masker(),
                signals: self.signals,
                timeout: Some(limit),
                listener: &mut Deaf,
                listen: Duration::ZERO,
                grace: GRACE,
                stdout: &mut *stdout,
                stderr: &mut *stderr,
                passing: Passing::Through,
                unsaid: None,
                capture: 0,
                disarm: self.log.disarm(),
                on_event: &mut |_| std::ops::ControlFlow::Continue(()),
                heartbeat: &mut |elapsed| Some(format!("stackstep: checking for {} s", elapsed.as_secs())),
                on_start: &mut |_| {},
                on_stop: &mut |_| {},
            };
            run(process, supervision).await
        };
        self.console.command(&self.log.end_foreign(&fence));
        self.console.end_group();
        ended
    }

    /// The variables that a command does not get: those that are withheld, unless it lists them, and the step's inputs.
    fn removed(&self, listed: &[String]) -> Vec<String> {
        let of_the_step = self
            .env
            .iter()
            .map(|(name, _)| name)
            .filter(|name| ["INPUT_", "STACKSTEP_"].iter().any(|start| name.starts_with(start)));
        let withheld = self.withheld.iter().map(String::as_str).chain(of_the_step);
        withheld.filter(|name| !listed.iter().any(|other| other == name)).map(str::to_owned).collect()
    }
}

#[cfg(unix)]
fn may_be_executed(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(program).is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn may_be_executed(_: &Path) -> bool {
    true
}

fn judge(ended: &Ended, took: Duration, within: Option<Duration>) -> Tried {
    let without = |outcome, what: String, hint: &str| Tried::without_answer(outcome, what, hint);
    let log = "see what it wrote in the job's log";
    match (ended.cause, ended.status) {
        (Some(Cause::TimedOut), _) => within.map_or_else(no_time_left, |within| {
            let what = format!("it did not end within {}", humantime::format_duration(within));
            without(CheckOutcome::Failed, what, log)
        }),
        (Some(Cause::Cancelled(_) | Cause::Halted), _) | (_, ProcessStatus::NotStarted) => stopped(),
        (None, ProcessStatus::Exited(0)) => Tried { status: Some(0), ..Tried::passed(took) },
        (None, ProcessStatus::Exited(status)) => {
            let (outcome, what) = match status {
                UNCLEAR => {
                    (CheckOutcome::Inconclusive, format!("it could not find out (exit status {status})"))
                }
                _ => (CheckOutcome::Failed, format!("exit status {status}")),
            };
            Tried { status: Some(status), took: Some(took), ..without(outcome, what, log) }
        }
        (None, ProcessStatus::Signalled(signal)) => {
            without(CheckOutcome::Inconclusive, format!("it was killed by signal {signal}"), log)
        }
        (None, ProcessStatus::Stuck) => {
            without(CheckOutcome::Inconclusive, "it was killed, and has not ended".to_owned(), log)
        }
    }
}

/// The outputs as variables: those that hold no secret, and the secret ones that were listed and could be read.
pub fn variables(outputs: KnownOutputs<'_>, secret: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    let secret = secret.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in outputs.plain().chain(secret) {
        let spelt = name.replace(['-', '.'], "_");
        let text = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let fits = !spelt.is_empty()
            && spelt.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.len() <= LONGEST
            && !text.contains('\0');
        // Two outputs of one spelling are none: nobody could tell which one it is.
        let text = Some(text).filter(|_| fits && !found.contains_key(&spelt));
        found.insert(spelt, text);
    }
    found.into_iter().filter_map(|(name, text)| Some((format!("{OUTPUT_PREFIX}{name}"), text?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outputs_are_variables_and_secret_ones_only_where_they_are_listed() {
        let printed = json!({
            "url": "https://a", "api-host": "b", "sizes": [1, 2], "token": "[secret]", "a b": "x",
            "x.y": "1", "x_y": "2", "long": "x".repeat(LONGEST + 1),
        });
        let mut report = crate::report::report(
            crate::report::Events::default(),
            crate::report::Facts::new(
                crate::report::Operation::Up,
                "dev",
                crate::report::Ending::Exited(0),
                0,
            ),
        );
        let outputs = printed.as_object().unwrap().clone();
        crate::report::take_outputs(&mut report, outputs, crate::report::OutputsFrom::Current);
        let known = KnownOutputs::from_report(&report);
        let of = |name: &str, value: &str| (format!("STACKSTEP_OUTPUT_{name}"), value.to_owned());
        let plain = [of("api_host", "b"), of("sizes", "[1,2]"), of("url", "https://a")];
        assert_eq!(variables(known, &BTreeMap::new()), plain);
        let secret = BTreeMap::from([("token".to_owned(), json!("hunter22"))]);
        assert!(variables(known, &secret).contains(&of("token", "hunter22")));
    }
}
