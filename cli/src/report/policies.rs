//! The findings of policies, each once.

use super::diagnostics::message;
use super::diff::between;
use super::event::{PolicyEvent, PolicyRemediationEvent, PolicyTally};
use super::model::{Policies, PolicyPack, Remediation, Violation};
use super::natural::natural_key;
use super::urn::name_of;
use super::value::{shortened, shown_map, weight};

/// The most findings of each kind that are kept.
const KEPT: usize = 1000;
/// The most bytes of the values of all remediations together; later ones keep their paths only.
const DIFF_BYTES: usize = 32 * 1024 * 1024;

#[derive(Debug, Clone, Default)]
pub(super) struct FoundPolicies {
    policies: Policies,
    left_out: u64,
    bytes: usize,
}

impl FoundPolicies {
    pub fn violation(&mut self, event: &PolicyEvent) {
        self.pack(&event.policy_pack_name, &event.policy_pack_version);
        let violation = Violation {
            policy: shortened(&event.policy_name, 256),
            pack: shortened(&event.policy_pack_name, 256),
            level: shortened(&event.enforcement_level, 64),
            severity: event
                .severity
                .as_ref()
                .filter(|severity| !severity.is_empty())
                .map(|s| shortened(s, 64)),
            urn: some(&event.resource_urn),
            name: some(name_of(&event.resource_urn)),
            message: message(&event.message),
        };
        push(&mut self.policies.violations, violation, &mut self.left_out);
    }

    pub fn remediation(&mut self, event: PolicyRemediationEvent) {
        self.pack(&event.policy_pack_name, &event.policy_pack_version);
        let mut diffs = between(&shown_map(event.before), &shown_map(event.after)).list;
        let of = |value: &Option<serde_json::Value>| value.as_ref().map_or(0, weight);
        self.bytes += diffs.iter().map(|diff| of(&diff.old) + of(&diff.new)).sum::<usize>();
        if self.bytes > DIFF_BYTES {
            for diff in &mut diffs {
                (diff.old, diff.new) = (None, None);
            }
        }
        let remediation = Remediation {
            policy: shortened(&event.policy_name, 256),
            pack: shortened(&event.policy_pack_name, 256),
            urn: some(&event.resource_urn),
            name: some(name_of(&event.resource_urn)),
            diffs,
        };
        push(&mut self.policies.remediations, remediation, &mut self.left_out);
    }

    pub fn tally(&mut self, event: &PolicyTally) {
        self.pack(&event.policy_pack_name, &event.policy_pack_version);
    }

    /// The findings, the mandatory ones first, and a note on how many were left out.
    pub fn finish(mut self) -> (Policies, Option<String>) {
        // The engine tells them in another order in each run.
        let key = |text: &str| natural_key(text);
        let named = |name: &Option<String>| key(name.as_deref().unwrap_or_default());
        self.policies.packs.sort_by_cached_key(|pack| key(&pack.name));
        self.policies.violations.sort_by_cached_key(|found| {
            (found.level != "mandatory", key(&found.pack), key(&found.policy), named(&found.name))
        });
        self.policies.remediations.sort_by_cached_key(|remediation| {
            (key(&remediation.pack), key(&remediation.policy), named(&remediation.name))
        });
        let note = format!("{} more policy findings were left out", self.left_out);
        (self.policies, (self.left_out > 0).then_some(note))
    }

    fn pack(&mut self, name: &str, version: &str) {
        let packs = &mut self.policies.packs;
        if !name.is_empty() && packs.len() < 100 && !packs.iter().any(|pack| pack.name == name) {
            packs.push(PolicyPack { name: shortened(name, 256), version: shortened(version, 64) });
        }
    }
}

/// Adds a finding unless it is there already: a second phase of the same process finds most of them again.
fn push<T: PartialEq>(list: &mut Vec<T>, item: T, left_out: &mut u64) {
    if list.contains(&item) {
        return;
    }
    if list.len() < KEPT { list.push(item) } else { *left_out += 1 }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| shortened(text, 2048))
}
