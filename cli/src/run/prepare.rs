//! Prepares a run, by the same steps for every command: what is said outside of files, whose the files are and whether the
//! run is let in, then the files. Each step adds values and findings. A run ends with the first error, `doctor` tells them
//! all, `inputs` and `finish` need the first steps only.
//!
//! Until the run is judged, nothing is used that a change of the repository can have written.

mod job;
mod judge;
mod prepared;
mod rules;
mod secrets;
mod stack;

pub(crate) use job::SINKS;

use crate::admit::sign_in;
use crate::admit::trust::TrustVerdict;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::checks::Checks;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::ci::{self, CiSystem, Context, Level};
use crate::delivery::Definition;
use crate::engine::args::check_extra;
use crate::engine::install::asked;
use crate::engine::job::{DriftAsk, InstallTurns, OneOfSeveral, ReviewRun, Rollback, StillWanted};
use crate::engine::options;
use crate::engine::row_run::RowRun;
use crate::inputs::file::ConfigFile;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, FileUse, Inputs, OuterInputs, Resolved};
use crate::publish::handed_values;
use crate::pulumi::backend::{self, Backend, BackendSource, secrets_in};
use crate::pulumi::project::Project;
use crate::render::Detail;
use crate::rules::Rules;
pub use prepared::{Finding, Prepared};
use secrets::{hide_env_file, hide_environment, hide_secrets};
use stack::find_stack;

/// The run to prepare.
#[derive(Clone, Copy)]
pub struct RunRequest<'a> {
    /// The command of the command line; without it the `command` input decides.
    pub command: Option<Command>,
    /// The flags.
    pub flags: &'a Flags,
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The facts of the job, where they are others than the CI system tells: a comment is carried out for what it is about.
    pub context: Option<&'a Context>,
    /// The command that was asked for, if it is another one: [`Command::Deploy`] where the map of `stackstep.yaml` has chosen
    /// the command.
    pub asked: Option<Command>,
    /// What sets it apart, if it is one of several runs of a command, which hands on outputs and counts itself.
    pub one_of_several: Option<OneOfSeveral<'a>>,
    /// The rollback that it is.
    pub rollback: Option<&'a Rollback>,
    /// The run of a change request's own stack that it is.
    pub review: Option<&'a ReviewRun>,
    /// The run of a stack that a row makes.
    pub row: Option<&'a RowRun>,
    /// Whoever knows whether the run is still wanted when its operation begins.
    pub wanted: Option<&'a dyn StillWanted>,
    /// The look for drift that it is.
    pub drift: Option<&'a DriftAsk>,
    /// The turns of the installs, if other runs are beside it.
    pub installs: Option<&'a InstallTurns>,
    /// The verb that runs no program, and is admitted as `command` would be.
    pub verb: Option<&'a str>,
}

impl<'a> RunRequest<'a> {
    /// A request for `command`, or for the one that the `command` input names.
    pub fn new(command: Option<Command>, flags: &'a Flags, env: &'a Env) -> Self {
        Self {
            command,
            flags,
            env,
            ci: ci::detect(env),
            context: None,
            asked: None,
            one_of_several: None,
            rollback: None,
            review: None,
            row: None,
            wanted: None,
            drift: None,
            installs: None,
            verb: None,
        }
    }

    /// The facts of the job.
    pub fn context(&self) -> Context {
        self.context.cloned().unwrap_or_else(|| self.ci.context(self.env))
    }
}

/// The end of the preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The first error: a run.
    FirstError,
    /// The verdict by everything but files, and the inputs: before it is known which stacks run.
    TheVerdict,
    /// The last step, whatever is found: `doctor`.
    TheEnd,
    /// The inputs, for a command that runs nothing.
    TheInputs,
}

