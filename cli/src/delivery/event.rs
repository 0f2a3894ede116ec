//! The event of a run, as the deployment map sees it.

use std::fmt;

use crate::ci::Context;

/// The event of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// A commit on a branch: a push, or a run that somebody or a schedule started there.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A proposed change.
    ChangeRequest {
        /// The change request's number, if the CI system tells it.
        number: Option<u64>,
        /// The branch that it goes to, if the CI system tells it.
        target: Option<String>,
    },
    /// A change that a merge queue or a merge train is about to merge into this branch.
    MergeQueue {
        /// The branch that it is merged into, if the CI system tells it.
        target: Option<String>,
    },
    /// The CI system tells neither branch nor tag.
    Unknown,
}

impl DeliveryEvent {
    /// The event of the run with these facts.
    pub fn from_context(context: &Context) -> Self {
        let target = context.target_branch.clone();
        if context.merge_queue {
            Self::MergeQueue { target }
        } else if context.change_request.is_some() || context.proposed {
            Self::ChangeRequest { number: context.change_request, target }
        } else if let Some(tag) = &context.tag {
            Self::Tag(tag.clone())
        } else if let Some(branch) = &context.branch {
            Self::Branch(branch.clone())
        } else {
            Self::Unknown
        }
    }

    /// Whether the run is about a change that is not merged yet, so that it only previews.
    pub fn is_proposed(&self) -> bool {
        matches!(self, Self::ChangeRequest { .. } | Self::MergeQueue { .. })
    }
}

impl fmt::Display for DeliveryEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let onto = |target: &Option<String>| {
            target.as_ref().map_or_else(String::new, |target| format!(" into the branch `{target}`"))
        };
        match self {
            Self::Branch(branch) => write!(formatter, "a commit on the branch `{branch}`"),
            Self::Tag(tag) => write!(formatter, "the tag `{tag}`"),
            Self::ChangeRequest { number: Some(number), target } => {
                write!(formatter, "change request {number}{}", onto(target))
            }
            Self::ChangeRequest { number: None, target } => {
                write!(formatter, "a change request{}", onto(target))
            }
            Self::MergeQueue { target } => write!(formatter, "a merge queue's change{}", onto(target)),
            Self::Unknown => formatter.write_str("an event without a branch or a tag"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_is_not_merged_is_never_a_branch_or_a_tag() {
        let context = Context {
            branch: Some("main".into()),
            tag: Some("v1".into()),
            proposed: true,
            ..Context::default()
        };
        assert_eq!(
            DeliveryEvent::from_context(&context),
            DeliveryEvent::ChangeRequest { number: None, target: None }
        );
    }

    #[test]
    fn a_merge_queue_knows_the_branch_that_it_merges_into() {
        let context = Context {
            branch: Some("gh-readonly-queue/main/pr-7-abc".into()),
            merge_queue: true,
            target_branch: Some("main".into()),
            ..Context::default()
        };
        let event = DeliveryEvent::from_context(&context);
        assert_eq!(event, DeliveryEvent::MergeQueue { target: Some("main".into()) });
    }
}
