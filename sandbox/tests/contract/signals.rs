//! Signals and closed pipes, on the sandbox alone: a real CLI has no resource without a cloud that takes its time.
//! The recordings were made with Node.js programs; what does not depend on the language is compared with them.
//!
//! Nothing here waits for a clock. An operation takes until a file is there, and says through a FIFO that it has
//! begun; the event log is a FIFO too, so that a test reads on exactly when an event has been written.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use serde_json::Value;

use crate::agreed::AGREED;
use crate::compare::Difference;
use crate::disk;
use crate::engine::{Engine, Env, Exit, HUNG, Run, Running, Stage, parse, words};
use crate::expect::diagnostics;
use crate::table::{self, Cell, Column};
use crate::{normalise, recording, shapes, twin};

/// An update whose operations a test holds open.
struct Held {
    running: Running,
    log: mpsc::Receiver<String>,
    seen: Vec<String>,
    began: Vec<mpsc::Receiver<()>>,
    gate: PathBuf,
}

impl Held {
    /// Starts an update of a stack; the creation of each of these resources takes until [`release`](Self::release).
    fn start(stage: &mut Stage, stack: &str, held: &[&str]) -> Self {
        let root = stage.root().to_owned();
        let gate = root.join("gate");
        let mut faults = answers();
        let mut began = Vec::new();
        for name in held {
            let fifo = root.join(format!("began-{name}"));
            if !fifo.exists() {
                mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO");
            }
            faults += &format!(
                "  - {{match: {name}, on: [create], until: '{}', began: '{}'}}\n",
                gate.display(),
                fifo.display()
            );
            began.push(once_written(fifo));
        }
        stage.write("faults.yaml", &faults);
        let fifo = root.join("events.fifo");
        if !fifo.exists() {
            mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO");
        }
        let log = lines(&fifo);
        let line =
            format!("up -s {stack} --non-interactive --yes --skip-preview --event-log {}", fifo.display());
        let running = stage.start(&words(&line), &Env::new());
        Self { running, log, seen: Vec::new(), began, gate }
    }

    /// Waits until every held operation has begun.
    fn wait_for_all(&self) {
        for began in &self.began {
            began.recv_timeout(HUNG).expect("the operation has to begin");
        }
    }

    /// Waits for an event that holds this text.
    fn wait_for(&mut self, text: &str) {
        loop {
            let line = self
                .log
                .recv_timeout(HUNG)
                .unwrap_or_else(|_| panic!("no event with {text:?}: {:#?}", self.seen));
            self.seen.push(line);
            if self.seen.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.running.pid()).expect("a process number");
        kill(Pid::from_raw(pid), signal).expect("the engine still runs");
    }

    /// Lets the held operations end.
    fn release(&self) {
        fs::write(&self.gate, "").expect("the gate");
    }

    /// The run, with the events that were read from the FIFO.
    fn end(mut self) -> Run {
        let mut run = self.running.end();
        self.seen.extend(self.log.iter());
        run.events = Some(parse(&self.seen.join("\n")));
        run
    }
}

/// Sends once something has been written to the FIFO.
fn once_written(fifo: PathBuf) -> mpsc::Receiver<()> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        if fs::read(fifo).is_ok() {
            let _ = send.send(());
        }
    });
    receive
}