/// A step of the preparation.
type PrepareStep = fn(&mut Prepared<'_>, &mut Console);

/// The steps after [`outer_inputs`]. Those up to the verdict read nothing of the work folder but its commit.
const STEPS: &[PrepareStep] = &[
    judge::standing,
    judge::verdict,
    all_inputs,
    typed_inputs,
    engine_asked_for,
    project_and_stack,
    inputs_of_the_stack,
    values_for_later_steps,
    rules::rules_of_the_inputs,
    backend_and_secrets,
    checks_after,
];
/// The steps to the verdict, with the inputs.
const STEPS_TO_THE_VERDICT: &[PrepareStep] = &[judge::standing, judge::verdict, all_inputs, typed_inputs];
/// The steps for a command that needs the inputs and runs nothing.
const STEPS_TO_THE_INPUTS: &[PrepareStep] = &[judge::standing, all_inputs];

/// Prepares a run by its steps.
pub fn prepare<'a>(request: &RunRequest<'a>, until: Until, console: &mut Console) -> Prepared<'a> {
    hide_environment(request.env, request.ci, console);
    let mut context = request.context();
    if let Some(rollback) = request.rollback {
        (context.commit, context.merge_commit) = (Some(rollback.commit.clone()), None);
    }
    let ground = Ground::new(&context, Standing::Unproven, request.env, request.ci, request.env.cwd());
    let mut found = Prepared {
        env: request.env,
        ci: request.ci,
        context,
        outer: None,
        standing: Standing::Unproven,
        ground,
        verdict: None,
        resolved: None,
        inputs: None,
        checks: Checks::default(),
        demand: None,
        project: None,
        stack: None,
        rules: Rules::default(),
        file_variables: Vec::new(),
        not_for_the_engine: Vec::new(),
        backend: None,
        missing_stack_file: None,
        rollback: request.rollback.cloned(),
        review: request.review.cloned(),
        row: request.row,
        wanted: request.wanted,
        drift: request.drift,
        installs: request.installs,
        verb: request.verb,
        findings: Vec::new(),
    };
    outer_inputs(&mut found, request, console);
    let steps = match until {
        Until::TheInputs => STEPS_TO_THE_INPUTS,
        Until::TheVerdict => STEPS_TO_THE_VERDICT,
        Until::FirstError | Until::TheEnd => STEPS,
    };
    for step in steps {
        if matches!(until, Until::FirstError | Until::TheVerdict) && found.first_error().is_some() {
            break;
        }
        step(&mut found, console);
    }
    found
}

impl Prepared<'_> {
    /// The first thing that keeps a run from going on.
    pub fn first_error(&self) -> Option<&Error> {
        self.findings.iter().find_map(|finding| match finding {
            Finding::Error(error) => Some(error),
            Finding::Warning(_) | Finding::Note(_) => None,
        })
    }

    /// Writes the warnings and notes to the log.
    pub fn tell(&self, console: &Console) {
        for finding in &self.findings {
            match finding {
                Finding::Warning(warning) => console.annotate(Level::Warning, "stackstep", warning),
                Finding::Note(note) => console.line(note),
                Finding::Error(_) => {}
            }
        }
    }

    /// Whether no file of the work folder may be read: nobody knows whose they are, or the run is refused anyway.
    pub fn is_closed(&self) -> bool {
        self.standing == Standing::Unproven || matches!(self.verdict, Some(TrustVerdict::Refuse { .. }))
    }

    /// The value of `result`; an error becomes a finding.
    fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.findings.push(Finding::Error(error))).ok()
    }

    /// Records a refusal as the verdict, and takes the inputs away, so that no later step looks at anything.
    fn keep_or_refuse(&mut self, result: Result<()>) {
        let Err(error) = result else { return };
        if let Error::Refused { what, hint, reason } = &error {
            let (what, hint) = (what.clone(), hint.clone());
            if !matches!(self.verdict, Some(TrustVerdict::Skip { .. })) {
                self.verdict = Some(TrustVerdict::Refuse { reason: *reason, what, hint });
            }
        }
        self.inputs = None;
        self.findings.push(Finding::Error(error));
    }

    /// The part of the work folder's `stackstep.yaml` that this run may use. Nobody has reviewed what a change request shows in
    /// a stack of its own, whose job has more than its preview: the passphrase of the base stack.
    fn file_use(&self) -> FileUse {
        match self.standing {
            Standing::Ours if self.review.is_none() => FileUse::Whole,
            _ => FileUse::Allowed(Detail::of_repository(self.context.public)),
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.findings.push(Finding::Note(note.into()));
    }

    fn warning(&mut self, warning: impl Into<String>) {
        self.findings.push(Finding::Warning(warning.into()));
    }

    fn command(&self) -> Option<Command> {
        self.outer.as_ref().map(|outer| outer.command)
    }
}

