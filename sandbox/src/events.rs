//! The event log: one JSON object a line, written the moment it happens.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::engine::event::{Event, Pack, SummaryKind};
use crate::engine::step::{Op, Step};
use crate::faults::EventLogFault;
use crate::state::ResourceState;
use crate::state::json::{Lock, write_properties};
use crate::state::time::Moment;
use crate::value::Properties;

/// A log that is being written.
pub struct EventLog<'a> {
    file: Option<Box<dyn Write>>,
    sequence: usize,
    lines: usize,
    started: Instant,
    preview: bool,
    faults: &'a EventLogFault,
}

impl<'a> EventLog<'a> {
    /// Begins a log. One that can't be written is left out without a word, as the CLI does.
    pub fn begin(path: &Path, preview: bool, faults: &'a EventLogFault) -> Self {
        let file = if faults.missing { None } else { File::create(path).ok() };
        Self::into(file.map(|file| Box::new(file) as Box<dyn Write>), preview, faults)
    }

    /// Begins to write the events to standard output.
    pub fn to_stdout(preview: bool, faults: &'a EventLogFault) -> Self {
        Self::into(Some(Box::new(std::io::stdout())), preview, faults)
    }

    fn into(file: Option<Box<dyn Write>>, preview: bool, faults: &'a EventLogFault) -> Self {
        Self { file, sequence: 0, lines: 0, started: Instant::now(), preview, faults }
    }

    /// Writes one event.
    pub fn write(&mut self, event: &Event) {
        if self.file.is_none() {
            return;
        }
        let mut line = Vec::with_capacity(512);
        let timestamp = Moment::now().0.as_secs();
        // Writing to memory does not fail.
        let _ = write!(line, "{{\"sequence\":{},\"timestamp\":{timestamp},", self.sequence);
        let _ = self.body(&mut line, event);
        line.extend_from_slice(b"}\n");
        self.sequence += 1;
        self.put(&line, matches!(event, Event::Cancel));
        if self.sequence == 1
            && let Some(extra) = &self.faults.extra_line
        {
            self.put(format!("{extra}\n").as_bytes(), false);
        }
    }

    fn put(&mut self, line: &[u8], last: bool) {
        if self.faults.stops_after.is_some_and(|lines| self.lines >= lines) {
            return;
        }
        self.lines += 1;
        let line = if last && self.faults.cut { &line[..line.len() / 2] } else { line };
        if let Some(file) = &mut self.file
            && file.write_all(line).is_err()
        {
            self.file = None;
        }
    }

    fn body(&self, out: &mut Vec<u8>, event: &Event) -> std::io::Result<()> {
        match event {
            Event::Pre(step) => self.step(out, "resourcePreEvent", step, step.op, &[]),
            Event::Outputs(step, op) => self.step(out, "resOutputsEvent", step, *op, &[]),
            Event::Failed { step, status, steps } => {
                let figures = [("status", usize::from(*status)), ("steps", *steps)];
                self.step(out, "resOpFailedEvent", step, step.op, &figures)
            }
            other => {
                let (name, body) = self.small(other);
                write!(out, "\"{name}\":")?;
                serde_json::to_writer(out, &body).map_err(Into::into)
            }
        }
    }

    /// The events that are not about a step.
    fn small(&self, event: &Event) -> (&'static str, Json) {
        match event {
            Event::Prelude(config) => ("preludeEvent", json!({"config": config})),
            Event::Diagnostic { urn, severity, message } => {
                let mut body = serde_json::Map::new();
                if let Some(urn) = urn {
                    body.insert("urn".into(), json!(urn));
                }
                if !severity.prefix().is_empty() {
                    body.insert("prefix".into(), json!(severity.prefix()));
                }
                body.insert("message".into(), json!(without_colors(message)));
                body.insert("color".into(), json!("never"));
                body.insert("severity".into(), json!(severity.name()));
                ("diagnosticEvent", Json::Object(body))
            }
            Event::Stdout(message) => ("stdoutEvent", json!({"message": message, "color": "never"})),
            Event::PolicyLoad(_) => ("policyLoadEvent", json!({})),
            Event::Policy { urn, pack, policy, message } => {
                let mut body = json!({"resourceUrn": urn, "message": message, "color": "never", "policyName": policy.name});
                add_pack(&mut body, pack);
                body["enforcementLevel"] = json!(policy.level);
                if !policy.severity.is_empty() {
                    body["severity"] = json!(policy.severity);
                }
                ("policyEvent", body)
            }
            Event::Remediation { urn, pack, policy, before, after } => {
                let mut body = json!({"resourceUrn": urn, "color": "raw", "policyName": policy});
                add_pack(&mut body, pack);
                body["before"] = properties(before);
                body["after"] = properties(after);
                ("policyRemediationEvent", body)
            }
            Event::PolicySummary { kind, urn, pack, passed, failed } => {
                let mut body = urn.map_or_else(|| json!({}), |urn| json!({"resourceUrn": urn}));
                add_pack(&mut body, pack);
                for (name, policies) in [("passed", passed), ("failed", failed)] {
                    if !policies.is_empty() {
                        body[name] = json!(policies);
                    }
                }
                let name = match kind {
                    SummaryKind::Remediate => "policyRemediateSummaryEvent",
                    SummaryKind::Analyze => "policyAnalyzeSummaryEvent",
                    SummaryKind::AnalyzeStack => "policyAnalyzeStackSummaryEvent",
                };
                (name, body)
            }
            Event::Summary { changes, outcome, maybe_corrupt, packs } => {
                let changes: BTreeMap<&str, usize> =
                    changes.iter().map(|(op, count)| (op.name(), *count)).collect();
                let packs: BTreeMap<String, &str> = packs
                    .iter()
                    .map(|pack| (format!("{}|local|{}", pack.name, pack.path), pack.version.as_str()))
                    .collect();
                let body = json!({
                    "maybeCorrupt": maybe_corrupt,
                    "durationSeconds": whole_seconds(self.started),
                    "resourceChanges": changes,
                    "PolicyPacks": packs,
                    "isPreview": self.preview,
                    "result": outcome.name(),
                });
                ("summaryEvent", body)
            }
            _ => ("cancelEvent", json!({})),
        }
    }

