//! GitLab CI: a child pipeline, whose configuration the job that plans has as an artifact.
//! <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#dynamic-child-pipelines>
//!
//! Its jobs extend `.stackstep-fleet`, which stands in a file of the repository that the trigger includes beside it: how the
//! binary is found, and by which identity, is no part of a plan.

use std::fmt::Write as _;

use super::cut::CutLimits;
use super::plan::PlanGroup;
use super::system::{FanoutEmitter, FanoutForm, FanoutSystem, FanoutWay, quoted, within_the_size};
use crate::base::error::Result;
use crate::ci::names::FLEET_STACKS;

/// A job can need 50 others, unless the instance allows more. <https://docs.gitlab.com/ci/yaml/#needs>
const MOST_NEEDS: usize = 50;

/// A pipeline has 500 jobs at most on gitlab.com's smallest plan; an instance of one's own has its own number.
/// <https://docs.gitlab.com/administration/instance_limits/#maximum-number-of-jobs-in-a-pipeline>
const MOST_JOBS: usize = 500;

/// The size of a file of configuration, of which each instance can allow more.
/// <https://docs.gitlab.com/administration/instance_limits/#maximum-size-and-depth-of-cicd-configuration-yaml-files>
const SIZE: usize = 2 * 1024 * 1024;
const SIZE_PAGE: &str = "https://docs.gitlab.com/administration/instance_limits/#maximum-size-and-depth-of-cicd-configuration-yaml-files";

/// GitLab CI.
pub(super) static GITLAB: FanoutSystem = FanoutSystem {
    word: "gitlab",
    title: "GitLab CI",
    detected: "gitlab-ci",
    way: FanoutWay::Form(FanoutEmitter {
        limits: CutLimits { of_an_environment: None, of_a_stage: None, of_all: Some(MOST_JOBS) },
        write,
    }),
};

fn write(form: &FanoutForm<'_>) -> Result<String> {
    let plan = form.plan;
    let mut text =
        format!("# Made by `stackstep fleet plan --for gitlab`: {}, {}.\n", plan.command, plan.digest);
    if plan.groups.is_empty() {
        // GitLab takes no pipeline without a job.
        text.push_str("workflow:\n  rules: [{ when: \"always\" }]\n\"nothing to do\":\n  script: [\"echo 'there is no stack to plan'\"]\n");
        return Ok(text);
    }
    // Without it, a child pipeline of a merge request would have no jobs:
    // https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#run-child-pipelines-with-merge-request-pipelines
    text.push_str("workflow:\n  rules: [{ when: \"always\" }]\n");
    let stages: Vec<String> = (1..=plan.stages()).map(|stage| quoted(&format!("stage-{stage}"))).collect();
    let _ = writeln!(text, "stages: [{}]", stages.join(", "));
    // In waves all of a stage have to end well, not only those that are needed.
    let by_needs = !plan.has_waves();
    for group in &plan.groups {
        let _ = write!(text, "{}", job(form, group, by_needs && group.after.len() <= MOST_NEEDS));
    }
    within_the_size(text.len(), SIZE, "GitLab's configuration", SIZE_PAGE)?;
    Ok(text)
}

fn job(form: &FanoutForm<'_>, group: &PlanGroup, by_needs: bool) -> String {
    let mut job = format!(
        "{}:\n  extends: \".stackstep-fleet\"\n  stage: \"stage-{}\"\n",
        quoted(&group.id),
        group.stage
    );
    if by_needs {
        let needs: Vec<String> = group.after.iter().map(|other| quoted(other)).collect();
        let _ = writeln!(job, "  needs: [{}]", needs.join(", "));
    }
    if let Some(environment) = &group.environment {
        // A look is no deployment: https://docs.gitlab.com/ci/yaml/#environmentaction
        let action = if form.plan.ordered { "" } else { ", action: \"prepare\"" };
        let _ = writeln!(job, "  environment: {{ name: {}{action} }}", quoted(environment));
    }
    // As it is written: a `$` in it would be one. https://docs.gitlab.com/ci/yaml/#variablesexpand
    let _ = writeln!(
        job,
        "  variables:\n    {FLEET_STACKS}: {{ value: {}, expand: false }}",
        quoted(&form.stacks(group))
    );
    job
}

#[cfg(test)]
mod tests {
    use super::super::plan::FleetPlan;
    use super::super::plan::tests::{plan_of, small_plan};
    use super::*;

    fn written(plan: &FleetPlan) -> String {
        write(&FanoutForm { plan, file: None, stages: None, environments: None }).unwrap()
    }

    #[test]
    fn each_job_waits_for_those_that_it_needs() {
        let plan = small_plan();
        let text = written(&plan);
        let (_, rest) = text.split_once('\n').unwrap();
        assert_eq!(
            rest,
            "workflow:\n  rules: [{ when: \"always\" }]\nstages: [\"stage-1\", \"stage-2\"]\n\
             \"stage-1-1\":\n  extends: \".stackstep-fleet\"\n  stage: \"stage-1\"\n  needs: []\n  \
             environment: { name: \"production\" }\n  variables:\n    \
             STACKSTEP_FLEET_STACKS: { value: \"network/prod\", expand: false }\n\
             \"stage-2-1\":\n  extends: \".stackstep-fleet\"\n  stage: \"stage-2\"\n  needs: [\"stage-1-1\"]\n  variables:\n    \
             STACKSTEP_FLEET_STACKS: { value: \"blog/dev\", expand: false }\n\
             \"stage-2-2\":\n  extends: \".stackstep-fleet\"\n  stage: \"stage-2\"\n  needs: [\"stage-1-1\"]\n  \
             environment: { name: \"production\" }\n  variables:\n    \
             STACKSTEP_FLEET_STACKS: { value: \"shop/prod\", expand: false }\n"
        );
    }

    #[test]
    fn more_needs_than_gitlab_takes_are_left_to_the_stages() {
        let names: Vec<String> = (0..60).map(|number| format!("a/s{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pairs: Vec<(usize, usize)> = (1..60).map(|other| (0, other)).collect();
        let text = written(&plan_of(&names, &pairs, CutLimits::default()).unwrap());
        let last = text.split("\"stage-2-1\":").nth(1).unwrap();
        assert!(last.contains("stage: \"stage-2\"") && !last.contains("needs"), "{last}");
    }

    #[test]
    fn a_plan_of_nothing_is_a_pipeline_that_does_nothing() {
        let text = written(&plan_of(&[], &[], CutLimits::default()).unwrap());
        assert!(text.contains("nothing to do") && !text.contains("extends"), "{text}");
    }
}
