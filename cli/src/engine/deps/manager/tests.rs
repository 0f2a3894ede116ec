//! Which command each kind of program gets.

use super::super::python::python_of;
use super::*;
use crate::engine::deps::work::Program;
use crate::engine::deps::work::Tool;
use crate::engine::deps::work::Work;

/// A folder with these files, and its work where everything is installed, and where only what is missing is.
fn works(project: &str, files: &[&str]) -> (Option<Work>, Option<Work>) {
    works_with(project, files, &Env::default(), None)
}

/// [`works`] with these variables, and an engine of that version.
fn works_with(
    project: &str,
    files: &[&str],
    env: &Env,
    engine: Option<&Version>,
) -> (Option<Work>, Option<Work>) {
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
    let program = Program::new(&project, env, engine);
    (program.work(), program.work().filter(|_| !program.is_there()))
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
    let runtime = "runtime: {name: python, options: {toolchain: pip}}";
    let (all, _) = works(runtime, &["program/uv.lock", "program/requirements.txt"]);
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
        (
            "runtime: nodejs",
            &["package-lock.json", "package.json", "node_modules/@pulumi/pulumi/package.json"],
        ),
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
    let asks = |work: Option<Work>| work.unwrap().ask.unwrap().shown();
    assert!(asks(missing).starts_with("python3 -c import sys, importlib.metadata"));
    let (_, missing) = works(
        "runtime: {name: python, options: {virtualenv: venv}}",
        &["program/requirements.txt", "program/venv/pyvenv.cfg"],
    );
    let python = python_of(Path::new("venv"));
    assert!(asks(missing).starts_with(&format!("{} -c import sys", python.display())));
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

#[test]
fn the_program_of_main_is_installed_where_it_lies() {
    for (runtime, main, file, command) in [
        ("nodejs", "app/", "app/package-lock.json", "app: npm ci --no-audit --no-fund"),
        ("nodejs", "app/src/index.js", "app/package.json", "program: pulumi install --no-plugins"),
        ("nodejs", "src/index.js", "package-lock.json", "program: npm ci --no-audit --no-fund"),
        ("go", "app", "app/go.mod", "app: go mod download"),
        ("dotnet", "app", "app/packages.lock.json", "app: dotnet restore --locked-mode"),
        ("java", "app", "app/pom.xml", "app: mvn --batch-mode --no-transfer-progress compile"),
        (
            "python",
            "app",
            "app/requirements.txt",
            "app: python3 -m pip install --disable-pip-version-check -r requirements.txt",
        ),
    ] {
        let main_file =
            if Path::new(main).extension().is_some() { main.to_owned() } else { format!("{main}/x") };
        let files =
            [format!("program/{file}"), format!("program/{main_file}"), "program/package.json".to_owned()];
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (all, _) = works(&format!("runtime: {runtime}\nmain: {main}"), &files);
        assert_eq!(commands(all), [command], "{runtime} {main}");
    }
}

#[test]
fn a_virtual_environment_lies_beside_the_project_file_wherever_the_program_is() {
    let options = "runtime: {name: python, options: {toolchain: pip, virtualenv: venv}}\nmain: app";
    let (all, _) = works(options, &["program/app/requirements.txt"]);
    let work = all.unwrap();
    assert!(work.folder.ends_with("program/app"));
    let Tool::File(python) = &work.steps[1].tool else { panic!("{:?}", work.steps) };
    assert!(
        python.is_absolute() && python.ends_with(Path::new("program").join(python_of(Path::new("venv"))))
    );
    let options = "runtime: {name: python, options: {toolchain: uv, virtualenv: venv}}\nmain: app";
    let (all, _) = works(options, &["program/app/uv.lock"]);
    let (name, value) = all.unwrap().set.remove(0);
    assert!(name == "UV_PROJECT_ENVIRONMENT" && Path::new(&value).ends_with("program/venv"), "{value}");
}

#[test]
fn the_package_manager_that_the_project_asks_for_is_taken() {
    let files =
        ["program/package.json", "program/package-lock.json", "program/yarn.lock", "program/pnpm-lock.yaml"];
    for (manager, command) in [
        ("npm", "npm ci --no-audit --no-fund"),
        ("yarn", "yarn install --immutable"),
        ("pnpm", "pnpm install --frozen-lockfile"),
        ("bun", "pulumi install --no-plugins"),
    ] {
        let (all, _) =
            works(&format!("runtime: {{name: nodejs, options: {{packagemanager: {manager}}}}}"), &files);
        assert_eq!(commands(all), [format!("program: {command}")]);
    }
}

#[cfg(unix)]
#[test]
fn of_several_lock_files_the_first_counts_whose_package_manager_is_on_the_path() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = tempfile::tempdir().unwrap();
    let tool = |name: &str| {
        std::fs::write(path.path().join(name), "").unwrap();
        std::fs::set_permissions(path.path().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let run = |extra: &[(&str, &str)]| {
        let variables = [("PATH", path.path().to_str().unwrap())];
        let env = Env::from_pairs("/", variables.iter().chain(extra).copied());
        let files = ["program/package.json", "program/package-lock.json", "program/pnpm-lock.yaml"];
        commands(works_with("runtime: nodejs", &files, &env, None).0).remove(0)
    };
    assert_eq!(run(&[]), "program: pnpm install --frozen-lockfile");
    tool("npm");
    assert_eq!(run(&[]), "program: npm ci --no-audit --no-fund");
    tool("pnpm");
    assert_eq!(run(&[]), "program: pnpm install --frozen-lockfile");
    assert_eq!(run(&[("PULUMI_PREFER_YARN", "true")]), "program: pnpm install --frozen-lockfile");
    tool("yarn");
    assert_eq!(run(&[("PULUMI_PREFER_YARN", "true")]), "program: pulumi install --no-plugins");
}

#[test]
fn a_lock_file_of_python_chooses_the_toolchain_from_the_cli_on_that_looks_for_it() {
    let files = ["program/uv.lock", "program/requirements.txt"];
    let run = |version: Option<&Version>| {
        commands(works_with("runtime: python", &files, &Env::default(), version).0)
    };
    let pip = "program: python3 -m pip install --disable-pip-version-check -r requirements.txt";
    assert_eq!(run(None), ["program: uv sync --locked"]);
    assert_eq!(run(Some(&Version::new(3, 227, 0))), ["program: uv sync --locked"]);
    assert_eq!(run(Some(&Version::new(3, 226, 0))), [pip]);
}

#[test]
fn each_dependency_of_the_package_has_to_be_there() {
    let sdk = "node_modules/@pulumi/pulumi/package.json";
    let own = "program/package.json={\"dependencies\": {\"@pulumi/pulumi\": \"^3\", \"is-odd\": \"^3\"}}";
    let command = "program: npm ci --no-audit --no-fund";
    let (_, missing) = works("runtime: nodejs", &[sdk, "package.json={}", own, "program/package-lock.json"]);
    assert_eq!(commands(missing), [command]);
    let odd = "program/node_modules/is-odd/package.json";
    let (_, missing) =
        works("runtime: nodejs", &[sdk, "package.json={}", own, "program/package-lock.json", odd]);
    assert_eq!(missing, None);
}

#[test]
fn a_package_of_another_version_than_the_lock_file_s_is_missing() {
    let lock = |version: &str| {
        format!(
            "{{\"packages\": {{\"\": {{}}, \"node_modules/@pulumi/pulumi\": {{\"version\": \"{version}\"}}}}}}"
        )
    };
    let sdk = "program/node_modules/@pulumi/pulumi/package.json";
    let run = |locked: &str| {
        let lock_file = format!("program/package-lock.json={}", lock(locked));
        let installed =
            format!("program/node_modules/.package-lock.json={}", lock("3.0.0").replace("\"\": {}, ", ""));
        works("runtime: nodejs", &[sdk, "program/package.json={}", &lock_file, &installed]).1
    };
    assert_eq!(run("3.0.0"), None);
    assert_eq!(commands(run("3.1.0")), ["program: npm ci --no-audit --no-fund"]);
}

#[test]
fn a_folder_that_the_workspace_does_not_name_is_no_part_of_it() {
    let root = "package.json={\"workspaces\": [\"packages/*\"]}";
    let (all, _) = works("runtime: nodejs", &["package-lock.json", root, "program/package.json"]);
    assert_eq!(commands(all), ["program: pulumi install --no-plugins"]);
    let root = "pnpm-workspace.yaml=packages: ['prog*']";
    let (all, _) =
        works("runtime: nodejs", &["pnpm-lock.yaml", "package.json", root, "program/package.json"]);
    assert_eq!(commands(all), ["repository: pnpm install --frozen-lockfile"]);
}

#[test]
fn an_environment_of_python_is_asked_for_each_requirement() {
    let (_, missing) = works("runtime: python", &["program/requirements.txt=pulumi>=3\nboto3==1\n"]);
    assert!(missing.unwrap().ask.unwrap().shown().ends_with(" pulumi pulumi boto3"));
}
