//! Runs that are stopped, wait, or lose their reader. The engine is a script, so that each step happens when the test
//! says so.

#![cfg(unix)]

use nix::sys::signal::Signal;

use crate::support::scripted::{end, result, scene, signal, until_begun};
use crate::support::{fixture, json};

/// Ends on SIGINT as soon as the summary page says that it is still finishing, and keeps what the page and the result
/// said then. A report that is not there after 3 s is too late.
const GRACEFUL: &str = r#"
finish() {
  tries=0
  until grep -q "still finishing" "$GITHUB_STEP_SUMMARY"; do
    tries=$((tries + 1)); [ $tries -gt 150 ] && echo late && exit 1
    sleep 0.02
  done
  cp "$GITHUB_STEP_SUMMARY" "$ROOT/summary-then"
  cp "$ROOT"/runner/stackstep-hello-dev-up-*.json "$ROOT/result-then"
  echo finished; exit 1
}
trap finish INT
[ -e events ] && cat events > "$LOG"
echo > "$ROOT/begun"
while :; do sleep 0.02; done
"#;

#[test]
fn a_cancelled_run_reports_at_once_and_again_at_its_end() {
    let scene = scene(GRACEFUL);
    let child = scene.start("up");
    until_begun(&scene);
    signal(&child, Signal::SIGINT);
    let (status, log) = end(child);
    assert_eq!(status.code(), Some(130), "{log}");
    assert!(log.contains("finished"), "the engine was let finish:\n{log}");
    assert_eq!(result(&scene)["status"], "cancelled");
    assert_eq!(scene.github_outputs()["status"], "cancelled");
    let summary = scene.summary();
    assert!(!summary.contains("still finishing") && summary.contains("released the lock"), "{summary}");
}

#[test]
fn what_is_reported_at_once_has_the_steps_so_far() {
    let scene = scene(GRACEFUL);
    // Resources are done and begun, and then the log stops.
    let log = std::fs::read_to_string(fixture("recordings/up-create/events.jsonl")).unwrap();
    let so_far: Vec<&str> = log.lines().take(33).collect();
    scene.write("events", &(so_far.join("\n") + "\n"));
    let child = scene.start("up");
    until_begun(&scene);
    signal(&child, Signal::SIGTERM);
    let (_, log) = end(child);
    assert!(log.contains("finished") && !log.contains("late"), "{log}");
    let then = json(scene.root().join("result-then"));
    assert_eq!((&then["status"], &then["reason"]), (&"cancelled".into(), &"cancelled".into()));
    let statuses: Vec<_> = then["steps"].as_array().unwrap().iter().map(|step| &step["status"]).collect();
    assert!(statuses.contains(&&"done".into()) && statuses.contains(&&"unfinished".into()), "{statuses:?}");
    let notes = then["notes"].to_string();
    assert!(notes.contains("still finishing") && notes.contains("are being worked on"), "{notes}");
    assert!(!notes.contains("stops in the middle"), "{notes}");
    let page = std::fs::read_to_string(scene.root().join("summary-then")).unwrap();
    assert!(page.contains("cancelled, the engine is still finishing"), "{page}");
    let steps = |result: &serde_json::Value| result["steps"].as_array().unwrap().len();
    assert_eq!(steps(&then), steps(&result(&scene)));
}

#[test]
fn a_second_signal_does_not_hurry_the_engine() {
    let scene = scene(GRACEFUL);
    let child = scene.start("up --grace-period 1h");
    until_begun(&scene);
    signal(&child, Signal::SIGINT);
    signal(&child, Signal::SIGTERM);
    let (status, log) = end(child);
    assert_eq!(status.code(), Some(130), "{log}");
    assert!(log.contains("finished"), "{log}");
}

#[test]
fn sigterm_ends_with_143() {
    let scene = scene(GRACEFUL);
    let child = scene.start("up");
    until_begun(&scene);
    signal(&child, Signal::SIGTERM);
    assert_eq!(end(child).0.code(), Some(143));
}

#[test]
fn an_engine_that_does_not_stop_is_killed_and_the_report_says_so() {
    let scene = scene("trap '' INT\necho > \"$ROOT/begun\"\nwhile :; do sleep 0.02; done\n");
    let child = scene.start("up --grace-period 0s");
    until_begun(&scene);
    signal(&child, Signal::SIGINT);
    assert_eq!(end(child).0.code(), Some(130));
    assert!(
        scene.summary().contains("was killed") && scene.summary().contains("the lock may still be there"),
        "{}",
        scene.summary()
    );
}

