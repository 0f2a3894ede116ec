//! `pulumi stack import`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_import.go>

use std::io::Read as _;

use crate::commands::context::Context;
use crate::commands::print;
use crate::failure::Failure;
use crate::state::Snapshot;
use crate::state::StackRef;
use crate::text::reason;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let stack = context.require_stack(false)?;
    let bytes = read(context)?;
    let (mut snapshot, problem) = context.backend.parse_export(&bytes, &stack, &context.secrets)?;
    let mut problems = foreign(&snapshot, &stack);
    problems.extend(problem.map(|problem| format!("state file contains errors: {problem}")));
    if context.args.is_on("force") {
        for problem in &problems {
            print::warning(problem);
        }
    } else if !problems.is_empty() {
        problems
            .push("importing this file could be dangerous; rerun with --force to proceed anyway".to_owned());
        return Err(print::several(&problems));
    }
    for pending in snapshot.pending_operations.drain(..) {
        let urn = &pending.resource.urn;
        print::warning(&format!("removing pending operation '{}' on '{urn}' from snapshot", pending.kind));
    }
    let lock = context.backend.lock(&stack).map_err(|failure| not_imported(&failure))?;
    context
        .backend
        .save_imported(&stack, &snapshot, &context.secrets)
        .map_err(|failure| not_imported(&failure))?;
    drop(lock);
    print::out("Import complete.\n")
}

fn not_imported(failure: &Failure) -> Failure {
    Failure::new(format!("could not import deployment: {}", failure.message))
}

fn read(context: &Context) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![];
    match context.args.value("file").filter(|file| !file.is_empty()) {
        Some(file) => {
            bytes = std::fs::read(context.env.path(file)).map_err(|error| {
                Failure::new(format!("could not open file: open {file}: {}", reason(&error)))
            })?;
        }
        None => {
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::new(format!("reading standard input: {error}")))?;
        }
    }
    Ok(bytes)
}

/// Resources that belong to another stack.
fn foreign(snapshot: &Snapshot, stack: &StackRef) -> Vec<String> {
    let name = &stack.stack;
    let resources = snapshot.resources.iter().filter_map(|resource| {
        let urn = &resource.urn;
        let of = urn.strip_prefix("urn:pulumi:")?.split("::").next()?;
        (of != name).then(|| format!("resource '{urn}' is from a different stack ({of} != {name})"))
    });
    resources.collect()
}
