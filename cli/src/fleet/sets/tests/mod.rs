//! Rows, and what becomes of them.

mod added;
mod properties;

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{ConfigChange, RowFate, SetDifference};
use super::past::{PastStack, PastText, signature};
use super::rows::CheckedRows;
use super::settings::StackSet;
use super::table::{RowFormat, RowTable};
use crate::base::error::{Problem, Result};
use crate::base::yaml;
use crate::ledger::past_updates::{PastUpdate, PastValue};

const TENANTS: &str = r#"
    project: infra/tenant
    rows: tenants.csv
    stack: "{id}"
    config:
      "tenant:size": "{size}"
      "tenant:db": { secret: true, from-env: "DB_{id}" }
"#;

fn parse(set: &str) -> Result<StackSet> {
    let text = format!("tenants:\n{set}");
    let mut sets = StackSet::parse_all(&yaml::parse(&text).unwrap(), "stackstep.yaml")?;
    Ok(sets.remove(0))
}

fn set(more: &str) -> StackSet {
    parse(&format!("{TENANTS}{more}")).unwrap()
}

fn checked(set: &StackSet, csv: &str) -> std::result::Result<CheckedRows, Problem> {
    CheckedRows::check(set, RowTable::read(csv, RowFormat::Csv, "tenants.csv")?, Vec::new())
}

/// The keys of the rows that can be used, and the reasons of the others.
fn told(set: &StackSet, csv: &str) -> (Vec<String>, Vec<String>) {
    let checked = checked(set, csv).unwrap();
    let stopped = checked.stopped.into_iter().map(|row| format!("{}: {}", row.place, row.why));
    (checked.rows.into_iter().map(|row| row.key).collect(), stopped.collect())
}

#[expect(clippy::unnecessary_wraps, reason = "what was read of a stack can be unknown")]
fn deployed(set: &str, config: &[(&str, &str)]) -> std::result::Result<PastStack, String> {
    Ok(PastStack::of_updates(&[PastUpdate {
        kind: "update".to_owned(),
        message: format!("change {}", signature(set)),
        config: config
            .iter()
            .map(|(key, value)| ((*key).to_owned(), PastValue::Text((*value).to_owned())))
            .collect(),
    }]))
}

fn difference(
    set: &StackSet,
    csv: &str,
    there: &[&str],
    past: &[(&str, std::result::Result<PastStack, String>)],
) -> SetDifference {
    let there: BTreeSet<String> = there.iter().map(|name| (*name).to_owned()).collect();
    let past: BTreeMap<_, _> = past.iter().map(|(name, past)| ((*name).to_owned(), past.clone())).collect();
    SetDifference::find(set, checked(set, csv).unwrap(), &there, &past)
}

fn fates(found: &SetDifference) -> Vec<(&str, RowFate)> {
    found.rows.iter().map(|one| (one.row.key.as_str(), one.fate.clone())).collect()
}

#[test]
fn a_row_is_a_stack_with_its_own_configuration() {
    let set = set("");
    let rows = checked(&set, "id,size\nacme-1,small\n").unwrap().rows;
    assert_eq!(rows[0].stack.as_str(), "acme-1");
    assert_eq!(set.config[0].plain(&rows[0].cells).as_deref(), Some("small"));
    assert_eq!(set.config[1].variable(&rows[0].cells).as_deref(), Some("DB_acme_1"));
    let none = set.config[1].item(&rows[0].cells, &|_| None).unwrap_err();
    assert_eq!(none, "DB_acme_1", "a secret that is not there is named");
}

#[test]
fn each_kind_of_bad_row_stops_itself_and_no_other_one() {
    let set = set("    columns: { size: { one-of: [small, large] }, id: { pattern: \"[^x]+|x+\" } }\n");
    let long = "x".repeat(101);
    for (bad, part) in [
        ("b", "some are missing"),
        ("b,small,x", "is a comma within a cell"),
        (",small", "`id` is empty"),
        (" ,small", "`id` is empty"),
        ("b c,small", "letters, digits"),
        ("b/c,small", "letters, digits"),
        ("..,small", "can't be one"),
        (&format!("{long},small"), "101 characters"),
        ("b,medium", "not one of `small`, `large`"),
        ("ü,small", "letters, digits"),
    ] {
        let (rows, stopped) = told(&set, &format!("id,size\nacme,small\n{bad}\nzeta,large\n"));
        assert_eq!(rows, ["acme", "zeta"], "{bad}");
        assert!(
            stopped.len() == 1
                && stopped[0].contains(part)
                && stopped[0].starts_with("`tenants.csv`, line 3"),
            "{bad}: {stopped:?}"
        );
    }
}