/// The inputs that are needed to complete the report of a run that has ended. The run's secrets are hidden from here
/// on.
pub fn inputs_of_ended_run(request: &RunRequest<'_>, console: &mut Console) -> Option<Inputs> {
    let found = prepare(request, Until::TheInputs, console);
    let mut inputs = Inputs::from_resolved(found.resolved.as_ref()?, found.env).ok()?;
    if let Some(review) = &found.review {
        review.complete(&mut inputs);
    }
    if let Some(row) = found.row {
        row.complete(&mut inputs);
    }
    if !found.is_closed() {
        for too_short in hide_secrets(&inputs, console) {
            console.line(&too_short);
        }
        let _ = hide_env_file(&inputs, console);
    }
    Some(inputs)
}

/// Finds the inputs of the command line, the step and the environment. Their secrets are hidden from here on.
fn outer_inputs(found: &mut Prepared<'_>, request: &RunRequest<'_>, console: &mut Console) {
    let RunRequest { command, flags, env, ci, asked, .. } = *request;
    found.outer = found.keep(OuterInputs::find(command, flags, ci, env));
    if let (Some(outer), Some(asked)) = (&mut found.outer, asked) {
        outer.asked = asked;
    }
    for (name, secret) in found.outer.iter().flat_map(OuterInputs::secrets) {
        console.hide(name, secret);
    }
}

/// Adds the values of `stackstep.yaml` that this run may use.
fn all_inputs(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(outer) = found.outer.clone() else { return };
    let resolved = if found.is_closed() {
        if found.standing == Standing::Unproven && outer.command != Command::Report {
            found.warning(
                "no `stackstep.yaml` is read, as nothing proves that the work folder holds the repository's own code: \
                 what has to hold here, set it on the step or in the job's environment",
            );
        }
        outer.with_file(None, FileUse::Whole)
    } else {
        let counts = found.file_use();
        let linked = counts != FileUse::Whole;
        outer.file(linked).and_then(|file| outer.with_file(file.as_ref(), counts))
    };
    found.resolved = found.keep(resolved);
    if let Some(resolved) = &mut found.resolved {
        found.findings.extend(resolved.warnings.drain(..).map(Finding::Warning));
    }
}

/// The inputs as types. If nothing of the work folder may be used, only `install` and `report` go on, with the inputs
/// that they read.
fn typed_inputs(found: &mut Prepared<'_>, console: &mut Console) {
    let inputs = if found.is_closed() {
        if !matches!(found.command(), Some(Command::Install | Command::Report)) {
            return;
        }
        judge::inputs_without_files(found)
    } else {
        let Some(resolved) = &found.resolved else { return };
        Inputs::from_resolved(resolved, found.env)
    };
    found.inputs = found.keep(inputs);
    let Some(inputs) = &mut found.inputs else { return };
    if let Some(review) = &found.review {
        review.complete(inputs);
    }
    if let Some(row) = found.row {
        row.complete(inputs);
    }
    let too_short = hide_secrets(inputs, console);
    found.findings.extend(too_short.into_iter().map(Finding::Note));
    let warnings = std::mem::take(&mut inputs.warnings);
    let left_out = judge::without_links(inputs, &found.ground);
    let mirror = judge::refuse_a_strangers_mirror(inputs, &found.ground);
    found.findings.extend(warnings.into_iter().chain(left_out).map(Finding::Warning));
    found.keep_or_refuse(mirror);
}

/// Checks the engine's arguments, and reads the Pulumi version that the inputs require.
fn engine_asked_for(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(inputs) = &found.inputs else { return };
    let (extra, demand) = (check_extra(&inputs.operation.args), asked::by_inputs(inputs));
    found.keep(extra);
    found.demand = found.keep(demand).flatten();
}

