//! What people see while the engine works: a line for each thing that happens, and a summary at the end.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/progress.go>

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::Shown;
use super::summary::Findings;
use super::values;
use super::words;
use crate::engine::changed_keys;
use crate::engine::event::{Event, Outcome, Severity};
use crate::engine::step::{Op, Step, name_of, type_of};
use crate::events::whole_seconds;
use crate::state::ROOT_TYPE;
use crate::value::Properties;

/// The lines for people, as text to print.
pub struct Rows {
    shown: Shown,
    known: HashMap<String, Row>,
    findings: Findings,
    root: String,
    /// The engine has begun.
    begun: bool,
    /// The run was ended in its middle.
    interrupted: bool,
    /// The stack has had its last line.
    finished: bool,
    /// What is said beside the stack.
    aside: Option<String>,
    outputs: Option<(Option<Properties>, Properties)>,
    started: Instant,
    spoke: Instant,
    dots: bool,
}

/// What is known of a resource.
#[derive(Debug, Clone)]
struct Row {
    op: Op,
    begun: Instant,
    done: bool,
    failed: bool,
    diff: String,
    /// The engine has done something to it, rather than only said something about it.
    stepped: bool,
    /// It has something to show at the end although nothing changes.
    shows: bool,
    /// Its deletion only forgets it.
    retain: bool,
    /// The engine has said how it ended.
    posted: bool,
}

impl Row {
    fn new(op: Op) -> Self {
        Self {
            op,
            begun: Instant::now(),
            done: false,
            failed: false,
            diff: String::new(),
            stepped: false,
            shows: false,
            retain: false,
            posted: false,
        }
    }
}

impl Rows {
    /// Begins with the headline.
    pub fn begin(shown: Shown, out: &mut String) -> Self {
        let _ = writeln!(out, "{} ({}):", words::headline(shown.kind, shown.preview), shown.stack.stack);
        let now = Instant::now();
        let root =
            format!("urn:pulumi:{0}::{1}::{ROOT_TYPE}::{1}-{0}", shown.stack.stack, shown.stack.project);
        Self {
            shown,
            known: HashMap::new(),
            findings: Findings::default(),
            root,
            begun: false,
            interrupted: false,
            finished: false,
            aside: None,
            outputs: None,
            started: now,
            spoke: now,
            dots: false,
        }
    }

    /// Takes one event.
    pub fn event(&mut self, event: &Event, out: &mut String) {
        match event {
            Event::Pre(step) | Event::Outputs(step, _) if matches!(step.op, Op::Read | Op::Discard) => {
                self.read(step, out);
            }
            Event::Pre(step) if !step.is_internal() => self.pre(step, out),
            Event::Outputs(step, op) if !step.is_internal() => self.post(step, *op, out),
            Event::Failed { step, .. } if !step.is_internal() => self.failed(step, out),
            Event::Diagnostic { urn, severity, message } => self.diagnostic(*urn, *severity, message, out),
            Event::Stdout(message) => {
                self.end_dots(out);
                let _ = writeln!(out, "{message}");
            }
            Event::PolicyLoad(packs) => {
                self.findings.packs = packs.to_vec();
                out.push_str("Loading policy packs...: starting\nLoading policy packs...: done\n");
            }
            Event::Policy { urn, pack, policy, message } => {
                self.findings.violation(urn, pack, policy, message);
            }
            Event::Remediation { pack, policy, .. } => self.findings.remediation(pack, policy),
            Event::Summary { changes, outcome, .. } => {
                self.findings.changes = (*changes).clone();
                self.interrupted = *outcome == Outcome::Canceled;
            }
            // What comes after the figures belongs to the run all the same.
            Event::Cancel if self.begun => {
                let root = self.root.clone();
                self.finish_root(&root, out);
                self.summary(out);
            }
            Event::Prelude(_) => {
                self.begun = true;
                out.push('\n');
            }
            _ => {}
        }
    }

    /// A sign of life when nothing has happened for a second.
    pub fn tick(&mut self, out: &mut String) {
        if self.shown.quiet || self.spoke.elapsed() < Duration::from_secs(1) {
            return;
        }
        if self.dots {
            out.push('.');
        } else {
            let what = words::headline(self.shown.kind, self.shown.preview).to_lowercase();
            let _ = write!(out, "@ {what}....");
        }
        self.dots = true;
        self.spoke = Instant::now();
    }

