//! A run that is killed, and the post step that completes its report.

#![cfg(unix)]

use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::forge::{FACES, Fake, TOKEN};
use crate::support::pulumi_cloud::esc::{secret, with_environments};
use crate::support::scripted::{end, result, scene, signal, until_begun};
use crate::support::{Scene, fixture, json, read_from_pipe};

/// Writes the events that there are, says its number once the post step's state has it, and works on until it is told
/// to stop.
const WORKING: &str = r#"
cat events > "$LOG"
trap 'tail -n +34 all-events >> "$LOG"; exit 1' INT
until grep -q "\"pid\":$$," "$(sed -n 2p "$ROOT/github-state")"; do sleep 0.02; done
echo $$ > "$ROOT/begun"
while :; do sleep 0.02; done
"#;

/// A run in the middle of its work, stackstep's process gone; the engine's number.
fn killed(scene: &Scene) -> Pid {
    killed_after(scene, "")
}

/// The same, with these events behind the recorded ones.
fn killed_after(scene: &Scene, more: &str) -> Pid {
    let log = std::fs::read_to_string(fixture("recordings/up-create/events.jsonl")).unwrap();
    let so_far: Vec<&str> = log.lines().take(33).collect();
    scene.write("all-events", &log);
    scene.write("events", &(so_far.join("\n") + "\n" + more));
    let child = scene.start("up");
    let engine = until_begun(scene).trim().parse().unwrap();
    signal(&child, Signal::SIGKILL);
    assert_eq!(end(child).0.code(), None);
    Pid::from_raw(engine)
}

fn left(scene: &Scene) -> PathBuf {
    scene.github_state()["unfinished"].clone().into()
}

fn notes(scene: &Scene) -> String {
    result(scene)["notes"].to_string()
}

