//! `require-policy-packs`: the policy packs that have to look at the resources.

use super::rule::{RuleForm, RuleRow};
use super::subjects::Subjects;
use super::value::RuleValue;

/// The rule.
pub(super) const REQUIRE_POLICY_PACKS: RuleRow = RuleRow {
    name: "require-policy-packs",
    form: RuleForm::Packs,
    about: "These policy packs have looked at the resources.",
    details: "A policy pack that a step forgets to name, or that the organisation has switched off, passes without a \
              word; this rule makes that a refusal. It takes a Pulumi CLI that says which packs have looked (it writes \
              `policyAnalyzeSummaryEvent` into its event log); with an older one a pack that finds nothing is not \
              seen, and refused. The name is that of the pack: whose pack it is, and at which version, it does not \
              say. It is not judged for `destroy`, where the engine runs no packs.",
    example: "require-policy-packs: [baseline]",
    by_resource: false,
    on_destroy: false,
    judge: |case, value| {
        let RuleValue::Checked(pack) = value else { return Subjects::default() };
        let has_looked = case.report.policies.packs.iter().any(|there| there.name == *pack);
        Subjects { each: if has_looked { Vec::new() } else { vec![None] }, ..Subjects::default() }
    },
    finding: |_, values, count| {
        let names: Vec<String> = values
            .iter()
            .map(|value| match value {
                RuleValue::Checked(pack) => format!("`{pack}`"),
                other => other.to_string(),
            })
            .collect();
        let names = names.join(", ");
        if count == 0 { format!("checked by {names}") } else { format!("not checked by {names}") }
    },
    way_out: |_, _| {
        "name its folder in `policy-pack`, or switch it on for the stack in Pulumi Cloud".to_owned()
    },
};
