//! Masks every text of a report that a person or program wrote.
//!
//! Texts that others act on are never changed: the names of stack and project, the commit and the repository stay
//! unchanged; a link or a stack output that holds a secret's text is left out as a whole, and the output is named.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;

use serde_json::{Map, Value};

use super::concealed::hides_in_values;
use super::drift::DriftOutcome;
use super::model::{OutputChange, Policies, PropertyDiff, Report};
use super::urn::Urn;
use crate::base::json::{PORTABLE_DEPTH, depth};
use crate::base::secret::signature;

/// Reports without a secret in them, which may be given to people, files and forges. Only masking makes one, so that an
/// unmasked report can't be published:
///
/// ```compile_fail,E0308
/// use stackstep::ci::console::Console;
/// use stackstep::publish::Publisher;
/// use stackstep::report::Report;
///
/// fn publish(publisher: &Publisher, report: Report, console: &Console) {
///     publisher.files(&report, console);
/// }
/// ```
///
/// ```
/// use stackstep::ci::console::Console;
/// use stackstep::publish::Publisher;
/// use stackstep::report::Report;
///
/// fn publish(publisher: &Publisher, report: Report, console: &Console) {
///     publisher.files(&report.masked(&|text| console.masker().mask(text)), console);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Masked<T>(T);

impl<T> Deref for Masked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Masked<T> {
    /// The report, to be changed and masked again.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsRef<[Report]>> Masked<T> {
    /// The reports as a list; one report is a list of one.
    pub fn as_slice(&self) -> Masked<&[Report]> {
        Masked(self.0.as_ref())
    }
}

impl<'r> Masked<&'r [Report]> {
    /// The reports one after the other.
    pub fn each(self) -> impl Iterator<Item = Masked<&'r Report>> {
        self.0.iter().map(Masked)
    }

    /// One report of all of them, which `merge` puts together from their texts alone.
    pub fn merged(self, merge: fn(&[Report]) -> Option<Report>) -> Option<Masked<Report>> {
        merge(self.0).map(Masked)
    }

    /// The reports with or without the values of the stack's outputs.
    pub fn with_outputs(self, outputs: bool) -> Masked<Cow<'r, [Report]>> {
        if outputs {
            return Masked(Cow::Borrowed(self.0));
        }
        let mut reports = self.0.to_vec();
        for report in &mut reports {
            report.outputs.iter_mut().for_each(Map::clear);
            report.output_changes.clear();
            for check in report.checks.iter_mut().filter(|check| check.output.is_some()) {
                check.address = None;
            }
        }
        Masked(Cow::Owned(reports))
    }
}

impl Masked<Vec<Report>> {
    /// The reports, each masked by `mask`.
    pub fn mask_all(reports: Vec<Report>, mask: &dyn Fn(&str) -> String) -> Self {
        Self(reports.into_iter().map(|report| report.masked(mask).0).collect())
    }
}

impl AsRef<[Report]> for Report {
    fn as_ref(&self) -> &[Report] {
        std::slice::from_ref(self)
    }
}

impl Report {
    /// The report with `mask` applied to each of its texts, names and paths included. A text that shows the plain value
    /// of a secret by the engine's own mark is withheld. Then values that are too large are replaced by their
    /// differences.
    #[must_use]
    pub fn masked(self, mask: &dyn Fn(&str) -> String) -> Masked<Self> {
        Masked(self.with_masked_texts(mask))
    }

    /// Leaves out everything that programs, providers and people wrote: values, outputs, messages. For a step that does
    /// not know the secrets in them.
    pub fn leave_out_foreign_texts(&mut self) {
        for step in &mut self.steps {
            step.id = None;
            for diff in &mut step.diffs {
                (diff.old, diff.new, diff.text_diff) = (None, None, None);
            }
        }
        self.place = None;
        self.diagnostics.clear();
        self.policies = Policies::default();
        for check in &mut self.checks {
            (check.message, check.hint, check.address) = (None, None, None);
            check.tries.clear();
        }
        self.outputs = None;
        self.output_changes.clear();
        (self.review, self.comparison) = (None, None);
        if let Some(drift) = &mut self.drift {
            **drift = DriftOutcome { found: drift.found, ..DriftOutcome::default() };
        }
        self.incomplete = true;
    }

