//! Programs by their names.

use std::path::PathBuf;

use super::env::Env;

/// A program of the PATH.
pub fn on_path(name: &str, env: &Env) -> Option<PathBuf> {
    which::which_in(name, env.get("PATH"), env.cwd()).ok()
}