    fn end_dots(&mut self, out: &mut String) {
        if std::mem::take(&mut self.dots) {
            out.push('\n');
        }
        self.spoke = Instant::now();
    }

    fn pre(&mut self, step: &Step, out: &mut String) {
        let mut row = Row { diff: changes(step), stepped: true, ..Row::new(step.op) };
        let says = !row.diff.is_empty() || step.op != Op::Same;
        if let Some(before) =
            self.known.get(&*step.urn).filter(|_| row.diff.is_empty() && step.op != Op::Same)
        {
            row.diff.clone_from(&before.diff);
        }
        row.shows = says;
        row.retain = step.op == Op::Delete && step.old.as_ref().is_some_and(|old| old.retain_on_delete);
        // What was refreshed before goes on as something else.
        let before = self.known.insert(step.urn.to_string(), row);
        if says
            || self.shown.sames
            || before.is_some_and(|before| before.op == Op::Refresh || !before.stepped)
        {
            self.print(&step.urn, out);
        }
    }

    fn post(&mut self, step: &Step, op: Op, out: &mut String) {
        let is_root = *step.urn == *self.root;
        if is_root && let Some(new) = &step.new {
            self.outputs = Some((step.old.as_ref().map(|old| old.outputs.clone()), new.outputs.clone()));
        }
        let Some(row) = self.known.get_mut(&*step.urn) else { return };
        let before = std::mem::replace(&mut row.op, op);
        row.done = true;
        row.posted = true;
        row.shows = true;
        let says = match (before, op) {
            (Op::Same, _) => false,
            (Op::Refresh, _) => true,
            // A preview has said it all when the step began.
            _ if is_root && op == Op::Create => false,
            _ => !self.shown.preview || is_root && op == Op::Delete,
        };
        if says {
            self.print(&step.urn, out);
        }
    }

    /// What is only read shows beside the stack.
    fn read(&mut self, step: &Step, out: &mut String) {
        let root = self.root.clone();
        self.aside = Some(format!("{} {} {}", words::planned(step.op), step.type_(), name_of(&step.urn)));
        self.print(&root, out);
        self.aside = None;
    }

    fn failed(&mut self, step: &Step, out: &mut String) {
        if let Some(row) = self.known.get_mut(&*step.urn) {
            row.failed = true;
            row.done = true;
        }
        self.print(&step.urn, out);
    }

    fn diagnostic(&mut self, urn: Option<&str>, severity: Severity, message: &str, out: &mut String) {
        if severity == Severity::Debug && !self.shown.debug {
            return;
        }
        let urn = urn.unwrap_or(&self.root).to_owned();
        let text = format!("{}{}", severity.prefix(), message.trim_end());
        self.findings.diagnostic(&urn, severity, text);
        self.known.entry(urn.clone()).or_insert_with(|| Row::new(Op::Same)).shows = true;
        self.print(&urn, out);
    }

    /// The stack's own line comes last, with what was found.
    fn finish_root(&mut self, root: &str, out: &mut String) {
        self.finished = true;
        let unsettled = |(urn, row): &(&String, &Row)| {
            *urn != root && !row.failed && !row.posted && (self.interrupted || self.findings.has_errors(urn))
        };
        let others: Vec<String> = self.known.iter().filter(unsettled).map(|(urn, _)| urn.clone()).collect();
        for urn in others {
            let errors = self.findings.has_errors(&urn);
            if let Some(row) = self.known.get_mut(&urn).filter(|_| errors) {
                row.failed = !self.shown.preview;
                row.done = true;
            }
            self.print(&urn, out);
        }
        let errors = self.findings.has_errors(root);
        let Some(row) = self.known.get_mut(root).filter(|row| row.shows) else { return };
        row.failed = errors && !self.shown.preview;
        row.done = true;
        if matches!(row.op, Op::Delete | Op::Refresh) {
            row.op = Op::Same;
        }
        self.print(root, out);
    }

