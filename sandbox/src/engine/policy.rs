//! Policies, which the faults describe: what they find in each resource, and what they change.
//!
//! <https://www.pulumi.com/docs/insights/policy/>

use super::deployment::Deployment;
use super::event::{Event, Pack, SummaryKind};
use super::run::Bail;
use crate::faults::{self, Policy, PolicyPack};
use crate::state::ResourceState;

impl Deployment<'_> {
    /// Lets the policies see a resource before anything is done to it.
    pub(super) fn apply_policies(&mut self, new: &mut ResourceState) -> Result<(), Bail> {
        let mut invalid = false;
        for (pack, of) in self.run.packs {
            self.remediate(pack, of, new);
            invalid |= self.analyze(pack, of, new);
        }
        // A preview goes on, so that everything that is wrong is seen at once.
        if invalid && !self.run.preview {
            self.status.bailed = true;
            self.status.errored = true;
            return Err(Bail);
        }
        self.status.errored |= invalid;
        Ok(())
    }

    fn remediate(&mut self, pack: &Pack, of: &PolicyPack, new: &mut ResourceState) {
        let (mut passed, mut failed) = (vec![], vec![]);
        for policy in sorted(of) {
            if policy.level != "remediate"
                || !faults::fits(&policy.pattern, &new.urn)
                || policy.set.is_empty()
            {
                passed.push(policy.name.as_str());
                continue;
            }
            failed.push(policy.name.as_str());
            let before = new.inputs.clone();
            new.inputs.extend(policy.set.iter().map(|(name, value)| (name.clone(), faults::value(value))));
            let (urn, policy) = (new.urn.as_str(), policy.name.as_str());
            self.sink.event(&Event::Remediation { urn, pack, policy, before: &before, after: &new.inputs });
        }
        self.summarize(SummaryKind::Remediate, Some(&new.urn), pack, &passed, &failed);
    }

    fn analyze(&mut self, pack: &Pack, of: &PolicyPack, new: &ResourceState) -> bool {
        let (mut passed, mut failed) = (vec![], vec![]);
        let mut invalid = false;
        for policy in of.policies.iter().filter(|policy| policy.level != "remediate") {
            if !faults::fits(&policy.pattern, &new.urn) {
                passed.push(policy.name.as_str());
                continue;
            }
            failed.push(policy.name.as_str());
            invalid |= policy.level == "mandatory";
            let message = format!("{}\n{}\n", policy.description, policy.message);
            self.sink.event(&Event::Policy { urn: &new.urn, pack, policy, message: &message });
        }
        // Violations come in the order of the pack, the summary is sorted.
        passed.sort_unstable();
        failed.sort_unstable();
        self.summarize(SummaryKind::Analyze, Some(&new.urn), pack, &passed, &failed);
        invalid
    }

    /// Lets the policies see the stack as a whole, once everything is done.
    pub(super) fn analyze_stack(&mut self) {
        for (pack, _) in self.run.packs {
            self.summarize(SummaryKind::AnalyzeStack, None, pack, &[], &[]);
        }
    }

    fn summarize(
        &mut self,
        kind: SummaryKind,
        urn: Option<&str>,
        pack: &Pack,
        passed: &[&str],
        failed: &[&str],
    ) {
        self.sink.event(&Event::PolicySummary { kind, urn, pack, passed, failed });
    }
}

fn sorted(pack: &PolicyPack) -> Vec<&Policy> {
    let mut policies: Vec<&Policy> = pack.policies.iter().collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    policies
}