    fn with_masked_texts(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        let mask = &|text: &str| {
            if signature::is_shown(text.as_bytes()) { signature::WITHHELD.to_owned() } else { mask(text) }
        };
        let on = |text: &mut String| *text = mask(text);
        let maybe = |text: &mut Option<String>| {
            if let Some(text) = text {
                *text = mask(text);
            }
        };
        self.identity = self.identity.map(|identity| identity.masked(mask));
        for text in [&mut self.message, &mut self.hint, &mut self.branch] {
            maybe(text);
        }
        let whole_or_none = |link: &mut Option<String>| {
            link.take_if(|link| mask(link) != *link);
        };
        whole_or_none(&mut self.permalink);
        whole_or_none(&mut self.address);
        self.place.take_if(|place| mask(&place.file) != place.file);
        self.notes.iter_mut().for_each(on);
        let identity = Identity { stack: self.stack.clone(), project: self.project.clone() };
        let urn = |urn: &mut String| *urn = identity.urn(urn, mask);
        let name_of = |name: &mut String, urn: &str| {
            if !identity.is_stack(urn) {
                *name = mask(name);
            }
        };
        for step in &mut self.steps {
            name_of(&mut step.name, &step.urn);
            urn(&mut step.urn);
            on(&mut step.kind);
            step.parent.iter_mut().for_each(urn);
            maybe(&mut step.id);
            step.replace_keys.iter_mut().for_each(on);
            diffs(&mut step.diffs, mask);
        }
        for diagnostic in &mut self.diagnostics {
            if let (Some(name), Some(urn)) = (&mut diagnostic.name, &diagnostic.urn) {
                name_of(name, urn);
            } else {
                maybe(&mut diagnostic.name);
            }
            diagnostic.urn.iter_mut().for_each(urn);
            maybe(&mut diagnostic.kind);
            on(&mut diagnostic.message);
        }
        for pack in &mut self.policies.packs {
            on(&mut pack.name);
            on(&mut pack.version);
        }
        for violation in &mut self.policies.violations {
            on(&mut violation.policy);
            on(&mut violation.pack);
            violation.urn.iter_mut().for_each(urn);
            maybe(&mut violation.name);
            on(&mut violation.message);
            on(&mut violation.level);
            maybe(&mut violation.severity);
        }
        for remediation in &mut self.policies.remediations {
            on(&mut remediation.policy);
            on(&mut remediation.pack);
            remediation.urn.iter_mut().for_each(urn);
            maybe(&mut remediation.name);
            diffs(&mut remediation.diffs, mask);
        }
        if let Some(rules) = &mut self.rules {
            rules.warnings.iter_mut().for_each(on);
            for ruling in &mut rules.rulings {
                on(&mut ruling.finding);
                maybe(&mut ruling.way_out);
                ruling.resources.iter_mut().for_each(urn);
                for exception in &mut ruling.let_through {
                    maybe(&mut exception.urn);
                    on(&mut exception.because);
                }
            }
        }
        for check in &mut self.checks {
            on(&mut check.name);
            for text in [&mut check.message, &mut check.hint, &mut check.address, &mut check.output] {
                maybe(text);
            }
            check.tries.iter_mut().for_each(|one| maybe(&mut one.message));
        }
        self.secret_outputs.iter_mut().for_each(on);
        self.unknown_outputs.iter_mut().for_each(on);
        for OutputChange { name, old, new, text_diff, .. } in &mut self.output_changes {
            on(name);
            for value in [old, new] {
                value.take_if(|value| !is_presentable(value, mask));
            }
            *text_diff = text_diff.take().map(|text| text.masked(mask));
        }
        if let Some(ci) = &mut self.ci {
            whole_or_none(&mut ci.build_url);
        }
        if let Some(engine) = &mut self.engine {
            whole_or_none(&mut engine.version);
        }
        self.review = self.review.take().map(|review| Box::new(review.masked(mask)));
        self.comparison = self.comparison.take().map(|comparison| comparison.masked(mask));
        self.drift = self.drift.take().map(|drift| Box::new(drift.masked(mask)));
        self.withhold(mask);
        // Texts may be cut only after they were masked as a whole.
        self.compacted()
    }

    /// Leaves out the outputs that a file for machines can't hold unchanged, and adds their names to a note.
    fn withhold(&mut self, mask: &dyn Fn(&str) -> String) {
        let Some(outputs) = self.outputs.take() else { return };
        let (kept, withheld): (Map<_, _>, Map<_, _>) =
            outputs.into_iter().partition(|(name, value)| mask(name) == *name && is_presentable(value, mask));
        self.outputs = Some(kept);
        let names: Vec<String> = withheld.keys().map(|name| mask(name)).collect();
        if !names.is_empty() {
            let listed = names.iter().map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>();
            self.notes.push(format!(
                "left out of the result and the report, as they hold a secret's text or are nested too deeply: the \
                 outputs {}",
                listed.join(", ")
            ));
        }
        self.withheld_outputs.extend(names);
    }
}

