//! Schedules of operations, of drift, and the end of the time to live.

use serde_json::{Value, json};

use super::Shop;

const FILE: &str = "\
sourceContext: { git: { branch: main } }
schedules:
  - { scheduleCron: '0 */4 * * *', operation: refresh }
  - { scheduleOnce: 2099-01-01T00:00:00Z, operation: update, paused: true }
drift: { scheduleCron: '0 6 * * *', autoRemediate: true }
ttl: { timestamp: 2099-02-01T00:00:00Z, deleteAfterDestroy: true }
";

fn kept(shop: &Shop) -> Vec<Value> {
    shop.kept().schedules.list.clone()
}

#[test]
fn each_kind_is_made_once() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0).says("new schedule: look for drift at `0 6 * * *`");
    shop.run("check").ends_with(0);
    shop.run("apply").ends_with(0).says("nothing was changed");
    assert_eq!(
        shop.changes(),
        [
            "POST settings",
            "POST schedules",
            "POST schedules",
            "POST schedules/schedule-2/pause",
            "POST drift/schedules",
            "POST ttl/schedules",
        ]
    );
    let paused: Vec<bool> = kept(&shop).iter().map(|one| one["paused"].as_bool().unwrap()).collect();
    assert_eq!(paused, [false, true, false, false]);
}

#[test]
fn what_changes_is_changed_and_what_is_gone_is_removed() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    let file = FILE.replace("0 6 * * *", "0 7 * * *").replace("0 */4", "0 */6").replace(", paused: true", "");
    let file = file.lines().filter(|line| !line.starts_with("ttl")).collect::<Vec<_>>().join("\n");
    shop.scene.write("deployment.yaml", &file);
    shop.run("check")
        .ends_with(7)
        .says("schedule removed: destroy the stack at `2099-02-01T00:00:00Z` and delete it");
    shop.run("apply").ends_with(0);
    shop.run("check").ends_with(0);
    let changes = shop.changes();
    assert_eq!(
        changes[changes.len() - 5..],
        [
            "POST schedules",
            "POST drift/schedules/schedule-3",
            "POST schedules/schedule-2/resume",
            "DELETE schedules/schedule-1",
            "DELETE schedules/schedule-4",
        ]
    );
}

#[test]
fn what_is_shown_can_be_the_file() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    shop.scene.write("deployment.yaml", &shop.run("show").ends_with(0).stdout());
    shop.run("check").ends_with(0);
}

#[test]
fn a_schedule_with_settings_of_its_own_is_shown_and_no_file_can_say_it() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    shop.kept().schedules.list[0]["definition"]["request"]["operationContext"] =
        json!({ "preRunCommands": ["x"] });
    shop.run("show")
        .ends_with(0)
        .says("a schedule that the file can't say: refresh at `0 */4 * * *` with settings of its own");
    shop.run("check")
        .ends_with(7)
        .says("schedule removed: refresh at `0 */4 * * *` with settings of its own");
}

#[test]
fn a_schedule_that_can_t_be_read_is_not_taken_for_none() {
    let shop = Shop::new(FILE).has(json!({ "sourceContext": { "git": { "branch": "main" } } }));
    shop.kept().schedules.list = vec![json!({ "id": "a", "kind": "deployment" })];
    for verb in ["show", "check", "apply"] {
        shop.run(verb).ends_with(79).says("could not read the schedules of deployments");
    }
    assert_eq!(shop.changes(), Vec::<String>::new());
}

#[test]
fn what_the_service_does_not_take_ends_it_and_the_next_one_goes_on_from_there() {
    let shop = Shop::new(&FILE.replace("0 */4 * * *", "99 */4 * * *"));
    shop.kept().instead.push_back((
        "POST",
        "/deployments/schedules",
        super::troubles::refused(400, "invalid minute: 99"),
    ));
    shop.run("apply").ends_with(2).says("invalid minute: 99").says("changed sourceContext.git.branch");
    shop.scene.write("deployment.yaml", FILE);
    shop.run("apply").ends_with(0);
    assert_eq!(kept(&shop).len(), 4);
}

#[test]
fn schedules_without_settings_are_shown() {
    let shop = Shop::new(FILE);
    shop.run("apply").ends_with(0);
    shop.kept().settings = None;
    shop.run("show").ends_with(0).says("there are schedules, and no settings").says("0 */4 * * *");
}
