//! Finds the engine: `pulumi` on the PATH, a path, or the sandbox if it is named.

use std::path::{Path, PathBuf};

use semver::Version;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::program::on_path;
use crate::ci::ground::Ground;
use crate::engine::executor::EngineLabel;
use crate::report::Reason;

/// The value of the `engine` input for the rehearsal engine.
pub const SANDBOX: &str = "sandbox";
const SANDBOX_BINARY: &str = EngineLabel::SANDBOX;

/// An engine that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedEngine {
    /// The program.
    pub path: PathBuf,
    /// The engine's version, if the engine was asked for it.
    pub version: Option<String>,
    /// Whether it is the sandbox, which deploys nothing.
    pub sandbox: bool,
}

impl LocatedEngine {
    /// The engine's name, path and version, for the log and the report.
    pub fn label(&self) -> EngineLabel {
        EngineLabel {
            name: if self.sandbox { EngineLabel::SANDBOX } else { "pulumi" },
            place: self.path.display().to_string(),
            version: self.version.clone(),
        }
    }

    /// The version as a value that can be compared, if it is known.
    pub fn parsed_version(&self) -> Option<Version> {
        self.label().parsed_version()
    }
}

/// Finds the engine that `asked`, the `engine` input, names. `own` is the path of this very binary; the sandbox is
/// searched for beside it. A program on the `ground` of a stranger is not found by its name.
pub fn locate(asked: Option<&str>, env: &Env, own: Option<&Path>, ground: &Ground) -> Result<LocatedEngine> {
    match asked {
        Some(SANDBOX) => {
            let beside = own
                .and_then(Path::parent)
                .map(|folder| folder.join(format!("{SANDBOX_BINARY}{}", std::env::consts::EXE_SUFFIX)));
            let path = beside
                .filter(|path| path.is_file())
                .or_else(|| trusted_on_path(SANDBOX_BINARY, env, ground))
                .ok_or_else(|| {
                    let missing = missing(
                        format!("`{SANDBOX_BINARY}` is neither beside stackstep nor on the PATH"),
                        "install it from the same release as stackstep",
                    );
                    missing_on_path(SANDBOX_BINARY, env, missing)
                })?;
            Ok(LocatedEngine { path, version: None, sandbox: true })
        }
        Some(asked) => {
            let path = if asked.contains(['/', '\\']) {
                executable(&env.cwd().join(asked))?
            } else {
                trusted_on_path(asked, env, ground).ok_or_else(|| {
                    let missing =
                        missing(format!("the engine `{asked}` is not on the PATH"), "give its whole path");
                    missing_on_path(asked, env, missing)
                })?
            };
            Ok(LocatedEngine { path, version: None, sandbox: false })
        }
        None => {
            let path = trusted_on_path("pulumi", env, ground);
            path.map(|path| LocatedEngine { path, version: None, sandbox: false }).ok_or_else(|| {
                missing("there is no `pulumi` on the PATH".to_owned(), "set `engine` to its path")
            })
        }
    }
}

/// The first program on the PATH that no stranger can have put there.
pub fn trusted_on_path(name: &str, env: &Env, ground: &Ground) -> Option<PathBuf> {
    which::which_in_all(name, env.get("PATH"), env.cwd()).ok()?.find(|path| !ground.holds(path))
}

/// The error for a program that is missing, or is found only where a stranger can have put it.
fn missing_on_path(name: &str, env: &Env, missing: Error) -> Error {
    match on_path(name, env) {
        Some(path) => Error::Refused {
            what: format!(
                "the engine `{}` is refused: it lies in a checkout, and nothing proves that this is the repository's own \
                 code",
                path.display()
            ),
            hint: format!("put a `{name}` of another folder on the PATH, or set `engine` to the path of one"),
            reason: Reason::Untrusted,
        },
        None => missing,
    }
}

fn executable(path: &Path) -> Result<PathBuf> {
    if !path.exists() {
        return Err(missing(
            format!("the engine `{}` is not there", path.display()),
            "check the `engine` input",
        ));
    }
    which::which_in(path, None::<&str>, Path::new("/")).map_err(|_| {
        missing(
            format!("the engine `{}` can't be executed", path.display()),
            "make it executable: `chmod +x`",
        )
    })
}

fn missing(what: String, hint: &str) -> Error {
    Error::Engine { what, hint: Some(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_and_without_its_letter() {
        let engine = |version: Option<&str>| LocatedEngine {
            path: PathBuf::from("pulumi"),
            version: version.map(str::to_owned),
            sandbox: false,
        };
        for text in ["3.256.0", "v3.256.0"] {
            assert_eq!(engine(Some(text)).parsed_version(), Some(Version::new(3, 256, 0)), "{text}");
        }
        for text in [None, Some("dev")] {
            assert_eq!(engine(text).parsed_version(), None, "{text:?}");
        }
    }
}
