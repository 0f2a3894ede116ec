//! `preview`, `up`, `refresh`, `destroy`, `outputs`, `install`: prepare, make the engine ready, carry out the phases,
//! publish the report.

use std::path::Path;

use crate::admit;
use crate::admit::sign_in::SignInAgain;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::early;
use crate::commands::ended::EndedRun;
use crate::commands::report;
use crate::delivery::judging::Judging;
use crate::engine::config_secrets::{self, HiddenConfig};
use crate::engine::executor::Executor;
use crate::engine::job::Job;
use crate::engine::local::LocalEngine;
use crate::engine::login;
use crate::engine::remote::RemoteEngine;
use crate::inputs::Command;
use crate::inputs::headings::RunOn;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::publish::forge::Sender;
use crate::publish::notify::RunNews;
use crate::publish::outputs::Exports;
use crate::publish::{self, Publisher, notify};
use crate::report::{Masked, Report, SECRET};
use crate::run::drift::DriftLook;
use crate::run::gates::{Gates, JudgedRun, find_sinks, judge};
use crate::run::outputs::read_outputs;
use crate::run::phases::{Around, PhaseEnd, carry_out};
use crate::run::prepare::{RunRequest, Until, prepare};
use crate::run::progress::RunProgress;
use crate::run::ready::{ReadyEngine, make_ready, make_ready_for_deployments};
use crate::run::reporting::{Run, exit_status};
use crate::run::stacks::name_stacks;
use crate::run::time_to_live::TimeToLive;
use crate::run::verification::Verification;

/// Runs `command`, or the one that the `command` input names. Returns the exit status.
pub async fn run(
    command: Option<Command>,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let request = RunRequest::new(command, flags, env);
    Ok(Box::pin(run_request(&request, None, console, signals)).await?.status)
}

/// Carries out a request. `judging` is the file that judges the run, if it is known already.
pub async fn run_request(
    request: &RunRequest<'_>,
    judging: Option<&Judging>,
    console: &mut Console,
    signals: &Signals,
) -> Result<EndedRun> {
    let command = request.command;
    let mut found = prepare(request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Ok(early::end(found, request, &error, console));
    }
    let mut job = match found.into_job() {
        Ok(job) => job,
        // The run is prepared, but its folders can't be created, or an argument is too long for a command line.
        Err(error) => {
            let found = prepare(request, Until::FirstError, console);
            return Ok(early::end(found, request, &error, console));
        }
    };
    if let Some(apart) = &request.one_of_several {
        job.set_apart(apart);
    }
    if job.inputs.command == Command::Report {
        return report::publish(&job, console, signals).await.map(EndedRun::without_report);
    }
    let is_remote = job.inputs.engine.run_on == RunOn::Deployments;
    let ready = if is_remote {
        make_ready_for_deployments(&mut job, console, signals).await.map(|()| None)
    } else {
        make_ready(&mut job, console, signals).await.map(Some)
    };
    let judged = if ready.is_ok() {
        Box::pin(judge(&mut job, judging, console)).await
    } else {
        // Who hears of the failure stands in the file all the same.
        Box::pin(find_sinks(&job, judging, console)).await;
        Ok(JudgedRun::default())
    };
    notify::hide_secrets(&job, console);
    let Some(mut run) = Run::new(&job) else {
        let Some(ReadyEngine { engine, .. }) = ready? else { return Ok(EndedRun::without_report(0)) };
        console.line(&format!("the Pulumi CLI is there: {}", engine.path.display()));
        if command.is_none() && job.inputs.backend.esc_export.is_empty() {
            console.annotate(Level::Warning, "stackstep", NO_COMMAND);
        }
        publish::add_path(&job, &engine, console);
        return Ok(EndedRun::without_report(0));
    };
    let end = RunEnd { job: &job, publisher: Publisher::new(&job), sender: Sender::for_job(&job) };
    let (ready, judged) = match (ready, judged) {
        (Ok(ready), Ok(judged)) => (ready, judged),
        (Err(error), _) | (_, Err(error)) => {
            return Ok(Box::pin(end.give_up(&run, &error, console, signals)).await);
        }
    };
    let renewal = SignInAgain(&job);
    let engine: Result<Box<dyn Executor + '_>> = match ready {
        Some(ReadyEngine { engine, processes }) => {
            run.count(processes);
            Ok(Box::new(LocalEngine::new(&job, engine)))
        }
        None => RemoteEngine::new(&job, &renewal).map(|engine| Box::new(engine) as _),
    };
    let mut engine = match engine {
        Ok(engine) => engine,
        Err(error) => return Ok(Box::pin(end.give_up(&run, &error, console, signals)).await),
    };
    let engine = &mut *engine;
    run.begin(engine.label(), console);
    let previews = job.inputs.show_a_change() || engine.previews_first();
    let gates = Gates::new(&job, judged, previews);
    let mut around = Around { gates, verification: Verification::new(&job), look: None, end: None };
    let last = match Box::pin(work(&mut run, engine, &mut around, &end, console, signals)).await {
        Ok(last) => last,
        Err(error) => return Ok(Box::pin(end.give_up(&run, &error, console, signals)).await),
    };
    let PhaseEnd { mut report, log, has_events, .. } = last;
    name_stacks(&run, engine, &mut report, console, signals).await?;
    login::leave(&job, &engine.label(), &report, console);
    let mut exports = read_outputs(&job, engine, &mut report, has_events, console, signals).await;
    report.address = review_address(&job, &report);
    if job.context.allowed_commit.is_some() {
        // What a stranger's program calls its outputs reaches no later step.
        exports.outputs = None;
    }
    exports.digest = around.gates.digest().map(str::to_owned);
    around.verification.after(&mut report, engine, console, signals).await;
    let is_held = around.gates.verified(&mut report, console).await;
    around.gates.mark_stale_previews(&report, console).await;
    // Masked only now, because exported outputs are secrets that were not known before. Later steps get the unmasked
    // values.
    let report = report.masked(&|text| console.masker().mask(text));
    let log = console.masker().mask(&log);
    let report = match around.look {
        Some(look) => Box::pin(look.end(report, engine, console, signals)).await,
        None => report,
    };
    let news = RunNews { is_held, is_known_refusal: around.gates.is_known_refusal() };
    let (report, file) = Box::pin(end.publish(report, news, console, signals)).await;
    publish::publish_rest(&job, &end.publisher, &report, file, &log, &exports, console);
    publish::conclude(&job, &report, console);
    let (status, result_file) = (exit_status(report.exit_code), file.map(Path::to_owned));
    Ok(EndedRun {
        status,
        report: Some(report),
        digest: exports.digest,
        result_file,
        publisher: Some(end.publisher),
    })
}

