//! A database as a backend: PostgreSQL, started in a folder of its own, which only this machine reaches by a socket there.

use crate::support::limit::Limit;
use crate::tools;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The user of the database, and the password.
const USER: &str = "state";
pub const PASSWORD: &str = "password-of-the-database";

/// The account that the server runs under where the tests are root's, for whom it does not run: `nobody`, which each Linux has.
const NOBODY: u32 = 65534;

/// A server with the database `postgres`.
pub struct Postgres {
    server: Child,
    folder: TempDir,
    _limit: Limit,
}

impl Postgres {
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("stackstep-sql-").unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        if nix::unistd::geteuid().is_root() {
            for path in [folder.path(), &password] {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let data = folder.path().join("data").display().to_string();
        let mut initdb = program("initdb");
        initdb.args([
            "-D",
            &data,
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "--no-sync",
            "--locale=C",
            "-E",
            "UTF8",
        ]);
        initdb.arg(format!("--pwfile={}", password.display()));
        let (is_made, said) = tools::run(&mut initdb);
        assert!(is_made, "{said}");
        let mut server = program("postgres");
        server.args(["-D", &data, "-c", "fsync=off", "-c", "listen_addresses="]);
        server.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        let server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let limit = crate::support::limit(&server);
        let started = Self { server, folder, _limit: limit };
        started.until_ready();
        started
    }

    /// Waits until the server answers.
    fn until_ready(&self) {
        let mut ready = program("pg_isready");
        ready.args(["-q", "-t", "60", "-h"]).arg(self.folder.path());
        // It says at once that there is no socket yet.
        while !ready.status().unwrap().success() {
            std::thread::yield_now();
        }
    }

    /// The backend's URL.
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{PASSWORD}@/postgres?host={}", self.folder.path().display())
    }

    /// The lines that a query gives.
    pub fn asked(&self, query: &str) -> Vec<String> {
        let mut psql = program("psql");
        psql.args(["-At", "-U", USER, "-d", "postgres", "-c", query, "-h"]).arg(self.folder.path());
        let output = psql.env("PGPASSWORD", PASSWORD).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It ends at once, and its processes with it.
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.server.id()).unwrap());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT);
        let _ = self.server.wait();
    }
}

/// A program of the database, by an account that may run it.
fn program(name: &str) -> Command {
    let folder = tools::folder("postgresql");
    let version = tools::version("postgresql");
    let mut command = Command::new(folder.join("usr/lib/postgresql").join(version).join("bin").join(name));
    let libraries = std::fs::read_dir(folder.join("usr/lib")).unwrap().map(|entry| entry.unwrap().path());
    let libraries: Vec<PathBuf> =
        libraries.filter(|path| path.to_string_lossy().contains("-linux-")).collect();
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap()).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}
