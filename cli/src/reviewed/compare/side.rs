//! One reviewed record, and what the run is about to do in the terms of that record: hashed by its key, with the names
//! hidden that it hides.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::kinds::{ProposedOn, ReviewedOn};
use super::paths::has_within;
use crate::pulumi::project::ENDINGS;
use crate::report::{
    HIDDEN_NAME, PathChange, ReviewConfig, ReviewKey, ReviewRecord, ReviewStep, ReviewedValue,
};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::proposal::sealed;

/// A record, and what the run is about to do in its terms.
#[derive(Debug)]
pub struct ReviewedSide<'a> {
    /// The record.
    pub record: &'a ReviewRecord,
    /// The steps of the proposal, in its order.
    pub steps: Vec<ReviewStep>,
    /// The stack outputs that change.
    pub outputs: BTreeMap<String, PathChange>,
    /// The files that the run is made from.
    pub files: BTreeMap<String, String>,
    /// The configuration of the run.
    pub config: ReviewConfig,
    /// The files that the reviewed change takes away. None if that is not known.
    pub takes_away: Option<&'a BTreeSet<String>>,
    actual: &'a ProposedChange,
    key: ReviewKey,
    /// The names that the record hides.
    hidden: HashSet<&'a str>,
    /// The names behind those that the record hides, as far as the run has them.
    plain: HashMap<String, String>,
    /// The record's steps by URN.
    by_urn: HashMap<&'a str, ReviewedOn<'a>>,
    /// The proposal's steps by URN.
    actual_by_urn: HashMap<String, ProposedOn>,
}

impl<'a> ReviewedSide<'a> {
    /// None if the record's key is not at hand.
    pub fn new(
        record: &'a ReviewRecord,
        review_key: Option<&ReviewKey>,
        actual: &'a ProposedChange,
    ) -> Option<Self> {
        let key = key_of(record, review_key)?;
        let mut side = Self {
            record,
            steps: Vec::new(),
            outputs: BTreeMap::new(),
            files: BTreeMap::new(),
            config: ReviewConfig::default(),
            takes_away: None,
            actual,
            hidden: hidden_names(record),
            plain: HashMap::new(),
            by_urn: HashMap::new(),
            actual_by_urn: HashMap::new(),
            key,
        };
        for step in &record.steps {
            side.by_urn.entry(&step.urn).or_default().add(step);
        }
        for step in &actual.proposal.steps {
            let mut step = step.seal(&side.key);
            step.urn = side.name(step.urn);
            step.op = side.name(step.op);
            step.provider = step.provider.map(|provider| side.name(provider));
            step.paths = side.names(step.paths);
            side.actual_by_urn.entry(step.urn.clone()).or_default().add(side.steps.len(), &step);
            side.steps.push(step);
        }
        if !side.hidden.is_empty() {
            for (urn, goal) in &actual.proposal.goals {
                side.name(urn.clone());
                goal.inputs.keys().for_each(|path| drop(side.name(path.clone())));
            }
            actual.proposal.output_goal.keys().for_each(|path| drop(side.name(path.clone())));
        }
        side.outputs = side.names(sealed(&actual.proposal.outputs, &side.key));
        side.files = side.names(actual.made_from.source.files.clone());
        let config = actual.made_from.config.seal(&side.key);
        side.config = ReviewConfig {
            file: config.file,
            entries: side.names(config.entries),
            set: side.names(config.set),
        };
        Some(side)
    }

    /// Whether the configuration is that of the record, as far as the record tells.
    pub fn has_its_config(&self) -> bool {
        let (one, other) = (&self.record.config, &self.config);
        let entries = self.is_without_values() || one.entries == other.entries;
        one.file == other.file && one.set == other.set && entries
    }

