//! The forms in which programs write a value: literally, in JSON, in a URL, in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Calls `visit` with all forms of a value, most of them once. A plain word has few. They come one at a time, because
/// together they are many times as long as the value.
pub(super) fn each(value: &str, visit: &mut dyn FnMut(&[u8])) {
    each_of(value, value, visit);
}

/// Calls `visit` with the forms of a value, but with the beginning only of long ones: at least this many bytes.
pub(super) fn each_beginning(value: &str, bytes: usize, visit: &mut dyn FnMut(&[u8])) {
    // The end of the beginning need not be a whole character, neither in UTF-8 nor in base64.
    let end = (bytes + 3..value.len()).find(|end| value.is_char_boundary(*end)).unwrap_or(value.len());
    each_of(value, &value[..end], visit);
}

/// The forms of `value`, which is the beginning of `whole`.
fn each_of(whole: &str, value: &str, visit: &mut dyn FnMut(&[u8])) {
    visit(value.as_bytes());
    json(whole, value, visit);
    url(whole.as_bytes(), value.as_bytes(), visit);
    base64(value.as_bytes(), visit);
}

/// Whether the character is special in HTML, so that Go escapes it in JSON:
/// <https://pkg.go.dev/encoding/json#HTMLEscape>.
fn is_html(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

/// Whether a writer of plain ASCII escapes the character.
fn is_no_ascii(character: char) -> bool {
    !character.is_ascii() || character == '\u{7f}'
}

/// The value in JSON as most writers have it, as Go does (the engine), in ASCII only (Python), with escaped slashes
/// (PHP), and each of them once more within a string of JSON.
fn json(whole: &str, value: &str, visit: &mut dyn FnMut(&[u8])) {
    let (html, no_ascii) = (whole.contains(is_html), whole.contains(is_no_ascii));
    let slash = whole.contains('/');
    let must = |character: char| character < ' ' || matches!(character, '"' | '\\');
    if !html && !no_ascii && !slash && !whole.contains(must) {
        return;
    }
    let by_number =
        |character: char| character < ' ' && !matches!(character, '\n' | '\r' | '\t' | '\u{8}' | '\u{c}');
    let numbers = html || no_ascii || whole.contains(by_number);
    for upper in [false, true].into_iter().take(1 + usize::from(numbers)) {
        for (also_html, also_no_ascii) in [(false, false), (true, false), (false, true), (true, true)] {
            if (also_html && !html) || (also_no_ascii && !no_ascii) {
                continue;
            }
            let also = |c: char| (also_html && is_html(c)) || (also_no_ascii && is_no_ascii(c));
            let once = json_escape(value, also, upper);
            visit(once.as_bytes());
            if slash {
                visit(once.replace('/', "\\/").as_bytes());
            }
            visit(json_escape(&once, |_| false, upper).as_bytes());
            if html && !also_html {
                visit(json_escape(&once, is_html, upper).as_bytes());
            }
        }
    }
}

const DIGITS: [[u8; 16]; 2] = [*b"0123456789abcdef", *b"0123456789ABCDEF"];

/// The value as the inside of a JSON string; the characters in `also` are escaped as well.
fn json_escape(value: &str, also: impl Fn(char) -> bool, upper: bool) -> String {
    let digits = &DIGITS[usize::from(upper)];
    let mut escaped = String::with_capacity(value.len() + value.len() / 8);
    for character in value.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{c}' => escaped.push_str("\\f"),
            other if other < ' ' || also(other) => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    escaped.push_str("\\u");
                    for shift in [12, 8, 4, 0] {
                        escaped.push(char::from(digits[usize::from(*unit >> shift & 15)]));
                    }
                }
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The characters that common functions do not encode in a URL, beside letters and digits: RFC 3986's unreserved
/// characters (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>), `encodeURIComponent`, HTML forms, Python's
/// `quote`, Go's `PathEscape`, `encodeURI`.
const KEPT: [&str; 6] = ["-_.~", "-_.!~*'()", "-_.*", "-_.~/", "-_.~$&+=:@", "-_.!~*'();/?:@&=+$,#"];

fn url(whole: &[u8], value: &[u8], visit: &mut dyn FnMut(&[u8])) {
    let mut present = [false; 256];
    for byte in whole {
        present[usize::from(*byte)] = true;
    }
    let special = |byte: &u8| present[usize::from(*byte)] && !byte.is_ascii_alphanumeric();
    let specials: Vec<u8> = (0..=u8::MAX).filter(special).collect();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for kept in KEPT {
        let mut escaped = specials.clone();
        escaped.retain(|byte| !kept.as_bytes().contains(byte));
        if escaped.is_empty() || seen.contains(&escaped) {
            continue;
        }
        let letters = |byte: &u8| *byte != b' ' && (byte >> 4 > 9 || byte & 15 > 9);
        let cases = 1 + usize::from(escaped.iter().any(letters));
        for space in ["%20", "+"].into_iter().take(1 + usize::from(escaped.contains(&b' '))) {
            for digits in DIGITS.iter().take(cases) {
                visit(&url_encode(value, &escaped, space, digits));
            }
        }
        seen.push(escaped);
    }
}

fn url_encode(value: &[u8], escaped: &[u8], space: &str, digits: &[u8; 16]) -> Vec<u8> {
    let mut is_escaped = [false; 256];
    for byte in escaped {
        is_escaped[usize::from(*byte)] = true;
    }
    let mut encoded = Vec::with_capacity(value.len() * 2);
    for &byte in value {
        if !is_escaped[usize::from(byte)] {
            encoded.push(byte);
        } else if byte == b' ' {
            encoded.extend_from_slice(space.as_bytes());
        } else {
            let escape = [b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]];
            encoded.extend_from_slice(&escape);
        }
    }
    encoded
}

/// Base64 of the value alone, and of the value within something longer: three bytes become four characters, so it looks
/// different at each of three offsets, and its first and last character may also depend on the text around it.
fn base64(value: &[u8], visit: &mut dyn FnMut(&[u8])) {
    let alone = STANDARD_NO_PAD.encode(value);
    if !value.len().is_multiple_of(3) {
        let padding = "=".repeat(3 - value.len() % 3);
        both_alphabets(format!("{alone}{padding}"), visit);
        both_alphabets(alone, visit);
    }
    for offset in 0..3 {
        let mut within = vec![0; offset];
        within.extend_from_slice(value);
        let encoded = STANDARD_NO_PAD.encode(&within);
        // Only the characters whose six bits all belong to the value.
        let first = (offset * 8).div_ceil(6);
        let last = within.len() * 8 / 6;
        both_alphabets(encoded[first..last].to_owned(), visit);
    }
}

/// Visits the text, and the same in the alphabet for URLs: <https://www.rfc-editor.org/rfc/rfc4648#section-5>.
fn both_alphabets(standard: String, visit: &mut dyn FnMut(&[u8])) {
    visit(standard.as_bytes());
    if standard.contains(['+', '/']) {
        let mut other = standard.into_bytes();
        for byte in &mut other {
            match byte {
                b'+' => *byte = b'-',
                b'/' => *byte = b'_',
                _ => {}
            }
        }
        visit(&other);
    }
}
