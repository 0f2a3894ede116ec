//! The schema of the sections `deploy` and `stacks` of `stackstep.yaml`. A test holds its keys to those of the readers.

use serde_json::{Map, Value, json};
use stackstep::base::words::Words;
use stackstep::checks::settings::OnFailedCheck;
use stackstep::delivery::map::UnmappedEvent;
use stackstep::delivery::settings::{ApprovedBy, NOT_FOR_AN_ENTRY, Unreviewed};
use stackstep::inputs::{INPUTS, Input};
use stackstep::report::Inconclusive;

/// A length of time with its unit.
const TIME: &str = "^\\s*([0-9]+\\s*[a-zµ]+\\s*)+$";

/// A pattern for names that can fit one: what `cli/src/delivery/pattern.rs` refuses does not fit.
pub(super) const NEVER_FITS: &str = "^(refs/|heads/|tags/|/)|/$|//|\\.\\.|@\\{|[\\s~^:\\\\\\[]";

/// The definitions that the schema refers to: `deploy`, `stacks`, `stack-entry`, `check`.
pub fn definitions() -> Map<String, Value> {
    let stacks = json!({
        "description": "In the file at the repository's root: what has to hold for each stack, and inputs for it. A name or a pattern, as in `Pulumi.<stack>.yaml`; the first that fits counts: docs/delivery.md.",
        "type": ["object", "null"],
        "propertyNames": { "minLength": 1, "not": { "pattern": NEVER_FITS } },
        "additionalProperties": { "$ref": "#/$defs/stack-entry" },
    });
    [("deploy", deploy()), ("stacks", stacks), ("stack-entry", entry()), ("check", check())]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// Which event deploys which stack.
fn deploy() -> Value {
    let lines = |about: &str| {
        json!({
            "description": about,
            "type": ["object", "null"],
            "additionalProperties": stack_name(1),
        })
    };
    let maps = |key: &str, least: Value| json!({ "required": [key], "properties": { key: least } });
    let some_lines = json!({ "type": "object", "minProperties": 1 });
    json!({
        "description": "In the file at the repository's root: which event deploys which stack, in each project that has it: docs/delivery.md.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "branches": lines("The stack that a push to a branch deploys: `main: staging`. `*` stays within a part of the name, `**` does not."),
            "tags": lines("The stack that a tag deploys, if the default branch contains its commit: `\"v*\": prod`."),
            "change-requests": {
                "description": "The stacks that a pull request previews. Default: all that merging and tagging would deploy.",
                "anyOf": [{ "type": "array", "items": stack_name(1) }, { "type": "null" }],
            },
            "otherwise": described(
                one_of(UnmappedEvent::WORDS),
                "What happens at any other event. `skip`: nothing, and the run passes. Default: `skip`.",
            ),
        },
        "anyOf": [
            { "type": "null" },
            maps("branches", some_lines.clone()),
            maps("tags", some_lines),
            maps("change-requests", json!({ "type": "array" })),
        ],
    })
}

/// What has to hold for a stack, and the inputs that hold for it.
fn entry() -> Value {
    let mut properties: Map<String, Value> = INPUTS
        .iter()
        .flat_map(|input| input.names().map(move |name| (name.to_owned(), input_of_entry(input, name))))
        .collect();
    properties.extend(own_keys());
    json!({
        "description": "What has to hold for the stack, and any input, for this stack only.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
        "$ref": "#/$defs/one-name-each",
    })
}

fn input_of_entry(input: &Input, name: &str) -> Value {
    if NOT_FOR_AN_ENTRY.contains(&input.name) {
        return json!({ "not": {}, "description": "Refused here: the entry's name says which stack it is about." });
    }
    json!({ "$ref": format!("#/properties/{name}") })
}

