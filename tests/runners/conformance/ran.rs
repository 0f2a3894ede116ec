//! One wrapper's run of one case, and what it left.

use super::cases::{Case, Meets, SECRET, Trouble};
use crate::harness::engine::Engine;
use crate::harness::{Cancel, Place, Whom, Wrapper};
use crate::real::STARTS;
use crate::real::running::descendants;
use crate::real::stage::Stage;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;

/// What the job's person has set, and nobody may see.
const PASSPHRASE: &str = "a passphrase";

/// What it is where the stack's is not known.
const ANOTHER_PASSPHRASE: &str = "another passphrase";

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
    let engine = match case.engine {
        Meets::Sandbox(_) => Engine::Sandbox,
        Meets::Pulumi(..) => Engine::Pulumi,
    };
    let place = Place::new(Path::new(env!("CARGO_BIN_EXE_stackstep"))).with(engine);
    let result = place.beside("result.json");
    let result_text = result.display().to_string();
    let inputs = [
        ("command", case.command),
        ("stack", "dev"),
        // A change that is not trusted creates no stack.
        ("upsert", if case.secrets { "true" } else { "false" }),
        // What `actions/deploy` presets is for those who come from the official action.
        ("profile", "none"),
        ("engine", engine.input()),
        ("lock-timeout", "0s"),
        ("result-file", result_text.as_str()),
    ];
    let mut command = wrapper.command(&place, case.event, &inputs);
    let gate = match case.engine {
        Meets::Sandbox(faults) => on_the_sandbox(&mut command, faults, &place),
        Meets::Pulumi(program, trouble) => on_pulumi(&mut command, program, trouble, &place),
    };
    if !case.secrets {
        command.env_remove("PULUMI_CONFIG_PASSPHRASE");
    }
    let (status, log) = match cancelled {
        Some(how) => cancel(command, how, gate),
        None => end(start(&mut command)),
    };
    let passphrase = match case.engine {
        Meets::Pulumi(_, Trouble::Passphrase) => ANOTHER_PASSPHRASE,
        _ => PASSPHRASE,
    };
    let outputs = wrapper.outputs(&place, &log);
    let read = std::fs::read_to_string(&result).unwrap_or_else(|_| "null".to_owned());
    // A line that masks a value has to name it.
    let told = log
        .lines()
        .filter(|line| !line.starts_with("::add-mask::") && !line.starts_with("##vso[task.setsecret]"));
    let told = told.collect::<Vec<_>>().join("\n");
    let result: Value = serde_json::from_str(&read).unwrap();
    if engine == Engine::Pulumi {
        STARTS.fetch_add(result["engine"]["processes"].as_u64().unwrap_or_default(), Ordering::Relaxed);
    }
    Ran {
        status: wrapper.exit_status(status, &log),
        shown: [SECRET, passphrase].into_iter().filter(|secret| told.contains(secret)).collect(),
        pwned: crate::tools::holds(&place.beside(""), "pwned"),
        result,
        folder: place.beside("").display().to_string().trim_end_matches('/').to_owned(),
        outputs,
        log,
    }
}

/// The place with the sandbox's program, and what the sandbox is made to do.
fn on_the_sandbox(command: &mut Command, faults: &str, place: &Place) -> Gate {
    let program = place.repository().join("Pulumi.yaml");
    std::fs::copy(crate::tools::root().join("tests/fixtures/programs/hello/Pulumi.yaml"), program).unwrap();
    let (began, go_on) = (place.beside("began"), place.beside("go-on"));
    let faults = faults.replace("began: began", &format!("began: {}", began.display()));
    command
        .env("PULUMI_SANDBOX_FAULTS", faults.replace("until: go-on", &format!("until: {}", go_on.display())));
    Gate::Files { began, go_on }
}

