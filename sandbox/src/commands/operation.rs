//! `preview`, `up`, `refresh` and `destroy`.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::context::Context;
use super::metadata;
use super::options::{self, Request};
use super::print;
use crate::args::Args;
use crate::crypto::Crypter;
use crate::display::{self, Display, Format, Shown};
use crate::engine::event::{Event, Outcome, Sink as _};
use crate::engine::plan::Plan;
use crate::engine::{Finished, Keeper, Kind, Options, Program, Run};
use crate::env::Env;
use crate::events::EventLog;
use crate::failure::{CANCELLED, CHANGES_UNEXPECTED, Failure, UNCLASSIFIED};
use crate::faults::{EventLogFault, Faults};
use crate::program::config;
use crate::program::project::Project;
use crate::signals::Signals;
use crate::stack_file::StackFile;
use crate::state::history::Update;
use crate::state::json::Lock;
use crate::state::time::Moment;
use crate::state::{Backend, Snapshot, StackRef};
use crate::value::Properties;
use crate::version::BANNER;

/// Runs one of the four.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let request = Request::read(args, env)?;
    let context = Context::open(args, env)?;
    if request.kind != Kind::Destroy && context.project.is_none() {
        return Err(Project::missing(&env.cwd));
    }
    let faults = Faults::read(env)?;
    options::check_packs(args, &faults)?;
    let stack = context.require_stack(true)?;
    let signals = Signals::listen(faults.ignored_signals)
        .map_err(|error| Failure::new(format!("could not listen to signals: {error}")))?;
    Operation::prepare(&context, &faults, &request, stack, signals)?.perform()
}

/// An operation, ready to begin.
struct Operation<'a> {
    context: &'a Context<'a>,
    faults: &'a Faults,
    request: &'a Request,
    stack: StackRef,
    signals: Signals,
    program: Program,
    prelude: BTreeMap<String, String>,
    key: Rc<Crypter>,
    config: serde_json::Map<String, serde_json::Value>,
    started: u64,
}

impl<'a> Operation<'a> {
    fn prepare(
        context: &'a Context<'a>,
        faults: &'a Faults,
        request: &'a Request,
        stack: StackRef,
        signals: Signals,
    ) -> Result<Self, Failure> {
        let project = context.project()?;
        if request.needs_program {
            project.require_yaml()?;
        }
        let mut file = context.stack_file(&stack)?;
        let key = file.key(&context.secrets).map_err(Self::of_configuration)?;
        options::set_config(context.args, &mut file, &project.name)?;
        file.save()?;
        let mut settings = file.settings(&context.secrets).map_err(Self::of_configuration)?;
        let declared = config::declarations(&project.root)?;
        let check = request.needs_program && !context.args.is_on("skip-config-validation");
        config::complete(&mut settings, &declared, &project.name, &stack.stack, check)
            .map_err(|failure| Failure::new(format!("validating stack config: {}", failure.message)))?;
        let mut config = file.config();
        for (name, value) in &settings {
            // Defaults of the project are never secret.
            config.entry(name.clone()).or_insert_with(|| config::blind(value));
        }
        config.sort_keys();
        let prelude = settings.iter().map(|(name, value)| (name.clone(), config::shown(value))).collect();
        let program = Program::new(project, settings);
        let started = Moment::now().0.as_secs();
        Ok(Self { context, faults, request, stack, signals, program, prelude, key, config, started })
    }

    /// Says what a secret was wanted for.
    fn of_configuration(mut failure: Failure) -> Failure {
        failure.message.insert_str(0, "getting stack configuration: get stack secrets manager: ");
        failure
    }

    fn perform(self) -> Result<(), Failure> {
        if self.faults.locked {
            // Somebody else's lock, which stays.
            std::mem::forget(self.context.backend.lock(&self.stack)?);
        }
        let request = self.request;
        let lock = if request.preview_only { None } else { Some(self.context.backend.lock(&self.stack)?) };
        let mut snapshot = self.context.backend.load(&self.stack, &self.context.secrets)?;
        if self.context.args.is_on("clear-pending-creates") {
            snapshot.pending_operations.retain(|operation| operation.kind != "creating");
        }
        let Some(options) = request.options(self.context, &self.key, &snapshot)? else {
            return Ok(());
        };
        self.say_where()?;
        if request.preview_only || !request.skip_preview {
            let plan = request.save_plan.is_some().then(Plan::default);
            let preview = Options { plan, ..Request::without_plan(&options) };
            let finished = self.phase(true, &preview, snapshot.clone())?;
            Self::judge(&finished, "preview")?;
            if request.preview_only {
                return self.after_preview(&finished);
            }
        }
        let finished = self.phase(false, &options, snapshot)?;
        let result = self.settle(&finished);
        drop(lock);
        result
    }

