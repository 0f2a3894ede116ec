//! Looks for a CLI on this machine: on the PATH and in the runner's tool cache. Asks a program for its version and
//! platform.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use semver::Version;

use super::fault;
use super::platform::Platform;
use super::version::Wish;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::process::helper::{self, VariableChange};
use crate::process::signals::Signals;

/// The platform that the program is made for; none if it is a script.
pub fn made_for(program: &Path) -> Result<Option<Platform>> {
    let mut head = Vec::new();
    let read = File::open(program).and_then(|file| file.take(4096).read_to_end(&mut head));
    read.map_err(Error::io("read", program))?;
    Ok(Platform::of_program(&head))
}

/// Asks a program for its version. It gets only the variables that a process needs to start.
pub async fn version_of(
    program: &Path,
    cwd: &Path,
    env: &Env,
    console: &Console,
    signals: &Signals,
) -> Result<Version> {
    let home = tempfile::tempdir().map_err(Error::io("make a folder in", std::env::temp_dir()))?;
    let keep = ["PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"];
    let is_kept = |name: &str| keep.iter().any(|keep| keep.eq_ignore_ascii_case(name));
    let own = home.path().to_string_lossy().into_owned();
    let change = VariableChange {
        set: vec![
            ("HOME".to_owned(), own.clone()),
            ("PULUMI_HOME".to_owned(), own),
            ("PULUMI_SKIP_UPDATE_CHECK".to_owned(), "true".to_owned()),
        ],
        remove: env.iter().map(|(name, _)| name).filter(|name| !is_kept(name)).map(str::to_owned).collect(),
    };
    let args = ["version".to_owned()];
    let printed = helper::read(program.to_owned(), &args, cwd, change, console.masker(), signals).await?;
    if let Some(signal) = signals.first() {
        return Err(super::stopped(signal));
    }
    let printed = printed.map_or_else(|said| said, |printed| printed.expose().to_owned());
    printed.strip_prefix('v').and_then(|bare| Version::parse(bare).ok()).ok_or_else(|| {
        fault(
            format!(
                "`{}` gives `{}` for its version",
                program.display(),
                printed.chars().take(80).collect::<String>().escape_debug()
            ),
            "is it a Pulumi CLI? Name one in `engine` to run it all the same",
        )
    })
}

/// The newest CLI that `wish` allows in the tool cache of a runner: `<cache>/pulumi/<version>/<arch>`, with a file
/// `<arch>.complete` beside it; none that a stranger can have put there. <https://github.com/actions/toolkit/tree/main/packages/tool-cache>
pub fn in_tool_cache(env: &Env, platform: Platform, wish: &Wish, ground: &Ground) -> Option<Installed> {
    let roots = ["RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"].into_iter().filter_map(|name| env.get(name));
    let ours = |folder: &PathBuf| !ground.holds(folder);
    roots.map(|root| Path::new(root).join("pulumi")).find_map(|root| {
        let entries = std::fs::read_dir(&root).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut versions: Vec<Version> = names.filter_map(|name| Version::parse(&name).ok()).collect();
        versions.retain(|version| wish.objection(version).is_none());
        versions.sort_by(|a, b| b.cmp(a));
        versions.into_iter().find_map(|version| {
            let beside = root.join(version.to_string());
            let folder = in_folder(&beside.join(platform.arch), platform).filter(ours)?;
            let complete = beside.join(format!("{}.complete", platform.arch)).is_file();
            let origin = "the runner's tool cache".to_owned();
            complete.then_some(Installed { version, folder, origin })
        })
    })
}

/// The folder of the CLI within a folder of the tool cache: tools put either the archive's folder there, or its
/// contents.
fn in_folder(folder: &Path, platform: Platform) -> Option<PathBuf> {
    let folders =
        [folder.to_owned(), folder.join("bin"), folder.join("pulumi"), folder.join("pulumi").join("bin")];
    folders.into_iter().find(|folder| folder.join(platform.program()).is_file())
}

/// A CLI that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The CLI's version.
    pub version: Version,
    /// The folder that holds the CLI and its companions.
    pub folder: PathBuf,
    /// The CLI's source, in words.
    pub origin: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::standing::Standing;
    use crate::ci::{Context, detect};
    use crate::engine::install::version::Demand;

    const LINUX: Platform = Platform { os: "linux", arch: "x64" };

    fn put(root: &Path, version: &str, file: &str, complete: bool) {
        let folder = root.join("pulumi").join(version).join("x64");
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.join(file), "").unwrap();
        if complete {
            std::fs::write(folder.with_extension("complete"), "").unwrap();
        }
    }

    #[test]
    fn the_newest_complete_one_of_the_tool_cache_is_taken() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "3.200.0", "pulumi", true);
        put(root.path(), "3.210.0", "bin/pulumi", true);
        put(root.path(), "3.220.0", "pulumi", false);
        put(root.path(), "3.230.0", "README", true);
        let env = Env::from_pairs("/", [("RUNNER_TOOL_CACHE", root.path().display().to_string())]);
        let ground =
            |standing, env: &Env| Ground::new(&Context::default(), standing, env, detect(env), root.path());
        let ours = ground(Standing::Ours, &env);
        let found = in_tool_cache(&env, LINUX, &Wish::default(), &ours).unwrap();
        assert_eq!((found.version, found.folder.ends_with("bin")), (Version::new(3, 210, 0), true));
        let demand = Demand::parse("3.200.0", "x").unwrap();
        let wish = Wish { demand: Some((demand, "x".into())), ..Wish::default() };
        assert_eq!(in_tool_cache(&env, LINUX, &wish, &ours).unwrap().version, Version::new(3, 200, 0));
        assert!(in_tool_cache(&Env::default(), LINUX, &wish, &ours).is_none());
        let strangers = ground(Standing::Strangers, &env);
        assert!(in_tool_cache(&env, LINUX, &wish, &strangers).is_none(), "it lies in the work folder");
    }
}
