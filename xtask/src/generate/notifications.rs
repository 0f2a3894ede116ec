//! What is made from the table of events: their part of `docs/notifications.md`, and the schema of `notify` in
//! `stackstep.yaml`.

use super::delivery::{NEVER_FITS, described, one_or_many, or_null};
use super::{Generated, wrapper};
use serde_json::{Value, json};
use stackstep::base::error::Result;
use stackstep::base::words::Words as _;
use stackstep::delivery::notify::{EVENTS, NotifyEvent, NotifySink};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/notifications.md";

/// The page about notifications.
pub fn page(root: &Path) -> Result<Generated> {
    let text = wrapper::replace_region(&root.join(PAGE), "events", &table())?;
    Ok(Generated { path: PathBuf::from(PAGE), text })
}

fn table() -> String {
    let mut text =
        "\n| event | sent when | a message says | without `on` |\n| --- | --- | --- | --- |\n".to_owned();
    for row in EVENTS {
        let word = row.event.word();
        let default = if row.asks { "sent" } else { "not sent" };
        let _ = writeln!(text, "| `{word}` | {} | `shop/prod` {} | {default} |", row.when, row.sentence);
    }
    text.push('\n');
    text
}

/// The schema of the section.
pub fn schema() -> Value {
    let stack = json!({ "anyOf": [
        { "type": "string", "minLength": 1, "not": { "pattern": NEVER_FITS } },
        { "type": ["number", "boolean"] },
    ] });
    let common = json!({
        "on": described(
            or_null(&some(&json!({ "enum": NotifyEvent::WORDS }))),
            "The events that are sent, or one. Default: all in which somebody has to act.",
        ),
        "stacks": described(
            or_null(&some(&stack)),
            "The stacks, as names or patterns. Default: all.",
        ),
    });
    let targets = [
        (
            "slack",
            described(
                from_env(),
                "A channel of Slack: the variable that holds the address of its incoming webhook.",
            ),
        ),
        (
            "teams",
            described(from_env(), "A channel of Teams: the variable that holds the address of its workflow."),
        ),
        ("webhook", webhook()),
        ("mention", mention()),
    ];
    let forms: Vec<Value> = targets
        .into_iter()
        .map(|(key, target)| {
            let mut properties = common.as_object().cloned().unwrap_or_default();
            for other in NotifySink::TARGETS.into_iter().filter(|other| *other != key) {
                properties.insert(other.to_owned(), described(json!({ "type": "null" }), "Not beside another one."));
            }
            properties.insert(key.to_owned(), target);
            json!({ "type": "object", "additionalProperties": false, "required": [key], "properties": properties })
        })
        .collect();
    json!({
        "description": "In the file at the repository's root: who hears of what: docs/notifications.md.",
        "anyOf": [
            { "type": "array", "maxItems": 20, "items": { "anyOf": forms } },
            { "type": "null" },
        ],
    })
}

fn webhook() -> Value {
    let plain = json!({
        "type": "string",
        "pattern": "^\\s*(https://[^\\s@/?#]+([/?#][^\\s@]*)?|http://(localhost|127\\.[0-9.]+|\\[::1\\])(:[0-9]+)?([/?#][^\\s@]*)?)\\s*$",
    });
    json!({
        "description": "Any server, which gets JSON.",
        "type": "object",
        "additionalProperties": false,
        "required": ["url"],
        "properties": {
            "url": described(
                json!({ "anyOf": [plain, from_env()] }),
                "The address, or the variable that holds it.",
            ),
            "secret": described(or_null(&from_env()), "The variable that holds the key of the signatures."),
        },
    })
}

fn mention() -> Value {
    let name = json!({ "type": ["string", "number", "boolean"], "pattern": "^@?[A-Za-z0-9{][A-Za-z0-9._/:{}-]{0,199}$" });
    json!({
        "description": "A new comment on the forge.",
        "type": "object",
        "additionalProperties": false,
        "required": ["people"],
        "properties": { "people": described(some(&name), "The people and teams that it names.") },
    })
}

fn from_env() -> Value {
    let mut properties = serde_json::Map::new();
    let name = json!({ "type": "string", "pattern": "^\\s*[A-Za-z_][A-Za-z0-9_]*\\s*$" });
    let about = "The variable that holds the value, from the CI system's own secret store.";
    properties.insert(NotifySink::FROM_ENV.to_owned(), described(name, about));
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [NotifySink::FROM_ENV],
        "properties": properties,
    })
}

/// One, or a list of at least one.
fn some(one: &Value) -> Value {
    let mut some = one_or_many(one);
    some["anyOf"][1]["minItems"] = json!(1);
    some
}
