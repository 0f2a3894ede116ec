//! Recorded and made-up logs of previews, each changed in one way: what cannot matter passes, and everything else is
//! refused. Which way is drawn by numbers that are the same in each run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::report::ReviewKey;
use crate::reviewed::compare::compare;
use crate::reviewed::compare::steps::is_destructive;
use crate::reviewed::testing::size::sized;
use crate::reviewed::testing::{Numbers, PreviewLog, SIGNATURE, UNKNOWN, asset, change_of, secret, urn};
use crate::reviewed::wanted::WantedGoals;

/// Recorded previews with steps.
const RECORDED: &[&str] = &[
    "preview-create",
    "preview-update",
    "preview-replace-delete",
    "preview-destroy",
    "preview-left-over",
    "preview-refresh-drift",
    "preview-save-plan",
    "yaml-life-preview-delete",
    "yaml-life-preview-update",
];

/// One way to change a log. None if it can't be done to this one.
type Change = fn(&PreviewLog, &mut Numbers) -> Option<PreviewLog>;

/// What must not matter.
const BENIGN: &[(&str, Change)] = &[
    ("another order", reorder),
    ("other times and numbers", renumber),
    ("members in another order", reorder_members),
    ("unchanged resources, reads and refreshes more", look_around),
    ("other ciphertexts", encrypt_again),
    ("assets at another place", move_assets),
    ("a default provider that repeats the configuration", echo),
    ("another ID of a provider", another_provider_id),
    ("other outputs of a resource", other_outputs),
    ("a step that is done", do_one),
    ("a deletion that is done", delete_one),
    ("a value that was not known, and is now", get_known),
];

/// What must be refused.
const HARMFUL: &[(&str, Change)] = &[
    ("a step more", add_step),
    ("a step lost", lose_step),
    ("another operation", other_operation),
    ("another new value", other_new_value),
    ("another value before", other_old_value),
    ("a property more", add_property),
    ("a property less", lose_property),
    ("another resource at the provider", other_id),
    ("another protection", other_protection),
    ("another version of the provider", other_version),
    ("a value instead of a secret", reveal),
    ("a secret instead of a value", conceal),
    ("a value that is not known any more", get_unknown),
    ("other contents of an asset", other_asset),
    ("another name", rename),
    ("a step twice", repeat),
    ("an output more", add_output),
    ("another value of an output", other_output),
    ("a step that is done otherwise", do_one_otherwise),
    ("a step that may be done, while something goes", do_one_unproven),
];

#[test]
fn every_change_that_matters_is_refused_and_no_other() {
    let mut numbers = Numbers(0x5eed);
    let recorded: Vec<PreviewLog> = RECORDED.iter().map(|name| PreviewLog::recorded(name)).collect();
    let (mut benign, mut harmful) = (BTreeMap::new(), BTreeMap::new());
    let cases = sized(600, 10_000);
    let mut done = 0;
    while done < cases {
        let made_up = made_up(&mut numbers);
        let log = if numbers.below(8) == 0 { numbers.pick(&recorded).unwrap() } else { &made_up };
        let passes = numbers.below(2) == 0;
        let (name, change) = numbers.pick(if passes { BENIGN } else { HARMFUL }).unwrap();
        let Some(changed) = change(log, &mut numbers) else { continue };
        let mut change = change_of(log.proposal_at_once(WantedGoals::default()).unwrap());
        let record = change.seal(&ReviewKey::random());
        let wanted = WantedGoals::by_records(std::slice::from_ref(&record), None);
        // Events that are not those of a whole preview give no proposal, which is a refusal.
        let comparison = changed.proposal_at_once(wanted).map(|proposal| {
            change.proposal = proposal;
            compare(&[record], None, &change, &[])
        });
        let passed = comparison.as_ref().is_some_and(crate::report::ReviewComparison::passed);
        assert_eq!(passed, passes, "{name}: {comparison:#?}\n{}", differing(log, &changed));
        *(if passes { &mut benign } else { &mut harmful }).entry(*name).or_insert(0) += 1;
        done += 1;
    }
    assert_eq!(benign.len(), BENIGN.len(), "each was drawn: {benign:?}");
    assert_eq!(harmful.len(), HARMFUL.len(), "each was drawn: {harmful:?}");
}

