//! `cargo xtask known-releases`: the table of hashes that stackstep carries, from the history of Pulumi's Homebrew tap.
//! Nothing is fetched: a clone of <https://github.com/pulumi/homebrew-tap> is read.

use crate::process::{command, output};
use stackstep::base::error::{Error, Result};
use stackstep::engine::install::version::LOWEST;
use std::collections::BTreeMap;
use std::path::Path;

/// Where the table lies.
const TABLE: &str = "cli/src/engine/install/known.txt";
/// The table's columns; the tap has no archives for Windows.
const PLATFORMS: [&str; 4] = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
const FORMULA: &str = "Formula/pulumi.rb";

/// A version's numbers, its day and its hashes.
type Rows = BTreeMap<[u64; 3], (String, BTreeMap<String, String>)>;

/// Writes the table from the clone at `tap`.
pub fn run(root: &Path, tap: &Path) -> Result<bool> {
    let git = |arguments: &[&str]| {
        output(command("git", tap).args(arguments)).ok_or_else(|| {
            Error::input(
                format!("`git {}` failed in `{}`", arguments.join(" "), tap.display()),
                "give the path of a clone with its history: `git clone https://github.com/pulumi/homebrew-tap`",
            )
        })
    };
    let mut rows = Rows::new();
    for line in git(&["log", "--reverse", "--format=%H %cs", "--", FORMULA])?.lines() {
        if let Some((commit, day)) = line.split_once(' ')
            && let Ok(formula) = git(&["show", &format!("{commit}:{FORMULA}")])
        {
            read(&formula, day, &mut rows)?;
        }
    }
    let head = git(&["rev-parse", "HEAD"])?;
    let mut text = format!(
        "# SHA-256 of the release archives of the Pulumi CLI: version, day, then {}.\n# Written by `cargo xtask known-releases` from the history of https://github.com/pulumi/homebrew-tap\n# up to commit {}. It has none for Windows.\n",
        PLATFORMS.join(", "),
        head.trim()
    );
    let mut written = 0;
    for ([major, minor, patch], (day, hashes)) in rows.iter().rev() {
        let columns: Vec<&str> =
            PLATFORMS.iter().filter_map(|platform| hashes.get(*platform)).map(String::as_str).collect();
        if columns.len() == PLATFORMS.len() {
            text.push_str(&format!("{major}.{minor}.{patch} {day} {}\n", columns.join(" ")));
            written += 1;
        }
    }
    let path = root.join(TABLE);
    std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    println!("wrote {written} versions to {}", path.display());
    Ok(written > 0)
}

/// Adds what a formula says: each `url` has its `sha256` on the line below.
fn read(formula: &str, day: &str, rows: &mut Rows) -> Result<()> {
    let mut lines = formula.lines();
    while let Some(line) = lines.next() {
        let archive = line.trim().strip_suffix(".tar.gz\"").and_then(|url| url.rsplit_once("/pulumi-v"));
        let Some((version, platform)) = archive.and_then(|(_, archive)| archive.split_once('-')) else {
            continue;
        };
        let hash = lines.next().and_then(|line| line.trim().strip_prefix("sha256 \"")?.strip_suffix('"'));
        let mut numbers = version.split('.').filter_map(|number| number.parse::<u64>().ok());
        let (Some(hash), Some(major), Some(minor), Some(patch)) =
            (hash, numbers.next(), numbers.next(), numbers.next())
        else {
            continue;
        };
        if [major, minor, patch] < [LOWEST.major, LOWEST.minor, LOWEST.patch] {
            continue;
        }
        let (_, hashes) =
            rows.entry([major, minor, patch]).or_insert_with(|| (day.to_owned(), BTreeMap::new()));
        let before = hashes.insert(platform.to_owned(), hash.to_owned());
        if before.is_some_and(|before| before != hash) {
            return Err(Error::input(
                format!("the tap has had two hashes for Pulumi {version} for {platform}"),
                "find out which archive is released, and why there was another, before anything is pinned",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(hash: &str) -> String {
        format!(
            "  url \"https://github.com/pulumi/pulumi/releases/download/v3.200.0/pulumi-v3.200.0-linux-x64.tar.gz\"\n  sha256 \"{hash}\"\n"
        )
    }

    #[test]
    fn each_archive_has_its_hash_on_the_line_below() {
        let mut rows = Rows::new();
        read(&formula("abc"), "2025-10-03", &mut rows).unwrap();
        let (day, hashes) = &rows[&[3, 200, 0]];
        assert_eq!((day.as_str(), hashes["linux-x64"].as_str()), ("2025-10-03", "abc"));
    }

    #[test]
    fn a_hash_that_changed_is_not_pinned() {
        let mut rows = Rows::new();
        read(&formula("abc"), "2025-10-03", &mut rows).unwrap();
        assert!(read(&formula("abc"), "2025-10-04", &mut rows).is_ok());
        assert!(read(&formula("def"), "2025-10-04", &mut rows).is_err());
    }

    #[test]
    fn what_is_too_old_to_be_installed_is_left_out() {
        let mut rows = Rows::new();
        read(&formula("abc").replace("3.200.0", "3.47.0"), "2022-11-18", &mut rows).unwrap();
        assert!(rows.is_empty());
    }
}
