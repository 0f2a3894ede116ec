//! Results of several stacks, in one report.

use super::{Fake, found, github, job, path, workflow_run, write};
use crate::support::Scene;
use crate::support::forge::FACES;

fn three(scene: &Scene) {
    write(scene, "results/a/one.json", &found("dev", "yaml-preview-noop"));
    write(scene, "results/b/two.json", &found("prod", "preview-program-error"));
    write(scene, "results/b/three.json", &found("stage", "preview-replace-delete"));
}

#[test]
fn several_results_are_one_comment_on_each_forge() {
    for face in FACES {
        let fake = Fake::start(*face);
        let scene = job(&fake);
        three(&scene);
        scene.run("report results/**/*.json").ends_with(0).says("commented on ");
        let body = fake.only();
        assert!(body.contains("## ❌ 3 stacks: 1 failed, 1 with changes"), "{body}");
        assert_eq!(fake.memory().notifications, 1);
        scene.run("report results/**/*.json").ends_with(0).says("7 (");
        fake.only();
    }
}

#[test]
fn all_other_forms_hold_each_stack() {
    let fake = github();
    let scene = workflow_run(&fake, "acme/shop")
        .input("results", "results/**/*.json")
        .input("report-file", "report.html")
        .input("junit-file", "report.xml")
        .input("counts-file", "counts.json")
        .input("commit-status", "true");
    three(&scene);
    scene.run("run").ends_with(0);
    let summary = scene.summary();
    assert_eq!(summary.matches("<details").count(), summary.matches("</details>").count());
    assert!(summary.starts_with("## ❌ 3 stacks: 1 failed, 1 with changes"), "{summary}");
    let page = std::fs::read_to_string(path(&scene, "report.html")).unwrap();
    assert_eq!(page.matches("<article aria-labelledby").count(), 2, "one has nothing but its row");
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target}");
    }
    let junit = std::fs::read_to_string(path(&scene, "report.xml")).unwrap();
    assert_eq!(junit.matches("<testsuite ").count(), 3);
    assert_eq!(fake.memory().statuses.len(), 3);
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["has-changes"].as_str()), ("failed", "true"));
}

#[test]
fn the_counts_of_all_are_added_up() {
    let fake = github();
    let scene = job(&fake).with("STACKSTEP_COUNTS_FILE", "counts.json");
    write(&scene, "one.json", &found("dev", "preview-create"));
    write(&scene, "two.json", &found("prod", "preview-create"));
    scene.run("report one.json").ends_with(0);
    let one = crate::support::json(path(&scene, "counts.json"));
    scene.run("report one.json two.json").ends_with(0);
    let two = crate::support::json(path(&scene, "counts.json"));
    assert_eq!(two["create"].as_u64().unwrap(), 2 * one["create"].as_u64().unwrap());
}

#[test]
fn the_same_file_twice_is_one_and_two_of_one_stack_are_refused() {
    let fake = github();
    let scene = job(&fake);
    let report = found("dev", "preview-create");
    write(&scene, "one.json", &report);
    write(&scene, "copy.json", &report);
    scene.run("report one.json one.json copy.json").ends_with(0);
    assert!(fake.only().contains("## 📝 Preview of `shop/dev`"), "{}", fake.only());
    write(&scene, "other.json", &found("dev", "preview-update"));
    scene
        .run("report one.json other.json")
        .ends_with(2)
        .says("is the second result of `preview` of `shop/dev`");
}
