//! The summary at the end of a run: policies, messages and counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::engine::event::{Pack, Severity};
use crate::engine::step::{Op, name_of, type_of};
use crate::faults::Policy;

/// What came up in a run.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many resources met which operation.
    pub changes: BTreeMap<Op, usize>,
    /// The policy packs.
    pub packs: Vec<Pack>,
    order: Vec<String>,
    messages: HashMap<String, Vec<(Severity, String)>>,
    violations: Vec<String>,
    worst: Option<&'static str>,
    remediations: BTreeMap<String, usize>,
}

impl Findings {
    /// Notes a message about a resource.
    pub fn diagnostic(&mut self, urn: &str, severity: Severity, text: String) {
        if !self.messages.contains_key(urn) {
            self.order.push(urn.to_owned());
        }
        self.messages.entry(urn.to_owned()).or_default().push((severity, text));
    }

    /// Notes a violated policy.
    pub fn violation(&mut self, urn: &str, pack: &Pack, policy: &Policy, message: &str) {
        let _ = pack;
        if policy.level == "mandatory" {
            self.worst = Some("❌");
        } else {
            self.worst = self.worst.or(Some("⚠️"));
        }
        let mut text =
            format!("        - [{}]  {}  ({}: {})\n", policy.level, policy.name, type_of(urn), name_of(urn));
        for line in message.lines() {
            let _ = writeln!(text, "          {line}");
        }
        self.violations.push(text);
    }

    /// Notes a policy that changed a resource.
    pub fn remediation(&mut self, pack: &Pack, policy: &str) {
        let _ = pack;
        *self.remediations.entry(policy.to_owned()).or_default() += 1;
    }

    /// The last message about a resource, its first line.
    pub fn last_of(&self, urn: &str) -> String {
        let last = self.messages.get(urn).and_then(|messages| messages.last());
        let line = last.and_then(|(_, text)| text.lines().find(|line| !line.trim().is_empty()));
        line.unwrap_or_default().to_owned()
    }

    /// Whether there are errors about a resource.
    pub fn has_errors(&self, urn: &str) -> bool {
        let messages = self.messages.get(urn);
        messages.is_some_and(|messages| messages.iter().any(|(severity, _)| *severity == Severity::Error))
    }

    /// How many messages there are about a resource, in words.
    pub fn count(&self, urn: &str) -> String {
        let Some(messages) = self.messages.get(urn) else { return String::new() };
        let counted =
            |severities: &[Severity]| messages.iter().filter(|(it, _)| severities.contains(it)).count();
        let kinds = [
            (counted(&[Severity::Error]), "error"),
            (counted(&[Severity::Warning]), "warning"),
            (counted(&[Severity::Info, Severity::InfoError]), "message"),
        ];
        let words: Vec<String> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, kind)| format!("{count} {kind}{}", if *count == 1 { "" } else { "s" }))
            .collect();
        words.join("; ")
    }

    /// Writes what policies found.
    pub fn policies(&self, out: &mut String) {
        if self.packs.is_empty() {
            return;
        }
        out.push_str("Policies:\n");
        for pack in &self.packs {
            let mark = self.worst.unwrap_or("✅");
            let _ = writeln!(out, "    {mark} {}@v{} (local: {})", pack.name, pack.version, pack.path);
            for (policy, count) in &self.remediations {
                let plural = if *count == 1 { "" } else { "s" };
                let _ = writeln!(out, "        - [remediate]  {policy}  ({count} resource{plural})");
            }
            // The mandatory ones come first.
            let mut violations: Vec<&String> = self.violations.iter().collect();
            violations.sort_by_key(|violation| (!violation.contains("- [mandatory]"), violation.as_str()));
            for violation in violations {
                out.push_str(violation);
            }
        }
        out.push('\n');
    }

    /// Writes the messages, those about the stack first.
    pub fn diagnostics(&self, root: &str, out: &mut String) {
        if self.order.is_empty() {
            return;
        }
        out.push_str("Diagnostics:\n");
        let first = self.order.iter().filter(|urn| *urn == root);
        for urn in first.chain(self.order.iter().filter(|urn| *urn != root)) {
            let _ = writeln!(out, "  {} ({}):", type_of(urn), name_of(urn));
            for (_, text) in &self.messages[urn] {
                for line in text.lines() {
                    let _ = writeln!(out, "    {line}");
                }
            }
            out.push('\n');
        }
    }

    /// Writes the counts.
    pub fn resources(&self, preview: bool, out: &mut String) {
        let mut text = String::new();
        let kinds = [
            (Op::Create, "+ ", "create", "created"),
            (Op::Update, "~ ", "update", "updated"),
            (Op::Delete, "- ", "delete", "deleted"),
            (Op::Replace, "+-", "replace", "replaced"),
            (Op::Read, "> ", "read", "read"),
        ];
        let (mut changed, mut different) = (0, 0);
        for (op, mark, planned, done) in kinds {
            let Some(count) = self.changes.get(&op).filter(|count| **count > 0) else { continue };
            changed += count;
            different += 1;
            let word = if preview { format!("to {planned}") } else { done.to_owned() };
            let _ = writeln!(text, "    {mark}{count} {word}");
        }
        let same = self.changes.get(&Op::Same).copied().unwrap_or(0);
        match (different > 1, same) {
            (true, 0) => drop(writeln!(text, "    {changed} changes")),
            (true, same) => drop(writeln!(text, "    {changed} changes. {same} unchanged")),
            (false, 0) => {}
            (false, same) => drop(writeln!(text, "    {same} unchanged")),
        }
        let errored: BTreeSet<&String> = self.order.iter().filter(|urn| self.has_errors(urn)).collect();
        if !errored.is_empty() {
            let _ = writeln!(text, "    {} errored", errored.len());
        }
        if !(preview && text.is_empty()) {
            let _ = writeln!(out, "Resources:\n{text}");
        }
    }
}
