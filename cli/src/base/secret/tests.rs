//! What the masker hides, and what it leaves alone.

mod finder;
mod generated;
mod long;
mod made;

use super::*;

fn masker(secrets: &[&str]) -> Masker {
    let mut masker = Masker::new();
    for (index, secret) in secrets.iter().enumerate() {
        masker.add(&format!("secret {index}"), secret);
    }
    masker
}

fn streamed(masker: &Masker, pieces: &[&str]) -> Vec<String> {
    let mut stream = masker.stream();
    let mut out: Vec<String> = pieces
        .iter()
        .map(|piece| String::from_utf8_lossy(&stream.push(piece.as_bytes())).into_owned())
        .collect();
    out.push(String::from_utf8_lossy(&stream.finish()).into_owned());
    out
}

#[test]
fn a_secret_never_shows_itself() {
    let secret = Secret::new("hunter22");
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    assert_eq!(secret.expose(), "hunter22");
}

#[test]
fn a_masker_never_shows_what_it_knows() {
    assert!(!format!("{:?}", masker(&["hunter22"])).contains("hunter22"));
}

#[test]
fn a_masker_without_secrets_changes_nothing() {
    assert_eq!(Masker::new().mask("password: hunter22"), "password: hunter22");
    assert_eq!(Masker::new().mask_bytes(b"\xff\x00\xfe"), b"\xff\x00\xfe");
}

#[test]
fn every_occurrence_is_hidden_and_nothing_else() {
    assert_eq!(masker(&["hunter22"]).mask("a hunter22, hunter2 and hunter22"), "a ***, hunter2 and ***");
}

#[test]
fn secrets_that_overlap_are_hidden_as_one() {
    let masker = masker(&["abcdefgh", "efghijkl", "cdefgh"]);
    assert_eq!(masker.mask("xabcdefghijklx"), "x***x");
    assert_eq!(masker.mask("xcdefghijklx"), "x***x");
}

#[test]
fn secrets_that_touch_are_hidden_as_one() {
    assert_eq!(masker(&["abcdef", "ghijkl"]).mask("xabcdefghijklabcdefx"), "x***x");
}

#[test]
fn a_secret_within_a_secret_that_does_not_come_is_hidden_on_its_own() {
    let masker = masker(&["xxabcdefyy", "abcdef"]);
    assert_eq!(masker.mask("xxabcdefzz"), "xx***zz");
    assert_eq!(masker.mask("xxabcdefyy"), "***");
}

#[test]
fn the_forms_of_a_value_are_hidden() {
    let value = "pä\"ss/w&rd <1> \\ 2+3=?";
    let masker = masker(&[value]);
    let json = serde_json::to_string(value).expect("a string");
    for form in [
        value,
        &json[1..json.len() - 1],
        "pä\\\"ss/w\\u0026rd \\u003c1\\u003e \\\\ 2+3=?",
        "p\\u00e4\\\"ss\\/w&rd <1> \\\\ 2+3=?",
        "p\\u00e4\\\"ss/w&rd <1> \\\\ 2+3=?",
        "p%C3%A4%22ss%2Fw%26rd%20%3C1%3E%20%5C%202%2B3%3D%3F",
        "p%c3%a4%22ss%2fw%26rd+%3c1%3e+%5c+2%2b3%3d%3f",
        "cMOkInNzL3cmcmQgPDE+IFwgMiszPT8=",
        "cMOkInNzL3cmcmQgPDE-IFwgMiszPT8",
    ] {
        assert_eq!(masker.mask(&format!("[{form}]")), "[***]");
    }
}

#[test]
fn json_within_json_is_hidden() {
    let masker = masker(&["with \"quotes\""]);
    let once = serde_json::to_string("with \"quotes\"").expect("a string");
    let twice = serde_json::to_string(&once).expect("a string");
    assert_eq!(masker.mask(&twice), "\"\\\"***\\\"\"");
}

#[test]
fn basic_authentication_is_hidden_behind_a_name_of_any_length() {
    let masker = masker(&["s3cr3t-password"]);
    for user in ["", "u", "us", "use", "user"] {
        let header = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("{user}:s3cr3t-password@host"),
        );
        let out = masker.mask(&header);
        assert!(out.contains(MASK) && out.len() < header.len() - 10, "{header} became {out}");
    }
}

