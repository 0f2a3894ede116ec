//! How a change differs from the reviewed one, as data and as a sentence each. No value is told.

use serde::{Deserialize, Serialize};

use crate::report::urn::Urn;

/// The comparison of what a run is about to do with what was reviewed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewComparison {
    /// The digests of the reviewed changes.
    pub reviewed: Vec<String>,
    /// What differs; empty if the run is about to do what was reviewed.
    pub differences: Vec<ReviewDifference>,
    /// How many more differences there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// How many reviewed steps are done already, and so are not about to be done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub done: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what `skip_serializing_if` takes")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ReviewComparison {
    /// Whether the run is about to do what was reviewed.
    pub fn passed(&self) -> bool {
        self.differences.is_empty() && !self.reviewed.is_empty()
    }

    /// The comparison with each text masked.
    #[must_use]
    pub(in crate::report) fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        for difference in &mut self.differences {
            for text in [&mut difference.urn, &mut difference.operation, &mut difference.path] {
                *text = text.take().map(|text| mask(&text));
            }
            difference.message = mask(&difference.message);
        }
        self
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewDifference {
    /// What kind of difference it is.
    pub kind: DifferenceKind,
    /// The resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urn: Option<String>,
    /// The operation on it, in the engine's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The property, the file, the configuration key, or the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The difference as a sentence.
    pub message: String,
}

/// A difference about a step on the resource `urn`, or about a property of it.
pub fn of_resource(
    kind: DifferenceKind,
    urn: &str,
    operation: &str,
    path: Option<&str>,
    message: &str,
) -> ReviewDifference {
    let resource = match Urn::parse(urn) {
        Some(parts) => format!("`{}` ({})", parts.name, parts.kind),
        None => "a resource whose name holds a secret".to_owned(),
    };
    ReviewDifference {
        kind,
        urn: Some(urn.to_owned()),
        operation: Some(operation.to_owned()),
        path: path.map(str::to_owned),
        message: format!("{resource}: {message}"),
    }
}

/// The kinds of differences, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The record has another version.
    Version,
    /// Another stack.
    Stack,
    /// Another backend.
    Backend,
    /// Another operation was previewed.
    Command,
    /// The record's values can't be compared without its key.
    Key,
    /// The change has another digest, which is all that is known of the reviewed one.
    Digest,
    /// A step that was not reviewed.
    StepMore,
    /// Another operation on a resource than the reviewed one.
    OtherOperation,
    /// A reviewed step that is not about to be done, and whose goal is not reached.
    StepMissing,
    /// A step with the reviewed operation that is about another resource at the provider, or differs in its options.
    OtherResource,
    /// A property changes that was not reviewed.
    PropertyMore,
    /// A reviewed change of a property that is not about to be done, and whose goal is not reached.
    PropertyMissing,
    /// A property gets another value than the reviewed one.
    OtherValue,
    /// A stack output changes otherwise than reviewed.
    Output,
    /// The stack's configuration is another one.
    Config,
    /// Another version of the Pulumi CLI.
    Engine,
    /// Another provider, or another version of it.
    Plugin,
    /// A file that it is made from is another one, is new, or is gone.
    Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_told_by_its_name_and_type() {
        let told = |urn| of_resource(DifferenceKind::StepMore, urn, "create", None, "x").message;
        assert_eq!(told("urn:pulumi:d::p::a:b:C$t:m:T::n"), "`n` (t:m:T): x");
        assert_eq!(told("hidden:abc"), "a resource whose name holds a secret: x");
    }
}
