//! What is made from the registry of rules: their part of `docs/rules.md`, and the schema of `rules` in `stackstep.yaml`.

use super::{Generated, wrapper};
use serde_json::{Map, Value, json};
use stackstep::base::error::Result;
use stackstep::rules::registry::RULES;
use stackstep::rules::rule::{RuleForm, RuleRow};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/rules.md";

/// The page about rules.
pub fn page(root: &Path) -> Result<Generated> {
    let text = wrapper::replace_region(&root.join(PAGE), "rules", &sections())?;
    Ok(Generated { path: PathBuf::from(PAGE), text })
}

/// A section for each rule, below a table of all.
fn sections() -> String {
    let mut text = "\n| rule | what has to hold |\n| --- | --- |\n".to_owned();
    for rule in RULES {
        let _ = writeln!(text, "| [`{0}`](#{0}) | {1} |", rule.name, rule.about.replace('|', "\\|"));
    }
    for rule in RULES {
        text.push_str(&section(rule));
    }
    text.push('\n');
    text
}

fn section(rule: &RuleRow) -> String {
    let exceptions = match (rule.by_resource, rule.form) {
        (true, RuleForm::Switch) => "from the whole rule, or for the warnings of resources (`urn`)",
        (true, _) => "from the whole rule, or for resources (`urn`)",
        (false, _) => "from the whole rule",
    };
    let destroy = if rule.on_destroy { "yes" } else { "no" };
    format!(
        "\n### `{}`\n\n{}\n\n```yaml\n{}\n```\n\n{}\n\n| | |\n| --- | --- |\n| takes | {} |\n| exceptions | {exceptions} |\n| \
         holds for `destroy` too | {destroy} |\n",
        rule.name,
        rule.about,
        rule.example,
        rule.details,
        rule.form.takes().replace('|', "\\|"),
    )
}

/// The schema of a `rules` mapping.
pub fn schema() -> Value {
    let mut properties: Map<String, Value> =
        RULES.iter().map(|rule| (rule.name.to_owned(), property(rule))).collect();
    properties.insert("exceptions".to_owned(), exceptions());
    json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "description": "Rules that the changes of a run have to pass: docs/rules.md.",
    })
}

fn property(rule: &RuleRow) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let long = |key: &str, value: Value| {
        let mut properties = Map::new();
        properties.insert(key.to_owned(), value);
        properties.insert("else".to_owned(), otherwise());
        json!({ "type": "object", "additionalProperties": false, "required": [key], "properties": properties })
    };
    let texts = |key: &str| {
        let list = json!({ "anyOf": [text(), { "type": "array", "items": text(), "minItems": 1 }] });
        one_or_many(&json!({ "anyOf": [text(), long(key, list)] }))
    };
    let count = json!({ "type": "integer", "minimum": 0 });
    let mut value = match rule.form {
        RuleForm::Count => one_or_many(&json!({ "anyOf": [count, long("limit", count.clone())] })),
        RuleForm::Resources => texts("resources"),
        RuleForm::Packs => texts("packs"),
        RuleForm::Switch => json!({ "anyOf": [
            { "type": "boolean" },
            { "type": "object", "additionalProperties": false, "properties": { "else": otherwise() } },
        ] }),
        RuleForm::Windows => one_or_many(&window()),
    };
    value["anyOf"].as_array_mut().into_iter().for_each(|forms| forms.push(json!({ "type": "null" })));
    value["description"] = json!(rule.about);
    value
}

/// `one`, or a list of such.
fn one_or_many(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

fn otherwise() -> Value {
    json!({
        "description": "What happens where the rule does not hold.",
        "anyOf": [
            { "enum": ["refuse", "approval"] },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["approval-from"],
                "properties": { "approval-from": {
                    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
                    "description": "People, or teams such as `@acme/platform`.",
                } },
            },
        ],
    })
}

fn window() -> Value {
    let list_of = |one: Value| json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] });
    let time = json!({ "type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$|^24:00$" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["zone"],
        "properties": {
            "days": list_of(json!({ "type": "string", "description": "`mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`." })),
            "dates": list_of(json!({
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([.][.][0-9]{4}-[0-9]{2}-[0-9]{2})?$",
                "description": "`2026-12-24`, or `2026-12-20..2027-01-02`.",
            })),
            "from": time,
            "to": time,
            "zone": { "type": "string", "description": "An IANA time zone: `Europe/Berlin`, `UTC`." },
            "else": otherwise(),
        },
    })
}

fn exceptions() -> Value {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let one = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["rule", "until", "because"],
        "properties": {
            "rule": { "enum": names },
            "urn": { "type": "string", "description": "The resources that it is about, as in `keep`; without it, it is from the whole rule." },
            "until": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "Its last day, in UTC." },
            "because": { "type": "string", "minLength": 1 },
        },
    });
    json!({ "anyOf": [one, { "type": "array", "items": one }, { "type": "null" }] })
}
