//! `pulumi stack init`: a stack with nothing in it, and the key of its secrets.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_new.go>

use serde_json::Value as Json;

use crate::commands::context::Context;
use crate::commands::print;
use crate::failure::Failure;
use crate::program::project::Project;
use crate::stack_file::{StackFile, secret};
use crate::state::StackRef;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let provider = args.value("secrets-provider");
    check_provider(provider)?;
    let name = context.named()?.ok_or_else(|| Failure::new("missing stack name"))?;
    let stack = context.parse(name)?;
    create(context, &stack)?;
    if !args.is_on("no-select") {
        context.select(Some(&stack))?;
    }
    match args.value("copy-config-from") {
        Some(from) => copy_config(context, from, &stack),
        None => Ok(()),
    }
}

/// Only a passphrase encrypts here.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/secrets.go>
pub fn check_provider(provider: Option<&str>) -> Result<(), Failure> {
    const KNOWN: [&str; 6] = ["default", "passphrase", "awskms", "azurekeyvault", "gcpkms", "hashivault"];
    let kind = provider.unwrap_or_default().split(':').next().unwrap_or_default();
    match kind {
        "" | "default" | "passphrase" => Ok(()),
        known if KNOWN.contains(&known) => {
            Err(Failure::unsupported(format_args!("the secrets provider `{known}`, only `passphrase`")))
        }
        unknown => Err(Failure::new(format!(
            "unknown secrets provider type '{unknown}' (supported values: {})",
            KNOWN.join(",")
        ))),
    }
}

/// Creates a stack and says so.
pub fn create(context: &Context, stack: &StackRef) -> Result<(), Failure> {
    let within =
        |what: &'static str| move |failure: Failure| Failure::new(format!("{what}: {}", failure.message));
    let secrets = within("could not create secrets manager for new stack");
    let mut file = match &context.project {
        Some(_) => Some(context.stack_file(stack).map_err(secrets)?),
        None => None,
    };
    let key = match &mut file {
        Some(file) => file.key(&context.secrets),
        None => context.secrets.create(),
    };
    let key = key.map_err(secrets)?;
    if context.project_name().is_some_and(|project| project != stack.project) {
        return Err(Failure::new(format!(
            "could not create stack: provided project name {:?} doesn't match Pulumi.yaml",
            stack.project
        )));
    }
    let backend = &context.backend;
    let lock = backend.lock(stack).map_err(within("could not create stack"))?;
    if backend.exists(stack) {
        return Err(Failure::new(format!("stack '{stack}' already exists")));
    }
    backend.create(stack, &key).map_err(within("could not create stack"))?;
    drop(lock);
    print::note(&format!("Created stack '{}'", context.shown(stack)));
    let not_saved = |failure: Failure| print::several(&["saving stack config".to_owned(), failure.message]);
    match file {
        Some(mut file) => file.save().map_err(not_saved),
        None => Err(not_saved(Project::find(context.env).err().unwrap_or_else(|| Failure::silent(1)))),
    }
}

/// Copies the configuration of another stack, its secrets encrypted anew.
fn copy_config(context: &Context, from: &str, to: &StackRef) -> Result<(), Failure> {
    let from = context.parse(from).and_then(|stack| {
        if context.backend.exists(&stack) {
            Ok(stack)
        } else {
            Err(crate::commands::context::not_found(from))
        }
    })?;
    let source = context.stack_file(&from)?;
    let mut target = context.stack_file(to)?;
    for (key, value) in source.config() {
        let value = recrypt(context, &source, &mut target, value)?;
        target.set(&key, &[], value)?;
    }
    target.save()
}

fn recrypt(
    context: &Context,
    source: &StackFile,
    target: &mut StackFile,
    value: Json,
) -> Result<Json, Failure> {
    if let Some(ciphertext) = secret(&value) {
        let plain = context.secrets.open(source.salt().unwrap_or_default())?.decrypt(ciphertext)?;
        return Ok(serde_json::json!({ "secure": target.key(&context.secrets)?.encrypt(&plain)? }));
    }
    Ok(match value {
        Json::Object(entries) => Json::Object(
            entries
                .into_iter()
                .map(|(name, value)| Ok((name, recrypt(context, source, target, value)?)))
                .collect::<Result<_, Failure>>()?,
        ),
        Json::Array(items) => {
            items.into_iter().map(|item| recrypt(context, source, target, item)).collect::<Result<_, _>>()?
        }
        other => other,
    })
}
