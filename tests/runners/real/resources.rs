//! What happens to resources: the counts and steps of a run, beside what the CLI's state says.

use super::shown;
use super::stage::Stage;
use super::things::{Thing, program, program_with_outputs, thing};
use serde_json::json;

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_created_updated_and_deleted_is_counted_and_told_step_by_step() {
    let stage =
        Stage::new(&program(&[thing("a", "value: 1"), thing("b", "value: 1"), thing("c", "value: 1")]));
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0);
    up.counts(&json!({ "create": 4 })).did("a: create, b: create, c: create, shop-dev: create");
    stage.write(
        "Pulumi.yaml",
        &program(&[thing("a", "value: 2"), thing("c", "value: 1"), thing("d", "value: 1")]),
    );
    let preview = stage.stackstep("preview --stack dev").ends_with(0);
    let counts = json!({ "create": 1, "update": 1, "delete": 1, "same": 2 });
    preview.counts(&counts).did("a: update, b: delete, d: create");
    let up = stage.stackstep("up --stack dev").ends_with(0).counts(&counts);
    let up = up.did("a: update, b: delete, d: create");
    let diffs =
        &up.result["steps"].as_array().unwrap().iter().find(|step| step["name"] == "a").unwrap()["diffs"];
    assert_eq!(
        *diffs,
        json!([{ "path": "value", "change": "update", "replaces": false, "old": 1, "new": 2 }])
    );
    let things = stage.state().things();
    assert_eq!(things.keys().collect::<Vec<_>>(), ["a", "c", "d"]);
    assert_eq!(things["a"]["outputs"]["value"], 2);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_that_has_nothing_to_do_has_no_changes() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    for line in ["preview --stack dev", "up --stack dev", "up --stack dev --expect-no-changes"] {
        let run = stage.stackstep(line).ends_with(0).counts(&json!({ "same": 2 })).did("");
        assert_eq!(run.result["has_changes"], false, "{line}");
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_replacement_that_creates_first_is_one_step() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1, key: one")]));
    let before = stage.state().things()["a"]["id"].clone();
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 1, key: two")]));
    let counts = json!({ "replace": 1, "same": 1 });
    stage.stackstep("preview --stack dev").ends_with(0).counts(&counts).did("a: replace");
    let up = stage.stackstep("up --stack dev").ends_with(0).counts(&counts).did("a: replace");
    let step = &up.result["steps"][0];
    assert_eq!(step["replace_keys"], json!(["key"]));
    let diff = json!({ "path": "key", "change": "update", "replaces": true, "old": "one", "new": "two" });
    assert_eq!(step["diffs"], json!([diff]));
    let left = stage.state();
    assert_ne!(left.things()["a"]["id"], before);
    assert!(left.leftovers().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_replacement_that_deletes_first_takes_along_what_depends_on_it() {
    let of = |slot: &str| {
        let first = format!("value: 1, slot: {slot}");
        program(&[thing("a", &first), thing("b", "key: \"${a.slot}\""), thing("c", "value: 1")])
    };
    let stage = Stage::deployed(&of("one"));
    stage.write("Pulumi.yaml", &of("two"));
    let up = stage.stackstep("up --stack dev").ends_with(0);
    let up = up.counts(&json!({ "replace": 2, "same": 2 })).did("a: replace, b: replace");
    for step in up.result["steps"].as_array().unwrap() {
        let path = if step["name"] == "a" { "slot" } else { "key" };
        assert_eq!(step["replace_keys"], json!([path]), "{step}");
        let diff = json!({ "path": path, "change": "update", "replaces": true, "old": "one", "new": "two" });
        assert_eq!(step["diffs"], json!([diff]));
    }
    assert_eq!(stage.state().things()["b"]["outputs"]["key"], "two");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_replacement_that_is_asked_for_by_name_is_one() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1"), thing("b", "value: 1")]));
    let line = format!("up --stack dev --replace {}", super::things::urn("a"));
    stage.stackstep(&line).ends_with(0).counts(&json!({ "replace": 1, "same": 2 })).did("a: replace");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_stays_at_its_provider_is_marked() {
    let stage =
        Stage::deployed(&program(&[Thing("a", "value: 1, fails: {delete: never}", "retainOnDelete: true")]));
    let destroy = stage.stackstep("destroy --stack dev").ends_with(0).counts(&json!({ "delete": 2 }));
    let step = destroy.result["steps"].as_array().unwrap().iter().find(|step| step["name"] == "a").unwrap();
    assert_eq!((&step["operation"], &step["retained"]), (&json!("delete"), &json!(true)));
    assert!(stage.state().things().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_not_known_before_it_is_made_is_unknown_in_a_preview_and_there_afterwards() {
    let made = "made: {list: [1, {later: 2}], part: {later: 4}, same: 3}";
    let outputs = "{made: \"${a.made}\", part: \"${a.made.part}\", text: \"id ${a.id}\", fixed: 1}";
    let stage = Stage::new(&program_with_outputs(&[thing("a", made)], outputs));
    let preview = stage.stackstep("preview --stack dev --upsert").ends_with(0);
    let new = |name: &str| {
        let changes = preview.result["output_changes"].as_array().unwrap();
        changes.iter().find(|change| change["name"] == name).unwrap()["new"].clone()
    };
    assert_eq!(new("fixed"), 1);
    assert_eq!(new("part"), "[unknown]");
    assert_eq!(new("text"), "[unknown]");
    let up = stage.stackstep("up --stack dev").ends_with(0);
    assert_eq!(up.result["outputs"]["made"], json!({ "list": [1, 2], "part": 4, "same": 3 }));
    assert_eq!(up.result["outputs"]["part"], 4);
    let bare = stage.pulumi("stack output --json --stack dev").ends_with(0).stdout;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&bare).unwrap(), up.result["outputs"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_a_provider_has_to_say_stands_in_the_report_with_its_resource() {
    let says = "says: {warning: [this is old], info: [that is new]}";
    let stage = Stage::new(&program(&[thing("a", says)]));
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0);
    let told = |severity: &str| -> Vec<&str> {
        let all = up.result["diagnostics"].as_array().unwrap().iter();
        let of = all.filter(|one| one["severity"] == severity && one["name"] == "a");
        of.map(|one| one["message"].as_str().unwrap().trim()).collect()
    };
    assert_eq!(told("warning"), ["this is old"], "{}", up.log);
    assert_eq!(told("info"), ["that is new"], "{}", up.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_thing_that_is_there_is_read_and_nothing_changes() {
    let get = "  a: {type: probe:index:Thing, get: {id: there, state: {value: 5}}}\n";
    let program =
        format!("name: shop\nruntime: yaml\nresources:\n{get}outputs: {{value: \"${{a.value}}\"}}\n");
    let stage = Stage::deployed(&program);
    let up = stage.stackstep("up --stack dev").ends_with(0);
    assert_eq!(up.result["has_changes"], false, "{}", up.log);
    assert_eq!(up.result["outputs"]["value"], 5);
    shown();
}
