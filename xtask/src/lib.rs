//! The project's own commands behind `cargo xtask`: a library, so that plain `cargo test` can call what they do.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool: it starts compilers and runners, and talks to a terminal"
)]

pub mod bench;
pub mod generate;
pub mod known;
pub mod process;
pub mod release;
pub mod stage;
pub mod test;
pub mod tour;

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}