/// The lines of a FIFO as they come.
fn lines(fifo: &Path) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    let fifo = fifo.to_owned();
    thread::spawn(move || {
        let Ok(file) = File::open(fifo) else { return };
        for line in BufReader::new(file).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// What the recorded provider answers beside the inputs.
fn answers() -> String {
    let answer = |i| format!("  - {{match: w{i}, outputs: {{arn: 'arn:w{i}'}}}}\n");
    format!("resources:\n{}", (0..14).map(answer).collect::<String>())
}

/// The recorded program with so many resources.
fn program(count: usize, slow: u32, rev: u32, region: &str) -> String {
    let resource = |i| {
        format!(
            "  w{i}:\n    type: pulumi-nodejs:dynamic:Resource\n    \
             properties: {{name: w{i}, region: {region}, rev: \"{rev}\", fail: false, slow: {slow}}}\n"
        )
    };
    let resources: String = (0..count).map(resource).collect();
    format!(
        "name: dyn\nruntime: yaml\nconfig:\n  token: {{type: string, secret: true}}\nresources:\n{resources}outputs:\n  \
         arn: ${{w{}.arn}}\n  nested: {{a: [1, 2, {{b: x}}], multi: \"line1\\nline2\"}}\n  token: ${{token}}\n",
        count - 1
    )
}

/// A stage with a stack and its config.
fn stage(stack: &str, config: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::new(Engine::sandbox());
    stage.write("project/Pulumi.yaml", &program(1, 0, 1, "eu"));
    stage.write("faults.yaml", &answers());
    must(stage.say(&format!("stack init {stack} --non-interactive")));
    must(stage.run(&words(&format!("config set token --secret -s {stack}")), &Env::new(), "s3cr3t-tok"));
    for (key, value) in config {
        must(stage.say(&format!("config set {key} {value} -s {stack}")));
    }
    stage
}

fn must(run: Run) -> Run {
    assert_eq!(run.exit, Exit::Status(0), "{}{}", run.stdout, run.stderr);
    run
}

/// The run does what the recording has, and its events have a sound shape.
fn same_as(run: &Run, name: &str, only: &[String], allow: fn(&Difference) -> bool) {
    let mut found: Vec<String> = shapes::check(run.events.as_deref().unwrap_or_default());
    let agreed = |found: &Difference| AGREED.iter().any(|agreed| agreed.excuses("signals", name, found));
    let differences = twin::differences(run, name, only).into_iter();
    let differences = differences.filter(|found| !allow(found) && !agreed(found));
    found.extend(differences.map(|found| found.to_string()));
    let cell = if found.is_empty() { Cell::Ok } else { Cell::Differs };
    table::enter("signals", 0, name, Column::Recording, cell);
    assert!(found.is_empty(), "{name}:\n- {}", found.join("\n- "));
}

fn locks(stage: &Stage) -> Vec<String> {
    disk::under(stage, "locks").into_iter().filter(|path| !path.ends_with(".attrs")).collect()
}

fn pending(stage: &Stage) -> Vec<Value> {
    let files = disk::raw(stage);
    let checkpoint = files.iter().find(|(path, _)| disk::is_checkpoint(path)).expect("a checkpoint").1;
    let checkpoint: Value = serde_json::from_slice(checkpoint).expect("a sound checkpoint");
    let pending = checkpoint.pointer("/checkpoint/latest/pending_operations");
    pending.and_then(Value::as_array).cloned().unwrap_or_default()
}

#[test]
fn one_interrupt_lets_what_has_begun_end_and_exits_with_1() {
    let config = [("count", "14"), ("protect", "false"), ("region", "us"), ("rev", "2"), ("slow", "6000")];
    let mut stage = stage("rec", &config);
    stage.write("project/Pulumi.yaml", &program(9, 0, 2, "us"));
    must(stage.say("up -s rec --non-interactive --yes --skip-preview"));
    stage.write("project/Pulumi.yaml", &program(14, 0, 2, "us"));
    let mut held = Held::start(&mut stage, "rec", &["w9", "w10", "w11", "w12", "w13"]);
    held.wait_for_all();
    held.signal(Signal::SIGINT);
    held.wait_for("^C received");
    held.release();
    let run = held.end();
    assert_eq!(run.exit, Exit::Status(1));
    assert_eq!(locks(&stage), Vec::<String>::new());
    assert_eq!(pending(&stage), Vec::<Value>::new());
    // The recorded `slow` was 6000.
    same_as(&run, "up-interrupted", &[], |found| found.at.ends_with("/slow"));
}

#[test]
fn sigterm_cancels_as_an_interrupt_does() {
    let mut stage = stage("sig", &[]);
    let mut held = Held::start(&mut stage, "sig", &["w0"]);
    held.wait_for_all();
    held.signal(Signal::SIGTERM);
    held.wait_for("received; cancelling");
    held.release();
    let run = held.end();
    assert_eq!(run.exit, Exit::Status(1));
    assert_eq!(locks(&stage), Vec::<String>::new());
    let events = run.events.expect("events");
    assert!(diagnostics(&events).contains(&"error: update canceled\n".to_owned()), "{events:#?}");
}

#[test]
fn a_second_interrupt_ends_at_once_and_leaves_operations_pending() {
    let mut stage = stage("sig", &[("count", "3"), ("slow", "9000")]);
    stage.write("project/Pulumi.yaml", &program(3, 9000, 1, "eu"));
    let mut held = Held::start(&mut stage, "sig", &["w0", "w1", "w2"]);
    held.wait_for_all();
    held.signal(Signal::SIGINT);
    held.wait_for("^C received; cancelling");
    held.signal(Signal::SIGINT);
    let run = held.end();
    assert_eq!(run.exit, Exit::Status(8));
    assert_eq!(locks(&stage), Vec::<String>::new());
    let mut operations: Vec<String> =
        pending(&stage).iter().map(|op| format!("{} {}", op["type"], op["resource"]["urn"])).collect();
    operations.sort();
    let urn = |i| format!("\"creating\" \"urn:pulumi:sig::dyn::pulumi-nodejs:dynamic:Resource::w{i}\"");
    assert_eq!(operations, [urn(0), urn(1), urn(2)]);
    same_as(&run, "up-interrupted-twice", &[], |_| false);

    // The next update warns and makes the resources. Only a refresh clears pending creations: the recording
    // `up-killed`, which comes next, warns of the same three.
    let held = Held::start(&mut stage, "sig", &["w0", "w1", "w2"]);
    held.wait_for_all();
    held.release();
    let run = held.end();
    assert_eq!(run.exit, Exit::Status(0));
    same_as(&run, "up-after-terminated", &[], is_order_of_pending);
    assert_eq!(pending(&stage).len(), 3);
}

/// The pending operations are listed in the order in which they began.
fn is_order_of_pending(found: &Difference) -> bool {
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.split("\\n").map(str::to_owned).collect();
        lines.sort();
        lines
    };
    sorted(&found.ours) == sorted(&found.theirs)
}

#[test]
fn a_kill_leaves_the_lock_and_the_next_update_names_it() {
    let mut stage = stage("sig", &[("count", "3"), ("slow", "9000")]);
    stage.write("project/Pulumi.yaml", &program(3, 9000, 1, "eu"));
    let held = Held::start(&mut stage, "sig", &["w0", "w1", "w2"]);
    held.wait_for_all();
    held.signal(Signal::SIGKILL);
    let run = held.end();
    assert_eq!(run.exit, Exit::Signal(9));
    let locks = locks(&stage);
    let shape: Vec<String> = locks.iter().map(|path| stage.places().text(path)).collect();
    assert_eq!(shape, ["/organization/dyn/sig/<uuid>.json"]);
    let lock = fs::read_to_string(stage.backend().join("locks").join(locks[0].trim_start_matches('/')));
    let lock: Value = serde_json::from_str(&lock.expect("the lock")).expect("JSON");
    let mut keys: Vec<&String> = lock.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(keys, ["hostname", "pid", "timestamp", "username"]);
    assert_eq!(pending(&stage).len(), 3);

    let run = stage.say("up -s sig --non-interactive --yes --skip-preview");
    same_as(&run, "up-after-killed", &[], |_| false);
    must(stage.say("cancel sig --yes --non-interactive"));
    fs::write(stage.root().join("gate"), "").expect("the gate");
    stage.write("faults.yaml", &answers());
    let run = must(stage.say("up -s sig --non-interactive --yes --skip-preview"));
    assert!(diagnostics(&run.events.expect("events"))[0].contains("3 pending operations"));
}

#[test]
fn a_closed_pipe_kills_and_leaves_the_lock() {
    let mut stage = stage("sig", &[]);
    let exit = stage.run_unread(&words("up -s sig --non-interactive --yes --skip-preview"));
    assert_eq!(exit, Exit::Signal(13));
    assert_eq!(locks(&stage).len(), 1);
}

#[test]
fn both_phases_are_seen_through_a_fifo() {
    let mut stage = stage("dev", &[]);
    stage.write("project/Pulumi.yaml", &program(2, 0, 1, "eu"));
    let fifo = stage.root().join("events.fifo");
    mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO");
    // Each phase opens and closes the log; between them this keeps the FIFO open.
    let open = File::options().read(true).write(true).open(&fifo).expect("the FIFO");
    let log = lines(&fifo);
    let line = format!("up -s dev --non-interactive --yes --event-log {}", fifo.display());
    let run = must(stage.say(&line));
    drop(open);
    let events = parse(&log.iter().collect::<Vec<_>>().join("\n"));
    assert_eq!(shapes::check(&events), Vec::<String>::new());
    let phases = |events: &[Value]| -> Vec<Value> {
        events.iter().filter_map(|event| event.pointer("/summaryEvent/isPreview").cloned()).collect()
    };
    let recorded = recording::load("up-both-phases").events.expect("events");
    assert_eq!(phases(&events), phases(&recorded));
    let ends = |events: &[Value]| events.iter().filter(|event| event.get("cancelEvent").is_some()).count();
    assert_eq!(ends(&events), ends(&recorded));
    let lines = normalise::lines(&run.stdout, &run.places, true);
    assert!(
        lines.contains(&"Previewing update (dev):".to_owned())
            && lines.contains(&"Updating (dev):".to_owned())
    );
}

#[test]
fn as_a_file_the_event_log_keeps_the_last_phase() {
    let mut stage = stage("dev", &[]);
    let run = must(stage.say("up -s dev --non-interactive --yes"));
    let events = run.events.expect("events");
    let previews: Vec<&Value> =
        events.iter().filter_map(|event| event.pointer("/summaryEvent/isPreview")).collect();
    assert_eq!(previews, [false]);
}
