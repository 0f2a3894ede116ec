//! Flags of the Pulumi CLI that it takes from the environment: each from `PULUMI_OPTION_` and its name.
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>

/// How the names of the variables begin.
pub const PREFIX: &str = "PULUMI_OPTION_";

/// The inputs that are flags of the engine's operations with the same name and meaning.
pub const INPUTS: &[&str] = &[
    "color",
    "config-file",
    "continue-on-error",
    "diff",
    "exclude",
    "exclude-dependents",
    "exclude-protected",
    "expect-no-changes",
    "message",
    "parallel",
    "plan",
    "policy-pack",
    "policy-pack-config",
    "preview-only",
    "refresh",
    "remove",
    "replace",
    "run-program",
    "secrets-provider",
    "skip-preview",
    "suppress-outputs",
    "suppress-progress",
    "target",
    "target-dependents",
];

/// The variable by which the engine takes an input of ours, where it does.
pub fn variable_of(input: &str) -> Option<String> {
    INPUTS.contains(&input).then(|| format!("{PREFIX}{}", input.replace('-', "_").to_uppercase()))
}
