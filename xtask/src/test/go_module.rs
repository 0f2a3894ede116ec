//! A program of a Go module, built from a small module of our own, so that all it is made of is pinned there:
//! <https://go.dev/ref/mod#go-mod-file>, <https://go.dev/ref/mod#go-sum-files>.

use crate::process::{command, succeeds};
use stackstep::base::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// The files that pin.
const PINS: [&str; 2] = ["go.mod", "go.sum"];

/// What is built, and how: the fields of [`super::tools::Install::GoModule`].
pub struct GoModule<'a> {
    pub module: &'a str,
    pub program: &'a str,
    pub tags: &'a [String],
    pub with: &'a BTreeMap<String, String>,
    pub replace: &'a BTreeMap<String, String>,
    pub ldflags: &'a str,
}

impl GoModule<'_> {
    /// Builds `bin/PROGRAM` in `folder`, which is called `name` where it is the module's root. Whether that worked.
    pub fn build(&self, folder: &Path, name: &str, version: &str, pins: Option<&Path>) -> Result<bool> {
        let package = [self.module, self.program].join("/");
        let package = package.trim_end_matches('/');
        let name = self.program.rsplit('/').next().filter(|program| !program.is_empty()).unwrap_or(name);
        let pinned = pins.map(|pins| self.copy(pins, folder, version)).transpose()?.unwrap_or_default();
        if !pinned && !self.require(folder, package, version, pins)? {
            return Ok(false);
        }
        let mut build = command("go", folder);
        build.args(["build", if pinned { "-mod=readonly" } else { "-mod=mod" }, "-buildvcs=false"]);
        build.args(["-o", &format!("bin/{name}"), "-tags", &self.tags.join(",")]);
        build.args(["-ldflags", &self.ldflags.replace("VERSION", version), package]);
        succeeds(&mut build)
    }

    /// Takes the pins along. Whether they are of this version.
    fn copy(&self, pins: &Path, folder: &Path, version: &str) -> Result<bool> {
        let of_version = format!("{} v{version}", self.module);
        let text = std::fs::read_to_string(pins.join("go.mod")).unwrap_or_default();
        let is_required = |line: &str| {
            let line = line.trim().trim_start_matches("require ").trim_end_matches(" // indirect");
            line == of_version
        };
        if !text.lines().any(is_required) {
            return Ok(false);
        }
        for file in PINS {
            copy(&pins.join(file), &folder.join(file))?;
        }
        Ok(true)
    }

    /// Makes the module, and its pins where there are to be some.
    fn require(&self, folder: &Path, package: &str, version: &str, pins: Option<&Path>) -> Result<bool> {
        let mut edit = command("go", folder);
        edit.args(["mod", "edit", &format!("-require={}@v{version}", self.module)]);
        edit.args(self.with.iter().map(|(module, version)| format!("-require={module}@{version}")));
        edit.args(self.replace.iter().map(|(old, new)| format!("-replace={old}={new}")));
        if !(succeeds(command("go", folder).args(["mod", "init", "runner"]))? && succeeds(&mut edit)?) {
            return Ok(false);
        }
        let Some(pins) = pins else { return Ok(true) };
        if !succeeds(command("go", folder).args(["get", &format!("{package}@v{version}")]))? {
            return Ok(false);
        }
        println!("{} pins {} {version} from now on: commit it", pins.display(), self.module);
        std::fs::create_dir_all(pins).map_err(Error::io("create", pins))?;
        PINS.iter().try_for_each(|file| copy(&folder.join(file), &pins.join(file)))?;
        Ok(true)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(drop).map_err(Error::io("copy", from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_count_for_their_own_version_only() {
        let (pins, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(pins.path().join("go.sum"), "").unwrap();
        let (with, replace) = (BTreeMap::new(), BTreeMap::new());
        let (module, program) = ("example.com/tool", "");
        let module = GoModule { module, program, tags: &[], with: &with, replace: &replace, ldflags: "" };
        for required in
            ["require (\n\texample.com/tool v1.2.3 // indirect\n)\n", "require example.com/tool v1.2.3\n"]
        {
            let text = format!("module runner\n\n{required}");
            std::fs::write(pins.path().join("go.mod"), &text).unwrap();
            let _ = std::fs::remove_file(folder.path().join("go.mod"));
            assert!(!module.copy(pins.path(), folder.path(), "1.2.4").unwrap());
            assert!(!folder.path().join("go.mod").exists());
            assert!(module.copy(pins.path(), folder.path(), "1.2.3").unwrap());
            assert_eq!(std::fs::read_to_string(folder.path().join("go.mod")).unwrap(), text);
        }
    }
}
