//! Waves, the number of failures, and the brake.

use super::Monorepo;

const FOUR: [(&str, &[&str], &[&str]); 4] =
    [("a", &["prod"], &[]), ("b", &["prod"], &[]), ("c", &["prod"], &[]), ("d", &["prod"], &[])];

#[test]
fn a_canary_that_fails_keeps_the_next_wave_back() {
    let file = "fleet: { waves: [1, 100%], canary: [c/prod] }\n";
    let monorepo = Monorepo::new(&FOUR, file).failing("c");
    let run = monorepo.fleet("up --upsert --parallel-stacks 4").ends_with(80);
    run.says("1 stacks have failed, and `fleet.max-failures` allows 0");
    let page = monorepo.page();
    let waves: Vec<_> =
        page["stacks"].as_array().unwrap().iter().map(|stack| stack["wave"].clone()).collect();
    assert_eq!(waves, [2, 2, 1, 2]);
    assert_eq!(monorepo.end("d/prod", "status"), "skipped");
}

#[test]
fn as_many_may_fail_as_the_file_says() {
    let file = "fleet: { parallel-stacks: 1, max-failures: 1 }\n";
    let monorepo = Monorepo::new(&FOUR, file).failing("a");
    monorepo.fleet("up --upsert").ends_with(80);
    assert_eq!(monorepo.end("d/prod", "status"), "succeeded");
}

#[test]
fn more_deletions_than_may_be_stop_the_fleet_before_it_begins() {
    let monorepo = Monorepo::new(&FOUR, "fleet: { max-deletes: 1 }\n");
    monorepo.fleet("up --upsert").ends_with(0);
    for project in ["a", "b"] {
        let path = format!("infra/{project}/Pulumi.yaml");
        monorepo.scene.write(&path, &format!("name: {project}\nruntime: yaml\n"));
    }
    let before = monorepo.scene.snapshot();
    let run = monorepo.fleet("up").ends_with(74);
    run.says("2 resources are deleted or replaced, and `fleet.max-deletes` allows 1");
    let states = |snapshot: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        snapshot
            .iter()
            .filter(|(path, _)| path.to_string_lossy().contains("/stacks/"))
            .map(|(path, bytes)| (path.clone(), bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&before), states(&monorepo.scene.snapshot()), "nothing was begun");
    monorepo.fleet("up a/prod").ends_with(0);
}

#[test]
fn a_fleet_has_no_more_stacks_than_may_be() {
    let monorepo = Monorepo::new(&FOUR, "fleet: { max-stacks: 3 }\n");
    monorepo.fleet("preview").ends_with(2).says("the fleet has 4 stacks, and `fleet.max-stacks` allows 3");
    monorepo.fleet("preview a/prod").never_says("max-stacks");
}
