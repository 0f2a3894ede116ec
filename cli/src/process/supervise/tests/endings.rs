//! How a process ends, by itself or not.

use super::support::{Case, Frozen, GRACE, is_gone};
use super::*;
use crate::process::ladder::LAST_WORDS;
use crate::process::ladder::Rung;
use crate::process::signals::Signal;
use std::time::Duration;

/// Counts its interrupts and says so; ends at the given one.
fn ends_at(interrupt: u32) -> String {
    format!(
        "trap 'n=$((n+1)); echo interrupt $n; [ $n = {interrupt} ] && exit $n' INT; echo up; while :; do sleep 0.02; done"
    )
}

#[tokio::test]
async fn output_exit_status_and_events_arrive() {
    let mut case = Case::new("echo one; echo '{\"a\":1}' > events; echo two >&2; exit 7");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(7));
    assert_eq!((ended.cause, ended.rung), (None, None));
    let mut lines: Vec<String> = case.log.text().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["one", "two"]);
    assert_eq!(case.events, ["{\"a\":1}"]);
    assert_eq!((ended.stdout.masked(), ended.stderr.masked()), ("one\n".into(), "two\n".into()));
    assert!(!ended.closed_output && !ended.left_behind);
}

#[tokio::test]
async fn one_interrupt_is_enough_for_an_engine_that_listens() {
    let _clock = Frozen::now();
    let mut case = Case::new(&ends_at(1));
    case.cancel_at("up");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(1));
    assert_eq!(ended.cause, Some(Cause::Cancelled(Signal::Terminate)));
    assert_eq!(ended.rung, Some(Rung::Interrupted));
    assert_eq!(case.log.text(), "up\ninterrupt 1\n");
    assert_eq!(case.stops, [Cause::Cancelled(Signal::Terminate)]);
}

#[tokio::test]
async fn the_second_interrupt_comes_after_the_grace_period() {
    let _clock = Frozen::now();
    let mut case = Case::new(&ends_at(2));
    case.cancel_at("up");
    case.pass_at("interrupt 1", GRACE);
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(2));
    assert_eq!(ended.rung, Some(Rung::InterruptedAgain));
    assert_eq!(ended.duration, GRACE);
}

#[tokio::test]
async fn an_engine_that_does_not_listen_is_killed() {
    let _clock = Frozen::now();
    let mut case = Case::new(&ends_at(9));
    case.cancel_at("up");
    case.pass_at("interrupt 1", GRACE);
    case.pass_at("interrupt 2", LAST_WORDS);
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Signalled(9));
    assert_eq!(ended.rung, Some(Rung::Killed));
    assert_eq!(case.log.text(), "up\ninterrupt 1\ninterrupt 2\n");
    assert_eq!(case.stops.len(), 1);
}

#[tokio::test]
async fn a_timeout_walks_the_same_ladder() {
    let _clock = Frozen::now();
    let mut case = Case::new(&ends_at(2));
    case.timeout = Some(Duration::from_secs(60));
    case.pass_at("up", Duration::from_secs(60));
    case.pass_at("interrupt 1", GRACE);
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(2));
    assert_eq!(ended.cause, Some(Cause::TimedOut));
    assert_eq!(ended.rung, Some(Rung::InterruptedAgain));
    assert_eq!(case.stops, [Cause::TimedOut]);
}

#[tokio::test]
async fn signals_after_a_timeout_do_not_shorten_the_ladder() {
    let _clock = Frozen::now();
    let mut case = Case::new(
        "trap 'n=$((n+1)); echo interrupt $n' INT; echo up; while [ ! -e go ]; do sleep 0.02; done; echo went; exit 3",
    );
    case.timeout = Some(Duration::from_secs(60));
    case.pass_at("up", Duration::from_secs(60));
    case.cancel_at("interrupt 1");
    case.go_at("interrupt 1");
    let ended = case.run().await;
    assert_eq!((ended.status, ended.rung), (ProcessStatus::Exited(3), Some(Rung::Interrupted)));
    assert_eq!(ended.cause, Some(Cause::TimedOut));
    assert_eq!(case.log.text(), "up\ninterrupt 1\nwent\n");
    assert_eq!(case.signals.received(), [Signal::Terminate, Signal::Interrupt]);
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_starts_nothing() {
    let mut case = Case::new("echo started");
    case.signals.cancel(Signal::Interrupt);
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::NotStarted);
    assert_eq!(ended.cause, Some(Cause::Cancelled(Signal::Interrupt)));
    assert_eq!(case.log.text(), "");
}

