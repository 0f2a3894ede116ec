//! Servers that fail: nothing half is taken, what is cut goes on, what is temporary is tried again.

use std::time::Duration;

use super::release::{Files, downloads, response, script, sha256, tar_gz, whole};
use super::{Case, VERSION, fault};
use crate::support::server::{Reply, Server};

const TAG: (&str, &str) = ("etag", "\"one\"");

/// The rest of `archive` behind the byte that the request asks for.
fn rest(request: &crate::support::server::Received, archive: &[u8]) -> Reply {
    let range = request.header("range").unwrap();
    let from: usize = range.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap();
    let total = archive.len();
    let range = format!("bytes {from}-{}/{total}", total - 1);
    let headers = [TAG, ("content-range", range.as_str())];
    Reply::Raw(response("206 Partial Content", &headers, &archive[from..], total - from))
}

/// The first half of the archive, announced as a whole.
fn half(archive: &[u8], headers: &[(&str, &str)]) -> Reply {
    Reply::Raw(response("200 OK", headers, &archive[..archive.len() / 2], archive.len()))
}

#[test]
fn a_body_that_is_always_cut_off_is_refused() {
    fault("body truncated, each time", || {
        let server = Files::good(&VERSION).serve(|_, archive, _| Some(half(archive, &[])));
        Case::new().refuses(&server.url(), "broke");
    });
}

#[test]
fn a_body_that_ends_early_and_says_so_is_refused() {
    fault("body truncated, with the length of what is there", || {
        let server = Files::good(&VERSION)
            .serve(|_, archive, _| Some(Reply::Raw(response("200 OK", &[], &archive[..999], 999))));
        Case::new().refuses(&server.url(), "is not what it should be");
    });
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_was() {
    fault("connection cut in the middle, resumed", || {
        let server = Files::good(&VERSION).serve(|request, archive, before| {
            Some(if before == 0 { half(archive, &[TAG]) } else { rest(request, archive) })
        });
        Case::new().installs(&server.url());
        let asked = downloads(&server);
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].header("if-range"), Some("\"one\""));
    });
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_from_its_start() {
    fault("connection cut, and another file behind it", || {
        let other = tar_gz(&whole(&VERSION), &[vec![0; 512]]);
        let mut files = Files::good(&VERSION);
        let (name, first) = (files.archive(), files.0[&files.archive()].clone());
        let line = format!("{}  {name}\n", sha256(&other));
        files.0.insert(stackstep::engine::install::platform::checksums(&VERSION), line.into_bytes());
        files.0.insert(name, other);
        let server = files.serve(move |_, _, before| (before == 0).then(|| half(&first, &[TAG])));
        Case::new().installs(&server.url());
    });
}

#[test]
fn a_server_that_goes_on_at_another_byte_is_asked_anew() {
    fault("connection cut, resumed at the wrong byte", || {
        let server = Files::good(&VERSION).serve(|_, archive, before| match before {
            0 => Some(half(archive, &[TAG])),
            1 => {
                let headers = [TAG, ("content-range", "bytes 5-9/100")];
                Some(Reply::Raw(response("206 Partial Content", &headers, b"wrong", 5)))
            }
            _ => None,
        });
        Case::new().installs(&server.url());
    });
}

#[test]
fn a_server_that_can_not_go_on_is_asked_for_all_again() {
    fault("connection cut, server without ranges", || {
        let server =
            Files::good(&VERSION).serve(|_, archive, before| (before == 0).then(|| half(archive, &[])));
        Case::new().installs(&server.url());
        assert_eq!(downloads(&server)[1].header("range"), None);
    });
}

#[test]
fn a_file_that_is_not_there_is_named() {
    fault("404 for the archive", || {
        let server = Files::good(&VERSION).serve(|_, _, _| Some(Reply::Raw(response("404 x", &[], b"", 0))));
        Case::new().refuses(&server.url(), "answers 404 for pulumi-v3.900.0");
        assert_eq!(downloads(&server).len(), 1, "it is final");
    });
}

