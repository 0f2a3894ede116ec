//! Changes that are alike are one row: the same is done to resources of one type, by the same properties. What differs
//! from them stays alone, and is seen.

use std::collections::HashMap;

use crate::report::{Step, StepStatus};

/// So many changes that are alike are one row.
const LEAST: usize = 6;

/// A row of the table of changes: one change, or several that are alike, in the order of their names.
#[derive(Debug)]
pub(super) struct Row<'a> {
    first: &'a Step,
    others: Vec<&'a Step>,
}

impl<'a> Row<'a> {
    /// The change, or the first of those that are alike.
    pub fn first(&self) -> &'a Step {
        self.first
    }

    /// The last of those that are alike; none where there is one change only.
    pub fn last(&self) -> Option<&'a Step> {
        self.others.last().copied()
    }

    /// How many changes it stands for.
    pub fn count(&self) -> usize {
        self.others.len() + 1
    }

    /// All of them.
    pub fn steps(&self) -> impl Iterator<Item = &'a Step> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

/// How many changes the rows stand for.
pub(super) fn count(rows: &[Row<'_>]) -> usize {
    rows.iter().map(Row::count).sum()
}

/// What is the same of changes that are alike.
#[derive(PartialEq, Eq, Hash)]
struct Kinship<'a> {
    operation: &'a str,
    kind: &'a str,
    retained: bool,
    forcing: Vec<&'a str>,
    paths: Vec<&'a str>,
    more: u64,
}

impl<'a> Kinship<'a> {
    /// Of `step`; none of one that did not end well, which always stays alone.
    fn of(step: &'a Step, paths: bool) -> Option<Self> {
        let sorted = |mut paths: Vec<&'a str>| {
            paths.sort_unstable();
            paths
        };
        let well = matches!(step.status, StepStatus::Planned | StepStatus::Done);
        well.then(|| Self {
            operation: &step.operation,
            kind: &step.kind,
            retained: step.retained,
            forcing: sorted(step.replace_keys.iter().map(String::as_str).filter(|_| paths).collect()),
            paths: sorted(step.diffs.iter().map(|diff| diff.path.as_str()).filter(|_| paths).collect()),
            more: if paths { step.more_diffs } else { 0 },
        })
    }
}

/// The rows of `steps`, which are in their order. `paths` says whether the properties are shown, and so tell changes
/// apart.
pub(super) fn rows<'a>(steps: &[&'a Step], paths: bool) -> Vec<Row<'a>> {
    let mut known: HashMap<Kinship<'_>, usize> = HashMap::new();
    let mut sizes: Vec<usize> = Vec::new();
    let kin: Vec<Option<usize>> = steps
        .iter()
        .map(|step| {
            let next = sizes.len();
            let group = *known.entry(Kinship::of(step, paths)?).or_insert(next);
            if group == next {
                sizes.push(0);
            }
            *sizes.get_mut(group)? += 1;
            Some(group)
        })
        .collect();
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut row_of: HashMap<usize, usize> = HashMap::new();
    for (&step, group) in steps.iter().zip(kin) {
        let group = group.filter(|group| sizes.get(*group).is_some_and(|size| *size >= LEAST));
        let there = group.and_then(|group| row_of.get(&group)).and_then(|row| rows.get_mut(*row));
        if let Some(row) = there {
            row.others.push(step);
            continue;
        }
        row_of.extend(group.map(|group| (group, rows.len())));
        rows.push(Row { first: step, others: Vec::new() });
    }
    rows
}

/// Whether so many in a row are worth being written once.
pub(super) fn are_many(count: usize) -> bool {
    count >= LEAST
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step(operation: &str, name: &str, paths: &[&str]) -> Step {
        let diffs: Vec<_> =
            paths.iter().map(|path| json!({"path": path, "change": "update", "replaces": false})).collect();
        serde_json::from_value(json!({
            "urn": name, "type": "t", "name": name, "operation": operation, "status": "planned", "parent": null,
            "began": null, "ended": null, "id": null, "retained": false, "replace_keys": [], "diffs": diffs,
            "more_diffs": 0
        }))
        .unwrap()
    }

    /// The first name and the count of each row.
    fn grouped(steps: &[Step], paths: bool) -> Vec<(&str, usize)> {
        let steps: Vec<&Step> = steps.iter().collect();
        rows(&steps, paths).iter().map(|row| (row.first().name.as_str(), row.count())).collect()
    }

    fn many(operation: &str, paths: &[&str], count: usize) -> Vec<Step> {
        (0..count).map(|number| step(operation, &format!("n{number}"), paths)).collect()
    }

    #[test]
    fn six_that_are_alike_are_one_row_and_five_are_five() {
        assert_eq!(grouped(&many("update", &["a"], 6), true), [("n0", 6)]);
        assert_eq!(grouped(&many("update", &["a"], 5), true).len(), 5);
    }

    #[test]
    fn what_differs_stays_alone_at_its_place() {
        let mut steps = many("update", &["a", "b"], 7);
        steps.insert(3, step("update", "other", &["a"]));
        steps.push(step("delete", "gone", &[]));
        assert_eq!(grouped(&steps, true), [("n0", 7), ("other", 1), ("gone", 1)]);
    }

    #[test]
    fn paths_that_are_not_shown_tell_nothing_apart() {
        let mut steps = many("update", &["a"], 6);
        steps.push(step("update", "other", &["b"]));
        assert_eq!(grouped(&steps, false), [("n0", 7)]);
    }

    #[test]
    fn the_same_paths_in_another_order_are_the_same() {
        let mut steps = many("update", &["a", "b"], 5);
        steps.push(step("update", "n5", &["b", "a"]));
        assert_eq!(grouped(&steps, true), [("n0", 6)]);
    }

    #[test]
    fn what_failed_is_never_one_of_many() {
        let mut steps = many("create", &[], 7);
        steps[2].status = StepStatus::Failed;
        assert_eq!(grouped(&steps, true), [("n0", 6), ("n2", 1)]);
    }
}
