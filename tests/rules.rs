//! Rules on what a run changes: with the binary as a whole, on the sandbox.

use std::path::Path;

use serde_json::Value;

use crate::support::{Run, Scene, json};

/// The stack `dev` of a shop, deployed with its configuration file.
fn deployed() -> Scene {
    let scene = Scene::new("shop");
    scene.write("Pulumi.dev.yaml", "config:\n  shop:size: large\n");
    scene.run("up --stack dev --upsert").ends_with(0);
    scene
}

/// The same, with a program that has only `logs`, as of an old branch, and without the stack's file.
fn without_its_file() -> Scene {
    let scene = deployed();
    std::fs::remove_file(scene.program.join("Pulumi.dev.yaml")).unwrap();
    scene.write("Pulumi.prod.yaml", "config: {}\n");
    scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\nresources: {}\n");
    scene
}

/// Runs `line`, and expects that nothing of the state has changed.
#[track_caller]
fn changes_nothing(scene: &Scene, line: &str) -> Run {
    let state = |scene: &Scene| {
        // That it was refused stands in the ledger beside it.
        let own = |path: &Path| path.starts_with(scene.root().join("state/.pulumi"));
        scene.snapshot().into_iter().filter(|(path, _)| own(path)).collect::<Vec<_>>()
    };
    let before = state(scene);
    let run = scene.run(line);
    assert!(state(scene) == before, "the state was touched:\n{}", run.log());
    run
}

fn result(scene: &Scene) -> Value {
    json(scene.program.join("result.json"))
}

#[test]
fn a_missing_stack_file_deletes_nothing_where_nothing_may_be_deleted() {
    let scene = without_its_file();
    let line = "up --stack dev --max-deletes 0 --result-file result.json --markdown-file report.md --junit-file j.xml";
    changes_nothing(&scene, line)
        .ends_with(74)
        .says("Update of `shop/dev` was refused by a rule: 2 to delete, at most 0")
        .says("error: refused by the rule max-deletes: 2 to delete, at most 0")
        .says("logs, orders-db")
        .says("hint: see that the stack's configuration file is in the checkout")
        .says("there is no `Pulumi.dev.yaml` in this checkout");
    let result = result(&scene);
    assert_eq!(
        (&result["reason"], &result["exit_code"], &result["status"]),
        (&"rules".into(), &74.into(), &"failed".into())
    );
    assert_eq!(
        (&result["rules"]["verdict"], &result["rules"]["rulings"][0]["count"]),
        (&"refused".into(), &2.into())
    );
    let report = std::fs::read_to_string(scene.program.join("report.md")).unwrap();
    assert!(
        report.contains("⛔ **refused** by `max-deletes`: 2 to delete, at most 0\n  - `logs`, `orders-db`"),
        "{report}"
    );
    assert!(report.contains("2 resources would have been deleted"), "{report}");
    let junit = std::fs::read_to_string(scene.program.join("j.xml")).unwrap();
    assert!(junit.contains("classname=\"shop/dev.rules\" name=\"max-deletes\""), "{junit}");
}

#[test]
fn what_the_rules_allow_is_deployed_after_a_preview_and_says_so() {
    let scene = deployed();
    scene.write("Pulumi.dev.yaml", "config:\n  shop:size: huge\n");
    scene
        .run("up --stack dev --max-deletes 0 --keep *Stash --result-file result.json")
        .ends_with(0)
        .says("1 updated");
    let result = result(&scene);
    assert_eq!((&result["rules"]["verdict"], &result["engine"]["processes"]), (&"allowed".into(), &2.into()));
    assert_eq!(result["rules"]["rulings"].as_array().unwrap().len(), 2);
}

#[test]
fn a_preview_shows_the_verdict_and_passes_unless_it_is_asked_to_fail() {
    let scene = without_its_file();
    let line = "preview --stack dev --max-deletes 0 --keep **::orders-db --result-file result.json";
    scene
        .run(line)
        .ends_with(0)
        .says("Preview of `shop/dev` would be refused by rules: 2 to delete, at most 0; 1 resource")
        .never_says("error: ");
    assert_eq!(result(&scene)["status"], "succeeded");
    scene.run(&format!("{line} --fail-on-rules")).ends_with(74).says("reason: rules");
}

