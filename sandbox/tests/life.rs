//! The life of programs, from the first preview to the last deletion.

#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod support;

use std::fmt::Write as _;

use serde_json::json;
use support::Place;

const UP: &str = "up -s dev --yes --skip-preview --event-log events.jsonl";
const PREVIEW: &str = "preview -s dev --event-log events.jsonl";
const DESTROY: &str = "destroy -s dev --yes --skip-preview --event-log events.jsonl";

const SHOP: &str = "
name: shop
runtime: yaml
config:
  size: {type: integer, default: 1}
resources:
  web:
    type: aws:s3:Bucket
    properties: {size: \"${size}\"}
  page:
    type: aws:s3:BucketObject
    properties: {bucket: \"${web.id}\", secret: {fn::secret: hush}}
outputs:
  arn: ${web.arn}
  page: ${page.secret}
";

fn stash(lines: &[&str]) -> String {
    let mut program = "name: life\nruntime: yaml\nresources:\n".to_owned();
    for line in lines {
        let (name, rest) = line.split_once(' ').unwrap();
        let (input, options) = rest.split_once(" | ").unwrap_or((rest, ""));
        let _ = writeln!(
            program,
            "  {name}: {{type: 'pulumi:index:Stash', properties: {{input: {input}}}, options: {{{options}}}}}"
        );
    }
    program
}

#[test]
fn a_program_is_previewed_created_kept_updated_and_destroyed() {
    let place = Place::with(SHOP);
    assert!(place.ok(PREVIEW).stdout.contains("+ 3 to create"));
    assert!(place.names().is_empty());

    place.ok(UP);
    assert_eq!(place.names(), ["shop-dev", "web", "page"]);
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"create": 3}));

    place.ok(UP);
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"same": 3}));

    place.ok("up -s dev --yes --skip-preview -c size=2 --event-log events.jsonl");
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"same": 2, "update": 1}));
    assert_eq!(place.steps_of("web"), ["update", "update+"]);

    place.ok(DESTROY);
    assert!(place.names().is_empty());
    assert_eq!(
        place.steps(),
        ["delete:page", "delete:page+", "delete:web", "delete:web+", "delete:shop-dev", "delete:shop-dev+"]
    );
}

#[test]
fn what_a_preview_cannot_know_is_unknown_in_it_and_known_after_it() {
    let place = Place::with(SHOP);
    place.ok(PREVIEW);
    let unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    let last = place
        .events()
        .into_iter()
        .rfind(|event| event["resOutputsEvent"]["metadata"]["type"] == "pulumi:pulumi:Stack")
        .unwrap();
    assert_eq!(last["resOutputsEvent"]["metadata"]["new"]["outputs"]["arn"], unknown);
    place.ok(UP);
    let outputs: serde_json::Value =
        serde_json::from_str(&place.ok("stack output -s dev --json").stdout).unwrap();
    let arn = outputs["arn"].as_str().unwrap();
    assert!(arn.starts_with("web-") && arn.contains(".arn"), "{arn}");
    assert_eq!(outputs["page"], "[secret]");
}

