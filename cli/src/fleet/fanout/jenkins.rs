//! Jenkins: the stages as JSON, of which a `Jenkinsfile` makes `parallel` branches.
//! <https://www.jenkins.io/doc/book/pipeline/syntax/#parallel>

use serde_json::Value;

use super::cut::CutLimits;
use super::system::{FanoutEmitter, FanoutForm, FanoutSystem, FanoutWay};
use crate::base::error::Result;

/// Jenkins, which has as many branches as there are executors for; none of its pages names a number.
pub(super) static JENKINS: FanoutSystem = FanoutSystem {
    word: "jenkins",
    title: "Jenkins",
    detected: "jenkins",
    way: FanoutWay::Form(FanoutEmitter {
        limits: CutLimits { of_an_environment: None, of_a_stage: None, of_all: None },
        write,
    }),
};

/// A list of stages on one line, each a list of jobs. Its values are texts only, which every reader of JSON gives a pipeline as
/// values that it can keep.
#[expect(clippy::unnecessary_wraps, reason = "every system writes its form by such a function")]
fn write(form: &FanoutForm<'_>) -> Result<String> {
    let stages: Value = (1..=form.plan.stages()).map(|stage| form.cells(stage)).collect();
    Ok(format!("{stages}\n"))
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::small_plan;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_stages_are_lists_of_jobs() {
        let plan = small_plan();
        let text = write(&FanoutForm { plan: &plan, file: None, stages: None, environments: None }).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read[0][0]["stacks"], "network/prod");
        assert_eq!(
            read[1][1],
            json!({ "id": "stage-2-2", "title": "shop/prod", "environment": "production", "stacks": "shop/prod" })
        );
        assert_eq!(text.lines().count(), 1);
    }
}
