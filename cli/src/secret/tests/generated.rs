//! Thousands of secrets and hostile strings in every form and cut anywhere: none comes out, nothing else changes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::finder::Finder;
use crate::secret::Masker;

const SECRETS: usize = 10_000;

/// Numbers that look random and are always the same: <https://doi.org/10.18637/jss.v008.i14>, xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("a small number")
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    fn text(&mut self, length: usize, alphabet: &str) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| *self.pick(&alphabet)).collect()
    }
}

const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Secrets of many kinds: tokens, passwords, keys of several lines, and those that someone made up to break us.
fn secrets(random: &mut Random) -> Vec<String> {
    let mut secrets: Vec<String> = [
        "aaaaaa",
        "aaaaaaa",
        "abababab",
        "babababa",
        "\\\\\\\\\\\\",
        "\"\"\"\"\"\"",
        "%25%25%25",
        "++++++",
        "%%%%%%",
        "::add-mask::x",
        "##vso[task.complete]",
        "</details>",
        "```````",
        "$(reboot)",
        "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}",
        "a\u{1b}[31mb\u{1b}[0m",
        "\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}",
        "a***b***c",
        "{\"password\": \"x\"}",
        "\\u0041\\u0042",
        "line one\nline two\n\nline four",
        "======",
        "dGVzdHM=",
        "https://user:pass@host/?a=b&c=d#e",
        "\u{2028}\u{2029}<>&'",
    ]
    .map(str::to_owned)
    .into();
    while secrets.len() < SECRETS + 100 {
        let kind = random.below(8);
        let length = 6 + random.below(40);
        secrets.push(match kind {
            0 | 1 => random.text(length, WORD),
            2 => random.text(length, "abcXYZ019!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            3 => random.text(length, "aäöüß€漢字\u{1F600}é"),
            4 => random.text(length.min(16), "ab"),
            5 => {
                let (name, first, last) =
                    (random.text(6, WORD), random.text(length, WORD), random.text(length, WORD));
                format!("-----BEGIN {name}-----\n{first}\n{last}\n")
            }
            6 => format!("{}x{}", random.pick(&secrets).trim(), random.below(10)),
            _ => format!("a{}\t \"\\/{}", random.text(length, "+/=% &<>"), random.below(1000)),
        });
    }
    // The masker takes the white space round a value for what it is.
    secrets
        .iter()
        .map(|secret| secret.trim().to_owned())
        .filter(|secret| secret.chars().count() >= 6)
        .collect()
}

/// The secrets and the lines of those that have several.
fn parts(secrets: &[String]) -> Vec<&str> {
    let lines =
        secrets.iter().flat_map(|secret| secret.lines().filter(move |line| line.len() < secret.len()));
    let long_lines = lines.map(str::trim).filter(|line| line.chars().count() >= 6);
    secrets.iter().map(String::as_str).chain(long_lines).collect()
}

/// The secret as some program would write it.
fn encoded(secret: &str, random: &mut Random) -> String {
    let json = |text: &str| {
        let quoted = serde_json::to_string(text).expect("a string");
        quoted[1..quoted.len() - 1].to_owned()
    };
    let percent = |kept: &str, upper: bool| -> String {
        let escape = |byte: u8| match char::from(byte) {
            character if character.is_ascii_alphanumeric() || kept.contains(character) => {
                character.to_string()
            }
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        secret.bytes().map(escape).collect()
    };
    match random.below(10) {
        0 | 1 => secret.to_owned(),
        2 => json(secret),
        3 => json(secret).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        4 => json(&json(secret)),
        5 => percent("-_.~", true),
        6 => percent("-_.!~*'()", false),
        7 => percent("-_.~ ", true).replace(' ', "+"),
        8 => {
            let (before, after) = (random.below(4), random.below(4));
            let within = format!("{}{secret}{}", random.text(before, WORD), random.text(after, WORD));
            STANDARD.encode(within)
        }
        _ => URL_SAFE_NO_PAD.encode(secret),
    }
}

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
fn of_ten_thousand_secrets_in_any_form_and_any_pieces_none_comes_out() {
    let seed = 0x5eed_0001;
    println!("seed {seed:#x}");
    let random = &mut Random(seed);
    let secrets = secrets(random);
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
    let secrets: Vec<String> = secrets(random).into_iter().filter(|secret| !alike(secret)).collect();
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
