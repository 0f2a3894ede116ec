//! Processes that an engine left behind when it was killed together with us: language hosts, providers, children of the
//! program. Each of them inherited a variable with the name of the run, so that it is recognised for certain, whatever
//! its parent is by now. On a system that does not show environments, none is found.

use std::fs;
use std::path::Path;

use super::alive::Trace;

/// The variable that marks the processes of a run.
const MARK: &str = "_STACKSTEP_RUN";

/// A process of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The process number.
    pub pid: u32,
    /// The name of its program, in the operating system's form.
    pub name: String,
}

/// The variable for the engine of the run in `folder`. The folder's name is random, and no secret.
pub fn mark(folder: &Path) -> Option<(String, String)> {
    let name = folder.file_name()?.to_str()?;
    (!name.is_empty()).then(|| (MARK.to_owned(), name.to_owned()))
}

/// The processes with the mark of the run in `folder` that have not ended.
/// <https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html>
pub fn of_run(folder: &Path) -> Vec<Leftover> {
    let (Some((name, value)), Ok(processes)) = (mark(folder), fs::read_dir("/proc")) else {
        return Vec::new();
    };
    let marked = format!("{name}={value}");
    let bears =
        |environment: &[u8]| environment.split(|byte| *byte == 0).any(|pair| pair == marked.as_bytes());
    let found = processes.flatten().filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        // A process that has ended has no environment any more.
        let environment = fs::read(process.path().join("environ")).ok()?;
        let name = || fs::read_to_string(process.path().join("comm")).unwrap_or_default().trim().to_owned();
        (bears(&environment) && pid != std::process::id()).then(|| Leftover { pid, name: name() })
    });
    found.collect()
}

/// The bytes of a program's name that the system keeps: <https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html>.
const NAME: usize = 15;

/// The engine, whose program has this file name, among the processes of the run in `folder`. None if it is not there.
pub fn engine_of_run(folder: &Path, program: &str) -> Option<Trace> {
    let name =
        String::from_utf8_lossy(program.as_bytes().get(..NAME).unwrap_or(program.as_bytes())).into_owned();
    let all = of_run(folder).into_iter().filter(|process| process.name == name);
    all.map(|process| process.pid).min().map(Trace::of_process)
}

/// Whether the system shows the environments of processes.
pub fn can_be_found() -> bool {
    Path::new("/proc/self/environ").exists()
}

/// Sends SIGINT to the processes, or SIGKILL.
pub fn end(leftovers: &[Leftover], kill: bool) {
    #[cfg(unix)]
    {
        use nix::sys::signal::{self, Signal};
        let signal = if kill { Signal::SIGKILL } else { Signal::SIGINT };
        for pid in leftovers.iter().filter_map(|leftover| i32::try_from(leftover.pid).ok()) {
            let _ = signal::kill(nix::unistd::Pid::from_raw(pid), signal);
        }
    }
    #[cfg(not(unix))]
    let _ = (leftovers, kill);
}

/// The names of the first few programs, each once.
pub fn names(leftovers: &[Leftover]) -> String {
    let mut names: Vec<&str> = leftovers.iter().map(|leftover| leftover.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > 8 { ", …" } else { "" };
    format!("{}{more}", names.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::process::Stdio;

    use super::*;

    #[test]
    fn only_what_bears_the_mark_of_the_run_is_of_the_run() {
        let folder = Path::new("/x/stackstep-a-test-of-leftovers");
        let (name, value) = mark(folder).expect("a mark");
        #[expect(clippy::disallowed_methods, reason = "a test starts a process that is left")]
        let mut command = std::process::Command::new("cat");
        command.env(name, value).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        // A program that answers has its environment; one that has only been started may not have it yet.
        let mut said = [0];
        child.stdin.as_mut().expect("a pipe").write_all(b"x").expect("a program that reads");
        child.stdout.as_mut().expect("a pipe").read_exact(&mut said).expect("a program that answers");
        let found = of_run(folder);
        child.kill().expect("a process that lives");
        child.wait().expect("its end");
        assert_eq!(found, [Leftover { pid: child.id(), name: "cat".to_owned() }]);
        assert_eq!(of_run(folder), []);
        assert_eq!(of_run(Path::new("/x/stackstep-another")), []);
    }

    #[test]
    fn names_are_few_and_each_is_said_once() {
        let named = |name: &str| Leftover { pid: 1, name: name.to_owned() };
        assert_eq!(names(&[named("node"), named("a"), named("node")]), "`a`, `node`");
        let many: Vec<Leftover> = (0..20).map(|number| named(&format!("p{number:02}"))).collect();
        assert!(names(&many).ends_with("`p07`, …"));
    }
}
