//! Where a CLI comes from, and which version that is.

use semver::Version;
use stackstep::engine::install::platform::Platform;
use stackstep::engine::install::version::{Demand, Wish};

use super::release::{Files, downloads, tar_gz, whole};
use super::{Case, VERSION, fault};
use crate::support::server::{Reply, Server};

fn wish(text: &str) -> Wish {
    Wish { demand: Some((Demand::parse(text, "`x`").unwrap(), "`x`".to_owned())), ..Wish::default() }
}

#[test]
fn a_folder_is_a_mirror() {
    let case = Case::new();
    let mirror = Files::good(&VERSION).put(&case.root.path().join("mirror"));
    assert!(case.installs(&mirror).origin.contains("mirror"));
}

#[test]
fn a_folder_is_its_own_list_of_versions() {
    let case = Case::new();
    let folder = case.root.path().join("mirror");
    for version in [Version::new(3, 899, 0), VERSION] {
        Files::good(&version).put(&folder);
    }
    let mirror = format!("file://{}", folder.display());
    assert_eq!(case.choose(&mirror, &wish("^3")).unwrap(), VERSION);
    assert_eq!(case.choose(&mirror, &wish("<3.900")).unwrap(), Version::new(3, 899, 0));
    let error = case.choose(&mirror, &wish("^4")).unwrap_err().to_string();
    assert!(error.contains("the newest is 3.900.0"), "{error}");
}

#[test]
fn a_mirrors_list_tells_its_versions() {
    let list = r#"[{"version": "v3.900.0", "date": "2026-01-01T00:00:00Z"}, {"version": "v3.899.0"}]"#;
    let server = Server::start(move |_, _| Reply::Answer(200, Vec::new(), list.to_owned()));
    assert_eq!(Case::new().choose(&server.url(), &wish("~3.899")).unwrap(), Version::new(3, 899, 0));
    server.only("/versions.json");
}

#[test]
fn a_mirror_without_a_list_has_to_be_asked_by_exact_version() {
    fault("list of versions missing", || {
        let server = Files::good(&VERSION).serve_all();
        let error = Case::new().choose(&server.url(), &wish("^3")).unwrap_err();
        assert!(error.hint().unwrap().contains("exact version"), "{error}");
        assert_eq!(Case::new().choose(&server.url(), &wish("3.900.0")).unwrap(), VERSION);
    });
}

#[test]
fn a_page_instead_of_a_list_is_refused() {
    fault("a login page instead of the list of versions", || {
        let server = Server::start(|_, _| Reply::Answer(200, Vec::new(), "<html>log in</html>".into()));
        let error = Case::new().choose(&server.url(), &wish("^3")).unwrap_err().to_string();
        assert!(error.contains("is not a list of releases"), "{error}");
    });
}

#[test]
fn offline_asks_no_server() {
    fault("no network, and `offline`", || {
        let server = Files::good(&VERSION).serve_all();
        let case = Case { offline: true, ..Case::new() };
        case.refuses(&server.url(), "the run is offline");
        assert!(case.choose(&server.url(), &wish("^3")).is_err());
        assert!(server.received().is_empty());
        let mirror = Files::good(&VERSION).put(&case.root.path().join("mirror"));
        case.installs(&mirror);
    });
}

#[test]
fn another_runtime_gets_files_of_its_own_and_everything_serves_all() {
    let server = Files::good(&VERSION).serve_all();
    let parts = |runtime| stackstep::engine::install::parts::Parts::for_runtime(runtime, false);
    let mut case = Case { parts: parts("yaml"), ..Case::new() };
    case.installs(&server.url());
    case.parts = parts("nodejs");
    let installed = case.install(&server.url()).unwrap();
    assert_eq!(super::names(&installed.folder), [".stackstep.json", "pulumi", "pulumi-language-nodejs"]);
    assert_eq!(downloads(&server).len(), 2);

    let all = Case { parts: stackstep::engine::install::parts::Parts::All, ..Case::new() };
    let folder = all.install(&server.url()).unwrap().folder;
    let small = Case { parts: parts("yaml"), shared: Some(all.cache()), ..Case::new() };
    assert_eq!(small.install(&server.url()).unwrap().folder, folder);
}

