//! Approvals that were changed on their way, in each region: none counts, and none makes the reader panic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stackstep::admit::approvals::signed::{SignerList, in_text};

use super::{Desk, ENVELOPE, judged};

/// The approval in its parts: the envelope's bytes, and those of the signature without armour.
fn parts(approval: &str) -> (String, Vec<u8>) {
    let (envelope, armour) = approval.split_at(approval.find("-----BEGIN").unwrap());
    let encoded: String = armour.lines().filter(|line| !line.starts_with("-----")).collect();
    (envelope.to_owned(), STANDARD.decode(encoded).unwrap())
}

fn joined(envelope: &str, signature: &[u8]) -> String {
    let encoded = STANDARD.encode(signature);
    format!("{envelope}-----BEGIN SSH SIGNATURE-----\n{encoded}\n-----END SSH SIGNATURE-----\n")
}

/// The approvals by a plain key and by one with a certificate, with the list that lets both count.
fn approvals() -> ([String; 2], String) {
    let desk = Desk::new();
    desk.make_key("authority", &["-t", "ecdsa", "-b", "256"]);
    desk.keygen(&["-q", "-s", "authority", "-I", "id", "-n", "ann", "ann.pub"], None);
    let list = format!("ann {}\nann cert-authority {}\n", desk.public("ann"), desk.public("authority"));
    ([desk.approval("ann"), desk.approval("ann-cert.pub")], list)
}

#[test]
fn of_all_approvals_with_one_byte_changed_none_counts() {
    let (approvals, list) = approvals();
    let mut tried = 0;
    for approval in &approvals {
        let (envelope, signature) = parts(approval);
        assert!(judged(&joined(&envelope, &signature), &list, "").is_ok());
        for at in 0..ENVELOPE.trim_end().len() {
            for other in ["x", "0", "\"", " "].iter().filter(|other| **other != &envelope[at..=at]) {
                let changed = format!("{}{other}{}", &envelope[..at], &envelope[at + 1..]);
                assert!(judged(&joined(&changed, &signature), &list, "").is_err(), "{changed}");
                tried += 1;
            }
        }
        for at in 0..signature.len() {
            for bit in [0x01, 0x80, 0xff] {
                let mut changed = signature.clone();
                changed[at] ^= bit;
                let judged = judged(&joined(&envelope, &changed), &list, "");
                assert!(judged.is_err(), "byte {at} of {} with {bit:#x}", signature.len());
                tried += 1;
            }
        }
    }
    assert!(tried > 4000, "{tried}");
}

#[test]
fn of_all_approvals_with_bytes_missing_or_put_in_none_counts() {
    let (approvals, list) = approvals();
    for approval in &approvals {
        let (envelope, signature) = parts(approval);
        for at in 0..signature.len() {
            let mut shorter = signature.clone();
            shorter.remove(at);
            assert!(judged(&joined(&envelope, &shorter), &list, "").is_err(), "without byte {at}");
            let mut longer = signature.clone();
            longer.insert(at, 0);
            assert!(judged(&joined(&envelope, &longer), &list, "").is_err(), "with a byte at {at}");
            assert!(judged(&joined(&envelope, &signature[..at]), &list, "").is_err(), "cut at {at}");
        }
        let longer = [signature.as_slice(), &[0]].concat();
        assert!(judged(&joined(&envelope, &longer), &list, "").is_err(), "with a byte at the end");
    }
}

#[test]
fn of_all_approvals_that_end_early_none_counts() {
    let ([approval, _], list) = approvals();
    for end in 0..approval.trim_end().len() {
        assert!(judged(&approval[..end], &list, "").is_err(), "cut at {end}");
    }
    assert!(judged(approval.trim_end(), &list, "").is_ok());
}

#[test]
fn a_length_that_nothing_has_is_only_refused() {
    let ([approval, _], list) = approvals();
    let (envelope, signature) = parts(&approval);
    for at in 0..signature.len().saturating_sub(4) {
        let mut changed = signature.clone();
        changed[at..at + 4].copy_from_slice(&[0xff; 4]);
        assert!(judged(&joined(&envelope, &changed), &list, "").is_err(), "{at}");
    }
}

#[test]
fn any_list_and_any_text_is_read_without_a_panic() {
    let ([approval, _], list) = approvals();
    for at in 0..list.len() {
        for other in ["\"", ",", "=", "\n", "ä", ""] {
            let changed = format!("{}{other}{}", &list[..at], &list[at + 1..]);
            let _ = SignerList::parse("this commit", &changed, &changed);
        }
    }
    for at in 0..approval.len() {
        for other in ["{", "}", "ä", "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"] {
            let _ = in_text("a text", &format!("{}{other}{}", &approval[..at], &approval[at..]));
        }
    }
}
