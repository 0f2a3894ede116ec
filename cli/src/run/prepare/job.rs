//! Turns a preparation into a job that can begin, or into one that only reports why it can't.

use std::sync::OnceLock;

use super::judge::without_links;
use super::{Finding, Prepared};
use crate::admit::trust::TrustVerdict;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::own_folder::OwnFolder;
use crate::ci::standing::Standing;
use crate::engine::args::check_length;
use crate::engine::job::{Job, Reporting};
use crate::engine::plan::{EngineEnv, Plan, engine_env};
use crate::inputs::found::Found;
use crate::inputs::headings::{LogInputs, ReportInputs, StackInputs};
use crate::inputs::{Command, FileUse, Inputs, OuterInputs, Resolved, Source};
use crate::pulumi::backend::{Backend, BackendSource};
use crate::pulumi::stack::StackName;
use crate::report::Reason;

/// The inputs that say where a result goes and which parts of it are shown.
pub(crate) const SINKS: &[&str] = &[
    StackInputs::name.name(),
    ReportInputs::result_file.name(),
    ReportInputs::outputs_file.name(),
    ReportInputs::outputs_prefix.name(),
    ReportInputs::markdown_file.name(),
    ReportInputs::report_file.name(),
    ReportInputs::junit_file.name(),
    ReportInputs::counts_file.name(),
    ReportInputs::comment_on_summary.name(),
    ReportInputs::detail.name(),
    LogInputs::suppress_outputs.name(),
];

impl<'a> Prepared<'a> {
    /// The error that ends the run before it has begun, if there is one. A run that is skipped does not fail because of
    /// other errors.
    pub fn take_error(&mut self) -> Option<Error> {
        self.first_error()?;
        if let Some(TrustVerdict::Skip { why, maintainer }) = &self.verdict {
            return Some(Error::Skipped {
                what: why.clone(),
                hint: maintainer.clone(),
                reason: Some(Reason::Untrusted),
            });
        }
        let at = self.findings.iter().position(|finding| matches!(finding, Finding::Error(_)))?;
        match self.findings.remove(at) {
            Finding::Error(error) => Some(error),
            Finding::Warning(_) | Finding::Note(_) => None,
        }
    }

    /// Takes the inputs, for a command that decides itself what is run with them. Fails with the first error that was found.
    pub fn take_inputs(&mut self) -> Result<Inputs> {
        match self.take_error() {
            Some(error) => Err(error),
            None => self.inputs.take().ok_or_else(no_run),
        }
    }

    /// The job. Fails if an error is left.
    pub fn into_job(mut self) -> Result<Job<'a>> {
        let (Some(mut inputs), Some(backend)) = (self.inputs.take(), self.backend.take()) else {
            return Err(no_run());
        };
        let folder =
            OwnFolder::inside((self.ci.folders().shared)(self.env).unwrap_or_else(std::env::temp_dir))?;
        if self.standing == Standing::Unproven && inputs.command == Command::Install {
            folder.path().clone_into(&mut inputs.stack.cwd);
        }
        let credentials = backend.own_credentials().then(OwnFolder::new).transpose()?;
        let path = credentials.as_ref().map(OwnFolder::path);
        let mut engine_env = engine_env(self.env, self.ci, &backend, path, &self.file_variables);
        engine_env.take_out(std::mem::take(&mut self.not_for_the_engine));
        let is_a_strangers = self.review.as_ref().is_some_and(|review| review.is_a_strangers);
        if self.context.allowed_commit.is_some() || is_a_strangers {
            // What a fork's program was shown are the backend's credentials, and not those of the CI system and the forge.
            let own = self.ci.origin(self.env).token.map(|token| token.variable);
            let names = self.ci.variables().secret.iter().copied().chain(own);
            engine_env.take_out(names.map(str::to_owned).collect());
        }
        // With the base repository's credentials, no program of another checkout may be started by its name.
        let path = self.env.get("PATH").filter(|_| self.context.base_credentials);
        if let Some(path) = path.and_then(|path| self.ground.without(path)) {
            engine_env.put("PATH", path);
        }
        let stack = self.stack.take();
        let job =
            Job { engine_env, folder: Some(folder), credentials, ..self.bare_job(inputs, stack, backend) };
        Plan::new(&job.inputs, &job.scope()).all_steps().try_for_each(|step| check_length(&step.args))?;
        Ok(job)
    }

    /// A job that starts nothing and only publishes why. It knows the places for results, but none from a file that may
    /// not be used. `told`: the inputs if the preparation did not find them.
    pub fn into_ended_job(mut self, told: Option<OuterInputs>) -> Result<Job<'a>> {
        let resolved = match (self.resolved.take(), self.outer.take().or(told)) {
            (Some(resolved), _) => resolved,
            (None, Some(outer)) => outer.with_file(None, FileUse::Whole)?,
            (None, None) => return Err(Error::input("no command is named", "name one")),
        };
        let mut inputs = Inputs::from_resolved(&only_sinks(&resolved, self.env), self.env)?;
        let _ = without_links(&mut inputs, &self.ground);
        let stack = self.stack.take().or_else(|| inputs.stack.name.clone());
        let nobodys = Backend { url: None, source: BackendSource::Nobody, token: None, oidc: None };
        let backend = self.backend.take().unwrap_or(nobodys);
        Ok(self.bare_job(inputs, stack, backend))
    }

    /// A job without folders of its own on this machine.
    fn bare_job(self, inputs: Inputs, stack: Option<StackName>, backend: Backend) -> Job<'a> {
        Job {
            env: self.env,
            ci: self.ci,
            context: self.context,
            standing: self.standing,
            ground: self.ground,
            inputs,
            rules: self.rules,
            project: self.project,
            stack,
            backend,
            missing_stack_file: self.missing_stack_file,
            seen_by_engine: self.env.with_missing(&self.file_variables),
            checks: self.checks,
            notify: OnceLock::new(),
            demand: self.demand,
            rollback: self.rollback,
            review: self.review,
            wanted: self.wanted,
            drift: self.drift,
            installs: self.installs,
            reporting: Reporting::All,
            engine_env: EngineEnv::default(),
            folder: None,
            credentials: None,
            opened_files: None,
        }
    }
}

fn no_run() -> Error {
    Error::input("the inputs make no run", "`stackstep doctor` tells what is missing")
}

/// The inputs of [`SINKS`] that are valid, whether or not the others are.
fn only_sinks(resolved: &Resolved, env: &Env) -> Resolved {
    let is_default = |found: &Found| found.source == Source::Default;
    let of = |names: &[&'static str]| Resolved {
        command: resolved.command,
        values: resolved
            .values
            .iter()
            .filter(|(name, found)| names.contains(name) || is_default(found))
            .map(|(name, found)| (*name, found.clone()))
            .collect(),
        overruled: std::collections::BTreeMap::new(),
        warnings: Vec::new(),
        official_action: resolved.official_action,
    };
    let good: Vec<&'static str> =
        SINKS.iter().copied().filter(|name| Inputs::from_resolved(&of(&[*name]), env).is_ok()).collect();
    of(&good)
}
