//! The engine's own mark of a secret value, by which text is known that shows one in plain: what is written for
//! debugging has no mask of the engine's.
//!
//! An object with the key [`KEY`] and the value [`SIGNATURE`] is a secret; its value is another field of the object.
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>

/// The key of the signature.
const KEY: &[u8] = b"4dabf18193072939515e22adb298388d";

/// The signature of a secret.
pub const SIGNATURE: &[u8] = b"1b47061264138c4ac30d75fd1eb44270";

/// The words in place of such a text.
pub const WITHHELD: &str = "[withheld: the engine wrote the plain value of a secret here]";

/// The engine's lines about each value that goes to or comes from a plugin, secrets in plain included:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>
const OF_VALUES: [&[u8]; 2] = [b"Marshaling property for RPC[", b"marshaling property for RPC["];

/// Whether a text shows a secret's value: it has the signature and is not only an encrypted secret.
pub fn is_shown(text: &[u8]) -> bool {
    shown_at(text).is_some()
}

/// Where the first signature ends, or the first mark of a line about a value, that shows one.
pub fn shown_at(text: &[u8]) -> Option<usize> {
    let of_values = OF_VALUES.iter().filter_map(|mark| Some(find(text, mark)? + mark.len())).min();
    let mut from = 0;
    while let Some(at) = find(&text[from..], SIGNATURE) {
        let end = from + at + SIGNATURE.len();
        if of_values.is_none_or(|other| end < other) && !is_sealed(&text[end..]) {
            return Some(end);
        }
        from = end;
    }
    of_values
}

/// Whether what follows a signature is the encrypted value, as in exported states and in the event log.
fn is_sealed(after: &[u8]) -> bool {
    let begin = after.iter().position(u8::is_ascii_alphanumeric);
    begin.is_some_and(|begin| after[begin..].starts_with(b"ciphertext"))
}

/// Whether a line ends with a signature and has no value before it: the value is on a line that follows.
pub fn is_bare(line: &[u8]) -> bool {
    let Some(at) = find(line, SIGNATURE) else { return false };
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let before = &line[..at];
    let key = find(before, KEY);
    let before = key.map_or(before, |key| &before[..key]);
    key.is_some() && !line[at + SIGNATURE.len()..].iter().any(word) && !before.iter().any(word)
}

/// How many bytes at the end of a text could begin a signature.
pub fn half_of_one(text: &[u8]) -> usize {
    (1..SIGNATURE.len().min(text.len() + 1))
        .rev()
        .find(|length| text.ends_with(&SIGNATURE[..*length]))
        .unwrap_or(0)
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    // Only places with the word's first byte are compared: a signature is rare.
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == word[0]) {
        if text[from + at..].starts_with(word) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &str = "\"4dabf18193072939515e22adb298388d\":\"1b47061264138c4ac30d75fd1eb44270\"";

    #[test]
    fn a_signature_with_a_plain_value_shows_a_secret_in_whatever_form() {
        for text in [
            format!("{{{PAIR},\"plaintext\":\"\\\"hunter22\\\"\"}}"),
            "{'4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', value: 'hunter22'}".to_owned(),
            "resp: urn:pulumi,,4dabf18193072939515e22adb298388d,,,1b47061264138c4ac30d75fd1eb44270,value,,,hunter22"
                .to_owned(),
            "map[4dabf18193072939515e22adb298388d:{1b47061264138c4ac30d75fd1eb44270} value:{hunter22}]".to_owned(),
            "I1129 01:58:11.812742   21582 rpc.go:85] Marshaling property for RPC[]: b={hunter22}".to_owned(),
            "I1129 01:58:11.812742   21582 rpc.go:85] Unmarshaling property for RPC[x]: b={hunter22}".to_owned(),
            format!("{{{PAIR},\"ciphertext\":\"v1:x\"}} {{{PAIR},\"value\":\"hunter22\"}}"),
        ] {
            assert!(is_shown(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn an_encrypted_secret_is_shown_to_everybody() {
        for text in [
            format!("{{{PAIR},\"ciphertext\":\"v1:x\"}}"),
            format!("{{{PAIR},\n  \"ciphertext\": \"[secret]\"}}"),
            "no secret".to_owned(),
            String::new(),
        ] {
            assert!(!is_shown(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_line_with_nothing_but_the_signature_shows_no_value_yet() {
        assert!(is_bare(b"  \"4dabf18193072939515e22adb298388d\": \"1b47061264138c4ac30d75fd1eb44270\","));
        assert!(is_bare(b"{ '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',"));
        assert!(!is_bare(
            b"{ value: 'x', '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270' }"
        ));
        assert!(!is_bare(b"1b47061264138c4ac30d75fd1eb44270"));
    }

    #[test]
    fn the_beginning_of_a_signature_is_known_at_the_end_of_a_text() {
        assert_eq!(half_of_one(b"x 1b470612"), 8);
        assert_eq!(half_of_one(b"x 1"), 1);
        assert_eq!(half_of_one(b"x"), 0);
        assert_eq!(half_of_one(b""), 0);
    }
}
