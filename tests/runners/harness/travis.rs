//! Travis: the commands of an imported job's phases, in one bash as Travis runs them, in the environment that the vendor
//! documents. Inputs are variables of the repository's settings.
//!
//! <https://docs.travis-ci.com/user/job-lifecycle/>

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::circleci::outputs_of;
use super::{Cancel, Event, Place, Whom, Wrapper, fixture};

/// `travis/preview.yml`, `travis/deploy.yml`, and for other commands a script after `travis/setup.yml`.
pub struct Travis;

impl Wrapper for Travis {
    fn system(&self) -> &'static str {
        "travis-ci"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let case = match event {
            // Nothing tells a re-run apart, nor who asked for the change.
            Event::Rerun => "push",
            Event::Bot => "pull-request",
            other => other.usual_case(),
        };
        let command = inputs.iter().find(|(name, _)| *name == "command").map_or("", |(_, value)| *value);
        let script = place.beside("job.sh");
        std::fs::write(&script, job(command)).unwrap();
        let mut bash = Command::new("bash");
        bash.arg(script).current_dir(place.repository()).env_clear().envs(place.environment());
        bash.envs(fixture("travis-ci", case));
        bash.envs(inputs.iter().map(|(name, value)| {
            (format!("STACKSTEP_{}", name.replace('-', "_").to_uppercase()), (*value).to_owned())
        }));
        bash
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let mut later = Command::new("bash");
        later.args(["-c", "if [ -e .stackstep/outputs.sh ]; then . .stackstep/outputs.sh; fi; env -0"]);
        later.env_clear().env("PATH", "/usr/bin:/bin").current_dir(place.repository());
        outputs_of(&String::from_utf8(later.output().unwrap().stdout).unwrap())
    }

    /// Which signal a cancelled job gets is not documented; its machine is taken away.
    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGTERM"], whom: Whom::Group }]
    }
}

/// The phases of the job that runs `command`: one that fails before `script` ends the job, commands of `script` all
/// run, and the first failure is the result.
pub fn job(command: &str) -> String {
    let file = match command {
        "preview" => "preview",
        "up" => "deploy",
        _ => "setup",
    };
    let path = crate::tools::root().join(format!("travis/{file}.yml"));
    let document: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let own = serde_json::json!([
        "STACKSTEP_OUTPUTS_FILE=\"${STACKSTEP_OUTPUTS_FILE:-.stackstep/outputs.sh}\" stackstep run"
    ]);
    let (before, script) = match &document["jobs"]["include"][0] {
        Value::Null => (&document["before_install"], &own),
        job => (&job["before_script"], &job["script"]),
    };
    let lines = |phase: &Value| -> Vec<String> {
        phase.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    };
    // Travis's own shell outlives a signal to the group.
    let mut job = "trap : INT TERM\nstatus=0\n".to_owned();
    for line in lines(before) {
        job.push_str(&format!("{line}\nif [ $? != 0 ]; then exit 1; fi\n"));
    }
    for line in lines(script) {
        job.push_str(&format!("{line}\nnow=$?; if [ $status = 0 ]; then status=$now; fi\n"));
    }
    job + "exit $status\n"
}
