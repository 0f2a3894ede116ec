//! The install of the official action, for comparison: the same calls of GitHub's toolkit that it makes.
//! <https://github.com/pulumi/actions/blob/main/src/libs/pulumi-cli.ts>,
//! <https://github.com/actions/toolkit/tree/main/packages/tool-cache>

use crate::process::{command, succeeds};
use stackstep::base::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The toolkit's packages.
const PACKAGES: [&str; 2] = ["@actions/tool-cache@4.0.0", "@actions/io@3.0.2"];

/// Downloads, unpacks, moves and copies into the tool cache.
const SCRIPT: &str = "import * as cache from '@actions/tool-cache'
import * as io from '@actions/io'
import path from 'node:path'
const [url, home, version] = process.argv.slice(2)
await io.mkdirP(home)
const archive = await cache.downloadTool(url)
await cache.extractTar(archive, home)
await io.mv(path.join(home, 'pulumi'), path.join(home, 'bin'))
await cache.cacheDir(path.join(home, 'bin'), 'pulumi', version)
";

/// The toolkit, installed below `target/bench`. None where there is no npm or no registry.
pub fn install(root: &Path) -> Result<Option<PathBuf>> {
    let folder = root.join("target/bench/toolkit");
    let script = folder.join("install.mjs");
    if !folder.join("node_modules/@actions/tool-cache").is_dir() {
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let npm = ["install", "--prefix", ".", "--no-audit", "--no-fund", "--no-save", "--silent"];
        if !succeeds(command("npm", &folder).args(npm).args(PACKAGES)).unwrap_or(false) {
            return Ok(None);
        }
    }
    std::fs::write(&script, SCRIPT).map_err(Error::io("write", &script))?;
    Ok(Some(script))
}

/// Installs the archive at `url` with it, into folders below `place`.
pub fn run(script: &Path, url: &str, version: &str, place: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(script).arg(url).arg(place.join("home")).arg(version);
    node.env("RUNNER_TEMP", place.join("temp")).env("RUNNER_TOOL_CACHE", place.join("tools"));
    node
}