#[test]
fn credentials_that_are_wrong_are_told_and_not_repeated() {
    fault("401 for the archive", || {
        let server = Files::good(&VERSION).serve(|_, _, _| Some(Reply::Raw(response("401 x", &[], b"", 0))));
        let url = server.url().replace("http://", "http://ci:hunter2@");
        let error = Case::new().install(&url).unwrap_err();
        assert!(!format!("{error} {:?}", error.hint()).contains("hunter2"));
        assert!(error.hint().unwrap().contains("credentials"));
    });
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    fault("429 with Retry-After, then fine", || {
        let server = Files::good(&VERSION).serve(|_, _, before| (before == 0).then(|| Reply::again(429)));
        Case::new().installs(&server.url());
        assert_eq!(downloads(&server).len(), 2);
    });
}

#[test]
fn a_server_that_asks_for_an_hour_has_given_its_answer() {
    fault("429 with a Retry-After of an hour", || {
        let server = Files::good(&VERSION)
            .serve(|_, _, _| Some(Reply::Raw(response("429 x", &[("retry-after", "3600")], b"", 0))));
        Case::new().refuses(&server.url(), "answers 429");
        assert_eq!(downloads(&server).len(), 1);
    });
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    fault("500, then fine", || {
        let server = Files::good(&VERSION).serve(|_, _, before| (before == 0).then(|| Reply::again(500)));
        Case::new().installs(&server.url());
    });
}

#[test]
fn a_server_that_stays_in_trouble_is_given_up() {
    fault("500, each time", || {
        let server = Files::good(&VERSION).serve(|_, _, _| Some(Reply::again(500)));
        Case::new().refuses(&server.url(), "answers 500");
        assert_eq!(downloads(&server).len(), 3);
    });
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    fault("slow server: silent in the middle", || {
        let server = Files::good(&VERSION).serve(|_, archive, _| {
            Some(Reply::Stall(response("200 OK", &[], &archive[..1000], archive.len())))
        });
        let mut case = Case::new();
        case.patience.idle = Duration::from_millis(100);
        case.refuses(&server.url(), "did not answer within 100ms");
    });
}

#[test]
fn a_download_that_takes_too_long_is_given_up() {
    fault("slow server: too long as a whole", || {
        let server = Files::good(&VERSION).serve(|_, archive, _| {
            Some(Reply::Stall(response("200 OK", &[], &archive[..1000], archive.len())))
        });
        let mut case = Case::new();
        case.patience.whole = Duration::from_millis(100);
        case.refuses(&server.url(), "took more than 100ms");
    });
}

#[test]
fn a_redirect_to_another_host_is_followed_without_the_credentials() {
    fault("redirect to another host", || {
        let store = Files::good(&VERSION).serve_all();
        let address = store.url();
        let files = Files::good(&VERSION);
        let name = files.archive();
        let mirror = files.serve(move |_, _, _| Some(Reply::redirect(302, &format!("{address}/{name}"))));
        Case::new().installs(&mirror.url().replace("http://", "http://ci:hunter2@"));
        assert!(downloads(&mirror)[0].header("authorization").is_some());
        assert_eq!(downloads(&store)[0].header("authorization"), None);
    });
}

#[test]
fn a_server_that_is_not_there_is_named() {
    fault("no server", || {
        let url = Server::start(|_, _| Reply::Close).url();
        Case::new().refuses(&url, "could not be fetched");
        Case::new().refuses("http://127.0.0.1:1/", "can't be reached");
    });
}

#[test]
fn a_page_instead_of_the_archive_is_refused() {
    fault("a login page instead of the archive", || {
        let server = Files::good(&VERSION)
            .serve(|_, _, _| Some(Reply::Answer(200, Vec::new(), "<html>log in</html>".into())));
        Case::new().refuses(&server.url(), "is not what it should be");
    });
}

#[test]
fn an_archive_of_another_version_under_this_name_is_refused() {
    fault("downgrade: an older version under a newer name", || {
        let older = semver::Version::new(3, 200, 0);
        let mut files = whole(&VERSION);
        files[0].1 = script(&older);
        let platform = stackstep::engine::install::platform::Platform::host().unwrap();
        let server = Files::release(&VERSION, platform, tar_gz(&files, &[])).serve_all();
        Case::new().refuses(&server.url(), "holds Pulumi 3.200.0");
    });
}