#[test]
fn one_change_has_one_digest_and_another_one_another() {
    let mut numbers = Numbers(0x00d1_6e57);
    for _ in 0..sized(100, 2_000) {
        let log = made_up(&mut numbers);
        let digest = log.record().digest;
        let (_, benign) = numbers.pick(&BENIGN[..9]).unwrap();
        if let Some(same) = benign(&log, &mut numbers) {
            assert_eq!(same.record().digest, digest);
        }
        // Without a key that all previews have, the digest is not about values.
        let structural = [0, 1, 2, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16].map(|at| HARMFUL[at]);
        let (name, harmful) = numbers.pick(&structural).unwrap();
        if let Some(other) =
            harmful(&log, &mut numbers).filter(|other| other.proposal(WantedGoals::default()).is_some())
        {
            assert_ne!(other.record().digest, digest, "{name} {}", differing(&log, &other));
        }
    }
}

/// The events of each that the other does not have.
fn differing(one: &PreviewLog, other: &PreviewLog) -> String {
    let only = |one: &PreviewLog, other: &PreviewLog, sign: &str| -> String {
        let only = one.0.iter().filter(|event| !other.0.contains(event));
        only.flat_map(|event| [sign.to_owned(), " ".to_owned(), event.to_string(), "\n".to_owned()]).collect()
    };
    only(one, other, "-") + &only(other, one, "+")
}

/// The preview of a change that nobody thought up.
fn made_up(numbers: &mut Numbers) -> PreviewLog {
    let mut log = PreviewLog::default().provider("1.2.3");
    let destroys = numbers.below(2) == 0;
    for at in 0..numbers.below(8) {
        let name = format!("r{at}");
        let (old, new) = (made_up_inputs(numbers, false), made_up_inputs(numbers, true));
        log = match numbers.below(if destroys { 6 } else { 4 }) {
            0 | 1 => log.step("create", &name, Value::Null, new),
            2 | 3 => log.step("update", &name, old, new),
            4 => log.replaced(&name, &old, &new),
            _ => log.step("delete", &name, old, Value::Null),
        };
    }
    let outputs = |numbers: &mut Numbers| json!({ "url": numbers.below(3), "list": [1, numbers.below(3)], "s": secret() });
    log.outputs(outputs(numbers), outputs(numbers))
}

fn made_up_inputs(numbers: &mut Numbers, is_new: bool) -> Value {
    let mut inputs = serde_json::Map::new();
    for key in ["a", "b.c", "d", "e"] {
        if numbers.below(4) > 0 {
            inputs.insert(key.to_owned(), made_up_value(numbers, 3, is_new));
        }
    }
    inputs.into()
}

fn made_up_value(numbers: &mut Numbers, depth: usize, is_new: bool) -> Value {
    match numbers.below(if depth > 0 { 11 } else { 7 }) {
        0 => json!(numbers.below(5)),
        1 => json!(format!("text {}", numbers.below(5))),
        2 => json!(numbers.below(2) == 0),
        3 => json!(null),
        4 => secret(),
        5 => asset(&format!("0a{}", numbers.below(3))),
        6 if is_new => json!(UNKNOWN),
        6 => json!(""),
        7 | 8 => (0..numbers.below(4)).map(|_| made_up_value(numbers, depth - 1, is_new)).collect(),
        _ => {
            let keys = ["x", "y", "z w"].into_iter().take(numbers.below(4));
            let fields = keys.map(|key| (key.to_owned(), made_up_value(numbers, depth - 1, is_new)));
            fields.collect::<serde_json::Map<_, _>>().into()
        }
    }
}

/// The metadata of an event about a resource.
fn metadata(event: &Value) -> Option<&Value> {
    event.get("resourcePreEvent").or_else(|| event.get("resOutputsEvent"))?.get("metadata")
}

