//! The stack's outputs as later steps get them: whole, and taken before any text of the report is masked.

use serde_json::Value;

use super::secrets::Exported;
use crate::base::secret::Masker;
use crate::report::{Report, is_open};

/// Whether an output is secret, and whether it may leave the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// No part of the value is secret.
    Plain,
    /// A secret that may leave the run.
    Exported,
    /// A secret that stays in the run: its value is `[secret]`.
    Stays,
}

/// One output of the stack.
#[derive(Debug, Clone)]
pub struct Export {
    /// The output's name.
    pub name: String,
    /// The value, as the engine has it.
    pub value: Value,
    /// Whether the output is secret.
    pub kind: ExportKind,
}

impl Export {
    /// Whether the name or the value has to be hidden from people: it is a secret, or holds the text of one.
    pub fn is_sensitive(&self, masker: &Masker) -> bool {
        self.kind == ExportKind::Exported
            || !is_open(&Value::String(self.name.clone()), &|text| masker.mask(text))
            || !is_open(&self.value, &|text| masker.mask(text))
    }
}

/// The outputs of a stack.
#[derive(Debug, Default)]
pub struct Exports {
    /// The outputs, in the order of their names; none if they are not known.
    pub outputs: Option<Vec<Export>>,
    /// The digest of the change that the run previewed. None if there is none.
    pub digest: Option<String>,
    /// The number of stacks, where the report is that of several together.
    pub stacks: Option<usize>,
}

impl Exports {
    /// The outputs in `report` whose values are known; a secret has its plain value if `exported` holds it.
    pub fn new(report: &Report, mut exported: Exported) -> Self {
        let secret = |name: &String| report.secret_outputs.contains(name);
        let outputs = report.outputs.as_ref().map(|outputs| {
            let known = outputs.iter().filter(|(name, _)| !report.unknown_outputs.contains(name));
            let export = known.map(|(name, value)| {
                if let Some(value) = exported.remove(name) {
                    return Export { name: name.clone(), value, kind: ExportKind::Exported };
                }
                let kind = if secret(name) { ExportKind::Stays } else { ExportKind::Plain };
                Export { name: name.clone(), value: value.clone(), kind }
            });
            export.collect()
        });
        Self { outputs, digest: report.review.as_ref().map(|record| record.digest.clone()), stacks: None }
    }

    /// Whether the output `name` is an exported secret, or is `outputs`, which holds all of them.
    pub fn is_secret(&self, name: &str) -> bool {
        let mut secrets = self.outputs.iter().flatten().filter(|output| output.kind == ExportKind::Exported);
        secrets.any(|output| output.name == name || name == "outputs")
    }
}
