//! `pulumi config`: all values, with the project's defaults.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/config/config.go>

use serde_json::{Map, Value as Json};

use super::shown;
use crate::commands::context::Context;
use crate::commands::{print, table};
use crate::failure::Failure;
use crate::program::config::{Settings, complete, declarations};
use crate::stack_file::StackFile;
use crate::state::StackRef;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let stack = context.require_stack(true)?;
    let file = context.stack_file(&stack)?;
    let show = context.args.is_on("show-secrets");
    let mut settings = if show { file.settings(&context.secrets)? } else { file.blind_settings()? };
    add_defaults(context, &stack, &mut settings)?;
    if context.args.is_on("json") {
        let values: Map<String, Json> =
            settings.iter().map(|(key, value)| (key.clone(), shown::json(value, show))).collect();
        return print::json(&values);
    }
    let own = format!("{}:", context.project()?.name);
    let mut entries: Vec<_> = settings.iter().collect();
    entries.sort_by_key(|(key, _)| key.split_once(':'));
    let row = |(key, value): (&String, &_)| {
        [key.strip_prefix(&own).unwrap_or(key).to_owned(), shown::text(value)].into()
    };
    print::out(&table::render(&["KEY", "VALUE"], entries.into_iter().map(row).collect(), ""))
}

/// Adds what the project declares and the stack has not.
pub fn add_defaults(context: &Context, stack: &StackRef, settings: &mut Settings) -> Result<(), Failure> {
    let project = context.project()?;
    complete(settings, &declarations(&project.root)?, &project.name, &stack.stack, false)
}

impl StackFile {
    /// Configuration with `[secret]` for what is encrypted.
    fn blind_settings(&self) -> Result<Settings, Failure> {
        let mut blind = |_: &str| Ok("[secret]".to_owned());
        self.config()
            .into_iter()
            .map(|(name, value)| Ok((name, crate::stack_file::open(value, &mut blind)?)))
            .collect()
    }
}
