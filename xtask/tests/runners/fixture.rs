//! A made-up release on a server, a cache, and a bootstrap that fetches the one into the other.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use xtask::generate;
use xtask::release::archive::{File, Files, pack, sha256};
use xtask::release::server::{Answer, Server};
use xtask::release::table::{Archive, Release};
use xtask::release::target::TARGETS;
use xtask::test::tools;

/// Stands where the binary is, and shows what reaches it.
const PROGRAM: &str = r#"#!/bin/sh
echo "started with: $*"
echo "umask: $(umask)"
env | grep ^STACKSTEP_INPUT_
if [ "${SHIM:-}" = wait ]; then
  trap 'echo "got TERM"; exit 42' TERM
  echo ready
  while :; do read -r _ <"$FIFO"; done
fi
exit "${SHIM:-0}"
"#;

/// A program that starts the binary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Dash,
    Bash,
    Busybox,
    Node,
}

/// All that one run needs; gone at the end of a test.
pub struct Fixture {
    subject: Subject,
    folder: tempfile::TempDir,
    pub server: Server,
    pub release: Release,
}

impl Fixture {
    /// With a server that answers so.
    pub fn new(subject: Subject, answers: &[Answer]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = make_release(&folder.path().join("dist"));
        for file in generate::wrappers(&xtask::root(), &release).unwrap() {
            let path = folder.path().join("wrappers").join(file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file.text).unwrap();
        }
        for name in ["temporary", "work"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let server = Server::start(&folder.path().join("dist"), answers).unwrap();
        Self { subject, folder, server, release }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bootstrap, as a step runs it.
    pub fn command(&self) -> Command {
        self.command_of(&self.path("wrappers"))
    }

    /// The bootstrap of the main branch, which has no release.
    pub fn command_without_release(&self) -> Command {
        self.command_of(&xtask::root())
    }

    fn command_of(&self, wrappers: &Path) -> Command {
        let root = xtask::root();
        let path = std::env::var_os("PATH").unwrap();
        let script = wrappers.join("bootstrap/stackstep.sh");
        let mut command = match self.subject {
            Subject::Dash => Command::new("dash"),
            Subject::Bash => Command::new("bash"),
            Subject::Busybox => Command::new(tools::installed(&root, "busybox").unwrap().join("bin/busybox")),
            Subject::Node => Command::new("node"),
        };
        command.env_clear().env("PATH", path);
        match self.subject {
            Subject::Node => command.arg(wrappers.join("actions/deploy/launcher.cjs")),
            Subject::Busybox => command.env("PATH", self.only_busybox()).arg("sh").arg(script).arg("run"),
            _ => command.arg(script).arg("run"),
        };
        command
            .env("STACKSTEP_CACHE", self.path("cache"))
            .env("STACKSTEP_MIRROR", self.server.address())
            .env("TMPDIR", self.path("temporary"))
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    /// A folder in which busybox is every command that there is.
    fn only_busybox(&self) -> PathBuf {
        let busybox = tools::installed(&xtask::root(), "busybox").unwrap().join("bin/busybox");
        let folder = self.path("busybox");
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            let list = Command::new(&busybox).arg("--list").output().unwrap();
            for name in String::from_utf8(list.stdout).unwrap().lines() {
                std::os::unix::fs::symlink(&busybox, folder.join(name)).unwrap();
            }
        }
        folder
    }

    /// Every file below the cache and the temporary folder.
    pub fn left(&self) -> Vec<PathBuf> {
        let mut found = files_below(&self.path("cache"));
        found.extend(files_below(&self.path("temporary")));
        found
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// What a run said, and its exit status.
pub fn said(output: &Output) -> (String, Option<i32>) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// Two scripts as a release for every platform.
fn make_release(dist: &Path) -> Release {
    fs::create_dir(dist).unwrap();
    let file = |content: &str| File { content: content.into(), program: true };
    let (program, sandbox) = (PROGRAM, "#!/bin/sh\n");
    let files: Files =
        [("stackstep".to_owned(), file(program)), ("pulumi-sandbox".to_owned(), file(sandbox))].into();
    let bytes = pack(&files).unwrap();
    let mut release = Release { version: "1.2.3".into(), archive: Vec::new() };
    for target in TARGETS {
        fs::write(dist.join(target.archive("1.2.3")), &bytes).unwrap();
        release.archive.push(Archive {
            target: target.triple.into(),
            sha256: sha256(&bytes),
            stackstep: sha256(program.as_bytes()),
            sandbox: sha256(sandbox.as_bytes()),
        });
    }
    release
}

/// Replaces every archive of the release.
pub fn serve_instead(fixture: &Fixture, bytes: &[u8]) {
    for target in TARGETS {
        fs::write(fixture.path("dist").join(target.archive("1.2.3")), bytes).unwrap();
    }
}

/// A program of its own, for STACKSTEP_BIN.
pub fn own_program(fixture: &Fixture) -> PathBuf {
    let path = fixture.path("own");
    fs::write(&path, "#!/bin/sh\necho own\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
