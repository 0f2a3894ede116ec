//! Pipelines that use the official task, moved by changing the one line that names it. Their shapes are those of public
//! pipelines, which each fixture links.

use super::agent::{Agent, Step};
use super::{step, up};
use crate::tools::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

const CONNECTION: &str = "9f1b5e3c-1d2a-4b6e-8c7d-0a9b8c7d6e5f";

/// The events that each pipeline is run for, and the reason that the service gives for them.
const EVENTS: &[(&str, &str, &str)] = &[
    ("push", "IndividualCI", "refs/heads/main"),
    ("pull-request", "PullRequest", "refs/pull/17/merge"),
    ("tag", "IndividualCI", "refs/tags/release-1"),
];

fn fixtures() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/fixtures/migration/azure")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The pipeline with our task, and how many lines that changed.
fn moved(text: &str) -> (String, usize) {
    let mut changed = 0;
    let lines = text.lines().map(|line| {
        if line.trim() == "- task: Pulumi@1" {
            changed += 1;
        }
        line.replace("Pulumi@1", "stackstep@0") + "\n"
    });
    (lines.collect(), changed)
}

/// A pipeline whose parameters have their defaults.
fn compiled(text: &str) -> Value {
    let pipeline: Value = serde_yaml::from_str(text).unwrap();
    let parameters = pipeline["parameters"].as_array().into_iter().flatten();
    let text = parameters.fold(text.to_owned(), |text, parameter| {
        let name = parameter["name"].as_str().unwrap();
        text.replace(&format!("${{{{ parameters.{name} }}}}"), parameter["default"].as_str().unwrap())
    });
    assert!(!text.contains("${{"), "an expression is left:\n{text}");
    serde_yaml::from_str(&text).unwrap()
}

/// All steps, in their order.
fn steps(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) if fields.contains_key("steps") => {
            fields["steps"].as_array().unwrap().iter().collect()
        }
        Value::Object(fields) => fields.values().flat_map(steps).collect(),
        Value::Array(items) => items.iter().flat_map(steps).collect(),
        _ => Vec::new(),
    }
}

/// The variables that the pipeline sets itself.
fn variables(value: &Value) -> BTreeMap<String, String> {
    match value.get("variables") {
        Some(Value::Object(fields)) => {
            fields.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        }
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| Some((item.get("name")?.as_str()?.to_owned(), text(item.get("value")?))))
            .collect(),
        _ => BTreeMap::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn map(value: &Value) -> BTreeMap<String, String> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The task's step as the agent gets it: the service has put the connection's id where its name was.
fn as_the_agent_gets_it(value: &Value, name: &str) -> Step {
    let mut inputs = map(&value["inputs"]);
    if let Some(connection) = inputs.get_mut("azureSubscription") {
        CONNECTION.clone_into(connection);
    }
    Step { name: name.to_owned(), inputs, env: map(&value["env"]) }
}

/// A job in which the engine is the sandbox and the connection is there.
fn job(event: &'static str, reason: &str, branch: &str, pipeline: &Value) -> Agent {
    let mut agent = Agent::new()
        .on(event)
        .with("STACKSTEP_ENGINE", "sandbox")
        .with(&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), "ServicePrincipal")
        .with(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_SERVICEPRINCIPALID"), "the-client")
        .with(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_SERVICEPRINCIPALKEY"), "the-key-of-it")
        .with(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_TENANTID"), "the-tenant");
    let set = [
        ("StackName", "dev"),
        ("Connection", CONNECTION),
        ("Passphrase", "a passphrase"),
        ("shop.refresh", "true"),
        ("Build.Reason", reason),
        ("Build.SourceBranch", branch),
    ];
    agent.variables.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
    agent.variables.extend(variables(pipeline));
    agent
}

/// Runs a pipeline for an event. How many of its steps were ours and ran.
fn run(name: &str, pipeline: &Value, (event, reason, branch): (&'static str, &str, &str)) -> usize {
    let mut agent = job(event, reason, branch, pipeline);
    // What the pipelines look at or take away is there already.
    up(&mut agent, &[]);
    let before = agent.variables.clone();
    let mut ran = 0;
    for (at, one) in steps(pipeline).into_iter().enumerate() {
        if one["task"] != "stackstep@0"
            || !holds(one["condition"].as_str().unwrap_or("true"), &agent.variables)
        {
            continue;
        }
        let own = as_the_agent_gets_it(one, &format!("step{at}"));
        let ended = agent.task(&own);
        assert_eq!(ended.status, Some(0), "{name} for {event}:\n{}", ended.log);
        assert_eq!(agent.variables[&format!("step{at}.status")], "succeeded");
        assert!(!ended.shown().contains("the-key-of-it"));
        ran += 1;
    }
    // The official task sets no variable that a pipeline could read (but the CLI's version for itself), so no name
    // that one reads may change its value.
    assert!(before.iter().all(|(name, value)| agent.variables.get(name) == Some(value)));
    ran
}

#[test]
#[ignore = "needs the agent's library"]
fn each_public_pipeline_runs_after_its_one_line_has_changed() {
    let mut table = String::from(
        "| pipeline of the official task | its lines that change | steps run |\n| --- | --- | --- |\n",
    );
    let files = fixtures();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# Shape: https://"), "{}", path.display());
        let name = path.file_stem().unwrap().to_string_lossy();
        let (text, changed) = moved(&text);
        let pipeline = compiled(&text);
        let ran: usize = EVENTS.iter().map(|event| run(&name, &pipeline, *event)).sum();
        assert!(changed > 0 && ran > 0, "{name}");
        table += &format!("| {name} | {changed} | {ran} |\n");
    }
    assert!(files.len() >= 5);
    crate::tools::table("azure-migration", &table);
}

#[test]
#[ignore = "needs the agent's library"]
fn a_pipeline_that_is_not_the_official_task_s_is_noticed() {
    let mut agent = Agent::new();
    let wrong = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        agent.task(&step("up", &[("createStacks", "true")]))
    }));
    assert!(wrong.is_err(), "an input that the task does not have");
}

