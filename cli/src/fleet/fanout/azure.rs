//! Azure Pipelines: a matrix for each environment of each stage, as an output variable of the job that plans.
//! <https://learn.microsoft.com/en-us/azure/devops/pipelines/process/phases#multi-job-configuration>
//!
//! A service connection is named when the pipeline is compiled, so that each environment has jobs of its own, and a matrix of its
//! own in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::cut::CutLimits;
use super::plan::PlanGroup;
use super::system::{FanoutEmitter, FanoutForm, FanoutSystem, FanoutWay};
use crate::base::error::{Error, Result};
use crate::ci::names::FLEET_STACKS;

/// The word for the jobs of stacks without an environment.
const NO_ENVIRONMENT: &str = "none";

/// Azure Pipelines. No number is documented for a matrix: <https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/jobs-job-strategy>
pub(super) static AZURE: FanoutSystem = FanoutSystem {
    word: "azure",
    title: "Azure Pipelines",
    detected: "azure-pipelines",
    way: FanoutWay::Form(FanoutEmitter {
        limits: CutLimits { of_an_environment: None, of_a_stage: None, of_all: None },
        write,
    }),
};

/// A line for each matrix that sets the output variable `stage1_production`.
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#setvariable-initialize-or-modify-the-value-of-a-variable>
fn write(form: &FanoutForm<'_>) -> Result<String> {
    form.within_the_stages("a job for each environment")?;
    let known = form.environments.ok_or_else(|| {
        Error::input(
            "it is not said which environments the pipeline has jobs for, and those of others would be left out",
            "name them: `--environments staging,production`, and `none` for stacks without an environment",
        )
    })?;
    let mut matrices: BTreeMap<String, Vec<&PlanGroup>> = BTreeMap::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for group in &form.plan.groups {
        let environment = group.environment.as_deref().unwrap_or(NO_ENVIRONMENT);
        if !known.iter().any(|one| one == environment) {
            return Err(Error::input(
                format!(
                    "the plan has stacks of the environment `{environment}`, for which the pipeline has no jobs"
                ),
                "add it to the pipeline's list of environments, which is that of `--environments`, or plan other stacks",
            ));
        }
        let name = variable_part(environment);
        if let Some(other) = names.insert(name.clone(), environment).filter(|other| *other != environment) {
            return Err(Error::input(
                format!(
                    "the environments `{other}` and `{environment}` have one name in Azure's variables, `{name}`"
                ),
                "rename one of them, so that letters and digits tell them apart",
            ));
        }
        matrices.entry(format!("stage{}_{name}", group.stage)).or_default().push(group);
    }
    let mut lines = String::new();
    for (name, groups) in matrices {
        // Names have letters, digits and `_`: https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/jobs-job-strategy
        let cells = groups.iter().map(|group| {
            (group.id.replace('-', "_"), json!({ FLEET_STACKS: form.stacks(group), "title": group.title() }))
        });
        let matrix: serde_json::Map<_, _> = cells.collect();
        let _ = writeln!(lines, "##vso[task.setvariable variable={name};isOutput=true]{}", json!(matrix));
    }
    Ok(lines)
}

/// A name as a part of a variable's name.
fn variable_part(name: &str) -> String {
    name.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::FleetPlan;
    use super::super::plan::tests::{plan_of, small_plan};
    use super::*;

    fn written(plan: &FleetPlan, environments: &[&str]) -> Result<String> {
        let environments: Vec<String> = environments.iter().map(|name| (*name).to_owned()).collect();
        write(&FanoutForm { plan, file: None, stages: None, environments: Some(&environments) })
    }

    #[test]
    fn each_environment_of_a_stage_has_a_matrix() {
        let cell = |id: &str, stack: &str| {
            format!("{{\"{id}\":{{\"STACKSTEP_FLEET_STACKS\":\"{stack}\",\"title\":\"{stack}\"}}}}")
        };
        assert_eq!(
            written(&small_plan(), &["production", "none"]).unwrap(),
            format!(
                "##vso[task.setvariable variable=stage1_production;isOutput=true]{}\n\
                 ##vso[task.setvariable variable=stage2_none;isOutput=true]{}\n\
                 ##vso[task.setvariable variable=stage2_production;isOutput=true]{}\n",
                cell("stage_1_1", "network/prod"),
                cell("stage_2_1", "blog/dev"),
                cell("stage_2_2", "shop/prod")
            )
        );
    }

    #[test]
    fn an_environment_without_jobs_is_refused() {
        let error = written(&small_plan(), &["production"]).unwrap_err().to_string();
        assert!(error.contains("`none`, for which the pipeline has no jobs"), "{error}");
        let plan = small_plan();
        let form = FanoutForm { plan: &plan, file: None, stages: None, environments: None };
        assert!(write(&form).unwrap_err().hint().unwrap().contains("--environments"));
    }

    #[test]
    fn environments_that_azure_could_not_tell_apart_are_refused() {
        let plan = plan_of(&["a/x prod eu", "b/x prod-eu"], &[], CutLimits::default()).unwrap();
        assert!(written(&plan, &["prod eu", "prod-eu"]).unwrap_err().to_string().contains("one name"));
    }
}
