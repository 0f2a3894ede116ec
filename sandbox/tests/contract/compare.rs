//! Compares two runs and says what differs, by class. It knows nothing about scenarios and excuses nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::engine::Run;
use crate::normalise;

/// What kind of difference it is: the mutation tests bring about each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The exit status or the signal.
    Exit,
    /// Standard error.
    Stderr,
    /// The lines of standard output.
    Stdout,
    /// There is an event log on one side only.
    Log,
    /// An event that only the other side has.
    Missing,
    /// An event that only this side has.
    Extra,
    /// The same events of one resource in another order.
    Order,
    /// The operation of an event.
    Op,
    /// `keys` and `diffs`: why a resource is replaced or updated.
    Keys,
    /// The `old` state in an event.
    Old,
    /// The `new` state in an event.
    New,
    /// The outputs of the stack.
    Outputs,
    /// The counts of the summary.
    Count,
    /// A diagnostic's text or severity.
    Diagnostic,
    /// Any other field of an event.
    Field,
    /// Which files there are.
    Files,
    /// What is in a file.
    State,
}

/// One difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Its kind.
    pub class: Class,
    /// Where: a resource and a path into its event, or a file and a path into it.
    pub at: String,
    /// What the first run has.
    pub ours: String,
    /// What the second run has.
    pub theirs: String,
}

impl Difference {
    /// Whether it is about a file.
    pub fn is_file(&self) -> bool {
        [Class::Files, Class::State].contains(&self.class)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}: {} instead of {}", self.class, self.at, self.ours, self.theirs)
    }
}

/// Everything in which two runs differ, files aside.
pub fn runs(ours: &Run, theirs: &Run) -> Vec<Difference> {
    let mut found = Vec::new();
    if ours.exit != theirs.exit {
        push(&mut found, Class::Exit, "exit", format!("{:?}", ours.exit), format!("{:?}", theirs.exit));
    }
    let (a, b) = (ours.places.text(&ours.stderr), theirs.places.text(&theirs.stderr));
    if a != b {
        push(&mut found, Class::Stderr, "stderr", format!("{a:?}"), format!("{b:?}"));
    }
    let a = normalise::lines(&ours.stdout, &ours.places, ours.sandbox);
    let b = normalise::lines(&theirs.stdout, &theirs.places, theirs.sandbox);
    multisets(&mut found, Class::Stdout, "stdout", &a, &b);
    match (&ours.events, &theirs.events) {
        (Some(a), Some(b)) => {
            found.extend(events(&normalise::events(a, &ours.places), &normalise::events(b, &theirs.places)));
        }
        (None, None) => {}
        (a, b) => {
            let say = |log: &Option<Vec<Value>>| if log.is_some() { "a log" } else { "no log" }.to_owned();
            push(&mut found, Class::Log, "event log", say(a), say(b));
        }
    }
    found
}

/// Compares two logs that are normalised already: per resource in order.
pub fn events(ours: &[Value], theirs: &[Value]) -> Vec<Difference> {
    let (ours, theirs) = (by_subject(ours), by_subject(theirs));
    let mut found = Vec::new();
    let mut subjects: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    subjects.sort();
    subjects.dedup();
    for subject in subjects {
        let none = Vec::new();
        let (a, b) = (ours.get(subject).unwrap_or(&none), theirs.get(subject).unwrap_or(&none));
        subject_events(&mut found, subject, a, b);
    }
    found
}

/// The resource that an event is about; the program or the engine itself otherwise.
pub fn subject(event: &Value) -> &str {
    let (_, body) = kind(event);
    ["/metadata/urn", "/urn", "/resourceUrn"]
        .iter()
        .find_map(|path| body.pointer(path).and_then(Value::as_str))
        .unwrap_or(if event.get("diagnosticEvent").is_some() { "the program" } else { "the engine" })
}

/// The kind of an event, and its body.
pub fn kind(event: &Value) -> (&str, &Value) {
    const CLOCK: [&str; 2] = ["sequence", "timestamp"];
    event
        .as_object()
        .and_then(|map| map.iter().find(|(key, _)| !CLOCK.contains(&key.as_str())))
        .map_or(("broken line", event), |(key, body)| (key.as_str(), body))
}

fn by_subject(events: &[Value]) -> BTreeMap<String, Vec<&Value>> {
    let mut subjects: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in events {
        subjects.entry(subject(event).to_owned()).or_default().push(event);
    }
    subjects
}

