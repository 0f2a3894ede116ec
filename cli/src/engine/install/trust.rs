//! The SHA-256 that an archive must have, and who vouches for it. Decided before the first byte is downloaded.
//!
//! Three sources may know the hash: the person (`pulumi-sha256`), the table in this binary, and the checksum file
//! beside the archive. Those that do have to agree. The checksum file alone proves that the archive arrived whole, not
//! that it is Pulumi's: anybody who can change the one can change the other.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::fault;
use super::platform::Platform;
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};

/// SHA-256 of the release archives of the CLI, from Pulumi's own Homebrew tap. Where they were compared with nixpkgs
/// (<https://github.com/NixOS/nixpkgs/blob/master/pkgs/by-name/pu/pulumi-bin/data.nix>), the two agree.
const KNOWN: &str = include_str!("known.txt");

/// The order of the table's columns, after version and day.
const COLUMNS: [&str; 4] = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/// The source of an archive's expected hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voucher {
    /// The person, by `pulumi-sha256`.
    Person,
    /// The table of this binary.
    Table,
    /// Only the checksum file beside the archive.
    ChecksumFile,
}

impl fmt::Display for Voucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person => "pinned by `pulumi-sha256`",
            Self::Table => "pinned by this release of stackstep",
            Self::ChecksumFile => "not pinned: checked against the release's checksum file only",
        })
    }
}

/// The hash that an archive must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The SHA-256.
    pub digest: Digest,
    /// The source of the hash.
    pub voucher: Voucher,
}

/// The proof that is demanded of an archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trust {
    /// Whether `verify` is `strict`: a checksum file alone is not enough.
    pub strict: bool,
    /// The hash in `pulumi-sha256`.
    pub by_hand: Option<Digest>,
}

impl Trust {
    /// The hash that the archive of `version` must have. `checksums` is the release's checksum file, if there is one.
    pub fn expect(&self, version: &Version, platform: Platform, checksums: Option<&str>) -> Result<Expected> {
        let archive = platform.archive(version);
        let listed = checksums.map(|text| listed(text, &archive)).transpose()?;
        let table = known(version, platform);
        let (digest, voucher) = match (self.by_hand, table, listed) {
            (Some(digest), ..) => (digest, Voucher::Person),
            (None, Some(digest), _) => (digest, Voucher::Table),
            (None, None, _) if self.strict => return Err(not_pinned(version, platform)),
            (None, None, Some(digest)) => (digest, Voucher::ChecksumFile),
            (None, None, None) => return Err(unverifiable(version, platform)),
        };
        for (other, who) in
            [(table, "the table of this release of stackstep"), (listed, "the release's checksum file")]
        {
            if let Some(other) = other
                && other != digest
            {
                return Err(fault(
                    format!("{archive} is {digest} by {}, and {other} by {who}", short(voucher)),
                    "somebody has changed one of them: do not use this source, and tell who runs it",
                ));
            }
        }
        Ok(Expected { digest, voucher })
    }
}

fn short(voucher: Voucher) -> &'static str {
    match voucher {
        Voucher::Person => "`pulumi-sha256`",
        Voucher::Table => "the table of this release of stackstep",
        Voucher::ChecksumFile => "the release's checksum file",
    }
}

fn not_pinned(version: &Version, platform: Platform) -> Error {
    let newest = newest_known(platform).map_or_else(
        || format!("it pins none for {platform}"),
        |newest| format!("the newest that it pins for {platform} is {newest}"),
    );
    fault(
        format!("Pulumi {version} is not pinned by this release of stackstep, and `verify` is `strict`"),
        &format!("{newest}; pin the archive by hand with `pulumi-sha256`"),
    )
}

fn unverifiable(version: &Version, platform: Platform) -> Error {
    fault(
        format!(
            "{} can't be verified: there is no {}",
            platform.archive(version),
            super::platform::checksums(version)
        ),
        "put the release's checksum file beside the archive, or pin the archive with `pulumi-sha256`",
    )
}

/// The hash of `archive` in a checksum file.
fn listed(text: &str, archive: &str) -> Result<Digest> {
    let mut digests = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (digest, name) = (words.next()?, words.next()?);
        // `sha256sum` puts a star before the names of files that it read as binary.
        (name.trim_start_matches('*') == archive).then(|| Digest::parse(digest))
    });
    match (digests.next().flatten(), digests.next()) {
        (Some(digest), None) => Ok(digest),
        _ => Err(fault(
            format!("the release's checksum file has no line of its own for {archive}"),
            "is it of another version, or cut off? Mirror the file that belongs to the release",
        )),
    }
}

