//! `deps` with the real package managers: what they install is there afterwards, and what does not fit their lock file
//! ends the run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// A folder with a program in it, and an engine that only says that it ran.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new(project: &str) -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap() };
        program.write("Pulumi.yaml", &format!("name: shop\n{project}\n"));
        program.write("engine", "#!/bin/sh\necho the engine ran\n");
        let engine = program.path("engine");
        std::fs::set_permissions(engine, std::fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command of a package manager's own, to prepare something.
    fn prepare(&self, program: impl AsRef<Path>, args: &[&str]) {
        let done = self.command(program.as_ref()).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[expect(clippy::disallowed_methods, reason = "package managers need their PATH")]
    fn command(&self, program: &Path) -> Command {
        let uv = tools::folder("dependencies").join("bin");
        let path = format!("{}:{}", std::env::var("PATH").unwrap(), uv.display());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("HOME", self.path("home"));
        command
            .env("GOPROXY", "off")
            .env("GOFLAGS", "-mod=mod")
            .env("UV_OFFLINE", "1")
            .env("UV_PYTHON_DOWNLOADS", "never");
        command
    }

    /// Runs `up`; its exit status and its log.
    fn up(&self) -> (Option<i32>, String) {
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_stackstep")));
        command.args(["up", "--stack", "dev", "--engine", "./engine"]);
        command.env("PULUMI_BACKEND_URL", format!("file://{}", self.folder.path().display()));
        let output = command.env("PULUMI_CONFIG_PASSPHRASE", "a passphrase").output().unwrap();
        let log = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        (output.status.code(), log)
    }

    /// Runs `up` twice: the first installs with `how`, the second has nothing to install.
    #[track_caller]
    fn installs_once(&self, how: &str) {
        let (status, log) = self.up();
        assert_eq!(status, Some(0), "{log}");
        assert!(log.contains(&format!("dependencies: {how}")) && log.contains("the engine ran"), "{log}");
        let (status, log) = self.up();
        assert_eq!(status, Some(0), "{log}");
        assert!(!log.contains("dependencies:"), "{log}");
    }
}

/// A program for Node that needs one package, which lies beside it.
fn node() -> Program {
    let program = Program::new("runtime: nodejs");
    program.write("sdk/package.json", r#"{"name": "@pulumi/pulumi", "version": "3.0.0"}"#);
    program.write("package.json", r#"{"name": "shop", "dependencies": {"@pulumi/pulumi": "file:./sdk"}}"#);
    program.prepare("npm", &["install", "--package-lock-only", "--offline", "--no-audit"]);
    program
}

#[test]
#[ignore = "needs npm"]
fn npm_installs_what_the_lock_file_says() {
    node().installs_once("npm, as there is package-lock.json");
}

#[test]
#[ignore = "needs npm"]
fn a_lock_file_that_does_not_fit_ends_the_run_before_the_engine() {
    let program = node();
    program.write("other/package.json", r#"{"name": "left", "version": "1.0.0"}"#);
    program.write(
        "package.json",
        r#"{"name": "shop", "dependencies": {"@pulumi/pulumi": "file:./sdk", "left": "file:./other"}}"#,
    );
    let (status, log) = program.up();
    assert_eq!(status, Some(71), "{log}");
    assert!(log.contains("dependencies"), "{log}");
    assert!(!log.contains("the engine ran"), "{log}");
}

/// A wheel of a package called `pulumi` with nothing in it.
const WHEEL: &str = "import zipfile
wheel = zipfile.ZipFile('pulumi-3.0.0-py3-none-any.whl', 'w')
info = 'pulumi-3.0.0.dist-info/'
wheel.writestr('pulumi/__init__.py', '')
wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: pulumi\\nVersion: 3.0.0\\n')
wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
wheel.writestr(info + 'RECORD', 'pulumi/__init__.py,,\\n')
wheel.close()
";

#[test]
#[ignore = "needs pip"]
fn pip_installs_into_the_virtual_environment_that_the_project_names() {
    let program = Program::new("runtime: {name: python, options: {virtualenv: venv}}");
    program.write("requirements.txt", "--no-index\n./pulumi-3.0.0-py3-none-any.whl\n");
    program.prepare("python3", &["-c", WHEEL]);
    program.installs_once("pip, as there is requirements.txt");
    program.prepare(program.path("venv/bin/python"), &["-c", "import pulumi"]);
}

#[test]
#[ignore = "needs uv"]
fn uv_keeps_to_its_lock_file() {
    let program = Program::new("runtime: {name: python, options: {toolchain: uv}}");
    let project = "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.8\"\ndependencies = [\"pulumi\"]\n\
                   [tool.uv.sources]\npulumi = { path = \"pulumi-3.0.0-py3-none-any.whl\" }\n";
    program.write("pyproject.toml", project);
    program.prepare("python3", &["-c", WHEEL]);
    program.prepare(tools::folder("dependencies").join("bin/uv"), &["lock"]);
    program.installs_once("uv, as there is uv.lock");
    program.prepare(program.path(".venv/bin/python"), &["-c", "import pulumi"]);
}

#[test]
#[ignore = "needs go"]
fn a_module_of_go_that_can_not_be_had_ends_the_run() {
    let program = Program::new("runtime: go");
    program.write("go.mod", "module shop\n\ngo 1.21\n");
    let (status, log) = program.up();
    assert_eq!(status, Some(0), "{log}");
    program.write("go.mod", "module shop\n\ngo 1.21\n\nrequire example.com/missing v1.0.0\n");
    let (status, log) = program.up();
    assert_eq!(status, Some(71), "{log}");
    assert!(log.contains("example.com/missing") && !log.contains("the engine ran"), "{log}");
}
