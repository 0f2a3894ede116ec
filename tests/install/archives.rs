//! Archives that are verified and still not what they should be: a mirror can have any archive and any checksum file.

use semver::Version;
use stackstep::base::digest::Digest;
use stackstep::engine::install::parts::Parts;
use stackstep::engine::install::platform::Platform;
use stackstep::engine::install::trust::Trust;
use stackstep::engine::install::unpack::{self, Bounds};
use tar::EntryType;

use super::release::{Files, downloads, entry, script, tar_gz, whole, zip};
use super::{Case, VERSION, fault, names};

const WINDOWS: Platform = Platform { os: "windows", arch: "x64" };
const LINUX: Platform = Platform { os: "linux", arch: "x64" };

/// Refuses an archive with this entry in it, whatever is asked of it.
#[track_caller]
fn refuses_entry(kind: EntryType, name: &str, link: &str, what: &str) {
    let archive = tar_gz(&whole(&VERSION), &[entry(kind, name, link, b"")]);
    let server = Files::release(&VERSION, Platform::host().unwrap(), archive).serve_all();
    for parts in [Parts::All, Parts::for_runtime("yaml", false)] {
        let case = Case { parts, ..Case::new() };
        case.refuses(&server.url(), what);
        assert_eq!(names(case.root.path()), ["cache"], "it wrote outside of its folder");
    }
}

#[test]
fn a_changed_archive_is_refused() {
    fault("wrong hash", || {
        let mut files = Files::good(&VERSION);
        let name = files.archive();
        *files.0.get_mut(&name).unwrap().last_mut().unwrap() ^= 1;
        let case = Case::new();
        case.refuses(&files.clone().serve_all().url(), "is not what it should be");
        case.refuses(&files.put(&case.root.path().join("mirror")), "is not what it should be");
    });
}

#[test]
fn a_release_that_is_known_has_to_be_the_known_one() {
    fault("hash right in the checksum file, other in the table", || {
        let version = Version::new(3, 221, 0);
        let server = Files::release(&version, LINUX, tar_gz(&whole(&version), &[])).serve_all();
        let case = Case { platform: LINUX, ..Case::new() };
        case.refuses_version(&server.url(), &version, "by the table of this release of stackstep");
        assert!(downloads(&server).is_empty(), "it is not even fetched");
    });
}

#[test]
fn without_a_checksum_file_nothing_is_fetched() {
    fault("checksum file missing", || {
        let mut files = Files::good(&VERSION);
        files.0.retain(|name, _| !name.ends_with("checksums.txt"));
        let server = files.serve_all();
        Case::new().refuses(&server.url(), "can't be verified");
        assert!(downloads(&server).is_empty());
    });
}

#[test]
fn strict_takes_nothing_that_is_not_pinned() {
    fault("version not pinned, under `verify: strict`", || {
        let server = Files::good(&VERSION).serve_all();
        let case = Case { trust: Trust { strict: true, by_hand: None }, ..Case::new() };
        case.refuses(&server.url(), "is not pinned");
        assert!(downloads(&server).is_empty());
    });
}

#[test]
fn a_hash_by_hand_decides() {
    fault("other hash than `pulumi-sha256`", || {
        let by_hand = Digest::parse(&"a".repeat(64));
        let server = Files::good(&VERSION).serve_all();
        let case = Case { trust: Trust { strict: false, by_hand }, ..Case::new() };
        case.refuses(&server.url(), "by `pulumi-sha256`");
    });
}

#[test]
fn paths_that_lead_out_are_refused() {
    fault("archive with `../`", || {
        refuses_entry(EntryType::Regular, "pulumi/../../../evil", "", "leads out of its folder");
        refuses_entry(EntryType::Regular, "../pulumi", "", "leads out of its folder");
        refuses_entry(EntryType::Directory, "pulumi/../..", "", "leads out of its folder");
    });
    fault("archive with an absolute path", || {
        refuses_entry(EntryType::Regular, "/tmp/evil", "", "leads out of its folder");
        refuses_entry(EntryType::Regular, "pulumi/C:evil", "", "leads out of its folder");
        refuses_entry(EntryType::Regular, "pulumi\\..\\evil", "", "leads out of its folder");
    });
}

#[test]
fn links_and_devices_are_refused() {
    fault("archive with a symbolic link", || {
        refuses_entry(EntryType::Symlink, "pulumi/pulumi-x", "/etc/passwd", "is not a file but a link");
        refuses_entry(EntryType::Symlink, "pulumi/pulumi-x", "pulumi", "is not a file but a link");
    });
    fault("archive with a hard link", || {
        refuses_entry(EntryType::Link, "pulumi/pulumi-x", "/etc/passwd", "is not a file but a link");
    });
    fault("archive with a device", || {
        refuses_entry(EntryType::Fifo, "pulumi/pulumi-x", "", "is not a file but a device");
    });
}

#[test]
fn a_folder_in_a_files_place_is_refused() {
    fault("a folder where a file is expected", || {
        let raw = [entry(EntryType::Directory, "pulumi/pulumi", "", b"")];
        let files = whole(&VERSION)[1..].to_vec();
        let server = Files::release(&VERSION, Platform::host().unwrap(), tar_gz(&files, &raw)).serve_all();
        Case::new().refuses(&server.url(), "is a folder where a file is expected");
    });
}