/// The address of a change request's own stack: reviewers come for it, also where the values of outputs are not shown.
fn review_address(job: &Job<'_>, report: &Report) -> Option<String> {
    job.review.as_ref()?;
    let given = job.inputs.forge.environment_url.as_deref()?;
    let is_secret = report.secret_outputs.iter().any(|name| name == given);
    let output = || report.outputs.as_ref()?.get(given)?.as_str().filter(|_| !is_secret);
    let url = Some(given).filter(|given| given.contains("://")).or_else(output)?;
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    let is_whole = !url.contains(|c: char| c.is_whitespace() || c.is_control()) && !url.contains(SECRET);
    (report.exit_code == 0 && is_address && is_whole && url.len() <= 500).then(|| url.to_owned())
}

/// What a step is told that names no command: nothing was deployed, which nobody should find out later.
const NO_COMMAND: &str = "no `command` is set, so nothing was previewed or deployed: this step only made sure that the \
                          Pulumi CLI is there; set `command: preview` or `command: up`, or use the action `setup`";

/// Carries out the phases. Meanwhile it looks whether the branch has newer commits, and sets the pending commit status.
async fn work<'a>(
    run: &mut Run<'a>,
    engine: &mut dyn Executor,
    around: &mut Around<'a>,
    end: &RunEnd<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<PhaseEnd> {
    let job = run.job();
    match config_secrets::hide(job, engine, console, signals).await? {
        HiddenConfig::Failed(outcome) => return Ok(PhaseEnd::new(run, *outcome)),
        HiddenConfig::Done { processes } => run.count(processes),
    }
    around.gates.enter(engine, console, signals).await?;
    around.end = Box::pin(TimeToLive::enter(job)).await?;
    around.verification.enter(console)?;
    around.look = Box::pin(DriftLook::begin(job, engine, console, signals)).await?;
    let (run, console) = (&*run, &*console);
    let mut progress = RunProgress::new(run, &end.publisher, console);
    let identity = job.identity().unwrap_or_default().masked(&|text| console.masker().mask(text));
    let (ended, left_behind, ()) = tokio::join!(
        carry_out(run, engine, &mut progress, around, console, signals),
        admit::left_behind(job),
        Box::pin(end.sender.begin(&identity, signals))
    );
    let mut last = ended?;
    last.report.notes.extend(left_behind);
    Ok(last)
}

/// The places that a run's report goes to.
struct RunEnd<'a> {
    job: &'a Job<'a>,
    publisher: Publisher,
    sender: Sender<'a>,
}

impl RunEnd<'_> {
    /// Writes the local files, which no network can delay, then posts to the forge and tells people. Returns the report with
    /// the changes from that, and the result file.
    async fn publish(
        &self,
        report: Masked<Report>,
        news: RunNews,
        console: &Console,
        signals: &Signals,
    ) -> (Masked<Report>, Option<&Path>) {
        let file = self.publisher.files(&report, console);
        let exit_code = report.exit_code;
        let (done, told) = tokio::join!(
            self.sender.send(&self.publisher, &report, console, signals),
            notify::tell_of_run(self.job, &report, news, console, signals)
        );
        told.log(console);
        let again = told.has_missed();
        let mask = |text: &str| console.masker().mask(text);
        let report = told.noted_in(done.noted_in(report, &mask), &mask);
        let same = report.exit_code == exit_code && !again;
        let file = if same { file } else { self.publisher.files(&report, console) };
        (report, file)
    }

    /// Publishes the report of a run that one of our own errors has ended.
    async fn give_up(
        self,
        run: &Run<'_>,
        error: &Error,
        console: &mut Console,
        signals: &Signals,
    ) -> EndedRun {
        let report = run.not_begun(error).masked(&|text| console.masker().mask(text));
        let (report, file) = Box::pin(self.publish(report, RunNews::default(), console, signals)).await;
        publish::publish_rest(run.job(), &self.publisher, &report, file, "", &Exports::default(), console);
        let (status, result_file) = (error.exit_status(), file.map(Path::to_owned));
        EndedRun { status, report: Some(report), digest: None, result_file, publisher: Some(self.publisher) }
    }
}
