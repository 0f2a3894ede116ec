//! One wrapper's run of one case, and what it left.

use super::cases::{Case, SECRET};
use crate::harness::{Cancel, Place, Whom, Wrapper};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What the job's person has set, and nobody may see.
const PASSPHRASE: &str = "a passphrase";

/// What is left.
pub struct Ran {
    pub status: Option<i32>,
    pub log: String,
    pub outputs: BTreeMap<String, String>,
    /// Secrets that the log shows.
    pub shown: Vec<&'static str>,
    /// Whether something that the program printed was executed.
    pub pwned: bool,
    result: Value,
    folder: String,
}

/// Runs the case.
pub fn run(wrapper: &dyn Wrapper, case: &Case, cancelled: Option<&Cancel>) -> Ran {
    let place = Place::new(Path::new(env!("CARGO_BIN_EXE_stackstep")));
    let program = place.repository().join("Pulumi.yaml");
    std::fs::copy(crate::tools::root().join("tests/fixtures/programs/hello/Pulumi.yaml"), program).unwrap();
    let result = place.beside("result.json");
    let result_text = result.display().to_string();
    let inputs = [
        ("command", case.command),
        ("stack", "dev"),
        // A change that is not trusted creates no stack.
        ("upsert", if case.secrets { "true" } else { "false" }),
        // What `actions/deploy` presets is for those who come from the official action.
        ("profile", "none"),
        ("engine", "sandbox"),
        ("lock-timeout", "0s"),
        ("result-file", result_text.as_str()),
    ];
    let mut command = wrapper.command(&place, case.event, &inputs);
    let faults = case.faults.replace("began: began", &format!("began: {}", place.beside("began").display()));
    let faults = faults.replace("until: go-on", &format!("until: {}", place.beside("go-on").display()));
    command.env("PULUMI_SANDBOX_FAULTS", faults);
    if !case.secrets {
        command.env_remove("PULUMI_CONFIG_PASSPHRASE");
    }
    let (status, log) = match cancelled {
        Some(how) => cancel(command, how, &place),
        None => end(start(&mut command)),
    };
    let outputs = wrapper.outputs(&place, &log);
    let read = std::fs::read_to_string(&result).unwrap_or_else(|_| "null".to_owned());
    // A line that masks a value has to name it.
    let told = log
        .lines()
        .filter(|line| !line.starts_with("::add-mask::") && !line.starts_with("##vso[task.setsecret]"));
    let told = told.collect::<Vec<_>>().join("\n");
    Ran {
        status: wrapper.exit_status(status, &log),
        shown: [SECRET, PASSPHRASE].into_iter().filter(|secret| told.contains(secret)).collect(),
        pwned: crate::tools::holds(&place.beside(""), "pwned"),
        result: serde_json::from_str(&read).unwrap(),
        folder: place.beside("").display().to_string().trim_end_matches('/').to_owned(),
        outputs,
        log,
    }
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.spawn().unwrap()
}

/// What a process says, read while it runs.
struct Heard {
    streams: [Arc<Mutex<Vec<u8>>>; 2],
    readers: Vec<JoinHandle<()>>,
}

impl Heard {
    fn of(child: &mut Child) -> Self {
        fn follow(mut pipe: impl Read + Send + 'static, text: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    text.lock().unwrap().extend_from_slice(&buffer[..count]);
                }
            })
        }
        let streams = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
        let stdout = follow(child.stdout.take().unwrap(), Arc::clone(&streams[0]));
        let stderr = follow(child.stderr.take().unwrap(), Arc::clone(&streams[1]));
        Self { streams, readers: vec![stdout, stderr] }
    }

    fn contains(&self, word: &str) -> bool {
        self.streams.iter().any(|text| String::from_utf8_lossy(&text.lock().unwrap()).contains(word))
    }
}

/// Both streams to their ends, as a job's log has them.
fn end(mut child: Child) -> (Option<i32>, String) {
    let heard = Heard::of(&mut child);
    ended(child, heard)
}

