//! Differences in words. No value is told.

use crate::report::{DifferenceKind, ReviewDifference, ReviewStep, of_resource};

/// The differences to one set of reviewed changes.
#[derive(Debug, Default)]
pub struct Differences {
    /// The differences.
    pub differences: Vec<ReviewDifference>,
    /// The number of reviewed steps whose goal is reached.
    pub done: u64,
}

/// A difference about no resource.
pub fn general(kind: DifferenceKind, path: Option<&str>, message: String) -> ReviewDifference {
    ReviewDifference { kind, urn: None, operation: None, path: path.map(str::to_owned), message }
}

/// A difference about a step.
pub fn of_step(kind: DifferenceKind, urn: &str, op: &str, message: &str) -> ReviewDifference {
    of_resource(kind, urn, op, None, message)
}

/// A difference about a property.
pub fn of_path(kind: DifferenceKind, urn: &str, op: &str, path: &str, message: &str) -> ReviewDifference {
    of_resource(kind, urn, op, Some(path), message)
}

/// The options in which a step differs from each of the reviewed ones, in words; of several the one with the fewest.
pub fn options(step: &ReviewStep, reviewed: &[&ReviewStep]) -> Option<String> {
    let differ = |other: &&ReviewStep| {
        let facts = [
            (step.id != other.id, "its ID at the provider"),
            (step.provider != other.provider, "its provider"),
            (step.protect != other.protect, "`protect`"),
            (step.retain != other.retain, "`retainOnDelete`"),
        ];
        facts.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name).collect::<Vec<_>>()
    };
    let closest = reviewed.iter().map(differ).min_by_key(Vec::len)?;
    (!closest.is_empty()).then(|| closest.join(", "))
}
