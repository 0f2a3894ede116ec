//! The day on which a certificate ends, read from its bytes: the only thing of it that anybody here asks for.
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>

use crate::base::day::Day;

const SEQUENCE: u8 = 0x30;
/// The tag of the version, which a certificate of version 1 does not have.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The last day on which the certificate is valid. None if the bytes are no certificate.
pub(super) fn last_day(der: &[u8]) -> Option<Day> {
    let (certificate, _) = inside(SEQUENCE, der)?;
    let (mut rest, _) = inside(SEQUENCE, certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = inside(SEQUENCE, rest)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    let text = std::str::from_utf8(text).ok()?;
    let (year, rest) = match tag {
        GENERALIZED_TIME => (text.get(..4)?.to_owned(), text.get(4..)?),
        UTC_TIME => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            ((if year < 50 { 2000 + year } else { 1900 + year }).to_string(), text.get(2..)?)
        }
        _ => return None,
    };
    Day::parse(&format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..4)?))
}

/// The content of the element at the beginning, which has to have this tag, and what follows it.
fn inside(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (own, content, rest) = element(der)?;
    (own == tag).then_some((content, rest))
}

/// The element at the beginning: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn certificate(year: i32, month: u8, day: u8) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["shop.example.com".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, month, day);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_last_day_is_read_in_both_forms_of_a_time() {
        for (year, month, day, expected) in [(2027, 3, 1, "2027-03-01"), (2061, 12, 31, "2061-12-31")] {
            assert_eq!(last_day(&certificate(year, month, day)), Day::parse(expected));
        }
    }

    #[test]
    fn what_is_cut_off_or_changed_is_survived() {
        let whole = certificate(2027, 3, 1);
        for at in 0..whole.len() {
            last_day(&whole[..at]);
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                last_day(&changed);
            }
        }
        assert_eq!(last_day(b""), None);
        assert_eq!(last_day(&whole[1..]), None);
    }
}
