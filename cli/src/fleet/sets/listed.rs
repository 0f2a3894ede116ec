//! Rows of JSON and of YAML: a list of objects, each with its own columns.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::pattern::is_column;
use super::table::{Cells, RowTable, TableRow};
use crate::base::error::Problem;
use crate::base::yaml::{self, Value};

/// The key by which `serde_json` hands over a number whose text it keeps: `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// An item of a list. Of an object the keys are kept as they are written, as one can be there twice.
enum WrittenItem {
    Object(Vec<(String, Json)>),
    Other,
}

impl<'de> Deserialize<'de> for WrittenItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = WrittenItem;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenItem, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<String, Json>()? {
            entries.push(entry);
        }
        let is_number = entries.first().is_some_and(|(key, _)| key == NUMBER);
        Ok(if is_number { WrittenItem::Other } else { WrittenItem::Object(entries) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<WrittenItem, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(WrittenItem::Other)
    }

    fn visit_unit<E>(self) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<WrittenItem, E> {
        Ok(WrittenItem::Other)
    }
}

/// The entries of one JSON object.
///
/// # Errors
/// The text is none, or has a key twice: with the reason.
pub(super) fn entries_of(text: &str) -> Result<Vec<(String, Json)>, String> {
    let WrittenItem::Object(entries) = serde_json::from_str(text).map_err(|error| malformed(&error))? else {
        return Err("it is not a JSON object".to_owned());
    };
    match twice(&entries) {
        Some(name) => Err(format!("the field `{}` is there twice", name.escape_debug())),
        None => Ok(entries),
    }
}

/// The text of a JSON value in a cell.
///
/// # Errors
/// It is a list or an object.
pub(super) fn cell_of(value: &Json) -> Result<String, &'static str> {
    match value {
        Json::Null => Ok(String::new()),
        Json::Bool(flag) => Ok(flag.to_string()),
        Json::Number(number) => Ok(number.to_string()),
        Json::String(text) => Ok(text.clone()),
        Json::Array(_) => Err("a list"),
        Json::Object(_) => Err("an object"),
    }
}

/// What is wrong with a JSON text, without a word of it.
fn malformed(error: &serde_json::Error) -> String {
    format!("it is not JSON that can be read: line {}, column {}", error.line(), error.column())
}

fn twice(entries: &[(String, Json)]) -> Option<&str> {
    let is_before =
        |(at, (name, _)): &(usize, &(String, Json))| entries[..*at].iter().any(|(other, _)| other == name);
    entries.iter().enumerate().find(is_before).map(|(_, (name, _))| name.as_str())
}

/// Reads a list of objects.
pub(super) fn read_json(text: &str, name: &str) -> Result<RowTable, Problem> {
    let refused = |why: String| {
        Problem::new(format!("`{name}`: {why}"), "write a list of objects: `[{ \"id\": \"acme\" }]`")
    };
    let text = text.trim();
    if !text.starts_with('[') {
        return Err(refused("it is not a list".to_owned()));
    }
    let items: Vec<WrittenItem> = serde_json::from_str(text).map_err(|error| refused(malformed(&error)))?;
    let rows = items.into_iter().enumerate().map(|(at, item)| {
        let read = match item {
            WrittenItem::Other => Err("it is not an object".to_owned()),
            WrittenItem::Object(entries) => match twice(&entries) {
                Some(twice) => Err(format!("the field `{}` is there twice", twice.escape_debug())),
                None => Ok(entries),
            },
        };
        let place = format!("`{name}`, row {}", at + 1);
        match read {
            Err(why) => TableRow { place, cells: Cells::new(), wrong: Some(why) },
            Ok(entries) => {
                of_entries(place, entries.iter().map(|(name, value)| (Some(name.as_str()), cell_of(value))))
            }
        }
    });
    Ok(RowTable { columns: None, rows: rows.collect() })
}

