//! The checks around a deployment: what they need is looked for before anything is changed, their baseline is taken, and
//! after the deployment they are made.

mod again;
mod promised;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::error::{Problem, Result};
use crate::base::http::Http;
use crate::checks::address::{KnownOutputs, no_output};
use crate::checks::command::{CommandPlace, ReadyCommand, variables};
use crate::checks::round::{CheckRound, unmade};
use crate::checks::settings::{Check, CheckSubject, CommandCheck};
use crate::checks::tries::{self, Tried, milliseconds};
use crate::ci::console::Console;
use crate::engine::deps;
use crate::engine::executor::{EngineQuery, Executor};
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::process::signals::{Signal, Signals};
use crate::publish::outputs::choose_secrets;
use crate::report::{CheckOutcome, CheckResult, Report, Status};
use crate::run::unfinished;
use again::preview_again;
use promised::refuse_missing_outputs;

/// The time that the checks before a deployment may take: it waits for them.
const BASELINE: Duration = Duration::from_secs(30);

/// The checks of a run.
pub struct Verification<'a> {
    job: &'a Job<'a>,
    /// The client; made before the deployment, as it can fail.
    http: Option<Http>,
    /// What came of each check before the deployment.
    before: Vec<Option<CheckOutcome>>,
    withheld: Vec<String>,
}

impl<'a> Verification<'a> {
    /// The checks of the job's run, of which none has been made.
    pub fn new(job: &'a Job<'a>) -> Self {
        Self { job, http: None, before: Vec::new(), withheld: deps::withheld_variables(job) }
    }

    /// Whether the run has anything to check.
    fn is_wanted(&self) -> bool {
        let deploys = self.job.inputs.command == Command::Up;
        deploys && !self.job.checks.is_empty()
    }

    /// Hides the variables of the job that the checks name. Fails if one is not set: nothing has been started by then.
    pub fn enter(&self, console: &mut Console) -> Result<()> {
        if self.is_wanted() {
            for (name, secret) in self.job.checks.secrets(&self.job.seen_by_engine)? {
                console.hide(&name, secret.expose());
            }
        }
        Ok(())
    }

    /// Looks for what the checks need, and makes those before the deployment that can be made then. Fails if a check can
    /// never pass: nothing has been changed by then. `preview` is the report of the run's own preview, if there was one.
    pub async fn before(
        &mut self,
        preview: Option<&Report>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let checks = &self.job.checks;
        let http = Http::for_probes(&self.job.seen_by_engine)?;
        let place = self.place(console, signals);
        for check in &checks.list {
            if let CheckSubject::Run(command) = &check.subject {
                place.find(&check.name, command)?;
            }
        }
        if let Some(preview) = preview {
            refuse_missing_outputs(&checks.list, preview)?;
        }
        let asked = self.outputs_before(preview, executor, console, signals).await;
        let printed = asked.as_ref().map(KnownOutputs::from_printed);
        let outputs = printed.or_else(|| preview.map(KnownOutputs::from_report)).unwrap_or_default();
        let round = CheckRound::before(checks, &http, &self.job.seen_by_engine, signals, BASELINE);
        let results = round.probe(outputs).await;
        for result in results.iter().flatten().filter(|result| result.outcome != CheckOutcome::Passed) {
            let why = result.message.as_deref().unwrap_or_default();
            console.line(&format!(
                "before the deployment, check {}: {} ({why})",
                result.name,
                result.outcome.word()
            ));
        }
        self.before = results.into_iter().map(|result| result.map(|result| result.outcome)).collect();
        self.http = Some(http);
        Ok(())
    }