/// The keys of an entry that are no inputs.
fn own_keys() -> Map<String, Value> {
    let keys = json!({
        "after": described(
            stack_name(3),
            "The stack that has to have deployed and verified the same inputs before.",
        ),
        "unreviewed": described(
            one_of(Unreviewed::WORDS),
            "What happens to a change that nobody reviewed. Default: `refuse`.",
        ),
        "approvals": approvals(),
        "rules": { "$ref": "#/$defs/rules" },
        "tolerate": described(
            or_null(&json!({ "type": "array", "items": scalar() })),
            "Values that may differ from the reviewed ones: a pattern for URNs, `#`, the property's path: `**::build#tags.builtAt`.",
        ),
        "break-glass": json!({
            "description": "Who may deploy without what is needed otherwise, for an hour: docs/ways-out.md.",
            "type": ["object", "null"],
            "additionalProperties": false,
            "required": ["from"],
            "properties": {
                "from": {
                    "description": "People, and teams such as `@acme/oncall`.",
                    "type": "array",
                    "minItems": 1,
                    "items": scalar(),
                },
            },
        }),
        "ttl-max": described(time(), "The longest time to live that `ttl` may give the stack, such as `30d`. Default: any."),
        "checks": described(
            or_null(&json!({ "type": "array", "maxItems": 100, "items": { "$ref": "#/$defs/check" } })),
            "The checks after a deployment: docs/checks.md.",
        ),
        "checks-timeout": described(time(), "The time limit of all checks together, with its unit. Default: `5m`."),
        "inconclusive": described(
            one_of(Inconclusive::WORDS),
            "What a check without a clear result means for the run. Default: `fail`.",
        ),
        "on-failed-check": described(
            one_of(OnFailedCheck::WORDS),
            "What a failed check means for the next deployments. `hold`: the stack is held until it is released. Default: `nothing`.",
        ),
    });
    keys.as_object().cloned().unwrap_or_default()
}

fn approvals() -> Value {
    json!({
        "description": "The approvals that a deployment needs: docs/approvals.md.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "needed": described(whole_number(1, u32::MAX), "The number of people. Default: 1."),
            "by": described(
                or_null(&json!({ "type": "array", "minItems": 1, "items": { "enum": ApprovedBy::WORDS } })),
                "The kinds that count: `review` on the forge, the CI system's gate of the `environment`. Default: `[review]`.",
            ),
            "from": described(
                or_null(&json!({ "type": "array", "items": scalar() })),
                "People, and teams such as `@acme/platform`. Default: everybody who may write.",
            ),
        },
    })
}

/// A check of one of the kinds.
fn check() -> Value {
    let pace = json!({
        "every": described(time(), "The time from one try to the next, with its unit. Default: `2s`."),
        "passes": described(
            or_null(&json!({ "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 100 },
                { "type": "string", "pattern": "^\\s*[0-9]+( of \\s*[0-9]+)?\\s*$" },
            ] })),
            "How many tries have to pass: `5 of 6`, or `3`. Default: 1.",
        ),
        "ready-within": described(
            or_null(&json!({ "anyOf": [{ "const": 0 }, { "type": "string", "pattern": format!("^\\s*0\\s*$|{TIME}") }] })),
            "The time in which no try counts until one has passed, with its unit. Default: `1m`, for a command `0`.",
        ),
        "name": name(),
    });
    let within = described(time(), "The most time of a try, with its unit.");
    let probe = json!({
        "within": within,
        "baseline": described(flag(), "Whether it is asked before the deployment too. Default: `true`."),
    });
    let http = json!({
        "http": described(text(), "A URL, or the name of an output that holds one."),
        "path": described(or_null(&text()), "The path below it: `/health`."),
        "method": described(
            or_null(&json!({ "enum": ["GET", "HEAD", "OPTIONS", "POST", "get", "head", "options", "post"] })),
            "Default: `GET`.",
        ),
        "headers": headers(),
        "status": described(or_null(&one_or_many(&status())), "`200`, `2xx`, or a list of such. Default: `2xx`."),
        "contains": described(or_null(&texts()), "A text that the answer has to hold, or a list of such."),
        "not-contains": described(or_null(&texts()), "A text that the answer may not hold, or a list of such."),
        "tls-days": described(whole_number(0, 3650), "The days that the certificate has to be valid for."),
    });
    let tcp = json!({
        "tcp": described(text(), "`host:port`, or the name of an output that holds it."),
        "port": described(whole_number(1, 65_535), "The port, if an output holds only the host."),
    });
    let command = json!({
        "cwd": described(or_null(&text()), "The folder to run in, from that of this file."),
        "within": within,
        "env": described(
            or_null(&one_or_many(&json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }))),
            "Variables of the job that it gets, beside those without credentials.",
        ),
        "secret-outputs": described(or_null(&texts()), "Secret outputs of the stack that it gets."),
    });
    let words = json!({
        "run": described(
            json!({ "type": "array", "items": filled(), "minItems": 1 }),
            "A program and its arguments, which no shell reads; it passes if it ends with 0.",
        ),
        "shell": described(
            json!({ "enum": [false, "false", null] }),
            "Whether `run` is a line for a shell. Default: `false`.",
        ),
    });
    let line = json!({
        "run": described(text(), "A line for the shell; it passes if that ends with 0."),
        "shell": described(json!({ "enum": [true, "true"] }), "Whether `run` is a line for a shell."),
    });
    let preview = json!({
        "preview": described(json!({ "const": "no-changes" }), "A second preview has no changes."),
        "name": name(),
    });
    json!({
        "description": "A check after a deployment.",
        "anyOf": [
            of_kind(&["http"], &[&http, &probe, &pace]),
            of_kind(&["tcp"], &[&tcp, &probe, &pace]),
            of_kind(&["run"], &[&words, &command, &pace]),
            of_kind(&["run", "shell"], &[&line, &command, &pace]),
            of_kind(&["preview"], &[&preview]),
        ],
    })
}

