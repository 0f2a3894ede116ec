//! The forms in which programs write a value: as it is, in JSON, in a URL, in base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// All forms of a value that differ from each other; a plain word has few.
pub(super) fn of(value: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![value.as_bytes().to_vec()];
    json(value, &mut forms);
    url(value, &mut forms);
    base64(value.as_bytes(), &mut forms);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// JSON as most writers have it, as Go has it (the engine: HTML's characters are escaped,
/// <https://pkg.go.dev/encoding/json#HTMLEscape>), in ASCII only (Python), with escaped slashes (PHP), and each of
/// them once more within a string of JSON.
fn json(value: &str, forms: &mut Vec<Vec<u8>>) {
    let plain = |_: char| false;
    let html = |character| matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
    let ascii = |character: char| !character.is_ascii() || character == '\u{7f}';
    for upper in [false, true] {
        let once = [
            json_escape(value, plain, upper),
            json_escape(value, html, upper),
            json_escape(value, ascii, upper),
            json_escape(value, |character| html(character) || ascii(character), upper),
        ];
        for form in once {
            forms.push(form.replace('/', "\\/").into_bytes());
            forms.push(json_escape(&form, plain, upper).into_bytes());
            forms.push(json_escape(&form, html, upper).into_bytes());
            forms.push(form.into_bytes());
        }
    }
}

/// The inside of the JSON string of a value; `also` are escaped beside those that must be.
fn json_escape(value: &str, also: impl Fn(char) -> bool, upper: bool) -> String {
    let mut escaped = String::with_capacity(value.len());
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
                    let unit = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                    escaped.push_str(&unit);
                }
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// What the usual functions keep as it is, beside letters and digits: RFC 3986's unreserved characters
/// (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>), `encodeURIComponent`, HTML forms, Python's `quote`,
/// Go's `PathEscape`, `encodeURI`.
const KEPT: [&str; 6] = ["-_.~", "-_.!~*'()", "-_.*", "-_.~/", "-_.~$&+=:@", "-_.!~*'();/?:@&=+$,#"];

fn url(value: &str, forms: &mut Vec<Vec<u8>>) {
    for kept in KEPT {
        for space in ["%20", "+"] {
            for upper in [false, true] {
                forms.push(url_encode(value, kept, space, upper));
            }
        }
    }
}

fn url_encode(value: &str, kept: &str, space: &str, upper: bool) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(value.len());
    for &byte in value.as_bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(byte);
        } else if byte == b' ' {
            encoded.extend_from_slice(space.as_bytes());
        } else {
            let escape = if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
            encoded.extend_from_slice(escape.as_bytes());
        }
    }
    encoded
}

/// Base64 of the value alone, and of the value within something longer: three characters stand for four of the
/// text, so it looks different at each of three offsets, and its first and last character may belong to both.
fn base64(value: &[u8], forms: &mut Vec<Vec<u8>>) {
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        let alone = engine.encode(value);
        if !value.len().is_multiple_of(3) {
            let padding = "=".repeat(3 - value.len() % 3);
            forms.push(format!("{alone}{padding}").into_bytes());
        }
        forms.push(alone.into_bytes());
        for offset in 0..3 {
            let mut within = vec![0; offset];
            within.extend_from_slice(value);
            let encoded = engine.encode(&within);
            // The characters whose six bits are all the value's.
            let first = (offset * 8).div_ceil(6);
            let last = within.len() * 8 / 6;
            forms.push(encoded.as_bytes()[first..last].to_vec());
        }
    }
}
