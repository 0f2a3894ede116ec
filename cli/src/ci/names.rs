//! The names of inputs as environment variables.

/// An input's name as in a variable's name: `STACK_NAME` for `stack-name`.
pub fn variable_name(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}

/// The beginning of stackstep's own variables.
pub const ENV_PREFIX: &str = "STACKSTEP_";

/// The variable with the stacks of a job of a fleet.
pub const FLEET_STACKS: &str = "STACKSTEP_FLEET_STACKS";
