//! What CI systems send, sent to a real supervisor by a parent: this test program starts itself.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal as Sent, kill, killpg};
use nix::unistd::Pid;

use super::limit::{LIMIT, Limit};
use super::support::{Case, Frozen, GRACE, is_gone};
use crate::process::ladder::LAST_WORDS;
use crate::process::signals::Signals;
use crate::process::tree;

/// Says to the supervisor, which is a test as well, what script it is to run.
const SCRIPT: &str = "STACKSTEP_TEST_SCRIPT";

/// Lets the supervisor's ladder pass in no time.
const HURRY: &str = "STACKSTEP_TEST_HURRY";

/// Lets the supervisor listen until the engine says that somebody else has signalled it.
const LISTEN: &str = "STACKSTEP_TEST_LISTEN";

/// The supervisor: without a script it has nothing to do.
#[tokio::test]
async fn supervisor() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells what to do")]
    let (Ok(script), hurry, listen) =
        (std::env::var(SCRIPT), std::env::var_os(HURRY), std::env::var_os(LISTEN))
    else {
        return;
    };
    // Where tests run one by one, the test's name stands on the line already.
    println!();
    let _clock = hurry.as_ref().map(|_| Frozen::now());
    let mut case = Case::new(&script);
    case.signals = Signals::listen().expect("signals");
    case.log.echo();
    if listen.is_some() {
        case.listen = GRACE;
    }
    if hurry.is_some() {
        case.pass_at("interrupt 1", GRACE);
        case.pass_at("interrupt 2", LAST_WORDS);
    }
    let ended = case.run().await;
    println!("ended: {:?} {:?} {:?}", ended.status, ended.rung, ended.left_behind);
}

/// A supervisor in a process group of its own, as a CI system starts a step.
struct Supervisor {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    _limit: Limit,
}

impl Supervisor {
    fn start(script: &str, hurry: bool) -> Self {
        Self::start_with(script, hurry.then_some(HURRY))
    }

    fn start_with(script: &str, setting: Option<&str>) -> Self {
        use std::os::unix::process::CommandExt as _;
        if crate::process::signals::hangups_are_ignored() {
            listen_to_hangups();
        }
        let program = std::env::current_exe().expect("this test program");
        #[expect(clippy::disallowed_methods, reason = "a test starts itself")]
        let mut command = Command::new(program);
        command.args(["--exact", "process::supervise::tests::signals::supervisor", "--nocapture"]);
        command.env(SCRIPT, script).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        if let Some(setting) = setting {
            command.env(setting, "1");
        }
        let mut child = command.spawn().expect("a supervisor");
        let stdout = child.stdout.take().expect("its output");
        let pid = i32::try_from(child.id()).expect("a process number");
        let limit = Limit::new(LIMIT, move || tree::kill(pid, None));
        Self { child, lines: BufReader::new(stdout).lines(), _limit: limit }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process number"))
    }

    /// The next line that begins so; what comes before is left out.
    fn line(&mut self, beginning: &str) -> String {
        let mut lines = self.lines.by_ref().map_while(std::result::Result::ok);
        lines.find(|line| line.starts_with(beginning)).unwrap_or_else(|| panic!("a line `{beginning}`"))
    }

    /// The next line that begins in one of these ways.
    fn line_of(&mut self, beginnings: &[&str]) -> String {
        let mut lines = self.lines.by_ref().map_while(std::result::Result::ok);
        let begins = |line: &String| beginnings.iter().any(|beginning| line.starts_with(beginning));
        lines.find(begins).unwrap_or_else(|| panic!("a line of {beginnings:?}"))
    }

    /// All further lines of the script and of the supervisor.
    fn rest(mut self) -> Vec<String> {
        let of_ours = |line: &String| {
            ["ended:", "interrupt", "^C received"].iter().any(|beginning| line.starts_with(beginning))
        };
        let rest = self.lines.by_ref().map_while(std::result::Result::ok).filter(of_ours).collect();
        self.child.wait().expect("its end");
        rest
    }
}

/// Lets what is started from here on have hangups: where tests are started by `nohup`, they are ignored otherwise.
fn listen_to_hangups() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let _ = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).expect("a signal");
    });
}

