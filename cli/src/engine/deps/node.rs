//! Programs for Node and Bun: the package that they belong to, its package manager as the Pulumi CLI chooses it, and
//! whether the package's dependencies are installed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::base::program::on_path;
use crate::base::text_file::{self, read_text};
use crate::base::{wildcard, yaml};
use crate::engine::deps::work::{Locked, Program, Work, kept_to};

/// The lock files and strict commands, in the CLI's order. npm: <https://docs.npmjs.com/cli/commands/npm-ci>, pnpm:
/// <https://pnpm.io/cli/install>, Bun: <https://bun.com/docs/cli/install>. Yarn's two generations share a file name,
/// see [`yarn`].
const LOCK_FILES: &[Locked] = &[
    Locked { file: "yarn.lock", name: "yarn", args: &["install", "--immutable"] },
    Locked { file: "pnpm-lock.yaml", name: "pnpm", args: &["install", "--frozen-lockfile"] },
    Locked { file: "bun.lock", name: "bun", args: &["install", "--frozen-lockfile"] },
    Locked { file: "bun.lockb", name: "bun", args: &["install", "--frozen-lockfile"] },
    Locked { file: "npm-shrinkwrap.json", name: "npm", args: &["ci", "--no-audit", "--no-fund"] },
    Locked { file: "package-lock.json", name: "npm", args: &["ci", "--no-audit", "--no-fund"] },
];

/// The names of a package's own file; only pnpm knows the second one: <https://pnpm.io/package_json>.
const MANIFESTS: [&str; 2] = ["package.json", "package.yaml"];

const SDK: &str = "@pulumi/pulumi";

/// The commands that install the program's packages. None if there is no package.
pub(super) fn work(program: &Program<'_>) -> Option<Work> {
    let package = package_folder(program);
    let Some(root) = root_with_lock_file(program, package.as_deref()) else {
        return package.map(|_| program.by_the_engine("package.json"));
    };
    match lock_file(program, &root, package.as_deref()) {
        Some(locked) => {
            let args = if locked.file == "yarn.lock" { yarn(&root) } else { locked.args };
            Some(kept_to(&root, locked, args))
        }
        None => Some(program.by_the_engine("package.json, the package manager that is asked for,")),
    }
}

/// Whether Node finds the SDK and each dependency of the program's own package, and all that npm has installed agrees
/// with its lock file.
pub(super) fn is_there(program: &Program<'_>) -> bool {
    let package = package_folder(program).unwrap_or_else(|| program.folder.clone());
    let plug_and_play =
        |folder: &Path| folder.join(".pnp.cjs").is_file() && folder.join(".yarn/cache").is_dir();
    if program.folders().any(plug_and_play) {
        return true;
    }
    let asked = dependencies(&package);
    resolves(&program.folder, SDK)
        && asked.iter().all(|name| resolves(&package, name))
        && root_with_lock_file(program, Some(&package)).is_none_or(|root| is_of_the_lock_file(&root))
}

/// The nearest folder with a package file.
fn package_folder(program: &Program<'_>) -> Option<PathBuf> {
    program
        .folders()
        .find(|folder| MANIFESTS.iter().any(|name| folder.join(name).is_file()))
        .map(Path::to_owned)
}

/// The folder of the lock file for `package`: its own, or that of the workspace that it belongs to.
fn root_with_lock_file(program: &Program<'_>, package: Option<&Path>) -> Option<PathBuf> {
    let package = package.unwrap_or(&program.folder);
    let has_lock = |folder: &Path| LOCK_FILES.iter().any(|locked| folder.join(locked.file).is_file());
    let is_ours = |folder: &Path| folder.starts_with(package) || is_workspace_of(folder, package);
    program.folders().find(|folder| has_lock(folder) && is_ours(folder)).map(Path::to_owned)
}