/// Whether a value can be written to a file for others: masking does not change it, and usual parsers can read it.
fn is_presentable(value: &Value, mask: &dyn Fn(&str) -> String) -> bool {
    depth(value) <= PORTABLE_DEPTH && is_open(value, mask)
}

/// Whether `mask` changes nothing in `value`.
pub fn is_open(value: &Value, mask: &dyn Fn(&str) -> String) -> bool {
    let is_open_text = |text: &str| mask(text) == text;
    match value {
        Value::String(text) => is_open_text(text),
        Value::Number(number) => is_open_text(&number.to_string()),
        Value::Array(items) => items.iter().all(|item| is_open(item, mask)),
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| is_open_text(name) && is_open(value, mask))
        }
        Value::Bool(_) | Value::Null => true,
    }
}

/// The stack that a report is about. Its names are no secret, even if a secret has the same text.
struct Identity {
    stack: String,
    project: Option<String>,
}

impl Identity {
    fn is_this(&self, urn: &Urn<'_>) -> bool {
        self.stack.rsplit('/').next() == Some(urn.stack) && self.project.as_deref() == Some(urn.project)
    }

    /// Whether `urn` is the URN of the stack itself.
    fn is_stack(&self, urn: &str) -> bool {
        Urn::parse(urn).is_some_and(|urn| {
            self.is_this(&urn) && urn.is_stack() && urn.name == format!("{}-{}", urn.project, urn.stack)
        })
    }

    /// `urn` masked, except for the names of this stack and its project.
    fn urn(&self, urn: &str, mask: &dyn Fn(&str) -> String) -> String {
        match Urn::parse(urn).filter(|parts| self.is_this(parts)) {
            Some(_) if self.is_stack(urn) => urn.to_owned(),
            Some(parts) => {
                let begin = format!("urn:pulumi:{}::{}::", parts.stack, parts.project);
                let rest = urn.strip_prefix(&begin).unwrap_or(urn);
                begin + &mask(rest)
            }
            None => mask(urn),
        }
    }
}

fn diffs(diffs: &mut [PropertyDiff], mask: &dyn Fn(&str) -> String) {
    let mut names: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, diff) in diffs.iter_mut().enumerate() {
        let path = mask(&diff.path);
        if path != diff.path {
            names.entry(path.clone()).or_default().push(at);
            diff.path = path;
        }
        let (old, new) = (diff.old.take(), diff.new.take());
        (diff.old, diff.new) = match (old, new) {
            (Some(old), Some(new)) => {
                let masked = [&old, &new].map(|value| masked(value, mask));
                let any = masked.iter().any(Option::is_some);
                let read = [masked[0].as_ref().unwrap_or(&old), masked[1].as_ref().unwrap_or(&new)];
                diff.hidden |= any && hides_in_values([&old, &new], read);
                let [is_old, is_new] = masked;
                (Some(is_old.unwrap_or(old)), Some(is_new.unwrap_or(new)))
            }
            (old, new) => (old.map(|old| walk(old, mask)), new.map(|new| walk(new, mask))),
        };
        diff.text_diff = diff.text_diff.take().map(|text| text.masked(mask));
    }
    // The names differed, and look the same after masking.
    for at in names.into_values().filter(|places| places.len() > 1).flatten() {
        if let Some(diff) = diffs.get_mut(at) {
            diff.hidden = true;
        }
    }
}

/// The masked value; none if masking does not change it.
fn masked(value: &Value, mask: &dyn Fn(&str) -> String) -> Option<Value> {
    if let Value::String(text) = value {
        let masked = mask(text);
        return (masked != *text).then(|| masked.into());
    }
    (!is_open(value, mask)).then(|| walk(value.clone(), mask))
}

/// The masked members of an object. Names that look the same after masking get a number each.
fn map(map: Map<String, Value>, mask: &dyn Fn(&str) -> String) -> Map<String, Value> {
    let mut masked = Map::new();
    for (key, value) in map {
        let name = mask(&key);
        let mut own = name.clone();
        let mut number = 1;
        while masked.contains_key(&own) {
            number += 1;
            own = format!("{name} ({number})");
        }
        masked.insert(own, walk(value, mask));
    }
    masked
}

fn walk(value: Value, mask: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::Array(items) => items.into_iter().map(|item| walk(item, mask)).collect(),
        Value::Object(inner) => Value::Object(map(inner, mask)),
        // A number can be a secret as well: a masked one becomes a text.
        Value::Number(number) => {
            let plain = number.to_string();
            let masked = mask(&plain);
            if masked == plain { Value::Number(number) } else { Value::String(masked) }
        }
        plain => plain,
    }
}
