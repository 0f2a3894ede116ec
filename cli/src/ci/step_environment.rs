//! The part of the facet "handover" for variables: the way into the environment of the steps after this one.

use super::handover::{Delivery, Output, RandomWord};
use crate::base::env::Env;
use crate::base::secret::Secret;

/// A variable for the environment of later steps.
#[derive(Debug, Clone)]
pub struct StepVariable {
    /// The variable's name, which every shell takes.
    pub name: String,
    /// The variable's value, without a zero byte.
    pub value: Secret,
    /// Whether nobody may be shown the value. The system was told to hide it already.
    pub is_secret: bool,
}

impl StepVariable {
    /// The name and the value, for a file that takes outputs in the same form.
    pub fn as_output(&self) -> Output {
        Output { name: self.name.clone(), value: self.value.expose().to_owned() }
    }
}

/// The way of variables into the environment of later steps. A way that shows a secret to people, or that keeps it after the
/// job, is none: a variable of a report, an artifact, what is kept of a build.
#[derive(Clone, Copy)]
pub struct StepEnvironment {
    /// The delivery of variables. None if this step has no way.
    pub delivery: fn(&Env, &[StepVariable], RandomWord<'_>) -> Option<Delivery>,
    /// The reason why this variable can't be handed on so. None if it can.
    pub refuses: fn(&StepVariable) -> Option<&'static str>,
    /// Whether two names that differ in case only are one variable.
    pub names_ignore_case: bool,
}

impl StepEnvironment {
    /// The way of a system that has none.
    pub const NONE: Self = Self { delivery: |_, _, _| None, refuses: |_| None, names_ignore_case: false };

    /// Whether this step has a way.
    pub fn is_there(&self, env: &Env) -> bool {
        (self.delivery)(env, &[], &mut String::new).is_some()
    }
}

/// The line by which a POSIX shell gets the variable, exactly as it is.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>
pub fn export_line(StepVariable { name, value, .. }: &StepVariable) -> String {
    format!("export {name}='{}'\n", value.expose().replace('\'', "'\\''"))
}