#[test]
fn a_timeout_ends_with_9() {
    let scene = scene("trap 'exit 1' INT\nwhile :; do sleep 0.02; done\n");
    let (status, log) = end(scene.start("up --timeout 50ms"));
    assert_eq!(status.code(), Some(70), "{log}");
    assert_eq!(result(&scene)["reason"], "timeout");
}

#[test]
fn a_reader_that_goes_away_cancels_nothing() {
    let scene = scene(
        "echo > \"$ROOT/begun\"\nread go < \"$ROOT/go\"\necho one; echo two; echo done > \"$ROOT/done\"\ncat whole > \"$LOG\"\n",
    );
    scene.write("whole", WHOLE);
    nix::unistd::mkfifo(&scene.root().join("go"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut child = scene.start("up");
    until_begun(&scene);
    drop(child.stdout.take());
    drop(child.stderr.take());
    std::fs::write(scene.root().join("go"), "go\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(scene.root().join("done").exists(), "the engine was cut off");
    assert_eq!(result(&scene)["status"], "succeeded");
}

/// Somebody holds the lock at the first try.
const LOCKED_ONCE: &str = r#"
if [ ! -e "$ROOT/tried" ]; then
  : > "$ROOT/tried"
  echo 'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.' >&2
  echo '  file:///state/.pulumi/locks/organization/hello/dev/x.json: created by ci@runner (pid 7) at 2026-11-20T23:26:20Z' >&2
  exit 1
fi
echo deployed
cat whole > "$LOG"
"#;

/// A log in which nothing changes: outputs that are known are not asked for.
const WHOLE: &str = concat!(
    r#"{"sequence":0,"timestamp":1,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev","type":"pulumi:pulumi:Stack","new":{"type":"pulumi:pulumi:Stack","urn":"urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev","outputs":{}}}}}"#,
    "\n",
    r#"{"sequence":1,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1},"result":"succeeded"}}"#,
    "\n",
);

#[test]
fn a_lock_is_waited_for_and_its_holder_is_named() {
    let scene = scene(LOCKED_ONCE);
    scene.write("whole", WHOLE);
    let (status, log) = end(scene.start("up --lock-timeout 1h"));
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("waiting for the stack's lock for 0 s: ci@runner (pid 7) at 2026-11-20T23:26:20Z"),
        "{log}"
    );
    assert_eq!(result(&scene)["engine"]["processes"], 2);
}

#[test]
fn without_a_lock_timeout_a_lock_is_the_reason() {
    let scene = scene(LOCKED_ONCE);
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(1), "{log}");
    assert_eq!(result(&scene)["reason"], "lock");
}

#[test]
fn the_engine_that_is_killed_from_outside_is_reported() {
    let scene = scene("kill -9 $$\n");
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(137), "{log}");
    assert_eq!(result(&scene)["reason"], "engine");
}

#[test]
fn an_engine_that_can_not_be_started_is_reported() {
    let scene = scene("true\n");
    // The kernel starts no file that names an interpreter which is not there.
    std::fs::write(scene.program.join("engine"), "#!/nowhere/sh\n").unwrap();
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(71), "{log}");
    assert_eq!(result(&scene)["reason"], "install");
    assert_eq!(scene.github_outputs()["status"], "failed");
}

/// Deploys with a secret output, and can't print it afterwards.
const FORGETFUL: &str = r#"
case $1 in up)
  echo '{"sequence":0,"timestamp":1,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev","type":"pulumi:pulumi:Stack","new":{"type":"pulumi:pulumi:Stack","urn":"urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev","outputs":{"token":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"[secret]"}}}}}}' > "$LOG"
  echo '{"sequence":1,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1},"result":"succeeded"}}' >> "$LOG";;
*) echo 'error: the backend is gone' >&2; exit 1;;
esac
"#;

