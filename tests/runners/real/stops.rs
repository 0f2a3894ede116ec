//! Runs that are stopped while a resource is being created, by the signals that CI systems send, in their orders.
//!
//! GitHub and Azure send SIGINT, wait, and then SIGTERM; a shell's executor of GitLab signals the process group; its
//! executor in containers ends each process, the youngest first, and so the engine and its providers before us:
//! <https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go>.

use super::running::{Gate, Running, is_running};
use super::shown;
use super::stage::{Ended, Stage};
use super::things::{Thing, program, thing};
use nix::sys::signal::{Signal, kill};

/// What the engine says when it gets its first signal.
pub const TOLD: &str = " received; cancelling";

/// A deployment in the middle of creating `a`; `b` comes after it.
struct Begun {
    stage: Stage,
    gate: Gate,
    run: Running,
}

impl Begun {
    fn new(more: &str) -> Self {
        Self::of(Stage::new(""), more)
    }

    fn of(stage: Stage, more: &str) -> Self {
        let gate = Gate::closed(stage.path("gate"));
        let waits = format!("waits: {{create: {}}}", gate.path().display());
        let after = Thing("b", "value: 1", "dependsOn: [\"${a}\"]");
        stage.write("Pulumi.yaml", &program(&[thing("a", &waits), after]));
        stage.pulumi("stack init dev --no-select").ends_with(0);
        let mut run = stage.start(&format!("up --stack dev {more}"), "up");
        gate.until_begun(&mut run);
        Self { stage, gate, run }
    }

    /// Lets the creation end once the engine has been told to stop.
    fn finishes(mut self) -> (Stage, Ended) {
        self.run.until(TOLD);
        self.gate.open();
        (self.stage, self.run.end())
    }
}

