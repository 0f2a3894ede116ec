//! What the Node launcher adds: to Node itself, and, where it checks a binary that is in the cache already, to reading
//! and hashing that binary once.

use super::{Pairs, milliseconds, pairs};
use crate::generate::{folders, wrappers};
use crate::release::archive::sha256;
use crate::release::table::{Archive, Release};
use crate::release::target::Target;
use crate::stage::Stage;
use stackstep::base::error::{Error, Result};
use stackstep::engine::install::platform::Platform;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The launcher that is measured; the others are made from the same template.
const LAUNCHER: &str = "actions/deploy/launcher.cjs";

/// The least that any launcher has to do: hash the binary, start it, and pass its exit status on.
const LEAST: &str = "
const { createHash } = require('node:crypto')
const binary = process.env.BINARY
createHash('sha256').update(require('node:fs').readFileSync(binary)).digest('hex')
require('node:child_process').spawn(binary, ['run'], { stdio: 'inherit' }).on('exit', (code) => { process.exitCode = code })
";

/// The table's rows; none on a machine without Node.
pub fn rows(root: &Path, stage: &Stage) -> Result<Vec<(String, String)>> {
    let bare = || {
        let mut node = Command::new("node");
        node.args(["-e", "0"]);
        node
    };
    let named = || {
        let mut node = Command::new("node");
        node.arg(root.join(LAUNCHER)).env("STACKSTEP_BIN", "true");
        node
    };
    let Ok(start) = pairs(named, bare) else { return Ok(Vec::new()) };
    let mut rows = vec![
        ("the action's launcher, with a binary that is named".into(), milliseconds(&start.first)),
        ("… above `node -e 0`, median of the pairs".into(), above(&start)),
    ];
    if let Some((launcher, binary)) = released(root, stage)? {
        let cached = || {
            let mut node = stage.node();
            node.arg(&launcher)
                .env("STACKSTEP_CACHE", stage.file("tools"))
                .env("STACKSTEP_ENGINE", "sandbox");
            node
        };
        let least = || {
            let mut node = stage.node();
            node.args(["-e", LEAST]).env("BINARY", &binary).env("STACKSTEP_ENGINE", "sandbox");
            node
        };
        let check = pairs(cached, least)?;
        rows.push(("the action's launcher, with a binary of the cache".into(), milliseconds(&check.first)));
        rows.push(("… above hashing the binary once and starting it".into(), above(&check)));
    }
    rows.extend(sizes(root)?);
    Ok(rows)
}

/// The median of each pair's difference.
fn above(pairs: &Pairs) -> String {
    let pairs = pairs.first.iter().zip(&pairs.second);
    let mut differences: Vec<f64> =
        pairs.map(|(a, b)| (a.as_secs_f64() - b.as_secs_f64()) * 1000.0).collect();
    differences.sort_by(f64::total_cmp);
    format!("{:.1} ms", differences.get(differences.len() / 2).copied().unwrap_or(f64::NAN))
}

/// A launcher of a release of the binaries that were just built, which lie in the cache, and `stackstep` there. None
/// where there is no target for this machine.
fn released(root: &Path, stage: &Stage) -> Result<Option<(PathBuf, PathBuf)>> {
    // Pulumi says darwin, and a release of ours macos.
    let platform = Platform::host()?.to_string().replace("darwin", "macos");
    let Some(target) = crate::release::target::TARGETS.iter().find(|target| is_of(target, &platform)) else {
        return Ok(None);
    };
    let sum = |program: &str| -> Result<String> {
        let path = stage.built(program);
        Ok(sha256(&fs::read(&path).map_err(Error::io("read", &path))?))
    };
    let archive = Archive {
        target: target.triple.to_owned(),
        sha256: "a".repeat(64),
        stackstep: sum("stackstep")?,
        sandbox: sum("pulumi-sandbox")?,
    };
    let folder = stage.file("tools").join("stackstep/1.0.0").join(&archive.sha256);
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    for program in ["stackstep", "pulumi-sandbox"] {
        let path = folder.join(program);
        fs::copy(stage.built(program), &path).map_err(Error::io("write", &path))?;
    }
    let release = Release { version: "1.0.0".into(), archive: vec![archive] };
    let files = wrappers(root, &release)?;
    let text = files.into_iter().find(|file| file.path == Path::new(LAUNCHER)).map(|file| file.text);
    let launcher = stage.file("launcher.cjs");
    fs::write(&launcher, text.unwrap_or_default()).map_err(Error::io("write", &launcher))?;
    Ok(Some((launcher, folder.join("stackstep"))))
}

fn is_of(target: &Target, platform: &str) -> bool {
    target.platform == Some(platform)
}

/// What a job has to fetch of each wrapper: its generated files without its pages.
fn sizes(root: &Path) -> Result<Vec<(String, String)>> {
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    let names: Vec<_> = folders(root)?.into_iter().map(|folder| folder.name).collect();
    for file in wrappers(root, &Release::default())? {
        let folder = file.path.parent().map(|parent| parent.display().to_string()).unwrap_or_default();
        let is_a_page = file.path.extension().is_some_and(|extension| extension == "md");
        if !is_a_page && names.iter().any(|name| file.path.starts_with(name)) {
            *sizes.entry(folder).or_default() += file.text.len();
        }
    }
    let row = |(folder, bytes): (String, usize)| {
        (format!("size of `{folder}`"), format!("{} KiB", bytes.div_ceil(1024)))
    };
    Ok(sizes.into_iter().map(row).collect())
}
