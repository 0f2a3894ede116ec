//! What a sweep does: it warns people, destroys stacks or hands them on, and opens issues.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::ask::SweepAsk;
use super::look::{StackInSight, ledger_of};
use super::page::SweepPage;
use super::place::{SweepPlace, SweptProject, flags_of};
use super::told;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::commands::{ledger_verb, one_stack};
use crate::delivery::notify::NotifyEvent;
use crate::engine::env_file;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{EntryKind, LedgerEntry, instant_of};
use crate::lifecycle::decide::{SweepDecision, SweepVerdict};
use crate::lifecycle::facts::Warning;
use crate::lifecycle::time_to_live::KEEP;
use crate::process::signals::Signals;
use crate::process::stream::Passing;
use crate::process::supervise::{Process, ProcessStatus, Supervision, run};
use crate::process::told::Deaf;
use crate::publish::notify::NotifyFacts;
use crate::pulumi::backend::{Backend, BackendSource, without_keys};
use crate::run::gates::ledger;
use crate::run::telling::tell_of_verb;

/// The time that a destroying process has to end after it was told to.
const GRACE: Duration = Duration::from_secs(60);

/// The variable by which the engine finds its backend.
const PULUMI_BACKEND_URL: &str = "PULUMI_BACKEND_URL";

/// The variables that a destroying process has of this environment.
const KEPT: [&str; 2] = ["PATH", "HOME"];

/// A stack that a job of its own destroys: `stackstep reap --only STACK --cwd CWD --cloud-url BACKEND`.
#[derive(Debug, Serialize)]
pub(super) struct HandedOn {
    project: String,
    cwd: String,
    stack: String,
    /// Whether a change request has it.
    review: bool,
    /// The URL of the backend in which it was seen, without keys.
    backend: Option<String>,
}

/// What acting needs.
pub(super) struct Acting<'a> {
    pub place: &'a SweepPlace<'a>,
    pub ask: &'a SweepAsk,
    pub flags: &'a Flags,
    pub env: &'a Env,
    pub signals: &'a Signals,
}