/// The place with a program for the CLI, and an empty stack with this trouble.
fn on_pulumi(command: &mut Command, program: &str, trouble: Trouble, place: &Place) -> Gate {
    // One for all: the stack's files know nothing of where they lie.
    static INITIAL: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
        let stage = Stage::new("name: hello\nruntime: yaml\n");
        stage.pulumi("stack init dev --no-select").ends_with(0);
        let settings = std::fs::read(stage.path("program/Pulumi.dev.yaml")).unwrap();
        let mut files = vec![(PathBuf::from("repository/Pulumi.dev.yaml"), settings)];
        collect(&stage.path(""), Path::new("state"), &mut files);
        files
    });
    for (name, content) in INITIAL.iter() {
        let path = place.beside("").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let repository = place.repository();
    std::fs::write(repository.join("Pulumi.yaml"), program).unwrap();
    let gate = repository.join("gate");
    match trouble {
        Trouble::None => {}
        Trouble::Locked => {
            let locks = place.beside("state/.pulumi/locks/organization/hello/dev");
            std::fs::create_dir_all(&locks).unwrap();
            let lock =
                r#"{"pid":1,"username":"ada","hostname":"elsewhere","timestamp":"2026-01-01T00:00:00Z"}"#;
            std::fs::write(locks.join("0b8de1c2-0000-4000-8000-000000000000.json"), lock).unwrap();
        }
        Trouble::Passphrase => {
            command.env("PULUMI_CONFIG_PASSPHRASE", ANOTHER_PASSPHRASE);
        }
        Trouble::Waits => nix::unistd::mkfifo(&gate, Mode::S_IRWXU).unwrap(),
    }
    Gate::Pipe { path: gate, writer: None }
}

/// The files below the folder `name` of `root`, by their names from there.
fn collect(root: &Path, name: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(root.join(name)).unwrap() {
        let name = name.join(entry.unwrap().file_name());
        if root.join(&name).is_dir() {
            collect(root, &name, files);
        } else {
            files.push((name.clone(), std::fs::read(root.join(name)).unwrap()));
        }
    }
}

/// Where a run stands still until it may go on.
enum Gate {
    /// The sandbox says that it began, and waits for the other file.
    Files { began: PathBuf, go_on: PathBuf },
    /// The program reads to the end of a pipe.
    Pipe { path: PathBuf, writer: Option<File> },
}

impl Gate {
    /// Whether the run stands there.
    fn is_reached(&mut self) -> bool {
        match self {
            Self::Files { began, .. } => began.exists(),
            Self::Pipe { path, writer } => {
                // Without a reader there is no writer that does not wait.
                let flags = OFlag::O_NONBLOCK.bits();
                *writer = OpenOptions::new().write(true).custom_flags(flags).open(path).ok();
                writer.is_some()
            }
        }
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

/// The system's first signal, as soon as the run stands still in its middle. A resource of the sandbox is done when the
/// engine has said that it is asked to stop.
fn cancel(mut command: Command, how: &Cancel, mut gate: Gate) -> (Option<i32>, String) {
    let mut child = start(&mut command);
    let heard = Heard::of(&mut child);
    let until = |child: &mut Child, is_so: &mut dyn FnMut() -> bool| {
        while !is_so() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    until(&mut child, &mut || gate.is_reached());
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
    if let Gate::Files { go_on, .. } = &gate {
        until(&mut child, &mut || heard.contains(" received; cancelling"));
        std::fs::write(go_on, "").unwrap();
    }
    // The CLI does not wait for its program: the pipe stays open to the end.
    let ended = ended(child, heard);
    drop(gate);
    ended
}

/// A process and all below it, by decreasing number.
fn youngest_first(entry: i32) -> Vec<i32> {
    let below = descendants(Pid::from_raw(entry)).into_iter().map(|process| process.pid.as_raw());
    let mut all: Vec<i32> = below.chain([entry]).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all
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

/// Takes the keyed hashes out of the values.
fn unkeyed<'v>(values: impl Iterator<Item = &'v mut Value>) {
    for value in values {
        match value {
            Value::String(text) => {
                let words = text.split(' ').map(|word| if word.starts_with("hmac:") { "hmac" } else { word });
                *text = words.collect::<Vec<_>>().join(" ");
            }
            Value::Array(items) => unkeyed(items.iter_mut()),
            Value::Object(fields) => unkeyed(fields.values_mut()),
            _ => {}
        }
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
            for own in [
                "began",
                "branch",
                "change_request",
                "ci",
                "commit",
                "duration_ms",
                "engine",
                "exit_code",
                "hint",
                "notes",
                "repository",
            ] {
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
        // Each run draws the key of its hashes, and the digest covers the backend's folder and the files that a wrapper
        // leaves in a work folder that no git tracks.
        if let Some(review) = result["review"].as_object_mut() {
            for own in ["backend", "config", "digest", "engine", "files", "key", "key_check", "source"] {
                review.remove(own);
            }
            unkeyed(review.values_mut());
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
