//! The second pass: turns raw values into types, and refuses contradictions.

use super::Command;
use super::found::{Resolved, Source};
use super::headings::{
    BackendInputs, ChecksInputs, CommentInputs, ConfigInputs, EngineInputs, ForgeInputs, LogInputs,
    OperationInputs, PROFILE, ReportInputs, ReviewInputs, RulesInputs, SafetyInputs, StackInputs,
};
use super::reading::RawInputs;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::pulumi::backend::NamedBackend;

/// The inputs of a run as types, by the headings of the table. An `Option` that is `None` is "not set".
#[derive(Debug)]
pub struct Inputs {
    /// The command.
    pub command: Command,
    /// Whether `profile: official-action` is on.
    pub official_action: bool,
    /// Stack and program.
    pub stack: StackInputs,
    /// The place of the state, and who may read it.
    pub backend: BackendInputs,
    /// Configuration and environment of the program.
    pub config: ConfigInputs,
    /// The resources of the operation, and how it treats them.
    pub operation: OperationInputs,
    /// Conditions that have to hold.
    pub safety: SafetyInputs,
    /// Rules for the changes.
    pub rules: RulesInputs,
    /// The reviewed change.
    pub review: ReviewInputs,
    /// The checks after a deployment.
    pub checks: ChecksInputs,
    /// The report, and the files that it is written to.
    pub report: ReportInputs,
    /// The comment on the change request.
    pub comment: CommentInputs,
    /// The forge, and the records on it.
    pub forge: ForgeInputs,
    /// The log.
    pub log: LogInputs,
    /// The Pulumi CLI itself.
    pub engine: EngineInputs,
    /// Warnings of values that are not taken exactly as they are written.
    pub warnings: Vec<String>,
}

impl Inputs {
    /// Turns raw values into types. Reads the files that `config` names.
    pub fn from_resolved(resolved: &Resolved, env: &Env) -> Result<Self> {
        let mut inputs = Self::unchecked(resolved, env)?;
        if inputs.command == Command::Install && inputs.backend.esc_export.is_empty() {
            inputs.leave_out_the_sign_in(resolved);
        }
        inputs.check()?;
        inputs.check_run_on()?;
        Ok(inputs)
    }

    /// Takes the sign-in and the environments away from an `install` that hands nothing on: a file or a job that sets them for
    /// its deployments makes no installation depend on them.
    fn leave_out_the_sign_in(&mut self, resolved: &Resolved) {
        let esc = resolved.values.get(BackendInputs::esc.name());
        if esc.is_some_and(|found| matches!(found.source, Source::Step(_))) {
            self.warnings.push(
                "`esc` opens nothing in a step that only installs the Pulumi CLI: name in `esc-export` what later steps get"
                    .to_owned(),
            );
        }
        let backend = &mut self.backend;
        backend.esc.clear();
        (backend.oidc_organization, backend.oidc_team, backend.oidc_user) = (None, None, None);
        (backend.oidc_scope, backend.oidc_expiration, backend.oidc_token) = (None, None, None);
    }

    /// Whether the command shows a change, and leaves it to another one to deploy it or to destroy.
    pub fn show_a_change(&self) -> bool {
        let looks = self.command == Command::Destroy && self.operation.preview_only;
        looks || self.command == Command::Preview
    }

    /// The inputs as types, whether or not they contradict each other.
    fn unchecked(resolved: &Resolved, env: &Env) -> Result<Self> {
        let raw = RawInputs::new(resolved, env);
        PROFILE.value(&raw)?;
        Ok(Self {
            command: resolved.command,
            official_action: resolved.official_action,
            stack: StackInputs::read(&raw)?,
            backend: BackendInputs::read(&raw)?,
            config: ConfigInputs::read(&raw)?,
            operation: OperationInputs::read(&raw)?,
            safety: SafetyInputs::read(&raw)?,
            rules: RulesInputs::read(&raw)?,
            review: ReviewInputs::read(&raw)?,
            checks: ChecksInputs::read(&raw)?,
            report: ReportInputs::read(&raw)?,
            comment: CommentInputs::read(&raw)?,
            forge: ForgeInputs::read(&raw)?,
            log: LogInputs::read(&raw)?,
            engine: EngineInputs::read(&raw)?,
            warnings: raw.warnings(),
        })
    }

    /// The backend that these inputs name.
    pub fn named_backend(&self) -> NamedBackend {
        NamedBackend {
            url: self.backend.cloud_url.clone(),
            token: self.backend.access_token.clone(),
            oidc: self.backend.oidc_organization.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
