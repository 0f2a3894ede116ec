//! What `doctor` has found out.

use crate::base::error::{Error, Result};
use crate::ci::Context;
use serde::Serialize;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Diagnosis {
    /// Nothing that a run needs is missing.
    pub ok: bool,
    /// The version of stackstep.
    pub stackstep: &'static str,
    /// The CI system.
    pub ci: &'static str,
    /// What the job is about.
    pub context: Context,
    /// What would be run.
    pub command: &'static str,
    /// Each input that somebody set.
    pub inputs: Vec<Set>,
    /// The project's name.
    pub project: Option<String>,
    /// The project's file.
    pub project_file: Option<String>,
    /// The stack.
    pub stack: Option<String>,
    /// The backend, and who named it.
    pub backend: Option<String>,
    /// What the run has, by name.
    pub credentials: Vec<String>,
    /// Where the job's identity for a sign-in would come from.
    pub identity: String,
    /// The engine.
    pub engine: Option<EngineFound>,
    /// What the run may do.
    pub trust: String,
    /// Where the result and the report go.
    pub sinks: Vec<String>,
    /// Where a comment would go, or why there would be none.
    pub comment: String,
    /// The processes of the engine, in order.
    pub plan: Vec<Planned>,
    /// What is missing or worth knowing.
    pub findings: Vec<DoctorFinding>,
}

/// An input that somebody set.
#[derive(Debug, Serialize)]
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// Its value; of a secret only that it is one.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

/// The engine.
#[derive(Debug, Serialize)]
pub struct EngineFound {
    /// The program.
    pub path: String,
    /// Its version, where it tells one.
    pub version: Option<String>,
    /// It deploys nothing.
    pub sandbox: bool,
}

/// A process of the engine that would run.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it is for.
    pub purpose: &'static str,
    /// When it runs; always if there is nothing here.
    pub only: Option<&'static str>,
}

/// Something that is missing or worth knowing.
#[derive(Debug, Serialize)]
pub struct DoctorFinding {
    /// How bad it is.
    pub level: FindingLevel,
    /// What it is.
    pub what: String,
    /// The way out.
    pub hint: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingLevel {
    /// A run can't succeed like this.
    Missing,
    /// Worth knowing.
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

    /// An error that would end a run; the value where there is none.
    pub(super) fn value_of<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.error(&error)).ok()
    }

    pub(super) fn error(&mut self, error: &Error) {
        let hint = error.hint().unwrap_or("check that the file is there and can be read");
        self.missing(error.to_string(), hint);
    }
}
