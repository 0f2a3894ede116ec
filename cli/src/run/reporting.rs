//! Builds the report of a run: the engine's events, and what only stackstep knows (exit status, duration, CI system).

use std::collections::BTreeMap;

use crate::base::error::{EXIT_INCOMPLETE, EXIT_REVIEWED, EXIT_TIMEOUT, Error};
use crate::base::git;
use crate::base::json;
use crate::base::secret::{MASK, Secret};
use crate::ci::console::Console;
use crate::engine::executor::Purpose;
use crate::engine::executor::{EXIT_CHANGES, EngineLabel, Outcome};
use crate::engine::job::Job;
use crate::engine::observed::GuardBreach;
use crate::inputs::Inputs;
use crate::process::ladder::Cause;
use crate::pulumi::stack::StackName;
use crate::report::take_outputs;
use crate::report::{
    self, Ci, DriftOutcome, Ending, Events, Facts, Operation, OutputsFrom, ProgramFolders, Reason, Report,
    Shown, Status, Verdict,
};

/// A run of a command that makes a report.
pub struct Run<'a> {
    job: &'a Job<'a>,
    command: Operation,
    engine: Option<EngineLabel>,
    processes: u32,
}

impl<'a> Run<'a> {
    /// None for a command that makes no report.
    pub fn new(job: &'a Job<'a>) -> Option<Self> {
        let command = job.inputs.command.operation()?;
        Some(Self { job, command, engine: None, processes: 0 })
    }

    /// The job of this run.
    pub fn job(&self) -> &'a Job<'a> {
        self.job
    }

    /// Writes the stack, the backend and the engine to the log.
    pub fn begin(&mut self, engine: EngineLabel, console: &Console) {
        if engine.is_sandbox() {
            console.line("SANDBOX: this is a rehearsal, nothing is deployed");
        }
        // Of one that nobody named it was said already how it was found.
        if self.job.inputs.stack.name.is_some() {
            console.line(&format!("stack: {}", self.stack()));
        }
        console.line(&format!("backend: {}", self.job.backend));
        let version =
            engine.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
        console.line(&format!("engine: {}{version}", engine.place));
        self.engine = Some(engine);
    }

    /// Adds the engine processes that were started before the plan's.
    pub fn count(&mut self, processes: u32) {
        self.processes += processes;
    }

