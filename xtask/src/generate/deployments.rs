//! The schema of `deployment.yaml`, made from the table of its keys.

use super::delivery::{described, or_null};
use super::{Generated, MARKER};
use serde_json::{Map, Value, json};
use stackstep::deployments::keys::{KEYS, KeyOwner, KeyShape, SettingKey};
use stackstep::deployments::tree::FROM_ENV;
use std::path::PathBuf;

/// The schema of the file. Nothing (`null`) takes away what the file below has.
pub fn schema() -> Generated {
    let mut schema = json!({
        "$schema": super::schema::DIALECT,
        "$comment": format!("{MARKER} from cli/src/deployments/keys.rs."),
        "title": "deployment.yaml",
        "description": "The settings and schedules of Pulumi Deployments for the stacks of a project; `deployment.<stack>.yaml` lies over it.",
    });
    if let (Some(schema), Value::Object(mapping)) = (schema.as_object_mut(), mapping(KEYS)) {
        schema.extend(mapping);
        schema.insert("type".to_owned(), json!(["object", "null"]));
        schema.insert(
            "$defs".to_owned(),
            json!({
                "secret": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": [FROM_ENV],
                    "properties": { FROM_ENV: { "type": "string", "pattern": VARIABLE, "description": "The variable of the job that holds the secret." } },
                },
            }),
        );
    }
    Generated { path: PathBuf::from("docs/reference/deployment.schema.json"), text: format!("{schema:#}\n") }
}

const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

fn mapping(keys: &[SettingKey]) -> Value {
    let own = keys.iter().filter(|key| key.owner != KeyOwner::Service);
    let properties: Map<String, Value> =
        own.map(|key| (key.name.to_owned(), described(or_null(&of_shape(key.shape)), key.about))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn of_shape(shape: KeyShape) -> Value {
    let text = || json!({ "type": ["string", "number", "boolean"], "not": { "const": "[secret]" } });
    let secret = || json!({ "$ref": "#/$defs/secret" });
    match shape {
        KeyShape::Text | KeyShape::Url => text(),
        KeyShape::Flag => json!({ "enum": [true, false, "true", "false"] }),
        KeyShape::Whole => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^[0-9]+$" },
        ] }),
        KeyShape::Texts => json!({ "type": "array", "items": { "type": ["string", "number", "boolean"] } }),
        KeyShape::Duration => json!({ "type": "string", "pattern": "^([0-9]+[hms])+$" }),
        KeyShape::Secret => secret(),
        KeyShape::TextOrSecret => json!({ "anyOf": [text(), secret()] }),
        KeyShape::Keys(keys) => mapping(keys),
        KeyShape::TextOrKeys(keys) => json!({ "anyOf": [text(), mapping(keys)] }),
        KeyShape::Variables => json!({
            "type": "object",
            "propertyNames": { "pattern": VARIABLE },
            "additionalProperties": or_null(&of_shape(KeyShape::TextOrSecret)),
        }),
        KeyShape::List(keys) => json!({ "type": "array", "items": mapping(keys) }),
    }
}
