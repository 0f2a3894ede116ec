//! Which release a wrapper fetches: its version, and the SHA-256 of each archive and of the programs in it.
//!
//! `bootstrap/release.toml` on the main branch names none. A release's tag carries the real one, so that a moved tag
//! can't bring another binary.

use super::target::Target;
use serde::{Deserialize, Serialize};
use stackstep::base::error::{Error, Result};
use std::path::Path;

/// Its place in the repository.
pub const PATH: &str = "bootstrap/release.toml";

/// The release that wrappers fetch; the default is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Without the `v`; empty when there is no release.
    pub version: String,
    /// One row a target.
    pub archive: Vec<Archive>,
}

/// One archive of a release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// What it was built for.
    pub target: String,
    /// The SHA-256 of the archive.
    pub sha256: String,
    /// The SHA-256 of `stackstep` in it.
    pub stackstep: String,
    /// The SHA-256 of `pulumi-sandbox` in it.
    pub sandbox: String,
}

impl Release {
    /// What `path` says. A value that no release could have is an error: templates write these into scripts.
    pub fn read(path: &Path) -> Result<Self> {
        let complain =
            |what: String| Error::input(format!("`{}`: {what}", path.display()), "see `cargo xtask release`");
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let release: Self = toml::from_str(&text).map_err(|error| complain(error.to_string()))?;
        if release.version.is_empty() != release.archive.is_empty() {
            return Err(complain("a version and its archives belong together".into()));
        }
        if !release.version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter)) {
            return Err(complain(format!("`{}` is not a version", release.version)));
        }
        for archive in &release.archive {
            if Target::named(&archive.target).is_none() {
                return Err(complain(format!("`{}` is not a target of a release", archive.target)));
            }
            for sum in [&archive.sha256, &archive.stackstep, &archive.sandbox] {
                let hexadecimal =
                    sum.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
                if sum.len() != 64 || !hexadecimal {
                    return Err(complain(format!("`{sum}` is not a SHA-256")));
                }
            }
        }
        Ok(release)
    }

    /// The file that [`Release::read`] reads.
    pub fn to_toml(&self) -> Result<String> {
        let rows = toml::to_string(self)
            .map_err(|error| Error::input(format!("the release can't be written down: {error}"), "fix it"))?;
        Ok(format!("# Written by `cargo xtask release`: what the bootstraps and launchers fetch.\n\n{rows}"))
    }
}

/// The suite's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Release> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("release.toml");
        std::fs::write(&path, text).unwrap();
        Release::read(&path)
    }

    fn one() -> Release {
        let sum = |digit: &str| digit.repeat(64);
        let target = "x86_64-unknown-linux-musl".to_owned();
        let archive = Archive { target, sha256: sum("a"), stackstep: sum("b"), sandbox: sum("c") };
        Release { version: "1.2.3".into(), archive: vec![archive] }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&one().to_toml().unwrap()).unwrap(), one());
    }

    #[test]
    fn the_main_branch_names_no_release() {
        assert_eq!(Release::read(&crate::root().join(PATH)).unwrap(), Release::default());
    }

    #[test]
    fn a_sum_that_could_end_a_string_of_a_script_is_refused() {
        let text = one().to_toml().unwrap().replace(&"a".repeat(64), &format!("{}'; x", "a".repeat(60)));
        assert!(read(&text).unwrap_err().to_string().contains("is not a SHA-256"));
    }

    #[test]
    fn a_version_that_could_end_a_string_of_a_script_is_refused() {
        let text = one().to_toml().unwrap().replace("1.2.3", "1'$(x)");
        assert!(read(&text).unwrap_err().to_string().contains("is not a version"));
    }

    #[test]
    fn a_version_without_archives_is_refused() {
        assert!(read("version = \"1.0.0\"\narchive = []\n").is_err());
    }
}
