//! Secrets that are longer than what the automaton knows of them: exactly they are hidden, in a little room.

use super::made::Random;
use super::masker;
use crate::base::secret::Masker;

/// The text with each of the secrets replaced, by comparing at every place.
fn replaced(secrets: &[String], text: &str) -> String {
    let mut hidden = vec![false; text.len()];
    for secret in secrets {
        for at in 0..text.len() {
            if text[at..].starts_with(secret.as_str()) {
                hidden[at..at + secret.len()].fill(true);
            }
        }
    }
    let mut out = String::new();
    for (at, character) in text.char_indices() {
        match hidden[at] {
            true if at > 0 && hidden[at - 1] => {}
            true => out.push_str("***"),
            false => out.push(character),
        }
    }
    out
}

#[test]
fn of_long_secrets_that_are_alike_exactly_they_are_hidden_whatever_the_pieces() {
    let random = &mut Random(0x5eed_0005);
    let period = "ab".repeat(400);
    let mut secrets: Vec<String> = vec!["a".repeat(700), period[..601].to_owned(), format!("{period}b")];
    for _ in 0..30 {
        let shared = random.pick(&secrets).clone();
        let length = 100 + random.below(shared.len() - 100);
        let tail = 200 + random.below(300);
        secrets.push(shared[..length].to_owned() + &random.text(tail, "ab"));
    }
    let mut text = String::new();
    for _ in 0..120 {
        let secret = random.pick(&secrets).clone();
        let (from, to) = (random.below(2), secret.len() - random.below(2));
        text += &secret[from..to];
        let noise = random.below(3);
        text += &random.text(noise, "ab");
    }
    let texts: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let masker = masker(&texts);
    let expected = replaced(&secrets, &text);
    assert!(expected.len() > 100 && expected.len() < text.len(), "some are hidden, and not all");
    for longest in [1, 7, 400, 100_000] {
        let mut stream = masker.stream();
        let (mut out, mut rest) = (Vec::new(), text.as_bytes());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + random.below(longest)));
            out.extend(stream.push(piece));
            rest = after;
        }
        out.extend(stream.finish());
        assert!(String::from_utf8_lossy(&out) == expected, "in pieces of up to {longest} bytes");
    }
}

#[test]
fn a_long_secret_is_hidden_in_every_form() {
    let value = "pä\"ss/w&rd <1> \\ 2+3=?\n".repeat(50);
    let masker = masker(&[&value]);
    let json = serde_json::to_string(value.trim()).expect("a string");
    let twice = serde_json::to_string(&json).expect("a string");
    for form in [value.trim(), &json[1..json.len() - 1], &twice[3..twice.len() - 3]] {
        assert_eq!(masker.mask(&format!("<{form}>")), "<***>");
    }
}

#[test]
fn what_a_long_secret_shares_with_a_text_stays_back_no_longer_than_twice_its_length() {
    let secret = (0..600).map(|number| format!("{number:04}")).collect::<Vec<_>>().concat();
    let masker = masker(&[&secret]);
    let mut stream = masker.stream();
    let mut text = secret[..700].to_owned();
    assert_eq!(stream.push(text.as_bytes()), b"");
    let rest = "x".repeat(700);
    let out = stream.push(rest.as_bytes());
    text += &rest;
    assert_eq!(String::from_utf8_lossy(&out), text);
}

fn bytes_for(secrets: &[String]) -> usize {
    let mut masker = Masker::new();
    for secret in secrets {
        masker.add("made", secret);
    }
    masker.bytes()
}

#[test]
fn one_long_secret_takes_less_room_than_itself() {
    let random = &mut Random(0x5eed_0006);
    for secret in ["a".repeat(100_000), random.text(100_000, "abcXYZ019!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")]
    {
        let bytes = bytes_for(&[secret]);
        assert!(bytes < 200_000, "{bytes} bytes");
    }
}

#[test]
fn many_secrets_take_room_as_they_are_long() {
    let random = &mut Random(0x5eed_0007);
    let mut made = |count| -> Vec<String> {
        (0..count).map(|_| random.text(60, "abcXYZ019!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")).collect()
    };
    // An automaton of all forms has 2,000 bytes for each byte of these.
    for count in [500, 4000] {
        let bytes = bytes_for(&made(count));
        assert!(bytes < (16 << 20) + count * 60 * 48, "{count} secrets: {bytes} bytes");
    }
}