/// The lock file in `root` of the package manager that the CLI would use: the one that the project names, else the
/// first with a lock file that is on the PATH.
/// <https://www.pulumi.com/docs/iac/languages-sdks/javascript/#package-management>
fn lock_file(program: &Program<'_>, root: &Path, package: Option<&Path>) -> Option<&'static Locked> {
    let here = || LOCK_FILES.iter().filter(|locked| root.join(locked.file).is_file());
    let of = |name: &str| here().find(|locked| locked.name == name);
    match asked_for(program, package) {
        Some(name) => of(name),
        None if program.env.is_true("PULUMI_PREFER_YARN") && on_path("yarn", program.env).is_some() => {
            of("yarn")
        }
        None => here().find(|locked| on_path(locked.name, program.env).is_some()).or_else(|| here().next()),
    }
}

fn asked_for<'a>(program: &'a Program<'_>, package: Option<&Path>) -> Option<&'a str> {
    if program.runtime() == "bun" {
        return Some("bun");
    }
    let only_yaml = package.is_some_and(|folder| {
        !folder.join("package.json").is_file() && folder.join("package.yaml").is_file()
    });
    let named = program.option("packagemanager").filter(|name| *name != "auto");
    named.or(only_yaml.then_some("pnpm"))
}

/// Whether `folder` is the root of a workspace that `package` belongs to.
/// <https://docs.npmjs.com/cli/using-npm/workspaces>, <https://pnpm.io/pnpm-workspace_yaml>
fn is_workspace_of(folder: &Path, package: &Path) -> bool {
    let Ok(inside) = package.strip_prefix(folder) else { return false };
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    workspaces(folder).iter().any(|pattern| {
        let pattern: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        wildcard::fits(&pattern, &parts)
    })
}

/// The patterns that name the packages of a workspace.
fn workspaces(folder: &Path) -> Vec<String> {
    let manifest = manifest(folder);
    let listed = manifest.get("workspaces").map(|spaces| spaces.get("packages").unwrap_or(spaces));
    let own = listed
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| Some(item.as_str()?.to_owned()));
    let text = read_text(&folder.join("pnpm-workspace.yaml"), text_file::SETTINGS).unwrap_or_default();
    let pnpm = yaml::parse(&text).unwrap_or_default();
    let listed = match pnpm.get("packages") {
        Some(yaml::Value::List(items)) => {
            items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    };
    own.chain(listed).collect()
}

/// The names under `dependencies` in the package's file.
fn dependencies(package: &Path) -> Vec<String> {
    let manifest = manifest(package);
    manifest
        .get("dependencies")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|all| all.keys().cloned())
        .collect()
}

fn manifest(folder: &Path) -> Value {
    let text = read_text(&folder.join("package.json"), text_file::SETTINGS).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Whether Node finds `name` from `folder`: <https://nodejs.org/api/modules.html#loading-from-node_modules-folders>.
fn resolves(folder: &Path, name: &str) -> bool {
    folder.ancestors().any(|folder| folder.join("node_modules").join(name).join("package.json").is_file())
}

/// A package as npm records it, in its lock file and in the list of what it has installed.
/// <https://docs.npmjs.com/cli/configuring-npm/package-lock-json#hidden-lockfiles>
#[derive(Deserialize, Default)]
#[serde(default)]
struct LockedPackage {
    version: Option<String>,
    integrity: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Packages {
    packages: HashMap<String, LockedPackage>,
}

/// Whether each package that npm has installed is the one in its lock file. True if npm has recorded nothing.
fn is_of_the_lock_file(root: &Path) -> bool {
    let read = |name: &str| -> Option<Packages> {
        let text = read_text(&root.join(name), text_file::LOCK_FILE).ok()?;
        serde_json::from_str(&text).ok()
    };
    let Some(installed) = read("node_modules/.package-lock.json") else { return true };
    let Some(locked) = read("npm-shrinkwrap.json").or_else(|| read("package-lock.json")) else { return true };
    // The lock file of npm before version 7 has another form.
    locked.packages.is_empty()
        || installed
            .packages
            .iter()
            .all(|(place, entry)| locked.packages.get(place).is_some_and(|lock| lock.is(entry)))
}

impl LockedPackage {
    fn is(&self, other: &Self) -> bool {
        let same_hash =
            self.integrity.is_none() || other.integrity.is_none() || self.integrity == other.integrity;
        self.version == other.version && same_hash
    }
}

/// The arguments of Yarn. Version 1 marks its lock file as its own, and has another flag.
/// <https://classic.yarnpkg.com/lang/en/docs/cli/install/>, <https://yarnpkg.com/cli/install>
fn yarn(folder: &Path) -> &'static [&'static str] {
    let text = read_text(&folder.join("yarn.lock"), text_file::LOCK_FILE).unwrap_or_default();
    if text.contains("# yarn lockfile v1") {
        &["install", "--frozen-lockfile", "--non-interactive"]
    } else {
        &["install", "--immutable"]
    }
}
