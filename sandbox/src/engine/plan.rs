//! Update plans: what a preview saw, which the update is held to.
//!
//! <https://www.pulumi.com/docs/iac/concepts/update-plans/>

use super::deployment::Deployment;
use super::goal::Goal;
use super::planned::{GoalPlan, InputDiff};
pub use super::planned::{Plan, ResourcePlan};
use super::run::Bail;
use super::step::{Op, Step};
use crate::state::ResourceState;
use crate::value::Properties;

/// Whether an operation is no more than what was planned.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step.go>
fn is_allowed(op: Op, planned: &str) -> bool {
    op.name() == planned
        || match planned {
            "create" | "update" => op == Op::Same,
            "replace" | "create-replacement" | "delete-replaced" => matches!(op, Op::Same | Op::Update),
            _ => false,
        }
}

impl Deployment<'_> {
    /// Notes what the program asks for in a new plan, or holds it to the one that was given.
    pub(super) fn check_plan(
        &mut self,
        goal: &Goal,
        old: Option<&ResourceState>,
        new: &ResourceState,
    ) -> Result<(), Bail> {
        let none = Properties::new();
        let before = old.map_or(&none, |old| &old.inputs);
        let inputs = InputDiff::between(before, &new.inputs);
        let Some(plan) = &mut self.plan else { return Ok(()) };
        if self.run.preview {
            let goal = Goal { provider: new.provider.clone(), ..goal.clone() };
            let planned =
                ResourcePlan { goal: Some(GoalPlan { of: goal, inputs }), ..ResourcePlan::default() };
            plan.resources.insert(new.urn.clone(), planned);
            return Ok(());
        }
        let planned = plan.resources.get(&new.urn).and_then(|planned| planned.goal.as_ref());
        let violations = match planned {
            Some(planned) => planned.inputs.left(before).violations(&inputs),
            // What was not in the plan may not change.
            None if old.is_some() => InputDiff::default().violations(&inputs),
            None => vec![],
        };
        if violations.is_empty() {
            return Ok(());
        }
        let message =
            format!("resource {} violates plan: properties changed: {}", new.urn, violations.join(", "));
        Err(self.bail(Some(&new.urn), &message))
    }

    /// Notes steps in a new plan, or takes them off the one that was given.
    pub(super) fn note_in_plan(&mut self, steps: &[Step], about_resource: bool) -> Result<(), Bail> {
        let preview = self.run.preview;
        let Some(plan) = &mut self.plan else { return Ok(()) };
        let mut refused = None;
        for step in steps {
            if preview {
                plan.resources.entry(step.urn.to_string()).or_default().steps.push(step.op.name().to_owned());
                continue;
            }
            let op = step.op.name();
            let problem = match plan.resources.get_mut(&*step.urn) {
                None if step.op == Op::Same => continue,
                None => "no steps were expected for this resource".to_owned(),
                Some(planned) if planned.steps.is_empty() => {
                    "no more steps were expected for this resource".to_owned()
                }
                Some(planned) => {
                    let constraint = planned.steps.remove(0);
                    if is_allowed(step.op, &constraint) {
                        continue;
                    }
                    format!("this resource is constrained to {constraint}")
                }
            };
            refused = Some((step.urn.to_string(), format!("{op} is not allowed by the plan: {problem}")));
            break;
        }
        match refused {
            Some((urn, message)) => Err(self.bail(about_resource.then_some(urn.as_str()), &message)),
            None => Ok(()),
        }
    }

    /// Refuses an update that left planned steps out.
    pub(super) fn check_plan_is_done(&mut self) -> Result<(), Bail> {
        let Some(plan) = self.plan.as_ref().filter(|_| !self.run.preview) else { return Ok(()) };
        let unneeded = |urn: &String, planned: &ResourcePlan| {
            planned.steps == ["delete"] && !self.base.iter().any(|state| state.urn == *urn)
        };
        let undone: Vec<String> = plan
            .resources
            .iter()
            .filter(|(urn, planned)| !planned.steps.is_empty() && !unneeded(urn, planned))
            .map(|(urn, _)| urn.clone())
            .collect();
        for urn in &undone {
            self.bail(Some(urn), &format!("expected resource operations for {urn} but none were seen"));
        }
        if undone.is_empty() { Ok(()) } else { Err(Bail) }
    }

    /// Notes the outputs of the resources in a new plan.
    pub(super) fn finish_plan(&mut self) {
        if let Some(plan) = self.plan.as_mut().filter(|_| self.run.preview) {
            for new in &self.news {
                if let Some(planned) = plan.resources.get_mut(&new.urn) {
                    planned.state.clone_from(&new.outputs);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn inputs(entries: &[(&str, &str)]) -> Properties {
        entries.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned()))).collect()
    }

    #[test]
    fn a_change_that_was_not_planned_is_a_violation() {
        let planned = InputDiff::default();
        let actual = InputDiff::between(&inputs(&[("region", "eu")]), &inputs(&[("region", "ap")]));
        assert_eq!(planned.violations(&actual), ["=~region[{ap}]"]);
    }

    #[test]
    fn another_value_than_the_planned_one_is_a_violation() {
        let planned = InputDiff::between(&inputs(&[("a", "1")]), &inputs(&[("a", "2")]));
        let actual = InputDiff::between(&inputs(&[("a", "1")]), &inputs(&[("a", "3")]));
        assert_eq!(planned.violations(&actual), ["~~a[{2}!={3}]"]);
        assert!(planned.violations(&planned.clone()).is_empty());
    }

    #[test]
    fn what_the_plan_could_not_know_may_be_anything() {
        let unknown: Properties = [("a".to_owned(), Value::Unknown)].into();
        let planned = InputDiff::between(&Properties::new(), &unknown);
        let actual = InputDiff::between(&Properties::new(), &inputs(&[("a", "3")]));
        assert!(planned.violations(&actual).is_empty());
    }

    #[test]
    fn less_than_planned_is_allowed_and_more_is_not() {
        assert!(is_allowed(Op::Same, "update") && is_allowed(Op::Update, "create-replacement"));
        assert!(!is_allowed(Op::Update, "same") && !is_allowed(Op::Delete, "update"));
    }
}
