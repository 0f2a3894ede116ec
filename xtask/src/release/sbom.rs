//! What the programs are made of, as CycloneDX (<https://cyclonedx.org/docs/1.5/json/>), by `cargo-cyclonedx`.

use super::build::PROGRAMS;
use crate::process::{command, succeeds};
use crate::test::tools;
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;

/// Writes one for each program into `out`; `false` when the tool is not installed.
pub fn write(root: &Path, target: &str, out: &Path) -> Result<bool> {
    let Some(tool) = tools::installed(root, "cargo-cyclonedx") else { return Ok(false) };
    let name = format!("stackstep-v{}", super::VERSION);
    let mut sbom = command(tool.join("bin/cargo-cyclonedx"), root);
    sbom.args(["cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--target", target])
        .args(["--override-filename", &name])
        // The same bytes on every machine: no time, and no serial number.
        .env("SOURCE_DATE_EPOCH", "0");
    if !succeeds(&mut sbom)? {
        return Err(Error::input("there is no SBOM", "see the messages above"));
    }
    // It writes one beside the manifest of each member of the workspace.
    for (program, folder) in PROGRAMS.into_iter().zip(["", "sandbox"]) {
        let written = root.join(folder).join(format!("{name}.json"));
        let wanted = out.join(format!("{program}-v{}.cdx.json", super::VERSION));
        fs::copy(&written, &wanted).map_err(Error::io("copy", &written))?;
    }
    for folder in ["", "sandbox", "xtask", "cli/crc-fast"] {
        let _ = fs::remove_file(root.join(folder).join(format!("{name}.json")));
    }
    Ok(true)
}
