//! The agreed differences between the sandbox and the real CLI. Nothing else excuses one, and an entry whose
//! difference no longer occurs fails its scenario too.

use crate::compare::{Class, Difference};

/// A difference that is meant to be.
pub struct Agreed {
    /// The scenario in which it occurs; `*` when it occurs in every one.
    pub scenario: &'static str,
    /// A piece of the step's name.
    pub step: &'static str,
    /// Its class.
    pub class: Class,
    /// A piece of its text.
    pub holds: &'static str,
    /// Why it is right, or what is still to do.
    pub reason: &'static str,
}

/// The state says who wrote it; the magic number is a checksum of the version.
const VERSION: &str = "the sandbox never passes for the real CLI, its version says what it is";
/// Node.js and its package manager wrote the recording.
const NODE: &str = "the recorded program runs on Node.js";
/// `--diff` and the like.
const RICH: &str = "the rich display is for people, and like the CLI's in kind only";
/// Standard output is for programs there.
const BANNER: &str = "where standard output is for programs, SANDBOX stands on standard error";
const REFUSED: &str = "what the sandbox can't do it refuses by name";
const WORDS: &str = "the sandbox says in its own words what is wrong with a program";
const TYPES: &str = "the sandbox does not check the types of a program's values: what doesn't fit is found when it runs, or null";
const SEED: &str = "the sandbox invents no names for resources, so its plans need no seeds";
const CLOUD: &str =
    "an output that a cloud will answer is unknown in previews; the recorded provider leaves it out";
const READ: &str = "a provider that reads inputs back shows drift there too, so that an update repairs it";
/// The stored results are of the newest CLI, the recordings of an older one.
const NEWER: &str = "the newest CLI says the folder, the recorded one did not";
const TODO: &str = "to do: the sandbox is to do as the CLI";

