//! The schema of the section `sets` of `stackstep.yaml`.

use super::delivery::{described, one_or_many, or_null};
use serde_json::{Value, json};
use stackstep::fleet::sets::add::settings::{CALLBACK_FIELD, CALLBACK_SECRET};
use stackstep::fleet::sets::settings::{CREATED, MOST, REMOVALS, TOMBSTONE_CELL, TOMBSTONE_COLUMN};

/// The name of a column.
fn column() -> Value {
    json!({ "type": "string", "pattern": "^[^{}`\"\\s]([^{}`\"]{0,58}[^{}`\"\\s])?$" })
}

/// The name of a variable.
fn variable() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
}

/// The schema.
pub fn schema() -> Value {
    json!({
        "description": "In the file at the repository's root: environments from data, a stack for each row: docs/stack-sets.md.",
        "anyOf": [
            { "type": "object", "propertyNames": { "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$" }, "additionalProperties": set() },
            { "type": "null" },
        ],
    })
}

fn set() -> Value {
    let scalar = || json!({ "type": ["string", "number", "boolean"] });
    let number =
        |about: &str| described(or_null(&json!({ "type": "integer", "minimum": 0, "maximum": MOST })), about);
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["project", "rows", "stack"],
        "properties": {
            "project": described(json!({ "type": "string", "pattern": "^[^/\\\\:]" }), "The folder of the project, from the repository's top."),
            "rows": described(rows(), "The file with the rows, by its ending, or a command that prints them."),
            "key": described(or_null(&column()), "The column by which a row is told from the others. Default: the only column of `stack`."),
            "stack": described(json!({ "type": "string", "pattern": "\\{[^{}]+\\}" }), "The name of a row's stack; `{column}` is a cell of the row."),
            "config": described(
                or_null(&json!({
                    "type": "object",
                    "propertyNames": { "pattern": "^[^:{=]+:[^{=]+$" },
                    "additionalProperties": { "anyOf": [scalar(), config()] },
                })),
                "The configuration of a row's stack; `{column}` is a cell of the row. A secret is named, never written.",
            ),
            "tombstone": described(
                or_null(&json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["column", "is"],
                    "properties": { "column": column(), "is": scalar() },
                })),
                &format!("The cell that says that a row's stack is removed. Default: `{{ column: {TOMBSTONE_COLUMN}, is: {TOMBSTONE_CELL} }}`."),
            ),
            "max-removals": number(&format!("The most stacks that one run removes: of more it removes none. Default: {REMOVALS}.")),
            "max-created": number(&format!("The most stacks that one run creates: of more it creates none. Default: {CREATED}.")),
            "new-stack-changes": described(
                or_null(&json!({ "type": "integer", "minimum": 1, "maximum": MOST })),
                "The number of resources as which a new stack counts before it is there, if `fleet.max-changes` is set.",
            ),
            "columns": described(or_null(&json!({ "type": "object", "additionalProperties": rule() })), "What the cells of a column may be."),
            "add": described(or_null(&add()), "What `fleet add` lets in. Default: nothing."),
        },
    })
}

fn rows() -> Value {
    json!({ "anyOf": [
        { "type": "string", "pattern": "^[^/\\\\:][^\\\\:]*\\.([cC][sS][vV]|[jJ][sS][oO][nN]|[yY][aA]?[mM][lL])$" },
        {
            "type": "object",
            "additionalProperties": false,
            "required": ["run", "as"],
            "properties": {
                "run": { "type": "array", "items": { "type": ["string", "number"] }, "minItems": 1, "description": "The program and its arguments, run at the repository's top." },
                "as": { "enum": ["csv", "json", "yaml", "yml"], "description": "The form of what it prints." },
                "env": described(or_null(&one_or_many(&variable())), "The variables of the job that it gets, beside `PATH` and `HOME`."),
            },
        },
    ] })
}

fn config() -> Value {
    let flag = json!({ "enum": [true, false, "true", "false"] });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "value": { "type": ["string", "number", "boolean"], "description": "The text." },
            "from-env": { "type": "string", "description": "The name of the variable that holds the value." },
            "secret": { "enum": flag["enum"], "description": "Encrypt it. Its value comes `from-env`." },
            "path": { "enum": flag["enum"], "description": "The key is a path into an object." },
        },
        "oneOf": [{ "required": ["value"] }, { "required": ["from-env"] }],
    })
}

fn rule() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "pattern": described(or_null(&json!({ "type": "string", "minLength": 1, "maxLength": 200 })), "A regular expression for the whole cell."),
            "one-of": described(or_null(&one_or_many(&json!({ "type": ["string", "number", "boolean"] }))), "The cells that there can be."),
            "may-be-empty": described(or_null(&json!({ "enum": [true, false, "true", "false"] })), "Whether a cell may become empty that was not."),
        },
    })
}

fn add() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["persist"],
        "properties": {
            "columns": described(or_null(&one_or_many(&column())), "The columns that a row may have. Default: each of the set's `columns` that has a `pattern` or `one-of`."),
            "required": described(or_null(&one_or_many(&column())), "Those that it has to have. Default: the key, and what the stack's name needs."),
            "idempotency": described(or_null(&column()), "The field by which the same request again is known. Default: the key."),
            "persist": { "enum": ["pull-request", "backend"], "description": "Where the row is kept: in the set's file by a change request, or beside the state." },
            "callback": described(
                or_null(&json!({
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["hosts"],
                    "properties": {
                        "hosts": described(one_or_many(&json!({ "type": "string", "pattern": "^[a-z0-9.-]+(:[0-9]+)?$" })), "The hosts that an answer may go to."),
                        "field": described(or_null(&column()), &format!("The field with the address. Default: `{CALLBACK_FIELD}`.")),
                        "secret-from-env": described(or_null(&variable()), &format!("The variable with the key that the answer is signed by. Default: `{CALLBACK_SECRET}`.")),
                    },
                })),
                "Who may be answered. Default: nobody.",
            ),
        },
    })
}