    /// The first line of what people read; programs find it on standard error.
    fn say_where(&self) -> Result<(), Failure> {
        if self.request.format == Format::Progress || self.request.format == Format::Diff {
            display::print(&format!("{BANNER}\n"));
        } else {
            print::note(BANNER);
        }
        let noise = |error: std::io::Error| Failure::new(format!("could not write: {error}"));
        self.faults.stdout.write(&mut std::io::stdout()).map_err(noise)?;
        self.faults.stderr.write(&mut std::io::stderr()).map_err(noise)
    }

    /// One pass of the engine.
    fn phase(&self, preview: bool, options: &Options, snapshot: Snapshot) -> Result<Finished, Failure> {
        let request = self.request;
        let args = self.context.args;
        let shown = Shown {
            kind: request.kind,
            preview,
            stack: self.stack.clone(),
            debug: args.is_on("debug"),
            hide_outputs: args.is_on("suppress-outputs"),
            sames: args.is_on("show-sames"),
            secrets: args.is_on("show-secrets"),
            urns: args.is_on("urns"),
            quiet: args.is_on("suppress-progress"),
            color: args.value("color") == Some("always"),
        };
        let log = args
            .value("event-log")
            .map(|path| EventLog::begin(&self.context.env.path(path), preview, &self.faults.event_log));
        let no_faults = EventLogFault::default();
        let lines = EventLog::to_stdout(preview, &no_faults);
        let mut display = Display::begin(request.format, shown, log, lines);
        let packs = options::packs(args, self.faults);
        let mut keeper = Saver { backend: &self.context.backend, stack: &self.stack, key: &self.key };
        let outputs = |name: &str| self.stack_outputs(name);
        let run = Run {
            kind: request.kind,
            preview,
            options,
            stack: &self.stack,
            program: request.needs_program.then_some(&self.program),
            faults: self.faults,
            packs: &packs,
            stack_outputs: &outputs,
            folder: self
                .context
                .project
                .as_ref()
                .map(|project| project.folder().to_owned())
                .unwrap_or_default(),
        };
        let sound = if request.needs_program { self.program.require_sound() } else { Ok(()) };
        if let Err(failure) = sound.and_then(|()| self.check_names(options, &snapshot)) {
            display.event(&Event::Cancel);
            return Err(failure);
        }
        Ok(run.execute(snapshot, &self.prelude, &mut display, &mut keeper, &self.signals))
    }

    /// Without a program, what is named must be in the state.
    fn check_names(&self, options: &Options, snapshot: &Snapshot) -> Result<(), Failure> {
        if self.request.needs_program || self.request.kind == Kind::Update {
            return Ok(());
        }
        let named = options.targets.named().iter().chain(options.excludes.named());
        let known: HashSet<&str> = snapshot.resources.iter().map(|state| state.urn.as_str()).collect();
        match named.into_iter().find(|urn| !known.contains(urn.as_str())) {
            Some(urn) => Err(Failure::new(format!("no resource named '{urn}' found"))),
            None => Ok(()),
        }
    }

    /// The outputs of another stack, for a stack reference.
    fn stack_outputs(&self, name: &str) -> Result<Properties, String> {
        let stack = self.context.parse(name).map_err(|failure| failure.message)?;
        if !self.context.backend.exists(&stack) {
            return Err(format!("unknown stack {name:?}"));
        }
        let snapshot =
            self.context.backend.load(&stack, &self.context.secrets).map_err(|failure| failure.message)?;
        Ok(snapshot.outputs().cloned().unwrap_or_default())
    }

    fn judge(finished: &Finished, what: &str) -> Result<(), Failure> {
        match finished.outcome {
            Outcome::Succeeded => Ok(()),
            Outcome::Failed => Err(Failure::silent(UNCLASSIFIED)),
            Outcome::Canceled => Err(Failure::with_status(format!("{what} cancelled"), CANCELLED)),
        }
    }

