//! Azure Pipelines: the agent starts the task's launcher by Node, and reads commands from its output.
//!
//! What it hands over: <https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/Handlers/Handler.cs>.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// The task.
pub struct Task;

/// The job's own token.
pub const JOB_TOKEN: &str = "the-token-of-the-job";

impl Wrapper for Task {
    fn system(&self) -> &'static str {
        "azure-pipelines"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let mut command = Command::new("node");
        command
            .arg(root().join("azure-tasks/task/launcher.cjs"))
            .current_dir(place.repository())
            .env_clear()
            .envs(environment(place, event.usual_case()))
            .envs(inputs_as_variables(inputs.iter().copied()));
        command
    }

    fn outputs(&self, _place: &Place, log: &str) -> BTreeMap<String, String> {
        let commands = log.lines().filter_map(|line| line.strip_prefix("##vso[task.setvariable "));
        let set = commands.filter_map(|rest| {
            let (properties, value) = rest.split_once(']')?;
            let name = properties.split(';').find_map(|property| property.strip_prefix("variable="))?;
            Some((unescaped(name), unescaped(value)))
        });
        set.collect()
    }

    // Only the process that the agent started is signalled; 10 s after the first signal the tree is killed.
    // https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Sdk/ProcessInvoker.cs
    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGINT", "SIGTERM", "SIGKILL"], whom: Whom::Entry }]
    }
}

/// All that the agent gives a task, but for the values of its inputs.
pub fn environment(place: &Place, case: &str) -> BTreeMap<String, String> {
    let mut env = place.environment();
    env.extend(fixture("azure-pipelines", case));
    let repository = place.repository().display().to_string();
    let of_the_agent = [
        ("AGENT_JOBSTATUS", "Succeeded"),
        ("AGENT_OS", "Linux"),
        ("AGENT_TEMPDIRECTORY", &place.temporary().display().to_string()),
        ("AGENT_TOOLSDIRECTORY", &place.beside("home/tools").display().to_string()),
        ("AGENT_VERSION", "4.265.1"),
        ("BUILD_SOURCESDIRECTORY", &repository),
        ("SYSTEM_DEFAULTWORKINGDIRECTORY", &repository),
        ("SYSTEM_HOSTTYPE", "build"),
        ("SYSTEM_TASKDISPLAYNAME", "stackstep"),
        ("SYSTEM_TASKINSTANCEID", "12f1170f-54f2-53f3-20dd-22fc7dff55f9"),
        ("VSTS_PUBLIC_VARIABLES", r#"["system.hosttype"]"#),
        ("VSTS_SECRET_VARIABLES", r#"["system.accesstoken"]"#),
        ("SECRET_SYSTEM_ACCESSTOKEN", JOB_TOKEN),
        ("ENDPOINT_URL_SYSTEMVSSCONNECTION", "https://dev.azure.com/acme/"),
        ("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION", "OAuth"),
        ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", JOB_TOKEN),
        (
            "ENDPOINT_AUTH_SYSTEMVSSCONNECTION",
            &format!(r#"{{"parameters":{{"AccessToken":"{JOB_TOKEN}"}},"scheme":"OAuth"}}"#),
        ),
    ];
    env.extend(of_the_agent.map(|(name, value)| (name.to_owned(), value.to_owned())));
    env.extend(inputs_as_variables(declared().keys().map(|name| (name.as_str(), ""))));
    env
}

/// Each input that `task.json` declares, with its aliases.
pub fn declared() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(root().join("azure-tasks/task/task.json")).unwrap();
    let task: Value = serde_json::from_str(&text).unwrap();
    let of_one = |input: &Value| {
        let aliases = input["aliases"].as_array().into_iter().flatten();
        let aliases = aliases.map(|alias| alias.as_str().unwrap().to_owned()).collect();
        (input["name"].as_str().unwrap().to_owned(), aliases)
    };
    task["inputs"].as_array().unwrap().iter().map(of_one).collect()
}

/// The agent's variables: upper case, and the table's names as `task.json` has them, without hyphens.
pub fn inputs_as_variables<'a>(inputs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    inputs
        .map(|(name, value)| (format!("INPUT_{}", name.replace('-', "").to_uppercase()), value.to_owned()))
        .collect()
}

/// <https://github.com/microsoft/azure-pipelines-task-lib/blob/master/node/taskcommand.ts>
fn unescaped(text: &str) -> String {
    [("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%3B", ";"), ("%AZP25", "%")]
        .iter()
        .fold(text.to_owned(), |text, (code, plain)| text.replace(code, plain))
}
