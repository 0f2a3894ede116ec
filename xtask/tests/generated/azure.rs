//! The task of Azure Pipelines as the service wants it. Its packer takes many broken ones, so it is held to the rules
//! here: <https://github.com/microsoft/azure-pipelines-task-lib/blob/master/tasks.schema.json>.

use crate::files_ending;
use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::INPUTS;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use std::collections::BTreeSet;
use xtask::generate::folders;

/// Inputs that the launcher reads itself.
const OF_THE_LAUNCHER: [&str; 2] = ["azureSubscription", "loginArgs"];

/// The inputs of <https://github.com/pulumi/pulumi-az-pipelines-task/blob/master/buildAndReleaseTask/task.json>.
const OFFICIAL_TASK: &[&str] = &[
    "azureSubscription",
    "command",
    "loginArgs",
    "args",
    "cwd",
    "stack",
    "versionSpec",
    "createStack",
    "createPrComment",
    "useThreadedPrComments",
];

fn task() -> Value {
    json("task/task.json")
}

fn json(name: &str) -> Value {
    let text = std::fs::read_to_string(xtask::root().join("azure-tasks").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The names of the inputs, and all their aliases.
fn names(task: &Value) -> (Vec<String>, Vec<String>) {
    let inputs = task["inputs"].as_array().unwrap();
    let names = inputs.iter().map(|input| text(&input["name"]).to_owned()).collect();
    let aliases = inputs.iter().flat_map(|input| input["aliases"].as_array().into_iter().flatten());
    (names, aliases.map(|alias| text(alias).to_owned()).collect())
}

#[test]
fn the_task_declares_every_input_that_is_not_left_out_and_no_other() {
    let folder =
        folders(&xtask::root()).unwrap().into_iter().find(|folder| folder.name == "azure-tasks").unwrap();
    let left_out = folder.left_out_everywhere();
    let inputs = INPUTS.iter().filter(|input| !left_out.contains_key(input.name));
    let mut wanted: BTreeSet<String> = inputs.map(|input| folder.spec.naming.spell(input.name)).collect();
    wanted.extend(OF_THE_LAUNCHER.map(str::to_owned));
    assert_eq!(names(&task()).0.into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn the_binary_reads_every_input_that_the_task_declares() {
    for name in names(&task()).0.iter().filter(|name| !OF_THE_LAUNCHER.contains(&name.as_str())) {
        // As the agent hands it over.
        let variable = format!("INPUT_{}", name.to_uppercase());
        let env = Env::from_pairs("/", [("TF_BUILD", "True"), (variable.as_str(), "up")]);
        let resolved = resolve(None, &Flags::new(), ci::detect(&env), &env).unwrap();
        let sources = resolved.values.values().map(|found| &found.source);
        let read = sources.filter(|source| **source == Source::Step(variable.clone())).count();
        assert_eq!(read, 1, "`{name}` arrives as `{variable}`, and nothing reads it");
    }
}

#[test]
fn the_task_takes_every_input_of_the_official_task() {
    let (names, aliases) = names(&task());
    let missing: Vec<_> = OFFICIAL_TASK
        .iter()
        .filter(|name| !names.iter().chain(&aliases).any(|other| other == *name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_name_and_alias_is_one_that_the_service_takes_and_stands_once() {
    let (names, aliases) = names(&task());
    let mut seen = BTreeSet::new();
    for name in names.iter().chain(&aliases) {
        let fine = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        assert!(fine, "{name}");
        // YAML names of inputs have no case.
        assert!(seen.insert(name.to_lowercase()), "`{name}` stands twice");
    }
}

#[test]
fn every_input_has_a_type_of_the_service_and_no_default() {
    const TYPES: [&str; 4] = ["boolean", "multiLine", "pickList", "string"];
    let task = task();
    let groups: Vec<&str> =
        task["groups"].as_array().unwrap().iter().map(|group| text(&group["name"])).collect();
    for input in task["inputs"].as_array().unwrap() {
        let kind = text(&input["type"]);
        assert!(TYPES.contains(&kind) || kind == "connectedService:AzureRM", "{input}");
        assert_eq!(input["required"], false, "{input}");
        assert!(input.get("defaultValue").is_none(), "{input}");
        assert_eq!(kind == "pickList", input.get("options").is_some(), "{input}");
        assert!(input.get("groupName").is_none_or(|name| groups.contains(&text(name))), "{input}");
        assert!(!text(&input["label"]).is_empty() && !text(&input["helpMarkDown"]).is_empty(), "{input}");
    }
}

#[test]
fn a_boolean_that_the_classic_editor_would_set_to_false_is_a_list_to_choose_from() {
    let task = task();
    let kind = |name: &str| {
        let inputs = task["inputs"].as_array().unwrap();
        text(&inputs.iter().find(|input| input["name"] == name).unwrap()["type"]).to_owned()
    };
    assert_eq!((kind("failOnChanges").as_str(), kind("upsert").as_str()), ("pickList", "boolean"));
}

#[test]
fn the_task_s_frame_is_what_the_service_takes() {
    let task = task();
    let id = text(&task["id"]);
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()));
    assert_ne!(id, "66148448-e174-4167-91a4-0ac63f4a10ca", "that is the official task's");
    assert!(text(&task["friendlyName"]).len() <= 40);
    for handlers in ["execution", "postjobexecution"] {
        let handlers = task[handlers].as_object().unwrap();
        assert_eq!(handlers.keys().collect::<Vec<_>>(), ["Node24", "Node20_1"]);
        for handler in handlers.values() {
            assert!(xtask::root().join("azure-tasks/task").join(text(&handler["target"])).exists());
        }
    }
    for output in task["outputVariables"].as_array().unwrap() {
        assert!(text(&output["name"]).bytes().all(|byte| byte.is_ascii_alphanumeric()), "{output}");
    }
    let known = [
        "id",
        "name",
        "friendlyName",
        "description",
        "helpUrl",
        "helpMarkDown",
        "category",
        "visibility",
        "author",
        "version",
        "minimumAgentVersion",
        "instanceNameFormat",
        "showEnvironmentVariables",
        "groups",
        "inputs",
        "outputVariables",
        "execution",
        "postjobexecution",
    ];
    let unknown: Vec<_> =
        task.as_object().unwrap().keys().filter(|key| !known.contains(&key.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn task_extension_and_every_pipeline_have_the_version_of_the_suite() {
    let version = env!("CARGO_PKG_VERSION");
    let numbers = task()["version"].clone();
    assert_eq!(format!("{}.{}.{}", numbers["Major"], numbers["Minor"], numbers["Patch"]), version);
    assert_eq!(json("vss-extension.json")["version"], version);
    let mut named = 0;
    for path in files_ending(&xtask::root().join("azure-tasks"), &[".yml", ".md"]) {
        let page = std::fs::read_to_string(&path).unwrap();
        for rest in
            page.split("stackstep@").skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            let major: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(numbers["Major"].to_string(), major, "{}", path.display());
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}

#[test]
fn no_script_of_an_example_has_a_macro_or_an_expression_in_it() {
    let mut scripts = 0;
    for path in files_ending(&xtask::root().join("azure-tasks"), &[".yml"]) {
        let document: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        each_script(&document, &mut |script| {
            scripts += 1;
            assert!(!script.contains("$(") && !script.contains("${{") && !script.contains("$["), "{script}");
        });
    }
    assert!(scripts > 3, "{scripts}");
}

fn each_script(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(script)
                        if ["bash", "script", "inlineScript", "pwsh"].contains(&key.as_str()) =>
                    {
                        look(script);
                    }
                    _ => each_script(value, look),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_script(item, look)),
        _ => {}
    }
}
