//! Paths into a configuration value: `outer.inner`, `names[0]`, `"a.b"["c d"]`.
//!
//! <https://www.pulumi.com/docs/iac/concepts/config/#structured-configuration>

use serde_json::Value as Json;

use crate::failure::Failure;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An entry of a map.
    Key(String),
    /// An item of a list.
    Index(usize),
}

/// Parses a path. The messages are the CLI's.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties_path.go>
pub fn parse(path: &str) -> Result<Vec<Step>, Failure> {
    let invalid = |problem: &str| Failure::new(format!("invalid config key path: {problem}"));
    if path.starts_with('.') {
        return Err(invalid("expected property path to start with a name or index"));
    }
    let mut steps = vec![];
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        match first {
            '.' => {
                rest = &rest[1..];
                if rest.is_empty() {
                    return Err(invalid("expected property path to end with a name or index"));
                }
                if rest.starts_with('[') {
                    return Err(invalid("expected property name after '.'"));
                }
            }
            '[' => {
                let (step, after) = bracketed(&rest[1..]).map_err(|problem| invalid(&problem))?;
                steps.push(step);
                rest = after;
            }
            _ => {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                steps.push(Step::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
    }
    if steps.is_empty() { Err(Failure::new("empty config key path")) } else { Ok(steps) }
}

/// An index or a key in quotes, up to its `]`, and what follows.
fn bracketed(text: &str) -> Result<(Step, &str), String> {
    if text.starts_with('"') {
        let (key, after) = quoted(text).ok_or("missing closing quote in property name")?;
        let after = after.strip_prefix(']').ok_or("missing closing bracket in property access")?;
        return Ok((Step::Key(key), after));
    }
    let (index, after) = text.split_once(']').ok_or("missing closing bracket in array index")?;
    let invalid = |_| format!("invalid array index: strconv.ParseInt: parsing {index:?}: invalid syntax");
    Ok((Step::Index(index.parse().map_err(invalid)?), after))
}

/// A text in quotes at the start, with `\"` for a quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        if let Some(after) = rest.strip_prefix("\\\"") {
            content.push('"');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('"') {
            return Some((content, after));
        } else {
            let first = rest.chars().next()?;
            content.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
}

/// The value at a path.
pub fn get<'a>(value: &'a Json, path: &[Step]) -> Option<&'a Json> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_object()?.get(key),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

/// Sets the value at a path, with what lies between. `seen` is the path so far, for messages.
pub fn set(value: &mut Json, seen: &str, path: &[Step], new: Json) -> Result<(), Failure> {
    let Some((step, rest)) = path.split_first() else {
        *value = new;
        return Ok(());
    };
    let is_secret = super::is_secret(value);
    if !(value.is_object() && !is_secret || value.is_array()) {
        // A value right below the key gives way, a deeper one does not.
        if !value.is_null() && seen.contains(['.', '[']) {
            let kind = if matches!(step, Step::Key(_)) { "a map" } else { "an array" };
            return Err(Failure::new(format!("{seen}: expected {kind}")));
        }
        *value = if matches!(step, Step::Key(_)) {
            Json::Object(serde_json::Map::new())
        } else {
            Json::Array(vec![])
        };
    }
    let here = shown(seen, step);
    match (value, step) {
        (Json::Object(entries), Step::Key(key)) => {
            if rest.is_empty() && entries.is_empty() && key == "secure" && new.is_string() {
                return Err(Failure::new("maps with the single key \"secure\" are reserved"));
            }
            set(entries.entry(key).or_insert(Json::Null), &here, rest, new)
        }
        (Json::Array(items), Step::Index(index)) => {
            if *index > items.len() {
                return Err(Failure::new(format!("{here}: array index out of range")));
            }
            if *index == items.len() {
                items.push(Json::Null);
            }
            set(&mut items[*index], &here, rest, new)
        }
        (_, Step::Key(_)) => Err(Failure::new(format!("{here}: key for an array must be an int"))),
        (_, Step::Index(_)) => Err(Failure::new(format!("{here}: key for a map must be a string"))),
    }
}

/// Removes the value at a path. One that is not there is no failure.
pub fn remove(value: &mut Json, path: &[Step]) {
    match (value, path) {
        (Json::Object(entries), [Step::Key(key)]) => drop(entries.shift_remove(key)),
        (Json::Array(items), [Step::Index(index)]) if *index < items.len() => drop(items.remove(*index)),
        (Json::Object(entries), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = entries.get_mut(key) {
                remove(inner, rest);
            }
        }
        (Json::Array(items), [Step::Index(index), rest @ ..]) => {
            if let Some(inner) = items.get_mut(*index) {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}

fn shown(seen: &str, step: &Step) -> String {
    match step {
        Step::Key(key) if key.contains(['.', '[', '"']) => format!("{seen}[{key:?}]"),
        Step::Key(key) => format!("{seen}.{key}"),
        Step::Index(index) => format!("{seen}[{index}]"),
    }
}

/// A value as it is stored at a path: text that looks like a boolean or a whole number is one.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/value.go>
pub fn coerced(text: &str) -> Json {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        zeros if zeros.len() > 1 && zeros.starts_with('0') => text.into(),
        other => other.parse::<i64>().map_or_else(|_| text.into(), Json::from),
    }
}

/// Whether a value is an encrypted one.
pub fn is_secret(value: &Json) -> bool {
    secret(value).is_some()
}

/// The ciphertext of an encrypted value.
pub fn secret(value: &Json) -> Option<&str> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.get("secure")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(mut value: Json, path: &str, new: Json) -> Result<Json, String> {
        let steps = parse(path).unwrap();
        set(&mut value, "z", &steps[1..], new).map(|()| value).map_err(|failure| failure.message)
    }

    #[test]
    fn paths_have_keys_indices_and_quotes() {
        let key = |text: &str| Step::Key(text.into());
        assert_eq!(
            parse(r#"a.b[0]["c.\"d"].e"#).unwrap(),
            [key("a"), key("b"), Step::Index(0), key("c.\"d"), key("e")]
        );
    }

    #[test]
    fn wrong_paths_are_told_in_the_words_of_the_cli() {
        for (path, message) in [
            ("", "empty config key path"),
            (".a", "invalid config key path: expected property path to start with a name or index"),
            ("a.", "invalid config key path: expected property path to end with a name or index"),
            ("a.[0]", "invalid config key path: expected property name after '.'"),
            ("a[", "invalid config key path: missing closing bracket in array index"),
            ("a[\"b", "invalid config key path: missing closing quote in property name"),
            ("a[\"b\"", "invalid config key path: missing closing bracket in property access"),
        ] {
            assert_eq!(parse(path).unwrap_err().message, message);
        }
        assert!(parse("a[x]").unwrap_err().message.contains("invalid array index"));
    }

    #[test]
    fn what_lies_between_is_made() {
        assert_eq!(changed(Json::Null, "z.a[0].b", json!(1)).unwrap(), json!({ "a": [{ "b": 1 }] }));
        assert_eq!(changed(json!({ "l": [1] }), "z.l[1]", json!(2)).unwrap(), json!({ "l": [1, 2] }));
    }

    #[test]
    fn a_plain_value_gives_way_only_right_below_the_key() {
        assert_eq!(changed(json!("two"), "z.c", json!(true)).unwrap(), json!({ "c": true }));
        assert_eq!(changed(json!({ "a": 1 }), "z.a.b", json!(2)).unwrap_err(), "z.a: expected a map");
    }

    #[test]
    fn an_index_out_of_range_is_refused_in_the_words_of_the_cli() {
        assert_eq!(
            changed(json!({ "l": [3] }), "z.l[5]", json!(1)).unwrap_err(),
            "z.l[5]: array index out of range"
        );
    }

    #[test]
    fn a_value_is_found_and_removed() {
        let mut value = json!({ "a": [{ "b": 1 }, 2] });
        let steps = parse("z.a[0].b").unwrap();
        assert_eq!(get(&value, &steps[1..]), Some(&json!(1)));
        remove(&mut value, &steps[1..]);
        remove(&mut value, &parse("z.a[7]").unwrap()[1..]);
        assert_eq!(value, json!({ "a": [{}, 2] }));
    }

    #[test]
    fn text_that_looks_like_a_number_is_one_unless_zeros_would_be_lost() {
        let values: Vec<Json> = ["1", "-5", "true", "007", "1.5", "x"].map(coerced).into();
        assert_eq!(values, [json!(1), json!(-5), json!(true), json!("007"), json!("1.5"), json!("x")]);
    }
}
