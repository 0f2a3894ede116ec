//! Rows that are added from outside.

use super::super::add::payload::Payload;
use super::super::difference::RowFate;
use super::super::rows::CheckedRows;
use super::super::table::{RowFormat, RowTable, TableRow};
use super::{deployed, parse, set};
use crate::base::error::Problem;
use crate::fleet::sets::difference::SetDifference;
use crate::fleet::sets::settings::StackSet;

const ADD: &str = r#"
    columns: { id: { pattern: "[a-z][a-z0-9-]{2,20}" }, size: { one-of: [small, large] } }
    add:
      idempotency: request_id
      persist: backend
      callback: { hosts: [portal.example.com, "portal.example.com:8443"] }
"#;

fn open() -> StackSet {
    set(&ADD[1..])
}

fn payload(text: &str, request: Option<&str>) -> Result<Payload, Problem> {
    let set = open();
    Payload::check(text, &set, set.add.as_ref().unwrap(), request)
}

#[test]
fn an_allowed_payload_is_a_row() {
    let asked = payload(
        r#"{"id": "acme", "size": "small", "request_id": "r-1", "callback": "https://portal.example.com/done?x=1"}"#,
        None,
    )
    .unwrap();
    assert_eq!((asked.row.stack.as_str(), asked.request.as_str()), ("acme", "r-1"));
    assert_eq!(asked.callback.unwrap().as_str(), "https://portal.example.com/done?x=1");
    assert_eq!(asked.row.cells.len(), 2, "what is no column is no cell");
    assert_eq!(payload(r#"{"id": "acme"}"#, Some("r-2")).unwrap().request, "r-2");
}

#[test]
fn what_is_not_allowed_is_refused_before_anything_of_it_is_used() {
    for (text, part) in [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("5", "not a JSON object"),
        (r#"{"id": "acme", "id": "b"}"#, "there twice"),
        (r#"{"id": "acme", "state": "removed"}"#, "`state` is not allowed"),
        (r#"{"id": "acme", "tenant:size": "x"}"#, "is not allowed"),
        (r#"{"size": "small"}"#, "`id` is missing"),
        (r#"{"id": ""}"#, "`id` is missing"),
        (r#"{"id": "$(id)"}"#, "does not fit"),
        (r#"{"id": "acme\n"}"#, "does not fit"),
        (r#"{"id": "acme", "size": "huge"}"#, "not one of"),
        (r#"{"id": "acme", "size": ["small"]}"#, "a field is a list"),
        (r#"{"id": "acme", "request_id": "other"}"#, "differ"),
    ] {
        let refused = payload(text, Some("r")).unwrap_err();
        assert!(refused.what.contains(part), "{text}: {}", refused.what);
    }
    let large = format!(r#"{{"id": "acme", "size": "{}"}}"#, "x".repeat(70_000));
    assert!(payload(&large, Some("r")).unwrap_err().what.contains("64 KiB"));
    for text in
        [r#"{"id": "acme"}"#, r#"{"id": "acme", "request_id": "a b"}"#, r#"{"id": "acme", "request_id": ""}"#]
    {
        assert!(payload(text, None).unwrap_err().what.contains("key of the request"), "{text}");
    }
}

#[test]
fn an_answer_goes_to_an_allowed_host_by_https_only() {
    for (address, is_fine) in [
        ("https://portal.example.com/a", true),
        ("https://portal.example.com:8443/a", true),
        ("https://portal.example.com:9/a", false),
        ("http://portal.example.com/a", false),
        ("https://evil.example.com/a", false),
        ("https://portal.example.com.evil.com/a", false),
        ("https://user:pass@portal.example.com/a", false),
        ("https://evil.com\\\\@portal.example.com/a", false),
        ("file:///etc/passwd", false),
        ("//portal.example.com", false),
    ] {
        let text = format!(r#"{{"id": "acme", "callback": "{address}"}}"#);
        assert_eq!(payload(&text, Some("r")).is_ok(), is_fine, "{address}");
    }
}

#[test]
fn a_set_that_would_let_anything_in_is_refused() {
    for (add, part) in [
        ("{ persist: backend, columns: [id, note] }", "`note`, of which"),
        ("{ persist: backend, columns: [id, state] }", "the column of the tombstone"),
        ("{ persist: backend, columns: [size] }", "has no `id`"),
        ("{ columns: [id] }", "add.persist` of"),
        ("{ persist: bucket }", "add.persist` of"),
        ("{ persist: backend, callback: {} }", "callback.hosts"),
        ("{ persist: backend, callback: { hosts: [\"*.example.com\"] } }", "callback.hosts"),
        ("{ persist: backend, callback: { hosts: [a.com], field: size } }", "callback.field"),
    ] {
        let columns = "    columns: { id: { pattern: \"[a-z]+\" }, size: { one-of: [s] }, note: {} }\n";
        let error = parse(&format!("{}{columns}    add: {add}\n", super::TENANTS)).unwrap_err();
        assert!(error.to_string().contains(part), "{add}: {error}");
    }
}

#[test]
fn of_an_added_customer_whom_the_file_has_only_the_files_row_counts() {
    let set = open();
    let added = |id: &str, size: &str| {
        let cells = [("id", id), ("size", size)].map(|(name, text)| (name.to_owned(), text.to_owned()));
        TableRow { place: "added".to_owned(), cells: cells.into(), wrong: None }
    };
    let table = RowTable::read("id,size\nacme,large\n", RowFormat::Csv, "t.csv").unwrap();
    let rows = vec![added("acme", "small"), added("beta", "small"), added("prod", "small")];
    let checked = CheckedRows::check(&set, table, rows).unwrap();
    let there = ["acme".to_owned(), "prod".to_owned()].into();
    let past = [("prod".to_owned(), deployed("another", &[]))].into();
    let found = SetDifference::find(&set, checked, &there, &past);
    let fates: Vec<_> = found
        .rows
        .iter()
        .map(|one| (one.row.key.as_str(), one.row.cells["size"].as_str(), &one.fate))
        .collect();
    assert_eq!(
        fates,
        [("acme", "large", &RowFate::Update { changed: None }), ("beta", "small", &RowFate::Create)]
    );
    assert_eq!(
        found.stopped[0].key.as_deref(),
        Some("prod"),
        "an added row changes no stack that is not the set's"
    );
}
