//! Signals, a run that is killed, and the post step that completes its report.

use super::agent::{Agent, Ended};
use super::{step, with_shim};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

/// An engine that has begun and goes on until it is told to stop. It writes its number into the pipe `begun`.
const WORKING: &str = "#!/bin/sh\ncase \"$*\" in *version*) echo v3.260.0; exit;; esac\ntrap 'exit 1' INT\necho $$ > \"$BEGUN\"\nwhile :; do sleep 0.02; done\n";

#[test]
#[ignore = "needs the agent's library"]
fn the_post_step_completes_the_report_of_a_killed_run() {
    let agent = Agent::new();
    let (engine, begun) = (agent.place.beside("engine"), agent.place.beside("begun"));
    std::fs::write(&engine, WORKING).unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    nix::unistd::mkfifo(&begun, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let agent = agent.with("BEGUN", &begun.display().to_string());
    let step = step("up", &[("engine", &engine.display().to_string())]);
    let mut child = agent.launcher(&step).stdout(Stdio::piped()).spawn().unwrap();
    let engine: i32 = std::fs::read_to_string(&begun).unwrap().trim().parse().unwrap();
    // As the agent does when nothing ends in time: the launcher, the binary, the engine.
    let launcher = i32::try_from(child.id()).unwrap();
    let binary = parent(engine);
    for process in [launcher, binary, engine] {
        kill(Pid::from_raw(process), Signal::SIGKILL).unwrap();
    }
    child.wait().unwrap();
    let mut log = String::new();
    child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
    let ended = Ended { status: None, commands: super::agent::commands(&log), log };
    let post = agent.post(&step, &ended);
    assert_eq!(post.status, Some(0), "{}", post.log);
    let page = std::fs::read_to_string(&post.of("task.uploadsummary")[0].1).unwrap();
    assert!(page.contains("a later step has put this together"), "{page}");
    assert!(
        post.of("task.logissue").iter().any(|(_, text)| text.contains("the step was killed")),
        "{}",
        post.log
    );
}

/// The number of the process that started `process`.
fn parent(process: i32) -> i32 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "needs the agent's library"]
fn the_post_step_does_nothing_after_a_run_that_reported_its_end() {
    let mut agent = Agent::new();
    let step = step("up", &[("upsert", "true")]);
    let ended = agent.task(&step);
    assert!(!ended.of("task.settaskvariable").is_empty(), "{}", ended.log);
    let post = agent.post(&step, &ended);
    assert_eq!((post.status, post.log.as_str()), (Some(0), ""));
}

#[test]
#[ignore = "needs the agent's library"]
fn signals_are_passed_on_and_the_binary_decides_when_to_end() {
    let agent = with_shim(
        "trap 'echo got INT' INT\ntrap 'echo got TERM; exit 42' TERM\necho ready\nwhile :; do sleep 0.02; done",
    );
    let mut child = agent.launcher(&step("up", &[])).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap());
    assert!(lines.by_ref().any(|line| line == "ready"));
    kill(id, Signal::SIGINT).unwrap();
    assert_eq!(lines.next().as_deref(), Some("got INT"));
    kill(id, Signal::SIGTERM).unwrap();
    assert_eq!(lines.next().as_deref(), Some("got TERM"));
    assert_eq!(child.wait().unwrap().code(), Some(42));
}

#[test]
#[ignore = "needs the agent's library"]
fn the_exit_status_is_the_binary_s() {
    assert_eq!(with_shim("exit 7").task(&step("up", &[])).status, Some(7));
    assert_eq!(with_shim("kill -9 $$").task(&step("up", &[])).status, Some(128 + 9));
    let nowhere = Agent::new().with("STACKSTEP_BIN", "/nowhere/stackstep").task(&step("up", &[]));
    assert!(nowhere.status == Some(71) && nowhere.of("task.logissue")[0].1.contains("/nowhere/stackstep"));
    let none = Agent::new().with("STACKSTEP_BIN", "").task(&step("up", &[]));
    assert!(
        none.status == Some(71) && none.of("task.logissue")[0].1.contains("STACKSTEP_BIN"),
        "{}",
        none.log
    );
}
