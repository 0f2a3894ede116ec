//! The names of inputs as environment variables.

/// An input's name as in a variable's name: `STACK_NAME` for `stack-name`.
pub fn variable_name(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}

/// The beginning of stackstep's own variables.
pub const ENV_PREFIX: &str = "STACKSTEP_";
