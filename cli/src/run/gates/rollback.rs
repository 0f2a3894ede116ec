//! A rollback: the deployment of a commit that was deployed before. What it brings back is the program's idea of the
//! resources, and never what was in those that are gone.

use super::facts::GateFacts;
use super::judged::top;
use super::ledger;
use super::merged_changes::MergedChanges;
use crate::base::error::{Problem, Result};
use crate::base::git::short_commit;
use crate::delivery::history::RepositoryHistory;
use crate::ledger::history::History;
use crate::report::{Reason, Report, Step};

/// The most resources that a sentence names.
const NAMED: usize = 20;

/// What a rollback with this preview can't bring back, a sentence for each kind.
pub fn cant_come_back(report: &Report) -> Vec<String> {
    let named = |operation: &str| {
        let steps = report.steps.iter().filter(|step| is_a_resource(step) && step.operation == operation);
        let mut names: Vec<String> = steps.map(|step| format!("`{}` ({})", step.name, step.kind)).collect();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        if more > 0 {
            names.push(format!("{more} more"));
        }
        names.join(", ")
    };
    let sentence = |operation: &str, about: &str| {
        let names = named(operation);
        (!names.is_empty()).then(|| format!("CAN'T COME BACK: {about}: {names}"))
    };
    [
        sentence("delete", "what is in the resources that this rollback deletes"),
        sentence("replace", "what is in the resources that this rollback replaces: the new ones are empty"),
        sentence(
            "create",
            "what was in the resources that were deleted or replaced since: they are created empty",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether it is a resource that can hold something, and the rollback takes it away or makes it.
fn is_a_resource(step: &Step) -> bool {
    !step.kind.starts_with("pulumi:") && !step.retained
}

/// The answer to which change requests a rollback deploys: none.
pub(super) fn no_changes(gates: &GateFacts<'_>) -> Option<Result<MergedChanges, Problem>> {
    let commit = &gates.job.rollback.as_ref()?.commit;
    Some(Err(Problem::new(
        "a rollback is no change that a change request shows, so there is no review of it",
        format!(
            "look at its preview (`stackstep rollback {} --to {} --preview-only`), and name the digest of that: `--reviewed \
             sha256:…`",
            gates.stack_on_the_line(),
            short_commit(commit)
        ),
    )))
}

/// Refuses a run that a hold stops. A rollback may follow the hold of a failed check, and nothing may follow a person's hold.
pub(super) async fn refuse_what_is_held(gates: &GateFacts<'_>) -> Result<()> {
    let Some(past) = &gates.judged.past else { return Ok(()) };
    let by_check = Some(Reason::Verification.name());
    let by_person = past.holds().iter().find(|hold| hold.gate.as_deref() != by_check);
    match by_person.or(past.holds().first()) {
        Some(hold) if by_person.is_some() || !goes_back(gates, past).await => Err(ledger::held(hold, gates)),
        _ => Ok(()),
    }
}

/// Whether it is certain that the run goes back: it deploys a commit from before the one that was deployed last.
async fn goes_back(gates: &GateFacts<'_>, past: &History) -> bool {
    let job = gates.job;
    let deployed = past.deployed().and_then(|deployed| deployed.commit.as_deref());
    let (Some(rollback), Some(deployed)) = (&job.rollback, deployed) else { return false };
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, None);
    history.is_before(&rollback.commit, deployed).await == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Ending, Events, Facts, Operation, StepStatus, report};

    fn step(operation: &str, name: &str, kind: &str, retained: bool) -> Step {
        Step {
            urn: String::new(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            operation: operation.to_owned(),
            status: StepStatus::Planned,
            parent: None,
            began: None,
            ended: None,
            id: None,
            retained,
            replace_keys: Vec::new(),
            diffs: Vec::new(),
            more_diffs: 0,
        }
    }

    fn of(steps: Vec<Step>) -> Vec<String> {
        let mut report = report(Events::default(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
        report.steps = steps;
        cant_come_back(&report)
    }

    #[test]
    fn what_is_deleted_replaced_and_created_is_named_by_its_kind_of_loss() {
        let thing = "demo:index:Thing";
        let told = of(vec![
            step("delete", "new", thing, false),
            step("replace", "db", thing, false),
            step("create", "old", thing, false),
            step("update", "size", thing, false),
        ]);
        assert_eq!(told.len(), 3);
        assert!(told[0].ends_with("that this rollback deletes: `new` (demo:index:Thing)"), "{told:?}");
        assert!(told[1].ends_with("the new ones are empty: `db` (demo:index:Thing)"), "{told:?}");
        assert!(told[2].ends_with("they are created empty: `old` (demo:index:Thing)"), "{told:?}");
        assert!(told.iter().all(|text| text.starts_with("CAN'T COME BACK: ") && !text.contains("size")));
    }

    #[test]
    fn nothing_is_lost_with_an_update_a_provider_and_what_stays_at_its_provider() {
        assert!(
            of(vec![
                step("update", "a", "demo:index:Thing", false),
                step("delete", "b", "pulumi:providers:demo", false),
                step("create", "shop-dev", "pulumi:pulumi:Stack", false),
                step("delete", "kept", "demo:index:Thing", true),
            ])
            .is_empty()
        );
    }

    #[test]
    fn of_many_the_first_are_named_and_the_others_counted() {
        let many = (0..25).map(|at| step("delete", &format!("n{at}"), "demo:index:Thing", false)).collect();
        let told = of(many);
        assert!(told[0].contains("`n19` (demo:index:Thing), 5 more") && !told[0].contains("n20"), "{told:?}");
    }
}
