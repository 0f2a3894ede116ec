//! Programs for Python: the toolchain as the Pulumi CLI chooses it, the place of its environment, and the packages that
//! must be in it.

use std::path::{Path, PathBuf};

use semver::Version;

use crate::base::text_file::{self, read_text};
use crate::engine::deps::work::{Attempt, InstallStep, Locked, Program, Tool, Work, kept_to};

/// The lock files and strict commands, in the CLI's order. uv: <https://docs.astral.sh/uv/reference/cli/#uv-sync>,
/// Poetry: <https://python-poetry.org/docs/cli/#install>.
const LOCK_FILES: &[Locked] = &[
    Locked { file: "uv.lock", name: "uv", args: &["sync", "--locked"] },
    Locked { file: "poetry.lock", name: "poetry", args: &["install", "--no-interaction", "--no-root"] },
];

/// The first CLI that looks for lock files to choose the toolchain: <https://github.com/pulumi/pulumi/releases/tag/v3.227.0>.
const CHOOSES_BY_LOCK_FILE: Version = Version::new(3, 227, 0);

/// The variable that tells uv where the environment is: <https://docs.astral.sh/uv/reference/environment/>.
const UV_ENVIRONMENT: &str = "UV_PROJECT_ENVIRONMENT";

/// A Python program that fails if one of the distributions in its arguments is not installed.
const CHECK: &str = "import sys, importlib.metadata as m; [m.distribution(name) for name in sys.argv[1:]]";

/// The most levels of requirement files that name further ones.
const DEEPEST: usize = 5;

/// The commands that install the program's packages. None if no file names any.
pub(super) fn work(program: &Program<'_>) -> Option<Work> {
    let toolchain = toolchain(program);
    if let Some((folder, locked)) =
        program.lock_file(LOCK_FILES).filter(|(_, locked)| locked.name == toolchain)
    {
        let mut names = project_dependencies(&folder);
        names.insert(0, "pulumi".to_owned());
        if toolchain == "poetry" {
            let mut work = kept_to(&folder, locked, locked.args);
            let args = ["run", "--quiet", "python", "-c", CHECK].map(str::to_owned);
            work.ask = Some(InstallStep::new("poetry", args.into_iter().chain(names).collect()));
            return Some(work);
        }
        let environment = uv_environment(program, &folder);
        let mut work = kept_to(&folder, locked, locked.args);
        work.set.push((UV_ENVIRONMENT.to_owned(), environment.to_string_lossy().into_owned()));
        work.ask = Some(check(Tool::File(python_of(&environment)), names));
        return Some(work);
    }
    if toolchain != "pip" {
        return program
            .folder
            .join("pyproject.toml")
            .is_file()
            .then(|| program.by_the_engine("pyproject.toml"));
    }
    program.folder.join("requirements.txt").is_file().then(|| pip(program))
}

/// The toolchain that the project names, else the one of its lock file:
/// <https://www.pulumi.com/docs/iac/languages-sdks/python/#toolchain-options>
fn toolchain<'a>(program: &'a Program<'_>) -> &'a str {
    let by_lock_file = || {
        let chooses = program.engine.is_none_or(|version| *version >= CHOOSES_BY_LOCK_FILE);
        let has = |name: &str| program.folders().any(|folder| folder.join(name).is_file());
        LOCK_FILES.iter().find(|locked| chooses && has(locked.file)).map(|locked| locked.name)
    };
    program.option("toolchain").or_else(by_lock_file).unwrap_or("pip")
}

/// Installs by pip: into the virtual environment that the project file names, else into Python's own packages.
fn pip(program: &Program<'_>) -> Work {
    let install = &["-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"];
    let mut names = requirements(&program.folder.join("requirements.txt"), DEEPEST);
    names.insert(0, "pulumi".to_owned());
    let (ask, steps) = if let Some(given) = program.option("virtualenv") {
        let environment = from_the_project(program, given);
        let python = python_of(&environment);
        let make = InstallStep::of_python(program, &["-m", "venv", &environment.to_string_lossy()]);
        let install =
            InstallStep { tool: Tool::File(python.clone()), attempts: vec![Attempt::online(install)] };
        (check(Tool::File(python), names), vec![make, install])
    } else {
        let python = InstallStep::of_python(program, &[]).tool;
        (check(python, names), vec![InstallStep::of_python(program, install)])
    };
    Work {
        folder: program.folder.clone(),
        why: "pip, as there is requirements.txt".to_owned(),
        ask: Some(ask),
        steps,
        set: Vec::new(),
    }
}

/// A path in the project file, from the program's folder.
fn from_the_project(program: &Program<'_>, path: &str) -> PathBuf {
    let root = program.root();
    if root == program.folder { PathBuf::from(path) } else { root.join(path) }
}

