//! The inputs of the official GitHub action. Under its profile a step has only these: an input that the action ignores
//! must neither fail a step that has moved nor change its effect.

use super::table::INPUTS;
use crate::ci::names::{ENV_PREFIX, variable_name};

/// The names that its `action.yml` declares:
/// <https://github.com/pulumi/actions/blob/deb0aa33df8474b3c16e68e62f088f61e5c97bda/action.yml>.
pub const OFFICIAL_INPUTS: &[&str] = &[
    "command",
    "stack-name",
    "pulumi-version",
    "pulumi-version-file",
    "work-dir",
    "comment-on-pr",
    "comment-on-pr-number",
    "comment-on-summary",
    "github-token",
    "cloud-url",
    "secrets-provider",
    "parallel",
    "message",
    "config-map",
    "expect-no-changes",
    "diff",
    "replace",
    "exclude",
    "exclude-dependents",
    "target",
    "target-dependents",
    "policyPacks",
    "policyPackConfigs",
    "refresh",
    "upsert",
    "remove",
    "edit-pr-comment",
    "color",
    "exclude-protected",
    "plan",
    "suppress-outputs",
    "suppress-progress",
    "always-include-summary",
    "continue-on-error",
    "log-verbosity",
    "log-flow",
    "debug",
];

/// Whether a step under the profile can set this name. The profile itself is ours.
pub fn is_official_name(name: &str) -> bool {
    name == "profile" || OFFICIAL_INPUTS.contains(&name)
}

/// A warning for each of our inputs that the step sets although it is ignored under the profile. GitHub itself warns of
/// unknown names.
pub fn warnings_for_ignored(is_set: impl Fn(&str) -> bool) -> Vec<String> {
    let names = INPUTS.iter().flat_map(|input| input.names().map(move |name| (input, name)));
    let names = names.filter(|(_, name)| !is_official_name(name) && is_set(name));
    names
        .map(|(input, name)| {
            let variable = format!("{ENV_PREFIX}{}", variable_name(input.name));
            format!(
                "`{name}` is not used, as the official action has no such input: set it as `{variable}` in the \
                 step's `env`, or set `profile: none`"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;

    #[test]
    fn every_input_of_the_official_action_is_one_of_ours() {
        for name in OFFICIAL_INPUTS {
            assert!(Input::find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_set_and_unknown_is_named_with_the_way_out() {
        let warnings = warnings_for_ignored(|name| ["args", "stack-name", "cwd"].contains(&name));
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("`cwd`") && warnings[0].contains("STACKSTEP_CWD"), "{warnings:?}");
        assert!(warnings[1].contains("`args`") && warnings[1].contains("profile: none"), "{warnings:?}");
    }
}
