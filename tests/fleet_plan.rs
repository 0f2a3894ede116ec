//! `stackstep fleet plan`: the stacks of a repository as jobs of a CI system, and a job that gets its stacks.

use serde_json::{Value, json};

use crate::support::Scene;

const SETTINGS: &str = "fleet: { depends-on: { infra/shop: [infra/network] } }\n\
                        stacks:\n  prod: { environment: production }\n  dev: { environment: staging }\n";

/// A repository of two projects, of which one comes after the other, with stacks of two environments.
fn monorepo() -> Scene {
    let scene = Scene::empty();
    for (project, stacks) in [("network", &["dev", "prod"][..]), ("shop", &["dev", "prod"])] {
        scene.write(
            &format!("infra/{project}/Pulumi.yaml"),
            &format!("name: {project}\nruntime: yaml\nresources: {{}}\n"),
        );
        for stack in stacks {
            scene.write(&format!("infra/{project}/Pulumi.{stack}.yaml"), "config: {}\n");
        }
    }
    scene.write("stackstep.yaml", SETTINGS);
    #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
    let git = |args: &[&str]| {
        assert!(
            std::process::Command::new("git")
                .args(args)
                .current_dir(&scene.program)
                .status()
                .unwrap()
                .success()
        );
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    scene
}

fn planned(scene: &Scene, line: &str) -> Value {
    let run = scene.run(&format!("fleet plan {line}")).ends_with(0);
    assert_eq!(run.stdout().lines().count(), 1, "{}", run.log());
    serde_json::from_str(&run.stdout()).unwrap()
}

/// The stacks of each job of a plan.
fn jobs(plan: &Value) -> Vec<(u64, Value, Value)> {
    let groups = plan["groups"].as_array().unwrap().iter();
    groups
        .map(|one| (one["stage"].as_u64().unwrap(), one["environment"].clone(), one["stacks"].clone()))
        .collect()
}

#[test]
fn the_neutral_plan_has_the_stacks_their_order_and_their_jobs() {
    let plan = planned(&monorepo(), "prod");
    assert_eq!((&plan["v"], &plan["command"], &plan["ordered"]), (&json!(1), &json!("up"), &json!(true)));
    let shop = &plan["nodes"][1];
    assert_eq!(
        (&shop["id"], &shop["cwd"], &shop["order"]),
        (&json!("shop/prod"), &json!("infra/shop"), &json!(2))
    );
    assert_eq!(shop["after"], json!([{ "stack": "network/prod", "by": ["declared"] }]));
    assert_eq!(
        jobs(&plan),
        [(1, json!("production"), json!(["network/prod", "shop/prod"]))],
        "a row of stacks of one environment is one job"
    );
}

#[test]
fn no_job_has_stacks_of_two_environments() {
    let jobs = jobs(&planned(&monorepo(), "--jobs 1"));
    let stacks: usize = jobs.iter().map(|(_, _, stacks)| stacks.as_array().unwrap().len()).sum();
    assert_eq!(stacks, 4);
    for (_, environment, stacks) in jobs {
        let name = if environment == "production" { "prod" } else { "dev" };
        assert!(
            stacks.as_array().unwrap().iter().all(|stack| stack.as_str().unwrap().ends_with(name)),
            "{stacks}"
        );
    }
}

#[test]
fn a_destroy_goes_the_other_way_round_and_a_preview_in_no_order() {
    let scene = monorepo();
    let destroy = planned(&scene, "--command destroy prod");
    assert_eq!(jobs(&destroy), [(1, json!("production"), json!(["shop/prod", "network/prod"]))]);
    let preview = planned(&scene, "--command preview prod");
    assert_eq!(jobs(&preview).len(), 2);
    scene.run("fleet plan --command destroy").ends_with(2).says("names no stack");
}

#[test]
fn the_plan_needs_no_credentials_and_says_what_could_not_be_read() {
    let scene =
        monorepo().with("PULUMI_BACKEND_URL", "https://api.pulumi.com").without("PULUMI_ACCESS_TOKEN");
    let plan = planned(&scene, "");
    assert_eq!((&plan["unread"], &plan["nodes"][0]["read"]), (&json!(4), &json!(false)));
    scene.run("fleet plan").ends_with(0).says("their order is from code and declarations");
}

#[test]
fn the_form_is_that_of_the_system_that_is_named_or_detected() {
    let scene = monorepo().on_github();
    for line in ["--for github", "--for"] {
        let run = scene.run(&format!("fleet plan prod --jobs 1 {line}")).ends_with(0);
        let first =
            run.stdout().lines().find_map(|line| line.strip_prefix("stage-1=").map(str::to_owned)).unwrap();
        let cells: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(cells[0]["stacks"], "network/prod shop/prod", "{cells}");
    }
    monorepo().run("fleet plan --for").ends_with(2).says("`local` has no form of a plan");
    monorepo().run("fleet plan --for travis").ends_with(2).says("Travis CI makes no jobs of a plan");
}

#[test]
fn a_job_has_the_stacks_of_its_variable_and_no_others() {
    let scene = monorepo().with("STACKSTEP_FLEET_STACKS", "network/prod shop/prod");
    let run = scene.run("fleet preview --dry-run").ends_with(0);
    assert!(run.stdout().contains("shop/prod") && !run.stdout().contains("dev"), "{}", run.log());
    run.never_says("means nothing to stackstep");
    let run = scene.run("fleet preview --dry-run dev").ends_with(0);
    assert!(
        run.stdout().contains("shop/dev") && !run.stdout().contains("prod"),
        "the command line wins: {}",
        run.log()
    );
}

#[test]
fn a_job_whose_variable_is_empty_does_nothing() {
    let scene = monorepo().with("STACKSTEP_FLEET_STACKS", "");
    scene.run("fleet up").ends_with(2).says("`STACKSTEP_FLEET_STACKS` is set and names no stack");
}

#[test]
fn a_large_plan_goes_by_a_file_that_the_jobs_take_their_stacks_from() {
    let scene = monorepo();
    let run = scene.run("fleet plan prod --for jenkins --plan-file fleet.json").ends_with(0);
    let stages: Value = serde_json::from_str(&run.stdout()).unwrap();
    let named = stages[0][0]["stacks"].as_str().unwrap();
    assert_eq!(named, "@fleet.json#stage-1-1");
    let scene = scene.with("STACKSTEP_FLEET_STACKS", named);
    let run = scene.run("fleet preview --dry-run").ends_with(0);
    assert!(run.stdout().contains("shop/prod") && !run.stdout().contains("dev"), "{}", run.log());
    let scene = scene.with("STACKSTEP_FLEET_STACKS", "@fleet.json#stage-9-9");
    scene.run("fleet preview --dry-run").ends_with(2).says("has no job `stage-9-9`");
}

#[test]
fn a_plan_is_written_to_a_file() {
    let scene = monorepo();
    let run = scene.run("fleet plan --for gitlab --output fleet.yml").ends_with(0);
    assert_eq!(run.stdout(), "");
    let text = std::fs::read_to_string(scene.program.join("fleet.yml")).unwrap();
    assert!(text.contains("extends: \".stackstep-fleet\""), "{text}");
}

#[test]
fn the_plan_fits_its_schema() {
    crate::support::fits_schema("fleet-plan", &planned(&monorepo(), ""));
}
