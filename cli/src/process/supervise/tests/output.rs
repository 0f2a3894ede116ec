//! What goes in and what comes out of a real process.

use super::support::Case;
use super::*;
use crate::process::stream::Passing;
use crate::process::told::Deaf;
use std::time::Duration;

#[tokio::test]
async fn standard_input_arrives_whole_and_ends() {
    let mut case = Case::new("wc -c");
    case.process.stdin = Some(vec![b'x'; 1 << 20]);
    let ended = case.run().await;
    assert_eq!(ended.stdout.masked().trim(), "1048576");
}

#[tokio::test]
async fn standard_input_that_nobody_reads_holds_nobody_up() {
    let mut case = Case::new("exit 3");
    case.process.stdin = Some(vec![b'x'; 1 << 20]);
    assert_eq!(case.run().await.status, ProcessStatus::Exited(3));
}

#[tokio::test]
async fn without_standard_input_there_is_none() {
    let mut case = Case::new("cat; echo end");
    assert_eq!(case.run().await.stdout.masked(), "end\n");
}

#[tokio::test]
async fn the_environment_is_ours_with_what_is_set_and_without_what_is_removed() {
    let mut case = Case::new("");
    case.process.program = "/usr/bin/env".into();
    case.process.args.clear();
    case.process.set = vec![("NEW".into(), "value".into())];
    case.process.remove = vec!["PATH".into(), "NEW".into()];
    let environment = case.run().await.stdout.masked();
    assert!(environment.lines().any(|line| line == "NEW=value"), "{environment}");
    assert!(environment.lines().count() > 1, "{environment}");
    assert!(!environment.lines().any(|line| line.starts_with("PATH=")), "{environment}");
}

#[tokio::test]
async fn the_folder_is_as_asked_for() {
    let mut case = Case::new("pwd -P");
    let folder = case.folder.path().canonicalize().expect("a folder");
    assert_eq!(case.run().await.stdout.masked(), format!("{}\n", folder.display()));
}

#[test]
fn a_process_never_shows_the_values_of_its_environment_or_its_input() {
    let mut case = Case::new("");
    case.process.set = vec![("TOKEN".into(), "hunter22".into())];
    case.process.stdin = Some(b"hunter23".to_vec());
    let shown = format!("{:?}", case.process);
    assert!(shown.contains("TOKEN") && !shown.contains("hunter"), "{shown}");
}

#[tokio::test]
async fn a_secret_that_is_written_in_pieces_to_either_stream_is_hidden() {
    let mut case =
        Case::new("for i in 1 2; do printf hun; printf 'ter%s' 2; printf '2\\n'; done; echo hunter22 >&2");
    case.masker.add("password", "hunter22");
    let ended = case.run().await;
    assert_eq!(case.log.text(), "***\n***\n***\n");
    assert_eq!((ended.stdout.masked(), ended.stderr.masked()), ("***\n***\n".into(), "***\n".into()));
}

#[tokio::test]
async fn a_captured_stream_is_not_in_the_log() {
    let mut case = Case::new("echo '{\"password\":\"hunter22\"}'; echo note >&2");
    case.masker.add("password", "hunter22");
    case.passing = Passing::Captured;
    let ended = case.run().await;
    assert_eq!(case.log.text(), "note\n");
    assert_eq!(ended.stdout.raw(), Some(&b"{\"password\":\"hunter22\"}\n"[..]));
}

#[tokio::test]
async fn a_reader_who_is_gone_cancels_nothing() {
    let mut case = Case::new(
        "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo '{}' > events; exit 5",
    );
    case.log.close();
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(5));
    assert!(ended.closed_output);
    assert!(ended.stdout.masked().ends_with("line 19999\n"));
    assert_eq!(case.events, ["{}"]);
}

