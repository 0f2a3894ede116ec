//! Differences in words. No value is told.

use crate::report::{DifferenceKind, ReviewDifference, ReviewStep, Urn};

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
    ReviewDifference {
        kind,
        urn: Some(urn.to_owned()),
        operation: Some(op.to_owned()),
        path: None,
        message: format!("{}: {message}", resource(urn)),
    }
}

/// A difference about a property.
pub fn of_path(kind: DifferenceKind, urn: &str, op: &str, path: &str, message: &str) -> ReviewDifference {
    ReviewDifference { path: Some(path.to_owned()), ..of_step(kind, urn, op, message) }
}

/// A resource by its name and type.
fn resource(urn: &str) -> String {
    match Urn::parse(urn) {
        Some(parts) => format!("`{}` ({})", parts.name, parts.kind),
        None => "a resource whose name holds a secret".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_told_by_its_name_and_type() {
        assert_eq!(resource("urn:pulumi:d::p::a:b:C$t:m:T::n"), "`n` (t:m:T)");
        assert_eq!(resource("hidden:abc"), "a resource whose name holds a secret");
    }
}
