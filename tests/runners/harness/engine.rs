//! The engine that a job meets: the stand-in, or the Pulumi CLI that the suite `real` builds.

use crate::real::stage::SHOP;
use crate::tools;
use std::ffi::OsString;
use std::path::Path;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Ours, which deploys nothing.
    Sandbox,
    /// The real one.
    Pulumi,
}

impl Engine {
    /// The input `engine`. The CLI is found on the PATH, as most jobs find it.
    pub fn input(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Pulumi => "",
        }
    }

    /// The machine's PATH, with the engine's programs before all others.
    #[expect(clippy::disallowed_methods, reason = "jobs need to find a shell, git and Node")]
    pub fn path(self) -> OsString {
        match self {
            Self::Sandbox => std::env::var_os("PATH").unwrap(),
            Self::Pulumi => crate::real::stage::path(),
        }
    }

    /// Lays the program of most jobs into a folder: the sandbox's has resources that need no plugin.
    pub fn program(self, folder: &Path) {
        match self {
            Self::Sandbox => tools::copy(&tools::root().join("examples/hello"), folder),
            Self::Pulumi => {
                std::fs::create_dir_all(folder).unwrap();
                std::fs::write(folder.join("Pulumi.yaml"), SHOP).unwrap();
            }
        }
    }
}