#[test]
fn the_whole_and_each_long_line_of_a_value_are_hidden() {
    let masker = masker(&["first line\nx\r\n   third line\n"]);
    assert_eq!(masker.mask("<first line>"), "<***>");
    assert_eq!(masker.mask("<third line>"), "<***>");
    assert_eq!(masker.mask("x"), "x");
    assert_eq!(masker.mask("<first line\nx\r\n   third line>"), "<***>");
    assert_eq!(masker.mask("<first line\\nx\\r\\n   third line\\n>"), "<***\\n>");
}

#[test]
fn white_space_round_a_value_is_no_secret() {
    assert_eq!(masker(&[" hunter22\n"]).mask("hunter22\nnext"), "***\nnext");
}

#[test]
fn values_under_six_characters_are_named_and_not_hidden() {
    let mut masker = Masker::new();
    masker.add("REGION", "äöüäö");
    masker.add("REGION", "äöüäö");
    masker.add("DEBUG", " true\n");
    masker.add("EMPTY", "");
    masker.add("MASKED", "******");
    masker.add("LONG", "äöüäöü");
    assert_eq!(masker.too_short(), ["REGION", "DEBUG"]);
    assert_eq!(masker.mask("true äöüäö ****** äöüäöü"), "true äöüäö ****** ***");
}

#[test]
fn what_may_go_out_goes_out_at_once() {
    let masker = masker(&["hunter22"]);
    assert_eq!(
        streamed(&masker, &["text hun", "ting\n", "hunter2", "2", "!"]),
        ["text ", "hunting\n", "", "***", "!", ""]
    );
}

#[test]
fn an_unfinished_secret_at_the_end_is_no_secret() {
    assert_eq!(streamed(&masker(&["hunter22"]), &["hunter2"]), ["", "hunter2"]);
}

#[test]
fn a_line_of_a_longer_secret_goes_out_as_a_mask_before_the_rest_is_there() {
    let masker = masker(&["first line\nx\nthird line"]);
    assert_eq!(streamed(&masker, &["first line\n", "x\nthird line", "\n"]), ["***", "", "\n", ""]);
    assert_eq!(streamed(&masker, &["first line\n", "other\n"]), ["***", "\nother\n", ""]);
}

#[test]
fn a_secret_is_found_at_every_cut() {
    let masker = masker(&["abcabcabd", "bcabca", "päßwörter"]);
    let text = "xabcabcabcabdyabcabcax päßwörter\u{1F600}abcabcab";
    let whole = masker.mask(text);
    for first in 0..=text.len() {
        for second in first..=text.len() {
            let mut stream = masker.stream();
            let bytes = text.as_bytes();
            let mut out = stream.push(&bytes[..first]);
            out.extend(stream.push(&bytes[first..second]));
            out.extend(stream.push(&bytes[second..]));
            out.extend(stream.finish());
            assert_eq!(String::from_utf8_lossy(&out), whole, "cut at {first} and {second}");
        }
    }
    assert_eq!(whole, "xa***ya***x ***\u{1F600}a***b");
}

#[test]
fn invalid_utf8_passes_as_it_is() {
    assert_eq!(masker(&["hunter22"]).mask_bytes(b"\xff\xfehunter22\xc3(\x00"), b"\xff\xfe***\xc3(\x00");
}

#[test]
fn a_text_that_contains_a_secret_is_known() {
    let masker = masker(&["hunter22"]);
    assert!(masker.contains_secret("x hunter22"));
    assert!(masker.contains_secret("x aHVudGVyMjI="));
    assert!(!masker.contains_secret("x hunter2"));
}

#[test]
fn a_clone_does_not_learn_what_is_added_later() {
    let mut original = masker(&["hunter22"]);
    let clone = original.clone();
    original.add("later", "password1");
    assert_eq!(original.mask("hunter22 password1"), "*** ***");
    assert_eq!(clone.mask("hunter22 password1"), "*** password1");
}

#[test]
fn a_long_secret_that_almost_comes_again_and_again_takes_no_long_time() {
    // With a masker that compares from every position, or moves what it holds with every byte, this is 10^10 steps.
    let masker = masker(&[&format!("{}b", "a".repeat(100_000))]);
    let mut stream = masker.stream();
    let mut out = 0;
    for _ in 0..300_000 {
        out += stream.push(b"a").len();
    }
    assert_eq!(out + stream.finish().len(), 300_000);
}