fn metadata_mut(event: &mut Value) -> Option<&mut Value> {
    let kind = if event.get("resourcePreEvent").is_some() { "resourcePreEvent" } else { "resOutputsEvent" };
    event.get_mut(kind)?.get_mut("metadata")
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The steps that count, each by its URN and operation.
fn steps(log: &PreviewLog) -> Vec<(String, String)> {
    let begun = log.0.iter().filter(|event| event.get("resourcePreEvent").is_some()).filter_map(metadata);
    let counts = begun.filter(|step| {
        !matches!(text(step, "op"), "same" | "refresh" | "read") && !text(step, "urn").contains("::default")
    });
    counts.map(|step| (text(step, "urn").to_owned(), text(step, "op").to_owned())).collect()
}

/// The log with `change` done to both events of a step. None if nothing changes.
fn with_step(
    log: &PreviewLog,
    step: &(String, String),
    change: &mut dyn FnMut(&mut Value),
) -> Option<PreviewLog> {
    let mut changed = log.clone();
    for event in &mut changed.0 {
        if let Some(metadata) = metadata_mut(event).filter(|found| is(found, step)) {
            change(metadata);
        }
    }
    (changed.0 != log.0).then_some(changed)
}

fn is(metadata: &Value, (urn, op): &(String, String)) -> bool {
    text(metadata, "urn") == urn && text(metadata, "op") == op
}

/// The resource of a step before or after it.
fn state<'l>(log: &'l PreviewLog, step: &(String, String), side: &str) -> Option<&'l Value> {
    let found = log.0.iter().filter_map(metadata).find(|found| is(found, step));
    found?.get(side).filter(|state| !state.is_null())
}

/// The ways to the single values of `value`, marked ones included.
fn ways(value: &Value) -> Vec<String> {
    fn walk(value: &Value, way: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) if !fields.contains_key(SIGNATURE) && !fields.is_empty() => {
                for (key, field) in fields {
                    walk(field, &format!("{way}/{}", key.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    walk(item, &format!("{way}/{at}"), found);
                }
            }
            _ => found.push(way.to_owned()),
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// The log with one value in the inputs of a step replaced by what `other` makes of it.
fn with_value(
    log: &PreviewLog,
    numbers: &mut Numbers,
    side: &str,
    other: &dyn Fn(&Value) -> Option<Value>,
) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let inputs = state(log, step, side)?.get("inputs")?;
    let mut ways = ways(inputs);
    ways.retain(|way| inputs.pointer(way).and_then(other).is_some());
    let way = numbers.pick(&ways).filter(|way| !way.is_empty())?;
    with_step(log, step, &mut |metadata| {
        let value = metadata.get_mut(side).and_then(|state| state.get_mut("inputs")?.pointer_mut(way));
        if let Some(value) = value {
            *value = other(value).unwrap();
        }
    })
}

/// Another value of the same kind; none for one with a mark, or that is not known.
fn another(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text == UNKNOWN => None,
        Value::String(text) => Some(json!(format!("{text}!"))),
        Value::Number(number) => Some(json!(number.as_f64()? + 1.0)),
        Value::Bool(yes) => Some(json!(!yes)),
        Value::Null => Some(json!("")),
        Value::Array(_) => Some(json!([1])),
        Value::Object(fields) if fields.contains_key(SIGNATURE) => None,
        Value::Object(_) => Some(json!({ "more": 1 })),
    }
}

// What must not matter.

fn reorder(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let begins = |event: &&Value| event.get("resourcePreEvent").is_some();
    let (begun, rest): (Vec<_>, Vec<_>) = log.0.iter().cloned().partition(|event| begins(&event));
    // The stack's outputs come last, and a phase begins with its beginning.
    let is_fixed = |event: &Value| {
        metadata(event).is_none_or(|found| text(found, "urn").contains("pulumi:pulumi:Stack"))
    };
    let (fixed, done): (Vec<_>, Vec<_>) = rest.into_iter().partition(|event| is_fixed(event));
    let (first, last): (Vec<_>, Vec<_>) =
        fixed.into_iter().partition(|event| event.get("preludeEvent").is_some());
    // A refresh of a resource is over before its step.
    if log.0.iter().filter_map(metadata).any(|found| text(found, "op") == "refresh") {
        return None;
    }
    Some(PreviewLog([first, numbers.shuffled(begun), numbers.shuffled(done), last].concat()))
}

#[expect(clippy::unnecessary_wraps, reason = "the form that all changes of a log have")]
fn renumber(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let mut changed = log.clone();
    for event in &mut changed.0 {
        event["timestamp"] = json!(numbers.below(1 << 30));
        event["future"] = json!({ "x": 1 });
    }
    Some(changed)
}

#[expect(clippy::unnecessary_wraps, reason = "the form that all changes of a log have")]
fn reorder_members(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    fn reversed(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().rev().map(|(key, field)| (key.clone(), reversed(field)));
                fields.collect::<serde_json::Map<_, _>>().into()
            }
            Value::Array(items) => items.iter().map(reversed).collect(),
            plain => plain.clone(),
        }
    }
    Some(PreviewLog(log.0.iter().map(reversed).collect()))
}