    /// Whether the reviewed change has taken a file away, and was previewed without it: the file is in the folder of the
    /// project, of which a record has all files.
    pub fn was_previewed_without(&self, path: &str) -> bool {
        let has = |path: &str| self.record.files.contains_key(&*self.as_recorded(path));
        let folder = self.actual.made_from.source.folder.as_deref().map(|folder| match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        });
        let is_in_its_project = folder.is_some_and(|folder| {
            let has_project = ENDINGS.iter().any(|ending| has(&format!("{folder}Pulumi.{ending}")));
            path.starts_with(&folder) && has_project
        });
        is_in_its_project && !has(path) && self.takes_away.is_some_and(|paths| paths.contains(path))
    }

    /// Whether the record tells no value from another.
    pub fn is_without_values(&self) -> bool {
        self.key.is_without_values()
    }

    /// The reviewed steps on a resource.
    pub fn reviewed(&self, urn: &str) -> &[&'a ReviewStep] {
        self.by_urn.get(urn).map(|on| on.steps.as_slice()).unwrap_or_default()
    }

    /// The same with what is looked up in them. None if there are none.
    pub fn reviewed_on(&self, urn: &str) -> Option<&ReviewedOn<'a>> {
        self.by_urn.get(urn)
    }

    /// The reviewed steps of the same resource and operation.
    pub fn alike(&self, step: &ReviewStep) -> &[&'a ReviewStep] {
        self.by_urn.get(step.urn.as_str()).map(|on| on.of_kind(&step.op)).unwrap_or_default()
    }

    /// The steps on a resource that the run is about to do.
    pub fn proposed(&self, urn: &str) -> impl Iterator<Item = &ReviewStep> {
        let places = self.actual_by_urn.get(urn).map(|on| on.places.as_slice()).unwrap_or_default();
        places.iter().filter_map(|at| self.steps.get(*at))
    }

    /// The same with what is looked up in them. None if there are none.
    pub fn proposed_on(&self, urn: &str) -> Option<&ProposedOn> {
        self.actual_by_urn.get(urn)
    }

    /// Whether the resource is there when the run is over, as far as the preview has looked at it.
    pub fn has_goal(&self, urn: &str) -> bool {
        self.actual.proposal.goals.contains_key(self.plain(urn))
    }

    /// The value that a property has when the run is over; none if there is no such property.
    pub fn goal(&self, urn: &str, path: &str) -> Option<ReviewedValue> {
        self.actual.proposal.goal(self.plain(urn), self.plain(path), &self.key).flatten()
    }

    /// Whether a property has any value when the run is over, or parts with values.
    pub fn has_property(&self, urn: &str, path: &str) -> bool {
        let goal = self.actual.proposal.goals.get(self.plain(urn));
        goal.is_some_and(|goal| has_within(&goal.inputs, self.plain(path)))
    }

    /// Whether a stack output has any value when the run is over.
    pub fn has_output(&self, path: &str) -> bool {
        has_within(&self.actual.proposal.output_goal, self.plain(path))
    }

    /// The value that a stack output has when the run is over.
    pub fn output_goal(&self, path: &str) -> Option<ReviewedValue> {
        let leaf = self.actual.proposal.output_goal.get(self.plain(path))?;
        Some(leaf.seal(&self.key))
    }

    /// A name as the run has it.
    pub fn plain<'n>(&'n self, name: &'n str) -> &'n str {
        self.plain.get(name).map_or(name, String::as_str)
    }

    /// A name of the run as the record has it.
    pub fn as_recorded<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.hidden.is_empty() {
            return Cow::Borrowed(name);
        }
        let hidden = self.key.hidden(name);
        if self.hidden.contains(hidden.as_str()) { Cow::Owned(hidden) } else { Cow::Borrowed(name) }
    }

    /// A name of the run as the record has it, which is kept.
    fn name(&mut self, name: String) -> String {
        let Cow::Owned(hidden) = self.as_recorded(&name) else { return name };
        self.plain.insert(hidden.clone(), name);
        hidden
    }

    fn names<T>(&mut self, map: BTreeMap<String, T>) -> BTreeMap<String, T> {
        if self.hidden.is_empty() {
            return map;
        }
        map.into_iter().map(|(name, value)| (self.name(name), value)).collect()
    }
}

/// The key of a record: its own, or the one of the input if that is the right one.
pub fn key_of(record: &ReviewRecord, review_key: Option<&ReviewKey>) -> Option<ReviewKey> {
    let own = record.key.as_deref().map(ReviewKey::of_record);
    own.or_else(|| review_key.cloned()).filter(|key| key.check() == record.key_check)
}

fn hidden_names(record: &ReviewRecord) -> HashSet<&str> {
    let steps = record.steps.iter().flat_map(|step| {
        let names = [Some(&step.urn), Some(&step.op), step.provider.as_ref()];
        names.into_iter().flatten().chain(step.paths.keys())
    });
    let ReviewConfig { entries, set, .. } = &record.config;
    let others = [&record.files, entries, set].into_iter().flat_map(BTreeMap::keys);
    let names = steps.chain(others).chain(record.outputs.keys());
    names.map(String::as_str).filter(|name| name.starts_with(HIDDEN_NAME)).collect()
}
