//! The flags that the Pulumi CLI also takes from variables that begin with `PULUMI_OPTION_`.
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>

/// The beginning of the variables' names.
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

/// The variable from which the engine takes one of our inputs; none if it takes it from no variable.
pub fn variable_of(input: &str) -> Option<String> {
    INPUTS.contains(&input).then(|| format!("{PREFIX}{}", input.replace('-', "_").to_uppercase()))
}