#[test]
fn of_a_key_that_is_there_twice_all_rows_stop() {
    let (rows, stopped) = told(&set(""), "\u{feff}id,size\r\n\"acme\",small\r\nb,small\r\nacme,large\r\n");
    assert_eq!(rows, ["b"]);
    assert_eq!(stopped.len(), 2);
    assert!(stopped[0].contains("`acme` is there twice: `tenants.csv`, line 4"), "{stopped:?}");
    let (rows, stopped) = told(&set(""), "id,size\nacme,small\nacme\n");
    assert!(rows.is_empty() && stopped.len() == 2, "a row that is bad itself counts: {stopped:?}");
    let (rows, _) = told(&set(""), "id,size,state\nacme,small,\nacme,small,removed\n");
    assert!(rows.is_empty(), "which of them holds is not known");
}

#[test]
fn rows_that_would_share_a_stack_or_a_secret_stop() {
    let (rows, stopped) = told(&set(""), "id,size\nacme,small\nAcme,small\nb,small\n");
    assert_eq!(rows, ["b"]);
    assert!(stopped[0].contains("its stack would be `acme`"), "{stopped:?}");
    let (rows, stopped) = told(&set(""), "id,size\na-b,small\na_b,small\nc,small\n");
    assert_eq!(rows, ["c"]);
    assert!(stopped[0].contains("variable `DB_a_b`"), "{stopped:?}");
}

#[test]
fn a_column_that_a_pattern_names_and_that_is_not_there_stops_all_of_a_table() {
    let refused = checked(&set(""), "id,sise\nacme,small\n").unwrap_err();
    assert!(refused.what.contains("no column `size`, which `config.tenant:size`"), "{}", refused.what);
    let table = RowTable::read("[{\"id\":\"acme\"},{\"id\":\"b\",\"size\":null}]", RowFormat::Json, "t.json")
        .unwrap();
    let checked = CheckedRows::check(&set(""), table, Vec::new()).unwrap();
    assert_eq!((checked.rows.len(), checked.stopped.len()), (1, 1), "of objects each row names its own");
}

#[test]
fn rows_become_what_the_stacks_need() {
    let set = set("");
    let csv = "id,size,state\nnew,small,\nsame,small,\nchanged,large,\nold,,removed\ngone,,removed\n";
    let past = [
        ("same", deployed("tenants", &[("tenant:size", "small")])),
        ("changed", deployed("tenants", &[("tenant:size", "small")])),
        ("old", deployed("tenants", &[("tenant:size", "small")])),
    ];
    let found = difference(&set, csv, &["same", "changed", "old", "by-hand"], &past);
    let change = ConfigChange {
        key: "tenant:size".to_owned(),
        from: PastText::Text("small".to_owned()),
        to: Some("large".to_owned()),
    };
    assert_eq!(
        fates(&found),
        [
            ("new", RowFate::Create),
            ("same", RowFate::Update { changed: Some(Vec::new()) }),
            ("changed", RowFate::Update { changed: Some(vec![change]) }),
            ("old", RowFate::Remove),
            ("gone", RowFate::Gone),
        ]
    );
    assert_eq!(found.rowless, ["by-hand"]);
    assert!(found.is_whole());
}

#[test]
fn a_row_that_is_missing_removes_nothing() {
    let found = difference(&set(""), "id,size\n", &["acme", "b"], &[]);
    assert!(found.rows.is_empty());
    assert_eq!(found.rowless, ["acme", "b"]);
}

#[test]
fn a_stack_that_the_set_has_not_deployed_is_not_removed() {
    for past in [deployed("others", &[]), Ok(PastStack::default()), Err("no permission".to_owned())] {
        let found = difference(&set(""), "id,size,state\nprod,,removed\n", &["prod"], &[("prod", past)]);
        assert!(found.rows.is_empty() && found.stopped.len() == 1);
    }
    let found = difference(&set(""), "id,size,state\nprod,,removed\n", &["prod"], &[]);
    assert!(found.rows.is_empty() && found.stopped.len() == 1);
}

