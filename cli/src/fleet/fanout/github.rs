//! GitHub Actions: the matrix of each stage, as an output of the job that plans. A job's matrix can come from the outputs of an
//! earlier one (<https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations>), and
//! stages are jobs one after the other.

use std::fmt::Write as _;

use super::cut::CutLimits;
use super::system::{FanoutEmitter, FanoutForm, FanoutSystem, FanoutWay, USUAL_STAGES, within_the_size};
use crate::base::error::Result;

/// A matrix makes 256 jobs at most. <https://docs.github.com/en/actions/reference/limits>
const MOST_CELLS: usize = 256;

/// The size of a job's outputs. <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs>
const OUTPUTS: usize = 1024 * 1024;
const OUTPUTS_PAGE: &str =
    "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs";

/// GitHub Actions.
pub(super) static GITHUB: FanoutSystem = FanoutSystem {
    word: "github",
    title: "GitHub Actions",
    detected: "github-actions",
    way: FanoutWay::Form(FanoutEmitter {
        limits: CutLimits { of_an_environment: None, of_a_stage: Some(MOST_CELLS), of_all: None },
        write,
    }),
};

/// A line for each output: `stage-1` and so on hold the cells of a matrix, `stages` their number, `digest` the plan's.
fn write(form: &FanoutForm<'_>) -> Result<String> {
    form.within_the_stages("a job with its matrix")?;
    let plan = form.plan;
    let mut lines = format!("stages={}\ndigest={}\n", plan.stages(), plan.digest);
    // A stage that has nothing to do says so: a matrix can't be read from an output that is not there.
    for stage in 1..=plan.stages().max(form.stages.unwrap_or(USUAL_STAGES)) {
        let _ = writeln!(lines, "stage-{stage}={}", form.cells(stage));
    }
    // GitHub counts them in UTF-16.
    within_the_size(lines.encode_utf16().count() * 2, OUTPUTS, "GitHub's outputs of a job", OUTPUTS_PAGE)?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::{plan_of, small_plan};
    use super::*;

    fn form(plan: &super::super::plan::FleetPlan) -> FanoutForm<'_> {
        FanoutForm { plan, file: None, stages: None, environments: None }
    }

    #[test]
    fn each_stage_is_an_output_with_the_cells_of_a_matrix() {
        let plan = small_plan();
        let expected = format!(
            "stages=2\ndigest={}\n\
             stage-1=[{{\"id\":\"stage-1-1\",\"title\":\"network/prod\",\"environment\":\"production\",\"stacks\":\"network/prod\"}}]\n\
             stage-2=[{{\"id\":\"stage-2-1\",\"title\":\"blog/dev\",\"environment\":\"\",\"stacks\":\"blog/dev\"}},\
             {{\"id\":\"stage-2-2\",\"title\":\"shop/prod\",\"environment\":\"production\",\"stacks\":\"shop/prod\"}}]\n\
             stage-3=[]\nstage-4=[]\n",
            plan.digest
        );
        assert_eq!(write(&form(&plan)).unwrap(), expected);
    }

    #[test]
    fn more_stages_than_the_workflow_has_are_refused() {
        let plan = small_plan();
        let error = write(&FanoutForm { stages: Some(1), ..form(&plan) }).unwrap_err();
        assert!(error.to_string().contains("has 2 stages, and the pipeline has jobs for 1"), "{error}");
        assert!(error.hint().unwrap().contains("--stages 2"), "{error:?}");
    }

    #[test]
    fn a_plan_that_is_too_large_for_an_output_goes_by_a_file() {
        let names: Vec<String> =
            (0..9000).map(|number| format!("a-project-with-a-long-name/stack-{number:0>40}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let limits = CutLimits { of_a_stage: Some(MOST_CELLS), ..CutLimits::default() };
        let plan = plan_of(&names, &[], limits).unwrap();
        assert_eq!(plan.groups.len(), MOST_CELLS);
        let error = write(&form(&plan)).unwrap_err();
        assert!(error.hint().unwrap().contains("--plan-file"), "{error:?}");
        let by_file = write(&FanoutForm { file: Some("fleet.json"), ..form(&plan) }).unwrap();
        assert!(by_file.contains("\"stacks\":\"@fleet.json#stage-1-1\""), "{by_file}");
    }
}