#[test]
fn no_secret_is_in_the_log_in_the_output_or_in_the_state() {
    let place = Place::with(SHOP);
    let ran = place.ok(UP);
    let log = std::fs::read_to_string(place.path("project/events.jsonl")).unwrap();
    for text in [ran.stdout, ran.stderr, log, place.state().to_string()] {
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn types_without_a_module_of_their_own_get_the_token_of_their_package() {
    let place = Place::with(SHOP);
    place.ok(UP);
    let state = place.state().to_string();
    assert!(state.contains("aws:s3/bucket:Bucket::web") && state.contains("pulumi:providers:aws::default"));
}

#[test]
fn a_replacement_creates_first_and_deletes_the_original_last() {
    let place = Place::with(&stash(&["a one | replaceOnChanges: [input]", "b \"${a.id}\""]));
    place.ok(UP);
    place.program(&stash(&["a two | replaceOnChanges: [input]", "b \"${a.id}\""]));
    place.ok(UP);
    assert_eq!(
        place.steps_of("a"),
        [
            "create-replacement",
            "create-replacement+",
            "replace",
            "replace+",
            "delete-replaced",
            "delete-replaced+"
        ]
    );
    // The new id reached the dependent before the old resource went.
    let steps = place.steps();
    let at = |step: &str| steps.iter().position(|it| it == step).unwrap();
    assert!(at("update:b+") < at("delete-replaced:a"));
}

#[test]
fn a_replacement_that_deletes_first_takes_its_dependents_along() {
    let program = |input: &str| {
        stash(&[
            &format!("a {input} | replaceOnChanges: [input], deleteBeforeReplace: true"),
            "b \"${a.output}\" | replaceOnChanges: [input]",
            "c \"${b.output}\"",
        ])
    };
    let place = Place::with(&program("one"));
    place.ok(UP);
    place.program(&program("two"));
    place.ok(UP);
    let replaced = [
        "delete-replaced",
        "delete-replaced+",
        "replace",
        "replace+",
        "create-replacement",
        "create-replacement+",
    ];
    assert_eq!(place.steps_of("a"), replaced);
    assert_eq!(place.steps_of("b"), replaced);
    assert_eq!(place.steps_of("c"), ["update", "update+"]);
}

#[test]
fn a_protected_resource_refuses_to_go_and_the_rest_goes() {
    let place = Place::with(&stash(&["a 1 | protect: true", "b 2"]));
    place.ok(UP);
    let ran = place.run(DESTROY);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
    assert_eq!(place.names(), ["life-dev", "a"]);
    assert_eq!(place.steps_of("a"), ["delete", "delete!"]);
    assert_eq!(place.messages("error").last().unwrap(), "update failed\n");
}

#[test]
fn targets_leave_everything_else_alone() {
    let place = Place::with(&stash(&["a 1", "b 2"]));
    place.ok(UP);
    place.program(&stash(&["a 10", "b 20"]));
    place.ok(&format!("{UP} --target urn:pulumi:dev::life::pulumi:index:Stash::b"));
    assert_eq!(place.steps_of("a"), ["same", "same+"]);
    assert_eq!(place.steps_of("b"), ["update", "update+"]);
}

#[test]
fn a_target_that_is_not_there_fails_the_run() {
    let place = Place::with(&stash(&["a 1"]));
    assert_eq!(place.run(&format!("{UP} --target urn:nope")).status, Some(1));
    assert!(place.messages("error")[0].starts_with("Target 'urn:nope' could not be found in the stack."));
}

#[test]
fn unexpected_changes_have_an_exit_status_of_their_own() {
    let place = Place::with(&stash(&["a 1"]));
    let ran = place.run("preview -s dev --expect-no-changes");
    assert_eq!(ran.status, Some(7));
    assert_eq!(ran.stderr, "error: no changes were expected for preview but changes were proposed\n");
}

#[test]
fn an_update_is_held_to_its_plan() {
    let place = Place::with(&stash(&["a 1"]));
    place.ok("preview -s dev --save-plan plan.json");
    place.program(&stash(&["a 2"]));
    assert_eq!(place.run(&format!("{UP} --plan plan.json")).status, Some(1));
    assert!(place.messages("error")[0].contains("violates plan: properties changed: ++input[{1}!={2}]"));
    place.program(&stash(&["a 1"]));
    place.ok(&format!("{UP} --plan plan.json"));
    assert_eq!(place.names(), ["life-dev", "a"]);
}

#[test]
fn a_stack_reads_the_outputs_of_another() {
    let place =
        Place::with("name: base\nruntime: yaml\noutputs: {host: example.org, key: {fn::secret: s3cr3t}}\n");
    place.ok(UP);
    place.program(
        "name: app\nruntime: yaml\nresources:\n  base: {type: 'pulumi:pulumi:StackReference', properties: {name: \
         organization/base/dev}}\noutputs: {url: 'https://${base.outputs.host}', key: '${base.outputs.key}'}\n",
    );
    place.ok("stack init dev");
    place.ok(UP);
    let outputs: serde_json::Value =
        serde_json::from_str(&place.ok("stack output -s dev --json").stdout).unwrap();
    assert_eq!(outputs, json!({"url": "https://example.org", "key": "[secret]"}));
}

#[test]
fn a_program_error_names_its_line_and_keeps_its_colours_out_of_the_log() {
    let place = Place::with(
        "name: bad\nruntime: yaml\nresources:\n  a: {type: 'pulumi:index:Stash', properties: {input: \"${nope}\"}}\n",
    );
    let ran = place.run(UP);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        place.messages("info#err")[0],
        "Error: resource, variable, or config value \"nope\" not found\n\n"
    );
    assert_eq!(place.messages("info#err")[1], "  on Pulumi.yaml line 4:\n\n");
    assert!(ran.stdout.contains("\u{1b}[31mError\u{1b}[0m: resource"));
}

#[test]
fn a_malformed_project_file_changes_nothing() {
    let place = Place::with(&stash(&["a 1"]));
    place.ok(UP);
    let before = place.state();
    place.program("name: life\nruntime: yaml\nresources: [a\nb: c\n");
    let ran = place.run(UP);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr.ends_with("invalid YAML file: yaml: line 2: did not find expected ',' or ']'\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(place.state(), before);
}

#[test]
fn a_program_in_another_language_is_refused_by_name() {
    let place = Place::with("name: py\nruntime: python\n");
    let ran = place.run(UP);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.starts_with("error: the sandbox does not support programs with `runtime: python`"));
}

#[test]
fn it_says_that_it_is_the_sandbox() {
    let place = Place::with(&stash(&["a 1"]));
    assert!(place.ok(UP).stdout.starts_with("SANDBOX, nothing was deployed\n"));
    let version = place.ok("version");
    assert!(version.stdout.starts_with('v') && version.stdout.contains("sandbox"));
    let json = place.ok("preview -s dev --json");
    assert!(json.stderr.starts_with("SANDBOX, nothing was deployed\n"));
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok());
}

#[test]
fn a_preview_neither_takes_nor_minds_a_lock() {
    let place = Place::with(&stash(&["a 1"]));
    let ran = place.run_with("{locked: true}", PREVIEW);
    assert_eq!(ran.status, Some(0));
    assert_eq!(place.locks(), 1);
    let ran = place.run(UP);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.starts_with("error: the stack is currently locked by 1 lock(s)."), "{}", ran.stderr);
    place.ok("cancel -s dev --yes");
    place.ok(UP);
    assert_eq!(place.locks(), 0);
}
