//! The published JSON Schemas: of `stackstep.yaml`, for editors, and of the result file, of `status --json`, of
//! `reap --json`, of a fleet and of its plan, for whoever reads them.
//! JSON Schema 2020-12, <https://json-schema.org/draft/2020-12>.

use super::{
    Generated, MARKER, comment_commands, delivery, lifecycle, notifications, reference, rules, sets,
};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use stackstep::commands::deployment::page::{self as deployment, CheckPage};
use stackstep::commands::fleet::page::{self as fleet, FleetPage};
use stackstep::commands::reap::page::{self as sweep, SweepPage};
use stackstep::commands::status::page::{FORM, StatusPage};
use stackstep::fleet::fanout::plan::{FleetPlan, PLAN_FORM};
use stackstep::inputs::file::{
    COMMENT_COMMANDS, DEPLOY, DRIFT, FLEET, NOTIFY, PROJECTS, REAPABLE, REVIEW, SETS, STACKS,
};
use stackstep::inputs::{INPUTS, Input, Kind};
use stackstep::report::{Report, SCHEMA};
use std::path::PathBuf;

pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of the result file, made from the types that write it.
pub fn result() -> Generated {
    of_type::<Report>(&PublishedSchema {
        name: "result",
        version: ("schema", json!(SCHEMA)),
        made_from: "cli/src/report/model.rs",
        title: "stackstep result",
        description: "What a run has to say: the file that `result-file` names.",
    })
}

/// The schema of what `status --json` prints, made from the types that write it.
pub fn status() -> Generated {
    of_type::<StatusPage>(&PublishedSchema {
        name: "status",
        version: ("v", json!(FORM)),
        made_from: "cli/src/commands/status/page.rs",
        title: "stackstep status",
        description: "How the stacks stand: what `stackstep status --json` prints.",
    })
}

/// The schema of what `reap --json` prints, made from the types that write it.
pub fn sweep() -> Generated {
    of_type::<SweepPage>(&PublishedSchema {
        name: "reap",
        version: ("v", json!(sweep::FORM)),
        made_from: "cli/src/commands/reap/page.rs",
        title: "stackstep reap",
        description: "What a sweep has seen and done: what `stackstep reap --json` prints.",
    })
}

/// The schema of the result of a fleet, made from the types that write it.
pub fn fleet() -> Generated {
    of_type::<FleetPage>(&PublishedSchema {
        name: "fleet",
        version: ("v", json!(fleet::FORM)),
        made_from: "cli/src/commands/fleet/page.rs",
        title: "stackstep fleet",
        description: "A fleet: the file that `result-file` names, and what `stackstep fleet status --json` prints.",
    })
}

/// The schema of the plan of a fleet, made from the types that write it.
pub fn fleet_plan() -> Generated {
    of_type::<FleetPlan>(&PublishedSchema {
        name: "fleet-plan",
        version: ("v", json!(PLAN_FORM)),
        made_from: "cli/src/fleet/fanout/plan.rs",
        title: "stackstep fleet plan",
        description: "The plan of a fleet: what `stackstep fleet plan` prints without `--for`.",
    })
}

/// The schema of what `deployment settings check --json` prints, made from the types that write it.
pub fn deployment_check() -> Generated {
    of_type::<CheckPage>(&PublishedSchema {
        name: "deployment-check",
        version: ("v", json!(deployment::FORM)),
        made_from: "cli/src/commands/deployment/page.rs",
        title: "stackstep deployment settings check",
        description: "How the deployment settings of a stack differ from the files: what `stackstep deployment settings check --json` prints.",
    })
}

