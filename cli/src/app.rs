//! The flow, top to bottom: environment → inputs → engine → events → report → publish → exit status.

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use crate::admit;
use crate::admit::sign_in;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::Limits;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::args::{self, Ask};
use crate::commands::doctor;
use crate::commands::early;
use crate::commands::finish;
use crate::commands::report;
use crate::engine::args::{can_print_secrets, check_exec};
use crate::engine::config_secrets::{self, HiddenConfig};
use crate::engine::deps;
use crate::engine::drive::{Driver, Outcome, Unwatched, Watch};
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::engine::login;
use crate::engine::version;
use crate::inputs::resolve::Flags;
use crate::inputs::{self, Command};
use crate::process::alive::Trace;
use crate::process::ladder::Cause;
use crate::process::signals::Signals;
use crate::publish::forge::Sender;
use crate::publish::outputs::Exports;
use crate::publish::{self, Publisher};
use crate::report::{Masked, Report};
use crate::run::outputs::read_outputs;
use crate::run::prepare::{RunRequest, Until, prepare};
use crate::run::reporting::Run;
use crate::run::unfinished::Unfinished;

/// Runs what the command line and the environment ask for. The answer is the exit status.
pub async fn run(arguments: Vec<OsString>, env: &Env, signals: &Signals) -> u8 {
    let args = match args::parse(arguments.iter().cloned()) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let _ = error.print();
            if !error.use_stderr() {
                return 0;
            }
            early::end_unread(&arguments, &error.to_string(), env);
            return 2;
        }
    };
    let mut console = Console::new(ci::detect(env));
    let done = match args.ask {
        Ask::Inputs => show_inputs(&args.flags, env, &mut console),
        Ask::Doctor { json } => doctor::run(&args.flags, json, env, signals).await,
        Ask::Run(command) => Box::pin(operate(Some(command), &args.flags, env, &mut console, signals)).await,
        Ask::RunInput => Box::pin(operate(None, &args.flags, env, &mut console, signals)).await,
        Ask::Finish(file) => Ok(finish::finish(&file, env, &mut console, signals).await),
        Ask::Exec(engine) => exec(engine, &args.flags, env, &mut console, signals).await,
    };
    done.unwrap_or_else(|error| {
        console.error(&error);
        error.exit_status()
    })
}

/// The main job.
async fn operate(
    command: Option<Command>,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let (began, since_1970) = (Instant::now(), crate::base::clock::now());
    let request = RunRequest { command, flags, env, ci: ci::detect(env) };
    let mut found = prepare(&request, Until::FirstError, console);
    found.warn(console);
    if let Some(error) = found.take_error() {
        return Ok(early::end(found, &request, &error, began, console));
    }
    let mut job = match found.into_job() {
        Ok(job) => job,
        // All of it is known, and there is no room for its files, or it asks for more than a command line holds.
        Err(error) => {
            let found = prepare(&request, Until::FirstError, console);
            return Ok(early::end(found, &request, &error, began, console));
        }
    };
    if job.inputs.command == Command::Report {
        return report::publish(&job, since_1970, console, signals).await;
    }
    let engine = ready(&mut job, console, signals).await;
    let Some(mut run) = Run::new(&job, began) else {
        let (engine, _) = engine?;
        console.line(&format!("the engine is there: {}", engine.path.display()));
        publish::add_path(&job, &engine, console);
        return Ok(0);
    };
    let publisher = Publisher::new(&job);
    let sender = Sender::of(&job, since_1970);
    let (engine, processes) = match engine {
        Ok(ready) => ready,
        Err(error) => return Ok(give_up(&run, &publisher, &sender, &error, console, signals).await),
    };
    run.begin(&engine, console);
    run.count(processes);

    let outcome = match work(&mut run, &engine, &publisher, &sender, console, signals).await {
        Ok(outcome) => outcome,
        Err(error) => return Ok(give_up(&run, &publisher, &sender, &error, console, signals).await),
    };
    let log = outcome.log.clone();
    let has_begun = outcome.events.lines().0 > 0;
    let mut report = run.report(outcome);
    login::leave(&job, &engine, &report, console);
    let exports = read_outputs(&job, &engine, &mut report, has_begun, console, signals).await;
    // Only now: what is exported is a secret that was not known before. What later steps get is no text for people.
    let report = report.masked(&|text| console.masker().mask(text));
    let log = console.masker().mask(&log);
    let (report, file) = sent(&publisher, &sender, report, console, signals).await;
    publish::all(&job, &publisher, &report, file, &log, &exports, console);
    publish::conclude(&job, &report, console);
    Ok(status(report.exit_code))
}

/// Writes the local files, which no network can delay, then posts to the forge. Returns the report with what posting
/// changed in it, and the result file.
async fn sent<'p>(
    publisher: &'p Publisher,
    sender: &Sender<'_>,
    report: Masked<Report>,
    console: &Console,
    signals: &Signals,
) -> (Masked<Report>, Option<&'p Path>) {
    let file = publisher.files(&report, console);
    let exit_code = report.exit_code;
    let done = sender.send(publisher, &report, console, signals).await;
    let report = done.noted_in(report, &|text| console.masker().mask(text));
    let file = if report.exit_code == exit_code { file } else { publisher.files(&report, console) };
    (report, file)
}