/// All of them.
pub const AGREED: &[Agreed] = &[
    agreed("*", "", Class::State, "/environment/pulumi.version", VERSION),
    agreed("*", "", Class::State, "/manifest/version", VERSION),
    agreed("*", "", Class::State, "/manifest/magic", VERSION),
    agreed("outputs", "stack export", Class::Stdout, "version", VERSION),
    agreed("outputs", "stack export", Class::Stdout, "magic", VERSION),
    agreed("reports", "stack history", Class::Stdout, "pulumi.version", VERSION),
    agreed("history", "stack history", Class::Stdout, "pulumi.version", VERSION),
    agreed("history", "history", Class::Stdout, "pulumi.version", VERSION),
    agreed("history", "history", Class::Stdout, "runtime.executable", NODE),
    agreed("history", "history", Class::Stdout, "runtime.metadata.packagemanager\\\"", NODE),
    agreed("history", "history", Class::Stdout, "runtime.metadata.packagemanagerVersion", NODE),
    agreed("history", "history", Class::Stdout, "runtime.name", NODE),
    agreed("history", "history", Class::Stdout, "runtime.version", NODE),
    agreed("unknowns", "--diff", Class::Stdout, "", RICH),
    agreed("replace", "--diff", Class::Stdout, "", RICH),
    agreed("reports", "--diff", Class::Stdout, "", RICH),
    agreed("reports", "--json", Class::Stdout, "", RICH),
    agreed("reports", "--json", Class::Stderr, "SANDBOX", BANNER),
    agreed("reports", "--show-sames", Class::Stdout, "", RICH),
    agreed("reports", "--expect-no-changes", Class::Stdout, "Stash s update", RICH),
    agreed("reports", "--refresh", Class::Stdout, "Stash s update", RICH),
    agreed("reports", "--show-config", Class::Exit, "", REFUSED),
    agreed("reports", "--show-config", Class::Stderr, "--show-config", REFUSED),
    agreed("reports", "--show-config", Class::Stdout, "", REFUSED),
    agreed("reports", "--show-config", Class::Log, "", REFUSED),
    agreed("plans", "--save-plan", Class::State, "/seed", SEED),
    agreed("malformed", "11 ", Class::Stdout, "properties", WORDS),
    agreed("malformed", "12 ", Class::Missing, "colour", WORDS),
    agreed("malformed", "12 ", Class::Stdout, "", WORDS),
    agreed("malformed", "13 ", Class::Extra, "nput", WORDS),
    agreed("malformed", "13 ", Class::Stdout, "", WORDS),
    agreed("malformed", "14 ", Class::Missing, "protekt", WORDS),
    agreed("malformed", "14 ", Class::Stdout, "", WORDS),
    agreed("malformed", "16 ", Class::Exit, "", REFUSED),
    agreed("malformed", "16 ", Class::Stderr, "fn::nope", REFUSED),
    agreed("malformed", "16 ", Class::Stdout, "", REFUSED),
    agreed("malformed", "16 ", Class::Missing, "", REFUSED),
    agreed("malformed", "18 ", Class::Diagnostic, "fn::fromBase64 unable to decode", WORDS),
    agreed("malformed", "22 ", Class::Exit, "", TYPES),
    agreed("malformed", "22 ", Class::Field, "/result", TYPES),
    agreed("malformed", "22 ", Class::Missing, "", TYPES),
    agreed("malformed", "22 ", Class::Outputs, "", TYPES),
    agreed("malformed", "22 ", Class::Stdout, "", TYPES),
    agreed("malformed", "24 ", Class::Stderr, "", WORDS),
    agreed("malformed", "26 ", Class::Missing, "cannot access a property", TYPES),
    agreed("malformed", "26 ", Class::State, "", TYPES),
    agreed("malformed", "27 ", Class::State, "/resourceChanges/", TYPES),
    agreed("malformed", "27 ", Class::Diagnostic, "waiting for RPCs", WORDS),
    agreed("missing", "yaml-no-project", Class::Stderr, "searching upwards from <project>", NEWER),
    agreed("node-life", "preview-", Class::New, "/outputs/arn", CLOUD),
    agreed("node-policies", "preview-", Class::New, "/outputs/arn", CLOUD),
    agreed("node-drift", "refresh", Class::New, "/inputs/size", READ),
    agreed("node-drift", "preview-refresh-drift", Class::Old, "/inputs/size", READ),
    agreed("node-drift", "up-repair", Class::Old, "/inputs/size", READ),
    agreed("node-drift", "up-warning", Class::Stdout, "Stack drift-dev", TODO),
    agreed("node-drift", "up-repair", Class::Stdout, "Stack drift-dev", TODO),
    agreed("node-drift", "preview-refresh-drift", Class::Stdout, "Stack drift-dev", TODO),
    agreed("node-policies", "preview-policy-remediation", Class::New, "/region", TODO),
    agreed("signals", "up-interrupted", Class::Stdout, "", TODO),
    agreed("node-policies", "preview-policy-violation", Class::Stdout, "", TODO),
    agreed("node-policies", "preview-policy-remediation", Class::Stdout, "", TODO),
    agreed("bad-state", "", Class::Stdout, "(dev):", TODO),
    agreed("locked", "--preview-only", Class::Stdout, "Resources:", TODO),
    agreed("targets", "15 refresh", Class::Stdout, "Stack p-dev", TODO),
    agreed("config", "23 ", Class::State, "p:count: many", TODO),
    agreed("config", "26 ", Class::State, "p:count: many", TODO),
    agreed("assets", "up", Class::New, "/text", TODO),
    agreed("assets", "up", Class::Old, "/text", TODO),
    agreed("assets", "up", Class::Outputs, "/text", TODO),
    agreed("assets", "up", Class::Stdout, "", TODO),
    agreed("replace", "", Class::Count, "", TODO),
    agreed("replace", "", Class::Extra, "Stash::deep", TODO),
    agreed("replace", "", Class::Stdout, "", TODO),
    agreed("replace", "", Class::State, "", TODO),
    agreed("replace", "", Class::New, "Stash::deep", TODO),
    agreed("replace", "", Class::Old, "Stash::deep", TODO),
];

const fn agreed(
    scenario: &'static str,
    step: &'static str,
    class: Class,
    holds: &'static str,
    reason: &'static str,
) -> Agreed {
    Agreed { scenario, step, class, holds, reason }
}

impl Agreed {
    /// Whether this entry is about a scenario.
    pub fn is_of(&self, scenario: &str) -> bool {
        [scenario, "*"].contains(&self.scenario)
    }

    /// Whether this entry excuses a difference.
    pub fn excuses(&self, scenario: &str, step: &str, difference: &Difference) -> bool {
        self.is_of(scenario)
            && step.contains(self.step)
            && self.class == difference.class
            && difference.to_string().contains(self.holds)
    }
}
