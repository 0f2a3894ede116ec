//! CircleCI: the workflow of a continuation. The file that a setup workflow continues with is the project's own one, which has
//! the job `fleet`, and behind it this.
//! <https://circleci.com/docs/guides/orchestrate/dynamic-config/>

use std::fmt::Write as _;

use super::cut::CutLimits;
use super::plan::{FleetPlan, PlanGroup};
use super::system::{FanoutEmitter, FanoutForm, FanoutSystem, FanoutWay, quoted, within_the_size};
use crate::base::error::Result;

/// The size of a compiled configuration is 8 MB: each job is its own steps once more, so a tenth of it is left to the workflow.
/// <https://support.circleci.com/hc/en-us/articles/360045043634>
const SIZE: usize = 800 * 1024;
const SIZE_PAGE: &str = "https://support.circleci.com/hc/en-us/articles/360045043634";

/// CircleCI.
pub(super) static CIRCLECI: FanoutSystem = FanoutSystem {
    word: "circleci",
    title: "CircleCI",
    detected: "circleci",
    way: FanoutWay::Form(FanoutEmitter {
        limits: CutLimits { of_an_environment: None, of_a_stage: None, of_all: None },
        write,
    }),
};

fn write(form: &FanoutForm<'_>) -> Result<String> {
    let plan = form.plan;
    let mut text =
        format!("# Made by `stackstep fleet plan --for circleci`: {}, {}.\n", plan.command, plan.digest);
    text.push_str("workflows:\n  fleet:\n");
    if plan.groups.is_empty() {
        // A workflow has a job, and need not run: https://circleci.com/docs/reference/configuration-reference/#using-when-in-workflows
        text.push_str("    when: false\n    jobs:\n      - fleet: { stacks: \"none\" }\n");
        return Ok(text);
    }
    text.push_str("    jobs:\n");
    for group in &plan.groups {
        let _ = write!(
            text,
            "      - fleet:\n          name: {}\n          stacks: {}\n",
            quoted(&group.id),
            quoted(&form.stacks(group))
        );
        // The secrets of an environment are the context of its name: https://circleci.com/docs/guides/security/contexts/
        if let Some(environment) = &group.environment {
            let _ = writeln!(text, "          context: [{}]", quoted(environment));
        }
        let needed: Vec<String> = needed(plan, group).into_iter().map(quoted).collect();
        if !needed.is_empty() {
            let _ = writeln!(text, "          requires: [{}]", needed.join(", "));
        }
    }
    within_the_size(text.len(), SIZE, "a continuation of CircleCI", SIZE_PAGE)?;
    Ok(text)
}

/// The jobs that a job waits for: those that it comes after, and in waves all of the stage before.
fn needed<'p>(plan: &'p FleetPlan, group: &'p PlanGroup) -> Vec<&'p str> {
    if plan.has_waves() {
        plan.of_stage(group.stage - 1).map(|other| other.id.as_str()).collect()
    } else {
        group.after.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::{plan_of, small_plan};
    use super::*;

    fn written(plan: &FleetPlan) -> String {
        write(&FanoutForm { plan, file: None, stages: None, environments: None }).unwrap()
    }

    #[test]
    fn each_job_has_its_stacks_its_context_and_the_jobs_that_it_requires() {
        let text = written(&small_plan());
        let (_, rest) = text.split_once('\n').unwrap();
        assert_eq!(
            rest,
            "workflows:\n  fleet:\n    jobs:\n      \
             - fleet:\n          name: \"stage-1-1\"\n          stacks: \"network/prod\"\n          context: [\"production\"]\n      \
             - fleet:\n          name: \"stage-2-1\"\n          stacks: \"blog/dev\"\n          requires: [\"stage-1-1\"]\n      \
             - fleet:\n          name: \"stage-2-2\"\n          stacks: \"shop/prod\"\n          context: [\"production\"]\n          \
             requires: [\"stage-1-1\"]\n"
        );
    }

    #[test]
    fn in_waves_a_job_requires_all_of_the_stage_before() {
        let mut plan = plan_of(&["a/x", "a/y", "b/x"], &[], CutLimits::default()).unwrap();
        plan.nodes[2].wave = 2;
        plan.groups[2].stage = 2;
        let text = written(&plan);
        assert!(text.contains("requires: [\"stage-1-1\", \"stage-1-2\"]"), "{text}");
    }

    #[test]
    fn a_plan_of_nothing_is_a_workflow_that_does_not_run() {
        let text = written(&plan_of(&[], &[], CutLimits::default()).unwrap());
        assert!(text.contains("when: false"), "{text}");
    }
}