    fn after_preview(&self, finished: &Finished) -> Result<(), Failure> {
        if let (Some(path), Some(plan)) = (&self.request.save_plan, &finished.plan) {
            let lock =
                if self.context.args.is_on("show-secrets") { Lock::Show } else { Lock::Encrypt(&self.key) };
            let config = self.config.clone().into_iter().collect();
            let bytes = plan.to_json(config, &lock)?;
            std::fs::write(self.context.env.path(path), bytes)
                .map_err(|error| Failure::new(format!("open {path}: {}", crate::text::reason(&error))))?;
            print::note(&format!(
                "Update plan written to '{path}'\nRun `pulumi up --plan='{path}'` to constrain the update to the \
                 operations planned by this preview"
            ));
        }
        self.expect_no_changes(finished, "preview")
    }

    fn expect_no_changes(&self, finished: &Finished, what: &str) -> Result<(), Failure> {
        if self.request.expect_no_changes && finished.has_changes() {
            let message = format!("no changes were expected for {what} but changes were proposed");
            return Err(Failure::with_status(message, CHANGES_UNEXPECTED));
        }
        Ok(())
    }

    /// Writes the state and the history, and says what is left to say.
    fn settle(&self, finished: &Finished) -> Result<(), Failure> {
        let backend = &self.context.backend;
        backend.save(&self.stack, &finished.snapshot, &self.key)?;
        let what = self.request.kind_name();
        if finished.outcome == Outcome::Canceled {
            return Err(Failure::with_status(format!("{what} cancelled"), CANCELLED));
        }
        backend.record_history(&self.stack, &self.history(finished))?;
        Self::judge(finished, what)?;
        if self.request.kind == Kind::Destroy {
            self.after_destroy()?;
        }
        self.expect_no_changes(finished, what)
    }

    fn history(&self, finished: &Finished) -> Update {
        let args = self.context.args;
        let environment = metadata::environment(args, self.context.env, self.request.kind == Kind::Update);
        let result = if finished.outcome == Outcome::Succeeded { "succeeded" } else { "failed" };
        let changes = finished.changes.iter();
        Update {
            kind: self.request.kind_name().to_owned(),
            start_time: self.started,
            message: args.value("message").unwrap_or_default().to_owned(),
            environment,
            config: self.config.clone(),
            version: 0,
            result: result.to_owned(),
            end_time: Moment::now().0.as_secs(),
            resource_changes: (!finished.changes.is_empty())
                .then(|| changes.map(|(op, count)| (op.name().to_owned(), *count as u64)).collect()),
        }
    }

    fn after_destroy(&self) -> Result<(), Failure> {
        let says = matches!(self.request.format, Format::Progress | Format::Diff);
        let say = |text: &str| {
            if says {
                display::print(text);
            }
        };
        let args = self.context.args;
        if self.request.spared() > 0 {
            say(&format!(
                "All unprotected resources were destroyed. There are still {} protected resources associated with this \
                 stack.\n",
                self.request.spared()
            ));
        } else if !args.values("target").is_empty() {
        } else if args.is_on("remove") {
            self.context.backend.remove_stack(&self.stack, false)?;
            let project = self.context.project()?;
            let path = StackFile::path_of(project, &self.stack, args.value("config-file"), self.context.env);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::new(format!(
                        "remove {}: {}",
                        path.display(),
                        crate::text::reason(&error)
                    )));
                }
                _ => {}
            }
            if self.context.current()?.as_ref() == Some(&self.stack) {
                self.context.select(None)?;
            }
            say("The resources in the stack have been deleted, and the history and configuration removed.\n");
        } else {
            say(&format!(
                "The resources in the stack have been deleted, but the history and configuration associated with the \
                 stack are still maintained. \nIf you want to remove the stack completely, run `pulumi stack rm {}`.\n",
                self.context.shown(&self.stack)
            ));
        }
        Ok(())
    }
}

/// Writes the state while the engine works.
struct Saver<'a> {
    backend: &'a Backend,
    stack: &'a StackRef,
    key: &'a Crypter,
}

impl Keeper for Saver<'_> {
    fn save(&mut self, snapshot: &Snapshot) {
        if let Err(failure) = self.backend.save(self.stack, snapshot, self.key) {
            print::warning(&failure.message);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "nothing may be tidied up")]
    fn crash(&mut self) {
        print::note(
            "panic: the sandbox was told to crash\n\ngoroutine 1 [running]:\nmain.main()\n\tsandbox.go:1 +0x0",
        );
        std::process::exit(2)
    }
}