#[test]
fn where_signals_are_ignored_the_tests_of_signals_pass_all_the_same() {
    for test in [
        "endings::one_interrupt_is_enough_for_an_engine_that_listens",
        "signals::a_connection_that_is_gone_interrupts_the_engine_once",
    ] {
        passes_with_signals_ignored(&format!("process::supervise::tests::{test}"));
    }
}

fn passes_with_signals_ignored(test: &str) {
    let program = std::env::current_exe().expect("this test program");
    #[expect(clippy::disallowed_methods, reason = "a test starts itself")]
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT HUP; exec \"$0\" --exact \"$1\""]).arg(program).arg(test);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("this test program");
    let pid = i32::try_from(child.id()).expect("a process number");
    let _limit = Limit::new(LIMIT, move || tree::kill(pid, None));
    let output = child.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Says how often it was interrupted, and ends when the pipe `go` is written to.
fn engine(go: &std::path::Path) -> String {
    format!(
        "trap 'n=$((n+1)); echo interrupt $n' INT; trap 'echo interrupt by another' TERM HUP; echo up; \
         while [ ! -e {} ]; do sleep 0.02; done; exit 1",
        go.display()
    )
}

/// To whom a signal is sent.
#[derive(Clone, Copy)]
enum To {
    Process,
    Group,
}

fn send(to: To, signal: Sent, pid: Pid) {
    match to {
        To::Process => kill(pid, signal).expect("a process"),
        To::Group => killpg(pid, signal).expect("a group"),
    }
}