    /// The report of a run that could not begin.
    pub fn not_begun(&self, error: &Error) -> Report {
        let mut facts = self.facts(&Outcome::default());
        facts.exit_code = i32::from(error.exit_status());
        facts.verdict = Some(Verdict {
            status: match error {
                Error::Stopped { .. } => Status::Cancelled,
                Error::Skipped { .. } => Status::Skipped,
                _ => Status::Failed,
            },
            reason: error.reason(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
        });
        let mut report = report::report(Events::default(), facts);
        if self.job.drift.is_some() && !matches!(error, Error::Skipped { .. }) {
            report.drift = Some(Box::new(DriftOutcome::not_known(error.to_string())));
        }
        report
    }

    /// The report while a stopped engine still finishes, with all that is known so far.
    pub fn still_finishing(&self, cause: Cause, so_far: Outcome) -> Report {
        let why = match cause {
            Cause::TimedOut => "the time is over",
            Cause::Cancelled(_) => "cancelled",
            Cause::Halted => "stopped, as a step was not reviewed",
        };
        let mut facts = self.facts(&so_far);
        facts.interim = true;
        facts.notes.insert(
            0,
            format!(
                "{why}, the engine is still finishing what it had begun: if nothing else is written here, what became \
                 of it is in the job's log"
            ),
        );
        report::report(so_far.events, facts)
    }

    /// The report of a run that has ended.
    pub fn report(&self, outcome: Outcome) -> Report {
        let facts = self.facts(&outcome);
        if self.command == Operation::Outputs {
            let printed = outcome.raw.as_ref().map(Secret::expose);
            return with_printed_outputs(report::report(outcome.events, facts), printed);
        }
        let mut report = report::report(outcome.events, facts);
        report.notes.splice(0..0, self.unconfigured(&report));
        report
    }

    /// A note for a deployed stack that changes and whose configuration file is not there: what it made is what goes.
    fn unconfigured(&self, report: &Report) -> Option<String> {
        let name = self.job.missing_stack_file.as_ref()?;
        let changes = report.changes.as_ref()?;
        let touched = |operation: &str| !matches!(operation, "create" | "same" | "read");
        changes.iter().any(|(operation, count)| *count > 0 && touched(operation)).then(|| {
            format!(
                "there is no `{name}` in this checkout, so the stack runs with the program's defaults: changes and \
                 deletions may come from that alone; commit the file, or set `config`"
            )
        })
    }

    fn stack(&self) -> &str {
        self.job.stack.as_ref().map_or("", StackName::as_str)
    }

    fn facts(&self, outcome: &Outcome) -> Facts {
        let job = self.job;
        let ending = outcome.ending.unwrap_or(Ending::NotStarted);
        let mut facts = Facts::new(self.command, self.stack(), ending, exit_code(&job.inputs, outcome));
        let previews = matches!(outcome.purpose, Some(Purpose::PreviewBefore | Purpose::PreviewAfter));
        facts.preview_only =
            job.inputs.operation.preview_only || (previews && self.command != Operation::Preview);
        facts.project = job
            .project
            .as_ref()
            .map(|project| project.name.clone())
            .or_else(|| job.stack.as_ref()?.project().map(str::to_owned));
        facts.identity = job.identity();
        facts.folders = folders(job);
        facts.stderr.clone_from(&outcome.stderr);
        facts.shown = Shown::by(&outcome.log);
        facts.duration_ms = u64::try_from(job.env.clock().elapsed().as_millis()).unwrap_or(u64::MAX);
        facts.engine = self.engine.as_ref().map(|engine| report::Engine {
            name: engine.name.to_owned(),
            version: engine.version.clone(),
            processes: self.processes + outcome.processes + u32::from(engine.version.is_some()),
            sandbox: engine.is_sandbox(),
        });
        facts.ci = Some(Ci { name: job.ci.name().to_owned(), build_url: job.context.build_url.clone() });
        facts.commit.clone_from(&job.context.commit);
        facts.rollback = job.rollback.as_ref().map(|rollback| rollback.commit.clone());
        facts.repository.clone_from(&job.context.repository);
        facts.branch.clone_from(&job.context.branch);
        facts.change_request = job.context.change_request;
        facts.began = Some(job.env.clock().began());
        facts.permalink = permalink(&outcome.log).filter(|_| job.backend.is_cloud());
        facts.notes.clone_from(&outcome.notes);
        facts.notes.extend(outcome.breach.iter().filter(|breach| !breach.stops).map(GuardBreach::message));
        facts.nothing_to_do = self.command == Operation::Destroy
            && job.inputs.operation.exclude_protected
            && has_nothing_to_destroy(&outcome.log);
        facts.ci_hints = withheld(job);
        facts.verdict =
            outcome.breach.as_ref().and_then(not_reviewed).or_else(|| allowed_changes(&job.inputs, ending));
        facts
    }
}

/// The folders that the places in messages are told from. The way to a folder may be a link, which programs follow.
fn folders(job: &Job<'_>) -> Option<ProgramFolders> {
    let program = job.project.as_ref()?.program_folder();
    let top = git::top(&program)?;
    let real = std::fs::canonicalize(&top).ok();
    Some(ProgramFolders { program, repository: std::iter::once(top).chain(real).collect() })
}

/// Why credentials may not have reached the job: what its variables show, and what its CI system is known for.
fn withheld(job: &Job<'_>) -> BTreeMap<Reason, String> {
    let empty = (job.env.get_raw("PULUMI_ACCESS_TOKEN") == Some("")).then_some(
        "`PULUMI_ACCESS_TOKEN` is set and empty: the secret that it is made of has no value in this job",
    );
    let system = (job.ci.advice().withheld_secrets)(job.env, &job.context);
    let auth: Vec<&str> = empty.into_iter().chain(system).collect();
    let hints = [(Reason::Auth, auth.join("; ")), (Reason::Secrets, system.unwrap_or_default().to_owned())];
    hints.into_iter().filter(|(_, hint)| !hint.is_empty()).collect()
}

/// Adds the outputs as `stack output --json` prints them, with secrets hidden by the engine. If they can't be read the
/// run fails: that is not the same as a stack without outputs.
fn with_printed_outputs(mut report: Report, printed: Option<&str>) -> Report {
    if report.status != Status::Succeeded {
        return report;
    }
    if let Some(outputs) = printed.and_then(json::answer) {
        take_outputs(&mut report, outputs, OutputsFrom::Current);
        return report;
    }
    report.status = Status::Failed;
    report.reason = Some(Reason::Incomplete);
    report.message = Some(UNREADABLE.to_owned());
    report.hint = Some(Reason::Incomplete.way_out(report.command).to_owned());
    report.exit_code = i32::from(EXIT_INCOMPLETE);
    report.incomplete = true;
    (report.changes, report.has_changes) = (None, None);
    report
}

/// The message for outputs that the engine printed in a form that can't be read.
const UNREADABLE: &str = "the engine printed the stack's outputs in a form that can't be read: they are not known, which is not the same as none";

/// The verdict that turns the engine's "there are changes" into a success with `fail-on-changes: false`.
fn allowed_changes(inputs: &Inputs, ending: Ending) -> Option<Verdict> {
    (ending == Ending::Exited(EXIT_CHANGES) && !inputs.safety.fail_on_changes).then(|| Verdict {
        status: Status::Succeeded,
        reason: None,
        message: String::new(),
        hint: None,
    })
}

/// The verdict on a deployment that was asked to stop because of a step that was not reviewed, even if the engine had come
/// to its end by then.
fn not_reviewed(breach: &GuardBreach) -> Option<Verdict> {
    breach.stops.then(|| Verdict {
        status: Status::Failed,
        reason: Some(Reason::Reviewed),
        message: breach.message(),
        hint: Some(NOT_REVIEWED.to_owned()),
    })
}

/// The way out after a step that was not reviewed.
const NOT_REVIEWED: &str = "what was begun before is done: look at the resources that are named, preview the stack as it is now, have that \
                            reviewed, and deploy it; `guard: report` only tells";

/// The exit status of the run: the engine's own if the engine ended by itself.
pub fn exit_code(inputs: &Inputs, outcome: &Outcome) -> i32 {
    if outcome.breach.as_ref().is_some_and(|breach| breach.stops) {
        return i32::from(EXIT_REVIEWED);
    }
    match outcome.ending {
        Some(Ending::Exited(EXIT_CHANGES))
            if inputs.safety.expect_no_changes && !inputs.safety.fail_on_changes =>
        {
            0
        }
        Some(Ending::Exited(status)) => status,
        Some(Ending::Signalled(signal) | Ending::Cancelled { signal }) => 128 + signal,
        Some(Ending::TimedOut) => i32::from(EXIT_TIMEOUT),
        Some(Ending::Halted) => i32::from(EXIT_REVIEWED),
        Some(Ending::NotStarted) | None => 1,
    }
}

/// The exit code as the status of a process; 1 if it does not fit.
pub fn exit_status(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(1)
}

/// Whether the CLI's last line says that only protected resources are left. In this case it writes no event log.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/operations/destroy.go>
fn has_nothing_to_destroy(log: &str) -> bool {
    let last = log.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let count = last
        .strip_prefix("There were no unprotected resources to destroy. There are still ")
        .and_then(|rest| rest.strip_suffix(" protected resources associated with this stack."));
    count.is_some_and(|count| !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The page of the run at Pulumi Cloud, from the line that the CLI prints.
fn permalink(log: &str) -> Option<String> {
    let url = log.lines().find_map(|line| Some(line.trim().strip_prefix("View Live: ")?.trim().to_owned()));
    // A URL with a masked secret in it leads nowhere.
    url.filter(|url| !url.contains(MASK))
}

#[cfg(test)]
mod tests {
    use super::permalink;

    #[test]
    fn the_permalink_is_the_view_live_line() {
        let log = "Previewing update (dev)\n\nView Live: https://app.pulumi.com/acme/shop/dev/previews/1\n\n";
        assert_eq!(permalink(log).as_deref(), Some("https://app.pulumi.com/acme/shop/dev/previews/1"));
    }
}