/// The program's folder, the project and the stack. `report` needs none of them, as the results that it publishes come
/// from other jobs; neither does an `install` that may use no file.
fn project_and_stack(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(inputs) = &found.inputs else { return };
    if found.is_closed() && inputs.command == Command::Install {
        return;
    }
    if !inputs.stack.cwd.is_dir() {
        let error = stack::no_folder(&inputs.stack.cwd, found.env.cwd());
        found.findings.push(Finding::Error(error));
        return;
    }
    let proven = judge::refuse_an_unproven_project(found, &inputs.stack.cwd, inputs.command);
    let project = match (&proven, inputs.command) {
        (_, Command::Report) | (Err(_), _) => Ok(None),
        _ => Project::find(&inputs.stack.cwd),
    };
    if !matches!(inputs.command, Command::Install | Command::Report) && proven.is_err() {
        // It is not known who wrote the files that this run would use.
        found.standing = Standing::Unproven;
        found.keep_or_refuse(proven);
        return;
    }
    let readable = project.is_ok();
    found.project = found.keep(project).flatten();
    let Some(inputs) = found.inputs.as_ref().filter(|_| readable) else { return };
    let stack = find_stack(inputs, found.project.as_ref(), found.verb);
    if let (Ok(Some(stack)), None) = (&stack, &inputs.stack.name) {
        found.note(format!("stack: `{stack}`, the only one with a configuration file"));
    }
    found.stack = found.keep(stack).flatten();
}

/// The inputs that the root's `stackstep.yaml` has for this stack in its section `stacks`. They stand before those of
/// the nearest file.
fn inputs_of_the_stack(found: &mut Prepared<'_>, console: &mut Console) {
    let (Some(stack), Some(outer), false) = (&found.stack, &found.outer, found.is_closed()) else { return };
    if outer.command == Command::Report {
        return;
    }
    let counts = found.file_use();
    let linked = counts != FileUse::Whole;
    let layered = || -> Result<Option<Resolved>> {
        if let Some(review) = &found.review {
            let Some(entry) = &review.entry else { return Ok(None) };
            let nearest = outer.file(linked)?;
            let files = std::iter::once((entry, FileUse::WithoutFiles));
            let files: Vec<_> = files.chain(nearest.iter().map(|file| (file, counts))).collect();
            return outer.clone().with_files(&files).map(Some);
        }
        let top = git::top(&outer.folder).unwrap_or_else(|| outer.folder.clone());
        let Some(root) = ConfigFile::in_folder(&top, linked)? else {
            return Ok(None);
        };
        let Some(definition) = Definition::from_file(&root)? else { return Ok(None) };
        let Some(settings) = definition.settings(stack).filter(|settings| !settings.inputs.is_empty()) else {
            return Ok(None);
        };
        let (own, nearest) = (settings.as_file(root.path.clone())?, outer.file(linked)?);
        let files: Vec<_> = std::iter::once(&own).chain(&nearest).map(|file| (file, counts)).collect();
        outer.clone().with_files(&files).map(Some)
    };
    let layered = layered();
    let Some(mut resolved) = found.keep(layered).flatten() else { return };
    let known: Vec<String> = found
        .findings
        .iter()
        .filter_map(|finding| match finding {
            Finding::Warning(warning) => Some(warning.clone()),
            Finding::Error(_) | Finding::Note(_) => None,
        })
        .collect();
    resolved.warnings.retain(|warning| !known.contains(warning));
    found.findings.extend(resolved.warnings.drain(..).map(Finding::Warning));
    found.resolved = Some(resolved);
    typed_inputs(found, console);
}

/// The error of a run that works on a stack and has no backend, which the CLI takes for one that wants to log in to Pulumi
/// Cloud. A program that keeps its credentials may know of a login.
fn needs_backend(inputs: &Inputs, env: &Env, backend: &Backend) -> Option<Error> {
    let needed = inputs.command.operation().is_some() && backend.source == BackendSource::Nobody;
    let kept_elsewhere = env.get("PULUMI_CREDENTIAL_HELPER").is_some_and(|helper| helper != "none");
    (needed && !kept_elsewhere).then(|| Error::input(backend::NO_BACKEND, backend::NAME_A_BACKEND))
}

