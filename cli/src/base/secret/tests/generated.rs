//! Thousands of secrets and hostile strings in every form and cut anywhere: none comes out, nothing else changes.

use super::finder::Finder;
use super::made::{Random, encoded, parts, secrets};
use crate::base::secret::Masker;

/// Enough for every kind of secret in every form; the binary is tried with 10,000.
const SECRETS: usize = 1_500;

fn in_pieces(masker: &Masker, text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut stream = masker.stream();
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let longest = *random.pick(&[1, 3, 17, 200, 5000]);
        let (piece, after) = rest.split_at(rest.len().min(1 + random.below(longest)));
        out.extend(stream.push(piece));
        rest = after;
    }
    out.extend(stream.finish());
    out
}

fn masker_of(secrets: &[String]) -> Masker {
    let mut masker = Masker::new();
    for secret in secrets {
        masker.add("generated", secret);
    }
    masker
}

#[test]
fn of_generated_secrets_in_any_form_and_any_pieces_none_comes_out() {
    let seed = 0x5eed_0001;
    println!("seed {seed:#x}");
    let random = &mut Random(seed);
    let secrets = secrets(random, SECRETS);
    let mut text = Vec::new();
    for secret in &secrets {
        text.extend_from_slice(encoded(secret, random).as_bytes());
        text.extend_from_slice(random.pick::<&[u8]>(&[b"\n", b" ", b"\"", b"\xff", b"\x00", b": "]));
    }
    assert!(secrets.len() >= SECRETS, "{} secrets", secrets.len());
    let parts = parts(&secrets);
    let finder = Finder::new(&parts);
    let unmasked = finder.find(&in_pieces(&Masker::new(), &text, random));
    assert_eq!(unmasked.len(), parts.len(), "the finder finds each of them without the masker");
    let masked = finder.find(&in_pieces(&masker_of(&secrets), &text, random));
    let leaked: Vec<&str> = masked.iter().map(|index| parts[*index]).collect();
    assert!(leaked.is_empty(), "{} secrets came out: {:?}", leaked.len(), &leaked[..leaked.len().min(5)]);
    println!(
        "{} secrets, {} with their lines: all found without the masker, 0 with it",
        secrets.len(),
        parts.len()
    );
}

#[test]
fn text_that_only_looks_like_secrets_is_never_changed() {
    let seed = 0x5eed_0002;
    println!("seed {seed:#x}");
    let random = &mut Random(seed);
    // Without those that differ by a bit only, which base64 may not show.
    let alike = |secret: &String| secret.contains("ab") || secret.contains("aaa") || secret.contains("bb");
    let secrets: Vec<String> = secrets(random, SECRETS).into_iter().filter(|secret| !alike(secret)).collect();
    let finder = Finder::new(&parts(&secrets));
    let mut text: Vec<u8> = Vec::new();
    for secret in &secrets {
        // All but its first or last character; of a form some more, as in base64 a secret of which only some bits
        // are missing is rightly hidden.
        let form = encoded(secret, random);
        for (whole, missing) in [(secret, 1), (&form, 8)] {
            let characters: Vec<char> = whole.chars().collect();
            let missing = missing.min(characters.len());
            let without_first: String = characters[missing..].iter().collect();
            let without_last: String = characters[..characters.len() - missing].iter().collect();
            let shorter = random.pick(&[without_first, without_last]).clone();
            if finder.find(shorter.as_bytes()).is_empty() {
                text.extend_from_slice(shorter.as_bytes());
            }
            text.extend_from_slice(random.pick::<&[u8]>(&[b"\x01", b"\xfe\n", b"\x02\xc3"]));
        }
    }
    let masked = in_pieces(&masker_of(&secrets), &text, random);
    let first = masked.iter().zip(&text).position(|(one, other)| one != other);
    let context =
        first.map(|at| String::from_utf8_lossy(&text[at.saturating_sub(40)..text.len().min(at + 60)]));
    assert!(masked == text, "changed at byte {first:?}: {context:?}");
    println!("{} innocent bytes, 0 changed", text.len());
}
