//! One thing that the engine does to one resource.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step.go>

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::state::ResourceState;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    Same,
    Create,
    Update,
    Delete,
    Replace,
    CreateReplacement,
    DeleteReplaced,
    Read,
    Discard,
    Refresh,
    RemovePendingReplace,
}

impl Op {
    /// Its name in events, plans and checkpoints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::CreateReplacement => "create-replacement",
            Self::DeleteReplaced => "delete-replaced",
            Self::Read => "read",
            Self::Discard => "discard",
            Self::Refresh => "refresh",
            Self::RemovePendingReplace => "remove-pending-replace",
        }
    }

    /// What a checkpoint calls it while it is under way; none for what touches no provider.
    pub fn pending(self) -> Option<&'static str> {
        match self {
            Self::Create | Self::CreateReplacement => Some("creating"),
            Self::Update => Some("updating"),
            Self::Delete | Self::DeleteReplaced => Some("deleting"),
            Self::Read => Some("reading"),
            Self::Same | Self::Replace | Self::Refresh | Self::Discard | Self::RemovePendingReplace => None,
        }
    }
}

/// How one property changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyDiff {
    /// `add`, `delete`, `update`, with `-replace` behind where it replaces.
    pub kind: &'static str,
    /// Whether the change is one of inputs.
    pub input: bool,
}

/// One step. Its states are as they are when the step begins, or, once it has ended, after it.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it does.
    pub op: Op,
    /// The resource.
    pub urn: Rc<str>,
    /// The resource before.
    pub old: Option<Rc<ResourceState>>,
    /// The resource after.
    pub new: Option<Rc<ResourceState>>,
    /// Where the resource was in the state before.
    pub old_at: Option<usize>,
    /// What makes it a replacement.
    pub keys: Vec<String>,
    /// What changes.
    pub diffs: Vec<String>,
    /// How it changes, if the provider says it.
    pub detailed: Option<BTreeMap<String, PropertyDiff>>,
    /// Whether it counts, or is a part of something that does.
    pub logical: bool,
    /// Whether the resource would be new, but is not among the targets.
    pub skipped_create: bool,
    /// Whether a replacement deletes the old resource before it creates the new one.
    pub deletes_first: bool,
}

impl Step {
    /// A step without details.
    pub fn new(op: Op, old: Option<(usize, Rc<ResourceState>)>, new: Option<Rc<ResourceState>>) -> Self {
        let (old_at, old) = old.unzip();
        let urn = new.as_ref().or(old.as_ref()).map(|state| state.urn.as_str()).unwrap_or_default().into();
        let logical = matches!(
            op,
            Op::Same | Op::Create | Op::Update | Op::Delete | Op::Replace | Op::Read | Op::Discard
        );
        Self {
            op,
            urn,
            old,
            new,
            old_at,
            keys: vec![],
            diffs: vec![],
            detailed: None,
            logical,
            skipped_create: false,
            deletes_first: false,
        }
    }

    /// The resource after, or else before.
    pub fn state(&self) -> Option<&ResourceState> {
        self.new.as_deref().or(self.old.as_deref())
    }

    /// The type of the resource.
    pub fn type_(&self) -> &str {
        self.state().map(|state| state.type_.as_str()).unwrap_or_default()
    }

    /// The resource's provider.
    pub fn provider(&self) -> &str {
        self.state().and_then(|state| state.provider.as_deref()).unwrap_or_default()
    }

    /// Whether people need not hear of it: default providers, and what only tidies up.
    pub fn is_internal(&self) -> bool {
        self.op == Op::RemovePendingReplace || is_default_provider(&self.urn)
    }
}

/// Whether a URN is that of a default provider.
pub fn is_default_provider(urn: &str) -> bool {
    type_of(urn).starts_with("pulumi:providers:") && name_of(urn).starts_with("default")
}

/// The last part of a URN.
pub fn name_of(urn: &str) -> &str {
    urn.splitn(4, "::").nth(3).unwrap_or_default()
}

/// The type in a URN, without its parents'.
pub fn type_of(urn: &str) -> &str {
    qualified_type_of(urn).rsplit('$').next().unwrap_or_default()
}

/// The type in a URN, with its parents' in front.
pub fn qualified_type_of(urn: &str) -> &str {
    urn.split("::").nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_is_taken_apart_even_when_its_name_holds_colons() {
        let urn = "urn:pulumi:dev::shop::a:b:C$d:e:F::x::y z";
        assert_eq!(name_of(urn), "x::y z");
        assert_eq!(type_of(urn), "d:e:F");
        assert_eq!(qualified_type_of(urn), "a:b:C$d:e:F");
    }
}