#[test]
fn destroy_is_judged_as_well_and_a_refresh_is_not() {
    let scene = deployed();
    changes_nothing(&scene, "destroy --stack dev --max-deletes 0")
        .ends_with(74)
        .says("3 to delete, at most 0");
    changes_nothing(&scene, "destroy --stack dev --keep **::orders-db")
        .ends_with(74)
        .says("1 resource to delete");
    let scene = scene.with("STACKSTEP_MAX_DELETES", "0");
    scene.run("refresh --stack dev --result-file result.json").ends_with(0);
    assert!(result(&scene)["rules"].is_null());
}

#[test]
fn the_rules_of_the_repositorys_file_hold_for_the_stacks_that_match() {
    let scene = without_its_file();
    scene.write("stackstep.yaml", "stacks:\n  prod:\n    rules: {max-deletes: 9}\n  \"d*\":\n    unreviewed: allow\n    rules: {max-deletes: {limit: 0, else: approval}}\n");
    changes_nothing(&scene, "up --stack dev --result-file result.json")
        .ends_with(75)
        .says("Update of `shop/dev` needs an approval: 2 to delete, at most 0")
        .says("reason: approval");
    let set_in = &result(&scene)["rules"]["rulings"][0]["set_in"][0];
    assert!(set_in.as_str().unwrap().starts_with("`stacks.d*.rules` in `"), "{set_in}");
    changes_nothing(&scene, "up --stack dev --max-deletes 0")
        .ends_with(74)
        .says("refused by the rule max-deletes");
}

#[test]
fn a_run_never_loosens_a_rule() {
    let scene = deployed();
    scene.write(
        "stackstep.yaml",
        "no-warnings: true\nkeep: [\"aws:*\"]\nstacks: {dev: {unreviewed: allow, rules: {max-deletes: 1}}}\n",
    );
    let refused = |scene: &Scene, line: &str, what: &str| {
        changes_nothing(scene, line).ends_with(2).says(what).says("never loosen");
    };
    refused(
        &scene,
        "up --stack dev --max-deletes 2",
        "`max-deletes` is at most 2, by the inputs of this run, and at most 1",
    );
    refused(&scene, "up --stack dev --no-warnings=false", "`no-warnings` is false (flag), and true (");
    let scene = scene.with("STACKSTEP_MAX_DELETES", "0");
    refused(
        &scene,
        "up --stack dev --max-deletes 1",
        "`max-deletes` is 1 (flag), and 0 (environment: STACKSTEP_MAX_DELETES)",
    );
    let scene = scene.with("STACKSTEP_KEEP", "**::x");
    scene.run("preview --stack dev --keep **::y --result-file result.json").ends_with(0);
    scene
        .run("rules --keep **::y")
        .ends_with(0)
        .says("keeps `**::x`")
        .says("keeps `**::y`")
        .says("keeps `aws:*`");
}

#[test]
fn a_preview_that_is_left_out_contradicts_rules() {
    let scene = deployed();
    changes_nothing(&scene, "up --stack dev --max-deletes 0 --skip-preview")
        .ends_with(2)
        .says("`skip-preview` contradicts `max-deletes`: rules judge the preview");
    // Rules of the file bring the preview back.
    let scene = without_its_file();
    scene.write("stackstep.yaml", "stacks: {dev: {unreviewed: allow, rules: {keep: \"*\"}}}\n");
    changes_nothing(&scene, "up --stack dev --skip-preview").ends_with(74).says("refused by the rule keep");
}