/// Starts the engine, sends signals at once and others later, and lets the engine end. What it said then must be
/// that it was interrupted once.
fn is_interrupted_once(at_once: &[(To, Sent)], later: &[(To, Sent)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let mut supervisor = Supervisor::start(&engine(&go), false);
    supervisor.line("up");
    let pid = supervisor.pid();
    for (to, signal) in at_once {
        send(*to, *signal, pid);
    }
    let stopping = supervisor.line("stopping: ");
    for (to, signal) in later {
        send(*to, *signal, pid);
    }
    std::fs::write(go, "").expect("a file");
    assert_eq!(supervisor.rest(), ["interrupt 1", "ended: Exited(1) Some(Interrupted) false"]);
    stopping
}

#[test]
fn an_interrupt_and_a_later_termination_of_our_process_interrupt_the_engine_once() {
    // GitHub: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>.
    let stopping = is_interrupted_once(&[(To::Process, Sent::SIGINT)], &[(To::Process, Sent::SIGTERM)]);
    assert_eq!(stopping, "stopping: Cancelled(Interrupt)");
}

#[test]
fn a_termination_of_our_group_interrupts_the_engine_once() {
    // GitLab: <https://docs.gitlab.com/runner/executors/shell/>.
    let stopping = is_interrupted_once(&[(To::Group, Sent::SIGTERM)], &[(To::Group, Sent::SIGTERM)]);
    assert_eq!(stopping, "stopping: Cancelled(Terminate)");
}

#[test]
fn both_signals_at_once_interrupt_the_engine_once() {
    is_interrupted_once(&[(To::Process, Sent::SIGINT), (To::Process, Sent::SIGTERM)], &[]);
}

#[test]
fn an_impatient_person_at_a_terminal_interrupts_the_engine_once() {
    let control_c = (To::Group, Sent::SIGINT);
    let stopping = is_interrupted_once(&[control_c], &[control_c, control_c, control_c]);
    assert_eq!(stopping, "stopping: Cancelled(Interrupt)");
}

#[test]
fn a_connection_that_is_gone_interrupts_the_engine_once() {
    let stopping = is_interrupted_once(&[(To::Group, Sent::SIGHUP)], &[]);
    assert_eq!(stopping, "stopping: Cancelled(Hangup)");
}

/// A process that left its parent, its group and its session, and keeps no pipe open.
#[cfg(target_os = "linux")]
const DAEMON: &str = "(setsid sh -c 'echo daemon $$; exec sleep 99999 >/dev/null 2>&1 </dev/null' &)";

#[cfg(target_os = "linux")]
fn daemon_of(supervisor: &mut Supervisor) -> String {
    supervisor.line("daemon ").split_off("daemon ".len())
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_is_killed_with_an_engine_that_does_not_listen() {
    let mut supervisor = Supervisor::start(
        &format!("trap 'n=$((n+1)); echo interrupt $n' INT; {DAEMON}; while :; do sleep 0.02; done"),
        true,
    );
    let daemon = daemon_of(&mut supervisor);
    send(To::Process, Sent::SIGTERM, supervisor.pid());
    assert_eq!(supervisor.rest(), ["interrupt 1", "interrupt 2", "ended: Signalled(9) Some(Killed) false"]);
    assert!(is_gone(&daemon));
}

/// The daemon has said its number before the script goes on.
#[cfg(target_os = "linux")]
fn after_the_daemon(then: &str) -> String {
    let daemon = DAEMON.replace("exec", ": > said; exec");
    format!("{daemon}; while [ ! -e said ]; do sleep 0.02; done; {then}")
}

#[cfg(target_os = "linux")]
#[test]
fn what_an_engine_killed_by_the_system_leaves_behind_is_killed() {
    let mut supervisor = Supervisor::start(&after_the_daemon("kill -9 $$"), false);
    let daemon = daemon_of(&mut supervisor);
    assert_eq!(supervisor.rest(), ["ended: Signalled(9) None false"]);
    assert!(is_gone(&daemon));
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_lives_on_when_the_engine_ends_by_itself() {
    let mut supervisor = Supervisor::start(&after_the_daemon("exit 0"), false);
    let daemon = daemon_of(&mut supervisor);
    assert_eq!(supervisor.rest(), ["ended: Exited(0) None false"]);
    let daemon = Pid::from_raw(daemon.parse().expect("a number"));
    kill(daemon, Sent::SIGKILL).expect("a process that lives");
}

/// Says what the real engine says of its signals, and ends at once at the second one.
fn talkative(go: &std::path::Path) -> String {
    format!(
        "on() {{ n=$((n+1)); if [ $n = 1 ]; then echo '^C received; cancelling. If you would'; else \
         echo '^C received; terminating'; exit 9; fi; }}; trap on INT TERM; echo up $$; \
         while [ ! -e {} ]; do :; done; exit 1",
        go.display()
    )
}

/// Who gets a signal of the CI system.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    Us,
    Engine,
}

/// Sends SIGTERM to both in this order, and lets the engine finish: it must have got no second signal of ours. With
/// `in_turn` the next is signalled only when the one before has said that it was.
fn is_let_finish(order: [Whom; 2], in_turn: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let mut supervisor = Supervisor::start_with(&talkative(&go), Some(LISTEN));
    let engine = supervisor.line("up ").split_off("up ".len()).parse().expect("a number");
    let (engine, us) = (Pid::from_raw(engine), supervisor.pid());
    let answer = |whom| if whom == Whom::Us { "stopping: " } else { "^C received; cancelling" };
    for whom in order {
        send(To::Process, Sent::SIGTERM, if whom == Whom::Us { us } else { engine });
        if in_turn {
            supervisor.line(answer(whom));
        }
    }
    if !in_turn {
        // Which of them speaks first is not known: both have when the ladder has been taken without a signal of ours.
        let first = supervisor.line_of(&["stopping: ", "^C received; cancelling"]);
        let other = if first.starts_with('^') { "stopping: " } else { "^C received; cancelling" };
        supervisor.line(other);
    }
    std::fs::write(go, "").expect("a file");
    assert_eq!(supervisor.rest(), ["ended: Exited(1) Some(Interrupted) false"]);
}

#[test]
fn an_engine_that_is_signalled_before_us_gets_no_second_signal() {
    // GitLab in containers, the youngest process first:
    // <https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go>; Jenkins, children first:
    // <https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/util/ProcessTree.java>.
    is_let_finish([Whom::Engine, Whom::Us], true);
}

#[test]
fn an_engine_that_is_signalled_right_after_us_gets_no_second_signal() {
    is_let_finish([Whom::Us, Whom::Engine], true);
}

#[test]
fn an_engine_that_is_signalled_together_with_us_gets_no_second_signal() {
    is_let_finish([Whom::Engine, Whom::Us], false);
}
