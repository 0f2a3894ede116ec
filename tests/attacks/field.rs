//! A runner's machine with a checkout on it, an honest Pulumi CLI on the PATH, and what a run of stackstep did there.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::server::{Reply, Server};

use super::runs::{BASE, Folder, HEAD, OTHER, Run};
use super::weapons::Weapon;

/// What must never be read out: it stands in a file outside of the checkout, and in a variable of the job that nobody
/// declared as a secret.
pub const CANARY: &str = "canary-4Gh7Kq2Wz9";

/// What the file held that a change would like to replace.
const PRECIOUS: &str = "precious\n";

/// The machine.
pub struct Field<'s> {
    folder: TempDir,
    variables: Vec<(String, String)>,
    /// Where a change would like requests to go.
    evil_server: &'s Server,
}

/// What a run did.
pub struct Seen {
    /// The exit status; -1 for a signal.
    pub status: i32,
    /// Standard output and standard error.
    pub log: String,
    /// The honest engine's calls, a line each, with its working folder and its environment behind them.
    pub engine: String,
    /// A program of the change has run outside of the engine.
    pub evil_ran: bool,
    /// A file outside of the checkout has been replaced.
    pub replaced: bool,
    /// Somebody has called the change's server.
    pub called: bool,
}

/// A server of the change. It has nothing for anybody.
pub fn evil_server() -> Server {
    Server::start(|_, _| Reply::Answer(404, Vec::new(), String::new()))
}

impl<'s> Field<'s> {
    /// A machine for `run`, with `weapon` in a checkout that is at `folder`.
    pub fn new(run: &Run, folder: Folder, weapon: &Weapon, evil_server: &'s Server) -> Self {
        let temporary = TempDir::with_prefix("stackstep-test-").unwrap();
        let mut field = Self { folder: temporary, variables: Vec::new(), evil_server };
        for name in ["bin", "home", "state", "runner", "outside", "checkout/infra"] {
            std::fs::create_dir_all(field.path(name)).unwrap();
        }
        field.executable("bin/pulumi", &honest_engine(&field.path("engine.log")));
        field.executable("checkout/infra/evil.sh", &evil(&field.path("evil-ran")));
        field.write("outside/secret", &format!("token = {CANARY}\n"));
        field.write("outside/precious", PRECIOUS);
        field.write("checkout/infra/Pulumi.yaml", "name: shop\nruntime: yaml\n");
        field.write("checkout/infra/Pulumi.dev.yaml", "config: {}\n");
        match folder {
            Folder::AtBase => field.write("checkout/.git/HEAD", BASE),
            Folder::AtHead => field.write("checkout/.git/HEAD", HEAD),
            Folder::AtAnother => field.write("checkout/.git/HEAD", OTHER),
            Folder::NoGit => {}
        }
        (weapon.place)(&field);
        field.variables = field.environment(run);
        for (name, value) in (weapon.job)(&field) {
            field.variables.retain(|(other, _)| other != name);
            field.variables.push((name.to_owned(), value));
        }
        field
    }

    /// A path of the machine.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes `stackstep.yaml` beside the program.
    pub fn config(&self, text: &str) {
        self.write("checkout/infra/stackstep.yaml", text);
    }