#[tokio::test]
async fn garbage_and_endless_lines_arrive_as_they_are() {
    let mut case =
        Case::new("printf 'a\\000b\\377c\\r'; head -c 1048576 /dev/zero | tr '\\000' x; printf 'end'");
    let ended = case.run().await;
    assert_eq!(ended.status, ProcessStatus::Exited(0));
    let log = case.log.text();
    assert!(log.starts_with("a\0b\u{fffd}c\rxxx") && log.ends_with("xend\n"), "{} bytes", log.len());
    assert_eq!(log.len(), "a\0b\u{fffd}c\r".len() + (1 << 20) + "end\n".len());
}

#[tokio::test(start_paused = true)]
async fn dots_without_a_newline_are_passed_on() {
    let mut case = Case::new("printf 'creating..'; while [ ! -e go ]; do sleep 0.02; done; echo '. done'");
    case.go_at("creating..");
    case.run().await;
    assert_eq!(case.log.text(), "creating... done\n");
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_comes_every_minute_on_a_line_of_its_own_without_secrets() {
    let mut case = Case::new("printf 'creating..'; while [ ! -e go ]; do sleep 0.02; done; echo ' done'");
    case.masker.add("password", "hunter22");
    case.go_at("still creating ***");
    let log = case.log.clone();
    let mut asked = Vec::new();
    case.run_with(|elapsed| {
        asked.push(elapsed);
        (log.text() == "creating..").then(|| "still creating hunter22".to_owned())
    })
    .await;
    assert_eq!(case.log.text(), "creating..\nstill creating ***\n done\n");
    let mut before = Duration::ZERO;
    for elapsed in asked {
        assert!(elapsed.saturating_sub(before) <= Duration::from_secs(60), "{elapsed:?} after {before:?}");
        before = elapsed;
    }
}

#[tokio::test(start_paused = true)]
async fn events_arrive_while_the_process_runs() {
    let case = Case::new("echo '{\"a\":1}' > events; while [ ! -e go ]; do sleep 0.02; done");
    let go = case.folder.path().join("go");
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let supervision = Supervision {
        masker: &case.masker,
        signals: &case.signals,
        timeout: None,
        listener: &mut Deaf,
        listen: Duration::ZERO,
        grace: Duration::ZERO,
        stdout: &mut stdout,
        stderr: &mut stderr,
        passing: Passing::Through,
        unsaid: None,
        capture: 0,
        disarm: None,
        on_event: &mut |_| {
            std::fs::write(&go, "").expect("a file");
            std::ops::ControlFlow::Continue(())
        },
        heartbeat: &mut |_| None,
        on_start: &mut |_| {},
        on_stop: &mut |_| {},
    };
    let ended = run(&case.process, supervision).await.expect("a process that starts");
    assert!(ended.events.found);
}

#[tokio::test]
async fn a_resource_that_takes_fifteen_minutes_is_never_silent_for_longer_than_one() {
    // The clock jumps ahead whenever nothing else is left to do: a quarter of an hour takes no time.
    tokio::time::pause();
    let mut case = Case::new("while [ ! -e go ]; do sleep 0.02; done");
    let go = case.folder.path().join("go");
    let told = std::cell::RefCell::new(vec![Duration::ZERO]);
    let ended = case.run_with(|elapsed| {
        told.borrow_mut().push(elapsed);
        if elapsed >= Duration::from_secs(900) {
            let _ = std::fs::write(&go, "");
        }
        Some("still busy".to_owned())
    });
    assert_eq!(ended.await.status, ProcessStatus::Exited(0));
    let told = told.into_inner();
    let longest = told.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().expect("several");
    assert!(told.iter().any(|elapsed| *elapsed >= Duration::from_secs(900)));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-tables");
    std::fs::create_dir_all(&folder).expect("a folder");
    let row = format!(
        "| a resource that takes 15 minutes (simulated) | |\n| --- | ---: |\n| longest silence in the log | {} s |\n",
        longest.as_secs()
    );
    std::fs::write(folder.join("silence.md"), row).expect("a file");
    assert!(longest <= Duration::from_secs(60), "{longest:?}");
}
