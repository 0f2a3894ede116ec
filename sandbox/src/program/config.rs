//! The configuration that a run sees: the stack's, completed and checked by what the project declares.
//!
//! <https://www.pulumi.com/docs/iac/concepts/config/#project-level-configuration>

use std::collections::BTreeMap;

use super::functions::json_number;
use super::yaml::{Kind, Node};
use crate::failure::Failure;
use crate::value::Value;

/// Configuration by full name, `project:name`. A value that is no object is text, whatever it looks like.
pub type Settings = BTreeMap<String, Value>;

/// What the project declares about one value.
#[derive(Debug, Clone, Default)]
pub struct Declaration {
    name: String,
    type_: Option<String>,
    items: Option<Node>,
    default: Option<Value>,
    secret: bool,
}

/// The project's declarations, by name.
pub fn declarations(root: &Node) -> Result<Vec<Declaration>, Failure> {
    let Some(node) = root.get("config").filter(|node| node.kind != Kind::Null) else { return Ok(vec![]) };
    let entries = node.entries().ok_or_else(|| Failure::new("config must be an object"))?;
    let mut declarations: Vec<Declaration> =
        entries.iter().map(|(key, node)| declaration(&key.text, node)).collect::<Result<_, _>>()?;
    declarations.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(declarations)
}

fn declaration(name: &str, node: &Node) -> Result<Declaration, Failure> {
    let mut declaration = Declaration { name: name.to_owned(), ..Declaration::default() };
    let Some(fields) = node.entries() else {
        declaration.default = Some(setting(node));
        return Ok(declaration);
    };
    for (field, value) in fields {
        match field.text.as_str() {
            "type" => declaration.type_ = value.text().map(str::to_owned),
            "items" => declaration.items = Some(value.clone()),
            "default" | "value" => declaration.default = Some(setting(value)),
            "secret" => declaration.secret = value.kind == Kind::Bool(true),
            "description" | "name" => {}
            other => {
                return Err(Failure::unsupported(format_args!("`{other}` of the project's config `{name}`")));
            }
        }
    }
    Ok(declaration)
}

/// A value as the stack's file holds it: scalars are text.
fn setting(node: &Node) -> Value {
    match &node.kind {
        Kind::Bool(value) => Value::Text(value.to_string()),
        Kind::Number(number) if number.fract() == 0.0 => Value::Text(json_number(*number).to_string()),
        _ => plain(node),
    }
}

fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Number(number) => Value::Number(*number),
        Kind::Text(text) => Value::Text(text.clone()),
        Kind::List(items) => Value::List(items.iter().map(plain).collect()),
        Kind::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.text.clone(), plain(value))).collect())
        }
    }
}

/// Adds the project's defaults to the stack's settings and, unless told otherwise, checks them.
pub fn complete(
    settings: &mut Settings,
    declarations: &[Declaration],
    project: &str,
    stack: &str,
    check: bool,
) -> Result<(), Failure> {
    let full = |name: &str| if name.contains(':') { name.to_owned() } else { format!("{project}:{name}") };
    let mut missing = vec![];
    for declaration in declarations {
        let name = full(&declaration.name);
        if settings.contains_key(&name) {
            continue;
        }
        match &declaration.default {
            Some(value) => drop(settings.insert(name, value.clone())),
            None if name.starts_with(&format!("{project}:")) => missing.push(declaration.name.as_str()),
            None => {}
        }
    }
    if !check {
        return Ok(());
    }
    if !missing.is_empty() {
        return Err(Failure::new(format!("Stack '{stack}' is missing configuration {}", listed(&missing))));
    }
    for declaration in declarations {
        if let Some(value) = settings.get(&full(&declaration.name)) {
            declaration.check(value, stack)?;
        }
    }
    Ok(())
}

fn listed(names: &[&str]) -> String {
    match names {
        [one] => format!("value '{one}'"),
        [first @ .., before, last] => {
            let first: Vec<String> = first.iter().map(|name| format!("'{name}', ")).collect();
            format!("values {}'{before}' and '{last}'", first.concat())
        }
        [] => String::new(),
    }
}

impl Declaration {
    fn check(&self, value: &Value, stack: &str) -> Result<(), Failure> {
        let Some(type_) = &self.type_ else { return Ok(()) };
        let place = format!("Stack '{stack}' with configuration key '{}'", self.name);
        let (plain, is_secret) = value.clone().without_secrets();
        if self.secret && !is_secret {
            return Err(Failure::new(format!("{place} must be encrypted as it's secret")));
        }
        let wanted = || full_type(type_, self.items.as_ref());
        if fits(type_, self.items.as_ref(), &plain) {
            Ok(())
        } else {
            Err(Failure::new(format!("{place} must be of type '{}'", wanted())))
        }
    }
}