/// A check with these keys, of which some are required.
fn of_kind(required: &[&str], keys: &[&Value]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .filter_map(|keys| keys.as_object())
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn name() -> Value {
    let name = json!({ "type": ["string", "number", "boolean"], "pattern": "\\S", "maxLength": 60 });
    described(or_null(&name), "Its name in reports. Default: what it checks.")
}

fn headers() -> Value {
    let from_env = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["from-env"],
        "properties": {
            "from-env": { "type": "string", "pattern": "^\\s*[A-Za-z_][A-Za-z0-9_]*\\s*$", "description": "The variable that holds the value." },
            "prefix": { "type": ["string", "number", "boolean"], "description": "What stands before it: `\"Bearer \"`." },
        },
    });
    json!({
        "description": "Headers of the request. What is secret comes from a variable of the job: `{from-env: NAME}`.",
        "type": ["object", "null"],
        "propertyNames": { "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        "additionalProperties": { "anyOf": [scalar(), from_env] },
    })
}

fn status() -> Value {
    json!({ "anyOf": [
        { "type": "integer", "minimum": 100, "maximum": 599 },
        { "type": "string", "pattern": "^\\s*[1-5]([0-9][0-9]|[xX][xX])\\s*$" },
    ] })
}

/// The name of a stack with at most so many parts.
fn stack_name(parts: usize) -> Value {
    let part = "[A-Za-z0-9._-]";
    // A map is about each project that has the stack, so that its names have an organisation at most.
    let before = format!("({part}+/){{0,{}}}", if parts == 1 { 1 } else { parts - 1 });
    let name = json!({ "type": ["string", "number", "boolean"], "pattern": format!("^\\s*{before}{part}{{1,100}}\\s*$") });
    if parts == 1 { name } else { or_null(&name) }
}

fn time() -> Value {
    json!({ "type": ["string", "null"], "pattern": TIME })
}

fn flag() -> Value {
    json!({ "enum": [true, false, "true", "false", null] })
}

fn whole_number(least: u32, most: u32) -> Value {
    or_null(&json!({ "anyOf": [
        { "type": "integer", "minimum": least, "maximum": most },
        { "type": "string", "pattern": "^[0-9]+$" },
    ] }))
}

fn one_of(words: &[&str]) -> Value {
    let words = words.iter().map(|word| json!(word)).chain([Value::Null]);
    json!({ "enum": words.collect::<Vec<_>>() })
}

/// Any value but nothing, a list or a mapping.
fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// A scalar that is not empty.
fn filled() -> Value {
    json!({ "type": ["string", "number", "boolean"], "minLength": 1 })
}

/// A scalar that is not blank.
fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"], "pattern": "\\S" })
}

fn texts() -> Value {
    json!({ "anyOf": [filled(), { "type": "array", "items": filled() }] })
}

pub(super) fn one_or_many(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one }] })
}

/// The value, or nothing.
pub(super) fn or_null(value: &Value) -> Value {
    json!({ "anyOf": [value, { "type": "null" }] })
}

pub(super) fn described(value: Value, about: &str) -> Value {
    let mut value = value;
    value["description"] = json!(about);
    value
}
