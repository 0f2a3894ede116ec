//! Finds programs by their names.

use std::path::PathBuf;

use super::env::Env;

/// The path of the first program of this name on the PATH.
pub fn on_path(name: &str, env: &Env) -> Option<PathBuf> {
    which::which_in(name, env.get("PATH"), env.cwd()).ok()
}