#[test]
#[ignore = "needs the agent's library"]
fn conditions_are_read_as_the_service_reads_them() {
    let variables = BTreeMap::from([("Build.Reason".to_owned(), "PullRequest".to_owned())]);
    for (condition, holds_) in [
        ("eq(variables['Build.Reason'], 'pullrequest')", true),
        ("and(ne(variables['x'], true), not(eq('a', 'b')))", true),
        ("or(eq(variables['x'], 'y'), startsWith(variables['Build.Reason'], 'Push'))", false),
        ("and(succeeded(), true)", true),
    ] {
        assert_eq!(holds(condition, &variables), holds_, "{condition}");
    }
}

/// Whether a condition holds: <https://learn.microsoft.com/azure/devops/pipelines/process/expressions>.
fn holds(condition: &str, variables: &BTreeMap<String, String>) -> bool {
    value(condition.trim(), variables).eq_ignore_ascii_case("true")
}

/// An expression's value as text. Comparisons know no case.
fn value(expression: &str, variables: &BTreeMap<String, String>) -> String {
    let expression = expression.trim();
    if let Some(name) = expression.strip_prefix("variables['").and_then(|rest| rest.strip_suffix("']")) {
        return variables.get(name).cloned().unwrap_or_default();
    }
    if let Some(text) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return text.to_owned();
    }
    let Some((function, rest)) = expression.split_once('(') else { return expression.to_owned() };
    let arguments: Vec<String> = arguments(rest.strip_suffix(')').unwrap())
        .into_iter()
        .map(|one| value(one, variables).to_lowercase())
        .collect();
    let is_true = |text: &String| text == "true";
    let result = match function {
        "eq" => arguments[0] == arguments[1],
        "ne" => arguments[0] != arguments[1],
        "and" => arguments.iter().all(is_true),
        "or" => arguments.iter().any(is_true),
        "not" => !is_true(&arguments[0]),
        "startsWith" => arguments[0].starts_with(&arguments[1]),
        other => {
            assert!(["succeeded", "always"].contains(&other), "no function `{other}`");
            true
        }
    };
    result.to_string()
}

/// What stands between the commas that are in no brackets.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        found.push(&text[start..]);
    }
    found
}
