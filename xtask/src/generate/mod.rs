//! `cargo xtask gen`: every file that is made from the table of inputs.
//!
//! [`files`] is pure but for reading templates: it says what each generated file has to hold. [`run`] writes them,
//! or compares and shows a diff. What carries [`MARKER`] but is made by nobody is an orphan.

mod check;
mod command_line;
mod comment_commands;
mod delivery;
mod deployments;
mod everything;
mod generated;
mod lifecycle;
mod notifications;
mod pack;
mod reference;
mod renderer;
mod rules;
mod sample;
mod schema;
mod sets;
mod spec;
mod tried;
mod wrapper;

pub use check::{Stale, stale};
pub use spec::{Folder, folders};

use renderer::Renderer;

pub use everything::{files, wrappers};
pub use generated::{Generated, MARKER, Suite};
use generated::{read, read_toml};
pub use rules::schema as rules_schema;
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;

/// What mends a stale file.
pub const MENDED_BY: &str = "run `cargo xtask gen` and commit what it writes";

/// Writes what is stale, or with `check` shows it. Whether everything is as it should be.
pub fn run(root: &Path, check: bool) -> Result<bool> {
    let found = stale(root)?;
    if check {
        for one in &found {
            println!("{one}");
        }
        if !found.is_empty() {
            eprintln!("error: {} generated file(s) out of date\nhint: {MENDED_BY}", found.len());
        }
        return Ok(found.is_empty());
    }
    for one in &found {
        match one {
            Stale::Differs { path, wanted, .. } => {
                let path = root.join(path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
                }
                fs::write(&path, wanted).map_err(Error::io("write", &path))?;
                println!("wrote {}", path.display());
            }
            Stale::Orphan { path } => {
                let path = root.join(path);
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                println!("removed {}", path.display());
            }
        }
    }
    Ok(true)
}