fn look_around(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let inputs = made_up_inputs(numbers, false);
    let op = *numbers.pick(&["same", "read", "refresh", "discard"])?;
    Some(log.clone().step(op, "looked-at", inputs.clone(), inputs))
}

fn replaced_text(log: &PreviewLog, from: &str, to: &str) -> Option<PreviewLog> {
    let whole = serde_json::to_string(&log.0).unwrap();
    let changed = whole.replace(from, to);
    (changed != whole).then(|| PreviewLog(serde_json::from_str(&changed).unwrap()))
}

fn encrypt_again(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    replaced_text(log, "\"ciphertext\":\"[secret]\"", "\"ciphertext\":\"v1:other\"")
}

fn move_assets(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    replaced_text(log, "\"path\":\"index.html\"", "\"path\":\"/builds/index.html\"")
}

fn echo(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let mut changed = log.clone();
    let inputs = |n: usize| json!({"version": "1.2.3", "shop:n": n});
    let added = PreviewLog::default().step("update", "x", inputs(numbers.below(9)), inputs(numbers.below(9)));
    for mut event in added.0 {
        let metadata = metadata_mut(&mut event)?;
        metadata["urn"] = json!("urn:pulumi:prod::shop::pulumi:providers:test::default");
        changed.0.push(event);
    }
    // A log without the provider has another one with it.
    log.0
        .iter()
        .any(|event| event.to_string().contains("pulumi:providers:test::default_1_2_3\",\"type\""))
        .then_some(changed)
}

fn another_provider_id(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    replaced_text(log, &format!("default_1_2_3::{UNKNOWN}"), "default_1_2_3::6d6a")
}

fn other_outputs(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all).filter(|(urn, _)| !urn.contains("pulumi:pulumi:Stack"))?;
    // Without a difference in the inputs the outputs are what tells a drift.
    let with_names = |found: &Value| found.get("diffs").is_some_and(|names| !names.is_null());
    if log.0.iter().filter_map(metadata).any(|found| is(found, step) && with_names(found)) {
        return None;
    }
    with_step(log, step, &mut |metadata| {
        if let Some(state) = metadata.get_mut("new").filter(|state| !state.is_null()) {
            state["outputs"] = json!({ "arn": "other" });
        }
    })
}

/// The log with a step that is done: the resource stays as it is, with what it was to get.
fn done(log: &PreviewLog, step: &(String, String), change: &dyn Fn(&mut Value)) -> Option<PreviewLog> {
    with_step(log, step, &mut |metadata| {
        let mut new = metadata["new"].clone();
        change(&mut new["inputs"]);
        metadata["op"] = json!("same");
        metadata["old"] = new.clone();
        metadata["new"] = new;
    })
}

fn makes(op: &str) -> bool {
    matches!(op, "create" | "update")
}

fn is_one_that_goes(log: &PreviewLog) -> bool {
    steps(log).iter().any(|(_, op)| is_destructive(op))
}

fn is_known(log: &PreviewLog, step: &(String, String)) -> bool {
    state(log, step, "new").is_some_and(|new| !new["inputs"].to_string().contains(UNKNOWN))
}

/// Replaces what is not known by what it turned out to be.
fn known(value: &mut Value) {
    *value = serde_json::from_str(&value.to_string().replace(UNKNOWN, "turned out")).unwrap();
}

fn made_steps(log: &PreviewLog) -> Vec<(String, String)> {
    let mut made = steps(log);
    // What a provider has named, and differs from the real resource, is not to be seen in the inputs.
    let is_drift = |step: &(String, String)| {
        log.0
            .iter()
            .filter_map(metadata)
            .any(|found| is(found, step) && found.get("diffs").is_some_and(|names| !names.is_null()))
    };
    made.retain(|step| makes(&step.1) && !is_drift(step) && !step.0.contains("pulumi:pulumi:Stack"));
    made
}

