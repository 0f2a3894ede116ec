//! The agreed differences between the sandbox and the real CLI. Nothing else excuses one, and an entry whose
//! difference no longer occurs fails its scenario too.

use crate::compare::{Class, Difference};

/// What the sandbox is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// A recording.
    Recording,
    /// A real CLI on the `PATH`.
    Real,
}

/// A difference that is meant to be.
pub struct Agreed {
    /// The scenario in which it occurs; `*` when it occurs in every one.
    pub scenario: &'static str,
    /// A piece of the step's name.
    pub step: &'static str,
    /// What it is compared with.
    pub against: Against,
    /// Its class.
    pub class: Class,
    /// A piece of its text.
    pub holds: &'static str,
    /// Why it is right.
    pub reason: &'static str,
}

/// The state says who wrote it; the magic number is a checksum of the version.
const VERSION: &str = "the sandbox never passes for the real CLI, its version says what it is";

/// Node.js and its package manager wrote the recording.
const NODE: &str = "the recorded program runs on Node.js";

/// All of them.
pub const AGREED: &[Agreed] = &[
    recorded("*", "", Class::State, "/manifest/version", VERSION),
    recorded("*", "", Class::State, "/manifest/magic", VERSION),
    recorded("*", "", Class::State, "/environment/pulumi.version", VERSION),
    real("*", "", Class::State, "/environment/pulumi.version", VERSION),
    real("*", "", Class::State, "/manifest/version", VERSION),
    real("*", "", Class::State, "/manifest/magic", VERSION),
    recorded("history", "history", Class::Stdout, "runtime.executable", NODE),
    recorded("history", "history", Class::Stdout, "runtime.metadata.packagemanager\\\"", NODE),
    recorded("history", "history", Class::Stdout, "runtime.metadata.packagemanagerVersion", NODE),
    recorded("history", "history", Class::Stdout, "runtime.name", NODE),
    recorded("history", "history", Class::Stdout, "runtime.version", NODE),
];

const fn real(
    scenario: &'static str,
    step: &'static str,
    class: Class,
    holds: &'static str,
    reason: &'static str,
) -> Agreed {
    Agreed { scenario, step, against: Against::Real, class, holds, reason }
}

const fn recorded(
    scenario: &'static str,
    step: &'static str,
    class: Class,
    holds: &'static str,
    reason: &'static str,
) -> Agreed {
    Agreed { scenario, step, against: Against::Recording, class, holds, reason }
}

impl Agreed {
    /// Whether this entry is about a scenario.
    pub fn is_of(&self, scenario: &str) -> bool {
        [scenario, "*"].contains(&self.scenario)
    }

    /// Whether this entry excuses a difference.
    pub fn excuses(&self, scenario: &str, step: &str, against: Against, difference: &Difference) -> bool {
        self.is_of(scenario)
            && step.contains(self.step)
            && self.against == against
            && self.class == difference.class
            && difference.to_string().contains(self.holds)
    }
}
