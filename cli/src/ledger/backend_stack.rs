//! What lies in the backend of one stack: its tags, its state, its updates and its locks.

use std::collections::BTreeMap;

use super::locks::StackLock;
use super::state_identity::StateIdentity;

/// What lies in the backend of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendStack {
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The number of resources in the state.
    pub resources: usize,
    /// The identity of the state.
    pub identity: StateIdentity,
    /// The messages of the updates, the oldest first.
    pub messages: Vec<String>,
    /// The locks.
    pub locks: Vec<StackLock>,
}

impl BackendStack {
    /// What is there of a stack that is not there.
    pub(super) fn missing() -> Self {
        Self {
            tags: BTreeMap::new(),
            resources: 0,
            identity: StateIdentity::NoStack,
            messages: Vec::new(),
            locks: Vec::new(),
        }
    }
}
