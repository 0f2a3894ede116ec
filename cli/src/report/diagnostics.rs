//! Diagnostics as they come: terminal colours removed, equal ones counted, any number of any size survived.

use std::collections::HashMap;

use super::event::DiagnosticEvent;
use super::model::{Diagnostic, Severity};
use super::natural::natural_key;
use super::urn::Urn;
use super::value::{char_boundary, shortened};
use crate::base::text::colourless;

/// A message's beginning and end are kept, up to this many bytes.
const MESSAGE_BYTES: usize = 16 * 1024;
/// Different diagnostics of one severity that are kept.
const KEPT: usize = 500;
/// What all messages together may take.
const ALL_BYTES: usize = 4 * 1024 * 1024;

/// What was said so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Diagnostics {
    list: Vec<Diagnostic>,
    known: HashMap<(Severity, String, String), usize>,
    left_out: [u64; 4],
    bytes: usize,
}

impl Diagnostics {
    pub fn add(&mut self, event: &DiagnosticEvent) {
        let Some(severity) = severity(&event.severity).filter(|_| !event.ephemeral) else { return };
        let message = message(&event.message);
        if !message.trim().is_empty() && !self.continued(severity, &event.urn, &message) {
            self.push(severity, &event.urn, message);
        }
    }

    /// A program's own output arrives in lines: they belong together.
    fn continued(&mut self, severity: Severity, urn: &str, message: &str) -> bool {
        if !matches!(severity, Severity::Info | Severity::ProgramError) {
            return false;
        }
        let Some(last) = self.list.last_mut() else { return false };
        let same =
            last.severity == severity && last.urn.as_deref().unwrap_or_default() == shortened(urn, 2048);
        if !same || last.times != 1 || last.message.len() + message.len() > MESSAGE_BYTES {
            return false;
        }
        self.bytes += message.len() + 1;
        last.message.push('\n');
        last.message.push_str(message);
        true
    }

    fn push(&mut self, severity: Severity, urn: &str, message: String) {
        let key = (severity, urn.to_owned(), message);
        if let Some(&index) = self.known.get(&key) {
            if let Some(diagnostic) = self.list.get_mut(index) {
                diagnostic.times += 1;
            }
            return;
        }
        let kept = self.list.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        if kept >= KEPT || self.bytes + key.2.len() > ALL_BYTES {
            self.left_out[severity as usize] += 1;
            return;
        }
        let parts = Urn::parse(urn);
        let some = |text: &str| (!text.is_empty()).then(|| shortened(text, 2048));
        self.bytes += key.2.len();
        self.list.push(Diagnostic {
            severity,
            urn: some(urn),
            name: some(parts.map_or("", |urn| urn.name)),
            kind: some(parts.map_or("", |urn| urn.kind)),
            message: key.2.clone(),
            times: 1,
        });
        if matches!(severity, Severity::Error | Severity::Warning) {
            self.known.insert(key, self.list.len() - 1);
        }
    }

    /// The messages of all errors.
    pub fn errors(&self) -> impl Iterator<Item = &str> {
        let errors = self.list.iter().filter(|said| said.severity == Severity::Error);
        errors.map(|said| said.message.as_str())
    }

    /// A second phase of the same process says most of it again.
    pub fn next_phase(&mut self) {
        for diagnostic in &mut self.list {
            diagnostic.times = 0;
        }
    }

    /// All diagnostics, and a sentence on what was left out.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Option<String>) {
        for diagnostic in &mut self.list {
            diagnostic.times = diagnostic.times.max(1);
        }
        // The engine says things in another order in each run. What one resource says stays together, as it was said.
        self.list.sort_by_cached_key(|said| {
            let of_stack = said.urn.as_deref().and_then(Urn::parse).is_none_or(|urn| urn.is_stack());
            let [kind, name] =
                [&said.kind, &said.name].map(|name| natural_key(name.as_deref().unwrap_or_default()));
            (said.severity, of_stack, kind, name)
        });
        let kinds =
            ["errors", "warnings", "lines of the program's error output", "lines of the program's output"];
        let left_out = kinds.iter().zip(self.left_out).filter(|(_, count)| *count > 0);
        let left_out = left_out.map(|(kind, count)| format!("{count} more {kind}")).collect::<Vec<_>>();
        let note = (!left_out.is_empty()).then(|| format!("{} were left out", left_out.join(", ")));
        (self.list, note)
    }
}

/// `debug` is for the engine's developers; nearly all diagnostics of a log are.
fn severity(name: &str) -> Option<Severity> {
    match name {
        "error" => Some(Severity::Error),
        "warning" => Some(Severity::Warning),
        "info#err" => Some(Severity::ProgramError),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

/// A message without colours, cut in its middle when it is too long.
pub(super) fn message(text: &str) -> String {
    let half = MESSAGE_BYTES / 2;
    let plain = if text.len() > 4 * MESSAGE_BYTES {
        // Far too long: colours are removed from what stays only.
        let (head, tail) = (char_boundary(text, 2 * half), char_boundary(text, text.len() - 2 * half));
        let between = format!("\n… [{} bytes left out] …\n", tail - head);
        let (head, tail) = (&text[..head], &text[tail..]);
        format!("{}{between}{}", colourless(head), colourless(tail))
    } else {
        colourless(text)
    };
    let plain = plain.trim_end();
    if plain.len() <= 2 * MESSAGE_BYTES {
        return plain.to_owned();
    }
    let (head, tail) = (char_boundary(plain, half), char_boundary(plain, plain.len() - half));
    format!("{}\n… [{} bytes left out] …\n{}", &plain[..head], tail - head, &plain[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(severity: &str, message: &str) -> DiagnosticEvent {
        DiagnosticEvent { severity: severity.into(), message: message.into(), ..DiagnosticEvent::default() }
    }

    #[test]
    fn debug_and_ephemeral_messages_are_left_out() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add(&event("debug", "x"));
        diagnostics.add(&DiagnosticEvent { ephemeral: true, ..event("error", "x") });
        assert!(diagnostics.finish().0.is_empty());
    }

    #[test]
    fn equal_diagnostics_are_counted() {
        let mut diagnostics = Diagnostics::default();
        for _ in 0..3 {
            diagnostics.add(&event("error", "boom\n"));
        }
        let (list, _) = diagnostics.finish();
        assert_eq!((list.len(), list[0].times), (1, 3));
    }

    #[test]
    fn lines_of_a_program_become_one_block() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add(&event("info#err", "Error: x\n\n"));
        diagnostics.add(&event("info#err", "  on line 8:\n\n"));
        assert_eq!(diagnostics.finish().0[0].message, "Error: x\n  on line 8:");
    }

    #[test]
    fn a_hundred_thousand_diagnostics_are_bounded_and_counted() {
        let mut diagnostics = Diagnostics::default();
        for n in 0..100_000 {
            diagnostics.add(&event("error", &format!("error {n}")));
        }
        diagnostics.add(&event("warning", "one"));
        let (list, note) = diagnostics.finish();
        assert_eq!(list.len(), KEPT + 1);
        assert_eq!(note.as_deref(), Some("99500 more errors were left out"));
    }

    #[test]
    fn ten_megabytes_keep_their_beginning_and_end() {
        let text = format!("first {} last", "é".repeat(5_000_000));
        let kept = message(&text);
        assert!(kept.len() < 64 * 1024 && kept.starts_with("first ") && kept.ends_with(" last"));
        assert!(kept.contains("bytes left out"));
    }
}