/// As if stackstep had been killed right after it had started the engine, and before it wrote down which process that is.
fn forget_the_engine(scene: &Scene) {
    let path = left(scene);
    let mut unfinished = json(&path);
    assert_eq!(unfinished["starting"], "engine");
    unfinished["engine"] = serde_json::Value::Null;
    std::fs::write(path, unfinished.to_string()).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn an_engine_that_was_just_being_started_is_found_and_asked_to_stop() {
    let scene = scene(WORKING);
    let engine = killed(&scene);
    forget_the_engine(&scene);
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
    assert!(notes(&scene).contains("it was asked to stop"), "{}", notes(&scene));
    let stat = std::fs::read_to_string(format!("/proc/{engine}/stat"));
    assert!(stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z ")), "the engine still runs");
}

#[test]
#[cfg(target_os = "linux")]
fn of_an_engine_that_was_just_being_started_and_is_gone_nothing_is_claimed() {
    let scene = scene(WORKING);
    kill(killed(&scene), Signal::SIGKILL).unwrap();
    forget_the_engine(&scene);
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
    assert!(notes(&scene).contains("whether it has begun anything is not known"), "{}", notes(&scene));
    assert_eq!(result(&scene)["incomplete"], true);
}

/// Answers what the configuration is, which has a secret.
const CONFIGURED: &str = r#"
case "$*" in config*) echo '{"shop:token":{"value":"secret-of-the-configuration","secret":true}}'; exit 0;; esac
"#;

#[test]
fn secrets_that_only_the_killed_run_knew_are_in_no_report_of_a_later_step() {
    let scene = scene(&(CONFIGURED.to_owned() + WORKING)).with("STACKSTEP_MASK_CONFIG", "true");
    let said = r#"{"sequence":33,"timestamp":1,"diagnosticEvent":{"message":"it is secret-of-the-configuration\n","color":"never","severity":"info"}}"#;
    kill(killed_after(&scene, &format!("{said}\n")), Signal::SIGKILL).unwrap();
    let left = left(&scene).display().to_string();
    let finish = scene.run_args(&["finish", &left]).ends_with(0).never_says("secret-of-the-configuration");
    finish.says("values, outputs and messages are left out");
    let result = result(&scene);
    assert!(!result.to_string().contains("secret-of-the-configuration"), "{result}");
    assert!(!scene.summary().contains("secret-of-the-configuration"), "{}", scene.summary());
    assert_eq!(result["steps"].as_array().unwrap().len(), 7, "{result}");
}

#[test]
fn what_an_environment_of_esc_has_opened_for_a_killed_run_is_told_nobody_and_is_removed() {
    const KEY: &str = "hunter2-hunter2-hunter2";
    const TOKEN_OF_CLOUD: &str = "pul-0123456789abcdef";
    let (server, environments) = with_environments(TOKEN_OF_CLOUD);
    let properties = serde_json::json!({
        "environmentVariables": { "value": { "KEY": secret(KEY) } }, "files": { "value": { "KUBECONFIG": secret(KEY) } },
    });
    environments.lock().unwrap().kept.insert("acme/shop/prod".to_owned(), Ok(properties));
    let scene = scene(WORKING);
    std::fs::create_dir(scene.root().join("tmp")).unwrap();
    let folder = scene.root().join("tmp").display().to_string();
    let scene = scene
        .with("TMPDIR", &folder)
        .with("PULUMI_API", &server.url())
        .with("PULUMI_ACCESS_TOKEN", TOKEN_OF_CLOUD)
        .with("STACKSTEP_ESC", "acme/shop/prod");
    let said = format!(
        r#"{{"sequence":33,"timestamp":1,"diagnosticEvent":{{"message":"the key is {KEY}\n","color":"never","severity":"info"}}}}"#
    );
    kill(killed_after(&scene, &format!("{said}\n")), Signal::SIGKILL).unwrap();
    assert_eq!(folders(&scene), 3, "for the event log, for credentials, and for the opened file");
    let left = left(&scene).display().to_string();
    scene.run_args(&["finish", &left]).ends_with(0).never_says(KEY);
    assert!(!result(&scene).to_string().contains(KEY) && !scene.summary().contains(KEY));
    assert_eq!(folders(&scene), 0);
}

#[test]
fn the_report_of_a_killed_run_is_completed_from_its_event_log() {
    let scene = scene(WORKING);
    let engine = killed(&scene);
    kill(engine, Signal::SIGKILL).unwrap();
    let left = left(&scene);
    scene.run_args(&["finish", &left.display().to_string()]).ends_with(0).says("reason: engine");
    let result = result(&scene);
    assert_eq!((&result["status"], &result["exit_code"]), (&"failed".into(), &137.into()));
    assert_eq!(result["steps"].as_array().unwrap().len(), 7, "{result}");
    let notes = notes(&scene);
    assert!(notes.contains("a later step has put this together"), "{notes}");
    assert!(notes.contains("the engine is gone") && notes.contains("stops in the middle"), "{notes}");
    assert!(scene.summary().contains("a later step has put this together"), "{}", scene.summary());
    assert!(!left.parent().unwrap().exists(), "the run's folder is still there");
}

/// As if the run had been one of a change request's own stack.
fn of_a_review_stack(scene: &Scene) {
    let path = left(scene);
    let mut unfinished = json(&path);
    assert_eq!(unfinished["review_environment"], serde_json::Value::Null);
    unfinished["review_environment"] = "review/pr-7".into();
    std::fs::write(path, unfinished.to_string()).unwrap();
}

#[test]
fn the_file_of_a_change_names_no_forge_for_the_report_of_its_own_stack() {
    for is_review in [false, true] {
        let other = Fake::start(FACES.iter().copied().find(|face| face.name() == "github").unwrap());
        let scene =
            scene(WORKING).with("STACKSTEP_COMMIT_STATUS", "true").with("STACKSTEP_FORGE_TOKEN", TOKEN);
        let engine = killed(&scene);
        kill(engine, Signal::SIGKILL).unwrap();
        let scene = scene
            .with("GITHUB_SERVER_URL", "http://127.0.0.1:9")
            .with("GITHUB_API_URL", "http://127.0.0.1:9");
        scene.write("stackstep.yaml", &format!("forge-url: \"{}\"\n", other.server.url()));
        if is_review {
            of_a_review_stack(&scene);
        }
        scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
        assert_eq!(other.server.received().is_empty(), is_review, "{is_review}");
    }
}

#[test]
fn an_engine_that_was_left_alone_is_asked_to_stop_and_its_last_events_are_read() {
    let scene = scene(WORKING);
    killed(&scene);
    let left = left(&scene).display().to_string();
    scene
        .run_args(&["finish", &left])
        .ends_with(0)
        .says("it was asked to stop, finished what it had begun and has ended");
    assert!(!notes(&scene).contains("stops in the middle"), "{}", notes(&scene));
}

#[test]
fn a_run_that_was_cancelled_first_is_cancelled() {
    let scene = scene(
        "trap 'until grep -q \"still finishing\" \"$GITHUB_STEP_SUMMARY\"; do sleep 0.02; done; echo > \"$ROOT/asked\"' \
         INT\necho $$ > \"$ROOT/begun\"\nwhile :; do sleep 0.02; done\n",
    );
    nix::unistd::mkfifo(&scene.root().join("asked"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let child = scene.start("up --grace-period 1h");
    let engine: i32 = until_begun(&scene).trim().parse().unwrap();
    signal(&child, Signal::SIGTERM);
    read_from_pipe(&scene.root().join("asked"));
    assert!(scene.summary().contains("still finishing"));
    signal(&child, Signal::SIGKILL);
    end(child);
    kill(Pid::from_raw(engine), Signal::SIGKILL).unwrap();
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
    let result = result(&scene);
    assert_eq!((&result["status"], &result["exit_code"]), (&"cancelled".into(), &143.into()));
    assert!(!scene.summary().contains("still finishing"), "it was written over:\n{}", scene.summary());
}

#[test]
fn the_post_step_writes_on_a_page_of_its_own() {
    let scene = scene(WORKING);
    let engine = killed(&scene);
    kill(engine, Signal::SIGKILL).unwrap();
    let page = scene.root().join("post-summary");
    std::fs::write(&page, "# before\n").unwrap();
    let left = left(&scene).display().to_string();
    let scene = scene.with("GITHUB_STEP_SUMMARY", &page.display().to_string());
    scene.run_args(&["finish", &left]).ends_with(0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("# before\n") && page.contains("a later step"), "{page}");
}

#[test]
fn a_lock_that_was_left_is_reported() {
    let scene = scene(WORKING);
    let engine = killed(&scene);
    kill(engine, Signal::SIGKILL).unwrap();
    let locks = scene.root().join("state/.pulumi/locks/organization/hello/dev");
    std::fs::create_dir_all(&locks).unwrap();
    std::fs::write(locks.join("1.json"), "{}").unwrap();
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0).says("the stack is locked");
}

#[test]
fn after_a_run_that_reported_its_end_there_is_nothing_to_do() {
    let scene = scene("exit 0\n");
    assert_eq!(end(scene.start("up")).0.code(), Some(0));
    let left = left(&scene);
    assert!(!left.exists());
    std::fs::remove_file(scene.root().join("begun")).unwrap();
    let before = scene.snapshot();
    let run = scene.run_args(&["finish", &left.display().to_string()]).ends_with(0);
    assert_eq!(run.log(), "");
    assert!(scene.snapshot() == before, "files were touched");
}

#[test]
fn what_is_no_state_of_ours_is_left_alone() {
    let scene = scene("exit 0\n");
    for text in ["", "{}", "[1,2]", "\u{0}"] {
        scene.write("other/unfinished.json", text);
        scene.run_args(&["finish", "other/unfinished.json"]).ends_with(0);
        assert!(scene.program.join("other/unfinished.json").exists());
    }
}

#[test]
fn the_file_that_is_left_holds_no_secret_and_nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = scene(WORKING)
        .with("PULUMI_CONFIG_PASSPHRASE", "hunter2-hunter2")
        .with("PULUMI_STACK_NOTE", "x")
        .with("GITHUB_SHA", "hunter2-hunter2");
    let engine = killed(&scene);
    kill(engine, Signal::SIGKILL).unwrap();
    let left = left(&scene);
    let text = std::fs::read_to_string(&left).unwrap();
    assert!(text.contains("***") && !text.contains("hunter2"), "{text}");
    let mode = std::fs::metadata(left.parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(json(&left)["about"]["stack"], "dev");
    scene.run_args(&["finish", &left.display().to_string()]).ends_with(0).never_says("hunter2-hunter2-");
}

#[test]
fn the_engine_does_not_see_the_post_steps_state() {
    let scene = scene("echo \"state: <$GITHUB_STATE>\"\n");
    let (_, log) = end(scene.start("up"));
    assert!(log.contains("state: <>"), "{log}");
}

/// What killed runs of this scene have left among the temporary files.
fn folders(scene: &Scene) -> usize {
    let left = std::fs::read_dir(scene.root().join("tmp")).unwrap();
    left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("stackstep-"))
        .count()
}

/// A run that has been killed, with its temporary files where the test sees them.
fn killed_with_credentials() -> Scene {
    let scene = scene(&format!(
        "[ \"$1\" = version ] && exec echo v3.276.0\necho pul-0123456789 > \"$PULUMI_CREDENTIALS_PATH/credentials.json\"\n{WORKING}"
    ));
    std::fs::create_dir(scene.root().join("tmp")).unwrap();
    let folder = scene.root().join("tmp").display().to_string();
    let scene = scene
        .with("TMPDIR", &folder)
        .with("PULUMI_BACKEND_URL", "https://pulumi.example")
        .with("PULUMI_ACCESS_TOKEN", "pul-0123456789");
    let engine = killed(&scene);
    kill(engine, Signal::SIGKILL).unwrap();
    assert_eq!(folders(&scene), 2, "one for the event log and one for credentials");
    scene
}

#[test]
fn the_credentials_of_a_killed_run_are_removed() {
    let scene = killed_with_credentials();
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
    assert_eq!(folders(&scene), 0);
}

#[test]
fn a_later_run_removes_credentials_and_leaves_what_the_post_step_needs() {
    let scene = killed_with_credentials();
    scene.run("doctor");
    assert!(left(&scene).exists(), "the post step is still to come");
    assert_eq!(folders(&scene), 1);
    scene.run_args(&["finish", &left(&scene).display().to_string()]).ends_with(0);
    assert_eq!(folders(&scene), 0);
}

/// Writes as the real engine does, and has started something that does not end with it.
const WRITING: &str = r#"
cat events > "$LOG"
until grep -q "\"pid\":$$," "$(sed -n 2p "$ROOT/github-state")"; do sleep 0.02; done
(setsid sleep 99999 > /dev/null 2>&1 < /dev/null & echo $! > "$ROOT/left")
echo $$ > "$ROOT/begun"
while :; do echo "@ updating...."; done
"#;

fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
}

#[cfg(target_os = "linux")]
#[test]
fn an_engine_that_lost_its_reader_is_gone_and_what_it_left_is_named_and_ended() {
    let scene = scene(WRITING);
    let engine = killed(&scene).to_string();
    while lives(&engine) {
        std::thread::yield_now();
    }
    let left = std::fs::read_to_string(scene.root().join("left")).unwrap().trim().to_owned();
    assert!(lives(&left));
    let file = self::left(&scene).display().to_string();
    scene.run_args(&["finish", &file]).ends_with(0).says("nobody read its output any more").says("`sleep`");
    assert!(!lives(&left), "it was left");
    let notes = notes(&scene);
    assert!(notes.contains("what it had begun was not finished") && notes.contains("lock"), "{notes}");
}