fn ended(mut child: Child, heard: Heard) -> (Option<i32>, String) {
    for reader in heard.readers {
        reader.join().unwrap();
    }
    let status = child.wait().unwrap().code();
    let [stdout, stderr] =
        heard.streams.map(|text| String::from_utf8_lossy(&text.lock().unwrap()).into_owned());
    (status, format!("{stdout}\n{stderr}"))
}

/// The system's first signal, as soon as a resource is being created; the resource is done when the engine has said that
/// it is asked to stop.
fn cancel(mut command: Command, how: &Cancel, place: &Place) -> (Option<i32>, String) {
    let mut child = start(&mut command);
    let heard = Heard::of(&mut child);
    let until = |child: &mut Child, is_so: &dyn Fn() -> bool| {
        while !is_so() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    until(&mut child, &|| place.beside("began").exists());
    let pid = i32::try_from(child.id()).unwrap();
    let targets = match how.whom {
        Whom::Group => vec![-pid],
        Whom::Each => youngest_first(pid),
        Whom::Entry | Whom::Nobody => vec![pid],
    };
    for target in targets {
        // One that has ended already says why in its log.
        let _ = kill(Pid::from_raw(target), signal(how.signals));
    }
    until(&mut child, &|| heard.contains(" received; cancelling"));
    std::fs::write(place.beside("go-on"), "").unwrap();
    ended(child, heard)
}

/// A process and all below it, by decreasing number.
fn youngest_first(entry: i32) -> Vec<i32> {
    let listing = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    let number = |text: &str| text.parse::<i32>().unwrap();
    let rows = listing.lines().map(|line| {
        let (pid, parent) = line.trim().split_once(' ').unwrap();
        (number(pid), number(parent.trim()))
    });
    let rows: Vec<(i32, i32)> = rows.collect();
    let mut found = vec![entry];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(rows.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

/// The first of a cancelled job's signals.
fn signal(names: &[&str]) -> Signal {
    match names.first().copied() {
        Some("SIGINT" | "INT") => Signal::SIGINT,
        Some("SIGTERM" | "TERM") => Signal::SIGTERM,
        other => panic!("{other:?} is no signal of a cancelled job"),
    }
}

/// The exit status that the case ends with: a cancelled one's says by which signal.
pub fn wanted_status(wrapper: &dyn Wrapper, case: &Case) -> i32 {
    match wrapper.cancel().first().filter(|_| case.cancelled) {
        Some(cancel) => 128 + signal(cancel.signals) as i32,
        None => case.exit_status,
    }
}

impl Ran {
    /// A field of the result as text; empty where there is none.
    pub fn field(&self, name: &str) -> String {
        self.result[name].as_str().unwrap_or_default().to_owned()
    }

    /// The result without what is the system's own.
    pub fn normalised(&self) -> String {
        let mut result = self.result.clone();
        if let Some(fields) = result.as_object_mut() {
            for own in ["ci", "commit", "duration_ms", "engine", "exit_code", "hint", "notes", "repository"] {
                fields.remove(own);
            }
        }
        // The backend lies in a folder of its own for each wrapper.
        if let Some(identity) = result["identity"].as_object_mut() {
            identity.remove("backend");
        }
        for step in result["steps"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for own in ["began", "ended", "id"] {
                step.remove(own);
            }
        }
        // The name of a lock's file is new each time.
        if self.field("reason") == "lock" {
            result["message"] = Value::Null;
        }
        let text = serde_json::to_string_pretty(&result).unwrap().replace(&self.folder, "FOLDER");
        // Not every system says which repository a fork is.
        text.replace(" (`bob/shop`)", "")
    }

    /// Whether the log says that the output can't be exported here.
    pub fn says_left_out(&self, output: &str) -> bool {
        self.log.contains(&format!("`{output}` is not in"))
            || self.log.contains(&format!("`{output}` can't be exported"))
    }
}