#[test]
fn a_deployment_stays_good_when_its_secret_outputs_can_not_be_read() {
    let scene = scene(FORGETFUL).with("STACKSTEP_SECRET_OUTPUTS", "*");
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("the secret outputs could not be read: error: the backend is gone"), "{log}");
    assert_eq!(result(&scene)["status"], "succeeded");
    assert!(!scene.github_outputs().contains_key("token"));
}

/// Fails as soon as it is let go: a provider of it is gone.
const ORPHANED: &str = r#"
cat events > "$LOG"
echo $$ > "$ROOT/begun"
read go < "$ROOT/go"
exit 1
"#;

const LOST: &str = "{\"sequence\":1,\"timestamp\":1,\"diagnosticEvent\":{\"urn\":\
                    \"urn:pulumi:dev::hello::aws:s3/bucket:Bucket::logs\",\"severity\":\"error\",\"message\":\
                    \"error reading from server: EOF\"}}\n";

#[test]
fn a_run_whose_processes_were_ended_before_it_was_told_is_cancelled_and_not_failed() {
    let scene = scene(ORPHANED);
    scene.write("events", LOST);
    nix::unistd::mkfifo(&scene.root().join("go"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let child = scene.start("up");
    let engine = until_begun(&scene).trim().to_owned();
    std::fs::write(scene.root().join("go"), "go\n").unwrap();
    while std::path::Path::new("/proc").join(&engine).exists() {
        std::thread::yield_now();
    }
    signal(&child, Signal::SIGTERM);
    let (status, log) = end(child);
    assert_eq!(status.code(), Some(143), "{log}");
    let result = result(&scene);
    assert_eq!((&result["status"], &result["reason"]), (&"cancelled".into(), &"cancelled".into()));
    assert!(log.contains("a provider's process ended before it answered"), "{log}");
    assert!(!log.contains("install the plugin"), "{log}");
}

#[test]
fn the_lock_of_an_engine_that_was_killed_is_named_with_its_way_out() {
    let scene = scene(
        "mkdir -p \"$ROOT/state/.pulumi/locks/organization/hello/dev\"\n\
         echo '{}' > \"$ROOT/state/.pulumi/locks/organization/hello/dev/1.json\"\nkill -9 $$\n",
    );
    let (status, log) = end(scene.start("up"));
    assert_eq!(status.code(), Some(137), "{log}");
    let result = result(&scene);
    assert!(result["notes"].to_string().contains("the stack is locked"), "{result}");
    assert!(result["hint"].as_str().unwrap().contains("`pulumi cancel` releases the lock"), "{result}");
}

#[test]
fn a_killed_preview_is_not_said_to_have_left_a_lock() {
    let scene = scene("kill -9 $$\n");
    let (status, log) = end(scene.start("preview"));
    assert_eq!(status.code(), Some(137), "{log}");
    assert!(!log.contains("lock"), "{log}");
}

/// Says that it was told by somebody else, and finishes what it had begun; a second signal would end it at once.
const TOLD: &str = r#"
n=0
on() {
  n=$((n+1))
  [ $n -gt 1 ] && echo '^C received; terminating' && exit 9
  echo '^C received; cancelling. If you would like to terminate immediately, press ^C again.'
}
trap on INT TERM
cat events > "$LOG"
echo $$ > "$ROOT/begun"
until grep -q "still finishing" "$GITHUB_STEP_SUMMARY"; do sleep 0.02; done
tail -n +74 all-events >> "$LOG"
exit 1
"#;

#[test]
fn a_run_whose_engine_was_told_first_says_that_it_finished_and_nothing_else() {
    let scene = scene(TOLD);
    let all = std::fs::read_to_string(fixture("recordings/up-interrupted/events.jsonl")).unwrap();
    let so_far: Vec<&str> = all.lines().take(73).collect();
    scene.write("all-events", &all);
    scene.write("events", &(so_far.join("\n") + "\n"));
    let child = scene.start("up --grace-period 1h");
    let engine = until_begun(&scene).trim().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(engine), Signal::SIGTERM).unwrap();
    signal(&child, Signal::SIGTERM);
    let (status, log) = end(child);
    assert_eq!(status.code(), Some(143), "{log}");
    assert!(!log.contains("terminating"), "{log}");
    let notes = result(&scene)["notes"].to_string();
    assert!(notes.contains("finished what it had begun and released the lock"), "{notes}");
    assert!(!notes.contains("never finished"), "{notes}");
}
