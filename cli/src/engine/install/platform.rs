//! The names that a release has for this machine and for its files.

use std::fmt;

use semver::Version;

use super::fault;
use crate::base::error::Result;

/// An operating system and a processor that the Pulumi CLI is released for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `darwin` or `windows`.
    pub os: &'static str,
    /// `x64` or `arm64`.
    pub arch: &'static str,
}

impl Platform {
    /// This machine.
    pub fn host() -> Result<Self> {
        Self::from_names(std::env::consts::OS, std::env::consts::ARCH).ok_or_else(|| {
            fault(
                format!(
                    "the Pulumi CLI is not released for {} on {}",
                    std::env::consts::OS,
                    std::env::consts::ARCH
                ),
                "build it, and set `engine` to its path",
            )
        })
    }

    /// The platform with these names of Rust.
    fn from_names(os: &str, arch: &str) -> Option<Self> {
        let os = match os {
            "linux" => "linux",
            "macos" => "darwin",
            "windows" => "windows",
            _ => return None,
        };
        let arch = match arch {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            _ => return None,
        };
        Some(Self { os, arch })
    }

    /// The name of the archive of `version`.
    pub fn archive(self, version: &Version) -> String {
        format!("pulumi-v{version}-{self}.{}", if self.is_windows() { "zip" } else { "tar.gz" })
    }

    /// Whether it is Windows, where the archive is a zip file and programs have an ending.
    pub fn is_windows(self) -> bool {
        self.os == "windows"
    }

    /// The file name of the CLI itself.
    pub fn program(self) -> &'static str {
        if self.is_windows() { "pulumi.exe" } else { "pulumi" }
    }

    /// The platform of a program, from the first bytes of its file; none if they are not of a program.
    /// ELF: <https://man7.org/linux/man-pages/man5/elf.5.html>, Mach-O: `mach/machine.h`,
    /// PE: <https://learn.microsoft.com/en-us/windows/win32/debug/pe-format>.
    pub fn of_program(head: &[u8]) -> Option<Self> {
        let half = |at: usize| Some(u16::from_le_bytes(head.get(at..at + 2)?.try_into().ok()?));
        let word = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
        if head.starts_with(b"\x7fELF") {
            let arch = match half(18)? {
                62 => "x64",
                183 => "arm64",
                _ => "another processor",
            };
            return Some(Self { os: "linux", arch });
        }
        if head.starts_with(&[0xcf, 0xfa, 0xed, 0xfe]) {
            let arch = match word(4)? {
                0x0100_0007 => "x64",
                0x0100_000c => "arm64",
                _ => "another processor",
            };
            return Some(Self { os: "darwin", arch });
        }
        if head.starts_with(b"MZ") {
            let header = usize::try_from(word(60)?).ok()?;
            let arch = match half(header.checked_add(4)?) {
                Some(0x8664) => "x64",
                Some(0xaa64) => "arm64",
                _ => "another processor",
            };
            return Some(Self { os: "windows", arch });
        }
        None
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.os, self.arch)
    }
}

/// The name of the release's checksum file.
pub fn checksums(version: &Version) -> String {
    format!("pulumi-{version}-checksums.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_have_the_names_of_the_release() {
        let version = Version::new(3, 259, 0);
        let name = |os, arch| Platform::from_names(os, arch).unwrap().archive(&version);
        assert_eq!(name("linux", "x86_64"), "pulumi-v3.259.0-linux-x64.tar.gz");
        assert_eq!(name("macos", "aarch64"), "pulumi-v3.259.0-darwin-arm64.tar.gz");
        assert_eq!(name("windows", "x86_64"), "pulumi-v3.259.0-windows-x64.zip");
        assert_eq!(Platform::from_names("freebsd", "x86_64"), None);
    }

    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    #[test]
    fn the_running_program_is_of_this_machine() {
        let head = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(Platform::of_program(&head), Some(Platform::host().unwrap()));
    }

    #[test]
    fn programs_for_other_machines_are_told_apart() {
        let mut elf = b"\x7fELF".to_vec();
        elf.resize(20, 0);
        elf[18] = 183;
        assert_eq!(Platform::of_program(&elf), Some(Platform { os: "linux", arch: "arm64" }));
        let mach = [0xcf, 0xfa, 0xed, 0xfe, 0x07, 0, 0, 1];
        assert_eq!(Platform::of_program(&mach), Some(Platform { os: "darwin", arch: "x64" }));
        assert_eq!(Platform::of_program(b"#!/bin/sh\n"), None);
        assert_eq!(Platform::of_program(b"\x7fELF"), None);
    }
}
