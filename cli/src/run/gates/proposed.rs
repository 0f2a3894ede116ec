//! The change that a run proposes: what it is made from, read before the engine starts, and its record.

use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::config_map::{ConfigItem, ConfigValue};
use crate::report::{Operation, ReviewKey};
use crate::reviewed::change::MadeFrom;
use crate::reviewed::config::StackConfig;
use crate::reviewed::source::ProgramSource;

/// What the change of a job is made from. None for a command that deploys nothing, or without a project. It is read before
/// configuration is set, which writes to the stack's file.
pub(super) fn made_from(job: &Job<'_>) -> Option<MadeFrom> {
    let project = job.project.as_ref()?;
    let stack = job.stack.as_ref()?;
    operation(job)?;
    let inputs = &job.inputs.config;
    let file = inputs.file.clone().unwrap_or_else(|| project.stack_file(stack));
    let mut config = StackConfig::read(Some(&file), inputs.items.iter().map(as_text));
    config.has_environments |= !job.inputs.backend.esc.is_empty();
    Some(MadeFrom {
        source: ProgramSource::read(project.folder(), &project.program_folder()),
        config,
        has_env_file: inputs.env_file.is_some(),
    })
}

/// The operation that the change is about. None for a command that has none.
pub(super) fn operation(job: &Job<'_>) -> Option<Operation> {
    match job.inputs.command {
        Command::Preview | Command::Up => Some(Operation::Up),
        Command::Destroy => Some(Operation::Destroy),
        _ => None,
    }
}

/// The key by which values are hashed.
pub(super) fn key(job: &Job<'_>) -> ReviewKey {
    job.inputs.review.review_key.as_ref().map_or_else(ReviewKey::random, ReviewKey::of_secret)
}

/// A value of the input `config` as a text that tells it from another one.
fn as_text(item: &ConfigItem) -> (String, String) {
    let key = if item.path { format!("path {}", item.key) } else { item.key.clone() };
    let value = match &item.value {
        ConfigValue::Plain(text) => format!("plain {text}"),
        ConfigValue::Secret(secret) => format!("secret {}", secret.expose()),
        ConfigValue::Object { json, .. } => format!("object {json}"),
    };
    (key, value)
}
