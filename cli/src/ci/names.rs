//! How inputs are called where they arrive as environment variables.

/// `stack-name` as in a variable's name: `STACK_NAME`.
pub fn variable_name(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}

/// What the environment's own settings begin with.
pub const ENV_PREFIX: &str = "STACKSTEP_";
