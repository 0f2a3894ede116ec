//! What this machine does to an install: no room, no rights, company, an end before its time, a wrong clock.

use std::sync::mpsc;

use semver::Version;
use stackstep::engine::install::version::{Demand, Wish};
use stackstep::process::signals::Signal;

use super::release::{Files, downloads, noise, response, tar_gz, whole};
use super::{Case, VERSION, fault, files};
use crate::support::Scene;
use crate::support::server::{Reply, Server};

/// A project that finds no engine on its PATH.
fn scene(mirror: &str) -> Scene {
    Scene::new("hello")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/bin:/usr/bin")
        .with("STACKSTEP_PULUMI_MIRROR", mirror)
        .with("STACKSTEP_PULUMI_VERSION", &VERSION.to_string())
}

/// The files below the scene's cache that are no locks.
fn cached(scene: &Scene) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    files(&scene.root().join("home/.cache/stackstep"), &mut found);
    found.retain(|path| !path.to_string_lossy().ends_with(".lock"));
    found
}

#[test]
fn a_disk_that_is_full_is_told_and_nothing_stays() {
    fault("disk full", || {
        let mut content = whole(&VERSION);
        content[2].1 = noise(3_000_000);
        let platform = stackstep::engine::install::platform::Platform::host().unwrap();
        let server = Files::release(&VERSION, platform, tar_gz(&content, &[])).serve_all();
        let scene = scene(&server.url());
        // No file of ours may become larger than 1 MB: the write fails as on a disk without room.
        let run = scene.run_in_shell("trap '' XFSZ; ulimit -f 1000", "install");
        run.ends_with(71).says("could not write").says("hint: ");
        assert!(cached(&scene).is_empty(), "{:?}", cached(&scene));
    });
}

#[test]
fn a_cache_that_can_not_be_written_is_told() {
    fault("cache folder that can't be written", || {
        let server = Files::good(&VERSION).serve_all();
        let case = Case::new();
        std::fs::write(case.cache(), "a file where the folder should be").unwrap();
        let error = case.install(&server.url()).unwrap_err();
        assert_eq!(error.exit_status(), 71);
        assert!(error.to_string().contains("could not write"), "{error}");
        assert!(error.hint().unwrap().contains("`cache-folder`"));
        assert!(downloads(&server).is_empty());
    });
}

#[test]
fn two_installs_at_once_fetch_once() {
    fault("two installs at once", || {
        let (asked, was_asked) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let may_go = std::sync::Mutex::new(may_go);
        let server = Files::good(&VERSION).serve(move |_, _, before| {
            asked.send(()).unwrap();
            if before == 0 {
                // Not before the second one has begun.
                may_go.lock().unwrap().recv().unwrap();
            }
            None
        });
        let case = Case::new();
        let url = server.url();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| case_install(&case.cache(), &url));
            was_asked.recv().unwrap();
            let second = scope.spawn(|| case_install(&case.cache(), &url));
            go.send(()).unwrap();
            assert_eq!(first.join().unwrap(), second.join().unwrap());
        });
        assert_eq!(downloads(&server).len(), 1);
    });
}

/// An install into `cache`, from a thread of its own; the folder that it ends up in.
fn case_install(cache: &std::path::Path, mirror: &str) -> std::path::PathBuf {
    let mut case = Case::new();
    case.shared = Some(cache.to_owned());
    case.installs(mirror).folder
}

/// A server that gives the beginning of the archive and then nothing, and tells when it has.
fn stalling() -> (Server, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    let server = Files::good(&VERSION).serve(move |_, archive, _| {
        sender.send(()).unwrap();
        Some(Reply::Stall(response("200 OK", &[], &archive[..archive.len() / 2], archive.len())))
    });
    (server, receiver)
}

#[test]
fn an_install_that_was_killed_leaves_nothing_that_counts() {
    fault("killed in the middle, started again", || {
        let (server, asked) = stalling();
        let scene = scene(&server.url());
        let mut child = scene.start("install");
        asked.recv().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let good = Files::good(&VERSION).serve_all();
        let scene = scene.with("STACKSTEP_PULUMI_MIRROR", &good.url());
        scene.run("install").ends_with(0).says("from 127.0.0.1");
        assert_eq!(downloads(&good).len(), 1, "what was left was not taken for whole");
        let folders: std::collections::BTreeSet<_> =
            cached(&scene).iter().map(|path| path.parent().unwrap().to_owned()).collect();
        assert_eq!(folders.len(), 1, "the left-overs are gone: {folders:?}");
    });
}

#[test]
fn an_install_that_is_cancelled_ends_at_once_and_cleans_up() {
    fault("cancelled in the middle", || {
        let (server, asked) = stalling();
        let case = Case::new();
        let signals = case.signals.clone();
        let url = server.url();
        let error = std::thread::scope(|scope| {
            let cancel = scope.spawn(move || {
                asked.recv().unwrap();
                signals.cancel(Signal::Terminate);
            });
            let error = case.install(&url).unwrap_err();
            cancel.join().unwrap();
            error
        });
        assert_eq!(error.exit_status(), 143);
        case.is_empty();
    });
}

#[test]
fn a_cache_that_lost_a_file_is_filled_anew() {
    fault("a cache that a cleaner went through", || {
        let server = Files::good(&VERSION).serve_all();
        let case = Case::new();
        let folder = case.installs(&server.url()).folder;
        std::fs::write(folder.join("pulumi-language-yaml"), "").unwrap();
        case.installs(&server.url());
        std::fs::remove_file(folder.join("pulumi")).unwrap();
        case.installs(&server.url());
        std::fs::remove_file(folder.join(".stackstep.json")).unwrap();
        case.installs(&server.url());
        assert_eq!(downloads(&server).len(), 4);
    });
}

/// A mirror whose clock is wrong and whose newest version is one day old.
fn list_of_today(clock: &'static str) -> Server {
    Server::start(move |_, _| {
        let list = r#"[{"version": "v3.901.0", "date": "2026-11-20"}, {"version": "v3.900.0", "date": "2026-11-01"}]"#;
        Reply::Answer(200, vec![("date", clock.to_owned())], list.to_owned())
    })
}

#[test]
fn a_version_is_as_old_as_the_server_says_and_not_as_this_machine_says() {
    fault("clock wrong", || {
        let case = Case::new();
        let week = Wish::default();
        // Whatever this machine's clock says.
        let server = list_of_today("Sat, 21 Nov 2026 02:00:00 GMT");
        assert_eq!(case.choose(&server.url(), &week).unwrap(), VERSION);
        // A clock in the past makes nothing old enough.
        let server = list_of_today("Thu, 01 Jan 1970 00:00:00 GMT");
        let error = case.choose(&server.url(), &week).unwrap_err();
        assert!(error.hint().unwrap().contains("clock"), "{error}");
        // An exact version needs no clock.
        let exact = Demand::parse("3.901.0", "x").unwrap();
        let exact = Wish { demand: Some((exact, "x".into())), ..Wish::default() };
        assert_eq!(case.choose(&server.url(), &exact).unwrap(), Version::new(3, 901, 0));
    });
}

#[test]
fn a_warm_start_asks_nobody() {
    let server = Files::good(&VERSION).serve_all();
    let case = Case::new();
    case.installs(&server.url());
    let asked = server.received().len();
    case.installs(&server.url());
    assert_eq!(server.received().len(), asked);
}