#[test]
fn what_a_checksum_file_alone_vouched_for_is_not_enough_for_strict_later() {
    let server = Files::good(&VERSION).serve_all();
    let case = Case::new();
    case.installs(&server.url());
    let strict = stackstep::engine::install::trust::Trust { strict: true, by_hand: None };
    let strict = Case { trust: strict, shared: Some(case.cache()), ..Case::new() };
    assert!(strict.install(&server.url()).is_err());
}

#[test]
fn a_hash_by_hand_needs_no_checksum_file() {
    let archive = tar_gz(&whole(&VERSION), &[]);
    let by_hand = stackstep::base::digest::Digest::parse(&super::release::sha256(&archive));
    let mut files = Files::release(&VERSION, Platform::host().unwrap(), archive);
    files.0.retain(|name, _| !name.ends_with("checksums.txt"));
    let server = files.serve_all();
    let trust = stackstep::engine::install::trust::Trust { strict: true, by_hand };
    let case = Case { trust, ..Case::new() };
    assert!(case.installs(&server.url()).origin.contains("pinned by `pulumi-sha256`"));
}

/// A cache entry that somebody has planted for a version, with that hash.
fn planted(case: &Case, version: &Version, hash: &str) {
    let platform = Platform::host().unwrap();
    let folder = case.cache().join(format!("pulumi/{version}/{platform}/all"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("pulumi"), "evil").unwrap();
    let list = serde_json::json!({
        "archive": platform.archive(version), "sha256": hash, "pinned": true, "voucher": "table",
        "files": [{"name": "pulumi", "size": 4}],
    });
    std::fs::write(folder.join(".stackstep.json"), list.to_string()).unwrap();
}

#[test]
fn a_cached_version_that_this_binary_knows_has_the_hash_that_it_knows() {
    let (version, _) = stackstep::engine::install::trust::known_releases().next().unwrap();
    for strict in [false, true] {
        let trust = stackstep::engine::install::trust::Trust { strict, by_hand: None };
        let case = Case { trust, offline: true, ..Case::new() };
        planted(&case, &version, &"0".repeat(64));
        assert!(case.install_version("https://mirror.invalid/", &version).is_err(), "strict: {strict}");
    }
}

#[test]
fn what_one_job_pinned_proves_nothing_to_another_one() {
    let archive = tar_gz(&whole(&VERSION), &[]);
    let by_hand = stackstep::base::digest::Digest::parse(&super::release::sha256(&archive));
    let server = Files::release(&VERSION, Platform::host().unwrap(), archive).serve_all();
    let pinned = stackstep::engine::install::trust::Trust { strict: true, by_hand };
    let case = Case { trust: pinned, ..Case::new() };
    case.installs(&server.url());
    let later = |trust| Case { trust, offline: true, shared: Some(case.cache()), ..Case::new() };
    let other = stackstep::base::digest::Digest::parse(&"1".repeat(64));
    assert!(later(pinned).install(&server.url()).is_ok(), "the same hash");
    for trust in [
        stackstep::engine::install::trust::Trust::default(),
        stackstep::engine::install::trust::Trust { strict: true, by_hand: None },
        stackstep::engine::install::trust::Trust { strict: false, by_hand: other },
    ] {
        assert!(later(trust).install(&server.url()).is_err(), "{trust:?}");
    }
}

#[test]
fn what_one_mirror_vouched_for_is_not_taken_for_another_one() {
    let server = Files::good(&VERSION).serve_all();
    let case = Case::new();
    case.installs(&server.url());
    let later = || Case { offline: true, shared: Some(case.cache()), ..Case::new() };
    assert!(later().install(&server.url()).is_ok());
    assert!(later().install("https://other.invalid/").is_err());
}
