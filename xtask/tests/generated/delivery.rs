//! The published schema of the sections `deploy`, `stacks` and `comment-commands` says yes and no where the binary does, and has the keys that
//! the binary reads.

use std::collections::BTreeSet;

use serde_json::Value;
use stackstep::base::words::Words as _;
use stackstep::checks::Checks;
use stackstep::delivery::ApprovalsWanted;
use stackstep::delivery::comment_commands::CommentCommand;
use stackstep::delivery::map;
use stackstep::delivery::notify::{NotifyEvent, NotifySink};
use stackstep::delivery::settings::{NOT_FOR_AN_ENTRY, OWN_KEYS};
use stackstep::inputs::file::SECTIONS;
use stackstep::inputs::{INPUTS, Input};

use crate::schema::{accepts, published};

/// The keys of the mapping at this place of the schema.
fn keys(place: &str) -> BTreeSet<String> {
    let schema = published();
    let properties = schema.pointer(&format!("{place}/properties")).unwrap();
    properties.as_object().unwrap().keys().cloned().collect()
}

fn owned<'k>(keys: impl IntoIterator<Item = &'k str>) -> BTreeSet<String> {
    keys.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_schema_has_the_keys_that_are_read_and_no_others() {
    assert_eq!(keys("/$defs/deploy"), owned(map::KEYS.iter().copied()));
    assert_eq!(keys("/$defs/comment-commands/anyOf/0"), owned(CommentCommand::WORDS.iter().copied()));
    assert_eq!(keys("/$defs/stack-entry/properties/approvals"), owned(ApprovalsWanted::KEYS));
    let names = || INPUTS.iter().flat_map(Input::names);
    assert_eq!(keys("/$defs/stack-entry"), owned(names().chain(OWN_KEYS.iter().copied())));
    assert_eq!(keys(""), owned(names().chain(SECTIONS.iter().copied())));
}

#[test]
fn each_kind_of_sink_has_the_keys_that_are_read_and_the_events_of_the_table() {
    let forms = "/$defs/notify/anyOf/0/items/anyOf";
    for (at, target) in NotifySink::TARGETS.into_iter().enumerate() {
        let form = format!("{forms}/{at}");
        assert_eq!(keys(&form), owned(NotifySink::KEYS), "{target}");
        let schema = published();
        let events = schema.pointer(&format!("{form}/properties/on/anyOf/0/anyOf/0/enum")).unwrap();
        assert_eq!(events, &Value::from(NotifyEvent::WORDS.to_vec()), "{target}");
        let inner = match target {
            "webhook" => NotifySink::WEBHOOK_KEYS.to_vec(),
            "mention" => NotifySink::MENTION_KEYS.to_vec(),
            _ => vec![NotifySink::FROM_ENV],
        };
        assert_eq!(keys(&format!("{form}/properties/{target}")), owned(inner), "{target}");
    }
}

#[test]
fn each_kind_of_check_has_the_keys_that_are_read_and_no_others() {
    let schema = published();
    let forms = schema["$defs"]["check"]["anyOf"].as_array().unwrap();
    let mut kinds = 0;
    for (kind, read) in Checks::keys_of_kinds() {
        let of_kind = forms.iter().filter(|form| form["required"][0] == kind);
        for form in of_kind {
            let own: BTreeSet<String> = form["properties"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(own, owned(read.iter().copied()), "{kind}");
            kinds += 1;
        }
    }
    assert_eq!(kinds, forms.len());
}

#[test]
fn each_key_has_a_description() {
    let schema = published();
    let described = |place: &str| {
        let properties = schema.pointer(&format!("{place}/properties")).unwrap().as_object().unwrap();
        for (key, value) in properties.iter().filter(|(_, value)| value.get("$ref").is_none()) {
            assert!(value["description"].is_string(), "{place}: {key}");
        }
    };
    for place in [
        "/$defs/comment-commands/anyOf/0",
        "/$defs/deploy",
        "/$defs/stack-entry",
        "/$defs/stack-entry/properties/approvals",
    ] {
        described(place);
    }
    for form in 0..NotifySink::TARGETS.len() {
        described(&format!("/$defs/notify/anyOf/0/items/anyOf/{form}"));
    }
    for form in 0..schema["$defs"]["check"]["anyOf"].as_array().unwrap().len() {
        described(&format!("/$defs/check/anyOf/{form}"));
    }
}

/// The keys of deliveries, each as a text that has `KEY: VALUE` in its place.
fn places() -> Vec<(String, Vec<&'static str>)> {
    let mut places = vec![
        ("deploy: { branches: { main: dev }, KEY: VALUE }".to_owned(), map::KEYS[1..].to_vec()),
        ("deploy: { tags: { v1: dev }, KEY: VALUE }".to_owned(), vec![map::KEYS[0]]),
        ("comment-commands: { KEY: VALUE }".to_owned(), CommentCommand::WORDS.to_vec()),
        ("stacks: { prod: { KEY: VALUE } }".to_owned(), OWN_KEYS.to_vec()),
        ("stacks: { prod: { approvals: { KEY: VALUE } } }".to_owned(), ApprovalsWanted::KEYS.to_vec()),
    ];
    let others = ["on", "stacks", "teams", "webhook", "mention"];
    places.push(("notify: [{ slack: { from-env: A }, KEY: VALUE }]".to_owned(), others.to_vec()));
    places.push(("notify: [{ teams: { from-env: A }, KEY: VALUE }]".to_owned(), vec!["slack"]));
    places.push(("notify: [{ webhook: { url: { from-env: A }, KEY: VALUE } }]".to_owned(), vec!["secret"]));
    for (kind, keys) in Checks::keys_of_kinds() {
        let value = match kind {
            "run" => "[a]",
            "preview" => "no-changes",
            _ => "url",
        };
        let own = keys.into_iter().filter(|key| *key != kind).collect();
        places.push((format!("stacks: {{ prod: {{ checks: [{{ {kind}: {value}, KEY: VALUE }}] }} }}"), own));
    }
    places
}

#[test]
fn a_key_with_nothing_is_not_set_and_one_that_is_misspelled_is_refused() {
    for (place, keys) in places() {
        for key in keys {
            assert!(accepts(&place.replace("KEY", key).replace("VALUE", "")), "{key} in {place}");
            let misspelled = place.replace("KEY", &format!("{key}x")).replace("VALUE", "");
            assert!(!accepts(&misspelled), "{misspelled}");
        }
    }
}

#[test]
fn a_key_with_a_value_that_no_key_has_is_refused() {
    for (place, keys) in places() {
        for key in keys {
            let wrong = place.replace("KEY", key).replace("VALUE", "[[a]]");
            assert!(!accepts(&wrong), "{wrong}");
        }
    }
}

#[test]
fn a_file_with_every_key_is_accepted() {
    let path = xtask::root().join("tests/fixtures/delivery.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(accepts(&text));
    let missing: Vec<&str> = OWN_KEYS
        .iter()
        .chain(map::KEYS)
        .chain(CommentCommand::WORDS)
        .copied()
        .chain(ApprovalsWanted::KEYS)
        .chain(Checks::keys_of_kinds().flat_map(|(_, keys)| keys))
        .chain(NotifySink::KEYS)
        .chain(NotifySink::WEBHOOK_KEYS)
        .chain(NotifySink::MENTION_KEYS)
        .filter(|key| !text.contains(&format!("{key}:")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn mistakes_in_values_are_refused() {
    for yaml in [
        "deploy: [main]",
        "comment-commands: [preview]",
        "comment-commands: on",
        "comment-commands: { preview: everybody }",
        "comment-commands: { preview: [] }",
        "comment-commands: { preview: [\" \"] }",
        "comment-commands: { approve: triage }",
        "deploy: {}",
        "deploy: { branches: {} }",
        "deploy: { branches: { main: [a, b] } }",
        "deploy: { branches: { main: \"a b\" } }",
        "deploy: { branches: { main: org/project/dev } }",
        "deploy: { branches: { main: dev }, otherwise: fail }",
        "deploy: { change-requests: staging }",
        "stacks: [prod]",
        "stacks: { prod: warn }",
        "stacks: { \"a b\": }",
        "stacks: { refs/heads/prod: }",
        "stacks: { prod: { unreviewed: no } }",
        "stacks: { prod: { after: a b } }",
        "stacks: { prod: { stack: dev } }",
        "stacks: { prod: { access-token: pul-1 } }",
        "stacks: { prod: { work-dir: infra } }",
        "stacks: { prod: { parallel: 1, rules: { max-deletes: some } } }",
        "stacks: { prod: { approvals: 2 } }",
        "stacks: { prod: { approvals: { needed: 0 } } }",
        "stacks: { prod: { approvals: { by: [me] } } }",
        "stacks: { prod: { approvals: { by: [] } } }",
        "stacks: { prod: { checks: { http: url } } }",
        "stacks: { prod: { checks: [url] } }",
        "stacks: { prod: { checks: [{ path: /health }] } }",
        "stacks: { prod: { checks: [{ http: url, tcp: \"a:1\" }] } }",
        "stacks: { prod: { checks: [{ http: url, within: 500 }] } }",
        "stacks: { prod: { checks: [{ http: url, status: 700 }] } }",
        "stacks: { prod: { checks: [{ http: url, passes: often }] } }",
        "stacks: { prod: { checks: [{ http: url, headers: { A: { from: B } } }] } }",
        "stacks: { prod: { checks: [{ tcp: host, port: 0 }] } }",
        "stacks: { prod: { checks: [{ run: ./smoke.sh }] } }",
        "stacks: { prod: { checks: [{ run: [a], shell: true }] } }",
        "stacks: { prod: { checks: [{ run: [] }] } }",
        "stacks: { prod: { checks: [{ run: [a], env: [a b] }] } }",
        "stacks: { prod: { checks: [{ preview: changes }] } }",
        "stacks: { prod: { checks: [{ preview: no-changes, passes: 2 }] } }",
        "stacks: { prod: { checks-timeout: 300 } }",
        "stacks: { prod: { inconclusive: maybe } }",
        "stacks: { prod: { on-failed-check: rollback } }",
        "notify: { slack: { from-env: A } }",
        "notify: [slack]",
        "notify: [{ on: [failed] }]",
        "notify: [{ slack: https://hooks.slack.com/services/T0/B0/x }]",
        "notify: [{ slack: { from-env: \"a b\" } }]",
        "notify: [{ slack: { from-env: } }]",
        "notify: [{ slack: { from-env: A }, teams: { from-env: B } }]",
        "notify: [{ slack: { from-env: A }, on: [waitin] }]",
        "notify: [{ slack: { from-env: A }, on: [] }]",
        "notify: [{ slack: { from-env: A }, stacks: [] }]",
        "notify: [{ slack: { from-env: A }, stacks: [\"a b\"] }]",
        "notify: [{ webhook: { secret: { from-env: A } } }]",
        "notify: [{ webhook: { url: \"http://ops.example.com/x\" } }]",
        "notify: [{ webhook: { url: \"https://ann:x@ops.example.com/x\" } }]",
        "notify: [{ webhook: { url: \"https://ops.example.com\", secret: x } }]",
        "notify: [{ mention: { people: [] } }]",
        "notify: [{ mention: { people: [\"a b\"] } }]",
        "notify: [{ mention: ann }]",
    ] {
        assert!(!accepts(yaml), "{yaml}");
    }
}

#[test]
fn other_ways_to_write_the_same_are_accepted() {
    for yaml in [
        "deploy:\nstacks:\ncomment-commands:",
        "comment-commands: {}",
        "comment-commands: defaults",
        "comment-commands: { preview: triage, approve: [ann, \"@acme/platform\", 7], hold: off, release: }",
        "deploy: { change-requests: [dev] }",
        "deploy: { tags: { 1: 1 }, branches: }",
        "stacks: { 1: { parallel: \"8\", max-deletes: 0 } }",
        "stacks: { \"acme/*\": { after: acme/shop/staging } }",
        "stacks: { prod: { approvals: { needed: \"2\", from: [] } } }",
        "stacks: { prod: { checks: [{ http: url, status: 3XX, method: head, passes: \"5 of 6\" }] } }",
        "stacks: { prod: { checks: [{ run: a, shell: \"true\", within: 1m 30s }] } }",
        "stacks: { prod: { checks: [] , tolerate: [] } }",
        "notify:",
        "notify: []",
        "notify: [{ slack: { from-env: A }, teams: , on: held, stacks: 1 }]",
        "notify: [{ webhook: { url: \"http://127.0.0.1:8080/x\", secret: } }]",
        "notify: [{ mention: { people: \"{0-1}\" } }]",
    ] {
        assert!(accepts(yaml), "{yaml}");
    }
}

#[test]
fn the_inputs_that_an_entry_can_not_have_are_refused_under_each_name() {
    for input in INPUTS.iter().filter(|input| NOT_FOR_AN_ENTRY.contains(&input.name)) {
        for name in input.names() {
            assert!(!accepts(&format!("stacks: {{ prod: {{ {name}: dev }} }}")), "{name}");
        }
    }
}

/// The examples of a page as files: blocks of YAML that are one or a list of checks, and what stands between backticks and is
/// a key of an entry.
fn examples(page: &str) -> Vec<String> {
    let text = std::fs::read_to_string(xtask::root().join("docs").join(page)).unwrap();
    let mut found = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 0 {
            let spans = part.split('`').skip(1).step_by(2);
            // `checks: read` and `checks: write` are permissions of a job on GitHub.
            let is_of_entry = |span: &&str| {
                span.split_once(": ").is_some_and(|(key, value)| {
                    OWN_KEYS.contains(&key) && !["read", "write"].contains(&value)
                })
            };
            found.extend(spans.filter(is_of_entry).map(|span| format!("stacks: {{ prod: {{ {span} }} }}")));
            continue;
        }
        let Some(yaml) = part.strip_prefix("yaml\n") else { continue };
        let value: Value = serde_yaml::from_str(yaml).unwrap();
        if SECTIONS.iter().any(|section| value.get(*section).is_some()) {
            found.push(yaml.to_owned());
        } else if value
            .get(0)
            .is_some_and(|check| Checks::keys_of_kinds().any(|(kind, _)| check.get(kind).is_some()))
        {
            found.push(format!("stacks:\n  prod:\n    checks:\n{}", indented(yaml)));
        }
    }
    found
}

fn indented(yaml: &str) -> String {
    yaml.lines().fold(String::new(), |text, line| text + "    " + line + "\n")
}

#[test]
fn the_examples_of_the_pages_are_accepted() {
    for (page, least) in [("delivery.md", 4), ("checks.md", 5), ("approvals.md", 1)] {
        let examples = examples(page);
        assert!(examples.len() >= least, "{page}: {examples:#?}");
        for yaml in examples {
            assert!(accepts(&yaml), "{page}: {yaml}");
        }
    }
}