/// The report of a run that an error of ours has ended.
async fn give_up(
    run: &Run<'_>,
    publisher: &Publisher,
    sender: &Sender<'_>,
    error: &Error,
    console: &mut Console,
    signals: &Signals,
) -> u8 {
    let report = run.not_begun(error).masked(&|text| console.masker().mask(text));
    let (report, file) = sent(publisher, sender, report, console, signals).await;
    publish::all(run.job(), publisher, &report, file, "", &Exports::default(), console);
    error.exit_status()
}

/// Runs the engine. Meanwhile it looks whether the branch has newer commits, and sets the pending commit status.
async fn work(
    run: &mut Run<'_>,
    engine: &LocatedEngine,
    publisher: &Publisher,
    sender: &Sender<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<Outcome> {
    let job = run.job();
    match config_secrets::hide(job, engine, console, signals).await? {
        HiddenConfig::Failed(outcome) => return Ok(*outcome),
        HiddenConfig::Done { processes } => run.count(processes),
    }
    let (run, console) = (&*run, &*console);
    let mut watch =
        RunProgress { run, publisher, console, unfinished: Unfinished::begin(run, publisher, console) };
    let driver = Driver::new(job, engine, console, signals, &mut watch);
    let identity = job.identity().unwrap_or_default().masked(&|text| console.masker().mask(text));
    let (outcome, left_behind, ()) =
        tokio::join!(driver.run_plan(), admit::left_behind(job), Box::pin(sender.begin(&identity, signals)));
    let mut outcome = outcome?;
    outcome.notes.extend(left_behind);
    Ok(outcome)
}

/// Keeps what is published, and what a post step would need, in step with the engine.
struct RunProgress<'a> {
    run: &'a Run<'a>,
    publisher: &'a Publisher,
    console: &'a Console,
    unfinished: Option<Unfinished>,
}

impl RunProgress<'_> {
    fn keep(&mut self, change: impl FnOnce(&mut Unfinished)) {
        if let Some(unfinished) = &mut self.unfinished {
            change(unfinished);
            unfinished.save(self.run.job(), self.console);
        }
    }
}

impl Watch for RunProgress<'_> {
    fn starting(&mut self, program: &Path, event_log: Option<&Path>) {
        self.keep(|unfinished| {
            unfinished.engine = None;
            unfinished.starting = program.file_name().map(|name| name.to_string_lossy().into_owned());
            unfinished.event_log = event_log.map(Path::to_owned);
        });
    }

    fn started(&mut self, pid: u32) {
        self.keep(|unfinished| {
            unfinished.engine = Some(Trace::of(pid));
            if let Some(engine) = &mut unfinished.about.engine {
                engine.processes += 1;
            }
        });
    }

    fn stopping(&mut self, cause: Cause, so_far: Outcome) {
        self.keep(|unfinished| {
            unfinished.stopped_by = Some(match cause {
                Cause::TimedOut => 0,
                Cause::Cancelled(signal) => signal.number(),
            });
        });
        let report = self.run.still_finishing(cause, so_far);
        let report = report.masked(&|text| self.console.masker().mask(text));
        self.publisher.files(&report, self.console);
    }
}

/// The engine, what the program needs, and the credentials, for a run that may have them; with the engine processes
/// that it took.
async fn ready(job: &mut Job<'_>, console: &mut Console, signals: &Signals) -> Result<(LocatedEngine, u32)> {
    admit::admit(job, console).await?;
    let engine = version::ready(job, console, signals).await?;
    let processes = deps::ready(job, &engine, console, signals).await?;
    sign_in::sign_in(job, Limits::default(), console, signals).await?;
    Ok((engine, processes))
}

/// Any engine command: no report, the engine's own exit status.
async fn exec(
    arguments: Vec<String>,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    check_exec(&arguments)?;
    let request = RunRequest { command: Some(Command::Exec), flags, env, ci: ci::detect(env) };
    let mut found = prepare(&request, Until::FirstError, console);
    found.warn(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let mut job = found.into_job()?;
    if can_print_secrets(&arguments) {
        if job.stack.is_none() {
            return Err(Error::input(
                "these engine arguments can print secrets of the configuration, and no stack is named",
                "set `stack`, so that they are known and hidden: `stackstep exec --stack dev -- …`",
            ));
        }
        job.inputs.backend.mask_config = true;
    }
    let (engine, _) = ready(&mut job, console, signals).await?;
    if let HiddenConfig::Failed(outcome) = config_secrets::hide(&job, &engine, console, signals).await? {
        return Ok(status(crate::run::reporting::exit_code(&job.inputs, &outcome)));
    }
    let outcome = Driver::new(&job, &engine, console, signals, &mut Unwatched).run_exec(arguments).await?;
    Ok(status(crate::run::reporting::exit_code(&job.inputs, &outcome)))
}

/// Each input, its value and where it came from.
fn show_inputs(flags: &Flags, env: &Env, console: &mut Console) -> Result<u8> {
    let request = RunRequest { command: Some(Command::Up), flags, env, ci: ci::detect(env) };
    let mut found = prepare(&request, Until::TheInputs, console);
    found.warn(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    console.print(&found.resolved.as_ref().map(inputs::show::table).unwrap_or_default());
    Ok(0)
}

fn status(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(1)
}
