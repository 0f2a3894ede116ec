//! The order of a fleet: from the states, from the code, and as it is declared.

use super::Monorepo;

fn place(run: &crate::support::Run, stack: &str) -> usize {
    Monorepo::ended(run).iter().position(|one| one == stack).unwrap_or_else(|| panic!("{}", run.log()))
}

#[test]
fn each_stack_is_deployed_after_those_whose_outputs_it_reads() {
    let monorepo = Monorepo::new(
        &[
            ("app", &["prod"], &["shop/prod"]),
            ("network", &["prod"], &[]),
            ("shop", &["prod"], &["network/prod"]),
        ],
        "",
    );
    let run = monorepo.fleet("up --upsert --parallel-stacks 3").ends_with(0);
    assert_eq!(Monorepo::ended(&run), ["network/prod", "shop/prod", "app/prod"]);
}

#[test]
fn a_state_tells_the_order_that_no_program_does_any_more() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    monorepo.scene.write("infra/shop/Pulumi.yaml", &super::program("shop", &[]));
    let run = monorepo.fleet("up --dry-run").ends_with(0);
    assert!(run.stdout().contains("network/prod (state)"), "{}", run.stdout());
}

#[test]
fn what_is_declared_counts_for_stacks_of_the_same_name() {
    let projects: [(&str, &[&str], &[&str]); 2] =
        [("page", &["dev", "prod"], &[]), ("shop", &["dev", "prod"], &[])];
    let monorepo = Monorepo::new(&projects, "fleet: { depends-on: { infra/page: [infra/shop] } }\n");
    let plan = monorepo.fleet("up --dry-run").ends_with(0).stdout();
    let line = plan.lines().find(|line| line.starts_with("page/dev")).unwrap();
    assert!(line.contains("shop/dev (declared)") && !line.contains("shop/prod"), "{plan}");
}

#[test]
fn stacks_that_read_each_other_are_named_and_not_deployed_together() {
    let monorepo = Monorepo::new(
        &[
            ("network", &["prod"], &["shop/prod"]),
            ("page", &["prod"], &[]),
            ("shop", &["prod"], &["network/prod"]),
        ],
        "",
    );
    let run = monorepo.fleet("up --upsert").ends_with(2);
    run.says("`network/prod` after `shop/prod` (code), `shop/prod` after `network/prod` (code)");
    monorepo.fleet("up --upsert page/prod").ends_with(0);
}

#[test]
fn destroying_goes_the_other_way_round() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    let run = monorepo.fleet("destroy --all").ends_with(0);
    assert!(place(&run, "shop/prod") < place(&run, "network/prod"), "{}", run.log());
}

#[test]
fn what_comes_after_a_failed_stack_is_left_out_and_nothing_else() {
    let monorepo = Monorepo::shop("").failing("network");
    let run = monorepo.fleet("up --upsert").ends_with(80);
    run.says("it comes after `network/prod`, which did not end well");
    assert_eq!(monorepo.end("network/prod", "status"), "failed");
    assert_eq!(monorepo.end("page/prod", "status"), "succeeded");
    assert_eq!(monorepo.end("shop/prod", "status"), "skipped");
}

#[test]
fn a_preview_of_what_comes_after_a_failed_one_is_made_all_the_same() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert").ends_with(0);
    monorepo.scene.write("infra/network/Pulumi.yaml", "name: network\nruntime: yaml\nresources: [1]\n");
    monorepo.fleet("preview").ends_with(80);
    assert_eq!(monorepo.end("network/prod", "status"), "failed");
    assert_eq!(monorepo.end("shop/prod", "status"), "succeeded");
}

#[test]
fn how_a_fleet_stands_is_told_after_it() {
    let monorepo = Monorepo::shop("");
    monorepo.fleet("up --upsert network/prod").ends_with(0);
    let page = monorepo.scene.run("fleet status --json").ends_with(0);
    let page: serde_json::Value = serde_json::from_str(&page.stdout()).unwrap();
    let stacks = page["stacks"].as_array().unwrap();
    let last = |name: &str| stacks.iter().find(|one| one["project"] == name).unwrap()["last"].clone();
    assert_eq!(last("network")["succeeded"], true);
    assert!(last("shop").is_null());
}
