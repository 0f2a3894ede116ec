//! `pulumi config get`.

use super::key::Key;
use super::{list, shown};
use crate::commands::context::Context;
use crate::commands::print;
use crate::failure::Failure;
use crate::program::config::Settings;
use crate::stack_file::path::{self, Step};
use crate::stack_file::{holds_secret, open};
use crate::value::Value;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let stack = context.require_stack(true)?;
    let project = context.project()?.name.clone();
    let given = args.arguments.first().map(String::as_str).unwrap_or_default();
    let key = Key::parse(given, &project, args.is_on("path"))?;
    let Some(value) = find(context, &stack, &key)? else {
        let own = format!("{project}:");
        return Err(Failure::new(format!(
            "configuration key '{}' not found for stack '{}'",
            key.shown(given).strip_prefix(&own).unwrap_or(&key.shown(given)),
            context.shown(&stack)
        )));
    };
    if args.is_on("json") {
        return print::json(&shown::json(&value, true));
    }
    print::out(&format!("{}\n", shown::text(&value)))
}

/// The value, decrypted if it is or holds a secret.
fn find(context: &Context, stack: &crate::state::StackRef, key: &Key) -> Result<Option<Value>, Failure> {
    let mut file = context.stack_file(stack)?;
    if let Some(stored) = file.config().get(&key.full) {
        let Some(stored) = path::get(stored, &key.path) else { return Ok(None) };
        if !holds_secret(stored) {
            return open(stored.clone(), &mut |_| Ok(String::new())).map(Some);
        }
        let crypter = file.key(&context.secrets)?;
        return open(stored.clone(), &mut |ciphertext| crypter.decrypt(ciphertext)).map(Some);
    }
    let mut defaults = Settings::new();
    list::add_defaults(context, stack, &mut defaults)?;
    Ok(defaults.get(&key.full).and_then(|value| at(value, &key.path)).cloned())
}

fn at<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Map(entries), Step::Key(key)) => entries.get(key),
        (Value::List(items), Step::Index(index)) => items.get(*index),
        _ => None,
    })
}

impl Key {
    /// The key for a message, with its path as it was given.
    fn shown(&self, given: &str) -> String {
        if self.path.is_empty() { self.full.clone() } else { given.to_owned() }
    }
}
