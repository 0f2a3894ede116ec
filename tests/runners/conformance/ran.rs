//! One wrapper's run of one case, and what it left.

use super::cases::{Case, SECRET};
use crate::harness::{Place, Whom, Wrapper};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

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
pub fn run(wrapper: &dyn Wrapper, case: &Case) -> Ran {
    let place = Place::new(Path::new(env!("CARGO_BIN_EXE_stackstep")));
    let program = place.repository().join("Pulumi.yaml");
    std::fs::copy(crate::tools::root().join("tests/fixtures/programs/hello/Pulumi.yaml"), program).unwrap();
    let result = place.beside("result.json");
    let result_text = result.display().to_string();
    let inputs = [
        ("command", case.command),
        ("stack", "dev"),
        ("upsert", "true"),
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
    let (status, log) = if case.cancelled { cancel(command, wrapper, &place) } else { to_its_end(command) };
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
        pwned: holds(&place.beside(""), "pwned"),
        result: serde_json::from_str(&read).unwrap(),
        folder: place.beside("").display().to_string().trim_end_matches('/').to_owned(),
        outputs,
        log,
    }
}

fn to_its_end(mut command: Command) -> (Option<i32>, String) {
    end(start(&mut command))
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.spawn().unwrap()
}

/// Both streams to their ends, as a job's log has them.
fn end(mut child: Child) -> (Option<i32>, String) {
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).unwrap();
        text
    });
    let mut log = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut log).unwrap();
    let status = child.wait().unwrap().code();
    log.push(b'\n');
    log.extend(reader.join().unwrap());
    (status, String::from_utf8_lossy(&log).into_owned())
}

/// The system's signals, as soon as a resource is being created; the resource is done after the first.
fn cancel(mut command: Command, wrapper: &dyn Wrapper, place: &Place) -> (Option<i32>, String) {
    nix::unistd::mkfifo(&place.beside("began"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let child = start(&mut command);
    std::fs::read_to_string(place.beside("began")).unwrap();
    let (signals, whom) = wrapper.cancel();
    let pid = i32::try_from(child.id()).unwrap();
    let target = Pid::from_raw(if whom == Whom::Group { -pid } else { pid });
    let signal = match signals.first().copied() {
        Some("SIGINT" | "INT") => Signal::SIGINT,
        Some("SIGTERM" | "TERM") => Signal::SIGTERM,
        other => panic!("{other:?} is no signal of a cancelled job"),
    };
    kill(target, signal).unwrap();
    std::fs::write(place.beside("go-on"), "").unwrap();
    end(child)
}

/// Whether a file of this name is anywhere below `folder`.
fn holds(folder: &Path, name: &str) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        entry.file_name() == name
            || (entry.file_type().is_ok_and(|kind| kind.is_dir()) && holds(&entry.path(), name))
    })
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
            for own in ["ci", "commit", "duration_ms", "engine", "hint", "notes"] {
                fields.remove(own);
            }
        }
        serde_json::to_string_pretty(&result).unwrap().replace(&self.folder, "FOLDER")
    }
}
