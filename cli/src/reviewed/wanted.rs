//! The resources that reviewed changes are about: of those a preview keeps what the program wants of them, even if nothing
//! is to be done.

use std::collections::HashMap;

use crate::report::{HIDDEN_NAME, ReviewKey, ReviewRecord};

/// The resources whose goals are of interest: those of the reviewed changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedGoals {
    /// By URN; whether a reviewed change creates the resource.
    by_urn: HashMap<String, bool>,
    /// The keys of records with hidden names, and these names.
    hidden: Vec<(ReviewKey, HashMap<String, bool>)>,
}

impl WantedGoals {
    /// The resources of these records. `review_key` is the key of those that hold none.
    pub fn by_records(records: &[ReviewRecord], review_key: Option<&ReviewKey>) -> Self {
        let mut wanted = Self::default();
        for record in records {
            let mut hidden = HashMap::new();
            for step in &record.steps {
                let names = if step.urn.starts_with(HIDDEN_NAME) { &mut hidden } else { &mut wanted.by_urn };
                *names.entry(step.urn.clone()).or_default() |= creates(&step.op);
            }
            let own = record.key.as_deref().map(ReviewKey::of_record);
            if let (Some(key), false) = (own.or_else(|| review_key.cloned()), hidden.is_empty()) {
                wanted.hidden.push((key, hidden));
            }
        }
        wanted
    }

    /// Whether the resource of a record is looked for. Without that, its absence says nothing.
    pub fn has(&self, recorded: &str) -> bool {
        self.by_urn.contains_key(recorded)
            || self.hidden.iter().any(|(_, names)| names.contains_key(recorded))
    }

    /// Whether a reviewed change is about the resource, and if so, whether it creates it.
    pub(super) fn look_up(&self, urn: &str) -> Option<bool> {
        self.by_urn.get(urn).copied().or_else(|| {
            let hidden =
                |(key, names): &(ReviewKey, HashMap<String, bool>)| names.get(&key.hidden(urn)).copied();
            self.hidden.iter().find_map(hidden)
        })
    }
}

/// Whether the operation makes a new resource, for which a provider makes up a name.
pub(super) fn creates(op: &str) -> bool {
    matches!(op, "create" | "create-replacement")
}