#[test]
fn each_typo_ends_the_run_before_anything_starts() {
    let scene = deployed();
    for (text, what, hint) in [
        ("{max-delete: 0}", "there is no rule `max-delete`", "did you mean `max-deletes`?"),
        ("{max-deletes: -1}", "is `-1`", "a number from 0"),
        ("{keep: [orders-db]}", "can never match", "`**::orders-db`"),
        ("{freeze: {days: [fri], zone: Europe/Berln}}", "is not the name of a time zone", "`Europe/Berlin`"),
        ("{freeze: {dates: 2026-13-01, zone: UTC}}", "which is not a date", "`2026-12-24`"),
        (
            "{keep: \"*\", exceptions: [{rule: kep, until: 2026-12-31, because: x}]}",
            "no rule `kep`",
            "`keep`",
        ),
        (
            "{exceptions: [{rule: keep, until: 2026-12-31, because: x}]}",
            "which is not set there",
            "set `keep`",
        ),
        ("{keep: \"*\", exceptions: [{rule: keep, because: x}]}", "has no end", "`until: "),
    ] {
        scene.write("stackstep.yaml", &format!("stacks: {{dev: {{unreviewed: allow, rules: {text}}}}}\n"));
        let run = changes_nothing(&scene, "up --stack dev").ends_with(2).says(what).says(hint);
        assert!(
            run.log().contains("`stacks.dev.rules` in `") && run.log().contains("stackstep.yaml`"),
            "{}",
            run.log()
        );
        assert_eq!(run.log().matches("error: ").count(), 1, "{}", run.log());
    }
    std::fs::remove_file(scene.program.join("stackstep.yaml")).unwrap();
    for (line, what) in [
        ("up --stack dev --keep orders-db", "`keep` of the inputs of this run has `orders-db`"),
        ("up --stack dev --max-deletes=-1", "`max-deletes` is `-1`"),
    ] {
        changes_nothing(&scene, line).ends_with(2).says(what);
    }
}

#[test]
fn a_freeze_refuses_a_deployment_and_no_preview() {
    let scene = deployed();
    scene.write("Pulumi.dev.yaml", "config:\n  shop:size: huge\n");
    // Every day of the years to come.
    scene.write(
        "stackstep.yaml",
        "stacks: {dev: {unreviewed: allow, rules: {freeze: {dates: 2020-01-01..2999-12-31, zone: Europe/Berlin}}}}\n",
    );
    changes_nothing(&scene, "up --stack dev")
        .ends_with(74)
        .says("frozen: 2020-01-01..2999-12-31 Europe/Berlin; it is ")
        .says("by the clock of the job's machine");
    scene.run("preview --stack dev --fail-on-rules").ends_with(0).says("would be refused by a rule: frozen");
}

#[test]
fn rules_are_tried_on_results_that_are_there_already() {
    let scene = without_its_file();
    scene.run("preview --stack dev --result-file result.json").ends_with(0);
    let scene =
        scene.without("PULUMI_BACKEND_URL").without("PULUMI_CONFIG_PASSPHRASE").with("PATH", "/nowhere");
    scene.run("rules").ends_with(0).says("no rules are set");
    scene.run("rules result.json").ends_with(0).says("no rules are set for this stack");
    scene
        .run("rules result.json --max-deletes 1 --keep **::orders-db")
        .ends_with(74)
        .says("max-deletes  2 to delete, at most 1")
        .says("    logs, orders-db")
        .says("1 result: 1 refused, 0 with an approval, 0 allowed");
    scene.write("stackstep.yaml", "stacks: {shop/dev: {rules: {max-deletes: {limit: 0, else: approval}}}}\n");
    let run = scene.run("rules *.json --json").ends_with(0);
    let answer: Value = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(
        (&answer["verdict"], &answer["results"][0]["stack"]),
        (&"approval".into(), &"shop/dev".into())
    );
    assert_eq!(answer["results"][0]["rules"]["rulings"][0]["finding"], "2 to delete, at most 0");
    scene.run("rules").ends_with(0).says("shop/dev  max-deletes: at most 0, else asks for an approval");
    scene.run("rules nothing.json").ends_with(2).says("could not read");
    scene.run("rules result.json --at soon").ends_with(2).says("`--at` is `soon`");
}

#[test]
fn rules_are_tried_at_the_time_of_the_result_or_at_another_one() {
    let scene = without_its_file();
    scene.run("preview --stack dev --result-file result.json").ends_with(0);
    scene.write(
        "stackstep.yaml",
        "stacks: {dev: {unreviewed: allow, rules: {freeze: {dates: 2026-12-24, zone: Europe/Berlin}}}}\n",
    );
    scene.run("rules result.json").ends_with(0).says("not frozen");
    scene
        .run("rules result.json --at 2026-12-24T00:00:00+01:00")
        .ends_with(74)
        .says("frozen: 2026-12-24 Europe/Berlin");
    scene.run("rules result.json --at 2026-12-23T23:59:59+01:00").ends_with(0);
}
