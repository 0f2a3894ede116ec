//! What of a report counts as drift: what `drift.ignore` covers is taken out of it, and the rest has a digest.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::ignore::DriftIgnore;
use crate::report::{Report, Step};

/// The most properties that are named as ignored.
const NAMED: usize = 50;

/// Takes what the patterns cover out of the report of a look, so that neither its counts nor its lists have it. Returns the
/// properties that were taken out, each as `name#path`.
pub fn take_ignored(report: &mut Report, ignore: &[DriftIgnore]) -> Vec<String> {
    let mut ignored = Vec::new();
    let mut unchanged = 0;
    report.steps.retain_mut(|step| {
        if step.operation != "update" {
            return true;
        }
        let covered = |path: &str| ignore.iter().any(|pattern| pattern.covers(&step.urn, path));
        let (out, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut step.diffs).into_iter().partition(|diff| covered(&diff.path));
        step.diffs = left;
        ignored.extend(out.iter().map(|diff| format!("{}#{}", step.name, diff.path)));
        // What was left out of a long list may be something else.
        let is_same = !out.is_empty() && step.diffs.is_empty() && step.more_diffs == 0;
        unchanged += u64::from(is_same);
        !is_same
    });
    if let Some(changes) = report.changes.as_mut().filter(|_| unchanged > 0) {
        if let Some(updates) = changes.get_mut("update") {
            *updates = updates.saturating_sub(unchanged);
        }
        changes.retain(|operation, count| operation != "update" || *count > 0);
        *changes.entry("same".to_owned()).or_default() += unchanged;
    }
    if unchanged > 0 && report.steps.is_empty() && report.output_changes.is_empty() {
        report.has_changes = report.has_changes.map(|_| false);
    }
    let more = ignored.len().saturating_sub(NAMED);
    ignored.truncate(NAMED);
    if more > 0 {
        ignored.push(format!("and {more} more"));
    }
    ignored
}

/// The digest of what differs: the resources, their properties and the values, in any order. `sha256:` and 64 hexadecimal
/// digits. The report has to be masked, so that no secret is a part of it.
pub fn digest(report: &Report) -> String {
    let mut lines: Vec<String> = report.steps.iter().map(line).collect();
    lines.extend(
        report.output_changes.iter().map(|change| {
            json!(["output", change.name, change.old, change.new, change.text_diff]).to_string()
        }),
    );
    lines.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"stackstep drift 1\n");
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    format!("sha256:{:x}", hash.finalize())
}

fn line(step: &Step) -> String {
    let mut diffs: Vec<String> = step
        .diffs
        .iter()
        .map(|diff| json!([diff.path, diff.change, diff.old, diff.new, diff.text_diff]).to_string())
        .collect();
    diffs.sort_unstable();
    json!([step.urn, step.operation, diffs, step.more_diffs]).to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::{Ending, Events, Facts, Operation, PropertyDiff, report};

    /// A resource that was found: its name, the operation, and the new value of each property.
    type FoundResource<'a> = (&'a str, &'a str, &'a [(&'a str, Value)]);

    /// The report of a look that has found these resources.
    pub fn looked(found: &[FoundResource<'_>]) -> Report {
        let mut report =
            report(Events::default(), Facts::new(Operation::Refresh, "prod", Ending::Exited(0), 0));
        report.steps = found.iter().map(|(name, operation, diffs)| step(name, operation, diffs)).collect();
        let mut changes = std::collections::BTreeMap::new();
        for (_, operation, _) in found {
            *changes.entry((*operation).to_owned()).or_default() += 1;
        }
        (report.has_changes, report.changes) = (Some(!found.is_empty()), Some(changes));
        report
    }

    fn step(name: &str, operation: &str, diffs: &[(&str, Value)]) -> Step {
        let diff = |(path, new): &(&str, Value)| {
            PropertyDiff::between((*path).to_owned(), Some(json!("before")), Some(new.clone()))
        };
        Step {
            diffs: diffs.iter().map(diff).collect(),
            ..serde_json::from_value(json!({
                "urn": format!("urn:pulumi:prod::shop::demo:index:Thing::{name}"), "type": "demo:index:Thing",
                "name": name, "operation": operation, "status": "planned", "parent": null, "began": null,
                "ended": null, "id": null, "retained": false, "replace_keys": [], "diffs": [], "more_diffs": 0,
            }))
            .unwrap()
        }
    }

    fn ignore(patterns: &[&str]) -> Vec<DriftIgnore> {
        patterns.iter().map(|pattern| DriftIgnore::parse(pattern).unwrap()).collect()
    }

    #[test]
    fn what_is_ignored_is_no_drift() {
        let mut report = looked(&[("a", "update", &[("size", json!(2)), ("tags.at", json!("now"))])]);
        assert_eq!(
            take_ignored(&mut report, &ignore(&["demo:*#size", "**::a#tags"])),
            ["a#size", "a#tags.at"]
        );
        assert_eq!((report.has_changes, report.steps.len()), (Some(false), 0));
        assert_eq!(report.changes.unwrap(), [("same".to_owned(), 1)].into());
    }

    #[test]
    fn the_other_properties_of_a_resource_stay() {
        let mut report = looked(&[("a", "update", &[("size", json!(2)), ("color", json!("red"))])]);
        assert_eq!(take_ignored(&mut report, &ignore(&["demo:*#size"])), ["a#size"]);
        assert_eq!((report.has_changes, report.steps[0].diffs.len()), (Some(true), 1));
    }

    #[test]
    fn a_resource_that_is_gone_or_is_not_known_whole_is_never_ignored() {
        let mut report =
            looked(&[("a", "delete", &[("size", json!(2))]), ("b", "update", &[("size", json!(2))])]);
        report.steps[1].more_diffs = 1;
        take_ignored(&mut report, &ignore(&["demo:*#size"]));
        assert_eq!((report.has_changes, report.steps.len()), (Some(true), 2));
        let mut unknown = looked(&[("a", "update", &[("size", json!(2))])]);
        (unknown.has_changes, unknown.changes) = (None, None);
        take_ignored(&mut unknown, &ignore(&["demo:*#size"]));
        assert_eq!(unknown.has_changes, None);
    }

    #[test]
    fn the_digest_is_of_what_differs_in_any_order() {
        let (a, b) = (("a", "update", &[("size", json!(2))][..]), ("b", "delete", &[][..]));
        assert_eq!(digest(&looked(&[a, b])), digest(&looked(&[b, a])));
        for other in [
            looked(&[a]),
            looked(&[("a", "update", &[("size", json!(3))]), b]),
            looked(&[("a", "update", &[("width", json!(2))]), b]),
            looked(&[("a", "delete", &[("size", json!(2))]), b]),
        ] {
            assert_ne!(digest(&other), digest(&looked(&[a, b])));
        }
        assert_eq!(digest(&looked(&[a])).len(), 71);
    }
}
