//! A run of stackstep that goes on while the test does something, and the gates at which its resources wait.

use super::stage::Ended;
use crate::support::limit;
use crate::support::limit::{LIMIT, Limit};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

/// A run that goes on, in a process group of its own.
pub struct Running {
    child: Child,
    result: PathBuf,
    lines: Receiver<String>,
    heard: String,
    _limit: Limit,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command, result: PathBuf) -> Self {
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let limit = limit(&child);
        let (sender, lines) = channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
                lines.all(|line| sender.send(String::from_utf8_lossy(&line).into_owned()).is_ok());
            });
        }
        Self { child, result, lines, heard: String::new(), _limit: limit }
    }

    /// Waits until a line of its log has this text, and gives that line.
    #[track_caller]
    pub fn until(&mut self, text: &str) -> String {
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            let found = line.contains(text);
            self.hear(&line);
            if found {
                return line;
            }
        }
        panic!("`{text}` was never said:\n{}", self.heard);
    }

    /// Hears what it has said; whether it has not ended. It is ended itself when it takes too long.
    fn goes_on(&mut self) -> bool {
        loop {
            match self.lines.try_recv() {
                Ok(line) => self.hear(&line),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn hear(&mut self, line: &str) {
        self.heard.push_str(line);
        self.heard.push('\n');
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Signals stackstep alone.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Signals the process group that the job was started in.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.pid(), signal).unwrap();
    }

    /// Kills it and all that it has started, as the end of a job's container does.
    pub fn kill_all(self) -> Ended {
        let descendants = self.descendants();
        self.signal(Signal::SIGKILL);
        kill_each(&descendants);
        self.end()
    }

    /// The processes that it has started, and theirs, the oldest first.
    pub fn descendants(&self) -> Vec<Process> {
        descendants(self.pid())
    }

    /// The engine's process.
    pub fn engine(&self) -> Pid {
        self.engine_if_any().unwrap_or_else(|| panic!("no engine: {:?}", self.descendants()))
    }

    /// The engine's process, unless none has been started or all have ended.
    pub fn engine_if_any(&self) -> Option<Pid> {
        self.descendants().iter().find(|process| process.name == "pulumi").map(|process| process.pid)
    }

    /// Waits until its log has this many lines, or it has ended. Whether it has not.
    pub fn until_lines(&mut self, count: usize) -> bool {
        for _ in self.heard.lines().count()..count {
            let Ok(line) = self.lines.recv_timeout(LIMIT) else { return false };
            self.hear(&line);
        }
        true
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            self.hear(&line);
        }
        let status = self.child.wait().unwrap();
        let output =
            Output { status, stdout: std::mem::take(&mut self.heard).into_bytes(), stderr: Vec::new() };
        Ended::of(&output).with_result(&self.result)
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing that runs.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            stackstep::process::tree::kill(self.pid().as_raw(), None);
            let _ = self.child.wait();
        }
    }
}

/// Kills processes that a run has left. One may have ended with the one before it.
pub fn kill_each(processes: &[Process]) {
    for process in processes {
        let _ = kill(process.pid, Signal::SIGKILL);
    }
}

/// A process of a run.
#[derive(Debug)]
pub struct Process {
    pub pid: Pid,
    pub name: String,
}

/// The processes below `root`, the oldest first: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
pub fn descendants(root: Pid) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let all: Vec<(i32, i32, String)> = stats.filter_map(|stat| parse(&stat)).collect();
    let mut found = vec![root.as_raw()];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|(_, of, _)| *of == parent).map(|(pid, ..)| *pid));
        at += 1;
    }
    let below = all.into_iter().filter(|(pid, ..)| *pid != root.as_raw() && found.contains(pid));
    let mut below: Vec<Process> =
        below.map(|(pid, _, name)| Process { pid: Pid::from_raw(pid), name }).collect();
    below.sort_by_key(|process| process.pid);
    below
}

/// Whether the process is there and has not ended: one that has may still wait for its parent to hear of it.
pub fn is_running(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])))
}

/// `PID (NAME) STATE PARENT …`
fn parse(stat: &str) -> Option<(i32, i32, String)> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    Some((pid.parse().ok()?, rest.split(' ').nth(1)?.parse().ok()?, name.to_owned()))
}

/// A file for which a step of a resource waits.
pub struct Gate {
    path: PathBuf,
}

impl Gate {
    /// One that is closed; nobody waits there yet.
    pub fn closed(path: PathBuf) -> Self {
        let gate = Self { path };
        nix::unistd::mkfifo(&gate.begun(), Mode::S_IRWXU).unwrap();
        gate
    }

    /// The file that a resource's `waits` names.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn begun(&self) -> PathBuf {
        PathBuf::from(format!("{}.begun", self.path.display()))
    }

    /// Waits until a step of `run` has begun to wait.
    #[track_caller]
    pub fn until_begun(&self, run: &mut Running) {
        let (sender, begun) = channel();
        let path = self.begun();
        std::thread::spawn(move || {
            // It opens when the other end does.
            let read = std::fs::File::open(&path).and_then(|mut file| file.read_to_end(&mut Vec::new()));
            std::fs::remove_file(&path).unwrap();
            sender.send(read.map(drop))
        });
        let read = loop {
            match begun.recv_timeout(Duration::from_millis(50)) {
                Ok(read) => break read,
                Err(_) => assert!(run.goes_on(), "no step has begun:\n{}", run.heard),
            }
        };
        read.unwrap();
    }

    /// The line of a shell that waits there.
    pub fn in_a_shell(&self) -> String {
        let path = self.path.display();
        format!(": > '{path}.begun'; until [ -e '{path}' ]; do sleep 0.02; done")
    }

    /// Lets the step end.
    pub fn open(&self) {
        std::fs::write(&self.path, "").unwrap();
    }
}
