//! Variables for the environment of the steps after this one: [`super::StepEnvironment`] is their way.

use crate::base::secret::Secret;
use crate::base::text::shell_word;

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

/// The line by which a POSIX shell gets the variable.
pub fn export_line(StepVariable { name, value, .. }: &StepVariable) -> String {
    format!("export {name}={}\n", shell_word(value.expose()))
}
