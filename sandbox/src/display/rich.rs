//! `--diff`: every step with its properties.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/diff.go>

use std::fmt::Write as _;

use super::summary::Findings;
use super::values;
use super::words;
use super::{Shown, rows};
use crate::engine::event::{Event, Severity};
use crate::engine::step::{Op, Step};
use crate::state::ROOT_TYPE;

/// The text of a run with all its properties.
pub struct Rich {
    shown: Shown,
    findings: Findings,
}

impl Rich {
    /// Begins with the headline.
    pub fn begin(shown: Shown, out: &mut String) -> Self {
        let _ = writeln!(out, "{} ({}):", words::headline(shown.kind, shown.preview), shown.stack.stack);
        Self { shown, findings: Findings::default() }
    }

    /// Takes one event.
    pub fn event(&mut self, event: &Event, out: &mut String) {
        match event {
            Event::Pre(step) if !step.is_internal() => self.step(step, out),
            Event::Outputs(step, _) if step.type_() == ROOT_TYPE => {
                if let Some(new) =
                    step.new.as_ref().filter(|new| !new.outputs.is_empty() && !self.shown.hide_outputs)
                {
                    out.push_str("    --outputs:--\n");
                    let old = step.old.as_ref().map(|old| &old.outputs);
                    values::properties(out, old, &new.outputs, 4, self.shown.secrets);
                }
            }
            Event::Diagnostic { severity, message, .. }
                if *severity != Severity::Debug || self.shown.debug =>
            {
                let _ = writeln!(out, "{}{}", severity.prefix(), message.trim_end());
            }
            Event::Stdout(message) => drop(writeln!(out, "{message}")),
            Event::PolicyLoad(packs) => self.findings.packs = packs.to_vec(),
            Event::Policy { urn, pack, policy, message } => {
                self.findings.violation(urn, pack, policy, message);
            }
            Event::Remediation { pack, policy, .. } => self.findings.remediation(pack, policy),
            Event::Summary { changes, .. } => {
                self.findings.changes = (*changes).clone();
                self.findings.policies(out);
                self.findings.resources(self.shown.preview, out);
                if !self.shown.preview {
                    let _ = writeln!(
                        out,
                        "Duration: {}\n",
                        rows::seconds(std::time::Duration::from_secs(1), true)
                    );
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, step: &Step, out: &mut String) {
        let is_root = step.type_() == ROOT_TYPE;
        if step.op == Op::Same && !is_root && !self.shown.sames {
            return;
        }
        let indent = if is_root { 2 } else { 4 };
        let pad = " ".repeat(indent - 2);
        let _ = writeln!(out, "{pad}{}{}: ({})", words::mark(step.op), step.type_(), step.op.name());
        let details = " ".repeat(indent + 2);
        if let Some(id) = step.old.as_ref().and_then(|old| old.id.as_ref()) {
            let _ = writeln!(out, "{details}[id={id}]");
        }
        let _ = writeln!(out, "{details}[urn={}]", step.urn);
        let (old, new) = (step.old.as_ref().map(|old| &old.inputs), step.new.as_ref().map(|new| &new.inputs));
        match (old, new) {
            (Some(old), Some(new)) if step.op != Op::Same => {
                values::properties(out, Some(old), new, indent + 4, self.shown.secrets);
            }
            (None, Some(only)) | (Some(only), None) => {
                values::properties(out, None, only, indent + 4, self.shown.secrets);
            }
            _ => {}
        }
    }
}
