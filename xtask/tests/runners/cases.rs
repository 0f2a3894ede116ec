//! What every bootstrap and launcher has to do.

use crate::fixture::{Fixture, Subject, own_program, said, serve_instead};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use xtask::release::archive::{File, Files, pack};
use xtask::release::server::Answer;

const INSTALL_FAILED: Option<i32> = Some(71);

pub fn the_binary_is_fetched_and_gets_arguments_and_environment(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let value = "$(touch x) `touch y` '\"\n; & | %PATH% \u{1f980}";
    let output = fixture.command().env("STACKSTEP_INPUT_MESSAGE", value).output().unwrap();
    let (text, status) = said(&output);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("started with: run\n"), "{text}");
    assert!(text.contains(&format!("STACKSTEP_INPUT_MESSAGE={}", value.lines().next().unwrap())), "{text}");
    assert_eq!(fs::read_dir(fixture.path("work")).unwrap().count(), 0);
    assert_eq!(fixture.left().len(), 2, "both programs and nothing else: {:?}", fixture.left());
}

pub fn the_exit_status_is_the_binary_s(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    assert_eq!(fixture.command().env("SHIM", "7").output().unwrap().status.code(), Some(7));
}

pub fn the_second_run_fetches_nothing(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    for _ in 0..2 {
        let (text, status) = said(&fixture.command().output().unwrap());
        assert_eq!(status, Some(0), "{text}");
    }
    assert_eq!(fixture.server.requests().len(), 1);
}

pub fn what_has_another_hash_is_not_started_and_leaves_nothing(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    serve_instead(&fixture, b"another release");
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, INSTALL_FAILED, "{text}");
    let wanted = &fixture.release.archive[0].sha256;
    assert!(text.contains(&format!("{wanted} was expected")) && !text.contains("started"), "{text}");
    assert!(fixture.left().is_empty(), "{:?}", fixture.left());
}

pub fn an_archive_with_the_right_hash_and_a_wrong_program_is_refused(subject: Subject) {
    let mut fixture = Fixture::new(subject, &[Answer::Whole]);
    let file = File { content: b"#!/bin/sh\necho started\n".to_vec(), program: true };
    let files: Files = [("stackstep".to_owned(), file.clone()), ("pulumi-sandbox".to_owned(), file)].into();
    let bytes = pack(&files).unwrap();
    serve_instead(&fixture, &bytes);
    let sum = xtask::release::archive::sha256(&bytes);
    for wrapper in ["bootstrap/stackstep.sh", "actions/deploy/launcher.cjs"] {
        let path = fixture.path("wrappers").join(wrapper);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(&fixture.release.archive[0].sha256, &sum)).unwrap();
    }
    fixture.release.archive.clear();
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, INSTALL_FAILED, "{text}");
    assert!(!text.contains("started"), "{text}");
}

pub fn a_download_that_is_cut_off_is_tried_again(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Cut, Answer::Whole]);
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(fixture.server.requests().len(), 2);
}

pub fn a_server_that_fails_is_asked_again(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Status(503), Answer::Whole]);
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, Some(0), "{text}");
}

pub fn a_download_that_is_always_cut_off_fails_and_leaves_nothing(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Cut]);
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, INSTALL_FAILED, "{text}");
    assert!(!text.contains("started"), "{text}");
    assert_eq!(fixture.server.requests().len(), 3);
    assert!(fixture.left().is_empty(), "{:?}", fixture.left());
}

pub fn an_archive_that_is_not_there_fails_and_leaves_nothing(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Status(404)]);
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, INSTALL_FAILED, "{text}");
    assert!(text.contains("could not fetch stackstep-v1.2.3-"), "{text}");
    assert!(fixture.left().is_empty(), "{:?}", fixture.left());
}

pub fn a_mirror_can_be_a_folder(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let mirror = format!("file://{}/", fixture.path("dist").display());
    let (text, status) = said(&fixture.command().env("STACKSTEP_MIRROR", mirror).output().unwrap());
    assert_eq!(status, Some(0), "{text}");
    assert!(fixture.server.requests().is_empty());
}

pub fn a_changed_program_in_the_cache_is_fetched_anew(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    fixture.command().output().unwrap();
    let program = fixture.left().into_iter().find(|path| path.ends_with("stackstep")).unwrap();
    fs::write(&program, "#!/bin/sh\necho poisoned\n").unwrap();
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("started with") && !text.contains("poisoned"), "{text}");
    assert_eq!(fixture.server.requests().len(), 2);
}

pub fn four_at_once_all_start(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let start = |mut command: Command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..4).map(|_| start(fixture.command())).collect();
    for child in children {
        let (text, status) = said(&child.wait_with_output().unwrap());
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("started with"), "{text}");
    }
    assert_eq!(fixture.left().len(), 2, "{:?}", fixture.left());
}

pub fn a_cache_that_cannot_be_written_is_passed_by(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    // A file where the folder should be: not even root can write there.
    fs::write(fixture.path("cache"), "").unwrap();
    let (text, status) = said(&fixture.command().output().unwrap());
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("the cache can't be written to") && text.contains("started with"), "{text}");
}

pub fn a_signal_reaches_the_binary(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let fifo = fixture.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut command = fixture.command();
    let mut child = command.env("SHIM", "wait").env("FIFO", &fifo).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line == "ready"));
    let id = child.id().to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success());
    assert_eq!(lines.next().as_deref(), Some("got TERM"));
    assert_eq!(child.wait().unwrap().code(), Some(42));
}

pub fn a_signal_ends_a_download_at_once(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    // A server that takes the question and never answers: curl would give up by itself after a long while, and say so.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let mut command = fixture.command();
    command.env("STACKSTEP_MIRROR", address).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (_asked, _) = silent.accept().unwrap();
    let id = child.id().to_string();
    assert!(Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().unwrap().success());
    let (text, status) = said(&child.wait_with_output().unwrap());
    assert!(matches!(status, Some(143) | None), "{status:?}: {text}");
    assert!(!text.contains("curl: (28)") && !text.contains("trying again"), "{text}");
    if subject != Subject::Node {
        assert!(fixture.left().is_empty(), "{:?}", fixture.left());
    }
}

pub fn stackstep_bin_fetches_nothing(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let output = fixture.command().env("STACKSTEP_BIN", own_program(&fixture)).output().unwrap();
    assert_eq!(said(&output), ("own\n".to_owned(), Some(0)));
    assert!(fixture.server.requests().is_empty() && fixture.left().is_empty());
}

pub fn without_a_release_it_says_what_to_do(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let (text, status) = said(&fixture.command_without_release().output().unwrap());
    assert_eq!(status, INSTALL_FAILED, "{text}");
    let why = if matches!(subject, Subject::Node) { "not a release" } else { "no release" };
    assert!(text.contains(why) && text.contains("STACKSTEP_BIN"), "{text}");
    assert!(fixture.server.requests().is_empty());
}

pub fn the_binary_s_umask_is_the_step_s(subject: Subject) {
    let fixture = Fixture::new(subject, &[Answer::Whole]);
    let own = Command::new("sh").args(["-c", "umask"]).output().unwrap();
    let (text, _) = said(&fixture.command().output().unwrap());
    assert!(text.contains(&format!("umask: {}", String::from_utf8(own.stdout).unwrap())), "{text}");
}