fn full_type(type_: &str, items: Option<&Node>) -> String {
    if type_ != "array" {
        return type_.to_owned();
    }
    let inner = items.and_then(|items| items.get("type")?.text()).unwrap_or("unknown");
    format!("array<{}>", full_type(inner, items.and_then(|items| items.get("items"))))
}

fn fits(type_: &str, items: Option<&Node>, value: &Value) -> bool {
    match (type_, value) {
        ("string", Value::Text(_)) | ("boolean", Value::Bool(_)) | ("object", Value::Map(_)) => true,
        ("integer", Value::Number(number)) => number.fract() == 0.0,
        ("integer", Value::Text(text)) => text.parse::<i64>().is_ok(),
        ("boolean", Value::Text(text)) => text == "true" || text == "false",
        ("array", Value::List(values)) => {
            let Some(inner) = items.and_then(|items| items.get("type")?.text()) else { return true };
            let items = items.and_then(|items| items.get("items"));
            values.iter().all(|value| fits(inner, items, value))
        }
        _ => false,
    }
}

/// What a program sees of a setting: text that reads as a number, a boolean or JSON is that.
/// <https://github.com/pulumi/pulumi-yaml/blob/main/pkg/server/server.go>
#[expect(clippy::cast_precision_loss, reason = "the engine knows 64-bit floats only")]
pub fn coerced(value: &Value) -> Value {
    let text = match value {
        Value::Text(text) => text.as_str(),
        Value::Secret(inner) => return coerced(inner).into_secret(),
        other => return other.clone(),
    };
    let as_text = || Value::Text(text.to_owned());
    if text.len() > 1 && text.starts_with('0') && !text.starts_with("0.") {
        return as_text();
    }
    if let Ok(number) = text.parse::<i64>() {
        return Value::Number(number as f64);
    }
    match text {
        "t" | "T" | "true" | "TRUE" | "True" => return Value::Bool(true),
        "f" | "F" | "false" | "FALSE" | "False" => return Value::Bool(false),
        _ => {}
    }
    if let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) {
        return Value::Number(number);
    }
    serde_json::from_str(text).map_or_else(|_| as_text(), |json| Value::of_json(&json))
}

/// A setting as events show it: text, with secrets hidden.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Secret(_) => "[secret]".to_owned(),
        other => blind(other).to_string(),
    }
}

/// A setting as JSON, with secrets hidden.
pub fn blind(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => json_number(*number),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(blind).collect(),
        Value::Map(entries) => entries.iter().map(|(name, value)| (name.clone(), blind(value))).collect(),
        Value::Secret(_) => "[secret]".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::yaml;

    fn completed(project: &str, stack: &[(&str, Value)]) -> Result<Settings, String> {
        let declared = declarations(&yaml::parse(project).unwrap()).unwrap();
        let mut settings: Settings =
            stack.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        complete(&mut settings, &declared, "life", "dev", true).map_err(|failure| failure.message)?;
        Ok(settings)
    }

    #[test]
    fn defaults_fill_what_the_stack_lacks() {
        let project = "config: {rev: {type: integer, default: 1}, 'aws:region': eu, own: {default: a}}";
        let settings = completed(project, &[("life:own", Value::Text("b".into()))]).unwrap();
        let shown: Vec<(&str, String)> =
            settings.iter().map(|(name, value)| (name.as_str(), shown(value))).collect();
        assert_eq!(
            shown,
            [("aws:region", "eu".into()), ("life:own", "b".into()), ("life:rev", "1".to_owned())]
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let project = "config: {c: {type: string}, a: {type: string}, b: {type: string}}";
        assert_eq!(
            completed(project, &[]).unwrap_err(),
            "Stack 'dev' is missing configuration values 'a', 'b' and 'c'"
        );
        let project = "config: {a: {type: string}}";
        assert_eq!(completed(project, &[]).unwrap_err(), "Stack 'dev' is missing configuration value 'a'");
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let project = "config: {n: {type: array, items: {type: integer}}}";
        assert_eq!(
            completed(project, &[("life:n", Value::Text("x".into()))]).unwrap_err(),
            "Stack 'dev' with configuration key 'n' must be of type 'array<integer>'"
        );
    }

    #[test]
    fn a_secret_must_be_encrypted() {
        let project = "config: {t: {type: string, secret: true}}";
        assert_eq!(
            completed(project, &[("life:t", Value::Text("x".into()))]).unwrap_err(),
            "Stack 'dev' with configuration key 't' must be encrypted as it's secret"
        );
    }

    #[test]
    fn a_program_sees_numbers_and_booleans_but_no_stripped_zeros() {
        let seen: Vec<Value> =
            ["1", "007", "t", "1.5", "[1]", "x"].map(|text| coerced(&Value::Text(text.into()))).into();
        assert_eq!(
            seen,
            [
                Value::Number(1.0),
                Value::Text("007".into()),
                Value::Bool(true),
                Value::Number(1.5),
                Value::List(vec![Value::Number(1.0)]),
                Value::Text("x".into())
            ]
        );
    }
}