impl Acting<'_> {
    /// Does what was decided, and writes it into the page. Returns the stacks that other jobs have to destroy.
    pub async fn act(
        &self,
        looked: &[StackInSight],
        decided: &SweepDecision,
        page: &mut SweepPage,
        console: &mut Console,
    ) -> Result<Vec<HandedOn>> {
        match self.say_brake(decided.brake.as_deref(), page, console).await {
            Ok(()) => {}
            Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
            Err(error) => page.problems.push(format!("the issue about the brake: {error}")),
        }
        let variables = self.variables(console)?;
        let mut handed_on = Vec::new();
        for ((one, decision), at) in looked.iter().zip(&decided.stacks).zip(0..) {
            if let Some(signal) = self.signals.first() {
                return Err(Error::Stopped { signal: signal.number() });
            }
            // One that fails ends nothing: the sweep goes on with the others.
            let done = match &decision.verdict {
                SweepVerdict::Warn { which, expires } => {
                    Box::pin(self.warn(one, *which, *expires, console)).await.map(Some)
                }
                SweepVerdict::Destroy(_) if decided.brake.is_none() => {
                    if let Some(variables) = &variables {
                        Box::pin(self.destroy(one, variables, console)).await.map(Some)
                    } else {
                        handed_on.push(one.handed_on(self.backend_of(one)));
                        Ok(Some("handed on to a job of its own".to_owned()))
                    }
                }
                _ => Ok(None),
            };
            let line = &mut page.stacks[at];
            match done {
                Ok(done) => line.done = done,
                Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
                Err(error) => (line.done, line.failed) = (Some(error.to_string()), true),
            }
            if decision.needs_issue {
                match self.open_issue(one, console).await {
                    Ok(said) => line.done = Some(join(line.done.take(), &said)),
                    Err(error) => page.problems.push(format!("{}: {error}", one.facts.stack)),
                }
            }
        }
        Ok(handed_on)
    }

    /// The variables of the destroying processes, hidden. None if there is no file of them.
    fn variables(&self, console: &mut Console) -> Result<Option<Vec<(String, String)>>> {
        let Some(file) = &self.ask.destroy_env else { return Ok(None) };
        let variables = env_file::read(&self.env.cwd().join(file))?;
        for (name, value) in &variables {
            console.hide(name, value);
        }
        Ok(Some(variables))
    }

    /// Warns the people of a stack: on its change request by a new comment, and those of `notify`.
    async fn warn(
        &self,
        one: &StackInSight,
        which: Warning,
        expires: u64,
        console: &mut Console,
    ) -> Result<String> {
        let SweptProject { found: project, job, .. } = &self.place.projects[one.project];
        let facts = &one.facts;
        let book = ledger_of(job, self.place, &facts.stack);
        // Another sweep was faster.
        let past = ledger::read(&book).await?;
        let is_it = |entry: &LedgerEntry| {
            entry.reason.as_deref() == Some(which.word())
                && entry.expires.as_deref() == Some(&*instant_of(expires))
        };
        if past.is_some_and(|past| past.warnings().iter().any(is_it)) {
            return Ok(format!("its people were warned by another sweep ({})", which.word()));
        }
        let text = warning(&facts.project, &facts.stack, facts.name.is_some(), expires);
        if let Some(name) = &facts.name {
            let client = self.place.forge.client();
            let (stack, end, which) = (&facts.stack, instant_of(expires), which.word());
            let marker = format!("<!-- stackstep-expiry stack={stack} end={end} warning={which} -->");
            told::comment_once(&client, name.number(), &marker, &text).await?;
        }
        let flags = flags_of(self.flags, self.place.top, project, &facts.stack);
        let own = Box::pin(one_stack::job(Command::Refresh, &flags, self.env, console, self.signals)).await?;
        ledger_verb::hide_addresses(&own, console).await;
        tell_of_verb(&own, NotifyEvent::Expiry, &NotifyFacts::saying(&text), console).await;
        let mut entry = self.place.entry(&facts.project, &facts.stack, EntryKind::Warned);
        (entry.expires, entry.reason) = (Some(instant_of(expires)), Some(which.word().to_owned()));
        ledger::append(&book, entry, console).await?;
        Ok(format!("its people were warned ({})", which.word()))
    }

    /// Destroys a stack by a process that has nothing of this environment but what [`KEPT`] names, and the file's variables.
    async fn destroy(
        &self,
        one: &StackInSight,
        variables: &[(String, String)],
        console: &Console,
    ) -> Result<String> {
        let set: Vec<(String, String)> = variables.to_vec();
        let is_set = |name: &str| set.iter().any(|(other, _)| other == name);
        let removed = self.env.iter().map(|(name, _)| name);
        let remove =
            removed.filter(|name| !KEPT.contains(name) && !is_set(name)).map(str::to_owned).collect();
        let process = Process {
            program: own_program()?,
            args: self.arguments(one, variables).into_iter().map(OsString::from).collect(),
            cwd: self.place.top.join(&one.cwd),
            set,
            remove,
            stdin: None,
            event_log: None,
        };
        // The page stays alone on standard output.
        let (mut stdout, mut stderr) = (tokio::io::stderr(), tokio::io::stderr());
        let supervision = Supervision {
            masker: console.masker(),
            signals: self.signals,
            timeout: None,
            listener: &mut Deaf,
            listen: Duration::ZERO,
            grace: GRACE,
            stdout: &mut stdout,
            stderr: &mut stderr,
            passing: Passing::Through,
            unsaid: None,
            capture: 0,
            disarm: None,
            on_event: &mut |_| std::ops::ControlFlow::Continue(()),
            heartbeat: &mut |elapsed| Some(format!("stackstep: destroying for {} s", elapsed.as_secs())),
            on_start: &mut |_| {},
            on_stop: &mut |_| {},
        };
        let ended = run(&process, supervision).await?;
        if let Some(signal) = self.signals.first() {
            return Err(Error::Stopped { signal: signal.number() });
        }
        match ended.status {
            ProcessStatus::Exited(0) => Ok("destroyed".to_owned()),
            ProcessStatus::Exited(status) => {
                Err(not_destroyed(&format!("it ended with exit status {status}")))
            }
            ProcessStatus::Signalled(signal) => {
                Err(not_destroyed(&format!("it was ended by signal {signal}")))
            }
            ProcessStatus::NotStarted | ProcessStatus::Stuck => {
                Err(not_destroyed("it did not run to its end"))
            }
        }
    }

    /// The backend in which the stack was seen, without the keys of this process.
    fn backend_of(&self, one: &StackInSight) -> Option<String> {
        self.place.projects[one.project].job.backend.url.as_deref().map(without_keys)
    }

    /// The command line of the destroying process. It decides anew, in the backend in which the stack was seen, whatever the
    /// file of its variables names. A file that names the same place with keys of its own keeps these.
    fn arguments(&self, one: &StackInSight, variables: &[(String, String)]) -> Vec<String> {
        let mut arguments = vec!["reap".to_owned(), "--only".to_owned(), one.facts.stack.clone()];
        if let Some(url) = self.backend_of(one).filter(|_| !self.has_own_keys(one, variables)) {
            arguments.extend(["--cloud-url".to_owned(), url]);
        }
        arguments
    }

    /// Whether a backend's URL among these variables has keys and names the place in which the stack was seen.
    fn has_own_keys(&self, one: &StackInSight, variables: &[(String, String)]) -> bool {
        let job = &self.place.projects[one.project].job;
        let Some((_, own)) = variables.iter().rev().find(|(name, _)| name == PULUMI_BACKEND_URL) else {
            return false;
        };
        let place = |url: &str| {
            let url = Some(url.to_owned());
            let backend = Backend { url, source: BackendSource::Environment, token: None, oidc: None };
            backend.place(&job.seen_by_engine, &job.inputs.stack.cwd)
        };
        without_keys(own) != *own && place(own) == job.backend.url.as_deref().and_then(place)
    }
}

