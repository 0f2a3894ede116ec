//! The engine's own mark of a secret value. It reveals text that shows such a value in plain: the engine masks nothing
//! in its output for debugging.
//!
//! An object with the key [`KEY`] and one of the [`MARKS`] is a secret, or an output that can be one; its value is
//! another field of the object. <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>

/// The key of the signature.
const KEY: &[u8] = b"4dabf18193072939515e22adb298388d";

/// The marks: of a secret, and of an output, which has a field that says whether it is secret.
const MARKS: [&[u8]; 2] = [b"1b47061264138c4ac30d75fd1eb44270", OUTPUT];
const OUTPUT: &[u8] = b"d0e6a833031e9bbcd3f4e8bde6ca49a4";

/// The length of each mark in bytes.
pub const LENGTH: usize = 32;

/// The words in place of such a text.
pub const WITHHELD: &str = "[withheld: the engine wrote the plain value of a secret here]";

/// The beginning of the engine's log lines about values for a plugin or from one, which hold secrets in plain:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>
const OF_VALUES: [&[u8]; 2] = [b"Marshaling property for RPC[", b"marshaling property for RPC["];

/// Whether a text shows a secret's value: it has a mark, and not only an encrypted secret.
pub fn is_shown(text: &[u8]) -> bool {
    shown_at(text).is_some()
}

/// The end of the first mark, or of the first beginning of a line about a value, that shows a value.
pub fn shown_at(text: &[u8]) -> Option<usize> {
    let of_values = OF_VALUES.iter().filter_map(|mark| Some(find(text, mark)? + mark.len())).min();
    let mut from = 0;
    while let Some((at, mark)) = find_mark(&text[from..]) {
        let end = from + at + LENGTH;
        let harmless = if mark == OUTPUT { is_open(text, end) } else { is_sealed(&text[end..]) };
        if of_values.is_none_or(|other| end < other) && !harmless {
            return Some(end);
        }
        from = end;
    }
    of_values
}

/// The position of the first mark, and which one it is.
fn find_mark(text: &[u8]) -> Option<(usize, &'static [u8])> {
    MARKS.iter().filter_map(|mark| Some((find(text, mark)?, *mark))).min()
}

/// Whether the text after a mark is the encrypted value and nothing in plain, as in exported states and in the event
/// log. An object ends with a bracket, which no encrypted value has.
pub fn is_sealed(after: &[u8]) -> bool {
    let begin = after.iter().position(u8::is_ascii_alphanumeric).unwrap_or(after.len());
    let Some(rest) = after[begin..].strip_prefix(b"ciphertext") else { return false };
    let value = rest.iter().position(u8::is_ascii_alphanumeric).unwrap_or(rest.len());
    let empty = [&b"\"\""[..], b"''", b"{}"].iter().any(|pair| find(&rest[..value], pair).is_some());
    let object = rest.split(|byte| matches!(byte, b'}' | b')')).next().unwrap_or_default();
    let is_plain = |word: &[u8]| word == b"plaintext" || word == b"value";
    // A masked value is `[secret]`.
    let has_value = value < rest.len();
    has_value && !empty && !object.split(|byte| !byte.is_ascii_alphanumeric()).any(is_plain)
}

/// Whether the output with this mark says that it is not secret, or has nothing beside it.
fn is_open(text: &[u8], end: usize) -> bool {
    let after = &text[end..];
    let begin =
        after.iter().position(|byte| !matches!(byte, b'"' | b'\'' | b'\\' | b' ')).unwrap_or(after.len());
    if after.get(begin) == Some(&b'}') {
        let before = text[..end - LENGTH].rsplit(|byte| *byte == b'{').next().unwrap_or_default();
        return !before.split(|byte| !byte.is_ascii_alphanumeric()).any(|word| word == b"value");
    }
    let mut words = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| word == b"secret") && words.next() == Some(b"false")
}

/// Whether a line ends with a mark and has no value before it: the value is on a later line.
pub fn is_bare(line: &[u8]) -> bool {
    let Some((at, _)) = find_mark(line) else { return false };
    let line = &without_colours(line)[..];
    let at = find_mark(line).map_or(at, |(at, _)| at);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let before = &line[..at];
    let key = find(before, KEY);
    let before = key.map_or(before, |key| &before[..key]);
    key.is_some() && !line[at + LENGTH..].iter().any(word) && !before.iter().any(word)
}

/// Whether the line has the mark as a field of an object: after its key.
pub fn is_field(line: &[u8]) -> bool {
    let line = without_colours(line);
    let (Some(key), Some((at, _))) = (find(&line, KEY), find_mark(&line)) else { return false };
    let between = line.get(key + KEY.len()..at).unwrap_or_default();
    between.len() < 12 && between.iter().any(|byte| matches!(byte, b':' | b'='))
}

/// The line without escape sequences for colours.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut parts = line.split(|byte| *byte == 0x1b);
    let mut out = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let end = part.iter().position(u8::is_ascii_alphabetic).map_or(part.len(), |at| at + 1);
        out.extend_from_slice(&part[end..]);
    }
    out
}

/// The number of bytes at the end of a text that could begin a mark.
pub fn half_of_one(text: &[u8]) -> usize {
    let begins = |length: &usize| MARKS.iter().any(|mark| text.ends_with(&mark[..*length]));
    (1..LENGTH.min(text.len() + 1)).rev().find(begins).unwrap_or(0)
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    // Only places with the word's first byte are compared, because a mark is rare.
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

    const OUTPUT_PAIR: &str = "\"4dabf18193072939515e22adb298388d\":\"d0e6a833031e9bbcd3f4e8bde6ca49a4\"";

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
            format!("{{{PAIR},\"ciphertext\":\"\",\"plaintext\":\"hunter22\"}}"),
            format!("{{{PAIR},\"ciphertext\":\"v1:x\",\"plaintext\":\"hunter22\"}}"),
            format!("{{{OUTPUT_PAIR},\"secret\":true,\"value\":\"hunter22\"}}"),
            format!("{{\"secret\":true,\"value\":\"hunter22\",{OUTPUT_PAIR}}}"),
            format!("map[{OUTPUT_PAIR} dependencies:[] secret:{{true}} value:{{hunter22}}]"),
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
            format!("{{{OUTPUT_PAIR}}}"),
            format!("{{{OUTPUT_PAIR},\"secret\":false,\"value\":\"fine\"}}"),
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
