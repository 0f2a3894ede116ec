//! Finds secrets in a text in another way than the masker: it decodes the text and compares, where the masker
//! encodes the secret and searches.

use std::collections::{BTreeSet, HashMap};

/// What the beginning of a secret must have to be looked up.
const KEY: usize = 6;

/// Knows the secrets by their first bytes.
pub(super) struct Finder<'a> {
    secrets: HashMap<[u8; KEY], Vec<(usize, &'a [u8])>>,
    /// Whether some secret begins with three bytes like these: quicker than the map, but not sure.
    may_begin: Vec<bool>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(secrets: &[&'a str]) -> Self {
        let mut finder = Self { secrets: HashMap::new(), may_begin: vec![false; 1 << 24] };
        for (index, secret) in secrets.iter().enumerate() {
            let key = secret.as_bytes()[..KEY].try_into().expect("a secret of six bytes");
            finder.secrets.entry(key).or_default().push((index, secret.as_bytes()));
            finder.may_begin[three(&key)] = true;
        }
        finder
    }

    /// The indexes of the secrets that are in the text: raw, in JSON (once and twice), in a URL, in base64.
    pub(super) fn find(&self, text: &[u8]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let once = json_decoded(text);
        self.find_raw(text, &mut found);
        self.find_raw(&json_decoded(&once), &mut found);
        self.find_raw(&once, &mut found);
        self.find_raw(&url_decoded(text, b'+'), &mut found);
        self.find_raw(&url_decoded(text, b' '), &mut found);
        for run in text.split(|byte| base64_value(*byte).is_none()) {
            for skipped in 0..4.min(run.len()) {
                self.find_raw(&base64_decoded(&run[skipped..]), &mut found);
            }
        }
        found
    }

    /// The indexes of the secrets that are in the text as they are.
    fn find_raw(&self, text: &[u8], found: &mut BTreeSet<usize>) {
        for (at, key) in text.windows(KEY).enumerate() {
            if !self.may_begin[three(key)] {
                continue;
            }
            for (index, secret) in self.secrets.get(key).into_iter().flatten() {
                if text[at..].starts_with(secret) {
                    found.insert(*index);
                }
            }
        }
    }
}

fn three(key: &[u8]) -> usize {
    usize::from(key[0]) << 16 | usize::from(key[1]) << 8 | usize::from(key[2])
}

fn json_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut units = Vec::new();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\'
            && let Some(unit) = rest.get(1..5).filter(|_| rest[0] == b'u').and_then(hexadecimal)
        {
            units.push(u16::try_from(unit).expect("four digits"));
            rest = &rest[5..];
            continue;
        }
        out.extend(String::from_utf16_lossy(&std::mem::take(&mut units)).as_bytes());
        let escaped = rest.first().filter(|_| byte == b'\\').and_then(|next| match next {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'"' | b'\\' | b'/' => Some(*next),
            _ => None,
        });
        if escaped.is_some() {
            rest = &rest[1..];
        }
        out.push(escaped.unwrap_or(byte));
    }
    out.extend(String::from_utf16_lossy(&units).as_bytes());
    out
}

fn url_decoded(text: &[u8], plus: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after.get(..2).and_then(hexadecimal)) {
            (b'%', Some(value)) => {
                out.push(u8::try_from(value).expect("two digits"));
                rest = &rest[2..];
            }
            (b'+', _) => out.push(plus),
            _ => out.push(byte),
        }
    }
    out
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

fn base64_decoded(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len());
    let (mut bits, mut count) = (0, 0);
    for value in run.iter().filter_map(|byte| base64_value(*byte)) {
        bits = (bits << 6 | value) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