    /// Writes a program.
    pub fn executable(&self, name: &str, text: &str) {
        self.write(name, text);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Where the change's server listens.
    pub fn evil_url(&self) -> String {
        self.evil_server.url()
    }

    fn environment(&self, run: &Run) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = [
            ("HOME", self.text("home")),
            ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.text("bin"))),
            ("PULUMI_BACKEND_URL", format!("file://{}", self.text("state"))),
            ("PULUMI_CONFIG_PASSPHRASE", "correct horse battery".to_owned()),
            ("DATABASE", format!("postgres://u:{CANARY}@db/x")),
            ("STACKSTEP_STACK", "dev".to_owned()),
            ("RUNNER_TEMP", self.text("runner")),
            ("GITHUB_WORKSPACE", self.text("checkout")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for file in ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"] {
            self.write(&format!("runner/{file}"), "");
            variables.push((file.to_owned(), self.text(&format!("runner/{file}"))));
        }
        variables.extend(
            run.environment
                .iter()
                .filter(|(name, _)| name != "RUNNER_TEMP" && name != "GITHUB_WORKSPACE")
                .cloned(),
        );
        if let Some(event) = &run.event {
            self.write("runner/event.json", event);
            variables.retain(|(name, _)| name != "GITHUB_EVENT_PATH");
            variables.push(("GITHUB_EVENT_PATH".to_owned(), self.text("runner/event.json")));
        }
        variables
    }

    /// Runs a command in the program's folder.
    pub fn attack(&self, command: &str) -> Seen {
        let called_before = self.evil_server.received().len();
        #[expect(clippy::disallowed_methods, reason = "the tests run the binary")]
        let mut stackstep = Command::new("timeout");
        stackstep.args(["--kill-after=5", "60", env!("CARGO_BIN_EXE_stackstep"), command]);
        match command {
            "exec" => {
                stackstep.args(["--", "about"]);
            }
            "report" => {
                stackstep.arg("results.json");
            }
            _ => {}
        }
        let output = stackstep
            .current_dir(self.path("checkout/infra"))
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let read = |name: &str| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        Seen {
            status: output.status.code().unwrap_or(-1),
            log: format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
            engine: read("engine.log"),
            evil_ran: self.path("evil-ran").exists(),
            replaced: read("outside/precious") != PRECIOUS || is_not_alone(&self.path("outside")),
            called: self.evil_server.received().len() > called_before,
        }
    }
}

/// Something else than the two files lies in the folder outside of the checkout.
fn is_not_alone(outside: &Path) -> bool {
    std::fs::read_dir(outside).unwrap().count() != 2
}

impl Seen {
    /// The honest engine has done more than to tell its version.
    pub fn engine_worked(&self) -> bool {
        self.calls().any(|call| !call.starts_with("version"))
    }

    /// The calls of the honest engine.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        self.engine.lines().filter_map(|line| line.strip_prefix("CALL "))
    }

    /// One of the engine's calls has this in it.
    pub fn called_with(&self, words: &str) -> Option<String> {
        self.calls()
            .find(|call| call.contains(words))
            .map(|call| format!("the engine was called with `{call}`"))
    }

    /// The engine's environment has this line.
    pub fn has_variable(&self, line: &str) -> Option<String> {
        let line = format!("ENV {line}");
        self.engine.lines().find(|found| **found == *line).map(|found| format!("the engine got `{found}`"))
    }

    /// The log shows what must never be read out, but for what tells the CI system to hide it.
    pub fn reads_out(&self) -> bool {
        let hides =
            |line: &str| line.starts_with("::add-mask::") || line.starts_with("##vso[task.setsecret]");
        self.log.lines().any(|line| line.contains(CANARY) && !hides(line))
    }

    /// What may happen in no run at all.
    pub fn never(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.reads_out() {
            wrong.push("a file's or a variable's content is in the log".to_owned());
        }
        if self.status < 0 || self.status == 124 || self.log.contains("panicked at") {
            wrong.push(format!("it did not end by itself: {}", self.status));
        }
        wrong
    }
}

/// A Pulumi CLI that writes down how it was called.
fn honest_engine(log: &Path) -> String {
    format!(
        "#!/bin/sh\nif [ \"$1\" = version ]; then echo CALL version >>'{log}'; echo v3.276.0; exit 0; fi\n\
         {{ printf CALL; printf ' %s' \"$@\"; echo; echo \"CWD $PWD\"; env | sed 's/^/ENV /'; }} >>'{log}'\n\
         case \"$1\" in stack|config) echo '{{}}' ;; esac\n",
        log = log.display()
    )
}

/// A program of the change.
pub fn evil(mark: &Path) -> String {
    format!("#!/bin/sh\nenv >'{}'\necho v3.999.0\n", mark.display())
}
