//! Secrets and hostile strings that are made up, always the same ones, and the forms in which programs write them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// Numbers that look random and are always the same: <https://doi.org/10.18637/jss.v008.i14>, xorshift64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("a small number")
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    pub(super) fn text(&mut self, length: usize, alphabet: &str) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| *self.pick(&alphabet)).collect()
    }
}

pub(super) const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// At least `count` secrets of many kinds: tokens, passwords, keys of several lines, and those that someone made up to break us.
pub(super) fn secrets(random: &mut Random, count: usize) -> Vec<String> {
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
    while secrets.len() < count + 100 {
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
pub(super) fn parts(secrets: &[String]) -> Vec<&str> {
    let lines =
        secrets.iter().flat_map(|secret| secret.lines().filter(move |line| line.len() < secret.len()));
    let long_lines = lines.map(str::trim).filter(|line| line.chars().count() >= 6);
    secrets.iter().map(String::as_str).chain(long_lines).collect()
}

/// The secret as some program would write it.
pub(super) fn encoded(secret: &str, random: &mut Random) -> String {
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