    fn step(
        &self,
        out: &mut Vec<u8>,
        name: &str,
        step: &Step,
        op: Op,
        figures: &[(&str, usize)],
    ) -> std::io::Result<()> {
        write!(out, "\"{name}\":{{\"metadata\":{{\"op\":\"{}\",\"urn\":", op.name())?;
        string(out, &step.urn)?;
        out.extend_from_slice(b",\"type\":");
        string(out, step.type_())?;
        for (side, state) in [("old", &step.old), ("new", &step.new)] {
            write!(out, ",\"{side}\":")?;
            match state {
                Some(state) => write_state(out, state)?,
                None => out.extend_from_slice(b"null"),
            }
        }
        for (name, keys) in [("keys", &step.keys), ("diffs", &step.diffs)] {
            if !keys.is_empty() {
                write!(out, ",\"{name}\":")?;
                serde_json::to_writer(&mut *out, keys)?;
            }
        }
        out.extend_from_slice(b",\"detailedDiff\":");
        match &step.detailed {
            None => out.extend_from_slice(b"null"),
            Some(detailed) => {
                let detailed: BTreeMap<&String, Json> = detailed
                    .iter()
                    .map(|(path, diff)| (path, json!({"diffKind": diff.kind, "inputDiff": diff.input})))
                    .collect();
                serde_json::to_writer(&mut *out, &detailed)?;
            }
        }
        if step.logical {
            out.extend_from_slice(b",\"logical\":true");
        }
        out.extend_from_slice(b",\"provider\":");
        string(out, step.provider())?;
        out.push(b'}');
        for (name, figure) in figures {
            write!(out, ",\"{name}\":{figure}")?;
        }
        if self.preview && figures.is_empty() {
            out.extend_from_slice(b",\"planning\":true");
        }
        out.push(b'}');
        Ok(())
    }
}

/// The duration as the CLI counts it: begun seconds.
pub fn whole_seconds(started: Instant) -> u64 {
    started.elapsed().as_secs() + 1
}

fn write_state(out: &mut Vec<u8>, state: &ResourceState) -> std::io::Result<()> {
    out.extend_from_slice(b"{\"type\":");
    string(out, &state.type_)?;
    out.extend_from_slice(b",\"urn\":");
    string(out, &state.urn)?;
    for (name, is_on) in [("custom", state.custom), ("delete", state.delete)] {
        if is_on {
            write!(out, ",\"{name}\":true")?;
        }
    }
    for (name, text) in [("id", &state.id), ("parent", &state.parent)] {
        write!(out, ",\"{name}\":")?;
        string(out, text.as_deref().unwrap_or_default())?;
    }
    for (name, is_on) in
        [("protect", state.protect), ("external", state.external), ("retainOnDelete", state.retain_on_delete)]
    {
        if is_on {
            write!(out, ",\"{name}\":true")?;
        }
    }
    for (name, values) in [("inputs", &state.inputs), ("outputs", &state.outputs)] {
        write!(out, ",\"{name}\":")?;
        // Hidden secrets need no key, and writing to memory does not fail.
        let _ = write_properties(out, values, &Lock::Hide);
    }
    out.extend_from_slice(b",\"provider\":");
    string(out, state.provider.as_deref().unwrap_or_default())?;
    out.push(b'}');
    Ok(())
}

fn string(out: &mut Vec<u8>, text: &str) -> std::io::Result<()> {
    serde_json::to_writer(out, text).map_err(Into::into)
}

/// Properties as events show them.
fn properties(values: &Properties) -> Json {
    let mut text = vec![];
    let _ = write_properties(&mut text, values, &Lock::Hide);
    serde_json::from_slice(&text).unwrap_or_default()
}

fn add_pack(body: &mut Json, pack: &Pack) {
    body["policyPackName"] = json!(pack.name);
    body["policyPackVersion"] = json!(pack.version);
    body["policyPackVersionTag"] = json!(pack.version);
}

/// Text without terminal colours.
fn without_colors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain += &rest[..at];
        let sequence = &rest[at + 2..];
        let end =
            sequence.find(|char: char| ('@'..='~').contains(&char)).map_or(sequence.len(), |end| end + 1);
        rest = &sequence[end..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(without_colors("\u{1b}[31mError\u{1b}[0m: a \u{1b}[1;4mb\u{1b}[0m"), "Error: a b");
        assert_eq!(without_colors("no colours [31m here"), "no colours [31m here");
    }
}