/// The name of the stack's configuration file, if it is not in the checkout and nothing else configures the stack, which
/// then runs with the program's defaults. Where other stacks of the project have one, a warning says so at once; elsewhere
/// the stack may never have had any, and the report says so if something of it changes.
fn missing_stack_file(found: &Prepared<'_>, inputs: &Inputs) -> Option<(String, Option<String>)> {
    let (project, stack) = (found.project.as_ref()?, found.stack.as_ref()?);
    // That of a change request's own stack is written by the run.
    let elsewhere = found.review.is_some()
        || found.row.is_some()
        || found.verb.is_some()
        || inputs.config.file.is_some()
        || !inputs.config.items.is_empty()
        || inputs.stack.upsert;
    let path = project.stack_file(stack);
    if !inputs.command.is_on_resources() || elsewhere || path.exists() {
        return None;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let warning = (!project.stacks().is_empty()).then(|| {
        format!(
            "there is no `{name}` in this checkout: `{stack}` runs with the program's defaults, and what its \
             configuration made would be changed or deleted; commit the file, or set `config`"
        )
    });
    Some((name, warning))
}

/// The variables of `env-file`, and the backend with its secrets.
fn backend_and_secrets(found: &mut Prepared<'_>, console: &mut Console) {
    let Some(inputs) = &found.inputs else { return };
    let file = hide_env_file(inputs, console);
    found.file_variables = found.keep(file).unwrap_or_default();
    let Some(inputs) = &found.inputs else { return };
    let options = options::judge(found.env, &found.file_variables, inputs.command);
    if let Some(judged) = found.keep(options) {
        judged.warnings.into_iter().for_each(|warning| found.warning(warning));
        found.not_for_the_engine = judged.removed;
        found
            .not_for_the_engine
            .extend(found.row.iter().flat_map(|row| row.not_for_the_engine.iter().cloned()));
    }
    let Some(inputs) = &found.inputs else { return };
    let seen = found.env.with_missing(&found.file_variables);
    let backend = Backend::resolve(&inputs.named_backend(), &seen, found.project.as_ref());
    for secret in backend.url.as_deref().map(secrets_in).unwrap_or_default() {
        console.hide("the backend's URL", &secret);
    }
    if let Some(token) = &backend.token {
        console.hide("PULUMI_ACCESS_TOKEN", token.expose());
    }
    let refused = judge::refuse_a_strangers_backend(found, inputs, &backend);
    if refused.is_err() {
        found.keep_or_refuse(refused);
        return;
    }
    let unnamed = needs_backend(inputs, &seen, &backend);
    let exchange = backend.oidc.as_ref().map(|_| sign_in::endpoint(&backend, &inputs.backend.esc, found.env));
    let malformed = backend.url.as_deref().and_then(|url| {
        let hint = backend::meant_by(url)?;
        Some(Error::input(format!("the backend's URL, `{url}`, has no scheme"), hint))
    });
    if let Some(error) = unnamed.or(malformed) {
        found.findings.push(Finding::Error(error));
    } else if let Some((name, warning)) = missing_stack_file(found, inputs) {
        found.missing_stack_file = Some(name);
        if let Some(warning) = warning {
            found.warning(warning);
        }
    }
    if let Some(exchange) = exchange {
        found.keep(exchange.map(|_| ()));
    }
    found.backend = Some(backend);
}

/// Checks that what `esc-export` names can be handed on, before anything is opened.
fn values_for_later_steps(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(inputs) = found.inputs.as_ref().filter(|_| found.verb.is_none()) else { return };
    let possible = handed_values::check(&inputs.backend, found.ci, found.env, &found.ground);
    found.keep(possible);
}

/// The checks after the deployment that inputs ask for.
fn checks_after(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(inputs) = &found.inputs else { return };
    let asked = &inputs.checks;
    let checks = Checks::of_addresses(&asked.url, asked.contains.as_deref(), &asked.status, asked.timeout);
    found.checks = found.keep(checks).unwrap_or_default();
}