/// The run was cancelled, with this status; what had begun was finished, and nothing came after it.
#[track_caller]
fn is_clean(stage: &Stage, run: &Ended, status: i32) {
    assert_eq!(run.status, status, "{}", run.log);
    assert_eq!((&run.result["status"], &run.result["reason"]), (&"cancelled".into(), &"cancelled".into()));
    assert_eq!(run.steps(), "a: create, shop-dev: create", "{}", run.log);
    assert!(run.notes().contains("finished what it had begun and released the lock"), "{}", run.notes());
    let left = stage.state();
    assert_eq!(left.things().keys().collect::<Vec<_>>(), ["a"]);
    assert!(left.pending().is_empty(), "{:?}", left.pending());
    assert!(!stage.is_locked());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_interrupt_lets_the_engine_finish_what_it_has_begun() {
    let begun = Begun::new("--grace-period 10m");
    begun.run.signal(Signal::SIGINT);
    let (stage, run) = begun.finishes();
    is_clean(&stage, &run, 130);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn so_does_a_request_to_terminate() {
    let begun = Begun::new("--grace-period 10m");
    begun.run.signal(Signal::SIGTERM);
    let (stage, run) = begun.finishes();
    is_clean(&stage, &run, 143);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn signals_that_are_repeated_do_not_hurry_the_engine() {
    let mut begun = Begun::new("--grace-period 10m");
    begun.run.signal(Signal::SIGINT);
    begun.run.until(TOLD);
    begun.run.signal(Signal::SIGTERM);
    begun.run.signal(Signal::SIGINT);
    begun.gate.open();
    is_clean(&begun.stage, &begun.run.end(), 130);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_signal_to_the_job_s_process_group_is_one_signal_to_the_engine() {
    let begun = Begun::new("--grace-period 10m");
    begun.run.signal_group(Signal::SIGTERM);
    let (stage, run) = begun.finishes();
    is_clean(&stage, &run, 143);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_engine_that_was_signalled_before_us_is_not_signalled_again() {
    let mut begun = Begun::new("--grace-period 10m");
    kill(begun.run.engine(), Signal::SIGTERM).unwrap();
    begun.run.until(TOLD);
    begun.run.signal(Signal::SIGTERM);
    begun.gate.open();
    is_clean(&begun.stage, &begun.run.end(), 143);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_engine_that_was_signalled_alone_is_a_run_that_was_cancelled() {
    let begun = Begun::new("--grace-period 10m");
    kill(begun.run.engine(), Signal::SIGTERM).unwrap();
    let (stage, run) = begun.finishes();
    let status = run.status;
    assert_ne!(status, 0);
    is_clean(&stage, &run, status);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_job_whose_processes_are_ended_one_by_one_is_cancelled_and_no_plugin_is_missing() {
    let begun = Begun::new("--grace-period 10m");
    let mut all = begun.run.descendants();
    all.reverse();
    for process in all {
        // A process can be gone when its turn comes, as the one that had started it has been told.
        let _ = kill(process.pid, Signal::SIGTERM);
    }
    begun.run.signal(Signal::SIGTERM);
    let run = begun.run.end();
    assert_eq!((&run.result["status"], &run.result["reason"]), (&"cancelled".into(), &"cancelled".into()));
    let told = format!("{}\n{}\n{}", run.notes(), run.result, run.log);
    assert!(run.notes().contains("a provider's process ended before it answered"), "{told}");
    assert!(!run.notes().contains("finished what it had begun"), "{told}");
    if begun.stage.is_locked() {
        let told =
            ["the stack is locked", "may still be there"].iter().any(|words| run.notes().contains(words));
        assert!(told && !run.notes().contains("released the lock"), "{}", run.notes());
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn when_the_grace_period_is_over_what_was_begun_stays_pending_and_is_named() {
    let begun = Begun::new("--grace-period 0s");
    begun.run.signal(Signal::SIGINT);
    let run = begun.run.end().ends_with(130);
    assert_eq!(run.result["status"], "cancelled");
    assert!(run.steps().contains("a: create (unfinished)"), "{}", run.steps());
    assert!(run.notes().contains("begun and never finished"), "{}", run.notes());
    assert_eq!(begun.stage.state().pending(), ["creating a"]);
    // A busy machine may not let the engine end in time: then it is killed, and the lock stays.
    let named = run.notes().contains("the stack is locked");
    assert_eq!(begun.stage.is_locked(), named, "{}", run.notes());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_next_deployment_tells_what_is_pending_and_goes_on() {
    let begun = Begun::new("--grace-period 0s");
    begun.run.signal(Signal::SIGINT);
    begun.run.end().ends_with(130);
    // The engine has released its lock, unless a busy machine did not let it in time.
    if begun.stage.is_locked() {
        begun.stage.pulumi("cancel dev --yes").ends_with(0);
    }
    begun.gate.open();
    let next = begun.stage.stackstep("up --stack dev").ends_with(0).did("a: create, b: create");
    let told = next.result["diagnostics"].to_string();
    assert!(told.contains("1 pending operations") && told.contains("interrupted while creating"), "{told}");
    // The CLI forgets a creation that was interrupted only when it is told to.
    assert_eq!(begun.stage.state().pending(), ["creating a"]);
    begun.stage.stackstep("refresh --stack dev --args --clear-pending-creates").ends_with(0);
    assert!(begun.stage.state().pending().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_post_step_of_a_killed_run_stops_its_engine_and_completes_the_report() {
    let begun = Begun::of(Stage::on_github(), "");
    let engine = begun.run.engine();
    begun.run.signal(Signal::SIGKILL);
    let killed = begun.run.end();
    assert_eq!(killed.status, -1, "it has no status, as it was killed");
    let told = std::fs::read_to_string(begun.stage.path("STATE")).unwrap();
    let left = told.lines().nth(1).unwrap().to_owned();
    let finish = begun.stage.stackstep(&format!("finish {left}")).ends_with(0);
    assert!(finish.log.contains("a later step has put this together"), "{}", finish.log);
    assert!(!is_running(engine), "the engine is still there:\n{}", finish.log);
    let page = std::fs::read_to_string(begun.stage.path("STEP_SUMMARY")).unwrap();
    let pending = begun.stage.state().pending();
    assert_eq!(pending.is_empty(), !page.contains("creating of `a`"), "{pending:?}\n{page}");
    assert_eq!(begun.stage.is_locked(), page.contains("the stack is locked"), "{page}");
    shown();
}