#[test]
fn bombs_are_refused() {
    fault("a bomb: too many entries", || {
        let raw = vec![entry(EntryType::Regular, "pulumi/x", "", b""); 600];
        let archive = tar_gz(&whole(&VERSION), &raw);
        let server = Files::release(&VERSION, Platform::host().unwrap(), archive).serve_all();
        Case::new().refuses(&server.url(), "more than 500 entries");
    });
    fault("a bomb: too many bytes", || {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds { bytes: 1 << 20, ..Bounds::default() };
        let bomb = ("pulumi/pulumi-watch".to_owned(), vec![0; 2 << 20]);
        let archive = tar_gz(std::slice::from_ref(&bomb), &[]);
        assert!(archive.len() < 50_000, "it is small as long as it is packed");
        for parts in [Parts::All, Parts::for_runtime("yaml", false)] {
            let into = folder.path().join(parts.key());
            std::fs::create_dir(&into).unwrap();
            let refused = unpack::tar(archive.as_slice(), &parts, bounds, &into).unwrap_err();
            assert!(refused.to_string().contains("more than an archive of a release may"), "{refused}");
        }
        let packed = std::io::Cursor::new(zip(&[bomb]));
        let refused = unpack::zip(packed, &Parts::All, bounds, folder.path()).unwrap_err();
        assert!(refused.to_string().contains("more than an archive of a release may"), "{refused}");
    });
    fault("a bomb: an endless name", || {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds { bytes: 1 << 20, ..Bounds::default() };
        let archive = tar_gz(&[], &[entry(EntryType::GNULongName, "x", "", &vec![b'a'; 2 << 20])]);
        assert!(unpack::tar(archive.as_slice(), &Parts::All, bounds, folder.path()).is_err());
    });
}

#[test]
fn a_file_that_comes_twice_is_refused() {
    fault("a file that is in the archive twice", || {
        refuses_entry(EntryType::Regular, "pulumi/pulumi", "", "is in it twice");
        refuses_entry(EntryType::Regular, "pulumi/bin/pulumi", "", "is in it twice");
    });
}

#[test]
fn what_is_no_archive_is_refused() {
    fault("garbage with the right hash", || {
        let server = Files::release(&VERSION, Platform::host().unwrap(), b"garbage".to_vec()).serve_all();
        Case::new().refuses(&server.url(), "is refused: it can't be read");
        let half = tar_gz(&whole(&VERSION), &[]);
        let half = half[..half.len() / 2].to_vec();
        let server = Files::release(&VERSION, Platform::host().unwrap(), half).serve_all();
        Case::new().refuses(&server.url(), "is refused: it can't be read");
    });
}

#[test]
fn an_archive_without_what_is_needed_is_refused() {
    fault("archive without the program or its language host", || {
        for missing in ["pulumi/pulumi", "pulumi/pulumi-language-yaml"] {
            let mut files = whole(&VERSION);
            files.retain(|(name, _)| name != missing);
            let server = Files::release(&VERSION, Platform::host().unwrap(), tar_gz(&files, &[])).serve_all();
            Case::new().refuses(&server.url(), "is not in it");
        }
        let mut files = whole(&VERSION);
        files[0].1.clear();
        let server = Files::release(&VERSION, Platform::host().unwrap(), tar_gz(&files, &[])).serve_all();
        Case::new().refuses(&server.url(), "is empty");
    });
}

#[test]
fn a_program_for_another_machine_is_refused() {
    fault("swapped platform: a program for another processor", || {
        let mut files = whole(&VERSION);
        let mut elf = b"\x7fELF".to_vec();
        elf.resize(64, 0);
        // A processor that nothing here runs on.
        elf[18] = 8;
        files[0].1 = elf;
        let server = Files::release(&VERSION, Platform::host().unwrap(), tar_gz(&files, &[])).serve_all();
        Case::new().refuses(&server.url(), "holds a program for linux-another processor");
    });
}

fn windows_files() -> Vec<(String, Vec<u8>)> {
    vec![
        ("pulumi/bin/pulumi.exe".to_owned(), script(&VERSION)),
        ("pulumi/bin/pulumi-language-yaml.exe".to_owned(), b"yaml".to_vec()),
        ("pulumi/bin/pulumi-language-go.exe".to_owned(), b"go".to_vec()),
    ]
}

#[test]
fn the_zip_file_of_windows_is_unpacked_the_same_way() {
    let server = Files::release(&VERSION, WINDOWS, zip(&windows_files())).serve_all();
    let case = Case { platform: WINDOWS, ..Case::new() };
    let installed = case.install(&server.url()).unwrap();
    assert_eq!(names(&installed.folder), [".stackstep.json", "pulumi-language-yaml.exe", "pulumi.exe"]);
}

#[test]
fn a_zip_file_that_is_not_what_it_should_be_is_refused() {
    fault("zip file with a path that leads out, changed, or cut off", || {
        let case = || Case { platform: WINDOWS, ..Case::new() };
        let mut files = windows_files();
        files.push(("pulumi/../../evil".to_owned(), b"x".to_vec()));
        let server = Files::release(&VERSION, WINDOWS, zip(&files)).serve_all();
        case().refuses(&server.url(), "leads out of its folder");

        let whole = zip(&windows_files());
        let server = Files::release(&VERSION, WINDOWS, whole[..whole.len() - 30].to_vec()).serve_all();
        case().refuses(&server.url(), "can't be read");

        let mut changed = Files::release(&VERSION, WINDOWS, whole);
        let name = changed.archive();
        changed.0.get_mut(&name).unwrap()[40] ^= 1;
        case().refuses(&changed.serve_all().url(), "is not what it should be");
    });
}