/// What is said about a schema that is made from types.
struct PublishedSchema {
    name: &'static str,
    /// The property with the version, and its value.
    version: (&'static str, Value),
    made_from: &'static str,
    title: &'static str,
    description: &'static str,
}

fn of_type<T: JsonSchema>(about: &PublishedSchema) -> Generated {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut made = generator.into_root_schema_for::<T>();
    let (property, version) = &about.version;
    if let Some(place) = made.pointer_mut(&format!("/properties/{property}")).and_then(Value::as_object_mut) {
        place.insert("const".into(), version.clone());
    }
    let mut schema = json!({
        "$schema": DIALECT,
        "$comment": format!("{MARKER} from {}.", about.made_from),
        "title": about.title,
        "description": about.description,
    });
    // No `additionalProperties`: fields may come with any version, and an old schema still holds.
    for field in ["type", "properties", "required", "$defs"] {
        schema[field] = made.remove(field).unwrap_or_default();
    }
    let text = format!("{schema:#}\n");
    Generated { path: PathBuf::from(format!("docs/reference/{}.schema.json", about.name)), text }
}

/// The schema of `stackstep.yaml`.
pub fn stackstep_yaml() -> Generated {
    let mut properties: Map<String, Value> = INPUTS
        .iter()
        .flat_map(|input| input.names().map(move |name| (name.to_owned(), property(input, name))))
        .collect();
    properties.insert(
        PROJECTS.to_owned(),
        json!({
            "type": "array",
            "items": { "type": "string" },
            "description": "In the file at the repository's root: the folders of its projects; `*` and `**` are wildcards. Default: each folder with a Pulumi.yaml that git tracks.",
        }),
    );
    for section in [DEPLOY, STACKS, NOTIFY, COMMENT_COMMANDS, REVIEW, REAPABLE, DRIFT, FLEET, SETS] {
        properties.insert(section.to_owned(), json!({ "$ref": format!("#/$defs/{section}") }));
    }
    let mut definitions = delivery::definitions();
    definitions.insert("rules".to_owned(), rules::schema());
    definitions.insert(NOTIFY.to_owned(), notifications::schema());
    definitions.insert(COMMENT_COMMANDS.to_owned(), comment_commands::schema());
    definitions.insert(REVIEW.to_owned(), lifecycle::review());
    definitions.insert(REAPABLE.to_owned(), lifecycle::reapable());
    definitions.insert(DRIFT.to_owned(), lifecycle::drift());
    definitions.insert(FLEET.to_owned(), lifecycle::fleet());
    definitions.insert(SETS.to_owned(), sets::schema());
    definitions.insert("one-name-each".to_owned(), json!({ "allOf": one_name_each() }));
    let schema = json!({
        "$schema": DIALECT,
        "$comment": format!("{MARKER} from the table of inputs and the keys of deliveries."),
        "title": "stackstep.yaml",
        "description": "Inputs of stackstep that hold for every step below this file's folder; at the repository's root also what is deployed where.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "$ref": "#/$defs/one-name-each",
        "$defs": definitions,
    });
    let text = format!("{schema:#}\n");
    Generated { path: PathBuf::from("docs/reference/stackstep.schema.json"), text }
}

/// One key.
fn property(input: &Input, name: &str) -> Value {
    if input.kind == Kind::Secret {
        let why =
            format!("{} Refused here, as this file lies in the repository: use the environment.", input.help);
        return json!({ "not": {}, "description": why });
    }
    if input.name == "command" {
        return json!({ "not": {}, "description": "Refused here: what runs is said on the step." });
    }
    let mut property = values(input.kind);
    let (default, _) = reference::defaults(input);
    let help = if name == input.name {
        input.help.to_owned()
    } else {
        format!("Another name for `{}`. {}", input.name, input.help)
    };
    if let Some(fields) = property.as_object_mut() {
        fields.insert("description".into(), json!(format!("{help} Default: {default}.")));
    }
    property
}

/// What values a kind takes. A key without a value is not set, so `null` is always fine.
fn values(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Path | Kind::ProgramPath | Kind::Words | Kind::Secret => {
            json!({ "type": ["string", "number", "boolean", "null"] })
        }
        Kind::Bool => json!({ "enum": [true, false, "true", "false", "", null] }),
        Kind::Number { min, max } => json!({ "anyOf": [
            { "type": "integer", "minimum": min, "maximum": max },
            { "type": "string", "pattern": "^\\s*[0-9]*\\s*$" },
            { "type": "null" },
        ] }),
        Kind::Duration => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^\\s*([0-9]+|([0-9]+\\s*[a-zµ]+\\s*)+)?\\s*$" },
            { "type": "null" },
        ] }),
        Kind::List => json!({ "anyOf": [
            { "type": ["string", "number", "boolean", "null"] },
            { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
        ] }),
        Kind::Choice(words) => {
            let words = words.iter().map(|word| json!(word)).chain([json!(""), Value::Null]);
            json!({ "enum": words.collect::<Vec<_>>() })
        }
        Kind::Mapping => json!({
            "type": ["object", "string", "null"],
            "additionalProperties": { "anyOf": [
                { "type": ["string", "number", "boolean", "array"] },
                config_entry(),
            ] },
        }),
    }
}

/// An entry of `config` in its long form.
fn config_entry() -> Value {
    let flag = json!({ "enum": [true, false, "true", "false"] });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "value": { "not": { "type": "null" }, "description": "The value; an object or a list is set path by path." },
            "secret": { "enum": flag["enum"], "description": "Encrypt it. A secret's value belongs into `from-env` or `from-file`, not into this file." },
            "path": { "enum": flag["enum"], "description": "The key is a path into an object." },
            "from-env": { "type": "string", "description": "The variable that holds the value." },
            "from-file": { "type": "string", "description": "The file that holds the value, relative to this one." },
        },
        "oneOf": [{ "required": ["value"] }, { "required": ["from-env"] }, { "required": ["from-file"] }],
    })
}

/// An input may be set under one of its names only.
fn one_name_each() -> Vec<Value> {
    INPUTS
        .iter()
        .filter(|input| !input.aliases.is_empty())
        .map(|input| {
            let names: Vec<Value> = input.names().map(|name| json!({ "required": [name] })).collect();
            json!({ "anyOf": [{ "type": "null" }, { "not": { "anyOf": names } }, { "oneOf": names }] })
        })
        .collect()
}
