//! Commands: those that end well or not, hang, are killed, are not there, or are stopped with the run.

use std::path::Path;
use std::time::Duration;

use stackstep::base::env::Env;
use stackstep::base::error::Error;
use stackstep::base::http::Http;
use stackstep::checks::command::CommandPlace;
use stackstep::checks::round::CheckRound;
use stackstep::checks::settings::CheckSubject;
use stackstep::ci;
use stackstep::ci::console::Console;
use stackstep::process::signals::{Signal, Signals};
use stackstep::report::CheckResult;

use super::{FAILED, PASSED, UNCLEAR, checks};

const MINUTE: Duration = Duration::from_secs(60);

/// Runs the only check of the list in `folder`. `Err` is what is found out before the deployment.
async fn run_in(folder: &Path, list: &str, time: Duration, signals: &Signals) -> Result<CheckResult, Error> {
    let all = stackstep::checks::Checks { timeout: time, ..checks(list) };
    let env = Env::from_pairs(folder, [("PATH", "/usr/bin:/bin")]);
    let system = ci::detect(&env);
    let (console, http) = (Console::new(system), Http::for_probes(&env).unwrap());
    let place =
        CommandPlace { folder, env: &env, withheld: &[], log: system.log(), console: &console, signals };
    let check = &all.list[0];
    let CheckSubject::Run(command) = &check.subject else { panic!("{check:?}") };
    let ready = place.find(&check.name, command)?;
    let variables = [("STACKSTEP_OUTPUT_url".to_owned(), "https://a".to_owned())];
    let round = CheckRound::after(&all, &http, &env, signals);
    Ok(round.command(check, command, &ready, &place, &variables).await)
}

async fn run(list: &str) -> CheckResult {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), list, MINUTE, &Signals::none()).await.unwrap()
}

fn shell(script: &str) -> String {
    format!("[{{ run: '{script}', shell: true }}]")
}

#[tokio::test]
async fn the_exit_status_says_what_came_of_it() {
    for (script, outcome, message) in [
        ("exit 0", PASSED, None),
        ("exit 3", FAILED, Some("exit status 3")),
        ("exit 75", UNCLEAR, Some("it could not find out (exit status 75)")),
        ("kill -9 $$", UNCLEAR, Some("it was killed by signal 9")),
    ] {
        let result = run(&shell(script)).await;
        assert_eq!((result.outcome, result.message.as_deref()), (outcome, message), "{script}");
    }
}

#[tokio::test]
async fn what_it_prints_is_no_part_of_the_result() {
    let result = run(&shell("echo hunter2; echo hunter2 >&2; exit 1")).await;
    assert!(!super::told(&result).contains("hunter2"), "{result:?}");
}

#[tokio::test]
async fn it_has_the_stack_s_outputs() {
    assert_eq!(run(&shell("test \"$STACKSTEP_OUTPUT_url\" = https://a")).await.outcome, PASSED);
}

#[tokio::test]
async fn no_shell_reads_the_words_of_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[{ run: [test, '$HOME; exit 1', '=', '$HOME; exit 1'] }]";
    let result = run_in(folder.path(), list, MINUTE, &Signals::none()).await.unwrap();
    assert_eq!(result.outcome, PASSED);
}

#[tokio::test]
async fn one_that_hangs_fails_by_its_own_limit_and_is_not_known_by_that_of_all() {
    let hangs = "exec sleep 600";
    let result = run(&format!("[{{ run: '{hangs}', shell: true, within: 50ms }}]")).await;
    assert_eq!((result.outcome, result.message.as_deref()), (FAILED, Some("it did not end within 50ms")));
    let folder = tempfile::tempdir().unwrap();
    let time = Duration::from_millis(50);
    let result = run_in(folder.path(), &shell(hangs), time, &Signals::none()).await.unwrap();
    assert_eq!((result.outcome, result.message.as_deref()), (UNCLEAR, Some("there was no time left")));
}

#[tokio::test]
async fn one_that_ignores_signals_is_killed() {
    let script = "trap \"\" INT TERM; while :; do sleep 0.01; done";
    let result = run(&format!("[{{ run: '{script}', shell: true, within: 50ms }}]")).await;
    assert_eq!(result.outcome, FAILED, "{result:?}");
}

#[tokio::test]
async fn a_signal_to_the_run_stops_it_and_leaves_it_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let begun = folder.path().join("begun");
    nix::unistd::mkfifo(&begun, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let signals = Signals::none();
    let cancelling = signals.clone();
    std::thread::spawn(move || {
        std::fs::read(begun).unwrap();
        cancelling.cancel(Signal::Terminate);
    });
    let list = shell("echo > begun; exec sleep 600");
    let result = run_in(folder.path(), &list, Duration::from_secs(600), &signals).await.unwrap();
    assert_eq!((result.outcome, result.message.as_deref()), (UNCLEAR, Some("the run was stopped")));
}

#[tokio::test]
async fn it_is_tried_again_where_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        "[{ run: 'echo >> tries; test $(wc -l < tries) -ge 3', shell: true, every: 1ms, ready-within: 50s }]";
    let result = run_in(folder.path(), list, MINUTE, &Signals::none()).await.unwrap();
    assert_eq!((result.outcome, result.early_tries), (PASSED, 2), "{result:?}");
}

#[tokio::test]
async fn a_program_or_folder_that_is_not_there_is_found_out_before_the_deployment() {
    let folder = tempfile::tempdir().unwrap();
    for (list, what) in [
        ("[{ run: [./smoke.sh] }]", "the program of the check `smoke.sh` is not there: `./smoke.sh`"),
        ("[{ run: [no-such-program] }]", "the program of the check `no-such-program` is not there"),
        ("[{ run: [sh], cwd: tests }]", "there is no folder `"),
    ] {
        let error = run_in(folder.path(), list, MINUTE, &Signals::none()).await.unwrap_err();
        assert!(error.to_string().starts_with(what), "{error}");
        assert!(error.hint().is_some());
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_executed_is_found_out_before_the_deployment() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("smoke.sh"), "exit 0\n").unwrap();
    let error = run_in(folder.path(), "[{ run: [./smoke.sh] }]", MINUTE, &Signals::none()).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the program of the check `smoke.sh` may not be executed"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--chmod=+x"));
}

#[tokio::test]
async fn a_file_that_is_no_program_fails_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("smoke");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let result = run_in(folder.path(), "[{ run: [./smoke] }]", MINUTE, &Signals::none()).await.unwrap();
    assert_eq!(result.outcome, FAILED);
    assert!(result.message.as_ref().unwrap().contains("could not start"), "{result:?}");
}
