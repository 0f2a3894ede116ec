//! The text of scalars, first documents, and what costs too much.

use super::*;

/// The sources of the values of a mapping, each with its kind's first letter.
fn scalars(text: &str) -> Vec<String> {
    let kind = |value: &Value| match value {
        Value::Null(_) => 'n',
        Value::Bool(_) => 'b',
        Value::Number(_) => 'd',
        _ => 't',
    };
    let value = parse(text).unwrap();
    value
        .as_mapping()
        .unwrap()
        .iter()
        .map(|(_, value)| format!("{}{}", kind(value), value.source().unwrap_or("-")))
        .collect()
}

#[test]
fn a_scalar_keeps_the_text_that_is_written() {
    assert_eq!(
        scalars(
            "{a: 20220113.10, b: 1234e56, c: 012345678901, d: yes, e: 1.20, f: 99999999999999999999, g: 0x1F, \
             h: ~, i: 2026-01-01, j: True, k: -170141183460469231731687303715884105729, l: +1, m: .inf}"
        ),
        [
            "d20220113.10",
            "d1234e56",
            "t012345678901",
            "tyes",
            "d1.20",
            "d99999999999999999999",
            "d0x1F",
            "n~",
            "t2026-01-01",
            "bTrue",
            "d-170141183460469231731687303715884105729",
            "d+1",
            "d.inf"
        ]
    );
}

#[test]
fn what_is_quoted_or_tagged_as_text_is_text() {
    assert_eq!(scalars("{a: '1.20', b: \"true\", c: !!str 3, d: !own x}"), ["t1.20", "ttrue", "t3", "tx"]);
    assert_eq!(scalars("a: |\n  3\nb: >-\n  4\n"), ["t3\n", "t4"]);
}

#[test]
fn an_alias_stands_for_its_node_and_a_merged_mapping_for_what_is_not_said() {
    assert_eq!(scalars("a: &x 1.0\nb: *x\n"), ["d1.0", "d1.0"]);
    let value = parse("base: &base {a: 1, b: 2}\nown: {b: 3, <<: *base}\n").unwrap();
    let own = value.get("own").unwrap();
    assert_eq!(own.get("a").and_then(Value::source), Some("1"));
    assert_eq!(own.get("b").and_then(Value::source), Some("3"));
}

#[test]
fn the_first_document_counts_with_or_without_a_byte_order_mark() {
    for text in ["\u{feff}a: b", "\u{feff}---\na: b\n", "a: b\n---\n", "a: b\n---\nc: [", "a: b\n...\nc: d"] {
        assert_eq!(scalars(text), ["tb"], "{text:?}");
    }
    for text in ["", "# nothing\n", "---\n", "~", "---\n---\na: b"] {
        assert!(parse(text).unwrap().is_null(), "{text:?}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused_and_not_shown() {
    let error = parse("hunter2: 1\nhunter2: 2\n").unwrap_err().to_string();
    assert!(error.contains("twice") && !error.contains("hunter2"), "{error}");
}

#[test]
fn an_error_has_its_place_and_nothing_of_the_text() {
    let error = parse("name: [hunter2\nruntime: x").unwrap_err().to_string();
    assert!(error.contains("line 2 column") && !error.contains("hunter2"), "{error}");
    for text in ["hunter2\0", "a: *hunter2", "%hunter2", "a: @hunter2", "? [hunter2", "hunter2: \"\\q\""] {
        let error = parse(text).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_nests_too_deeply_or_grows_by_repetition_is_refused() {
    let laughs = (1..12).fold("a0: &a0 x\n".to_owned(), |text, n| {
        let many = vec![format!("*a{}", n - 1); 10].join(", ");
        format!("{text}a{n}: &a{n} [{many}]\n")
    });
    let repeated = format!("a: &a [{}]\nb: [{}]", "x, ".repeat(5_000), "*a, ".repeat(5_000));
    let balanced = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for text in [
        "[".repeat(500_000),
        "{a: ".repeat(200_000),
        "- ".repeat(300_000),
        "[ #]\n".repeat(100_000),
        balanced,
        laughs,
        repeated,
    ] {
        assert!(parse(&text).is_err(), "{}", &text[..20]);
    }
}

#[test]
fn a_large_flat_document_is_read() {
    let text = (0..5_000).fold(String::new(), |text, n| text + &format!("k{n}: [a, {{b: c}}]\n"));
    assert_eq!(parse(&text).unwrap().as_mapping().unwrap().len(), 5_000);
    let json = format!("[{}{{}}]", "{\"a\": [1]}, ".repeat(30_000));
    assert!(matches!(parse(&json).unwrap(), Value::List(items) if items.len() == 30_001));
}
