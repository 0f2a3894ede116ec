//! The Jenkinsfile of the page about fan-out: the plan's jobs as branches, stage by stage.

use super::{binary, run};
use crate::harness::Place;
use crate::harness::fleet::{block_of_the_page, lay_fleet};
use crate::harness::jenkins::spec;
use crate::tools;
use serde_json::json;

#[test]
#[ignore = "needs java"]
fn each_job_of_a_plan_is_a_branch_with_its_stacks_and_the_credential_of_its_environment() {
    let place = Place::new(&binary());
    lay_fleet(&place.repository());
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    std::fs::copy(tools::root().join("bootstrap/stackstep.sh"), place.repository().join("ci/stackstep.sh"))
        .unwrap();
    let file = place.beside("fleet.Jenkinsfile");
    // A deployment would ask git for the branch's head: what its gates say has its own tests.
    let text = block_of_the_page("groovy", "parallel(branches)").replace("sh fleet up", "sh fleet preview");
    std::fs::write(&file, text).unwrap();
    let credentials = json!({ "pulumi-production": "pul-production", "pulumi-staging": "pul-staging" });
    let mut spec = spec(&place, "push", json!({ "pipeline": file, "credentials": credentials }));
    for (name, value) in [("ENGINE", "sandbox"), ("UPSERT", "true"), ("COMMENT", "off")] {
        spec.environment.insert(format!("STACKSTEP_{name}"), value.to_owned());
    }
    let told = run(&spec);
    assert_eq!(told.json["problems"][0], json!(null), "{}", told.log);
    let at = |stack: &str| {
        told.log
            .find(&format!("Preview of `{stack}`"))
            .unwrap_or_else(|| unreachable!("{stack}: {}", told.log))
    };
    for stack in ["shop/prod", "blog/prod"] {
        assert!(at("network/prod") < at(stack), "{stack}: {}", told.log);
    }
    // They are in one job, in which previews wait for nobody.
    let _ = (at("network/dev"), at("shop/dev"));
    let stages = told.steps().into_iter().filter(|step| *step == "stage").count();
    assert_eq!(stages, 2, "{}", told.log);
}