#[test]
fn a_tombstone_that_is_not_written_as_one_stops_its_row() {
    let (rows, stopped) =
        told(&set(""), "id,size,state\na,s,Removed\nb,s,removed \nc,s,active\nd,,removed\n");
    assert_eq!(rows, ["c", "d"]);
    assert!(stopped[0].contains("a tombstone is written `removed`"), "{stopped:?}");
}

#[test]
fn a_cell_that_became_empty_stops_its_row_unless_it_may() {
    let large = || [("acme", deployed("tenants", &[("tenant:size", "large")]))];
    let found = difference(&set(""), "id,size\nacme,\n", &["acme"], &large());
    assert!(found.rows.is_empty());
    assert!(found.stopped[0].why.contains("`tenant:size` = `large`"), "{:?}", found.stopped);
    let unknown = [("acme", Err("the bucket is gone".to_owned()))];
    let found = difference(&set(""), "id,size\nacme,\n", &["acme"], &unknown);
    assert!(found.stopped[0].why.contains("is not known: the bucket is gone"), "{:?}", found.stopped);
    let may = set("    columns: { size: { may-be-empty: true } }\n");
    let found = difference(&may, "id,size\nacme,\n", &["acme"], &large());
    assert!(found.is_whole() && matches!(found.rows[0].fate, RowFate::Update { .. }));
    let never = [("acme", deployed("tenants", &[]))];
    assert!(difference(&set(""), "id,size\nacme,\n", &["acme"], &never).is_whole(), "it was empty before");
}

#[test]
fn the_brake_holds_all_of_a_kind_and_no_other_one() {
    let set = set("    max-removals: 1\n    max-created: 1\n");
    let csv = "id,size,state\na,s,\nb,s,removed\nc,s,removed\nd,s,\n";
    let past = ["b", "c", "d"].map(|name| (name, deployed("tenants", &[("tenant:size", "s")])));
    let found = difference(&set, csv, &["b", "c", "d"], &past);
    let update = RowFate::Update { changed: Some(Vec::new()) };
    assert_eq!(
        fates(&found),
        [("a", RowFate::Create), ("b", RowFate::Braked), ("c", RowFate::Braked), ("d", update)]
    );
    assert_eq!(found.brakes, ["2 stacks would be removed, and `max-removals` allows 1: none is removed"]);
    assert!(!found.is_whole());
}

#[test]
fn what_no_set_can_mean_is_refused_with_the_key_and_the_way_out() {
    for (text, key) in [
        ("    project: ../x\n", "sets.tenants.project"),
        ("    rows: tenants.txt\n", "sets.tenants.rows"),
        ("    rows: /etc/passwd.csv\n", "sets.tenants.rows"),
        ("    rows: { run: ./list.sh, as: csv }\n", "sets.tenants.rows.run"),
        ("    rows: { run: [./list.sh] }\n", "sets.tenants.rows.as"),
        ("    stack: prod\n", "sets.tenants.stack"),
        ("    stack: \"{id\"\n", "sets.tenants.stack"),
        ("    stack: \"{id}-{region}\"\n", "sets.tenants.key"),
        ("    config: { size: x }\n", "sets.tenants.config"),
        ("    config: { \"t:db\": { secret: true, value: hunter2 } }\n", "sets.tenants.config.t:db.value"),
        ("    config: { \"t:db\": { secret: true } }\n", "sets.tenants.config.t:db"),
        ("    config: { \"t:state\": \"{state}\" }\n", "sets.tenants.tombstone"),
        ("    columns: { id: { pattern: \"(\" } }\n", "sets.tenants.columns.id.pattern"),
        ("    colums: {}\n", "sets.tenants.colums"),
        ("    max-removals: -1\n", "sets.tenants.max-removals"),
    ] {
        let name = text.trim().split(':').next().unwrap();
        let base = "    project: p\n    rows: tenants.csv\n    stack: \"{id}\"\n";
        let others: String = base
            .lines()
            .filter(|line| !line.trim().starts_with(&format!("{name}:")))
            .flat_map(|line| [line, "\n"])
            .collect();
        let error = parse(&format!("{others}{text}")).unwrap_err();
        assert!(error.to_string().contains(&format!("`{key}`")), "{text}: {error}");
        assert!(
            !error.to_string().contains("hunter2") && error.hint().is_some_and(|hint| !hint.is_empty()),
            "{text}"
        );
    }
}
