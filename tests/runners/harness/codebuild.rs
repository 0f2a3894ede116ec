//! CodeBuild: the phases of a buildspec in one shell, as its version 0.2 runs them.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// AWS CodeBuild.
pub struct CodeBuild;

/// Where the driver leaves the shell's environment at the end: what `exported-variables` are read from.
const EXPORTED: &str = "exported";

impl Wrapper for CodeBuild {
    fn system(&self) -> &'static str {
        "aws-codebuild"
    }

    fn lacks(&self, event: Event) -> Option<&'static str> {
        match event {
            Event::Fork => Some("a build is not told whether its pull request comes from a fork"),
            _ => None,
        }
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let command = inputs.iter().find(|(name, _)| *name == "command").map_or("up", |(_, word)| word);
        let file = match command {
            "preview" => "preview.yml",
            "destroy" => "destroy.yml",
            _ => "deploy.yml",
        };
        let mut project = fixture(self.system(), case(event));
        if event == Event::MergeQueue {
            let queue = "gh-readonly-queue/main/pr-7-88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9";
            project.insert("CODEBUILD_WEBHOOK_TRIGGER".to_owned(), format!("branch/{queue}"));
            project.insert("CODEBUILD_WEBHOOK_HEAD_REF".to_owned(), format!("refs/heads/{queue}"));
        }
        project.extend(inputs.iter().map(|(name, value)| {
            (format!("STACKSTEP_INPUT_{}", name.replace('-', "_").to_uppercase()), (*value).to_owned())
        }));
        build(place, &read(&tools::root().join("codebuild").join(file)), &project)
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let of_a_run = ["status", "reason", "has-changes", "changes", "result", "permalink", "outputs"];
        let of_a_map = ["command", "stacks", "environment", "skip", "why"];
        let own = of_a_run.into_iter().chain(of_a_map);
        let shell = exported(place);
        let ours = own.filter_map(|name| {
            let value = shell.get(&format!("STACK_{}", name.replace('-', "_").to_uppercase()))?;
            // What a pipeline could not take empty.
            let value = if name == "reason" && value == "none" { "" } else { value };
            Some((name.to_owned(), value.to_owned()))
        });
        let theirs = shell.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("STACK_OUTPUT_")?.to_owned(), value.clone()))
        });
        ours.chain(theirs).collect()
    }

    fn cancel(&self) -> &'static [Cancel] {
        // No signal is documented: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuild.html
        &[Cancel { executor: "", signals: &[], whom: Whom::Nobody }]
    }
}

fn case(event: Event) -> &'static str {
    match event {
        Event::MergeQueue | Event::Rerun => "push",
        Event::Fork | Event::Bot => "pull-request",
        other => other.usual_case(),
    }
}

/// A buildspec.
pub fn read(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The environment of the build's shell at its end.
pub fn exported(place: &Place) -> BTreeMap<String, String> {
    let bytes = std::fs::read(place.beside(EXPORTED)).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap();
    text.split('\0')
        .filter_map(|pair| pair.split_once('='))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect()
}

/// The shell of a build with this buildspec, in which `project` has what CodeBuild and the project set.
///
/// All commands share the shell, a failed one ends its phase's `commands`, and `finally` runs in any case:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.phases>. After a failed build
/// phase there is the next one, after any other there is none:
/// <https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html>.
pub fn build(place: &Place, buildspec: &Value, project: &BTreeMap<String, String>) -> Command {
    assert_eq!(buildspec["version"].as_f64(), Some(0.2));
    let mut environment = place.environment();
    let variables = buildspec["env"]["variables"].as_object().into_iter().flatten();
    environment.extend(variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())));
    environment.extend(project.clone());
    environment.insert("CODEBUILD_SRC_DIR".to_owned(), place.repository().display().to_string());

    let folder = place.beside("phases");
    std::fs::create_dir_all(&folder).unwrap();
    let mut driver = "build_status=0 go_on=1\n".to_owned();
    for phase in ["install", "pre_build", "build", "post_build"] {
        let Some(phase_of) = buildspec["phases"].get(phase) else { continue };
        let _ = writeln!(driver, "if [ \"$go_on\" = 1 ]; then\nphase_status=0");
        for (block, condition) in [("commands", "[ \"$phase_status\" = 0 ]"), ("finally", ":")] {
            for (index, command) in phase_of[block].as_array().into_iter().flatten().enumerate() {
                let file = folder.join(format!("{phase}-{block}-{index}"));
                std::fs::write(&file, command.as_str().unwrap()).unwrap();
                let _ =
                    writeln!(driver, "if {condition}; then . '{}' || phase_status=$?; fi", file.display());
            }
        }
        let go_on = if phase == "build" { "" } else { " go_on=0" };
        let _ =
            writeln!(driver, "if [ \"$phase_status\" != 0 ]; then build_status=$phase_status{go_on}; fi\nfi");
    }
    let _ = writeln!(driver, "env -0 >'{}'\nexit \"$build_status\"", place.beside(EXPORTED).display());
    let file = folder.join("driver");
    std::fs::write(&file, driver).unwrap();
    let mut command = Command::new("sh");
    command.arg(file).env_clear().envs(environment).current_dir(place.repository());
    command
}
