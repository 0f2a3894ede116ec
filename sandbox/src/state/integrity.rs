//! Whether a snapshot hangs together: every resource after what it needs, no name twice, providers known.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/snapshot.go>

use std::collections::{HashMap, HashSet};

use super::snapshot::{ResourceState, Snapshot};
use crate::failure::Failure;

/// The manifest's checksum does not fit its version.
pub const BAD_MAGIC: &str = "magic cookie mismatch; possible tampering/corruption detected";

/// A snapshot that was read is not used when it does not hang together.
pub fn unusable(problem: &str) -> Failure {
    Failure::new(format!(
        "The Pulumi CLI encountered a snapshot integrity error. This is a bug!\n\n\
         Error:             snapshot integrity failure; refusing to use it: {problem}"
    ))
}

/// What is wrong with a snapshot, in the words of the CLI; the first thing found.
pub fn problem(snapshot: &Snapshot) -> Option<String> {
    let mut seen = Seen::default();
    for (index, resource) in snapshot.resources.iter().enumerate() {
        if let Some(problem) = seen.check(resource, &snapshot.resources[index + 1..]) {
            return Some(problem);
        }
        seen.add(resource);
    }
    seen.duplicate()
}

/// The resources up to here.
#[derive(Default)]
struct Seen<'a> {
    /// How many of a name there are, and how many of them wait for their deletion.
    urns: HashMap<&'a str, (usize, usize)>,
    providers: HashSet<String>,
    order: Vec<&'a str>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, resource: &'a ResourceState) {
        let entry = self.urns.entry(&resource.urn).or_default();
        entry.0 += 1;
        entry.1 += usize::from(resource.delete);
        if entry.0 == 2 {
            self.order.push(&resource.urn);
        }
    }

    fn check(&mut self, resource: &ResourceState, later: &[ResourceState]) -> Option<String> {
        let urn = &resource.urn;
        if resource.type_.is_empty() {
            return Some(format!("resource '{urn}' missing required 'type' field"));
        }
        if !resource.custom && resource.id.as_ref().is_some_and(|id| !id.is_empty()) {
            return Some(format!("resource '{urn}' has 'custom false but non-empty ID"));
        }
        if resource.type_.starts_with("pulumi:providers:") {
            self.providers.insert(format!("{urn}::{}", resource.id.as_deref().unwrap_or_default()));
        }
        self.provider(resource)
            .or_else(|| self.parent(resource, later))
            .or_else(|| self.dependencies(resource, later))
            .or_else(|| self.deleted_with(resource, later))
    }

    fn provider(&self, resource: &ResourceState) -> Option<String> {
        let provider = resource.provider.as_deref().filter(|provider| !provider.is_empty())?;
        let urn = &resource.urn;
        if !provider.contains("::") {
            return Some(format!(
                "failed to parse provider reference for resource {urn}: expected '::' in provider reference \
                 '{provider}'"
            ));
        }
        let known = self.providers.contains(provider) || resource.pending_replacement;
        (!known).then(|| format!("resource {urn} refers to unknown provider {provider}"))
    }

    fn parent(&self, resource: &ResourceState, later: &[ResourceState]) -> Option<String> {
        let parent = resource.parent.as_deref().filter(|parent| !parent.is_empty())?;
        let urn = &resource.urn;
        self.missing(parent, later, || {
            [
                format!("child resource {urn}'s parent {parent} comes after it"),
                format!("child resource {urn} refers to missing parent {parent}"),
            ]
        })
    }

    fn dependencies(&self, resource: &ResourceState, later: &[ResourceState]) -> Option<String> {
        let urn = &resource.urn;
        let of_resource = resource.dependencies.iter().find_map(|dependency| {
            self.missing(dependency, later, || {
                let what = format!("resource {urn}'s dependency {dependency}");
                [format!("{what} comes after it"), format!("{what} refers to missing resource")]
            })
        });
        of_resource.or_else(|| {
            let mut all = resource
                .property_dependencies
                .iter()
                .flat_map(|(property, dependencies)| dependencies.iter().map(move |urn| (property, urn)));
            all.find_map(|(property, dependency)| {
                self.missing(dependency, later, || {
                    let what = format!(
                        "resource {urn}'s property dependency {dependency} (from property {property})"
                    );
                    [format!("{what} comes after it"), format!("{what} refers to missing resource")]
                })
            })
        })
    }

    fn deleted_with(&self, resource: &ResourceState, later: &[ResourceState]) -> Option<String> {
        let with = resource.extra.get("deletedWith")?.as_str().filter(|with| !with.is_empty())?;
        self.missing(with, later, || {
            let what = format!("resource {} is specified as being deleted with {with}, which", resource.urn);
            [format!("{what} comes after it"), format!("{what} is missing")]
        })
    }

    /// One of two messages when a name has not been seen: it comes later, or not at all.
    fn missing(
        &self,
        urn: &str,
        later: &[ResourceState],
        messages: impl FnOnce() -> [String; 2],
    ) -> Option<String> {
        if self.urns.contains_key(urn) {
            return None;
        }
        let [after, nowhere] = messages();
        Some(if later.iter().any(|other| other.urn == urn) { after } else { nowhere })
    }

    /// Of resources with one name, all but one at most must wait for their deletion.
    fn duplicate(&self) -> Option<String> {
        let urn = self
            .order
            .iter()
            .find(|urn| self.urns.get(**urn).is_some_and(|(count, deleted)| deleted + 1 < *count))?;
        Some(format!("duplicate resource {urn} (not marked for deletion)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str) -> ResourceState {
        ResourceState { urn: name.into(), custom: true, type_: "a:b:C".into(), ..ResourceState::default() }
    }

    fn found(resources: Vec<ResourceState>) -> Option<String> {
        problem(&Snapshot { resources, ..Snapshot::default() })
    }

    #[test]
    fn a_sound_snapshot_has_no_problem() {
        let provider = ResourceState {
            type_: "pulumi:providers:a".into(),
            id: Some("1".into()),
            ..resource("urn:p::provider")
        };
        let child = ResourceState {
            provider: Some("urn:p::provider::1".into()),
            dependencies: vec!["urn:p::provider".into()],
            ..resource("urn:p::child")
        };
        assert_eq!(found(vec![provider, child]), None);
    }

    #[test]
    fn what_a_resource_needs_must_come_before_it() {
        let child = ResourceState { parent: Some("up".into()), ..resource("down") };
        assert_eq!(
            found(vec![child.clone(), resource("up")]).unwrap(),
            "child resource down's parent up comes after it"
        );
        assert_eq!(found(vec![child]).unwrap(), "child resource down refers to missing parent up");
        let dependent = ResourceState { dependencies: vec!["gone".into()], ..resource("x") };
        assert_eq!(
            found(vec![dependent]).unwrap(),
            "resource x's dependency gone refers to missing resource"
        );
        let by_property = ResourceState {
            property_dependencies: [("p".into(), vec!["gone".into()])].into(),
            ..resource("x")
        };
        assert_eq!(
            found(vec![by_property]).unwrap(),
            "resource x's property dependency gone (from property p) refers to missing resource"
        );
    }

    #[test]
    fn a_provider_must_be_known_and_well_formed() {
        let of = |provider: &str| ResourceState { provider: Some(provider.into()), ..resource("x") };
        assert_eq!(found(vec![of("u::1")]).unwrap(), "resource x refers to unknown provider u::1");
        assert!(found(vec![of("junk")]).unwrap().ends_with("expected '::' in provider reference 'junk'"));
    }

    #[test]
    fn a_name_may_stand_twice_only_when_all_but_one_wait_for_their_deletion() {
        let old = ResourceState { delete: true, ..resource("x") };
        assert_eq!(found(vec![resource("x"), old.clone(), old]), None);
        assert_eq!(
            found(vec![resource("x"), resource("x")]).unwrap(),
            "duplicate resource x (not marked for deletion)"
        );
    }
}
