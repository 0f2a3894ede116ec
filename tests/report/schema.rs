//! The result file keeps its promise: every report validates against the published schema, which
//! describes every field; the documentation lists every reason as the code has it.

use std::fs;

use serde_json::Value;
use stackstep::report::{Operation, Reason, Report};

use super::{fit, recordings, snapshot};

fn schema() -> Value {
    let path = snapshot::path("../docs/reference/result.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_report_validates_against_the_schema() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let recorded = recordings::all().into_iter().map(|name| (name.clone(), recordings::folded(&name)));
    let made = (0..20).map(|seed| (format!("seed {seed}"), fit::hostile(seed, 20)));
    for (name, report) in recorded.chain(made) {
        let value = serde_json::to_value(&report).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path)).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn a_report_survives_being_written_and_read() {
    for name in recordings::all() {
        let report = recordings::folded(&name);
        assert_eq!(serde_json::from_str::<Report>(&report.to_json()).unwrap(), report, "{name}");
    }
}

#[test]
fn every_field_of_the_schema_is_described() {
    fn walk(value: &Value, path: &str, missing: &mut Vec<String>) {
        let Value::Object(map) = value else { return };
        if let Some(Value::Object(properties)) = map.get("properties") {
            for (name, property) in properties {
                let described = property.get("description").is_some() || property.get("$ref").is_some();
                if !described {
                    missing.push(format!("{path}.{name}"));
                }
            }
        }
        map.iter().for_each(|(name, inner)| walk(inner, &format!("{path}/{name}"), missing));
    }
    let mut missing = Vec::new();
    walk(&schema(), "", &mut missing);
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_documentation_lists_every_reason() {
    let rows = Reason::ALL.iter().map(|reason| {
        format!("| `{}` | {} | {} |\n", reason.name(), reason.meaning(), reason.way_out(Operation::Up))
    });
    let table =
        format!("\n| reason | meaning | what to do |\n| --- | --- | --- |\n{}\n", rows.collect::<String>());
    let path = snapshot::path("../docs/results.md");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("do not edit -->\n").unwrap();
    let (found, tail) = rest.split_once("<!-- end of reasons -->").unwrap();
    if snapshot::is_blessing() {
        fs::write(&path, format!("{head}do not edit -->\n{table}<!-- end of reasons -->{tail}")).unwrap();
        return;
    }
    assert_eq!(found, table, "STACKSTEP_BLESS=1 rewrites it");
}

#[test]
fn every_way_out_is_short_and_plain() {
    for reason in Reason::ALL {
        for command in
            [Operation::Preview, Operation::Up, Operation::Refresh, Operation::Destroy, Operation::Outputs]
        {
            let way_out = reason.way_out(command);
            assert!(way_out.len() > 20 && way_out.len() < 300, "{}: {way_out}", reason.name());
            assert!(
                !way_out.contains("  ") && !way_out.ends_with('.') && !way_out.contains('|'),
                "{way_out}"
            );
        }
    }
}
