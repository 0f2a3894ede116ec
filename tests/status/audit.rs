//! `audit`: a line for each decision, and nothing that the ledger does not say.

use serde_json::{Value, json};

use super::{Shop, by_run};

fn digest() -> String {
    format!("sha256:{}", "c".repeat(64))
}

/// A ledger with a hold and a deployment that was approved.
fn shop() -> Shop {
    let mut reserved = by_run("github-actions", "41", "runner-1");
    reserved["digest"] = json!(digest());
    reserved["approvers"] = json!([{ "name": "joe", "by": "review", "id": "4711" }]);
    reserved["a-field-of-a-later-version"] = json!({ "x": 1 });
    Shop::new()
        .entry("held", 1, &json!({ "actor": "bob", "reason": "moving", "link": "https://inc/1" }))
        .entry("released", 2, &json!({ "actor": "bob", "about": 1, "reason": "moved" }))
        .entry("reserved", 3, &reserved)
        .entry("finished", 4, &json!({ "about": 3, "status": "succeeded", "actor": "ann" }))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_entry_is_a_line_with_who_what_why_and_the_run() {
    let run = shop().scene.run("audit --stack prod").ends_with(0);
    let lines: Vec<String> =
        run.stdout().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "NUMBER TIME WHO WHAT CHANGE WHY RUN",
            "1 2026-11-29T10:01:00Z bob held - moving (https://inc/1) -",
            "2 2026-11-29T10:02:00Z bob released entry 1 moved -",
            "3 2026-11-29T10:03:00Z ann reserved approved by joe 2d5a1c0e sha256:cccccccccccc - https://ci.example.com/acme/shop/-/jobs/417",
            "4 2026-11-29T10:04:00Z ann finished succeeded entry 3 - -",
        ]
    );
}

#[test]
fn as_json_lines_the_entries_are_what_is_stored() {
    let shop = shop();
    let run = shop.scene.run("audit --stack prod --json-lines").ends_with(0);
    assert_eq!(lines(&run.stdout()), shop.entries());
}

#[test]
fn the_newest_ones_and_those_since_a_day_can_be_chosen() {
    let shop = shop();
    let numbers = |line: &str| {
        let run = shop.scene.run(&format!("audit --stack prod --json-lines {line}")).ends_with(0);
        lines(&run.stdout()).iter().map(|entry| entry["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("--number 2"), [3, 4]);
    assert_eq!(numbers("--since 2026-11-29T10:02:00Z"), [2, 3, 4]);
    assert_eq!(numbers("--since 2026-11-29T11:03:00+01:00"), [3, 4]);
    assert_eq!(numbers("--since 2026-11-29"), [1, 2, 3, 4]);
    assert_eq!(numbers("--since 2026-11-30"), [0_u64; 0]);
}

#[test]
fn a_time_that_is_none_is_an_error_and_not_an_empty_table() {
    for since in ["yesterday", "2026-11-29T10:02", "2026-13-01", "29.11.2026"] {
        let run = shop().scene.run(&format!("audit --stack prod --since {since}")).ends_with(2);
        run.says(&format!("`--since {since}` is no time")).says("`2026-11-29T18:44:00Z`");
    }
}

#[test]
fn an_entry_that_is_missing_or_can_t_be_read_is_a_line_too() {
    let shop = shop();
    std::fs::remove_file(shop.ledger("prod").join("000000000002.json")).unwrap();
    std::fs::write(shop.ledger("prod").join("000000000003.json"), "{").unwrap();
    shop.scene.run("audit --stack prod --number 1").ends_with(79).says("missing").says("it is cut off");
    let run = shop.scene.run("audit --stack prod --json-lines").ends_with(79);
    let lines = lines(&run.stdout());
    assert_eq!(lines[1], json!({ "number": 2, "missing_until": 2 }));
    assert_eq!(lines[2], json!({ "number": 3, "unreadable": "it is cut off" }));
    assert_eq!(lines.len(), 4);
}

#[test]
fn an_object_whose_name_is_no_number_of_an_entry_is_none() {
    let shop = shop();
    let before = shop.scene.run("audit --stack prod").ends_with(0).stdout();
    std::fs::write(shop.ledger("prod").join("18446744073709551615.json"), "{}").unwrap();
    assert_eq!(shop.scene.run("audit --stack prod").ends_with(0).stdout(), before);
    shop.scene.run("hold --stack prod --reason moving").ends_with(0);
}

#[test]
fn as_a_statement_the_deployment_is_the_subject_and_the_entries_are_what_is_said_of_it() {
    let shop = shop();
    let statement: Value =
        serde_json::from_str(&shop.scene.run("audit --stack prod --in-toto").ends_with(0).stdout()).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(
        statement["subject"],
        json!([{ "name": "shop/prod", "digest": { "sha256": "c".repeat(64) } }])
    );
    assert_eq!(statement["predicateType"], "https://github.com/stackstep/stackstep/audit/v1");
    assert_eq!(statement["predicate"]["entries"], json!(shop.entries()));
    let other = format!("sha256:{}", "d".repeat(64));
    shop.scene
        .run(&format!("audit --stack prod --in-toto --digest {other}"))
        .ends_with(2)
        .says("has no change");
    let whole = shop.scene.run(&format!("audit --stack prod --in-toto --digest {}", digest())).ends_with(0);
    assert_eq!(serde_json::from_str::<Value>(&whole.stdout()).unwrap(), statement);
}

#[test]
fn a_ledger_without_a_deployment_makes_no_statement() {
    let shop = Shop::new().entry("held", 1, &json!({ "actor": "bob", "reason": "moving" }));
    let run = shop.scene.run("audit --stack prod --in-toto").ends_with(2);
    run.says("has no subject");
    assert_eq!(shop.scene.run("audit --stack prod --in-toto").stdout(), "");
}