fn subject_events(found: &mut Vec<Difference>, subject: &str, ours: &[&Value], theirs: &[&Value]) {
    let kinds = |events: &[&Value]| events.iter().map(|event| kind(event).0.to_owned()).collect::<Vec<_>>();
    let (a, b) = (kinds(ours), kinds(theirs));
    if a == b {
        let labels = |events: &[&Value]| events.iter().map(|event| label(event)).collect::<Vec<_>>();
        let (la, lb) = (labels(ours), labels(theirs));
        let (mut sa, mut sb) = (la.clone(), lb.clone());
        sa.sort();
        sb.sort();
        if la != lb && sa == sb {
            push(found, Class::Order, subject, la.join(", "), lb.join(", "));
            return;
        }
        for (a, b) in ours.iter().zip(theirs) {
            let (kind, a) = kind(a);
            deep(found, subject, kind, "", a, self::kind(b).1);
        }
        return;
    }
    let (mut sa, mut sb) = (a.clone(), b.clone());
    sa.sort();
    sb.sort();
    if sa == sb {
        push(found, Class::Order, subject, a.join(", "), b.join(", "));
        return;
    }
    let labels = |events: &[&Value]| events.iter().map(|event| label(event)).collect::<Vec<_>>().join(", ");
    let class = if a.len() < b.len() { Class::Missing } else { Class::Extra };
    push(found, class, subject, labels(ours), labels(theirs));
}

/// An event in a few words: its kind, its operation, the first line of its message.
fn label(event: &Value) -> String {
    let (kind, body) = kind(event);
    let op = body.pointer("/metadata/op").and_then(Value::as_str).unwrap_or_default();
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    format!("{kind} {op} {}", message.lines().next().unwrap_or_default()).trim().to_owned()
}

/// Walks two values and reports the deepest places where they differ.
fn deep(found: &mut Vec<Difference>, subject: &str, kind: &str, path: &str, a: &Value, b: &Value) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => deep(found, subject, kind, &path, a, b),
                    (a, b) => report(found, subject, kind, &path, a, b),
                }
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            for (i, (a, b)) in x.iter().zip(y).enumerate() {
                deep(found, subject, kind, &format!("{path}/{i}"), a, b);
            }
        }
        _ if a == b => {}
        _ => report(found, subject, kind, path, Some(a), Some(b)),
    }
}

fn report(
    found: &mut Vec<Difference>,
    subject: &str,
    kind: &str,
    path: &str,
    a: Option<&Value>,
    b: Option<&Value>,
) {
    let say = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    push(found, class(subject, kind, path), &format!("{subject} {kind}{path}"), say(a), say(b));
}

fn class(subject: &str, kind: &str, path: &str) -> Class {
    let stack = subject.contains("::pulumi:pulumi:Stack::");
    match path {
        _ if kind == "file" => Class::State,
        "/metadata/op" => Class::Op,
        _ if path.starts_with("/metadata/keys") || path.starts_with("/metadata/diffs") => Class::Keys,
        _ if path.starts_with("/metadata/old") => Class::Old,
        _ if stack && path.starts_with("/metadata/new/outputs") => Class::Outputs,
        _ if path.starts_with("/metadata/new") => Class::New,
        _ if path.starts_with("/resourceChanges") => Class::Count,
        _ if kind == "diagnosticEvent" => Class::Diagnostic,
        _ => Class::Field,
    }
}

/// Compares two sets of files, normalised, by their paths.
pub fn files(ours: &BTreeMap<String, Value>, theirs: &BTreeMap<String, Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    let names = |files: &BTreeMap<String, Value>| files.keys().cloned().collect::<Vec<_>>();
    multisets(&mut found, Class::Files, "files", &names(ours), &names(theirs));
    for (path, a) in ours {
        if let Some(b) = theirs.get(path) {
            deep(&mut found, path, "file", "", a, b);
        }
    }
    found
}

/// Reports each line that one side has more often than the other. Both lists are sorted.
fn multisets(found: &mut Vec<Difference>, class: Class, at: &str, ours: &[String], theirs: &[String]) {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    ours.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    theirs.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    for (line, count) in counts {
        let side = |present: bool| if present { format!("{line:?}") } else { "nothing".to_owned() };
        for _ in 0..count.abs() {
            push(found, class, at, side(count > 0), side(count < 0));
        }
    }
}

fn push(found: &mut Vec<Difference>, class: Class, at: &str, ours: String, theirs: String) {
    found.push(Difference { class, at: at.to_owned(), ours, theirs });
}
