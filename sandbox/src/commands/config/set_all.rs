//! `pulumi config set-all`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::key::Key;
use super::set::{encrypted, set};
use crate::commands::context::Context;
use crate::failure::Failure;
use crate::stack_file::StackFile;
use crate::stack_file::path::coerced;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let (plain, secret, with_path) = (args.values("plaintext"), args.values("secret"), args.is_on("path"));
    let json = args.value("json").filter(|json| !json.is_empty());
    if json.is_some() && (!plain.is_empty() || !secret.is_empty() || with_path) {
        return Err(Failure::new(
            "the --json option cannot be used with the --plaintext, --secret or --path options",
        ));
    }
    let stack = context.require_stack(true)?;
    let project = context.project()?.name.clone();
    let mut file = context.stack_file(&stack)?;
    for pair in plain {
        let (key, text) = split(pair, &project, with_path)?;
        let value = if key.path.is_empty() { text.into() } else { coerced(text) };
        set(&mut file, &key, value)?;
    }
    for pair in secret {
        let (key, text) = split(pair, &project, with_path)?;
        let value = encrypted(context, &mut file, text)?;
        set(&mut file, &key, value)?;
    }
    if let Some(json) = json {
        from_json(context, &mut file, json, &project)?;
    }
    file.save()
}

fn split<'a>(pair: &'a str, project: &str, with_path: bool) -> Result<(Key, &'a str), Failure> {
    let (key, value) =
        pair.split_once('=').ok_or_else(|| Failure::new("config value must be in the form [key]=[value]"))?;
    Ok((Key::parse(key, project, with_path)?, value))
}

/// One value in the form of `pulumi config --json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    value: Option<String>,
    object_value: Option<Json>,
    #[serde(default)]
    secret: bool,
}

fn from_json(context: &Context, file: &mut StackFile, json: &str, project: &str) -> Result<(), Failure> {
    let values: BTreeMap<String, Given> = serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("could not parse --json argument: {error}")))?;
    for (name, given) in values {
        let Some(text) = given.value else {
            return Err(Failure::new(format!("value for --json object key {name:?} is nil")));
        };
        let key = Key::parse(&name, project, false).map_err(|failure| {
            Failure::new(format!("invalid --json object key {name:?}: {}", failure.message))
        })?;
        let value = match (given.object_value, given.secret) {
            // An object with secrets does not say which of its parts are: the CLI's own form of it is lost here.
            (Some(_), true) => {
                return Err(Failure::unsupported(format_args!("a secret object in `--json` ({name})")));
            }
            // It only matters that there is one: the object stands in the text.
            (Some(_), false) => serde_json::from_str(&text).map_err(|error| {
                Failure::new(format!("could not set --json config for {name:?}: {error}"))
            })?,
            (None, true) => encrypted(context, file, &text)?,
            (None, false) => text.into(),
        };
        set(file, &key, value)?;
    }
    Ok(())
}
