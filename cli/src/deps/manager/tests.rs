//! Which command each kind of program gets.

use super::*;

/// A folder with these files, and its work where everything is installed, and where only what is missing is.
fn works(project: &str, files: &[&str]) -> (Option<Work>, Option<Work>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("repository/.git")).unwrap();
    for file in files {
        let (name, text) = file.split_once('=').unwrap_or((file, ""));
        let path = folder.path().join("repository").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let program = folder.path().join("repository/program");
    std::fs::create_dir_all(&program).unwrap();
    std::fs::write(program.join("Pulumi.yaml"), format!("name: shop\n{project}")).unwrap();
    let project = Project::find(&program).unwrap().unwrap();
    let program = Program::of(&project);
    (program.all(), program.all().filter(|_| !program.is_there()))
}

/// The command lines of all steps, with the last part of the folder that they run in.
fn commands(work: Option<Work>) -> Vec<String> {
    let Some(work) = work else { return Vec::new() };
    let folder = work.folder.file_name().unwrap().to_string_lossy().into_owned();
    work.steps.iter().map(|step| format!("{folder}: {}", step.shown())).collect()
}

#[test]
fn each_lock_file_has_its_strict_command() {
    for (runtime, file, command) in [
        ("nodejs", "package-lock.json", "npm ci --no-audit --no-fund"),
        ("nodejs", "npm-shrinkwrap.json", "npm ci --no-audit --no-fund"),
        ("nodejs", "pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
        ("nodejs", "yarn.lock=__metadata:", "yarn install --immutable"),
        ("nodejs", "yarn.lock=# yarn lockfile v1", "yarn install --frozen-lockfile --non-interactive"),
        ("nodejs", "bun.lock", "bun install --frozen-lockfile"),
        ("{name: python, options: {toolchain: uv}}", "uv.lock", "uv sync --locked"),
        (
            "{name: python, options: {toolchain: poetry}}",
            "poetry.lock",
            "poetry install --no-interaction --no-root",
        ),
        ("go", "go.mod", "go mod download"),
        ("dotnet", "packages.lock.json", "dotnet restore --locked-mode"),
        ("java", "pom.xml", "mvn --batch-mode --no-transfer-progress compile"),
    ] {
        let (all, missing) = works(&format!("runtime: {runtime}"), &[&format!("program/{file}")]);
        assert_eq!(commands(all), [format!("program: {command}")], "{file}");
        assert_eq!(commands(missing), [format!("program: {command}")], "{file}");
    }
}

#[test]
fn a_workspace_has_its_lock_file_above_and_the_repository_s_root_is_the_end() {
    let workspace = "package.json={\"workspaces\": [\"program\"]}";
    let (all, _) = works("runtime: nodejs", &["package-lock.json", workspace, "program/package.json"]);
    assert_eq!(commands(all), ["repository: npm ci --no-audit --no-fund"]);
    let (all, _) = works("runtime: nodejs", &["../package-lock.json", "program/package.json"]);
    assert_eq!(commands(all), ["program: pulumi install --no-plugins"]);
}

#[test]
fn the_lock_file_of_another_package_above_is_not_the_program_s() {
    let (all, _) =
        works("runtime: nodejs", &["package-lock.json", "package.json={}", "program/package.json"]);
    assert_eq!(commands(all), ["program: pulumi install --no-plugins"]);
}

#[test]
fn without_a_lock_file_the_engine_installs() {
    for (runtime, file) in [
        ("nodejs", "package.json"),
        ("{name: python, options: {toolchain: uv}}", "pyproject.toml"),
        ("dotnet", "Shop.csproj"),
        ("java", "build.gradle"),
    ] {
        let (all, _) = works(&format!("runtime: {runtime}"), &[&format!("program/{file}")]);
        assert_eq!(commands(all), ["program: pulumi install --no-plugins"], "{file}");
    }
}

#[test]
fn the_lock_file_of_another_toolchain_is_not_taken() {
    let (all, _) = works("runtime: python", &["program/uv.lock", "program/requirements.txt"]);
    assert_eq!(
        commands(all),
        ["program: python3 -m pip install --disable-pip-version-check -r requirements.txt"]
    );
}

#[test]
fn pip_makes_the_virtual_environment_that_the_project_names() {
    let (all, _) =
        works("runtime: {name: python, options: {virtualenv: venv}}", &["program/requirements.txt"]);
    let python = python_of(Path::new("venv"));
    assert_eq!(
        commands(all),
        [
            "program: python3 -m venv venv".to_owned(),
            format!(
                "program: {} -m pip install --disable-pip-version-check -r requirements.txt",
                python.display()
            )
        ]
    );
}

#[test]
fn what_is_there_is_not_missing() {
    for (project, files) in [
        (
            "runtime: nodejs",
            &["program/package-lock.json", "program/node_modules/@pulumi/pulumi/package.json"][..],
        ),
        ("runtime: nodejs", &["package-lock.json", "node_modules/@pulumi/pulumi/package.json"]),
        ("runtime: go", &["program/go.mod", "program/vendor/modules.txt"]),
        ("runtime: dotnet", &["program/packages.lock.json", "program/obj/project.assets.json"]),
        ("runtime: java", &["program/pom.xml", "program/target/classes/App.class"]),
        ("runtime: yaml\npackages: {random: random}", &["program/sdks/random/a"]),
    ] {
        let (all, missing) = works(project, files);
        assert!(all.is_some(), "{project}");
        assert_eq!(missing, None, "{project}");
    }
}

#[test]
fn what_the_disk_does_not_tell_is_asked() {
    let (_, missing) = works("runtime: python", &["program/requirements.txt"]);
    assert_eq!(missing.unwrap().ask.unwrap().shown(), "python3 -c import pulumi");
    let (_, missing) = works(
        "runtime: {name: python, options: {virtualenv: venv}}",
        &["program/requirements.txt", "program/venv/pyvenv.cfg"],
    );
    let python = python_of(Path::new("venv"));
    assert_eq!(missing.unwrap().ask.unwrap().shown(), format!("{} -c import pulumi", python.display()));
}

#[test]
fn a_program_without_dependencies_has_nothing_to_install() {
    for (project, files) in [
        ("runtime: yaml", &[][..]),
        ("runtime: nodejs", &[]),
        ("runtime: {name: go, options: {binary: ./app}}", &["program/go.mod"]),
    ] {
        assert_eq!(works(project, files), (None, None), "{project}");
    }
}

#[test]
fn packages_of_the_project_file_are_the_engine_s_work() {
    let (all, _) = works("runtime: yaml\npackages: {random: random}", &[]);
    assert_eq!(commands(all), ["program: pulumi install --no-plugins"]);
}
