//! What is withheld of the engine's output, and what is not.

use super::*;

const KEY: &str = "4dabf18193072939515e22adb298388d";
const SIG: &str = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

fn passed(text: &str) -> String {
    let mut withhold = Withhold::default();
    let mut out = withhold.pass(text.as_bytes());
    out.extend(withhold.release());
    String::from_utf8(out).unwrap()
}

/// The lines around are there, and the value is not.
#[track_caller]
fn withholds(value: &str, before: &str, after: &str) {
    let out = passed(&format!("{before}{value}{after}"));
    assert!(!out.contains("hunter22"), "{out}");
    assert!(out.starts_with(before) && out.ends_with(after), "{out}");
    assert_eq!(out.matches(WITHHELD).count(), 1, "{out}");
}

#[test]
fn lines_without_a_secret_pass_as_they_are() {
    let text = "Updating (dev):\n +  a:b:C d created\n\n1b4706 is no signature\nno end";
    assert_eq!(passed(text), text);
}

#[test]
fn a_response_of_the_nodejs_sdk_is_withheld_with_all_lines_of_its_value() {
    let resp =
        format!("    debug: RegisterResource RPC finished: x; err: null, resp: urn,,{KEY},,,{SIG},value,,,");
    for value in
        ["hunter22\n", "-----BEGIN KEY-----\n    hunter22\n\n    debug: true\n    hunter22-again,,\n"]
    {
        withholds(
            &format!("{resp}{value}"),
            "Diagnostics:\n  a:b:C (d):\n",
            "    debug: Registering resource: t=x\n",
        );
        withholds(&format!("{resp}{value}"), "Diagnostics:\n  a:b:C (d):\n", "  a:b:C (e):\n    error: no\n");
        withholds(&format!("{resp}{value}"), "Diagnostics:\n  a:b:C (d):\n", "Resources:\n    1 unchanged\n");
    }
}

#[test]
fn a_row_with_a_secret_is_one_line() {
    let row = format!("    pulumi:pulumi:Stack p-dev running debug: resp: {KEY},,,{SIG},value,,,hunter22\n");
    withholds(&row, "Updating (dev):\n", "anything\n");
}

#[test]
fn a_record_of_the_log_is_withheld_up_to_the_next_one() {
    let record =
        "I1129 01:58:11.812742   21582 rpc.go:85] Marshaling property for RPC[]: b={first\nhunter22\n}\n";
    withholds(record, "", "I1129 01:58:11.900000   21582 api.go:1] next\n");
    let map =
        format!("I1129 01:58:11.812742   21582 x.go:85] map[{KEY}:{{{SIG}}} value:{{pa}}ss\nhunter22}}]\n");
    withholds(&map, "", "W1129 01:58:11.900000   21582 api.go:1] next\n");
    withholds(&map, "", "{\"time\":\"2026-11-29\",\"msg\":\"next\"}\n");
}

#[test]
fn an_object_with_quoted_strings_is_withheld_to_its_end() {
    withholds(&format!("x {{\"{KEY}\":\"{SIG}\",\"value\":\"}}hunter22\"}}\n"), "", "the next line\n");
    withholds(
        &format!("x {{ '{KEY}': '{SIG}',\n  value: 'one {{\\' }}' +\n    'hunter22',\n  list: [ 1 ]\n}}\n"),
        "",
        "the next line\n",
    );
    withholds(&format!("{{\\\"{KEY}\\\":\\\"{SIG}\\\",\\\"value\\\":\\\"hunter22\\\"}}\n"), "", "next\n");
}

#[test]
fn a_value_before_its_signature_is_withheld_too() {
    withholds(&format!("{{\"value\":\"hunter22\",\"{KEY}\":\"{SIG}\"}}\n"), "", "next\n");
}

#[test]
fn of_an_exported_state_only_plain_values_are_withheld() {
    let sealed =
        format!("{{\n  \"a\": {{\n    \"{KEY}\": \"{SIG}\",\n    \"ciphertext\": \"v1:x\"\n  }}\n}}\n");
    assert_eq!(passed(&sealed), sealed);
    let plain = sealed.replace("\"ciphertext\": \"v1:x\"", "\"plaintext\": \"hunter22\"");
    assert!(!passed(&plain).contains("hunter22") && passed(&plain).ends_with("}\n"), "{}", passed(&plain));
}

#[test]
fn the_rest_of_a_line_that_was_withheld_is_withheld_too() {
    let mut withhold = Withhold::default();
    assert_eq!(withhold.pass(format!("{KEY},,,{SIG},value").as_bytes()), format!("{WITHHELD}\n").as_bytes());
    assert_eq!(withhold.pass(b",,,hunter22\nhunter22\n"), b"");
    assert_eq!(withhold.pass(b"Outputs:\n"), b"Outputs:\n");
}

#[test]
fn several_values_in_a_row_get_one_word() {
    let line = format!("    debug: {KEY},,,{SIG},value,,,hunter22 and more\n");
    withholds(&line.repeat(12), "Diagnostics:\n", "Resources:\n");
}

