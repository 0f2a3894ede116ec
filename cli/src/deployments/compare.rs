//! How the settings of the file and those of the service differ, path by path, and the merge that makes them the same; pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::keys::{KEYS, KeyOwner, KeyShape, PROVIDER, SettingKey, VCS};
use super::service_form::ServiceSettings;
use super::tree::{FROM_ENV, HIDDEN, NOT_KNOWN, SettingTree};

/// A difference at one path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingDifference {
    /// The path: `sourceContext.git.branch`.
    pub path: String,
    /// What the file has; null for nothing. `[secret]` for a secret, and for a text that is a secret at the service.
    pub file: Value,
    /// What the service has; null for nothing. `[secret]` for a secret, and for a text that is a secret in the file;
    /// `[not known]` for what has a form that this version does not know.
    pub service: Value,
}

/// How file and service differ.
#[derive(Debug, Default, PartialEq)]
pub struct SettingsCompared {
    /// The differences, in the order of the paths.
    pub differences: Vec<SettingDifference>,
    /// The paths of the secrets that both have, whose values nobody can compare.
    pub not_compared: Vec<String>,
    /// The merge that makes the service's settings those of the file, with references in the place of secrets. None if nothing
    /// is to be sent.
    pub merge: Option<Value>,
}

impl SettingsCompared {
    /// Compares the settings, in the form of the file. None stands for a service that has none. With `secrets`, those that
    /// both have are in the merge too.
    pub fn of_settings(file: &SettingTree, service: Option<&ServiceSettings>, secrets: bool) -> Self {
        let mut compared = Self::new(file, service.map(|service| &service.settings), secrets);
        // The service does not have the rest of it in this form.
        let other_form = service.and_then(|service| service.other_form);
        if let Some((key, whole)) = other_form.and_then(|key| Some((key, file.get(key)?)))
            && let Some(part) = compared.merge.as_mut().and_then(|merge| merge.get_mut(key))
        {
            let Value::Object(mut whole) = whole.as_json(&reference) else { return compared };
            for (name, value) in part.as_object().into_iter().flatten() {
                whole.entry(name.clone()).or_insert_with(|| value.clone());
            }
            *part = Value::Object(whole);
        }
        compared
    }

    fn new(file: &SettingTree, service: Option<&SettingTree>, secrets: bool) -> Self {
        let mut compared = Self::default();
        let mut walk = SettingsWalk { compared: &mut compared, secrets };
        let merge = walk.pair(Some(file), service, KeyShape::Keys(KEYS), "");
        compared.merge = merge.map(|merge| with_provider(merge, file));
        compared
    }
}

struct SettingsWalk<'a> {
    compared: &'a mut SettingsCompared,
    secrets: bool,
}