#[tokio::test]
async fn the_interrupt_goes_to_the_engine_and_not_to_its_helpers() {
    let _clock = Frozen::now();
    let helper = "trap 'echo helper interrupted' INT; echo up; while [ ! -e go ]; do sleep 0.02; done; echo helper done";
    let mut case = Case::new(&format!("trap 'echo interrupted; exit 1' INT; sh -c \"{helper}\"; exit 0"));
    case.cancel_at("up");
    case.go_at("up");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(1));
    assert_eq!(case.log.text(), "up\nhelper done\ninterrupted\n");
}

#[tokio::test]
async fn behind_a_script_the_real_engine_gets_the_interrupt() {
    use std::os::unix::fs::PermissionsExt as _;
    let _clock = Frozen::now();
    let mut case = Case::new("");
    let shim = case.folder.path().join("shim");
    std::fs::write(&shim, format!("#!/bin/sh\nsh -c \"{}\"\n", ends_at(1).replace('$', "\\$")))
        .expect("a script");
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).expect("our own file");
    case.process.program = shim;
    case.process.args.clear();
    case.cancel_at("up");
    let ended = case.run().await;
    assert_eq!(ended.rung, Some(Rung::Interrupted));
    assert_eq!(case.log.text(), "up\ninterrupt 1\n");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn descendants_in_groups_of_their_own_are_killed_with_the_engine() {
    let _clock = Frozen::now();
    let mut case = Case::new(
        "trap 'n=$((n+1)); echo interrupt $n' INT; setsid sh -c 'sleep 99999 >/dev/null 2>&1 & echo $!; echo up; exec >/dev/null 2>&1; wait' & \
         echo $!; while :; do sleep 0.02; done",
    );
    case.cancel_at("up");
    case.pass_at("interrupt 1", GRACE);
    case.pass_at("interrupt 2", LAST_WORDS);
    let ended = case.run().await;
    assert_eq!(ended.rung, Some(Rung::Killed));
    let log = case.log.text();
    let pids: Vec<&str> = log.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
    assert_eq!(pids.len(), 2, "{log}");
    assert!(pids.into_iter().all(is_gone));
}

#[tokio::test]
async fn an_engine_that_is_killed_leaves_a_log_that_is_cut_off() {
    let mut case = Case::new("printf '{\"a\":1}\\n{\"b\":' > events; kill -9 $$");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Signalled(9));
    assert_eq!(ended.cause, None);
    assert_eq!(case.events, ["{\"a\":1}", "{\"b\":"]);
    assert!(ended.events.cut_off);
}

#[tokio::test(start_paused = true)]
async fn what_an_engine_leaves_behind_with_its_pipes_is_killed_and_told() {
    let mut case = Case::new("sleep 99999 & echo $!; exit 4");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(4));
    assert!(ended.left_behind);
    assert!(is_gone(case.log.text().trim()));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error_with_a_way_out() {
    let mut case = Case::new("");
    case.process.program = case.folder.path().join("pulumi");
    let error = case.try_run(|_| None).await.expect_err("no such file");
    assert_eq!(error.exit_status(), 71);
    assert!(error.to_string().starts_with("could not start `/"), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test]
async fn a_file_that_is_no_program_is_an_error() {
    let mut case = Case::new("");
    case.process.program = case.folder.path().join("pulumi");
    std::fs::write(&case.process.program, "text").expect("a file");
    let error = case.try_run(|_| None).await.expect_err("not executable");
    assert_eq!(error.exit_status(), 71);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_of_the_input() {
    let mut case = Case::new("");
    case.process.cwd = case.folder.path().join("nowhere");
    let error = case.try_run(|_| None).await.expect_err("no such folder");
    assert_eq!(error.exit_status(), 2);
    assert!(error.to_string().contains("nowhere"), "{error}");
}