fn do_one(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let made = made_steps(log);
    let step = numbers.pick(&made)?;
    (!is_one_that_goes(log) || is_known(log, step)).then(|| done(log, step, &known))?
}

fn do_one_otherwise(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let made = made_steps(log);
    let step = numbers.pick(&made)?;
    // One of the values that change is another one now.
    let (old, new) = (state(log, step, "old"), state(log, step, "new")?);
    let changes = |way: &String| {
        let value = new["inputs"].pointer(way);
        value != old.and_then(|old| old["inputs"].pointer(way))
            && value.is_some_and(|value| another(value).is_some())
    };
    let ways: Vec<String> =
        ways(&new["inputs"]).into_iter().filter(|way| !way.is_empty() && changes(way)).collect();
    let way = numbers.pick(&ways)?;
    done(log, step, &|inputs| {
        known(inputs);
        if let Some(value) = inputs.pointer_mut(way) {
            *value = another(value).unwrap();
        }
    })
}

fn do_one_unproven(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let made = made_steps(log);
    let step = numbers.pick(&made)?;
    (is_one_that_goes(log) && !is_known(log, step)).then(|| done(log, step, &known))?
}

fn delete_one(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let mut gone = steps(log);
    gone.retain(|(urn, op)| op == "delete" && !urn.contains("pulumi:pulumi:Stack"));
    Some(without(log, numbers.pick(&gone)?))
}

/// A value that is known now, in each step of the resource: a text, or an object where there was nothing before.
fn get_known(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let inputs = state(log, step, "new")?.get("inputs")?;
    let mut ways = ways(inputs);
    ways.retain(|way| !way.is_empty() && inputs.pointer(way).is_some_and(|value| value == UNKNOWN));
    let way = numbers.pick(&ways)?;
    let was = state(log, step, "old").and_then(|old| old["inputs"].pointer(way));
    let turned = if was.is_none() { json!({ "turned": ["out"] }) } else { json!("turned out") };
    let mut changed = log.clone();
    for found in changed.0.iter_mut().filter_map(metadata_mut).filter(|found| text(found, "urn") == step.0) {
        if let Some(value) = found.get_mut("new").and_then(|state| state.get_mut("inputs")?.pointer_mut(way))
        {
            *value = turned.clone();
        }
    }
    Some(changed)
}

// What must be refused.

fn without(log: &PreviewLog, step: &(String, String)) -> PreviewLog {
    let kept = log.0.iter().filter(|event| metadata(event).is_none_or(|found| !is(found, step)));
    PreviewLog(kept.cloned().collect())
}

#[expect(clippy::unnecessary_wraps, reason = "the form that all changes of a log have")]
fn add_step(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let (old, new) = (made_up_inputs(numbers, false), made_up_inputs(numbers, true));
    let log = log.clone();
    Some(match numbers.below(5) {
        0 => log.step("create", "more", Value::Null, new),
        1 => log.step("update", "more", old, new),
        2 => log.step("delete", "more", old, Value::Null),
        3 => log.step("some-day", "more", old, new),
        _ => log.replaced("more", &old, &new),
    })
}

fn lose_step(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let mut all = steps(log);
    all.retain(|(_, op)| !op.starts_with("delete"));
    let step = numbers.pick(&all)?;
    if numbers.below(4) == 0 {
        // Only its end is lost: the log is not whole.
        let ends = |event: &Value| {
            event.get("resOutputsEvent").is_some() && metadata(event).is_some_and(|found| is(found, step))
        };
        let at = log.0.iter().position(ends).filter(|_| !step.0.contains("pulumi:pulumi:Stack"))?;
        let mut changed = log.clone();
        changed.0.remove(at);
        return Some(changed);
    }
    Some(without(log, step))
}

fn other_operation(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let ops = ["create", "update", "delete", "replace", "create-replacement", "import", "some-day"];
    let taken: Vec<&str> = all.iter().filter(|(urn, _)| *urn == step.0).map(|(_, op)| op.as_str()).collect();
    let ops: Vec<&str> = ops.into_iter().filter(|op| !taken.contains(op)).collect();
    let op = *numbers.pick(&ops)?;
    with_step(log, step, &mut |metadata| metadata["op"] = json!(op))
}

fn other_new_value(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    with_value(log, numbers, "new", &another)
}

