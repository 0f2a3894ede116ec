//! The second pass: raw values become types, and what contradicts itself is refused.

use super::Command;
use super::found::Resolved;
use super::headings::{
    BackendInputs, CommentInputs, ConfigInputs, EngineInputs, ForgeInputs, LogInputs, OperationInputs,
    PROFILE, ReportInputs, SafetyInputs, StackInputs,
};
use super::reading::RawInputs;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::pulumi::backend::NamedBackend;

/// What a run was asked to do, by the headings of the table. An `Option` that is `None` is "not set".
#[derive(Debug)]
pub struct Inputs {
    /// What to run.
    pub command: Command,
    /// Whether `profile: official-action` is on.
    pub official_action: bool,
    /// Which stack.
    pub stack: StackInputs,
    /// Where the state lies and who may read it.
    pub backend: BackendInputs,
    /// Configuration and environment of the program.
    pub config: ConfigInputs,
    /// Which resources, and how.
    pub operation: OperationInputs,
    /// What has to hold.
    pub safety: SafetyInputs,
    /// What is reported, and the files that it is written to.
    pub report: ReportInputs,
    /// How the report is commented on the change request.
    pub comment: CommentInputs,
    /// Where people review, and what is recorded there.
    pub forge: ForgeInputs,
    /// What the log shows.
    pub log: LogInputs,
    /// The Pulumi CLI itself.
    pub engine: EngineInputs,
    /// What is taken otherwise than it is written, which a person should know.
    pub warnings: Vec<String>,
}

impl Inputs {
    /// Turns what was found into types. Reads the files that `config` names.
    pub fn from_resolved(resolved: &Resolved, env: &Env) -> Result<Self> {
        let inputs = Self::unchecked(resolved, env)?;
        inputs.check()?;
        Ok(inputs)
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
            report: ReportInputs::read(&raw)?,
            comment: CommentInputs::read(&raw)?,
            forge: ForgeInputs::read(&raw)?,
            log: LogInputs::read(&raw)?,
            engine: EngineInputs::read(&raw)?,
            warnings: raw.warnings(),
        })
    }

    /// What these inputs say of the backend.
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
