//! `pulumi stack history`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_history.go>

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::commands::config::shown;
use crate::commands::context::Context;
use crate::commands::print;
use crate::crypto::Crypter;
use crate::failure::Failure;
use crate::state::history::Update;
use crate::state::time::Moment;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let stack = context.require_stack(false)?;
    let number = |name: &str, default: usize| match args.value(name) {
        None => default,
        // A negative page is the first one, a negative size is all.
        Some(value) => value.parse().unwrap_or(0),
    };
    let page = number("page", 1);
    let updates = context
        .backend
        .history(&stack, number("page-size", 10), page)
        .map_err(|failure| Failure::new(format!("getting history: {}", failure.message)))?;
    let key = if args.is_on("show-secrets") { Some(key(context)?) } else { None };
    if args.is_on("json") || super::is_json(context)? {
        let updates: Vec<Json> = updates.iter().map(|update| as_json(update, key.as_deref())).collect();
        return print::json(&updates);
    }
    if updates.is_empty() {
        return print::out(&match page {
            0 | 1 => "Stack has never been updated\n".to_owned(),
            page => format!("No stack updates found on page '{page}'\n"),
        });
    }
    let full = args.is_on("full-dates");
    print::out(&updates.iter().map(|update| as_text(update, full)).collect::<String>())
}

/// The key of the stack's file. The CLI asks for it whether there are secrets or not.
fn key(context: &Context) -> Result<Rc<Crypter>, Failure> {
    let stack = context.require_stack(false)?;
    let mut file = context.stack_file(&stack)?;
    let key = file
        .key(&context.secrets)
        .map_err(|failure| Failure::new(format!("decrypting secrets: {}", failure.message)))?;
    file.save()?;
    Ok(key)
}

fn moment(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn as_json(update: &Update, key: Option<&Crypter>) -> Json {
    let config: serde_json::Map<String, Json> =
        update.config.iter().map(|(name, value)| (name.clone(), config_value(value, key))).collect();
    json!({
        "version": update.version,
        "kind": update.kind,
        "startTime": moment(update.start_time).rfc3339_millis(),
        "message": update.message,
        "environment": update.environment,
        "config": config,
        "result": update.result,
        "endTime": moment(update.end_time).rfc3339_millis(),
        "resourceChanges": update.resource_changes.clone().unwrap_or_default(),
    })
}

fn config_value(value: &Json, key: Option<&Crypter>) -> Json {
    // A value that another key encrypted is no reason to stop.
    shown::as_json(value, key)
        .unwrap_or_else(|_| json!({ "value": "ERROR_UNABLE_TO_DECRYPT", "secret": true }))
}

fn as_text(update: &Update, full_dates: bool) -> String {
    let count = |operation: &str| {
        update.resource_changes.as_ref().and_then(|changes| changes.get(operation)).copied().unwrap_or(0)
    };
    let start = moment(update.start_time);
    let when = if full_dates { start.go() } else { start.ago(Moment::now()) };
    let environment = update.environment.iter().filter(|(_, value)| !value.trim().is_empty());
    format!(
        "Version: {}\nUpdateKind: {}\nStatus: {}\nMessage: {}\n+{}-{}~{} {} Updated {when} took {}\n{}\n",
        update.version,
        update.kind,
        update.result,
        update.message,
        count("create"),
        count("delete"),
        count("update"),
        count("same"),
        duration(update.end_time.saturating_sub(update.start_time)),
        environment.fold(String::new(), |text, (name, value)| text + "    " + name + ": " + value + "\n"),
    )
}

/// `1h2m3s`, as Go shows a duration.
fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}