/// Another value before, of a property that changes.
fn other_old_value(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    // One that is not the goal either: that would be reached.
    let unlike = |value: &Value| another(value).map(|_| json!("another value before"));
    let changed = with_value(log, numbers, "old", &unlike)?;
    let goes = |log: &PreviewLog| {
        let gone = log.0.iter().zip(&changed.0).find(|(one, other)| one != other);
        gone.and_then(|(one, _)| Some(text(metadata(one)?, "op").starts_with("delete")))
    };
    (goes(log) == Some(false)).then_some(changed)
}

fn add_property(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    state(log, step, "new")?;
    let value = made_up_value(numbers, 2, true);
    with_step(log, step, &mut |metadata| {
        if let Some(inputs) = metadata["new"]["inputs"].as_object_mut() {
            inputs.insert("more".to_owned(), value.clone());
        }
    })
}

fn lose_property(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let keys: Vec<String> = state(log, step, "new")?.get("inputs")?.as_object()?.keys().cloned().collect();
    let key = numbers.pick(&keys)?;
    with_step(log, step, &mut |metadata| {
        if let Some(inputs) = metadata["new"]["inputs"].as_object_mut() {
            inputs.remove(key);
        }
    })
}

fn other_id(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let old = state(log, step, "old")?;
    if text(old, "id").is_empty() {
        return None;
    }
    with_step(log, step, &mut |metadata| metadata["old"]["id"] = json!("another"))
}

fn other_protection(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all)?;
    let field = *numbers.pick(&["protect", "retainOnDelete"])?;
    let turn = |state: &mut Value| {
        let was = state.get(field) == Some(&json!(true));
        state[field] = json!(!was);
    };
    with_step(log, step, &mut |metadata| {
        let side = if metadata["new"].is_null() || text(metadata, "op").starts_with("delete") {
            "old"
        } else {
            "new"
        };
        turn(&mut metadata[side]);
    })
}

fn other_version(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    replaced_text(log, "\"version\":\"1.2.3\"", "\"version\":\"1.2.4\"")
}

fn reveal(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    with_value(log, numbers, "new", &|value| (*value == secret()).then(|| json!("plain")))
}

fn conceal(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    with_value(log, numbers, "new", &|value| another(value).map(|_| secret()))
}

fn get_unknown(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    with_value(log, numbers, "new", &|value| another(value).map(|_| json!(UNKNOWN)))
}

fn other_asset(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    with_value(log, numbers, "new", &|value| value.get("hash").map(|_| asset("ffff")))
}

fn rename(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let mut all = steps(log);
    all.retain(|(_, op)| !op.starts_with("delete"));
    let step = numbers.pick(&all)?;
    with_step(log, step, &mut |metadata| metadata["urn"] = json!(urn("renamed")))
}

fn repeat(log: &PreviewLog, numbers: &mut Numbers) -> Option<PreviewLog> {
    let all = steps(log);
    let step = numbers.pick(&all).filter(|(urn, _)| !urn.contains("pulumi:pulumi:Stack"))?;
    let mut changed = log.clone();
    changed
        .0
        .extend(log.0.iter().filter(|event| metadata(event).is_some_and(|found| is(found, step))).cloned());
    Some(changed)
}

/// The log with other outputs of the stack at its end.
fn with_outputs(log: &PreviewLog, change: &dyn Fn(&mut Value)) -> Option<PreviewLog> {
    let is_stack = |event: &Value| {
        event.get("resOutputsEvent").is_some()
            && metadata(event).is_some_and(|found| {
                text(found, "urn").contains("pulumi:pulumi:Stack") && !found["new"].is_null()
            })
    };
    let at = log.0.iter().rposition(is_stack)?;
    let mut changed = log.clone();
    let outputs = metadata_mut(&mut changed.0[at])?.get_mut("new")?.get_mut("outputs")?;
    change(outputs);
    (changed.0 != log.0).then_some(changed)
}

fn add_output(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    with_outputs(log, &|outputs| outputs["more"] = json!(1))
}

fn other_output(log: &PreviewLog, _: &mut Numbers) -> Option<PreviewLog> {
    with_outputs(log, &|outputs| {
        if outputs.get("url").is_some() {
            outputs["url"] = json!("another");
        }
    })
}
