//! The install of the CLI against a server on this machine: what it takes, what it refuses, what it leaves behind.

mod archives;
mod machine;
mod release;
mod runs;
mod servers;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use semver::Version;
use stackstep::base::env::Env;
use stackstep::base::error::{Error, Result};
use stackstep::ci::console::Console;
use stackstep::engine::install::cache::Cache;
use stackstep::engine::install::parts::Parts;
use stackstep::engine::install::platform::Platform;
use stackstep::engine::install::source::Patience;
use stackstep::engine::install::trust::Trust;
use stackstep::engine::install::version::Wish;
use stackstep::engine::install::{Installed, Installer};
use stackstep::process::signals::Signals;
use stackstep::pulumi::mirror::Mirror;
use tempfile::TempDir;

/// A version that no table knows.
const VERSION: Version = Version::new(3, 900, 0);

/// An install to try, with a cache of its own.
struct Case {
    root: TempDir,
    platform: Platform,
    parts: Parts,
    trust: Trust,
    patience: Patience,
    offline: bool,
    signals: Signals,
    /// Another case's cache.
    shared: Option<PathBuf>,
}

impl Case {
    fn new() -> Self {
        Self {
            root: TempDir::with_prefix("stackstep-install-").unwrap(),
            platform: Platform::host().unwrap(),
            parts: Parts::for_runtime("yaml", false),
            trust: Trust::default(),
            patience: Patience {
                idle: Duration::from_secs(20),
                whole: Duration::from_secs(60),
                tries: 3,
                pause: Duration::ZERO,
                longest_pause: Duration::from_secs(5),
            },
            offline: false,
            signals: Signals::none(),
            shared: None,
        }
    }

    fn cache(&self) -> PathBuf {
        self.shared.clone().unwrap_or_else(|| self.root.path().join("cache"))
    }

    fn with<T>(&self, mirror: &str, act: impl AsyncFnOnce(&Installer<'_>) -> T) -> T {
        let env = Env::default();
        let console = Console::new(stackstep::ci::detect(&env));
        let installer = Installer {
            env: &env,
            console: &console,
            signals: &self.signals,
            cache: Cache::new(&self.cache()),
            mirror: Some(Mirror::parse(mirror).unwrap()),
            offline: self.offline,
            trust: self.trust,
            platform: self.platform,
            parts: self.parts.clone(),
            patience: self.patience,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(act(&installer))
    }

    fn install_version(&self, mirror: &str, version: &Version) -> Result<Installed> {
        self.with(mirror, async |installer| installer.install(version).await)
    }

    fn install(&self, mirror: &str) -> Result<Installed> {
        self.install_version(mirror, &VERSION)
    }

    fn choose(&self, mirror: &str, wish: &Wish) -> Result<Version> {
        self.with(mirror, async |installer| installer.choose(wish).await)
    }

    /// Installs, and expects the two files that a YAML program needs.
    #[track_caller]
    fn installs(&self, mirror: &str) -> Installed {
        let installed = self.install(mirror).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(names(&installed.folder), [".stackstep.json", "pulumi", "pulumi-language-yaml"]);
        installed
    }

    /// Expects that nothing is installed, that the error says `what` and how to go on, and that nothing is left.
    #[track_caller]
    fn refuses(&self, mirror: &str, what: &str) {
        self.refuses_version(mirror, &VERSION, what);
    }

    #[track_caller]
    fn refuses_version(&self, mirror: &str, version: &Version, what: &str) {
        let error = self.install_version(mirror, version).unwrap_err();
        assert!(error.to_string().contains(what), "`{what}` is not in: {error}");
        assert_eq!((error.exit_status(), error.reason().unwrap().name()), (71, "install"));
        assert!(matches!(error, Error::Engine { hint: Some(_), .. }));
        self.is_empty();
    }

    /// Expects that a later run finds nothing in the cache that it could take for a CLI.
    #[track_caller]
    fn is_empty(&self) {
        let mut left = Vec::new();
        files(&self.cache(), &mut left);
        left.retain(|path| !path.to_string_lossy().ends_with(".lock"));
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

/// All files and links below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

static FAULTS: Mutex<BTreeMap<&str, bool>> = Mutex::new(BTreeMap::new());

/// Tries a fault, and writes it into the table that `cargo xtask test` shows at its end.
fn fault(name: &'static str, test: impl FnOnce()) {
    record(name, false);
    test();
    record(name, true);
}

fn record(name: &'static str, survived: bool) {
    let mut faults = FAULTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    faults.insert(name, survived);
    let mut table = "# Faults of an install\n\n| fault | survived |\n| --- | --- |\n".to_owned();
    for (name, survived) in &*faults {
        table.push_str(&format!("| {name} | {} |\n", if *survived { "yes" } else { "NO" }));
    }
    let survived = faults.values().filter(|survived| **survived).count();
    table.push_str(&format!("\n{} tried, {survived} survived\n", faults.len()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-tables");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("install-faults.md"), table).unwrap();
}
