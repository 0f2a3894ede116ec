//! The facet "variables": the secrecy of the CI system's own variables.

use crate::base::env::Env;

/// The rules for the system's own variables.
#[derive(Clone, Copy)]
pub struct SystemVariables {
    /// The variables whose values nobody may see. One that people set on any system, such as `GITHUB_TOKEN`, has its
    /// row in `pulumi/secret_names.rs`.
    pub secret: &'static [&'static str],
    /// Whether a variable is secret by another rule than that list.
    pub is_secret_too: fn(&str) -> bool,
    /// The beginnings of the variables that the engine and the program must not see.
    pub kept_from_engine: &'static [&'static str],
    /// The variables that name the files by which a step sets the environment, the programs or the outputs of later
    /// steps: no stranger's code may write there.
    pub step_files: &'static [&'static str],
    /// The engine's own variables that describe the CI system: only for a system that the engine can't recognise by
    /// itself.
    pub told_to_engine: fn(&Env) -> Vec<(&'static str, String)>,
    /// The variable that makes the system write the values of all variables into this job's log, if it is set so.
    pub shown_by: fn(&Env) -> Option<&'static str>,
}

impl SystemVariables {
    /// No variables of a system's own.
    pub const NONE: Self = Self {
        secret: &[],
        is_secret_too: |_| false,
        kept_from_engine: &[],
        step_files: &[],
        told_to_engine: |_| Vec::new(),
        shown_by: |_| None,
    };

    /// Whether nobody may see the variable's value.
    pub fn is_secret(&self, variable: &str) -> bool {
        self.secret.contains(&variable) || (self.is_secret_too)(variable)
    }
}
