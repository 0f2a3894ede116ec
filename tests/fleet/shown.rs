//! What a fleet shows: each stack's log by itself, one page, one set of outputs.

use std::collections::BTreeMap;

use super::Monorepo;
use crate::support::json;

#[test]
fn the_logs_of_two_stacks_do_not_mix() {
    let monorepo = Monorepo::shop("");
    let log = monorepo.fleet("up --upsert --parallel-stacks 3").ends_with(0).log();
    for project in ["network", "page", "shop"] {
        let begin = log.find(&format!("{project}/prod: deployed")).unwrap_or_else(|| panic!("{log}"));
        let part = log[begin..].split_once('\n').unwrap().1;
        let part = part.split("/prod: deployed").next().unwrap();
        assert!(part.contains(&format!("pulumi:pulumi:Stack {project}-prod created")), "{project}: {part}");
    }
}

#[test]
fn each_stack_has_a_group_of_githubs_log_with_no_group_inside() {
    let monorepo = Monorepo::shop("");
    let scene = monorepo.scene.on_github();
    let run = scene.run("fleet up --upsert");
    let (mut open, mut groups) = (0, 0);
    for line in run.log().lines() {
        open += i32::from(line.starts_with("::group::"));
        groups += i32::from(line.starts_with("::group::"));
        open -= i32::from(line.starts_with("::endgroup::"));
        assert!((0..=1).contains(&open), "{}", run.log());
    }
    assert!(groups >= 3, "{}", run.log());
}

#[test]
fn the_outputs_are_those_of_all_stacks_together() {
    let monorepo = Monorepo::shop("");
    let file = monorepo.scene.root().join("out.env");
    monorepo.fleet(&format!("up --upsert --outputs-file {}", file.display())).ends_with(0);
    let text = std::fs::read_to_string(&file).unwrap();
    let outputs: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
    assert_eq!((outputs["STACK_STATUS"], outputs["STACK_HAS_CHANGES"]), ("succeeded", "true"));
    assert_eq!(outputs["STACK_STACKS"].matches("\"project\"").count(), 3, "{text}");
}

#[test]
fn each_stack_has_a_result_of_its_own_beside_the_fleets() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    for project in ["network", "page", "shop"] {
        let path = monorepo.scene.root().join(format!("fleet-{project}-prod.json"));
        assert_eq!(json(&path)["project"], project);
        assert_eq!(monorepo.end(&format!("{project}/prod"), "result"), path.display().to_string());
    }
}

#[test]
fn a_page_shows_all_stacks_once() {
    let monorepo = Monorepo::shop("");
    let file = monorepo.scene.root().join("page.md");
    monorepo.fleet(&format!("up --upsert --markdown-file {}", file.display())).ends_with(0);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("## 📝 3 stacks: 3 with changes"), "{page}");
}

#[test]
fn what_was_not_run_is_counted_as_that() {
    let monorepo = Monorepo::shop("").failing("network");
    let file = monorepo.scene.root().join("page.md");
    monorepo.fleet(&format!("up --upsert --markdown-file {}", file.display())).ends_with(80);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("## ❌ 3 stacks: 1 failed, 1 not run, 1 with changes"), "{page}");
    assert!(page.contains("it comes after `network/prod`"), "{page}");
}

#[test]
fn the_page_fits_its_schema() {
    let monorepo = Monorepo::shop("").failing("network");
    monorepo.fleet("up --upsert").ends_with(80);
    crate::support::fits_schema("fleet", &monorepo.page());
}