/// Reads a list of mappings.
pub(super) fn read_yaml(text: &str, name: &str) -> Result<RowTable, Problem> {
    let hint = "write a list of mappings: `- { id: acme }`";
    let value = yaml::parse(text).map_err(|error| Problem::new(format!("`{name}`: {error}"), hint))?;
    let Value::List(items) = value else {
        return Err(Problem::new(format!("`{name}`: it is not a list"), hint));
    };
    let cell = |value: &Value| match value {
        Value::Null(_) => Ok(String::new()),
        Value::Bool(text) | Value::Number(text) | Value::Text(text) => Ok(text.clone()),
        Value::List(_) => Err("a list"),
        Value::Mapping(_) => Err("a mapping"),
    };
    let rows = items.iter().enumerate().map(|(at, item)| {
        let place = format!("`{name}`, row {}", at + 1);
        match item {
            Value::Mapping(mapping) => {
                of_entries(place, mapping.iter().map(|(key, value)| (key.source(), cell(value))))
            }
            _ => TableRow { place, cells: Cells::new(), wrong: Some("it is not a mapping".to_owned()) },
        }
    });
    Ok(RowTable { columns: None, rows: rows.collect() })
}

fn of_entries<'e>(
    place: String,
    entries: impl Iterator<Item = (Option<&'e str>, Result<String, &'static str>)>,
) -> TableRow {
    let (mut cells, mut wrong) = (Cells::new(), None);
    for (name, cell) in entries {
        let Some(name) = name.filter(|name| is_column(name)) else {
            wrong.get_or_insert_with(|| "it has a field whose name can't be that of a column".to_owned());
            continue;
        };
        match cell {
            Ok(text) => drop(cells.insert(name.to_owned(), text)),
            Err(kind) => {
                wrong.get_or_insert_with(|| format!("`{name}` is {kind}, and a cell is a single text"));
            }
        }
    }
    TableRow { place, cells, wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &RowTable) -> Vec<String> {
        let text = |row: &TableRow| {
            row.cells.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
        };
        table.rows.iter().map(text).collect()
    }

    #[test]
    fn values_keep_their_text() {
        let json =
            read_json(r#" [{"id": "acme", "n": 1.20, "on": true, "none": null}, {"id": "b"}] "#, "t.json")
                .unwrap();
        assert_eq!(cells(&json), ["id=acme n=1.20 none= on=true", "id=b"]);
        let yaml = read_yaml("- id: acme\n  n: 1.20\n  none:\n- { id: b }\n", "t.yaml").unwrap();
        assert_eq!(cells(&yaml), ["id=acme n=1.20 none=", "id=b"]);
    }

    #[test]
    fn a_row_that_can_not_be_read_stops_itself() {
        let json = read_json(
            r#"[{"id": "a", "id": "b"}, "c", {"id": ["d"]}, {"id": "e"}, 5, -1.5, null, true, [1]]"#,
            "t.json",
        )
        .unwrap();
        let wrong: Vec<bool> = json.rows.iter().map(|row| row.wrong.is_some()).collect();
        assert_eq!(wrong, [true, true, true, false, true, true, true, true, true]);
        assert_eq!(json.rows[3].place, "`t.json`, row 4");
        let yaml = read_yaml("- x\n- id: { a: 1 }\n- id: e\n", "t.yaml").unwrap();
        let wrong: Vec<bool> = yaml.rows.iter().map(|row| row.wrong.is_some()).collect();
        assert_eq!(wrong, [true, true, false]);
    }

    #[test]
    fn what_is_no_list_is_refused_as_a_whole() {
        for text in ["", "{}", "[", "[{\"id\": 1},]", "null", "[] []"] {
            assert!(read_json(text, "t.json").is_err(), "{text}");
        }
        for text in ["", "a: b", "- [", "text"] {
            assert!(read_yaml(text, "t.yaml").is_err(), "{text}");
        }
        assert!(read_json("[]", "t.json").unwrap().rows.is_empty());
    }
}
