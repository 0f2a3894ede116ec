//! `pulumi stack export`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_export.go>

use serde_json::{Value as Json, json};

use crate::commands::context::Context;
use crate::commands::print;
use crate::failure::Failure;
use crate::state::Schema;
use crate::text::reason;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let stack = context.require_stack(false)?;
    if args.value("version").is_some_and(|version| !version.is_empty()) {
        return Err(Failure::new(format!(
            "the current backend ({}) does not provide the ability to export previous deployments",
            context.backend.name()
        )));
    }
    let exported = if args.is_on("show-secrets") {
        let not_read =
            |failure: Failure| Failure::new(format!("could not deserialize deployment: {}", failure.message));
        context.backend.shown(&stack, &context.secrets).map_err(not_read)?
    } else {
        context.backend.raw(&stack)?
    };
    let text = print::pretty(&untyped(exported), b"    ")? + "\n";
    match args.value("file").filter(|file| !file.is_empty()) {
        None => print::out(&text),
        Some(file) => {
            let path = context.env.path(file);
            std::fs::write(&path, text).map_err(|error| {
                Failure::new(format!("could not open file: open {file}: {}", reason(&error)))
            })
        }
    }
}

/// A deployment with its version and features beside it.
fn untyped(exported: Option<(Schema, Json)>) -> Json {
    let Some((schema, deployment)) = exported else { return json!({ "version": 3, "deployment": null }) };
    let mut json = json!({ "version": schema.version });
    if !schema.features.is_empty() {
        json["features"] = schema.features.into();
    }
    json["deployment"] = deployment;
    json
}
