//! The stack's outputs as later steps get them: whole, and taken before any text of the report is masked.

use serde_json::Value;

use super::secrets::Exported;
use crate::base::secret::Masker;
use crate::report::{Report, is_open};

/// Whether an output is secret, and may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    /// Nothing of it is secret.
    Plain,
    /// A secret that may leave the run.
    Exported,
    /// A secret that stays: its value says `[secret]`.
    Stays,
}

/// One output of the stack.
#[derive(Debug, Clone)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Its value, as the engine has it.
    pub value: Value,
    /// Whether it is secret.
    pub kind: ExportKind,
}

impl Export {
    /// Whether something in it is to be hidden from people: a secret, or the text of one.
    pub fn is_sensitive(&self, masker: &Masker) -> bool {
        self.kind == ExportKind::Exported
            || !is_open(&Value::String(self.name.clone()), &|text| masker.mask(text))
            || !is_open(&self.value, &|text| masker.mask(text))
    }
}

/// The outputs of a stack.
#[derive(Debug, Default)]
pub struct Exports {
    /// In the order of their names; none where nothing is known of them.
    pub outputs: Option<Vec<Export>>,
}

impl Exports {
    /// Those that `report` knows, secrets without those in `exported`. Not one that is not known yet.
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
        Self { outputs }
    }

    /// Whether what goes out under `name` is a secret, or holds all of them.
    pub fn is_secret(&self, name: &str) -> bool {
        let mut secrets = self.outputs.iter().flatten().filter(|output| output.kind == ExportKind::Exported);
        secrets.any(|output| output.name == name || name == "outputs")
    }
}