    fn print(&mut self, urn: &str, out: &mut String) {
        self.end_dots(out);
        let Some(row) = self.known.get(urn) else { return };
        let status = self.status(row, urn == self.root);
        let aside = self.aside.clone().filter(|_| urn == self.root);
        let said = if let Some(aside) = aside {
            aside
        } else if self.finished {
            self.findings.count(urn)
        } else {
            self.findings.last_of(urn)
        };
        let diff = if said.is_empty() || !self.finished || urn == self.root { row.diff.as_str() } else { "" };
        let retain = if row.retain { "[retain]" } else { "" };
        let parts: Vec<&str> = [diff, said.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let info = parts.join("; ");
        let name = if self.shown.urns { urn } else { name_of(urn) };
        let mark = words::mark(row.op);
        let mark = match words::color(row.op) {
            color if self.shown.color && !color.is_empty() => format!("{color}{mark}\u{1b}[0m"),
            _ => mark.to_owned(),
        };
        let _ = writeln!(out, " {mark} {} {name} {status}{retain} {info}", type_of(urn));
    }

    fn status(&self, row: &Row, is_root: bool) -> String {
        let begun = row.begun.elapsed();
        if row.failed {
            return match words::doing(row.op) {
                "" => "**failed**".to_owned(),
                doing if is_root && row.posted => format!("**{doing} failed ({})**", seconds(begun, false)),
                doing => format!("**{doing} failed**"),
            };
        }
        if is_root && row.op == Op::Same && row.stepped {
            return if self.finished { String::new() } else { "running".to_owned() };
        }
        if self.shown.preview {
            let text = if row.op == Op::Refresh && row.done && !is_root {
                "refresh"
            } else {
                words::planned(row.op)
            };
            return text.to_owned();
        }
        // The stack is not done before everything else is.
        let done = row.done && (!is_root || self.finished || !matches!(row.op, Op::Create | Op::Refresh));
        match (row.op, done) {
            (Op::Same, _) => String::new(),
            (op, false) if self.interrupted => format!("{} (interrupted)", words::doing(op)),
            (op, false) => format!("{} ({})", words::doing(op), seconds(begun, true)),
            (op, true) => format!("{} ({})", words::done(op), seconds(begun, false)),
        }
    }

    fn summary(&mut self, out: &mut String) {
        self.end_dots(out);
        self.findings.policies(out);
        self.findings.diagnostics(&self.root, out);
        if let Some((mut old, mut new)) = self.outputs.clone()
            && !self.shown.hide_outputs
        {
            let names = old.iter().flat_map(Properties::keys).chain(new.keys());
            let width = names.map(|name| name.chars().count()).max().unwrap_or(0);
            if let Some(old) = old.as_mut().filter(|_| self.shown.preview) {
                // A preview shows what it knows to change.
                new.retain(|name, value| match old.get(name) {
                    Some(before) if before == value || value.contains_unknown() => old.remove(name).is_none(),
                    _ => true,
                });
            }
            if !(new.is_empty() && old.as_ref().is_none_or(Properties::is_empty)) {
                out.push_str("Outputs:\n");
                values::padded(out, old.as_ref(), &new, 4, self.shown.secrets, width);
                out.push('\n');
            }
        }
        self.findings.resources(self.shown.preview, out);
        if !self.shown.preview {
            let _ = writeln!(
                out,
                "Duration: {}\n",
                seconds(Duration::from_secs(whole_seconds(self.started)), true)
            );
        }
    }
}

/// A duration as the CLI writes it: whole seconds when it runs, two digits when it is over and short.
pub fn seconds(time: Duration, whole: bool) -> String {
    let all = time.as_secs();
    if !whole && all == 0 {
        return format!("{:.2}s", time.as_secs_f64());
    }
    if all < 60 { format!("{all}s") } else { format!("{}m{}s", all / 60, all % 60) }
}

/// The properties that a step changes: `[diff: ~a,+b]`.
fn changes(step: &Step) -> String {
    let (Some(old), Some(new)) = (&step.old, &step.new) else { return String::new() };
    if step.op == Op::Refresh {
        return String::new();
    }
    let mut marks: Vec<String> = step
        .diffs
        .iter()
        .map(|key| match (old.inputs.contains_key(key), new.inputs.contains_key(key)) {
            (false, true) => format!("+{key}"),
            (true, false) => format!("-{key}"),
            _ => format!("~{key}"),
        })
        .collect();
    if old.protect != new.protect && step.op == Op::Same {
        marks.push("~protect".to_owned());
    }
    if marks.is_empty() && matches!(step.op, Op::Replace | Op::CreateReplacement) {
        marks.extend(changed_keys(&old.inputs, &new.inputs).iter().map(|key| format!("~{key}")));
    }
    if marks.is_empty() { String::new() } else { format!("[diff: {}]", marks.join(",")) }
}