/// The hash in this binary's table.
pub(super) fn known(version: &Version, platform: Platform) -> Option<Digest> {
    let column = COLUMNS.iter().position(|column| *column == platform.to_string())?;
    let line = rows().find(|row| row.first().is_some_and(|own| *own == version.to_string()))?;
    Digest::parse(line.get(column + 2)?)
}

/// The versions of the table with their days, newest first.
pub fn known_releases() -> impl Iterator<Item = (Version, &'static str)> {
    rows().filter_map(|row| Some((Version::parse(row.first()?).ok()?, *row.get(1)?)))
}

fn newest_known(platform: Platform) -> Option<Version> {
    known_releases().map(|(version, _)| version).find(|version| known(version, platform).is_some())
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    KNOWN.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Platform = Platform { os: "linux", arch: "x64" };
    const WINDOWS: Platform = Platform { os: "windows", arch: "x64" };
    /// Of the archive of 3.221.0, as nixpkgs has it, in its own writing of base 32: `1bdrblxc…`.
    const OF_3_221: &str = "fe736f91b4153f94f859870e34dda01e648552c25f702c8a42282acf3a5db9ad";

    fn digest(letter: &str) -> Digest {
        Digest::parse(&letter.repeat(64)).unwrap()
    }

    fn file(version: &Version, platform: Platform, digest: Digest) -> String {
        format!("{digest}  {}\n{}  other.tar.gz\n", platform.archive(version), "0".repeat(64))
    }

    #[test]
    fn each_row_of_the_table_is_whole() {
        let mut before = None;
        for row in rows() {
            let version = Version::parse(row[0]).unwrap();
            assert!(crate::base::day::Day::parse(row[1]).is_some(), "{row:?}");
            assert!(row[2..].iter().all(|digest| Digest::parse(digest).is_some()), "{row:?}");
            assert_eq!(row.len(), 2 + COLUMNS.len());
            assert!(before.is_none_or(|before| before > version), "newest first, each once: {version}");
            before = Some(version);
        }
    }

    #[test]
    fn a_pinned_version_needs_no_checksum_file_and_must_not_differ_from_one() {
        let version = Version::new(3, 221, 0);
        let trust = Trust { strict: true, by_hand: None };
        let expected = trust.expect(&version, LINUX, None).unwrap();
        assert_eq!(expected.voucher, Voucher::Table);
        assert_eq!(expected.digest.to_string(), OF_3_221);
        assert!(trust.expect(&version, LINUX, Some(&file(&version, LINUX, expected.digest))).is_ok());
        let error = trust.expect(&version, LINUX, Some(&file(&version, LINUX, digest("a")))).unwrap_err();
        assert!(error.to_string().contains("by the release's checksum file"), "{error}");
    }

    #[test]
    fn an_unknown_version_has_its_checksum_file_only_and_strict_refuses_that() {
        let version = Version::new(3, 999, 0);
        let text = file(&version, LINUX, digest("b"));
        let expected = Trust::default().expect(&version, LINUX, Some(&text)).unwrap();
        assert_eq!(expected, Expected { digest: digest("b"), voucher: Voucher::ChecksumFile });
        assert!(Trust::default().expect(&version, LINUX, None).is_err());
        assert!(Trust { strict: true, by_hand: None }.expect(&version, LINUX, Some(&text)).is_err());
    }

    #[test]
    fn windows_is_in_no_table() {
        let version = Version::new(3, 221, 0);
        assert!(Trust { strict: true, by_hand: None }.expect(&version, WINDOWS, None).is_err());
    }

    #[test]
    fn a_hash_by_hand_is_enough_and_contradicts_nobody() {
        let version = Version::new(3, 999, 0);
        let trust = Trust { strict: true, by_hand: Some(digest("c")) };
        assert_eq!(trust.expect(&version, LINUX, None).unwrap().voucher, Voucher::Person);
        assert!(trust.expect(&version, LINUX, Some(&file(&version, LINUX, digest("d")))).is_err());
        assert!(trust.expect(&Version::new(3, 221, 0), LINUX, None).is_err());
    }

    #[test]
    fn a_checksum_file_of_another_release_is_refused() {
        let (own, other) = (Version::new(3, 999, 0), Version::new(3, 998, 0));
        assert!(Trust::default().expect(&own, LINUX, Some(&file(&other, LINUX, digest("e")))).is_err());
        assert!(Trust::default().expect(&own, LINUX, Some("")).is_err());
        let twice = file(&own, LINUX, digest("e")).repeat(2);
        assert!(Trust::default().expect(&own, LINUX, Some(&twice)).is_err());
    }
}
