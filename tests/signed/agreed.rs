//! The list of signers and the revoked keys, read as `ssh-keygen` reads them.

use super::{Desk, judged};

/// A line of the list, and whether a signature by `ann` counts with it.
const LINES: &[(&str, bool)] = &[
    ("ann KEY", true),
    ("bob,ann KEY a comment with blanks", true),
    ("\"ann\" KEY", true),
    ("# ann KEY", false),
    ("  ann   KEY", true),
    ("bob KEY", false),
    ("ann namespaces=\"stackstep-approval\" KEY", true),
    ("ann namespaces=\"git,stackstep-*\" KEY", true),
    ("ann namespaces=\"git\" KEY", false),
    ("ann namespaces=\"*,!stackstep-approval\" KEY", false),
    ("ann valid-after=\"20261118Z\" KEY", true),
    ("ann valid-after=\"202611181106Z\" KEY", true),
    ("ann valid-after=\"20261118110641Z\" KEY", false),
    ("ann valid-after=\"20261119\" KEY", false),
    ("ann valid-before=\"20261119\" KEY", true),
    ("ann valid-before=\"20261118110641Z\" KEY", true),
    ("ann valid-before=\"20261118110639Z\" KEY", false),
    ("ann valid-after=\"20261101\",valid-before=\"20261201\",namespaces=\"stackstep-approval\" KEY", true),
    ("ann valid-after=\"20261101\",valid-before=\"20261115\" KEY", false),
    ("ann cert-authority KEY", false),
    ("ann OTHER", false),
    ("ann OTHER\nann KEY", true),
    ("ann valid-before=\"20200101\" KEY\nann KEY", true),
];

#[test]
fn a_line_lets_the_same_signatures_count_as_it_does_for_ssh_keygen() {
    let desk = Desk::new();
    desk.make_key("other", &["-t", "ed25519"]);
    let approval = desk.approval("ann");
    for (line, counts) in LINES {
        let list = line.replace("KEY", &desk.public("ann")).replace("OTHER", &desk.public("other")) + "\n";
        assert_eq!(desk.is_verified(&approval, "ann", &list, ""), *counts, "ssh-keygen: {line}");
        // A signature is judged without a name here: that of another person is theirs.
        let ours = judged(&approval, &list, "").is_ok_and(|signer| signer.names.contains(&"ann".to_owned()));
        assert_eq!(ours, *counts, "{line}");
    }
}

/// The names in a certificate, the patterns of its authority's line, and whether a signature with it counts for `ann`.
const CERTIFICATES: &[(&str, &str, bool)] = &[
    ("ann", "ann", true),
    ("ann", "*", true),
    ("ann", "a??,bob", true),
    ("ann", "*,!ann", false),
    ("ann", "bob", false),
    ("bob", "*", false),
    ("bob,ann", "ann", true),
];

#[test]
fn the_names_of_a_certificate_fit_the_patterns_as_they_do_for_ssh_keygen() {
    let desk = Desk::new();
    desk.make_key("authority", &["-t", "ed25519"]);
    for (names, patterns, counts) in CERTIFICATES {
        let (done, said) = desk.keygen(&["-q", "-s", "authority", "-I", "id", "-n", names, "ann.pub"], None);
        assert!(done, "{said}");
        let approval = desk.approval("ann-cert.pub");
        let list = format!("{patterns} cert-authority {}\n", desk.public("authority"));
        assert_eq!(desk.is_verified(&approval, "ann", &list, ""), *counts, "ssh-keygen: {names} {patterns}");
        let ours = judged(&approval, &list, "").is_ok_and(|signer| signer.names.contains(&"ann".to_owned()));
        assert_eq!(ours, *counts, "{names} {patterns}");
    }
}

#[test]
fn a_certificate_counts_in_its_time_as_it_does_for_ssh_keygen() {
    let desk = Desk::new();
    desk.make_key("authority", &["-t", "ed25519"]);
    let list = format!("ann cert-authority {}\n", desk.public("authority"));
    for (period, counts, why) in [
        ("20261118110640:20261118110641", true, ""),
        ("20261118110641:20261201", false, "its certificate counts from 2026-11-18T11:06:41Z on"),
        ("20261101:20261118110640", false, "its certificate counted until 2026-11-18T11:06:40Z"),
    ] {
        let args = ["-q", "-s", "authority", "-I", "id", "-n", "ann", "-V", period, "ann.pub"];
        let (done, said) = desk.keygen(&args, None);
        assert!(done, "{said}");
        let approval = desk.approval("ann-cert.pub");
        assert_eq!(desk.is_verified(&approval, "ann", &list, ""), counts, "ssh-keygen: {period}");
        let said = judged(&approval, &list, "").map_or_else(|why| why.in_words(), |_| String::new());
        assert_eq!(said, why, "{period}");
    }
}

#[test]
fn a_revoked_key_or_authority_lets_nothing_count() {
    let desk = Desk::new();
    desk.make_key("authority", &["-t", "ed25519"]);
    desk.make_key("rsa", &["-t", "rsa", "-b", "2048"]);
    desk.keygen(&["-q", "-s", "authority", "-I", "id", "-n", "ann", "ann.pub"], None);
    let list = format!("ann {}\nann cert-authority {}\n", desk.public("ann"), desk.public("authority"));
    let line = |name: &str| format!("# taken back\n{} {name}@laptop\n", desk.public(name));
    for (key, revoked, counts) in [
        ("ann", line("rsa"), true),
        ("ann", line("ann"), false),
        ("ann-cert.pub", line("rsa"), true),
        ("ann-cert.pub", line("ann"), false),
        ("ann-cert.pub", line("authority"), false),
    ] {
        let approval = desk.approval(key);
        assert_eq!(
            desk.is_verified(&approval, "ann", &list, &revoked),
            counts,
            "ssh-keygen: {key} {revoked}"
        );
        let ours = judged(&approval, &list, &revoked);
        assert_eq!(ours.is_ok(), counts, "{key} {revoked}");
        if let Err(why) = ours {
            assert!(why.in_words().contains("is revoked by `.stackstep/revoked_keys`"), "{why:?}");
        }
    }
}