/// The path of uv's environment: from the project file, from uv's variable, else beside the lock file.
fn uv_environment(program: &Program<'_>, lock_folder: &Path) -> PathBuf {
    match program.option("virtualenv") {
        Some(named) => program.root().join(named),
        None => lock_folder.join(program.env.get(UV_ENVIRONMENT).unwrap_or(".venv")),
    }
}

fn check(python: Tool, names: Vec<String>) -> InstallStep {
    let args = ["-c", CHECK].map(str::to_owned).into_iter().chain(names).collect();
    InstallStep { tool: python, attempts: vec![Attempt { args, uses_network: false }] }
}

/// The interpreter of a virtual environment: <https://docs.python.org/3/library/venv.html#how-venvs-work>.
pub(super) fn python_of(environment: &Path) -> PathBuf {
    if cfg!(windows) { environment.join("Scripts/python.exe") } else { environment.join("bin/python") }
}

/// The names in a requirements file that are needed everywhere. A line with a condition, an address or an option is
/// left to pip. <https://pip.pypa.io/en/stable/reference/requirements-file-format/>
fn requirements(path: &Path, deepest: usize) -> Vec<String> {
    let text = read_text(path, text_file::SETTINGS).unwrap_or_default();
    let mut names = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let further = ["-r", "--requirement"].iter().find_map(|option| line.strip_prefix(option));
        if let (Some(further), 1..) = (further, deepest) {
            let further =
                path.parent().unwrap_or(Path::new(".")).join(further.trim_start_matches(['=', ' ']));
            names.extend(requirements(&further, deepest - 1));
        }
        names.extend(distribution(line));
    }
    names
}

/// The name of a requirement without a condition: <https://packaging.python.org/specifications/dependency-specifiers/>.
fn distribution(requirement: &str) -> Option<String> {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .unwrap_or(requirement.len());
    let (name, behind) = requirement.split_at(end);
    let behind = behind.trim_start();
    let is_requirement = behind.is_empty() || behind.starts_with(['=', '>', '<', '~', '!', '[']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    (is_name && is_requirement && !requirement.contains([';', '@', '/'])).then(|| name.to_owned())
}

/// The names under `[project] dependencies`, and under `[tool.poetry.dependencies]`.
/// <https://packaging.python.org/specifications/pyproject-toml/#dependencies-optional-dependencies>
fn project_dependencies(folder: &Path) -> Vec<String> {
    let text = read_text(&folder.join("pyproject.toml"), text_file::SETTINGS).unwrap_or_default();
    let (mut table, mut in_list, mut names) = ("", false, Vec::new());
    for line in text.lines().map(str::trim) {
        if !in_list && line.starts_with('[') {
            table = line;
        } else if table == "[tool.poetry.dependencies]" {
            let (name, value) = line.split_once('=').unwrap_or_default();
            let plain = value.trim_start().starts_with('"') && name.trim() != "python";
            names.extend(distribution(name.trim()).filter(|_| plain));
        } else if table == "[project]" {
            let list = line.strip_prefix("dependencies").and_then(|rest| rest.trim_start().strip_prefix('='));
            in_list = in_list || list.is_some();
            if in_list {
                let quoted = list.unwrap_or(line);
                names.extend(quoted.split(['"', '\'']).skip(1).step_by(2).filter_map(distribution));
                in_list = !quoted.trim_end().ends_with(']');
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        folder
    }

    #[test]
    fn requirements_name_distributions_and_further_files() {
        let text = "# note\npulumi>=3.0,<4\npulumi-aws[all] == 7 # pinned\nrequests\nwin32; sys_platform == 'win32'\n\
                    own @ https://x/own.whl\n-e ./lib\n--hash=sha256:abc\n-r more.txt\n";
        let folder = file("requirements.txt", text);
        std::fs::write(folder.path().join("more.txt"), "boto3\n-r requirements.txt\n").unwrap();
        let names = requirements(&folder.path().join("requirements.txt"), 1);
        assert_eq!(names, ["pulumi", "pulumi-aws", "requests", "boto3"]);
    }

    #[test]
    fn a_project_names_its_dependencies() {
        let folder = file(
            "pyproject.toml",
            "[project]\nname = \"a\"\ndependencies = [\n  \"pulumi>=3\",\n  'boto3[crt]~=1.0',\n  \"tomli; python_version < '3.11'\",\n]\n\
             [project.optional-dependencies]\ndev = [\"pytest\"]\n",
        );
        assert_eq!(project_dependencies(folder.path()), ["pulumi", "boto3"]);
        let folder =
            file("pyproject.toml", "[project]\ndependencies = [\"pulumi>=3\", \"requests\"]\n[tool.uv]\n");
        assert_eq!(project_dependencies(folder.path()), ["pulumi", "requests"]);
        let folder = file(
            "pyproject.toml",
            "[tool.poetry.dependencies]\npython = \"^3.10\"\npulumi = \"^3\"\nown = {path = \"../own\"}\n[build-system]\nrequires = \"x\"\n",
        );
        assert_eq!(project_dependencies(folder.path()), ["pulumi"]);
    }
}