    /// The outputs of the last deployment, for the addresses that come from them. None if no check needs them, the
    /// preview has them, or there are none.
    async fn outputs_before(
        &self,
        preview: Option<&Report>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Option<Map<String, Value>> {
        let needs = |check: &Check| check.baseline && check.output().is_some();
        let is_there = preview.is_some_and(|preview| preview.outputs.is_some());
        if is_there || !self.job.checks.list.iter().any(needs) || signals.first().is_some() {
            return None;
        }
        let query = EngineQuery::Outputs { show_secrets: false };
        executor.query(query, console, signals).await.ok()?.object().ok()
    }

    /// Makes the checks of a deployment that succeeded, and writes what came of them into its report.
    pub async fn after(
        &self,
        report: &mut Report,
        executor: &mut dyn Executor,
        console: &mut Console,
        signals: &Signals,
    ) {
        let Some(http) = self.http.as_ref().filter(|_| self.is_wanted()) else { return };
        if report.status != Status::Succeeded || report.preview_only {
            return;
        }
        let checks = &self.job.checks;
        let secret = self.secret_outputs(report, executor, console, signals).await;
        let variables = variables(KnownOutputs::from_report(report), &secret);
        let place = self.place(console, signals);
        let round = CheckRound::after(checks, http, &self.job.seen_by_engine, signals);
        console.line(&format!("checks after the deployment: {}", checks.list.len()));
        let killed = |check| CheckResult { before: None, ..unmade(check, tries::killed()) };
        unfinished::note_checks(self.job, checks.list.iter().map(killed).collect(), console);
        let probes = round.probe(KnownOutputs::from_report(report));
        let mut results = with_signs_of_life(probes, console).await;
        for (check, result) in checks.list.iter().zip(&mut results) {
            let CheckSubject::Run(command) = &check.subject else { continue };
            *result = Some(match Self::ready(&place, check, command, &secret, report) {
                Ok(ready) => round.command(check, command, &ready, &place, &variables).await,
                Err(why) => unmade(check, why),
            });
        }
        for (check, result) in checks.list.iter().zip(&mut results) {
            if matches!(check.subject, CheckSubject::Preview) {
                let left = round.left();
                *result =
                    Some(preview_again(check, left, self.job, report, executor, console, signals).await);
            }
        }
        let before = self.before.iter().copied().chain(std::iter::repeat(None));
        let results: Vec<CheckResult> = results
            .into_iter()
            .zip(before)
            .filter_map(|(result, before)| Some(CheckResult { before, ..result? }))
            .collect();
        for result in &results {
            console.line(&in_one_line(result));
        }
        report.take_checks(results, checks.inconclusive, signals.first().map(Signal::number));
        report.duration_ms = milliseconds(self.job.env.clock().elapsed());
    }

    fn place<'p>(&'p self, console: &'p Console, signals: &'p Signals) -> CommandPlace<'p> {
        CommandPlace {
            folder: self.folder(),
            env: &self.job.seen_by_engine,
            withheld: &self.withheld,
            log: self.job.ci.log(),
            console,
            signals,
        }
    }

    /// The folder that the commands of checks are relative to.
    fn folder(&self) -> &Path {
        self.job.checks.folder.as_deref().unwrap_or(self.job.env.cwd())
    }

    /// The command, if it can be started and has the secret outputs that it lists.
    fn ready(
        place: &CommandPlace<'_>,
        check: &Check,
        command: &CommandCheck,
        secret: &BTreeMap<String, Value>,
        report: &Report,
    ) -> std::result::Result<ReadyCommand, Tried> {
        let names = || report.outputs.iter().flat_map(|outputs| outputs.keys()).map(String::as_str);
        let is_plain = |name: &str| {
            names().any(|other| other == name) && !report.secret_outputs.iter().any(|other| other == name)
        };
        if let Some(missing) =
            command.secret_outputs.iter().find(|name| !secret.contains_key(*name) && !is_plain(name))
        {
            let (outcome, problem) = if report.outputs.is_none() || names().any(|name| name == missing) {
                let what =
                    format!("the secret output `{missing}` could not be read, or is too short to be hidden");
                (CheckOutcome::Inconclusive, Problem::new(what, "see in the job's log why"))
            } else {
                (CheckOutcome::Failed, no_output(missing, names()))
            };
            return Err(Tried::without_answer(outcome, problem.what, problem.hint.unwrap_or_default()));
        }
        place.find(&check.name, command).map_err(|error| {
            let hint = error.hint().unwrap_or_default().to_owned();
            Tried::without_answer(CheckOutcome::Failed, error.to_string(), hint)
        })
    }

    /// The plain values of the secret outputs that commands list. They are hidden from here on.
    async fn secret_outputs(
        &self,
        report: &mut Report,
        executor: &dyn Executor,
        console: &mut Console,
        signals: &Signals,
    ) -> BTreeMap<String, Value> {
        let listed: Vec<String> =
            self.job.checks.list.iter().flat_map(Check::secret_outputs).cloned().collect();
        if !listed.iter().any(|name| report.secret_outputs.contains(name)) || signals.first().is_some() {
            return BTreeMap::new();
        }
        let query = EngineQuery::Outputs { show_secrets: true };
        let Ok(answer) = executor.query(query, console, signals).await else { return BTreeMap::new() };
        answer.count_in(report);
        let plain = Value::Object(answer.object().unwrap_or_default());
        choose_secrets(report, &listed, false, &plain, console).0
    }
}

/// What came of a check, as a line of the log: "check url/health: failed (status 503, and 200 was wanted), 12 ms".
fn in_one_line(result: &CheckResult) -> String {
    let mut line = format!("check {}: {}", result.name, result.outcome.word());
    if let Some(message) = &result.message {
        line.push_str(&format!(" ({message})"));
    }
    if result.outcome == CheckOutcome::Passed && result.of > 1 {
        line.push_str(&format!(" ({} of {} tries)", result.passed_tries(), result.tries.len()));
    }
    if let Some(worst) = result.worst_ms {
        line.push_str(&format!(", {worst} ms{}", if result.tries.len() > 1 { " at worst" } else { "" }));
    }
    if result.early_tries > 0 {
        line.push_str(&format!(", after {} that did not count while it came up", result.early_tries));
    }
    if result.before == Some(CheckOutcome::Failed) && result.outcome == CheckOutcome::Failed {
        line.push_str("; it had failed before the deployment as well");
    }
    line
}

/// The time between two lines that say that we are still there: CI systems kill silent jobs.
const SIGN_OF_LIFE: Duration = Duration::from_secs(55);

/// Waits for `work`, with a line in the log every now and then.
async fn with_signs_of_life<T>(work: impl Future<Output = T>, console: &Console) -> T {
    let mut work = std::pin::pin!(work);
    let mut elapsed = 0;
    loop {
        if let Ok(done) = tokio::time::timeout(SIGN_OF_LIFE, work.as_mut()).await {
            return done;
        }
        elapsed += SIGN_OF_LIFE.as_secs();
        console.line(&format!("stackstep: checking for {elapsed} s"));
    }
}
