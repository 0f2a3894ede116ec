use super::*;
use serde_json::json;

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object") };
    map
}

fn paths(old: Value, new: Value) -> Vec<(String, Change)> {
    between(&map(old), &map(new)).list.into_iter().map(|diff| (diff.path, diff.change)).collect()
}

#[test]
fn each_changed_leaf_has_its_own_path() {
    let found = paths(
        json!({"tags": {"a": 1, "b.c": 2}, "rules": [1, 2], "gone": true}),
        json!({"tags": {"a": 2, "b.c": 3}, "rules": [1, 3, 4], "new": true}),
    );
    let expected = [
        ("tags.a", Change::Update),
        ("tags[\"b.c\"]", Change::Update),
        ("rules[1]", Change::Update),
        ("rules[2]", Change::Add),
        ("gone", Change::Delete),
        ("new", Change::Add),
    ];
    assert_eq!(found, expected.map(|(path, change)| (path.to_owned(), change)));
}

#[test]
fn an_item_that_is_inserted_or_removed_is_one_difference() {
    let list = |range: std::ops::Range<u32>| -> Vec<Value> { range.map(|n| json!({ "n": n })).collect() };
    let (all, rest) = (list(0..118), list(1..118));
    assert_eq!(paths(json!({ "v": rest }), json!({ "v": all })), [("v[0]".to_owned(), Change::Add)]);
    assert_eq!(paths(json!({ "v": all }), json!({ "v": rest })), [("v[0]".to_owned(), Change::Delete)]);
    let mut changed = all.clone();
    changed.remove(3);
    changed[100] = json!({ "n": "other" });
    let expected = [("v[3]".to_owned(), Change::Delete), ("v[100].n".to_owned(), Change::Update)];
    assert_eq!(paths(json!({ "v": all }), json!({ "v": changed })), expected);
}

#[test]
fn items_that_a_provider_names_by_their_index_are_those_that_differ() {
    let list = |items: &[&str]| EventState {
        inputs: Some(map(json!({ "v": items, "w": ["x"] }))),
        ..EventState::default()
    };
    let named = |kind: &str| PropertyDiffEvent { diff_kind: kind.into(), input_diff: true };
    let detailed = BTreeMap::from([
        ("v[0]".to_owned(), named("update-replace")),
        ("v[1]".to_owned(), named("update")),
        ("v[2]".to_owned(), named("add")),
    ]);
    let sides = Sides::new(Some(list(&["a", "b"])), Some(list(&["new", "a", "b"])));
    let diffs = sides.by_inputs(Some(&detailed)).list;
    let found = diffs.iter().map(|diff| (diff.path.as_str(), &diff.new, diff.replaces)).collect::<Vec<_>>();
    assert_eq!(found, [("v[0]", &Some(json!("new")), true)]);
}

#[test]
fn a_json_text_that_loses_its_last_newline_too_says_so() {
    let diffs = between(&map(json!({"p": "{\"a\":1}\n"})), &map(json!({"p": "{\"a\":2}"}))).list;
    assert_eq!(diffs[0].path, "p (JSON).a");
    let notes = &diffs[1].text_diff.as_ref().unwrap().notes;
    assert_eq!((diffs[1].path.as_str(), notes[0].as_str()), ("p (text)", "no newline at the end any more"));
}

#[test]
fn numbers_are_compared_as_they_are_written() {
    let text = |number: &str, b: u32| json!({ "p": format!("[{number}, {b}]") });
    for (old, new) in [("12345678901234567890121", "12345678901234567890122"), ("1.0", "1.00"), ("1", "1.0")]
    {
        assert_eq!(paths(text(old, 1), text(new, 2)).len(), 2, "{old} {new}");
    }
}

#[test]
fn a_value_is_compared_whole_whatever_its_size() {
    let text = |end: &str| json!({ "p": format!("{}{end}", "x".repeat(100_000)) });
    let diffs = between(&map(text("a")), &map(text("b"))).list;
    assert_ne!(diffs[0].old, diffs[0].new);
}

#[test]
fn json_in_a_string_is_compared_inside() {
    let found =
        paths(json!({"policy": "{\"Action\":[\"a\"]}"}), json!({"policy": "{ \"Action\": [\"b\"] }"}));
    assert_eq!(found, [("policy (JSON).Action[0]".to_owned(), Change::Update)]);
}

#[test]
fn the_engines_own_members_are_named_without_their_values() {
    let diffs = between(&map(json!({"__provider": "long code"})), &map(json!({"__provider": "other code"})));
    assert_eq!(diffs.list[0].new, Some(json!("[internal]")));
}

#[test]
fn a_detailed_diff_decides_which_paths_there_are() {
    let old = EventState { outputs: Some(map(json!({"a": {"b": [1]}, "c": 1}))), ..EventState::default() };
    let new = EventState { inputs: Some(map(json!({"a": {"b": [2]}, "c": 2}))), ..EventState::default() };
    let event = PropertyDiffEvent { diff_kind: "update-replace".into(), input_diff: false };
    let detailed = BTreeMap::from([("a.b[0]".to_owned(), event)]);
    let diffs = Sides::new(Some(old), Some(new)).by_inputs(Some(&detailed));
    assert_eq!(diffs.list.len(), 1);
    let diff = &diffs.list[0];
    assert_eq!((diff.path.as_str(), diff.replaces), ("a.b[0]", true));
    assert_eq!((&diff.old, &diff.new), (&Some(json!(1)), &Some(json!(2))));
}

#[test]
fn a_hidden_path_keeps_its_name_and_loses_its_value() {
    let old = EventState { inputs: Some(map(json!({"a": {"b": 1}}))), ..EventState::default() };
    let hide = Some(vec![vec![json!("a")]]);
    let new =
        EventState { inputs: Some(map(json!({"a": {"b": 2}}))), hide_diffs: hide, ..EventState::default() };
    let diffs = Sides::new(Some(old), Some(new)).by_inputs(None);
    assert_eq!(diffs.list[0].new, Some(json!("[hidden]")));
}

#[test]
fn too_many_diffs_are_counted() {
    let new: Map<_, _> = (0..600).map(|n| (format!("k{n}"), json!(n))).collect();
    let diffs = between(&Map::new(), &new);
    assert_eq!((diffs.list.len(), diffs.more), (MAX_DIFFS, 100));
}
