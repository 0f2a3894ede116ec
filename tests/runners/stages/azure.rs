//! The stage template of Azure Pipelines that carries out the map: which stages an event has, and what their steps do.

use super::did;
use crate::harness::machine::{binary, run};
use crate::harness::mapped::{step, with_map};
use crate::harness::{Event, Place, WRAPPERS};
use crate::tools;
use serde_json::Value;

fn template() -> Value {
    let path = tools::root().join("azure-tasks/templates/delivery.yml");
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether a condition of the template holds. Others are not in it.
fn holds(condition: &str, event: Event, shows: bool) -> bool {
    match condition {
        "eq(variables['Build.Reason'], 'PullRequest')" => event == Event::ChangeRequest,
        "eq(variables['Build.SourceBranch'], parameters.branch)" => event == Event::Push,
        "startsWith(variables['Build.SourceBranch'], parameters.tags)" => event == Event::Tag,
        "parameters.showProduction" => shows,
        other => unreachable!("{other}"),
    }
}

/// The stages of an event. <https://learn.microsoft.com/azure/devops/pipelines/process/expressions#conditional-insertion>
fn stages(items: &Value, event: Event, shows: bool) -> Vec<Value> {
    let (mut found, mut decided) = (Vec::new(), false);
    for item in items.as_array().unwrap() {
        let key = item.as_object().unwrap().keys().next().unwrap();
        let Some(condition) = key.strip_prefix("${{ ").and_then(|key| key.strip_suffix(" }}")) else {
            found.push(item.clone());
            continue;
        };
        let (word, condition) = condition.split_once(' ').unwrap();
        decided &= word == "elseif";
        if !decided && holds(condition, event, shows) {
            decided = true;
            found.extend(stages(&item[key], event, shows));
        }
    }
    found
}

/// The parameters of the step template in a stage, with the defaults filled in.
fn task(stage: &Value) -> (String, String) {
    let job = &stage["jobs"][0];
    let deploys = &job["strategy"]["runOnce"]["deploy"]["steps"];
    let steps = if deploys.is_null() { &job["steps"] } else { deploys };
    let all = steps.as_array().unwrap();
    // A preview runs the code of a change, which is to find no key in the checkout.
    assert_eq!(all[0]["checkout"], "self");
    assert_eq!(all[0].get("persistCredentials").is_some(), !deploys.is_null());
    let used = all.iter().find(|step| step["template"] == "steps.yml").unwrap();
    let text = |name: &str| {
        let text = used["parameters"][name].as_str().unwrap();
        text.replace("${{ parameters.staging }}", "staging").replace("${{ parameters.production }}", "prod")
    };
    (text("command"), text("stack"))
}

#[test]
#[ignore = "needs the agent's library"]
fn each_event_has_the_stage_of_its_identity_which_does_what_the_map_says() {
    let azure = *WRAPPERS.iter().find(|wrapper| wrapper.system() == "azure-pipelines").unwrap();
    for (event, shows, wanted) in [
        (
            Event::ChangeRequest,
            false,
            &[("preview", &["Preview of `hello/staging`", "Preview of `hello/prod`"][..])][..],
        ),
        (Event::Push, false, &[("staging", &["Deployed `hello/staging`"])]),
        (Event::Tag, false, &[("production", &["Deployed `hello/prod`"])]),
        (
            Event::Tag,
            true,
            &[
                ("preview_production", &["Preview of `hello/prod`"]),
                ("production", &["Deployed `hello/prod`"]),
            ],
        ),
    ] {
        let stages = stages(&template()["stages"], event, shows);
        assert_eq!(stages.len(), wanted.len(), "{event:?}");
        for (stage, (name, runs)) in stages.iter().zip(wanted) {
            assert_eq!(stage["stage"], *name);
            // What deploys goes through an environment, whose checks come before; what looks does not.
            let deploys = runs[0].starts_with("Deployed");
            assert_eq!(stage["jobs"][0].get("environment").is_some(), deploys, "{name}");
            assert_eq!(stage["lockBehavior"] == "sequential", deploys, "{name}");
            let (command, stack) = task(stage);
            let rehearsal = [("engine", "sandbox"), ("upsert", "true"), ("comment", "off")];
            let inputs =
                [&[("command", command.as_str()), ("stack", stack.as_str())][..], &rehearsal].concat();
            let place = with_map(Place::new(binary()));
            let (status, said) = run(step(azure, &place, event, &inputs));
            assert_eq!(status, 0, "{said}");
            did(&said, runs);
        }
    }
}

#[test]
#[ignore = "needs bash"]
fn the_run_is_named_after_the_summary_by_characters_that_a_run_may_have() {
    let stages = stages(&template()["stages"], Event::Tag, true);
    let mut steps = stages[0]["jobs"][0]["steps"].as_array().unwrap().iter();
    let script = steps.find_map(|step| step["bash"].as_str()).unwrap().to_owned();
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", &script])
        .env("NAME", "20260801.3")
        .env("SUMMARY", "1 to delete, 4 to create: aws:rds/instance:Instance db");
    let (status, said) = run(bash);
    assert_eq!(
        (status, said.as_str()),
        (
            0,
            "##vso[build.updatebuildnumber]20260801.3 - 1 to delete 4 to create aws rds instance Instance db\n"
        )
    );
}
