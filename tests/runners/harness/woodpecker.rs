//! Woodpecker: the plugin's program as the image's entry point, with the settings in the variables that Woodpecker makes
//! of them.

use super::circleci::outputs_of;
use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use std::collections::BTreeMap;
use std::process::Command;

/// `woodpecker/plugin.sh`.
pub struct Woodpecker;

impl Wrapper for Woodpecker {
    fn system(&self) -> &'static str {
        "woodpecker-ci"
    }

    fn lacks(&self, event: Event) -> Option<&'static str> {
        match event {
            Event::Fork => Some("a build is not told whether its pull request comes from a fork"),
            _ => None,
        }
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let case = match event {
            Event::Fork => "pull-request",
            other => other.usual_case(),
        };
        let mut command = Command::new("sh");
        command.arg(tools::root().join("woodpecker/plugin.sh"));
        command.current_dir(place.repository()).env_clear().envs(place.environment());
        command.envs(fixture(self.system(), case)).env("CI_WORKSPACE", place.repository());
        // https://woodpecker-ci.org/docs/usage/plugins/creating-plugins#settings
        command.envs(
            inputs
                .iter()
                .map(|(name, value)| (format!("PLUGIN_{}", name.replace('-', "_").to_uppercase()), value)),
        );
        command
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let mut later = Command::new("sh");
        later.args(["-c", "if [ -e .stackstep/outputs.sh ]; then . .stackstep/outputs.sh; fi; env -0"]);
        later.env_clear().env("PATH", "/usr/bin:/bin").current_dir(place.repository());
        outputs_of(&String::from_utf8(later.output().unwrap().stdout).unwrap())
    }

    // The container is stopped, which signals its first process, and killed when its time is over:
    // https://github.com/woodpecker-ci/woodpecker/blob/main/pipeline/backend/docker/docker.go
    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGTERM", "SIGKILL"], whom: Whom::Entry }]
    }
}
