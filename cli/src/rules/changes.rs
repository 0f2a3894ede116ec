//! The changes of a report, by what is done, with what is not known of them.

use std::collections::BTreeMap;

use super::subjects::Subjects;
use crate::report::{Report, Step};

/// What is done to a resource, as rules count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChangeKind {
    /// It is created, or taken into the stack by an import.
    Create,
    /// It is updated.
    Update,
    /// It is replaced: another one comes, and it goes. That is not a delete as well.
    Replace,
    /// It is deleted, or leaves the stack and stays at its provider; or what an earlier replacement has left over of it
    /// is deleted.
    Delete,
}

/// What an operation of the engine is to the rules: one of the kinds of changes, or no change. None for an operation that
/// this version does not know. <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/display/operations.go>
#[expect(clippy::option_option, reason = "an operation that is not known is not one that changes nothing")]
fn kind_of(operation: &str) -> Option<Option<ChangeKind>> {
    Some(match operation {
        "create" | "import" => Some(ChangeKind::Create),
        "update" => Some(ChangeKind::Update),
        "replace" | "create-replacement" | "import-replacement" | "read-replacement" => {
            Some(ChangeKind::Replace)
        }
        "delete" | "delete-replaced" | "discard-replaced" => Some(ChangeKind::Delete),
        "same" | "read" | "refresh" | "discard" | "remove-pending-replace" | "extend-parameterize" => None,
        _ => return None,
    })
}

/// The changes of a report.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    steps: BTreeMap<ChangeKind, Vec<&'a Step>>,
    counts: BTreeMap<ChangeKind, u64>,
    /// Why not all of them are known; none if they are.
    pub unknown: Option<String>,
    /// Whether there are any, those of the stack's outputs among them.
    pub any: bool,
}

impl<'a> Changes<'a> {
    /// The changes of `report`.
    pub fn new(report: &'a Report) -> Self {
        let mut changes = Self {
            steps: BTreeMap::new(),
            counts: BTreeMap::new(),
            unknown: None,
            any: report.has_changes != Some(false),
        };
        let mut strange = None;
        for step in &report.steps {
            match kind_of(&step.operation) {
                Some(Some(kind)) => changes.steps.entry(kind).or_default().push(step),
                Some(None) => {}
                None => strange = Some(step.operation.as_str()),
            }
        }
        for (operation, count) in report.changes.iter().flatten().filter(|(_, count)| **count > 0) {
            match kind_of(operation) {
                Some(Some(kind)) => *changes.counts.entry(kind).or_default() += count,
                Some(None) => {}
                None => strange = Some(operation.as_str()),
            }
        }
        if report.changes.is_none() || report.has_changes.is_none() {
            changes.unknown = Some("not known: what would change could not be read whole".to_owned());
        } else if let Some(operation) = strange {
            changes.unknown = Some(format!(
                "not known: this version of stackstep does not know the operation `{}`",
                super::place::shown(operation)
            ));
        }
        changes.any |= changes.steps.values().any(|steps| !steps.is_empty())
            || changes.counts.values().any(|count| *count > 0);
        changes
    }

    /// The resources to which this is done.
    pub fn of_kind(&self, kind: ChangeKind) -> Subjects<'a> {
        let steps = self.steps.get(&kind).map(Vec::as_slice).unwrap_or_default();
        // The two are the same in a result that nobody has edited; the larger one decides.
        let counted = self.counts.get(&kind).copied().unwrap_or_default();
        Subjects {
            each: steps.iter().map(|step| Some(step.urn.as_str())).collect(),
            unnamed: counted.saturating_sub(steps.len() as u64),
            unknown: None,
        }
    }
}