/// Each form in which a program, an SDK or a tool prints an object over several lines.
#[test]
fn a_value_is_withheld_wherever_it_stands_in_its_object() {
    let forms = [
        format!("{{\n  \"{KEY}\": \"{SIG}\",\n  \"value\": \"hunter22\"\n}}\n"),
        format!("{{\n  \"value\": \"hunter22\",\n  \"{KEY}\": \"{SIG}\"\n}}\n"),
        format!("{{\n  value: {{\n    password: 'hunter22'\n  }},\n  '{KEY}': '{SIG}'\n}}\n"),
        format!("  \"{KEY}\":\n    \"{SIG}\",\n  \"value\": \"hunter22\"\n"),
        format!("{KEY}: {SIG}\nvalue: |\n  a}}b\n  hunter22\nOutputs:\n"),
        format!("secret:\n  {KEY}: {SIG}\n  value: a)b\n    hunter22\nnext: x\n"),
        format!("{{\n \"{KEY}\": \"{SIG}\",\n \"ciphertext\": \"\",\n \"plaintext\": \"hunter22\"\n}}\n"),
        format!("{{\n \"{KEY}\": \"{SIG}\",\n \"ciphertext\": \"v1:a\",\n \"plaintext\": \"hunter22\"\n}}\n"),
        format!("{{\r\n  \"{KEY}\": \"{SIG}\",\r\n  \"value\": \"hunter22\"\r\n}}\r\n"),
        format!("{{\n  \x1b[32m\"{KEY}\"\x1b[0m: \x1b[33m\"{SIG}\"\x1b[0m,\n  \"value\": \"hunter22\"\n}}\n"),
        format!("{{\n  '{KEY}': '{SIG}',\n  value: [\n    'x', {{\n a: 'hunter22' }} ]\n}}\n"),
        format!("Map(2) {{\n  '{KEY}' => '{SIG}',\n  'value' => 'hunter22'\n}}\n"),
        format!("{{\"{KEY}\"=>\"{SIG}\",\n \"value\"=>\"hunter22\"}}\n"),
        format!("map[string]*structpb.Value{{\"{KEY}\": \"{SIG}\",\n \"value\": \"hunter22\"}}\n"),
        format!(
            "fields: {{\n  key: \"{KEY}\"\n  value: {{\n    string_value: \"{SIG}\"\n  }}\n}}\n\
             fields: {{\n  key: \"value\"\n  value: {{\n    string_value: \"hunter22\"\n  }}\n}}\n"
        ),
        format!(
            "(string) \"{KEY}\": (string) \"{SIG}\",\n(string) (len=5) \"value\": (string) \"hunter22\"\n"
        ),
        format!("{{'{KEY}': '{SIG}',\n 'value': {{'a': 'x',\n           'b': 'hunter22'}}}}\n"),
        format!(
            "[\n  [\n    \"{KEY}\",\n    \"{SIG}\"\n  ],\n  [\n    \"value\",\n    \"hunter22\"\n  ]\n]\n"
        ),
        format!("[[\"{KEY}\",\"{SIG}\"],\n[\"value\",\"hunter22\"]]\n"),
        format!("{{\"{KEY}\":\"{SIG}\"}},\n{{\"value\":\"hunter22\"}}\n"),
        format!("x {{\\\"{KEY}\\\":\\\"{SIG}\\\",\n\\\"value\\\":\\\"hunter22\\\"}}\n"),
        format!("| {KEY} | {SIG} |\n| value | hunter22 |\n"),
        format!("{{\n\"{KEY}\":\"{OUTPUT}\",\n\"secret\":true,\n\"value\":\"hunter22\"}}\n"),
    ];
    for form in forms {
        let out = passed(&format!("before\n{form}"));
        assert!(
            !out.contains("hunter22") && out.starts_with("before\n") && out.contains(WITHHELD),
            "{form}\n{out}"
        );
        // A part of an object ends where the object does.
        let end = if form.contains(['{', '[', '|']) || !form.contains('"') { "" } else { "}\n" };
        let out = passed(&format!("before\n{form}{end}\nUpdating (dev):\n"));
        assert!(!out.contains("hunter22") && out.ends_with("Updating (dev):\n"), "{form}\n{out}");
    }
}

#[test]
fn a_line_of_a_value_that_looks_like_the_display_does_not_end_it() {
    let record = format!(
        "I1129 01:58:11.812742   21582 x.go:85] map[{KEY}:{{{SIG}}} value:{{first\nOutputs: \nhunter22}}]\n"
    );
    withholds(&record, "", "I1129 01:58:11.900000   21582 api.go:1] next\n");
    let row = format!("got map[{KEY}:{{{SIG}}} value:{{first\n  - a:b:c x\nhunter22}}]\n");
    withholds(&row, "", " +  a:b:C name created\n");
}

#[test]
fn an_object_without_a_secret_is_held_until_it_ends_and_no_longer_than_asked() {
    let mut withhold = Withhold::default();
    assert_eq!(withhold.pass(b"a {\n  b\n"), b"");
    assert!(withhold.holds());
    assert_eq!(withhold.pass(b"}\nnext\n"), b"a {\n  b\n}\nnext\n");
    assert_eq!(withhold.pass(b"it's open (\n"), b"it's open (\n", "an apostrophe");
    assert_eq!(withhold.pass(b"{\n"), b"");
    assert_eq!(withhold.release(), b"{\n");
    assert_eq!(withhold.pass(b"  later\n"), b"  later\n");
    assert_eq!(withhold.pass(b"[\n"), b"");
    let long = "x".repeat(300 << 10) + "\n";
    assert_eq!(withhold.pass(long.as_bytes()).len(), 2 + long.len(), "an object of that size is let go");
}
