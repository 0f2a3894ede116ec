//! The form in which an answer is wanted.

use crate::commands::context::Context;
use crate::failure::Failure;

/// Whether `--output` asks for JSON.
pub(super) fn is_json(context: &Context) -> Result<bool, Failure> {
    match context.args.value("output") {
        None | Some("default") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(Failure::new(format!(
            "invalid argument {other:?} for \"--output\" flag: must be one of: default, json"
        ))),
    }
}
