//! Jobs of Gitea Actions: those of a pull request's events, and those that sweep.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::requests::{PASSPHRASE, Shop};
use crate::harness::fixture;
use crate::support::checkout::Checkout;
use crate::support::limit;

/// The engine of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The Pulumi CLI alone.
    Pulumi,
    /// The sandbox, with the Pulumi CLI for the tags, which the sandbox has not.
    Sandbox,
}

/// The start of the engine at which a job is killed, and whether the engine has ended by then.
pub type Kill = (u32, bool);

/// A job for a pull request.
#[derive(Debug, Clone)]
pub struct Job {
    pub number: u64,
    /// The commit that the event was about.
    pub commit: String,
    pub is_up: bool,
    pub kill: Option<Kill>,
    pub engine: Engine,
}

/// A job that runs.
pub struct Started {
    child: Child,
}

impl Started {
    /// Waits until it has ended.
    pub fn end(self) {
        self.status();
    }

    /// Its exit status, when it has ended. None if it was killed.
    pub fn status(self) -> Option<i32> {
        let _limit = limit(&self.child);
        let output = self.child.wait_with_output().unwrap();
        output.status.code()
    }
}

impl Shop {
    /// Starts a job in one of the checkouts.
    pub fn start(&self, job: &Job, checkout: &str) -> Started {
        let folder = self.folder(checkout);
        Checkout::of(&folder).git(&["checkout", "-q", "-f", "--detach", &job.commit]);
        let event = self.folder(&format!("{checkout}-event.json"));
        let side = |sha: Option<&str>| json!({ "ref": "change", "sha": sha, "repo": { "full_name": self.repository, "fork": false } });
        let payload = json!({
            "action": if job.is_up { "synchronize" } else { "closed" },
            "number": job.number,
            "pull_request": { "number": job.number, "head": side(Some(&job.commit)), "base": side(None) },
            "repository": self.facts(),
        });
        std::fs::write(&event, payload.to_string()).unwrap();
        let mut command = self.stackstep("pull-request", &folder, &event, &self.engine(job, checkout));
        command
            .args(["review", if job.is_up { "up" } else { "down" }])
            .env("GITHUB_HEAD_REF", "change")
            .env("GITHUB_SHA", &job.commit)
            .env("STACKSTEP_CONFIG", format!("shop:commit: {}", job.commit))
            .env("GITHUB_REF", format!("refs/pull/{}/head", job.number));
        start(&mut command)
    }

    /// Runs a job to its end. Returns whether it has ended well.
    pub fn run(&self, job: &Job) -> bool {
        self.start(job, "one").status() == Some(0)
    }

    fn facts(&self) -> Value {
        json!({ "full_name": self.repository, "private": true, "default_branch": "main" })
    }

    /// `stackstep` in a job of Gitea Actions.
    fn stackstep(&self, event: &str, folder: &PathBuf, payload: &PathBuf, engine: &PathBuf) -> Command {
        let mut command = self.scene.other(env!("CARGO_BIN_EXE_stackstep"));
        let documented = fixture("gitea-actions", event);
        command
            .envs(documented.into_iter().filter(|(_, value)| !value.starts_with('/')))
            .current_dir(folder)
            .env("GITHUB_SERVER_URL", &self.server.url)
            .env("GITHUB_API_URL", format!("{}/api/v1", self.server.url))
            .env("GITHUB_REPOSITORY", &self.repository)
            .env("GITHUB_EVENT_PATH", payload)
            .env("STACKSTEP_FORGE_TOKEN", &self.server.bot)
            .env("STACKSTEP_ENGINE", engine)
            .env("PULUMI_SKIP_UPDATE_CHECK", "true")
            .env("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE);
        command
    }

    /// The engine of a job: a shell's words, which kill it where that is wanted.
    fn engine(&self, job: &Job, checkout: &str) -> PathBuf {
        let kill = match job.kill {
            Some((at, true)) => format!("after={at}"),
            Some((at, false)) => format!("before={at}"),
            None => String::new(),
        };
        self.script(checkout, job.engine, &format!(
            "count=$(($(cat \"$0.count\" 2>/dev/null || echo 0) + 1)); echo $count > \"$0.count\"\n{kill}\n\
             [ \"$before\" != $count ] || {{ kill -9 $PPID; exit 1; }}\n"
        ), "[ \"$after\" != $count ] || kill -9 $PPID\n")
    }

    fn script(&self, name: &str, engine: Engine, before: &str, after: &str) -> PathBuf {
        let sandbox = PathBuf::from(env!("CARGO_BIN_EXE_stackstep")).with_file_name("pulumi-sandbox");
        let sandbox =
            if engine == Engine::Sandbox { sandbox.display().to_string() } else { "pulumi".to_owned() };
        let path = self.folder(&format!("{name}-engine"));
        let _ = std::fs::remove_file(self.folder(&format!("{name}-engine.count")));
        let text = format!(
            "#!/bin/sh\n{before}case \"$1 $2\" in 'stack tag') pulumi \"$@\" ;; *) {sandbox} \"$@\" ;; esac\nstatus=$?\n{after}exit $status\n"
        );
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A sweep in one of the checkouts.
    pub fn sweep(&self, checkout: &'static str) -> Sweep<'_> {
        Sweep { shop: self, checkout, dry: false, kill: false }
    }
}

/// A sweep that is to be started.
pub struct Sweep<'s> {
    shop: &'s Shop,
    checkout: &'static str,
    dry: bool,
    kill: bool,
}

impl Sweep<'_> {
    pub fn dry(self) -> Self {
        Self { dry: true, ..self }
    }

    pub fn killed_at_its_second_destruction(self) -> Self {
        Self { kill: true, ..self }
    }

    /// Runs it to its end.
    pub fn end(&self) {
        self.start().end();
    }

    pub fn start(&self) -> Started {
        let shop = self.shop;
        let folder = shop.folder(self.checkout);
        let main = shop.main();
        Checkout::of(&folder).git(&["checkout", "-q", "-f", "--detach", &main]);
        let event = shop.folder(&format!("{}-event.json", self.checkout));
        std::fs::write(&event, json!({ "repository": shop.facts() }).to_string()).unwrap();
        // The destroying process is a child of the sweep.
        let kill = "[ \"$1\" != destroy ] || { echo x >> \"$0.count\"; [ $(wc -l < \"$0.count\") -lt 2 ] || \
                    { kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID; exit 1; }; }\n";
        let engine = shop.script(self.checkout, Engine::Sandbox, if self.kill { kill } else { "" }, "");
        let mut command = shop.stackstep("push", &folder, &event, &engine);
        command.env("GITHUB_SHA", &main).env("GITHUB_REF", "refs/heads/main");
        // What the destroying processes have is what a job of the schedule has.
        let line = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
            Some(format!("{}='{}'\n", name.to_str()?, value?.to_str()?))
        };
        let text: String = command.get_envs().filter(|(name, _)| *name != "PATH").filter_map(line).collect();
        let file = shop.folder(&format!("{}.env", self.checkout));
        std::fs::write(&file, text).unwrap();
        command.args(["reap", "--destroy-env"]).arg(file);
        if self.dry {
            command.arg("--dry-run");
        }
        start(&mut command)
    }
}

fn start(command: &mut Command) -> Started {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Started { child: command.spawn().unwrap() }
}