impl SettingsWalk<'_> {
    /// Compares two nodes. Returns what has to be merged.
    fn pair(
        &mut self,
        file: Option<&SettingTree>,
        service: Option<&SettingTree>,
        shape: KeyShape,
        path: &str,
    ) -> Option<Value> {
        let set = |tree: Option<&'_ SettingTree>| tree.is_some_and(|tree| !tree.is_unset());
        match (file, service) {
            (file, service) if !set(file) && !set(service) => None,
            (Some(SettingTree::Branch(_)), Some(SettingTree::Branch(_))) if set(file) && set(service) => {
                self.branches(file, service, shape, path)
            }
            (Some(tree), Some(SettingTree::Unknown)) => Some(self.differs(Some(tree), service, path)),
            (Some(tree @ SettingTree::Branch(_)), _) if set(file) => {
                self.branches(Some(tree), service, shape, path);
                Some(tree.as_json(&reference))
            }
            (_, Some(SettingTree::Branch(there))) => self.too_much(there, shape, path).0,
            (file, service) => self.leaves(file, service, path),
        }
    }

    fn branches(
        &mut self,
        file: Option<&SettingTree>,
        service: Option<&SettingTree>,
        shape: KeyShape,
        path: &str,
    ) -> Option<Value> {
        let mut merge = Map::new();
        for (name, shape, owner) in entries(file, service, shape) {
            let (of_file, of_service) =
                (file.and_then(|tree| tree.get(&name)), service.and_then(|tree| tree.get(&name)));
            if owner == KeyOwner::FileOrService && of_file.is_none_or(SettingTree::is_unset) {
                continue;
            }
            if let Some(value) = self.pair(of_file, of_service, shape, &below(path, &name)) {
                merge.insert(name, value);
            }
        }
        (!merge.is_empty()).then_some(Value::Object(merge))
    }

    /// Compares a branch of the service with nothing. Returns what has to be merged for it to go, and whether something in it
    /// stays: what is not known, and what the service has filled in for itself. Then each of the others goes alone.
    fn too_much(
        &mut self,
        there: &BTreeMap<String, SettingTree>,
        shape: KeyShape,
        path: &str,
    ) -> (Option<Value>, bool) {
        let service = SettingTree::Branch(there.clone());
        let mut stays = there.values().any(|value| matches!(value, SettingTree::Unknown));
        let (mut filled_in, mut has_own) = (false, false);
        let mut merge = Map::new();
        for (name, shape, owner) in entries(None, Some(&service), shape) {
            let Some(value) = there.get(&name) else { continue };
            let path = below(path, &name);
            let gone = match value {
                SettingTree::Branch(inner) => {
                    let (gone, inner_stays) = self.too_much(inner, shape, &path);
                    stays |= inner_stays;
                    gone
                }
                value if value.is_unset() => None,
                _ if owner == KeyOwner::FileOrService => {
                    filled_in = true;
                    None
                }
                value => {
                    has_own = true;
                    self.leaves(None, Some(value), &path)
                }
            };
            if let Some(gone) = gone {
                merge.insert(name, gone);
            }
        }
        // What was filled in beside a setting belongs to that setting, and goes with it.
        stays |= filled_in && !has_own;
        let merge = (!merge.is_empty()).then_some(Value::Object(merge));
        (merge.map(|leaves| if stays { leaves } else { Value::Null }), stays)
    }

    fn leaves(
        &mut self,
        file: Option<&SettingTree>,
        service: Option<&SettingTree>,
        path: &str,
    ) -> Option<Value> {
        match (file, service) {
            (Some(file @ SettingTree::SecretFrom(_)), Some(SettingTree::SecretThere)) => {
                self.compared.not_compared.push(path.to_owned());
                return self.secrets.then(|| reference(file));
            }
            (Some(SettingTree::Value(file)), Some(SettingTree::Value(service))) if file == service => {
                return None;
            }
            _ => {}
        }
        Some(self.differs(file, service, path))
    }

    /// Keeps a difference. Returns what has to be merged.
    fn differs(&mut self, file: Option<&SettingTree>, service: Option<&SettingTree>, path: &str) -> Value {
        // The text in the open on one side can be the secret of the other.
        let is_secret = [file, service].into_iter().flatten().any(SettingTree::is_secret);
        let shown = |tree: Option<&SettingTree>| match tree {
            Some(SettingTree::Unknown) => Value::from(NOT_KNOWN),
            Some(tree) if !tree.is_unset() && is_secret => Value::from(HIDDEN),
            Some(tree) if !tree.is_unset() => tree.shown_value(),
            _ => Value::Null,
        };
        let difference =
            SettingDifference { path: path.to_owned(), file: shown(file), service: shown(service) };
        self.compared.differences.push(difference);
        match (file.filter(|tree| !tree.is_unset()), service) {
            (Some(tree), _) => tree.as_json(&reference),
            // A flag that is deleted could be `true` by default.
            (None, Some(SettingTree::Value(Value::Bool(true)))) => Value::Bool(false),
            (None, _) => Value::Null,
        }
    }
}

/// The path of an entry of a branch.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The keys of both, in the order of the table.
fn entries(
    file: Option<&SettingTree>,
    service: Option<&SettingTree>,
    shape: KeyShape,
) -> Vec<(String, KeyShape, KeyOwner)> {
    let own = |keys: &'static [SettingKey]| {
        keys.iter().map(|key| (key.name.to_owned(), key.shape, key.owner)).collect()
    };
    match shape {
        KeyShape::Keys(keys) | KeyShape::TextOrKeys(keys) => own(keys),
        _ => {
            let names = |tree: Option<&SettingTree>| match tree {
                Some(SettingTree::Branch(entries)) => entries.keys().cloned().collect(),
                _ => BTreeSet::new(),
            };
            let all: BTreeSet<String> = names(file).union(&names(service)).cloned().collect();
            all.into_iter().map(|name| (name, KeyShape::TextOrSecret, KeyOwner::File)).collect()
        }
    }
}

/// A secret of the file, as a reference that is resolved when it is sent.
fn reference(tree: &SettingTree) -> Value {
    match tree {
        SettingTree::SecretFrom(name) => {
            Value::Object([(FROM_ENV.to_owned(), Value::from(name.as_str()))].into_iter().collect())
        }
        _ => Value::Null,
    }
}

/// The merge with the provider of `vcs`, without which the service takes no `vcs`.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/deployments.go>, `DeploymentSettingsVCS`
fn with_provider(mut merge: Value, file: &SettingTree) -> Value {
    let provider = file.get(VCS).and_then(|vcs| vcs.get(PROVIDER)).and_then(SettingTree::text);
    if let (Some(Value::Object(vcs)), Some(provider)) = (merge.get_mut(VCS), provider) {
        vcs.insert(PROVIDER.to_owned(), Value::from(provider));
    }
    merge
}

#[cfg(test)]
mod tests;