impl StackInSight {
    fn handed_on(&self, backend: Option<String>) -> HandedOn {
        HandedOn {
            project: self.facts.project.clone(),
            cwd: self.cwd.clone(),
            stack: self.facts.stack.clone(),
            review: self.facts.name.is_some(),
            backend,
        }
    }
}

/// The text that warns of a stack's end, with what keeps it.
fn warning(project: &str, stack: &str, has_request: bool, expires: u64) -> String {
    // Without a change request there is nothing to comment on.
    let on_the_request = if has_request {
        format!("comment `/stackstep extend 2d`, set the label `{KEEP}`, or ")
    } else {
        String::new()
    };
    let end = instant_of(expires).replace('T', " ");
    // To the minute: "2026-12-02 03:37".
    let end = end.get(..16).unwrap_or(&end);
    format!(
        "The stack `{project}/{stack}` is destroyed after {end} UTC: its time to live ends. To keep it, {on_the_request}run `stackstep \
         ttl {stack} --extend 2d --reason …`."
    )
}

fn join(one: Option<String>, other: &str) -> String {
    one.map_or_else(|| other.to_owned(), |one| format!("{one}; {other}"))
}

fn not_destroyed(why: &str) -> Error {
    Error::Refused {
        what: format!("it was not destroyed: {why}"),
        hint: "the log of the process says why; the next sweep tries it again".to_owned(),
        reason: crate::report::Reason::Gate,
    }
}

fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| not_destroyed(&format!("the own program is not known: {error}")))
}

#[cfg(test)]
mod tests {
    use super::warning;

    #[test]
    fn only_the_people_of_a_change_request_are_told_to_comment() {
        let (review, other) = (warning("shop", "pr-7-0123abcd", true, 0), warning("shop", "demo", false, 0));
        assert!(review.contains("`/stackstep extend 2d`") && review.contains("`stackstep/keep`"), "{review}");
        assert!(!other.contains("/stackstep") && !other.contains("stackstep/keep"), "{other}");
        assert!(other.contains("run `stackstep ttl demo --extend 2d --reason …`"), "{other}");
    }
}
