//! The kinds of keys whose signatures count, each made by `ssh-keygen`; those of security devices by a device in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256, Sha512};

use super::{Desk, ENVELOPE, NAMESPACE, judged};

/// Each kind of key that counts, as `ssh-keygen` names it.
const KINDS: [&[&str]; 3] =
    [&["-t", "ed25519"], &["-t", "ecdsa", "-b", "256"], &["-t", "ecdsa", "-b", "384"]];

#[test]
fn what_ssh_keygen_signs_counts_and_names_the_person() {
    let desk = Desk::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let name = format!("key{at}");
        desk.make_key(&name, kind);
        let (approval, allowed) = (desk.approval(&name), format!("ann {}\n", desk.public(&name)));
        let signer = judged(&approval, &allowed, "").unwrap();
        assert_eq!(signer.names, ["ann"], "{kind:?}");
        assert!(desk.keygen(&["-l", "-f", &name], None).1.contains(&signer.key), "{kind:?}");
        assert!(desk.is_verified(&approval, "ann", &allowed, ""), "{kind:?}");
    }
}

#[test]
fn both_hashes_of_a_file_are_read() {
    let desk = Desk::new();
    for hash in ["sha256", "sha512"] {
        desk.write("approval.json", ENVELOPE);
        let option = format!("hashalg={hash}");
        let _ = std::fs::remove_file(desk.path("approval.json.sig"));
        let args = ["-Y", "sign", "-n", NAMESPACE, "-O", &option, "-f", "ann", "approval.json"];
        let (done, said) = desk.keygen(&args, None);
        assert!(done, "{said}");
        let approval = format!("{ENVELOPE}{}", desk.read("approval.json.sig"));
        let allowed = format!("ann {}\n", desk.public("ann"));
        assert!(judged(&approval, &allowed, "").is_ok(), "{hash}");
    }
}

#[test]
fn a_certificate_of_a_listed_authority_counts_for_the_names_that_it_has() {
    let desk = Desk::new();
    for (at, kind) in KINDS.iter().enumerate() {
        let authority = format!("authority{at}");
        desk.make_key(&authority, kind);
        for period in ["always:forever", "20261101:20261201"] {
            let args = ["-q", "-s", &authority, "-I", "id", "-n", "ann,other", "-V", period, "ann.pub"];
            let (done, said) = desk.keygen(&args, None);
            assert!(done, "{said}");
            let approval = desk.approval("ann-cert.pub");
            let allowed = format!("ann,bob cert-authority {}\n", desk.public(&authority));
            assert_eq!(judged(&approval, &allowed, "").unwrap().names, ["ann"], "{kind:?} {period}");
            assert!(desk.is_verified(&approval, "ann", &allowed, ""), "{kind:?} {period}");
        }
    }
}

/// A text with its length before it.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// A positive number as it is written in a signature.
fn number(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[zeros..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    string(&[sign, digits].concat())
}

/// The approval by a security device in memory, and the line of its key. `flags`: 1 if somebody has touched it.
fn by_device(curve: bool, flags: u8) -> (String, String) {
    let (random, application) = (SystemRandom::new(), b"ssh:");
    let signed = [
        b"SSHSIG".to_vec(),
        string(NAMESPACE.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(&Sha512::digest(ENVELOPE)),
    ];
    let counter = 7_u32.to_be_bytes();
    let parts: [&[u8]; 4] =
        [&Sha256::digest(application), &[flags], &counter, &Sha256::digest(signed.concat())];
    let message = parts.concat();
    let (algorithm, key, signature) = if curve {
        let way = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate_pkcs8(way, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(way, pair.as_ref(), &random).unwrap();
        let both = pair.sign(&random, &message).unwrap();
        let (r, s) = both.as_ref().split_at(32);
        let key = [string(b"nistp256"), string(pair.public_key().as_ref())].concat();
        ("sk-ecdsa-sha2-nistp256@openssh.com", key, [number(r), number(s)].concat())
    } else {
        let pair = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap();
        let key = string(pair.public_key().as_ref());
        ("sk-ssh-ed25519@openssh.com", key, pair.sign(&message).as_ref().to_vec())
    };
    let key = [string(algorithm.as_bytes()), key, string(application)].concat();
    let signature =
        [string(algorithm.as_bytes()), string(&signature), vec![flags], counter.to_vec()].concat();
    let whole = [
        b"SSHSIG".to_vec(),
        1_u32.to_be_bytes().to_vec(),
        string(&key),
        string(NAMESPACE.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(&signature),
    ];
    let encoded = STANDARD.encode(whole.concat());
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let armour =
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"));
    (format!("{ENVELOPE}{armour}"), format!("ann {algorithm} {}\n", STANDARD.encode(key)))
}

#[test]
fn what_a_security_device_signs_counts_as_ssh_keygen_verifies_it() {
    let desk = Desk::new();
    for curve in [false, true] {
        let (approval, allowed) = by_device(curve, 1);
        assert!(desk.is_verified(&approval, "ann", &allowed, ""), "the device of this test is a real one");
        assert_eq!(judged(&approval, &allowed, "").unwrap().names, ["ann"]);
    }
}

#[test]
fn what_a_security_device_signs_without_a_touch_does_not_count() {
    for curve in [false, true] {
        let (approval, allowed) = by_device(curve, 0);
        let why = judged(&approval, &allowed, "").unwrap_err().in_words();
        assert!(why.contains("without a touch"), "{why}");
    }
}
