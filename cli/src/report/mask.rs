//! Every text of a report through a mask: nothing that a person or program wrote is left out.

use serde_json::{Map, Value};

use super::model::{OutputChange, PropertyDiff, Report};

impl Report {
    /// The report with `mask` applied to each of its texts, names and paths included; then values too large for it give
    /// way to what differs in them.
    #[must_use]
    pub fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        let on = |text: &mut String| *text = mask(text);
        let maybe = |text: &mut Option<String>| {
            if let Some(text) = text {
                *text = mask(text);
            }
        };
        on(&mut self.stack);
        for text in [
            &mut self.project,
            &mut self.message,
            &mut self.hint,
            &mut self.commit,
            &mut self.permalink,
            &mut self.repository,
        ] {
            maybe(text);
        }
        self.notes.iter_mut().for_each(on);
        for step in &mut self.steps {
            on(&mut step.urn);
            on(&mut step.kind);
            on(&mut step.name);
            maybe(&mut step.parent);
            maybe(&mut step.id);
            step.replace_keys.iter_mut().for_each(on);
            diffs(&mut step.diffs, mask);
        }
        for diagnostic in &mut self.diagnostics {
            maybe(&mut diagnostic.urn);
            maybe(&mut diagnostic.name);
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
            maybe(&mut violation.urn);
            maybe(&mut violation.name);
            on(&mut violation.message);
            on(&mut violation.level);
            maybe(&mut violation.severity);
        }
        for remediation in &mut self.policies.remediations {
            on(&mut remediation.policy);
            on(&mut remediation.pack);
            maybe(&mut remediation.urn);
            maybe(&mut remediation.name);
            diffs(&mut remediation.diffs, mask);
        }
        self.outputs = map(std::mem::take(&mut self.outputs), mask);
        self.secret_outputs.iter_mut().for_each(on);
        self.unknown_outputs.iter_mut().for_each(on);
        for OutputChange { name, old, new, text_diff, .. } in &mut self.output_changes {
            on(name);
            value(old, mask);
            value(new, mask);
            *text_diff = text_diff.take().map(|text| text.masked(mask));
        }
        if let Some(ci) = &mut self.ci {
            on(&mut ci.name);
            maybe(&mut ci.build_url);
        }
        if let Some(engine) = &mut self.engine {
            maybe(&mut engine.version);
        }
        // Only what is masked as a whole may be cut.
        self.compacted()
    }
}

fn diffs(diffs: &mut [PropertyDiff], mask: &dyn Fn(&str) -> String) {
    for diff in diffs {
        diff.path = mask(&diff.path);
        value(&mut diff.old, mask);
        value(&mut diff.new, mask);
        diff.text_diff = diff.text_diff.take().map(|text| text.masked(mask));
    }
}

fn value(value: &mut Option<Value>, mask: &dyn Fn(&str) -> String) {
    if let Some(inner) = value.take() {
        *value = Some(walk(inner, mask));
    }
}

fn map(map: Map<String, Value>, mask: &dyn Fn(&str) -> String) -> Map<String, Value> {
    map.into_iter().map(|(key, value)| (mask(&key), walk(value, mask))).collect()
}

fn walk(value: Value, mask: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::Array(items) => items.into_iter().map(|item| walk(item, mask)).collect(),
        Value::Object(inner) => Value::Object(map(inner, mask)),
        // A secret number is a secret as well: what the mask changes is no number any more.
        Value::Number(number) => {
            let plain = number.to_string();
            let masked = mask(&plain);
            if masked == plain { Value::Number(number) } else { Value::String(masked) }
        }
        plain => plain,
    }
}
