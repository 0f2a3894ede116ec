//! The versions of the Pulumi CLI that the tests run with, for `doctor`: those that `tests/runners/tools.toml` pins.

use super::{Generated, MARKER};
use crate::test::tools::{self, Tool};
use semver::Version;
use stackstep::base::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The file that has them.
pub fn versions(root: &Path) -> Result<Generated> {
    let tools = tools::read(root)?;
    let newest = pinned(&tools, "pulumi").ok_or_else(|| {
        Error::input("tests/runners/tools.toml pins no version of `pulumi`", "write it as `3.276.0`")
    })?;
    // An older one is a row of its own.
    let oldest = pinned(&tools, "pulumi-oldest").unwrap_or_else(|| newest.clone());
    let row = |name: &str, what: &str, version: &Version| {
        let Version { major, minor, patch, .. } = version;
        format!("\n/// {what}\npub const {name}: Version = Version::new({major}, {minor}, {patch});\n")
    };
    let text = format!(
        "//! {MARKER} from tests/runners/tools.toml: the versions of the Pulumi CLI that the tests run with.\n\n\
         use semver::Version;\n{}{}",
        row("OLDEST", "The oldest.", &oldest),
        row("NEWEST", "The newest.", &newest),
    );
    Ok(Generated { path: PathBuf::from("cli/src/engine/install/tried.rs"), text })
}

/// The version that the tool of this name is pinned at.
fn pinned(tools: &[Tool], name: &str) -> Option<Version> {
    Version::parse(&tools.iter().find(|tool| tool.name == name)?.version).ok()
}
