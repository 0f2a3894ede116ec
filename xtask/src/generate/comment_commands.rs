//! What is made from the table of comment commands: its part of `docs/comment-commands.md`, and the schema of
//! `comment-commands` in `stackstep.yaml`.

use super::{Generated, wrapper};
use serde_json::{Map, Value, json};
use stackstep::base::error::Result;
use stackstep::base::words::Words as _;
use stackstep::delivery::comment_commands::{DEFAULTS, OFF, ROWS};
use stackstep::forge::Permission;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/comment-commands.md";

/// The page about comment commands.
pub fn page(root: &Path) -> Result<Generated> {
    let mut table = "\n| command | who, by default | what it does |\n| --- | --- | --- |\n".to_owned();
    for row in ROWS {
        let author = if row.never_the_author { ", but never the change's author" } else { "" };
        let _ = writeln!(
            table,
            "| `{}` | `{}`{author} | {} |",
            row.command.usage(),
            row.default.word(),
            row.about.replace('|', "\\|")
        );
    }
    table.push('\n');
    let text = wrapper::replace_region(&root.join(PAGE), "commands", &table)?;
    Ok(Generated { path: PathBuf::from(PAGE), text })
}

/// The schema of the section.
pub fn schema() -> Value {
    let properties: Map<String, Value> = ROWS
        .iter()
        .map(|row| {
            let about = format!("{} Default: `{}`.", row.about, row.default.word());
            (row.command.word().to_owned(), who(row.least, &about))
        })
        .collect();
    json!({
        "description": "In the file at the repository's root: who may give commands by comments on change requests. Without it nobody may: docs/comment-commands.md.",
        "anyOf": [
            { "type": "object", "additionalProperties": false, "properties": properties },
            { "enum": [DEFAULTS, null] },
        ],
    })
}

/// Who may give a command: a permission from `least` on, people and teams, or nobody.
fn who(least: Permission, about: &str) -> Value {
    let reaches =
        |word: &&&str| Permission::from_word(word).is_some_and(|permission| permission.reaches(least));
    let words = Permission::WORDS.iter().filter(reaches).map(|word| json!(word));
    let words: Vec<Value> = words.chain([json!(OFF), Value::Null]).collect();
    let names = json!({
        "type": "array",
        "minItems": 1,
        "items": { "type": ["string", "number", "boolean"], "pattern": "\\S" },
    });
    json!({ "description": about, "anyOf": [{ "enum": words }, names] })
}
