//! The engine's version, when an input demands one.

use semver::{Version, VersionReq};

use super::args;
use super::drive::{Driver, Unwatched};
use super::locate::{Engine, locate};
use super::signals::Signals;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::job::Job;

/// What `pulumi-version` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// A version within this range.
    Range(VersionReq),
    /// Any: `latest`.
    Any,
}

/// What the inputs demand, if anything.
pub fn demand(inputs: &Inputs) -> Result<Option<Demand>> {
    let (text, named) = match (&inputs.pulumi_version, &inputs.pulumi_version_file) {
        (Some(text), _) => (text.clone(), "`pulumi-version`".to_owned()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|source| {
                Error::input(
                    format!("could not read `pulumi-version-file` `{}`: {source}", path.display()),
                    "give the file's path from the folder that the step runs in",
                )
            })?;
            (text, format!("`{}`", path.display()))
        }
        (None, None) => return Ok(None),
    };
    parse(text.trim(), &named).map(Some)
}

/// Reads an exact version, a range, or `latest`.
fn parse(text: &str, named: &str) -> Result<Demand> {
    if text == "latest" {
        return Ok(Demand::Any);
    }
    if text == "dev" || text.starts_with("pr#") {
        return Err(Error::input(
            format!("{named} asks for `{text}`, a build of Pulumi that nobody has released"),
            "such a build has no checksum to verify it by; name a released version, such as `^3`, or build it in a step before and set `engine` to its path",
        ));
    }
    let bare = text.strip_prefix('v').unwrap_or(text);
    // A whole version alone means just that one.
    let range = if Version::parse(bare).is_ok() { format!("={bare}") } else { bare.to_owned() };
    VersionReq::parse(&range).map(Demand::Range).map_err(|_| {
        Error::input(
            format!("{named} is `{}`, which is no version", text.escape_debug()),
            "write a version (`3.260.0`), a range (`^3.200`) or `latest`",
        )
    })
}

/// Finds the engine and sees to it that it is of the version that the inputs demand.
pub async fn ready(job: &Job<'_>, console: &Console, signals: &Signals) -> Result<Engine> {
    let own = std::env::current_exe().ok();
    let engine = locate(job.inputs.engine.as_deref(), job.env, own.as_deref())?;
    let Some(demand) = &job.demand else { return Ok(engine) };
    let outcome =
        Driver::new(job, &engine, console, signals, &mut Unwatched).run_quietly(args::version()).await?;
    let printed = outcome.raw.as_ref().map(|raw| raw.expose().to_owned()).unwrap_or_default();
    checked(engine, &printed, demand)
}

/// The engine with the version that it printed, if that is one that `demand` allows.
pub fn checked(engine: Engine, printed: &str, demand: &Demand) -> Result<Engine> {
    let printed = printed.trim();
    let found = printed.strip_prefix('v').and_then(|bare| Version::parse(bare).ok()).ok_or_else(|| {
        Error::Engine {
            what: format!(
                "`{}` gives `{}` for its version",
                engine.path.display(),
                printed.chars().take(80).collect::<String>().escape_debug()
            ),
            hint: Some("is it a Pulumi CLI? Leave `pulumi-version` out to run it all the same".to_owned()),
        }
    })?;
    // A pre-release of a version in the range is in the range.
    let release = Version::new(found.major, found.minor, found.patch);
    match demand {
        Demand::Range(range) if !range.matches(&found) && !range.matches(&release) => Err(Error::Engine {
            what: format!(
                "the engine `{}` is version {found}, and `{range}` is demanded",
                engine.path.display()
            ),
            hint: Some("install that version in a step before, or change `pulumi-version`".to_owned()),
        }),
        _ => Ok(Engine { version: Some(found.to_string()), ..engine }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(demanded: &str, version: &str) -> bool {
        match parse(demanded, "x").unwrap() {
            Demand::Any => true,
            Demand::Range(range) => range.matches(&Version::parse(version).unwrap()),
        }
    }

    #[test]
    fn a_whole_version_means_just_that_one() {
        assert!(matches("3.260.0", "3.260.0"));
        assert!(matches("v3.260.0", "3.260.0"));
        assert!(!matches("3.260.0", "3.261.0"));
    }

    #[test]
    fn a_range_means_all_in_it() {
        assert!(matches("^3", "3.260.0"));
        assert!(matches(">=3.200, <3.261", "3.260.0"));
        assert!(!matches("^3.261", "3.260.0"));
    }

    #[test]
    fn an_unreleased_build_is_refused_with_the_reason() {
        for build in ["dev", "pr#123"] {
            assert!(
                parse(build, "`pulumi-version`").unwrap_err().to_string().contains("nobody has released")
            );
        }
    }
}
