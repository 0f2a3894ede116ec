//! What is withheld of the engine's output, and what is not.

use super::*;

const KEY: &str = "4dabf18193072939515e22adb298388d";
const SIG: &str = "1b47061264138c4ac30d75fd1eb44270";

fn passed(text: &str) -> String {
    String::from_utf8(Withhold::default().pass(text.as_bytes())).unwrap()
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
