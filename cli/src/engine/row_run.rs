//! A run of a stack that a row of data makes: `sets` in `stackstep.yaml`.

use crate::inputs::Inputs;
use crate::inputs::config_map::ConfigItem;

/// A run of such a stack.
#[derive(Debug, Clone, Default)]
pub struct RowRun {
    /// The message of its update, where nobody gives another one.
    pub message: String,
    /// What the message has at its end, by which the stack's history shows whose it is.
    pub signature: String,
    /// The row's own configuration. It counts more than the input `config`.
    pub config: Vec<ConfigItem>,
    /// Whether the stack is created.
    pub creates: bool,
    /// Whether the stack is removed after everything is destroyed.
    pub removes: bool,
    /// The variables with values of rows. The program has its own from the configuration, and none of another row.
    pub not_for_the_engine: Vec<String>,
}

impl RowRun {
    /// Puts what is its own into the inputs of the run.
    pub fn complete(&self, inputs: &mut Inputs) {
        let message = inputs.operation.message.take().unwrap_or_else(|| self.message.clone());
        inputs.operation.message = Some(format!("{message} {}", self.signature));
        (inputs.stack.upsert, inputs.stack.remove) = (self.creates, self.removes);
        let is_own = |key: &str| self.config.iter().any(|item| item.key == key);
        inputs.config.items.retain(|item| !is_own(&item.key));
        inputs.config.items.extend(self.config.iter().cloned());
    }
}
