//! The list of released versions, with the day of each.
//!
//! Its form is that of Pulumi's own list, which the official action reads too:
//! <https://raw.githubusercontent.com/pulumi/docs/master/data/versions.json>. A mirror may have a list under the same
//! name; for a folder, its files are the list.

use std::path::Path;

use semver::Version;
use serde::Deserialize;

use super::platform::Platform;
use super::trust::known_releases;
use crate::base::day::Day;

/// The address of Pulumi's own list.
pub const OWN_LIST: &str = "https://raw.githubusercontent.com/pulumi/docs/master/data/versions.json";

/// The name of a mirror's list.
pub const MIRRORS_LIST: &str = "versions.json";

/// A released version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version's number.
    pub version: Version,
    /// The day of the release, if it is known.
    pub day: Option<Day>,
}

#[derive(Deserialize)]
struct CatalogRow {
    version: String,
    #[serde(default)]
    date: Option<String>,
}

/// Reads a list. Rows of another form are passed over; none if no row is left.
pub fn parse(text: &str) -> Option<Vec<Release>> {
    let rows: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let releases: Vec<Release> = rows
        .into_iter()
        .filter_map(|row| {
            let row: CatalogRow = serde_json::from_value(row).ok()?;
            let version = Version::parse(row.version.strip_prefix('v').unwrap_or(&row.version)).ok()?;
            Some(Release { version, day: row.date.as_deref().and_then(Day::parse) })
        })
        .collect();
    (!releases.is_empty()).then_some(releases)
}

/// The versions that this binary has a table of.
pub fn known() -> Vec<Release> {
    known_releases().map(|(version, day)| Release { version, day: Day::parse(day) }).collect()
}

/// The versions whose archives are in the folder.
pub fn of_folder(folder: &Path, platform: Platform) -> std::io::Result<Vec<Release>> {
    let known = known();
    let mut releases: Vec<Release> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let (version, _) = name.strip_prefix("pulumi-v")?.split_once(&format!("-{platform}."))?;
            let version = Version::parse(version).ok().filter(|version| platform.archive(version) == name)?;
            let day = known.iter().find(|release| release.version == version).and_then(|release| release.day);
            Some(Release { version, day })
        })
        .collect();
    releases.sort_by(|a, b| b.version.cmp(&a.version));
    Ok(releases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulumis_own_list_is_read() {
        let text = r#"[
          {"version": "v3.83.0", "date": "2023-09-15T21:39:33Z", "downloads": {}, "latest": true},
          {"version": "3.82.1"},
          {"version": "soon"}, 7
        ]"#;
        let releases = parse(text).unwrap();
        assert_eq!(releases.len(), 2);
        assert_eq!(releases[0].version, Version::new(3, 83, 0));
        assert_eq!(releases[0].day, Day::parse("2023-09-15"));
        assert_eq!(releases[1].day, None);
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["", "[]", "{}", "<html>", r#"[{"version": "x"}]"#] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_folder_lists_the_archives_for_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "pulumi-v3.200.0-linux-x64.tar.gz",
            "pulumi-v3.201.0-linux-x64.tar.gz",
            "pulumi-v3.202.0-darwin-x64.tar.gz",
            "pulumi-v3.203.0-linux-x64.tar.gz.part",
            "pulumi-3.200.0-checksums.txt",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let releases = of_folder(folder.path(), Platform { os: "linux", arch: "x64" }).unwrap();
        let versions: Vec<String> = releases.iter().map(|release| release.version.to_string()).collect();
        assert_eq!(versions, ["3.201.0", "3.200.0"]);
        assert!(releases[0].day.is_some(), "the table knows its day");
    }
}
