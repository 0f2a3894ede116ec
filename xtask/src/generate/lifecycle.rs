//! The schema of the sections of `stackstep.yaml` about stacks that are not there for good.

use super::delivery::{described, one_or_many, or_null};
use serde_json::{Value, json};
use stackstep::fleet::settings::MOST_PARALLEL;
use stackstep::lifecycle::settings::drift::{ISSUES, MOST_ISSUES};
use stackstep::lifecycle::settings::review::{DEFAULT_REAPABLE, MAX, MAX_DESTROYS, MAX_SHARE};

/// A length of time with its unit.
const TIME: &str = "^\\s*[0-9]+\\s*[a-z]";

/// The schema of `review`.
pub fn review() -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let number = |most: u32, about: &str| {
        described(or_null(&json!({ "type": "integer", "minimum": 1, "maximum": most })), about)
    };
    let time = |about: &str| described(or_null(&json!({ "type": "string", "pattern": TIME })), about);
    let stack = json!({ "type": ["string", "number"], "pattern": "^[A-Za-z0-9_.-]{1,100}$" });
    json!({
        "description": "In the file at the repository's root: the stacks of change requests: docs/review-stacks.md.",
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["from"],
                "properties": {
                    "from": described(stack, "The stack whose configuration is copied. One that the file protects is refused."),
                    "config": described(
                        or_null(&one_or_many(&json!({ "type": "string", "pattern": "^[^:*?]+:[^*?]+$" }))),
                        "The keys of its configuration that are copied, each with its namespace. A change's own code can read them. Default: none.",
                    ),
                    "projects": described(or_null(&one_or_many(&text())), "The folders of the projects that have such stacks; `*` and `**` are wildcards. Default: every project that has the base stack."),
                    "label": described(or_null(&text()), "The label that a change request needs. Default: each one has a stack."),
                    "forks": described(
                        json!({ "anyOf": [
                            { "type": ["boolean", "null"] },
                            {
                                "type": "object",
                                "additionalProperties": false,
                                "properties": {
                                    "secrets": described(
                                        json!({ "type": ["boolean", "null"] }),
                                        "Whether the secrets among `config` are copied for a fork's change too, whose program can read them. Default: `false`.",
                                    ),
                                },
                            },
                        ] }),
                        "Whether one commit of a fork's change may have a stack, which somebody who may push names in a comment or sets the label at. Its program can read what the job has: docs/review-stacks.md. Default: `false`.",
                    ),
                    "ttl": time("The time after which a stack is destroyed though its change request is open, such as `3d`. Default: it lives as long as that."),
                    "ttl-max": time("The longest time that an extension may reach, from the stack's creation."),
                    "max": number(1000, &format!("The most stacks at once, of one project. Default: {MAX}.")),
                    "max-per-author": number(1000, "The most stacks at once of the change requests of one person, of one project. Default: as many as `max`."),
                    "grace": time("The time for which a change request has to be closed before a sweep destroys its stack. Default: `1h`."),
                    "max-destroys": number(1000, &format!("The most destructions of one sweep. Default: {MAX_DESTROYS}.")),
                    "max-share": number(100, &format!("The greatest share of the stacks that one sweep destroys, in percent. Default: {MAX_SHARE}.")),
                },
            },
            { "type": "null" },
        ],
    })
}

/// The schema of `drift`.
pub fn drift() -> Value {
    let name = json!({ "type": ["string", "number"], "pattern": "^[A-Za-z0-9_.-]{1,100}$" });
    let pattern = json!({ "type": ["string", "number"], "pattern": "^[A-Za-z0-9_.*?-]+$" });
    let ignore = json!({ "type": "string", "pattern": "^\\s*[^#\\s].*#[^#]+$" });
    let issues = json!({ "type": "integer", "minimum": 0, "maximum": MOST_ISSUES });
    let names = json!({ "type": "object", "propertyNames": { "pattern": "^[A-Za-z0-9_.-]{1,100}$" }, "additionalProperties": name });
    json!({
        "description": "In the file at the repository's root: where `stackstep drift` looks: docs/drift.md.",
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "stacks": described(or_null(&one_or_many(&pattern)), "The stacks that are looked at where none is named, as names or patterns."),
                    "min-interval": described(
                        or_null(&json!({ "type": "string", "pattern": TIME })),
                        "The time within which a stack is not looked at twice, such as `12h`. Default: it is looked at each time.",
                    ),
                    "max-issues": described(or_null(&issues), &format!("The most issues that one run opens; 0 for none. Default: {ISSUES}.")),
                    "ignore": described(
                        or_null(&one_or_many(&ignore)),
                        "The properties that may differ: a type or a URN, `#`, and the property's path.",
                    ),
                    "renamed-from": described(or_null(&names), "The earlier names of stacks, by the present ones: their issues are closed."),
                },
            },
            { "type": "null" },
        ],
    })
}

/// The schema of `fleet`.
pub fn fleet() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string", "pattern": "\\S" } });
    let by_project = or_null(&json!({ "type": "object", "additionalProperties": texts }));
    let number = |least: u32| or_null(&json!({ "type": "integer", "minimum": least, "maximum": u32::MAX }));
    let parallel = or_null(&json!({ "type": "integer", "minimum": 1, "maximum": MOST_PARALLEL }));
    let wave = json!({ "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": "^([1-9][0-9]*|[0-9]+(\\.[0-9]+)?%)$" },
    ] });
    json!({
        "description": "In the file at the repository's root: what projects depend on that no program says (docs/monorepo.md), and what holds for many stacks in one job (docs/fleets.md).",
        "anyOf": [
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "depends-on": described(by_project.clone(), "The folders of the projects that a project comes after, by its folder."),
                    "paths": described(by_project, "Paths outside of a project's folder that it is made from, as patterns, by its folder."),
                    "parallel-stacks": described(parallel, "The number of stacks at work at a time. Default: the number of processors."),
                    "memory-per-stack": described(number(0), "The free memory, in MiB, that a further stack needs to begin. Default: 512."),
                    "waves": described(
                        or_null(&json!({ "type": "array", "items": wave })),
                        "How many stacks have been begun when each wave is over, as numbers or shares of all: `[1, 10%, 100%]`. Default: one wave.",
                    ),
                    "canary": described(or_null(&one_or_many(&json!({ "type": "string", "pattern": "\\S" }))), "The stacks of the first wave, as `project/stack` or `stack`; `*` and `?` are wildcards."),
                    "max-failures": described(number(0), "The number of stacks that may fail; then nothing more is begun. Default: any number, and none where there are waves."),
                    "max-stacks": described(number(1), "The number of stacks that a fleet may have."),
                    "max-changes": described(number(0), "The number of resources that all stacks together may change: all are previewed first."),
                    "max-deletes": described(number(0), "The number of resources that all stacks together may delete or replace: all are previewed first."),
                },
            },
            { "type": "null" },
        ],
    })
}

/// The schema of `reapable`.
pub fn reapable() -> Value {
    json!({
        "description": format!("In the file at the repository's root: the names of the stacks that a sweep may destroy; `*` and `?` are wildcards. Default: `{DEFAULT_REAPABLE}`."),
        "anyOf": [
            { "type": "array", "items": { "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.*?-]*$" } },
            { "type": "null" },
        ],
    })
}
