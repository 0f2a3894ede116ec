//! The result of `doctor`.

use super::remote::found::RemoteFound;
use crate::base::error::{Error, Result};
use crate::ci::Context;
use serde::Serialize;

/// The result of `doctor`.
#[derive(Debug, Default, Serialize)]
pub struct Diagnosis {
    /// Whether nothing is missing that a run needs.
    pub ok: bool,
    /// The version of stackstep.
    pub stackstep: &'static str,
    /// The CI system.
    pub ci: &'static str,
    /// The job's change request, branch and commit, as the CI system tells them.
    pub context: Context,
    /// The command that would be run.
    pub command: &'static str,
    /// Each input that is set.
    pub inputs: Vec<Set>,
    /// The project's name.
    pub project: Option<String>,
    /// The project's file.
    pub project_file: Option<String>,
    /// The stack.
    pub stack: Option<String>,
    /// The backend, and what names it.
    pub backend: Option<String>,
    /// The names of the credentials that the run has.
    pub credentials: Vec<String>,
    /// The source of the job's identity for a sign-in.
    pub identity: String,
    /// The engine.
    pub engine: Option<EngineFound>,
    /// The verdict on what the run may do.
    pub trust: String,
    /// The places that the result and the report go to.
    pub sinks: Vec<String>,
    /// The place of a comment, or why there would be none.
    pub comment: String,
    /// The processes of the engine, in order.
    pub plan: Vec<Planned>,
    /// What the forge lets through. None unless that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteFound>,
    /// The things that are missing or worth knowing.
    pub findings: Vec<DoctorFinding>,
}

/// An input that is set.
#[derive(Debug, Serialize)]
pub struct Set {
    /// The input's name.
    pub name: &'static str,
    /// The value; for a secret only that it is one.
    pub value: String,
    /// The source of the value.
    pub source: String,
}

/// The engine that was found.
#[derive(Debug, Serialize)]
pub struct EngineFound {
    /// The path of the program.
    pub path: String,
    /// The version, if the engine tells one.
    pub version: Option<String>,
    /// Whether it is the sandbox, which deploys nothing.
    pub sandbox: bool,
}

/// A process of the engine that would run.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// The arguments.
    pub arguments: Vec<String>,
    /// The purpose of the process.
    pub purpose: &'static str,
    /// The condition under which it runs; none if it always does.
    pub only: Option<&'static str>,
}

/// Something that is missing or worth knowing.
#[derive(Debug, Serialize)]
pub struct DoctorFinding {
    /// The level: missing, or worth knowing.
    pub level: FindingLevel,
    /// The message.
    pub what: String,
    /// The hint: the way out.
    pub hint: String,
}

/// The level of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingLevel {
    /// A run can't succeed like this.
    Missing,
    /// A run can succeed, and this is worth knowing.
    Warning,
}

impl Diagnosis {
    pub(super) fn missing(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(DoctorFinding {
            level: FindingLevel::Missing,
            what: what.into(),
            hint: hint.into(),
        });
    }

    pub(super) fn warn(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(DoctorFinding {
            level: FindingLevel::Warning,
            what: what.into(),
            hint: hint.into(),
        });
    }

    /// The value of a result. An error that would end a run becomes a finding.
    pub(super) fn value_of<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.error(&error)).ok()
    }

    pub(super) fn error(&mut self, error: &Error) {
        let hint = error.hint().unwrap_or("check that the file is there and can be read");
        self.missing(error.to_string(), hint);
    }
}
